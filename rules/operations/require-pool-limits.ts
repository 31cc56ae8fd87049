import type { Rule } from '../../src/engine/rule.ts'
import { bareProject } from '../shared/client-examples.ts'
import { lackedLimits, lacksTimeout } from '../shared/pools.ts'
import { inWords } from '../shared/query-words.ts'

export default {
  id: 'require-pool-limits',
  severity: 'info',
  summary:
    'A pool of `pg` is made without a limit to how long a caller waits for a connection, or one of serverless code without a size.',
  why: `By default \`pg\` waits for ever: when the database is slow, requests pile up behind its ten connections instead of failing. Where each instance of a function
    has a pool of its own, ten connections each are soon more than the server takes.`,
  fix: 'Set `connectionTimeoutMillis`, and `max` where many instances run.',
  references: [
    'https://node-postgres.com/apis/pool',
    'https://github.com/porsager/postgres#connection-details',
    'https://www.prisma.io/docs/orm/overview/databases/database-drivers',
  ],
  sources: [],
  checklist: 'connection-pooling',
  bad: [
    {
      ...bareProject,
      typescript: `import { Pool } from 'pg'\n  export const pool = new Pool({ connectionString: process.env.DATABASE_URL, statement_timeout: 5000 })`,
      message: 'waits for a connection of this pool for ever',
    },
    {
      ...bareProject,
      title: 'A pool without any limit is told once.',
      typescript: `import { Pool } from 'pg'\n  export const pool = new Pool({ connectionString: process.env.DATABASE_URL })`,
      message: 'Nor is `statement_timeout`',
    },
    {
      ...bareProject,
      title: 'Each instance of a function has its own.',
      files: { 'vercel.json': '{}' },
      typescript: `import postgres from 'postgres'\n  export const sql = postgres(process.env.DATABASE_URL!)`,
      message: 'ten connections for each instance',
    },
    {
      ...bareProject,
      title: 'An adapter of Prisma 7 makes a pool of `pg`.',
      typescript: `import { PrismaPg } from '@prisma/adapter-pg'\n  import { PrismaClient } from '@prisma/client'\n  const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL })\n  export const prisma = new PrismaClient({ adapter })`,
      message: 'waits for a connection of this pool for ever',
    },
  ],
  good: [
    {
      ...bareProject,
      title: 'Options of another object may say it.',
      typescript: `import { Pool } from 'pg'\n  export const open = (given: object) => new Pool({ ...given, connectionString: process.env.DATABASE_URL })`,
    },
    {
      ...bareProject,
      title: 'An adapter of Prisma 7 with its limits.',
      typescript: `import { PrismaPg } from '@prisma/adapter-pg'\n  import { PrismaClient } from '@prisma/client'\n  const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5000 })\n  export const prisma = new PrismaClient({ adapter })`,
    },
    {
      ...bareProject,
      title: 'Ten connections are right for a server.',
      typescript: `import postgres from 'postgres'\n  export const sql = postgres(process.env.DATABASE_URL!)`,
    },
    {
      ...bareProject,
      typescript: `import { Pool } from 'pg'\n  export const pool = new Pool({ max: 10, connectionTimeoutMillis: 5000, statement_timeout: 5000 })`,
    },
    {
      ...bareProject,
      title: 'The options are not known.',
      typescript: `import { Pool } from 'pg'\n  import { options } from './options'\n  export const pool = new Pool(options)`,
      files: { 'src/options.ts': 'export const options = load()' },
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const client of ctx.code?.clients ?? []) {
        const lacked = lackedLimits(client)
        if (lacked === null) continue
        const { waits, many } = lacked
        const forever = lacksTimeout(client, ctx)
        const options = [
          ...(waits ? ['`connectionTimeoutMillis`'] : []),
          ...(many ? ['`max`, to the few that one instance uses at a time'] : []),
          ...(forever
            ? ['`statement_timeout` (and `idle_in_transaction_session_timeout`), or the one of the role']
            : []),
        ]
        yield {
          place: client.place,
          object: client.library,
          help: `Set ${inWords(options)}.`,
          // Pools of one file are set up alike.
          alike: client.place.path,
          message: [
            ...(waits
              ? ['A caller waits for a connection of this pool for ever: `connectionTimeoutMillis` is not set.']
              : []),
            ...(many
              ? [
                  `It opens up to ten connections for each instance of the function (\`${client.host?.path ?? ''}\`): \`max\` is not set.`,
                ]
              : []),
            ...(forever
              ? [
                  'Nor is `statement_timeout`: unless the role or the connection string has one, a query runs as long as it likes.',
                ]
              : []),
          ].join(' '),
        }
      }
    },
  },
} satisfies Rule
