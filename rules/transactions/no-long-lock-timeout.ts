import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'
import { settingIn, timeoutOf } from '../shared/timeouts.ts'

export default {
  id: 'no-long-lock-timeout',
  severity: 'warning',
  summary: 'A lock_timeout of zero or of many seconds does not keep queries from queueing up behind the migration.',
  why: `Zero means no limit. While the statement waits for its lock, every later query on the table waits behind it, so the timeout is how long the application
    may stand still.`,
  fix: 'Set a lock_timeout of a few seconds, and try again when it is hit.',
  references: ['https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT'],
  options: { seconds: 10 },
  sources: ['pgfence/lock-timeout-zero', 'pgfence/lock-timeout-too-long', 'pgfence/statement-timeout-too-long'],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = 0; alter table users add column name text;`,
      message: 'no limit',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '5min'; alter table users add column name text;`,
      message: '300 seconds',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '3s'; alter table users add column name text;`,
    },
  ],
  visit: {
    statement(statement, ctx) {
      const setting = settingIn(statement)
      if (setting?.name !== 'lock_timeout' || setting.value === null) return
      const milliseconds = timeoutOf(setting.value)
      if (milliseconds === null) return
      if (milliseconds === 0) {
        const locks = ctx.steps.slice(ctx.steps.indexOf(ctx.step) + 1).some((step) => step.changes.length > 0)
        return locks
          ? {
              anySize: true,
              help,
              message:
                'A `lock_timeout` of 0 means no limit: queries queue up behind the migration for as long as it waits.',
            }
          : undefined
      }
      if (milliseconds <= Number(ctx.options.seconds) * 1000) return
      return {
        anySize: true,
        help,
        message: `For up to ${Math.round(milliseconds / 1000)} seconds queries queue up behind a statement that waits for its lock.`,
      }
    },
  },
} satisfies Rule

const help = `A few seconds are enough; run the migration again when they are not:\n${sql("SET lock_timeout = '3s';")}`
