import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { uniquesOf } from '../shared/unique-keys.ts'
import { byOrm } from '../shared/by-orm.ts'
import type { Table } from '../../src/schema/model.ts'
import { isBackup } from '../shared/names.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-primary-key',
  severity: 'error',
  summary: 'A table without a primary key cannot name one of its rows.',
  why: `Nothing keeps two equal rows apart, so neither can be updated or deleted alone. Logical replication refuses UPDATE and DELETE on the
    table, ORMs cannot address its rows, and batched backfills have nothing to go by.`,
  fix: 'Give the table a primary key: an identity column, a UUID, or the columns that name a row.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS'],
  dialects: 'all',
  sources: [
    'diesel-guard/CreateTableWithoutPkCheck',
    'splinter/0004_no_primary_key',
    'schemalint/require-primary-key',
    'bytebase/table.require-pk',
  ],
  bad: [
    { sql: `create table events (at timestamptz not null, payload jsonb);`, message: '`events` has no primary key' },
    {
      title: 'A unique key names its rows, but replication does not know of it.',
      sql: `create table events (id bigint unique not null);`,
      message: 'only `events_id_key` names its rows',
      severity: 'info',
    },
    { sql: `create table events (id bigint, email text unique);` },
    {
      drizzle: {
        before: '',
        after: `import { pgTable, text } from 'drizzle-orm/pg-core'\nexport const logs = pgTable('logs', { line: text('line').notNull() })\n`,
      },
    },
  ],
  good: [
    {
      title: 'SQLite numbers its rows.',
      drizzle: {
        before: '',
        after: `import { sqliteTable, text } from 'drizzle-orm/sqlite-core'\nexport const logs = sqliteTable('logs', { line: text('line').notNull() })\n`,
      },
    },
    {
      title: 'A copy that brings back what is dropped.',
      given: `create table users (id bigint primary key, legacy text);`,
      sql: `create table users_legacy_backup as select id, legacy from users;`,
    },
    { sql: `create table events (id bigint generated always as identity primary key, payload jsonb);` },
    {
      title: 'The key may come later in the same pull request.',
      sql: `create table events (id bigint not null); alter table events add primary key (id);`,
    },
    { sql: `create temporary table work (id bigint);` },
    {
      title: 'Measurements that TimescaleDB splits by time.',
      sql: `create table readings (at timestamptz not null, value float8); select create_hypertable('readings', by_range('at'));`,
    },
    {
      title:
        'Prisma before 6 gives the table of a many-to-many relation a unique index in place of a key, and nothing in its schema can change that.',
      runner: 'prisma@5',
      given: `create table "A" (id text primary key); create table "B" (id text primary key);`,
      sql: `
        create table "_AToB" ("A" text not null, "B" text not null);
        create unique index "_AToB_AB_unique" on "_AToB" ("A", "B");`,
    },
    {
      title: 'A partition has the key of its parent.',
      given: `create table events (id bigint, at date not null, primary key (id, at)) partition by range (at);`,
      sql: `create table events_2026 partition of events for values from ('2026-01-01') to ('2027-01-01');`,
    },
  ],
  visit: {
    createTable({ table, to, as }, ctx) {
      // SQLite gives each row a number of its own: https://www.sqlite.org/rowidtable.html
      if (ctx.dialect === 'sqlite') return
      const after = ctx.after.tables.get(table)
      if (
        !after ||
        !after.complete ||
        after.primaryKey ||
        after.persistence === 'temporary' ||
        after.partition.of ||
        after.inherits.length > 0 ||
        after.ignored
      )
        return
      if (as !== 'definition' && (!to.complete || isBackup(to.name))) return
      if (isRelationTable(after) || isHypertable(after, ctx)) return
      const unique = uniquesOf(after).find((u) =>
        u.columns.every((name) => after.columns.some((column) => column.name === name && !column.nullable)),
      )
      const id = after.columns.find((column) => column.name === 'id')
      const add = unique
        ? `ALTER TABLE ${sqlName(table, ctx)} ADD PRIMARY KEY (${unique.columns.map(ident).join(', ')});`
        : id
          ? `ALTER TABLE ${sqlName(table, ctx)} ADD PRIMARY KEY (id);`
          : `ALTER TABLE ${sqlName(table, ctx)} ADD COLUMN id bigint ${ctx.dialect === 'mysql' ? 'AUTO_INCREMENT' : 'GENERATED ALWAYS AS IDENTITY'} PRIMARY KEY;`
      const named = unique
        ? unique.columns.map((column) => after.columns.find((c) => c.name === column)?.property ?? column)
        : ['id']
      const declared = byOrm(ctx, {
        prisma: `Declare it in the schema: \`${named.length === 1 ? '@id' : `@@id([${named.join(', ')}])`}\`. `,
        drizzle: `Declare it in the schema: ${
          unique && named.length > 1
            ? `\`primaryKey({ columns: [${named.map((column) => `table.${column}`).join(', ')}] })\``
            : unique || id
              ? `\`.primaryKey()\` on \`${named[0] ?? 'id'}\``
              : `\`id: bigint({ mode: 'number' }).primaryKey().${ctx.dialect === 'mysql' ? 'autoincrement' : 'generatedAlwaysAsIdentity'}()\``
        }. `,
        sql: '',
      })
      return unique
        ? {
            severity: 'info' as const,
            message: `\`${ctx.name(table)}\` has no primary key: only \`${unique.name}\` names its rows, which logical replication and other tools do not look at.`,
            help: `${declared}Make it the primary key while the table is empty:\n${sql(add)}`,
          }
        : {
            message: `\`${ctx.name(table)}\` has no primary key, so none of its rows can be named.`,
            help: `${declared || 'Declare one in the table, or add it while the table is empty:\n'}${declared ? 'In SQL, while the table is empty:\n' : ''}${sql(add)}`,
          }
    },
  },
} satisfies Rule

/** True where TimescaleDB splits the table by time: rows of measurements have no name, and a key would have to hold the time. https://docs.timescale.com/use-timescale/latest/hypertables/ */
function isHypertable(table: Table, ctx: RuleContext): boolean {
  const named = new RegExp(
    `\\bcreate_hypertable\\s*\\(\\s*(?:\\w+\\s*=>\\s*)?'(?:\\w+\\.|"[^"]+"\\.)?"?${table.name.replaceAll(/[^\w\s]/g, '\\$&')}"?'`,
  )
  return ctx.steps.some(
    ({ statement, changes }) =>
      named.test(statement.text) ||
      (/\btimescaledb\.hypertable\b/i.test(statement.text) &&
        changes.some((change) => change.kind === 'createTable' && change.table === table.key)),
  )
}

/** https://www.prisma.io/docs/orm/prisma-schema/data-model/relations/many-to-many-relations#conventions-for-relation-tables-in-implicit-m-n-relations */
function isRelationTable(table: Table): boolean {
  return (
    table.name.startsWith('_') &&
    table.columns.length === 2 &&
    table.columns.every((column) => (column.name === 'A' || column.name === 'B') && !column.nullable) &&
    table.indexes.some((index) => index.unique && index.keys.length === 2)
  )
}
