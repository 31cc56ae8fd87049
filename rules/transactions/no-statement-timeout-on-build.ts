import type { Rule } from '../../src/engine/rule.ts'
import { refusesTransaction } from '../../src/sql/transaction-block.ts'
import { sql } from '../shared/sql.ts'
import { settingIn, timeoutOf } from '../shared/timeouts.ts'

export default {
  id: 'no-statement-timeout-on-build',
  severity: 'warning',
  summary:
    'A statement_timeout that ends a concurrent build or a validation wastes the work and leaves an invalid index.',
  why: `CREATE INDEX CONCURRENTLY and VALIDATE CONSTRAINT take as long as the table is large and block nobody meanwhile. A timeout that is right for the other
    statements cancels them half way: the index stays behind, invalid, and every write maintains it.`,
  fix: 'Switch statement_timeout off for this statement; lock_timeout still limits how long it waits.',
  references: ['https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT'],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `set statement_timeout = '30s'; create index concurrently users_name on users (name);`,
      runner: 'psql',
      message: 'after 30s',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `set statement_timeout = '30s'; set statement_timeout = 0; create index concurrently users_name on users (name);`,
      runner: 'psql',
    },
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `set lock_timeout = '3s'; create index concurrently users_name on users (name);`,
      runner: 'psql',
    },
    {
      title: 'An hour is time enough.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `set statement_timeout = '1h'; create index concurrently users_name on users (name);`,
      runner: 'psql',
    },
  ],
  visit: {
    *pullRequest(ctx) {
      let active: { readonly value: string; readonly path: string } | null = null
      for (const step of ctx.steps) {
        if (active !== null && active.path !== step.migration.path) active = null
        const setting = settingIn(step.statement)
        if (setting?.name === 'statement_timeout') {
          const time = setting.value === null ? 0 : timeoutOf(setting.value)
          active =
            setting.value !== null && time !== null && time > 0 && time < 600_000
              ? { value: setting.value, path: step.migration.path }
              : null
          continue
        }
        if (active === null || step.statement.inside !== null) continue
        const builds =
          refusesTransaction(step.statement) !== null ||
          step.changes.some((change) => change.kind === 'validateConstraint')
        const [change] = step.changes
        const table = change && 'table' in change ? change.table : null
        if (!builds || (table !== null && (ctx.isNew(table) || ctx.size(table) === 'small'))) continue
        yield {
          place: step.statement.place,
          ...(table === null ? {} : { object: table }),
          message: `The \`statement_timeout\` above cancels this after ${/[a-z]/i.test(active.value) ? active.value : `${active.value} ms`}${'IndexStmt' in step.statement.node ? ', and an invalid index stays behind' : ''}.`,
          help: `Switch it off for this statement:\n${sql('SET statement_timeout = 0;')}`,
        }
      }
    },
  },
} satisfies Rule
