import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { relationKey } from '../../src/schema/relation.ts'
import { inBatches } from '../shared/batches.ts'
import { columnsOfType } from '../shared/depends.ts'
import { columnInSteps } from '../shared/renames.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-rename-column',
  severity: 'error',
  summary: 'Renaming a column breaks every running instance that still uses the old name.',
  why: `The rename takes effect at once, while instances of the version before go on reading and writing the old name. Until the last of
    them is gone, each of their queries on the table fails.`,
  fix: 'Keep the name in the database and rename in code only, or add a new column, write both, fill it and drop the old one later.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html',
    'https://www.prisma.io/docs/orm/reference/prisma-schema-reference#map',
  ],
  yieldsTo: ['no-used-column-drop'],
  dialects: 'all',
  sources: [
    'squawk/renaming-column',
    'pgfence/rename-column',
    'strong_migrations/rename_column',
    'atlas/BC102',
    'diesel-guard/RenameColumnCheck',
    'pgsafe/rename',
    'pgls/renamingColumn',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users rename column name to full_name;`,
      message: 'Renaming `users.name` breaks',
    },
    {
      title: 'What goes with the old column is named.',
      given: `create table users (id bigint primary key, name text not null); create index users_name on users (name);`,
      sql: `alter table users rename column name to full_name;`,
      message: 'Renaming `users.name` breaks',
    },
    {
      title: 'A column that another table refers to.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint references users);`,
      sql: `alter table users rename column id to user_id;`,
      message: 'Renaming `users.id` breaks',
    },
    {
      title: 'An attribute of a type that columns have.',
      given: `create type address as (street text, city text); create table users (id bigint primary key, home address);`,
      sql: `alter type address rename attribute city to town;`,
      message: 'Renaming `city` of `address` breaks',
      unproven: 'no lock on the tables that hold the values',
    },
  ],
  good: [
    {
      sql: `create table users (id bigint primary key, name text); alter table users rename column name to full_name;`,
    },
    {
      title: 'A column that the same pull request adds has no users yet.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text; alter table users rename column name to full_name;`,
    },
    {
      title: 'The old name is given back, generated from the new one.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `
        alter table users rename column name to full_name;
        alter table users add column name text generated always as (full_name) virtual;`,
      postgres: 18,
    },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (inside === 'function' || !('RenameStmt' in node) || node.RenameStmt.renameType !== 'OBJECT_ATTRIBUTE') return
      const { relation, subname: from = '', newname: to = '' } = node.RenameStmt
      const type = relationKey(relation, ctx.step.before)
      const held = columnsOfType(ctx.step.before, type).find(({ table }) => !ctx.isNew(table))
      if (held === undefined) return
      return {
        anySize: true,
        object: `${type}.${from}`,
        message: `Renaming \`${from}\` of \`${ctx.name(type)}\` breaks every running instance that still reads or writes \`${from}\` of \`${ctx.name(held.table)}.${held.column}\`.`,
        help: attributeInSteps(type, from, to, ctx),
      }
    },
    renameColumn({ table, from, to }, ctx) {
      if (ctx.isNew(table) || ctx.isNewColumn(table, from)) return
      const after = ctx.after.tables.get(table)
      if (after?.columns.some((column) => column.name === from)) return
      const known = ctx.step?.before.views.has(table)
      if (known) return
      return {
        message: `Renaming \`${ctx.name(table)}.${from}\` breaks every running instance that still reads or writes \`${from}\`.`,
        help: columnInSteps(table, from, to, ctx),
      }
    },
  },
} satisfies Rule

/** A second attribute, filled in each column that has the type. */
function attributeInSteps(type: Key, from: string, to: string, ctx: RuleContext): string {
  const schema = ctx.step?.before ?? ctx.before
  const attribute = schema.types.get(type)?.attributes?.find(({ name }) => name === from)
  const [of, old, now] = [sqlName(type, ctx), ident(from), ident(to)]
  const last = `drop \`${from}\` in a later pull request:\n${sql(`ALTER TYPE ${of} DROP ATTRIBUTE ${old};`)}`
  if (!attribute?.type) return `Add \`${to}\` beside it, deploy code that uses it, and ${last}`
  const fills = columnsOfType(schema, type).flatMap(({ table, column }) => {
    const known = schema.tables.get(table)?.columns.find(({ name }) => name === column)
    const target = ident(column)
    return known?.type?.endsWith('[]') !== false
      ? []
      : inBatches(
          table,
          {
            head: `UPDATE ${sqlName(table, ctx)} SET ${target}.${now} = (${target}).${old}`,
            from: sqlName(table, ctx),
            where: `(${target}).${now} IS DISTINCT FROM (${target}).${old}`,
          },
          ctx,
        )
  })
  return `Add \`${to}\` beside it:\n${sql(`ALTER TYPE ${of} ADD ATTRIBUTE ${now} ${attribute.type};`)}\nDeploy code that writes both${fills.length === 0 ? '.' : `, and fill the rows that are there:\n${sql(...fills)}`}\nDeploy code that reads \`${to}\` only, and ${last}`
}
