import type { Rule } from '../../src/engine/rule.ts'
import { at } from '../shared/query-words.ts'

const schema = (direct: string) => `
  datasource db {
    provider = "postgresql"
    url      = env("DATABASE_URL")${direct}
  }

  model User {
    id String @id

    @@map("users")
  }`

const env = 'DATABASE_URL="postgresql://user:secret@aws-0-eu.pooler.supabase.com:6543/postgres?pgbouncer=true"\n'

export default {
  id: 'require-direct-url',
  severity: 'warning',
  summary: 'Migrations go through a connection pooler, because no direct URL is set.',
  why: `A pooler in transaction mode gives each statement another server connection: the advisory lock of a migration and its prepared statements are lost
    between them, and the migration hangs or fails.`,
  fix: 'Give migrations an address of the server itself, and keep the pooled one for the application.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/databases-connections/pgbouncer',
    'https://www.pgbouncer.org/features.html',
  ],
  sources: [],
  checklist: 'connection-pooling',
  bad: [
    {
      given: `create table users (id text primary key);`,
      runner: 'prisma@6.10',
      files: { 'prisma/schema.prisma': schema(''), '.env.example': env },
      message: '`directUrl`',
    },
    {
      given: `create table users (id text primary key);`,
      runner: 'prisma@7.1',
      title: 'The configuration of Prisma 7.',
      files: {
        'prisma/schema.prisma': schema('').replace('url      = env("DATABASE_URL")', ''),
        'prisma.config.ts': `import { defineConfig, env } from "prisma/config"\nexport default defineConfig({ schema: 'prisma/schema.prisma', datasource: { url: env('DATABASE_URL') } })\n`,
        '.env.example': env,
      },
      message: '`prisma.config.ts` gives it to migrations',
    },
  ],
  good: [
    {
      given: `create table users (id text primary key);`,
      runner: 'prisma@6.10',
      title: 'A draft beside the schema.',
      files: {
        'prisma/schema.prisma': schema('\n    directUrl = env("DIRECT_URL")'),
        'drafts/billing.prisma': schema('').replaceAll('User', 'Bill').replace('users', 'bills'),
        '.env.example': env,
      },
    },
    {
      given: `create table users (id text primary key);`,
      runner: 'prisma@6.10',
      title: 'Prisma Postgres takes migrations at the address of the application.',
      files: {
        'prisma/schema.prisma': schema(''),
        '.env.example': 'DATABASE_URL="prisma+postgres://accelerate.prisma-data.net/?api_key=key"\n',
      },
    },
    {
      given: `create table users (id text primary key);`,
      runner: 'prisma@6.10',
      title: 'A pooler that keeps the connection for the session.',
      files: {
        'prisma/schema.prisma': schema(''),
        '.env.example': env.replace('6543', '5432').replace('?pgbouncer=true', ''),
      },
    },
    {
      given: `create table users (id text primary key);`,
      runner: 'prisma@6.10',
      files: { 'prisma/schema.prisma': schema('\n    directUrl = env("DIRECT_URL")'), '.env.example': env },
    },
    {
      given: `create table users (id text primary key);`,
      runner: 'prisma@6.10',
      title: 'No pooler.',
      files: {
        'prisma/schema.prisma': schema(''),
        '.env.example': 'DATABASE_URL="postgresql://user:secret@db.example.com:5432/app"\n',
      },
    },
  ],
  visit: {
    *pullRequest(ctx) {
      if (ctx.project.orm !== 'prisma') return
      const sources = ctx.code?.datasources ?? []
      // Where there is a configuration, migrations take its address.
      const configured = sources.filter((d) => d.provider === 'prisma.config')
      for (const source of configured.length > 0 ? configured : sources) {
        const isConfig = source.provider === 'prisma.config'
        if (!isConfig && (!ctx.project.schemaFiles.includes(source.path) || source.directUrl !== null)) continue
        // A schema of another name, which no migration follows, is a draft.
        if (!isConfig && ctx.migrated === null && !/(?:^|\/)(?:schema\.prisma$|(?:prisma|schema)\/)/.test(source.path))
          continue
        if (source.url === null || (!isConfig && source.provider !== 'postgresql')) continue
        const url = ctx.code?.urls.find((u) => u.name === source.url && u.pooled && !u.session && !u.local)
        if (url === undefined || !ctx.files.some((f) => f.path === source.path || f.path === url.path)) continue
        const place = { path: source.path, line: source.line, column: 1, endLine: source.line, endColumn: 10 }
        const where = at({ ...place, path: url.path, line: url.line })
        yield {
          place,
          object: source.url,
          message: `\`${source.url}\` is a pooled address (\`${where}\`), and ${isConfig ? `\`${source.path}\` gives it to migrations` : 'without `directUrl` migrations go through the pooler'}.`,
          help: isConfig
            ? 'Give `datasource.url` the direct address; the adapter of the client keeps the pooled one.'
            : 'Add the direct address to the `datasource` block:\n\n```prisma\ndirectUrl = env("DIRECT_URL")\n```',
        }
      }
    },
  },
} satisfies Rule
