import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Step } from '../../src/step.ts'
import { strongLock } from '../shared/locks.ts'
import { sql } from '../shared/sql.ts'
import { wholeLines } from '../shared/suggest.ts'
import { settingIn, timeoutOf } from '../shared/timeouts.ts'

export default {
  id: 'no-long-lock-timeout',
  severity: 'warning',
  summary: 'A lock_timeout of zero or of many seconds does not keep queries from queueing up behind the migration.',
  why: `Zero means no limit. While the statement waits for its lock, every later query on the table waits behind it, so the timeout is how long the application
    may stand still.`,
  fix: 'Set a lock_timeout of a few seconds, and try again when it is hit.',
  references: ['https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT'],
  options: { seconds: 10, minutes: 10 },
  sources: ['pgfence/lock-timeout-zero', 'pgfence/lock-timeout-too-long', 'pgfence/statement-timeout-too-long'],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `
        set lock_timeout = 0;
        alter table users add column name text;`,
      message: 'no limit',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '5min'; alter table users add column name text;`,
      message: '300 seconds',
    },
    {
      title: 'How long a statement may hold its lock: information.',
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '3s'; set statement_timeout = '30min'; alter table users add column name text;`,
      message: 'up to 30 minutes',
      severity: 'info',
    },
  ],
  good: [
    {
      title: 'The settings that pg_dump writes.',
      runner: 'psql',
      given: `create table users (id bigint primary key);`,
      sql: `--\n-- PostgreSQL database dump\n--\n\nset lock_timeout = 0;\nalter table users add column name text;`,
    },
    {
      title: 'An index that is built CONCURRENTLY waits for every transaction, and nobody waits for it.',
      runner: 'psql',
      given: `create table users (id bigint primary key, name text);`,
      sql: `set lock_timeout = 0; create index concurrently users_name on users (name); set lock_timeout = '3s'; alter table users add column age integer;`,
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '3s'; alter table users add column name text;`,
    },
  ],
  visit: {
    statement(statement, ctx) {
      const setting = settingIn(statement)
      if (setting?.name === 'statement_timeout') return longStatement(setting.value, ctx)
      if (setting?.name !== 'lock_timeout' || setting.value === null) return
      const milliseconds = timeoutOf(setting.value)
      if (milliseconds === null) return
      if (milliseconds > 0 && milliseconds <= Number(ctx.options.seconds) * 1000) return
      // What pg_dump writes at the top of every dump is meant for an empty database.
      if (/^--\n-- PostgreSQL database dump\n/m.test(statement.file.text.slice(0, 2000))) return
      const held = heldUp(ctx)
      if (held === 'nobody' || (held === 'unknown' && milliseconds === 0)) return
      return {
        anySize: true,
        help,
        ...shortened(ctx.step, '3s'),
        message:
          milliseconds === 0
            ? 'A `lock_timeout` of 0 means no limit: queries queue up behind the migration for as long as it waits.'
            : `For up to ${Math.round(milliseconds / 1000)} seconds queries queue up behind a statement that waits for its lock.`,
      }
    },
  },
} satisfies Rule

/** The same SET with another value. */
function shortened(step: Step, value: string): Pick<Problem, 'suggestion'> {
  const { text, kind, inside } = step.statement
  const [, before] = /^(set\s[^=]*?\s*(?:=|\bto\b))/is.exec(text) ?? []
  return kind === 'VariableSetStmt' && inside === null && before !== undefined
    ? wholeLines(step, `${before} '${value}';`)
    : {}
}

/** How long a statement may hold its lock; none at all is what a server has of itself, and the usual way to build an index. */
function longStatement(value: string | null, ctx: RuleContext & { readonly step: Step }): Problem | null {
  const milliseconds = value === null ? null : timeoutOf(value)
  if (milliseconds === null || milliseconds <= Number(ctx.options.minutes) * 60_000) return null
  if (heldUp(ctx, 'statement_timeout') !== 'somebody') return null
  return {
    anySize: true,
    severity: 'info',
    message: `A statement that locks a table may run for up to ${Math.round(milliseconds / 60_000)} minutes before it is stopped.`,
    ...shortened(ctx.step, '5min'),
    help: `A few minutes are enough for what holds a lock; set a longer one for what holds none, an index that is built CONCURRENTLY:\n${sql("SET statement_timeout = '5min';")}`,
  }
}

/** Whether the setting holds for a statement that others wait behind: what is built or dropped CONCURRENTLY waits for a long time, and holds up nobody. */
function heldUp(ctx: RuleContext & { readonly step: Step }, name = 'lock_timeout'): 'somebody' | 'nobody' | 'unknown' {
  let held: 'nobody' | 'unknown' = 'unknown'
  for (const step of ctx.steps.slice(ctx.steps.indexOf(ctx.step) + 1)) {
    if (settingIn(step.statement)?.name === name) return held
    if (strongLock(step, ctx) !== null) return 'somebody'
    held = 'nobody'
  }
  return held
}

const help = `A few seconds are enough; run the migration again when they are not:\n${sql("SET lock_timeout = '3s';")}`
