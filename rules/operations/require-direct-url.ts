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
  fix: 'Set `directUrl` (Prisma 6 and older), or give `prisma.config.ts` the direct URL (Prisma 7).',
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
  ],
  good: [
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
      for (const source of ctx.code?.datasources ?? []) {
        if (
          !source.path.endsWith('.prisma') ||
          source.directUrl !== null ||
          source.url === null ||
          source.provider !== 'postgresql'
        )
          continue
        if (ctx.code?.datasources.some((d) => d.provider === 'prisma.config') === true) continue
        const url = ctx.code?.urls.find((u) => u.name === source.url && u.pooled && !u.local)
        if (url === undefined || !ctx.files.some((f) => f.path === source.path || f.path === url.path)) continue
        const place = { path: source.path, line: source.line, column: 1, endLine: source.line, endColumn: 10 }
        yield {
          place,
          object: source.url,
          message: `\`${source.url}\` is a pooled address (\`${at({ ...place, path: url.path, line: url.line })}\`), and without \`directUrl\` migrations go through the pooler.`,
        }
      }
    },
  },
} satisfies Rule
