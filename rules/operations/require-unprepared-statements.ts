import type { Rule } from '../../src/engine/rule.ts'
import { at } from '../shared/query-words.ts'

const address = 'DATABASE_URL="postgresql://user:secret@aws-0-eu.pooler.supabase.com:6543/postgres"\n'
const given = `create table users (id text primary key);`
const client = (options: string) =>
  `import postgres from 'postgres'\nexport const sql = postgres(process.env.DATABASE_URL!${options})\nexport const all = () => sql\`SELECT id FROM users WHERE id = \${'a'}\`\n`
const schema = `
  datasource db {
    provider  = "postgresql"
    url       = env("DATABASE_URL")
    directUrl = env("DIRECT_URL")
  }

  model User {
    id String @id

    @@map("users")
  }`

export default {
  id: 'require-unprepared-statements',
  severity: 'warning',
  summary: 'A client prepares its statements, and the pooler that it goes through takes none.',
  why: `Supabase's pooler in transaction mode (port 6543) gives each transaction another server connection, on which a statement that was prepared before is not known.
    postgres.js and Prisma prepare every statement unless they are told not to: queries fail now and then with "prepared statement does not exist" or "already exists".`,
  fix: 'Tell the client not to prepare: `prepare: false` for postgres.js, `?pgbouncer=true` in the address for Prisma.',
  references: [
    'https://supabase.com/docs/guides/database/connecting-to-postgres',
    'https://github.com/porsager/postgres#prepared-statements',
    'https://www.prisma.io/docs/orm/prisma-client/setup-and-configuration/databases-connections/pgbouncer',
  ],
  sources: [],
  checklist: 'connection-pooling',
  bad: [
    {
      given,
      files: { '.env.example': address, 'src/db.ts': client('') },
      message: 'takes no prepared statements',
    },
    {
      given,
      title: 'Prisma.',
      runner: 'prisma@6.10',
      files: { '.env.example': address, 'prisma/schema.prisma': schema },
      message: '`pgbouncer=true`',
    },
  ],
  good: [
    { given, files: { '.env.example': address, 'src/db.ts': client(', { prepare: false, max: 5 }') } },
    {
      given,
      title: 'PgBouncer of a version that nobody knows, which may keep prepared statements.',
      files: {
        '.env.example': 'DATABASE_URL="postgresql://user:secret@ep-x-pooler.eu.aws.neon.tech/app"\n',
        'src/db.ts': client(''),
      },
    },
    {
      given,
      title: 'The pooler that keeps the connection for the session.',
      files: { '.env.example': address.replace('6543', '5432'), 'src/db.ts': client('') },
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const facts = ctx.code
      const isTouched = (path: string): boolean => ctx.files.some((file) => file.path === path)
      for (const url of facts?.urls.filter(({ unprepared }) => unprepared) ?? []) {
        const where = at({ path: url.path, line: url.line, column: 1, endLine: url.line, endColumn: 2 })
        const pooler = `the pooler of \`${url.name}\` (\`${where}\`), which takes no prepared statements`
        for (const client of facts?.clients ?? []) {
          if (client.library !== 'postgres' || client.file !== 'source' || !client.text.includes(url.name)) continue
          if (client.options === null || client.options.includes('prepare')) continue
          if (!client.changed && !isTouched(url.path)) continue
          yield {
            place: client.place,
            object: url.name,
            message: `\`postgres\` prepares every statement, and this client goes through ${pooler}.`,
            help: 'Set `prepare: false`.',
          }
        }
        for (const source of facts?.datasources ?? []) {
          if (!source.path.endsWith('.prisma') || source.url !== url.name || source.provider !== 'postgresql') continue
          if (!isTouched(source.path) && !isTouched(url.path)) continue
          yield {
            place: { path: source.path, line: source.line, column: 1, endLine: source.line, endColumn: 10 },
            object: url.name,
            message: `Prisma prepares every statement, and goes through ${pooler}: the address lacks \`pgbouncer=true\`.`,
            help: 'End the address with `?pgbouncer=true`.',
          }
        }
      }
    },
  },
} satisfies Rule
