import type { Rule } from '../../src/engine/rule.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { ident, rowsSentence, sql, sqlName } from '../shared/sql.ts'
import { columnRef, walkTree } from '../shared/sql-tree.ts'
import { retype } from '../shared/retype.ts'

export default {
  id: 'no-type-change-check-scan',
  severity: 'warning',
  summary:
    'A change of type that costs nothing by itself reads the whole table where a CHECK constraint uses the column.',
  why: `ALTER COLUMN TYPE builds every CHECK constraint on the column anew and proves it for each row, under its ACCESS EXCLUSIVE lock, also where the values stay
    as they are (varchar(50) to varchar(100)).`,
  fix: 'Drop the constraint, change the type, add the constraint again NOT VALID, and validate it in a later transaction.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES'],
  sources: ['strong_migrations/change_column_constraint'],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: true },
  bad: [
    {
      given: `create table users (id bigint primary key, name varchar(50), constraint users_name_check check (name <> ''));`,
      sql: `alter table users alter column name type varchar(100);`,
      message: 'reads every row of `users` for `users_name_check`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name varchar(50));`,
      sql: `alter table users alter column name type varchar(100);`,
    },
    {
      title: 'The constraint is on another column.',
      given: `create table users (id bigint primary key, name varchar(50), age int check (age > 0));`,
      sql: `alter table users alter column name type varchar(100);`,
    },
    {
      sql: `create table users (id bigint generated always as identity primary key, name varchar(50) check (name <> '')); alter table users alter column name type varchar(100);`,
    },
  ],
  visit: {
    alterColumnType(change, ctx) {
      const { table, from, to } = change
      if (ctx.isNew(table) || retype(change, ctx) !== 'free') return
      const check = ctx.step?.before.tables
        .get(table)
        ?.checks.find((each) => each.enforced && each.validated && usesColumn(each.node, from.name))
      if (check === undefined) return
      const name = sqlName(table, ctx)
      const constraint = ident(check.name)
      const expression = check.expression.replace(/^\((.*)\)$/s, '$1')
      return {
        message: `Changing \`${from.name}\` to \`${to.type}\` rewrites nothing, but reads every row of \`${ctx.name(table)}\` for \`${check.name}\` while nobody can read or write it.`,
        help: `${rowsSentence(table, ctx)}Take the constraint away first, and add it again without looking at the rows:\n${sql(
          `ALTER TABLE ${name} DROP CONSTRAINT ${constraint};`,
          `ALTER TABLE ${name} ALTER COLUMN ${ident(from.name)} TYPE ${to.type};`,
          `ALTER TABLE ${name} ADD CONSTRAINT ${constraint} CHECK (${expression}) NOT VALID;`,
        )}\nthen, ${separateDeploy(ctx)}:\n${sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${constraint};`)}`,
      }
    },
  },
} satisfies Rule

function usesColumn(expression: Parameters<typeof columnRef>[0], column: string): boolean {
  let found = false
  walkTree(expression, (kind, value) => {
    if (kind === 'ColumnRef' && columnRef({ ColumnRef: value } as Parameters<typeof columnRef>[0])?.name === column)
      found = true
    return true
  })
  return found
}
