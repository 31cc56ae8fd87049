import type { Step } from '../../src/step.ts'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { accessExclusiveOn, strongLock } from '../shared/locks.ts'
import { sql } from '../shared/sql.ts'
import { doesWithoutLockTimeout, lockTimeoutBefore, setsLockTimeout } from '../shared/timeouts.ts'

export default {
  id: 'require-lock-timeout',
  severity: 'info',
  summary:
    'Without a lock_timeout a statement that waits for its lock makes every later query on the table wait behind it.',
  why: `A strong lock has to wait for the longest query that runs on the table. While it waits, every query that comes after queues up behind it, also
    plain reads, so a statement that takes a millisecond can stop the application for minutes. A project whose ten or more migrations never set one has made its choice:
    there it is said of tables that are declared large only.`,
  fix: 'Set a lock_timeout of a few seconds before the first lock, and run the migration again when it is hit.',
  references: ['https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT'],
  once: 'review',
  sources: [
    'squawk/require-lock-timeout',
    'squawk/require-timeout-settings',
    'pgfence/missing-lock-timeout',
    'pgfence/lock-timeout-after-dangerous-statement',
    'pgfence/add-constraint-unique-using-index',
    'eugene/E9',
    'pgls/lockTimeoutWarning',
  ],
  bad: [
    {
      title: 'A new partition locks its parent.',
      given: `create table events (id bigint, at date, primary key (id, at)) partition by range (at);`,
      sql: `create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
      message: 'before `events` is locked',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column active boolean not null default true;`,
      message: 'No `lock_timeout`',
    },
    {
      title: 'Set where it is too late.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text; set lock_timeout = '3s';`,
      message: 'after `users` is locked here',
      severity: 'warning',
    },
  ],
  good: [
    {
      title: 'Taken away for a build that waits without harm: nothing of it belongs to the beginning.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text; set lock_timeout = 0; create index concurrently users_name on users (name);`,
      runner: 'psql',
    },
    {
      title: 'Set before the first lock, and again later.',
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '3s'; alter table users add column name text; set lock_timeout = '1s'; alter table users add column city text;`,
    },
    {
      title: 'A partition of a table that the same migration makes.',
      sql: `create table events (id bigint, at date) partition by range (at); create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
      unproven: 'others speak of the missing key',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '3s'; alter table users add column name text;`,
    },
    {
      title: 'A nullable column without default is added in a moment.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text;`,
    },
    {
      title: 'A new table has nobody to wait for.',
      sql: `create table users (id bigint primary key); alter table users add column name text;`,
    },
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently users_name on users (name);`,
      runner: 'psql',
    },
  ],
  visit: {
    *pullRequest(ctx) {
      // Without migrations there is no file to begin with it.
      if (ctx.generated) return
      let file: string | null = null
      let set = false
      const done = doesWithoutLockTimeout(ctx)
      for (const step of ctx.steps) {
        if (step.migration.path !== file) {
          if (file === null || !sharesSession(step)) set = false
          file = step.migration.path
        }
        if (setsLockTimeout(step)) set = true
        if (set || step.statement.inside === 'function') continue
        if (step.changes.some(({ kind }) => kind === 'addTrigger' || kind === 'dropTrigger' || kind === 'setTrigger'))
          continue
        const late = settingAfter(step, ctx)
        if (late === null && isInstant(step)) continue
        const table = strongLock(step, ctx)
        const { timeout, offer } = lockTimeoutBefore(step, ctx)
        if (table === null || (late === null && done && ctx.size(table) !== 'large')) continue
        yield {
          place: step.statement.place,
          object: table,
          ...(late !== null && step.changes.some((change) => accessExclusiveOn(change, ctx.isNew) === table)
            ? { severity: 'warning' as const }
            : {}),
          ...(late === null ? offer : {}),
          message: late
            ? `\`lock_timeout\` is set in line ${late.statement.place.line}, after \`${ctx.name(table)}\` is locked here: if this lock has to wait, every later query on the table waits behind it.`
            : `No \`lock_timeout\` is set before \`${ctx.name(table)}\` is locked: if the lock has to wait, every later query on the table waits behind it.`,
          help: late
            ? `Move it to the beginning of the migration:\n${sql(`${late.statement.text};`)}`
            : `Begin the migration with${step.transaction.block === true ? ' (it ends with the transaction)' : ''}:\n${sql(timeout)}\nor set it once for the role that migrates:\n${sql(`ALTER ROLE CURRENT_USER SET lock_timeout = '3s';`)}`,
        }
      }
    },
  },
} satisfies Rule

/** The statement that sets the timeout too late, in the same file; null where none does. */
function settingAfter(step: Step, ctx: RuleContext): Step | null {
  return (
    ctx.steps
      .slice(ctx.steps.indexOf(step) + 1)
      .find((later) => later.migration.path === step.migration.path && setsLockTimeout(later) && !takesItAway(later)) ??
    null
  )
}

/** True for a setting that lets locks wait for ever again, as a build beside running writes has it. */
function takesItAway({ statement: { node, text } }: Step): boolean {
  return 'VariableSetStmt' in node && node.VariableSetStmt.kind === 'VAR_SET_VALUE'
    ? /(?:=|\bTO)\s*'?\s*0+\s*(?:ms|s|min|h)?\s*'?\s*$/i.test(text)
    : !('SelectStmt' in node)
}

/** A nullable column without default is the mildest of all changes: the advice would be said of nearly every pull request. */
function isInstant(step: Step): boolean {
  return (
    step.changes.length > 0 &&
    step.changes.every(
      (change) =>
        change.kind === 'addColumn' && change.to.nullable && change.to.default === null && change.to.generated === null,
    )
  )
}

/** Drizzle keeps one session, and one transaction, for all files. */
function sharesSession(step: Step): boolean {
  return step.transaction.because.startsWith('Drizzle')
}
