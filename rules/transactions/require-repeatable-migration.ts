import type { Step } from '../../src/step.ts'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Index, Key, Unique } from '../../src/schema/model.ts'
import { isOtherChangeset } from '../shared/outside-transaction.ts'
import { changedRows } from '../shared/slow.ts'
import { settingIn } from '../shared/timeouts.ts'

export default {
  id: 'require-repeatable-migration',
  severity: 'warning',
  summary:
    'A migration whose statements commit one by one stays half applied when a later one fails, and cannot be run again.',
  why: `Outside a transaction what ran before a failure stays. A build with CONCURRENTLY that meets a duplicate, a lock that is not granted in time or a row that
    breaks a new constraint ends such a migration in the middle. The runner begins again at its first statement, and that one fails because it is done already.`,
  fix: 'Write what comes before the risky statement so that it can run twice, with IF NOT EXISTS or IF EXISTS, or give the risky statement a migration of its own.',
  references: [
    'https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
    'https://www.prisma.io/docs/orm/prisma-migrate/workflows/patching-and-hotfixing',
  ],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `-- +goose NO TRANSACTION\n-- +goose Up\nalter table users add column email text;\ncreate unique index concurrently users_email on users (email);\n-- +goose Down\ndrop index concurrently users_email;\nalter table users drop column email;`,
      runner: 'goose',
      rehearse: true,
      message:
        'the migration cannot be run again: here it would stop with `column "email" of relation "users" already exists`',
    },
    {
      title: 'A runner that always sends one statement after the other: information.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users add column email text;\ncreate unique index concurrently users_email on users (email);`,
      runner: 'prisma@7.10',
      rehearse: true,
      severity: 'info',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `-- +goose NO TRANSACTION\n-- +goose Up\nalter table users add column if not exists email text;\ncreate unique index concurrently users_email on users (email);\n-- +goose Down\ndrop index concurrently users_email;\nalter table users drop column email;`,
      runner: 'goose',
      rehearse: true,
    },
    {
      title: 'Nothing that comes later can fail for what the database holds.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `-- +goose NO TRANSACTION\n-- +goose Up\ncreate table notes (id bigint primary key, body text);\ncomment on table notes is 'What users write';\n-- +goose Down\ndrop table notes;`,
      runner: 'goose',
      rehearse: true,
    },
    {
      title: 'A new column without values breaks no key.',
      given: `create table teams (id bigint primary key); create table users (id bigint primary key, name text);`,
      sql: `-- +goose NO TRANSACTION\n-- +goose Up\nalter table users add column team bigint;\nalter table users add constraint users_team foreign key (team) references teams (id) on delete set null;\n-- +goose Down\nalter table users drop column team;`,
      runner: 'goose',
      rehearse: true,
      unproven: 'others speak of the scan',
    },
    {
      title: 'In a transaction nothing stays.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `-- +goose Up\nalter table users add column email text;\nalter table users add column city text;\n-- +goose Down\nalter table users drop column city;\nalter table users drop column email;`,
      runner: 'goose',
      rehearse: true,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      // What the ORM would write is not what will run.
      if (ctx.generated) return
      const told = new Set<string>()
      for (const { step: index, message } of ctx.reruns ?? []) {
        const step = ctx.steps[index]
        // Where nobody knows what shares a transaction, nobody knows what stays.
        if (step === undefined || step.transaction.block === null || told.has(step.migration.path)) continue
        const risk = riskAfter(step, index, ctx)
        if (risk === null) continue
        told.add(step.migration.path)
        yield {
          place: step.statement.place,
          anySize: true,
          severity: ['prisma', 'psql'].includes(ctx.runner.name) ? 'info' : 'warning',
          message: `If the statement in line ${risk.step.statement.place.line} fails (${risk.why}), the migration cannot be run again: here it would stop with \`${message.replaceAll('`', "'")}\`.`,
          help: 'Let this statement find its work done (`IF NOT EXISTS`, `IF EXISTS`), or put the one that may fail into a migration of its own.',
        }
      }
    },
  },
} satisfies Rule

/** The next statement of the same file that may fail for what the database holds or does, and why; null where there is none. */
function riskAfter(step: Step, index: number, ctx: RuleContext): { readonly step: Step; readonly why: string } | null {
  const { path } = step.migration
  let limited = ctx.steps.slice(0, index + 1).some((other) => other.migration.path === path && isTimeout(other))
  for (const other of ctx.steps.slice(index + 1)) {
    if (other.migration.path !== path) return null
    if (isTimeout(other)) limited = true
    if (other.statement.inside !== null || other.transaction.id === step.transaction.id) continue
    // Liquibase begins again at the changeset that failed.
    if (isOtherChangeset(step, other)) return null
    const why =
      riskOf(other, ctx) ??
      (limited && other.observation?.locks.some(({ mode }) => mode !== 'AccessShareLock') === true
        ? 'a timeout is set'
        : null)
    if (why !== null) return { step: other, why }
  }
  return null
}

function isTimeout({ statement }: Step): boolean {
  const setting = settingIn(statement)
  return (
    setting !== null &&
    ['lock_timeout', 'statement_timeout'].includes(setting.name) &&
    setting.value !== null &&
    !/^0\s*(?:ms|s)?$/.test(setting.value)
  )
}

function riskOf(step: Step, ctx: RuleContext): string | null {
  for (const change of step.changes) {
    if (
      !('table' in change) ||
      ctx.steps.some((other) =>
        other.changes.some((made) => made.kind === 'createTable' && made.table === change.table),
      )
    )
      continue
    if (change.kind === 'addIndex' && change.concurrently)
      return change.index.unique && !holdsNulls(step, change.table, keysOf(change.index), ctx)
        ? 'a duplicate, a timeout or a deadlock ends the build'
        : 'a timeout or a deadlock ends the build'
    if (change.kind === 'addIndex' && change.index.unique && !holdsNulls(step, change.table, keysOf(change.index), ctx))
      return 'a duplicate'
    if (change.kind === 'addPrimaryKey' && !change.inline) return 'a duplicate'
    if (change.kind === 'addUnique' && !change.inline && !holdsNulls(step, change.table, keysOf(change.to), ctx))
      return 'a duplicate'
    if (change.kind === 'setNotNull') return 'a row without a value'
    if (change.kind === 'validateConstraint') return 'a row that breaks the constraint'
    if (
      (change.kind === 'addCheck' ||
        (change.kind === 'addForeignKey' && !holdsNulls(step, change.table, change.to.columns, ctx))) &&
      !change.inline &&
      change.to.validated
    )
      return 'a row that breaks the constraint'
  }
  return null
}

/** The columns in which a NULL makes two rows differ. */
const keysOf = (of: Index | Unique): readonly string[] =>
  of.nullsNotDistinct === true ? [] : 'keys' in of ? of.keys.flatMap(({ column }) => column ?? []) : of.columns

/** True where one of the columns is new and every row is NULL in it: no value is a duplicate or an orphan. */
function holdsNulls(step: Step, table: Key, columns: readonly string[], ctx: RuleContext): boolean {
  const earlier = ctx.steps.slice(0, ctx.steps.indexOf(step))
  const isWritten = earlier.some((other) => changedRows(other.statement.node, other.before)?.table === table)
  const added = earlier.flatMap(({ changes }) =>
    changes.flatMap((change) => (change.kind === 'addColumn' && change.table === table ? [change.to] : [])),
  )
  return (
    !isWritten &&
    columns.some((column) =>
      added.some(({ name, default: value, generated, identity, nullable }) => {
        const isNull = value === null && generated === null && identity === null && nullable
        return name === column && isNull
      }),
    )
  )
}
