import { mentions } from '../../src/schema/replay/rewrite.ts'
import { checkDefinition } from '../../src/schema/sql/ddl.ts'
import type { Rule } from '../../src/engine/rule.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { droppedTwin, renameInstead } from '../shared/replaced.ts'
import { addColumnSql, ident, rowsSentence, sql, sqlName } from '../shared/sql.ts'
import { addNotValid } from '../shared/suggest.ts'

export default {
  id: 'require-not-valid-check',
  severity: 'error',
  summary: 'A CHECK constraint that is checked at once locks everybody out while every row is read.',
  why: `ADD CHECK takes an ACCESS EXCLUSIVE lock and reads the whole table before it lets go. With NOT VALID it holds for new rows at once and
    reads nothing; VALIDATE CONSTRAINT then reads the old rows while reads and writes go on.`,
  fix: 'Add the constraint NOT VALID, and validate it in a later transaction.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES'],
  sources: [
    'squawk/constraint-missing-not-valid',
    'pgfence/add-constraint-check-no-not-valid',
    'eugene/E1',
    'strong_migrations/add_check_constraint',
    'diesel-guard/AddCheckConstraintCheck',
    'pgsafe/add-check-without-not-valid',
    'pgls/constraintMissingNotValid',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: true },
  bad: [
    {
      given: `create table orders (id bigint primary key, amount int);`,
      sql: `alter table orders add constraint orders_amount_check check (amount > 0);`,
      message: 'locks out everybody who uses `orders`',
    },
    {
      title: 'A new column with a check of its own is read through as well.',
      given: `create table orders (id bigint primary key);`,
      sql: `alter table orders add column amount int check (amount > 0);`,
      severity: 'warning',
    },
  ],
  good: [
    {
      given: `create table orders (id bigint primary key, amount int);`,
      sql: `alter table orders add constraint orders_amount_check check (amount > 0) not valid;`,
    },
    { sql: `create table orders (id bigint primary key, amount int); alter table orders add check (amount > 0);` },
    {
      given: `create table orders (id bigint primary key, amount int);`,
      sql: `alter table orders add constraint orders_amount_check check (amount > 0) not enforced;`,
      postgres: 18,
    },
  ],
  visit: {
    addCheck({ table, to, inline }, ctx) {
      if (!to.validated || !to.enforced || ctx.isNew(table)) return
      const name = sqlName(table, ctx)
      const expression = to.expression.replace(/^\((.*)\)$/s, '$1')
      const add = `ALTER TABLE ${name} ADD ${checkDefinition({ ...to, expression, validated: false })};`
      const column = inline
        ? ctx.step?.changes.find((each) => each.kind === 'addColumn' && mentions(to.expression, each.to.name))
        : undefined
      const first = column?.kind === 'addColumn' ? [addColumnSql(table, column.to, ctx)] : []
      const message = `Checking \`${to.name}\` locks out everybody who uses \`${ctx.name(table)}\` until every row is read.`
      const twin = droppedTwin(table, { type: 'check', is: to }, ctx)
      if (twin !== null) return { message, help: renameInstead(table, twin, to.name, ctx) }
      return {
        ...(inline ? { severity: 'warning' as const } : {}),
        message,
        help: `${rowsSentence(table, ctx)}${inline ? 'Add the column without the check, then the check' : 'Add it'} without looking at the rows:\n${sql(...first, add)}\nand validate it ${separateDeploy(ctx)}; reads and writes go on meanwhile:\n${sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${ident(to.name)};`)}${inline ? '' : `\nRows that would fail:\n${sql(`SELECT * FROM ${name} WHERE NOT (${expression}) LIMIT 20;`)}`}`,
        ...(inline ? {} : addNotValid(ctx.step)),
      }
    },
  },
} satisfies Rule
