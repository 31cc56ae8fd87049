import type { Rule } from '../../src/engine/rule.ts'
import { bareProject } from '../shared/client-examples.ts'
import { lackedLimits, lacksTimeout } from '../shared/pools.ts'
import { at } from '../shared/query-words.ts'

export default {
  id: 'require-query-timeout',
  severity: 'info',
  summary: 'A connection pool is made without a statement timeout, so that one bad query runs for hours.',
  why: 'Without `statement_timeout` a query that went wrong holds its connection, its locks and the oldest snapshot of the database until somebody ends it by hand.',
  fix: 'Set `statement_timeout` (and `idle_in_transaction_session_timeout`) in the options of the pool, or for the role in the database.',
  references: [
    'https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT',
    'https://node-postgres.com/apis/client',
  ],
  sources: [],
  checklist: 'connection-pooling',
  bad: [
    {
      ...bareProject,
      typescript: `import { Pool } from 'pg'\n  export const pool = new Pool({ max: 10, connectionTimeoutMillis: 5000 })`,
      message: '`statement_timeout`',
    },
  ],
  good: [
    {
      ...bareProject,
      typescript: `import { Pool } from 'pg'\n  export const pool = new Pool({ max: 10, connectionTimeoutMillis: 5000, statement_timeout: 10_000 })`,
    },
    {
      ...bareProject,
      title: 'A pool that was there gets a name.',
      was: `import { Pool } from 'pg'\n  export const pool = new Pool({\n    max: 10,\n    connectionTimeoutMillis: 5000,\n  })`,
      typescript: `import { Pool } from 'pg'\n  export const pool = new Pool({\n    max: 10,\n    connectionTimeoutMillis: 5000,\n    application_name: 'shop',\n  })`,
    },
    {
      ...bareProject,
      title: 'The role has it.',
      sql: `alter role app set statement_timeout = '10s';`,
      typescript: `import { Pool } from 'pg'\n  export const pool = new Pool({ max: 10, connectionTimeoutMillis: 5000 })`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const client of ctx.code?.clients ?? []) {
        // Of a pool without its other limits all are told at once.
        if (lackedLimits(client) !== null || !lacksTimeout(client, ctx)) continue
        const pooler = ctx.code?.poolers[0] ?? ctx.code?.urls.find(({ pooled }) => pooled)
        yield {
          place: client.place,
          object: client.library,
          ...(pooler === undefined
            ? {}
            : {
                help: `Set it for the role, \`ALTER ROLE … SET statement_timeout = '30s'\`: a pooler (\`${at({ ...client.place, ...pooler })}\`) may refuse a connection that asks for it.`,
              }),
          message:
            'No `statement_timeout` is set for this pool: unless the role or the connection string has one, a query runs as long as it likes.',
        }
      }
    },
  },
} satisfies Rule
