import type { Node } from 'libpg-query'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Key, type Schema } from '../../src/schema/model.ts'
import { isBackup } from '../shared/names.ts'
import { copyInRanges, singleKey } from '../shared/batches.ts'
import { idents, rowsSentence, sql, sqlName } from '../shared/sql.ts'
import { columnRef } from '../shared/sql-tree.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-table-copy',
  severity: 'info',
  summary: 'CREATE TABLE AS copies an existing table in one transaction, without its keys, defaults and indexes.',
  why: `The statement lasts as long as the table is large: its transaction keeps VACUUM from removing anything in the whole database, and locks that the migration took before are held to its end.
    The copy has columns and rows, nothing else.`,
  fix: 'Create the table with LIKE, and copy the rows in batches outside the migration.',
  references: ['https://www.postgresql.org/docs/current/sql-createtableas.html'],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create table members as select * from users; alter table members add primary key (id);`,
      message: 'Copying `users` into `members`',
      unproven: 'nothing is locked',
    },
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `select * into members from users; alter table members add primary key (id);`,
      unproven: 'nothing is locked',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create table members as select * from users with no data; alter table members add primary key (id);`,
    },
    {
      title: 'A temporary table is gone when the session ends.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `create temporary table members as select * from users;`,
    },
    {
      title: 'Few rows by its words.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `create table members as select * from users limit 10; alter table members add primary key (id);`,
    },
    {
      title: 'A copy of what is dropped after it.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `create table users_name_backup as select id, name from users; alter table users drop column name;`,
      unproven: 'others speak of the drop itself',
    },
    {
      title: 'What is counted, grouped or chosen is no copy.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `create table names as select name, count(*) from users group by name; alter table names add primary key (name);`,
      unproven: 'nothing is locked',
    },
    { sql: `create table one as select 1 as id; alter table one add primary key (id);` },
  ],
  visit: {
    createTable({ table, to, as }, ctx) {
      if (as !== 'query' || to.persistence === 'temporary' || ctx.step === null) return
      const source = copied(ctx.step.statement.node, ctx.step.before)
      if (source === null || ctx.isNew(source.table) || isDropped(source.table, ctx) || isBackup(nameOf(table))) return
      const [from, into] = [sqlName(source.table, ctx), sqlName(table, ctx)]
      const empty =
        source.columns === null
          ? `CREATE TABLE ${into} (LIKE ${from} INCLUDING ALL);`
          : `CREATE TABLE ${into} AS SELECT ${idents(source.columns)} FROM ${from} WITH NO DATA;`
      const columns = source.columns === null ? null : idents(source.columns)
      const one = singleKey(source.table, ctx)
      const copy =
        one === null || (columns !== null && !columns.split(', ').includes(one))
          ? []
          : copyInRanges({ from, into, columns, key: one, again: columns === null })
      return {
        object: source.table,
        message: `Copying \`${ctx.name(source.table)}\` into \`${ctx.name(table)}\` takes one transaction for all rows, and the copy has no key, default or index.`,
        help: `${rowsSentence(source.table, ctx)}Make an empty table here, which has key, defaults and indexes already, so that nothing has to add them, and copy the rows in batches after the deploy:\n${sql(empty, ...copy)}`,
      }
    },
  },
} satisfies Rule

/** True where the pull request then drops what is copied: the copy is what brings it back. */
function isDropped(source: Key, ctx: RuleContext): boolean {
  return ctx.steps.some(({ changes }) =>
    changes.some(
      (change) =>
        (change.kind === 'dropTable' || change.kind === 'dropColumn' || change.kind === 'alterColumnType') &&
        change.table === source,
    ),
  )
}

interface Copy {
  readonly table: Key
  /** Those that are copied; null for all. */
  readonly columns: readonly string[] | null
}

/** What a CREATE TABLE AS or SELECT INTO copies: every row of one table, some or all of its columns; null where it does something else. */
function copied(node: Node, schema: Schema): Copy | null {
  if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.into?.skipData === true) return null
  const query = 'CreateTableAsStmt' in node ? node.CreateTableAsStmt.query : node
  if (query === undefined || !('SelectStmt' in query)) return null
  const { fromClause = [], targetList = [], ...rest } = query.SelectStmt
  if (rest.limitCount ?? rest.whereClause ?? rest.groupClause ?? rest.distinctClause ?? rest.larg) return null
  const [from, ...others] = fromClause
  if (from === undefined || others.length > 0 || !('RangeVar' in from)) return null
  const table = relationKey(from.RangeVar, schema)
  if (!schema.tables.has(table) && schema.complete) return null
  const names = targetList.map((target) => {
    const value = 'ResTarget' in target && target.ResTarget.name === undefined ? target.ResTarget.val : undefined
    if (value === undefined || !('ColumnRef' in value)) return null
    return value.ColumnRef.fields?.some((field) => 'A_Star' in field) === true ? '*' : (columnRef(value)?.name ?? null)
  })
  const columns = names.filter((name) => name !== null)
  if (columns.length < names.length) return null
  return { table, columns: columns.includes('*') ? null : columns }
}
