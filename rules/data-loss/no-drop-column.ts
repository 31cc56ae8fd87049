import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Column, type Key } from '../../src/schema/model.ts'
import { backup } from '../shared/supabase.ts'
import { relationKey } from '../../src/schema/relation.ts'
import { columnsOfType } from '../shared/depends.ts'
import { ident, idents, sql, sqlName, tableAt } from '../shared/sql.ts'
import { withSuffix } from '../shared/names.ts'

export default {
  id: 'no-drop-column',
  severity: 'error',
  summary: 'Dropping a column loses its data, and breaks every running instance that still uses it.',
  why: `The values are gone with the commit, and the indexes and constraints on the column go with it. Prisma and Drizzle name every column
    in their queries, so instances of the version before fail on every read of the table.`,
  fix: 'Take the column out of the code first and deploy that. Take a backup, then drop it in a later pull request.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN'],
  approvable: true,
  dialects: 'all',
  sources: [
    'squawk/ban-drop-column',
    'pgfence/drop-column',
    'strong_migrations/remove_column',
    'atlas/DS103',
    'diesel-guard/DropColumnCheck',
    'pgsafe/drop-column',
    'pgls/banDropColumn',
  ],
  checklist: 'backup',
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table users (id bigint primary key, legacy_id text);`,
      sql: `alter table users drop column legacy_id;`,
      message: 'Dropping `users.legacy_id` loses its data',
    },
    {
      title: 'What composite values lose is lost in every row that holds one.',
      given: `create type address as (street text, city text); create table users (id bigint primary key, home address, former address[]);`,
      sql: `alter type address drop attribute city;`,
      message: 'Dropping `city` of `address` loses it in `users.home`, `users.former`',
      unproven: 'no lock on the tables that hold the values',
    },
  ],
  good: [
    {
      title: 'What is rolled back loses nothing.',
      runner: 'psql',
      given: `create table users (id bigint primary key, name text);`,
      sql: `begin; set local lock_timeout = '3s'; alter table users drop column name; rollback;`,
    },
    {
      title: 'The same of a part of a transaction.',
      runner: 'psql',
      given: `create table users (id bigint primary key, name text);`,
      sql: `begin; set local lock_timeout = '3s'; savepoint trial; alter table users drop column name; rollback to trial; comment on column users.name is 'as it is shown'; commit;`,
    },
    {
      title: 'A composite type that no column has.',
      given: `create type address as (street text, city text);`,
      sql: `alter type address drop attribute city;`,
    },
    { sql: `create table users (id bigint primary key, legacy_id text); alter table users drop column legacy_id;` },
    {
      title: 'A virtual column holds no data.',
      given: `create table users (id bigint primary key, name text, upper_name text generated always as (upper(name)) virtual);`,
      sql: `alter table users drop column upper_name;`,
      postgres: 18,
    },
    {
      title: 'A column that the same pull request adds.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column work text; alter table users drop column work;`,
    },
  ],
  visit: {
    *statement({ node, inside }, ctx) {
      if (inside === 'function' || !('AlterTableStmt' in node) || node.AlterTableStmt.objtype !== 'OBJECT_TYPE') return
      const { relation, cmds = [] } = node.AlterTableStmt
      const type = relationKey(relation, ctx.step.before)
      const held = columnsOfType(ctx.step.before, type).filter(({ table }) => !ctx.isNew(table))
      for (const cmd of cmds) {
        if (!('AlterTableCmd' in cmd) || cmd.AlterTableCmd.subtype !== 'AT_DropColumn' || held.length === 0) continue
        const { name = '' } = cmd.AlterTableCmd
        const columns = held.map(({ table, column }) => `\`${ctx.name(table)}.${column}\``).join(', ')
        yield {
          anySize: true,
          object: `${type}.${name}`,
          message: `Dropping \`${name}\` of \`${ctx.name(type)}\` loses it in ${columns}, and breaks running instances that still read or write it.`,
          help: attributeLater(type, name, held, ctx),
        }
      }
    },
    dropColumn({ table, from, ifExists }, ctx) {
      if (ctx.isNewColumn(table, from.name) || ctx.isNew(table)) return
      if (from.generated !== null && !from.generated.stored) return
      if (isAddedAgain(table, from, ctx) || isRenamedUnread(from.name, ctx)) return
      const known = ctx.step?.before.tables.get(table)
      if (ifExists && known?.complete && !known.columns.some((column) => column.name === from.name)) return
      const name = sqlName(table, ctx)
      const keys = known?.primaryKey?.columns ?? []
      const copy =
        keys.length > 0
          ? `To keep a copy before the drop:\n${sql(...backup(`${nameOf(table)}_${from.name}_backup`, `SELECT ${idents([...keys, from.name])} FROM ${name}`, ctx))}\n`
          : ''
      const ignore = ctx.project.orm === 'prisma' ? ' (`@ignore` on the field keeps it out of the client)' : ''
      return {
        anySize: true,
        message: `Dropping \`${ctx.name(table)}.${from.name}\` loses its data and breaks running instances that still read or write it.`,
        help: `Deploy code that does not use it first${ignore}. ${copy}Drop it in a later pull request:\n${sql(`ALTER TABLE ${name} DROP COLUMN ${ident(from.name)};`)}`,
      }
    },
  },
} satisfies Rule

/**
 * True where a migration of another database, of which only the schema's difference is known, gives the column another name.
 * https://dev.mysql.com/doc/refman/8.4/en/alter-table.html
 */
function isRenamedUnread(column: string, ctx: RuleContext): boolean {
  if (ctx.dialect === 'postgresql' || ctx.dialect === 'cockroachdb') return false
  const name = column.replaceAll(/[^\w]/g, '\\$&')
  const renames = new RegExp(`\\b(?:rename\\s+column|change(?:\\s+column)?)\\s+["\`[]?${name}(?!\\w)`, 'i')
  return ctx.files.some(({ path }) => path.endsWith('.sql') && renames.test(ctx.text(path)?.text ?? ''))
}

/** True where a later statement makes a column of that name, which no-drop-and-recreate-column speaks of. */
function isAddedAgain(table: Key, { name, generated }: Column, ctx: RuleContext): boolean {
  const later = ctx.steps.slice(ctx.step ? ctx.steps.indexOf(ctx.step) : 0).flatMap((step) => step.changes)
  const dropped = later.findIndex(
    (change) => change.kind === 'dropColumn' && change.table === table && change.from.name === name,
  )
  return later
    .slice(dropped)
    .some(
      (change) =>
        change.kind === 'addColumn' &&
        change.table === table &&
        change.to.name === name &&
        (change.to.generated === null || change.to.generated.expression === generated?.expression),
    )
}

/** What keeps a copy of an attribute, and its drop for later. */
function attributeLater(
  type: Key,
  attribute: string,
  held: readonly { readonly table: Key; readonly column: string }[],
  ctx: RuleContext,
): string {
  const copies = held.flatMap(({ table, column }) => {
    const known = tableAt(table, ctx)
    const keys = known?.primaryKey?.columns ?? []
    if (keys.length === 0 || known?.columns.find(({ name }) => name === column)?.type?.endsWith('[]') !== false)
      return []
    const rows = `SELECT ${idents(keys)}, (${ident(column)}).${ident(attribute)} FROM ${sqlName(table, ctx)}`
    return backup(withSuffix(`${nameOf(table)}_${column}_${attribute}`, '_backup'), rows, ctx)
  })
  const kept = copies.length === 0 ? '' : ` To keep a copy before the drop:\n${sql(...copies)}`
  return `Deploy code that does not use it first.${kept}\nDrop it in a later pull request:\n${sql(`ALTER TYPE ${sqlName(type, ctx)} DROP ATTRIBUTE ${ident(attribute)};`)}`
}
