import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Key, Table } from '../../src/schema/model.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-validation',
  severity: 'info',
  summary:
    'A constraint that was added NOT VALID and never validated says nothing about the rows that were there before.',
  why: `New rows are checked, old ones are not, and the planner does not rely on it. Whoever reads the schema takes the constraint for granted. A change of a row that breaks it fails,
    whatever the change is about.`,
  fix: 'Validate it: that reads the table while writes go on.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-VALIDATE-CONSTRAINT'],
  sources: [],
  bad: [
    {
      title: 'An earlier migration added it, this one changes the table and leaves it as it is.',
      given: `create table orders (id bigint primary key, total numeric); alter table orders add constraint orders_total check (total >= 0) not valid;`,
      sql: `alter table orders add column note text;`,
      message: '`orders_total` was added NOT VALID',
    },
  ],
  good: [
    {
      title: 'This pull request adds it; the next one validates it.',
      given: `create table orders (id bigint primary key, total numeric);`,
      sql: `set local lock_timeout = '3s'; alter table orders add constraint orders_total check (total >= 0) not valid;`,
    },
    {
      given: `create table orders (id bigint primary key, total numeric); alter table orders add constraint orders_total check (total >= 0) not valid;`,
      sql: `alter table orders validate constraint orders_total;`,
    },
    {
      title: 'Another table.',
      given: `create table orders (id bigint primary key, total numeric); alter table orders add constraint orders_total check (total >= 0) not valid; create table users (id bigint primary key);`,
      sql: `alter table users add column name text;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const told = new Set<Key>()
      for (const step of ctx.steps) {
        for (const change of step.changes) {
          if (!('table' in change) || told.has(change.table)) continue
          told.add(change.table)
          const names = unvalidated(change.table, ctx)
          if (names.length === 0) continue
          const which = names.map((name) => `\`${name}\``).join(', ')
          yield {
            place: change.place,
            object: change.table,
            anySize: true,
            message: `${which} ${names.length === 1 ? 'was' : 'were'} added NOT VALID and never validated: rows of \`${ctx.name(change.table)}\` from before ${names.length === 1 ? 'it' : 'them'} are not checked.`,
            help: `In a migration of its own, while writes go on:\n${sql(...names.map((name) => `ALTER TABLE ${sqlName(change.table, ctx)} VALIDATE CONSTRAINT ${ident(name)};`))}`,
          }
        }
      }
    },
  },
} satisfies Rule

/**
 * The constraints that the last migration before the pull request to touch the table left behind, and the pull request does, too. Whoever
 * changed the table in between has been told of them.
 */
function unvalidated(table: Key, ctx: RuleContext): readonly string[] {
  const known = ctx.before.tables.get(table)
  if (known === undefined) return []
  const position = new Map(ctx.history.map(({ path }, i) => [path, i]))
  const added = ({ declared }: Pick<Column, 'declared'>) =>
    Math.max(-1, ...declared.map(({ path }) => position.get(path) ?? -1))
  const last = Math.max(
    ...[...known.columns, ...known.indexes, ...known.uniques, ...known.checks, ...known.foreignKeys].map(added),
  )
  const after = new Set(pending(ctx.after.tables.get(table)).map(({ name }) => name))
  return pending(known)
    .filter((constraint) => after.has(constraint.name) && added(constraint) === last)
    .map(({ name }) => name)
}

function pending(
  table: Table | undefined,
): readonly { readonly name: string; readonly declared: Column['declared'] }[] {
  const { checks = [], foreignKeys = [], columns = [] } = table ?? {}
  return [
    ...[...checks, ...foreignKeys].filter(({ validated, enforced }) => !validated && enforced),
    ...columns.flatMap(({ notNull, declared }) =>
      notNull && !notNull.validated ? [{ name: notNull.name, declared }] : [],
    ),
  ]
}
