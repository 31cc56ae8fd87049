import type { Rule } from '../../src/engine/rule.ts'
import { key, type Column, type Table } from '../../src/schema/model.ts'
import { quoteLiteral } from '../../src/schema/sql/quote.ts'
import { createIndex } from '../../src/schema/sql/ddl.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { rowsSentence, sql, sqlName } from '../shared/sql.ts'
import { settingBefore } from '../shared/timeouts.ts'
import { retype } from '../shared/retype.ts'

export default {
  id: 'no-type-change-index-rebuild',
  severity: 'warning',
  summary:
    'A change of type or collation that leaves the rows alone still builds some indexes of the column anew, with everybody locked out.',
  why: `Postgres keeps an index over a change of type only where the same operators and the same collation serve the old and the new one. An index with another collation,
    on an expression or with a predicate over the column is built anew under the ACCESS EXCLUSIVE lock of the ALTER TABLE.`,
  fix: 'Drop such an index CONCURRENTLY first and build it CONCURRENTLY afterwards, or move to a new column.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES'],
  sources: ['strong_migrations/change_column'],
  claims: { lock: 'AccessExclusiveLock', rewrites: false },
  bad: [
    {
      given: `create table users (id bigint primary key, name varchar(50)); create index users_name_lower on users (lower(name));`,
      sql: `alter table users alter column name type text;`,
      message: 'builds `users_name_lower` anew',
    },
    {
      title: 'Another collation sorts otherwise.',
      given: `create table users (id bigint primary key, name text); create index users_name on users (name);`,
      sql: `alter table users alter column name type text collate "C";`,
    },
    {
      title: 'Moments are not compared as clock times are.',
      given: `create table orders (id bigint primary key, at timestamp); create index orders_at on orders (at);`,
      sql: `set timezone = 'UTC'; alter table orders alter column at type timestamptz;`,
      message: 'builds `orders_at` anew',
    },
    {
      title: 'A predicate that uses the column.',
      given: `create table users (id bigint primary key, name varchar(50)); create index users_named on users (id) where name <> '';`,
      sql: `alter table users alter column name type varchar(100);`,
    },
  ],
  good: [
    {
      title: 'A plain index serves varchar and text alike.',
      given: `create table users (id bigint primary key, name varchar(50)); create index users_name on users (name);`,
      sql: `alter table users alter column name type text;`,
    },
    {
      sql: `create table users (id bigint generated always as identity primary key, name varchar(50)); create index users_name_lower on users (lower(name)); alter table users alter column name type text;`,
    },
  ],
  visit: {
    alterColumnType(change, ctx) {
      const { table, from, to, collationChanges } = change
      if (ctx.isNew(table) || retype(change, ctx) !== 'free') return
      const known = ctx.step?.before.tables.get(table)
      if (known === undefined || (from.type === to.type && !collationChanges)) return
      const rebuilt = rebuiltIndexes(known, from, to, collationChanges)
      if (rebuilt.length === 0) return
      const indexes = known.indexes.filter((index) => rebuilt.includes(index.name))
      const drops = indexes.map((index) => `DROP INDEX CONCURRENTLY ${sqlName(key(known.schema, index.name), ctx)};`)
      const builds = indexes.map(
        (index) => `${createIndex(table, index, ctx.before.defaultSchema, { concurrently: true })};`,
      )
      const many = indexes.length > 1
      // Without it the other migration would write every row.
      const zone = /time zone/.test(to.type ?? '') ? settingBefore('timezone', ctx) : null
      const [before, after] = [{ many }, { many, later: true }].map((wanted) => outsideTransaction(ctx, wanted).how)
      const rebuild =
        indexes.length === 0
          ? 'Add'
          : `Where queries can do without ${many ? 'them' : 'it'} for that long, drop ${many ? 'them' : 'it'} first; ${before}:\n${sql(...drops)}\nthen:\n${sql(...(zone === null ? [] : [`SET timezone = ${quoteLiteral(zone)};`]), `${ctx.step?.statement.text.trim() ?? ''};`)}\nand build ${many ? 'them' : 'it'} anew; ${after}:\n${sql(...builds)}\nOtherwise add`
      const names = rebuilt.map((name) => `\`${name}\``).join(', ')
      return {
        message: `Changing the ${from.type === to.type ? 'collation' : 'type'} of \`${from.name}\` rewrites no row, but builds ${names} anew while nobody can read or write \`${ctx.name(table)}\`.`,
        help: `${rowsSentence(table, ctx)}${rebuild} a column of the new type, index it CONCURRENTLY, and switch over.`,
      }
    },
  },
} satisfies Rule

/** Types that others are stored as, but that have operators of their own to sort by: an index on one of them does not serve the others. */
const sortedApart = /^(citext|oid|timestamp(?:\(\d\))? with time zone)$/

/** Indexes that name the column in an expression or predicate, or that sort by it where its collation or its operators change. */
function rebuiltIndexes(table: Table, from: Column, to: Column, collation: boolean): readonly string[] {
  const apart = sortedApart.test(from.type ?? '') !== sortedApart.test(to.type ?? '')
  const names = (text: string | null) =>
    text !== null && new Set(text.match(/"[^"]+"|[\w$]+/g)?.map((word) => word.replaceAll('"', ''))).has(from.name)
  const keys = [table.primaryKey, ...table.uniques].flatMap((key) =>
    key !== null && key.columns.includes(from.name) && (collation || apart) ? [key.name] : [],
  )
  const indexes = table.indexes.filter(
    (index) =>
      names(index.where) ||
      index.keys.some((key) =>
        key.column === from.name ? (collation && key.collation === null) || apart : names(key.expression),
      ),
  )
  return [...keys, ...indexes.map((index) => index.name)]
}
