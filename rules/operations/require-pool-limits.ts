import type { Rule } from '../../src/engine/rule.ts'
import { bareProject } from '../shared/client-examples.ts'

export default {
  id: 'require-pool-limits',
  severity: 'info',
  summary: 'A connection pool is made without a size, or without a limit to how long a caller waits for a connection.',
  why: `The defaults are ten connections and no time limit. With several instances ten each may be more than the server takes; and when the database is slow,
    requests wait for a connection for ever instead of failing.`,
  fix: 'Set `max` so that all instances together stay below `max_connections`, and a connection timeout.',
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
      message: '`max` and `connectionTimeoutMillis`',
    },
    {
      ...bareProject,
      typescript: `import postgres from 'postgres'\n  export const sql = postgres(process.env.DATABASE_URL!)`,
      message: '`max`',
    },
  ],
  good: [
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
        if (
          !client.changed ||
          client.file !== 'source' ||
          client.perCall ||
          client.options === null ||
          (client.library !== 'pg' && client.library !== 'postgres') ||
          client.text.startsWith('new Client')
        )
          continue
        const wanted = client.library === 'pg' ? ['max', 'connectionTimeoutMillis'] : ['max']
        const missing = wanted.filter((name) => client.options?.includes(name) !== true)
        if (missing.length === 0) continue
        yield {
          place: client.place,
          object: client.library,
          // Pools of one file are set up alike.
          alike: client.place.path,
          message: `The pool of \`${client.library}\` is made without ${missing.map((m) => `\`${m}\``).join(' and ')}: the defaults are ${client.library === 'pg' ? 'ten connections and waiting for ever' : 'ten connections'}.`,
        }
      }
    },
  },
} satisfies Rule
