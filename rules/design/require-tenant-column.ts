import type { Rule } from '../../src/engine/rule.ts'
import { indexColumns, type Table } from '../../src/schema/model.ts'
import { parentOf } from '../shared/foreign-keys.ts'
import { singular, snake } from '../shared/names.ts'
import { tenantColumn, tenantOf, tenants, tenantSpelled } from '../shared/tenancy.ts'

export default {
  id: 'require-tenant-column',
  severity: 'info',
  summary: 'A table without the column that says whose a row is, in a schema where the other tables have it.',
  why: `Queries, policies and exports for one tenant filter by that column. A table that has neither the column nor a foreign key to one that has it
    holds the rows of all tenants together. Tables of values that all tenants share are fine without.`,
  fix: 'Add the tenant column with its foreign key and index, or a foreign key to a table that has it.',
  references: ['https://www.postgresql.org/docs/current/ddl-rowsecurity.html'],
  sources: [],
  bad: [
    {
      given: tenants,
      sql: `create table reports (id bigint generated always as identity primary key, body text not null);`,
      message: '`reports` does not say whose its rows are',
    },
    {
      prisma: {
        before:
          'model User {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Project {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Invoice {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel File {\n  id BigInt @id\n  orgId BigInt\n}\n\n',
        after:
          'model User {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Project {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Invoice {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel File {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Report {\n  id BigInt @id\n  body String\n}\n',
      },
      message: '`Report` does not say whose its rows are',
    },
    {
      drizzle: {
        before: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nconst id = () => bigint('id', { mode: 'number' }).primaryKey()\nconst orgId = () => bigint('org_id', { mode: 'number' }).notNull()\nexport const users = pgTable('users', { id: id(), orgId: orgId() })\nexport const projects = pgTable('projects', { id: id(), orgId: orgId() })\nexport const invoices = pgTable('invoices', { id: id(), orgId: orgId() })\nexport const files = pgTable('files', { id: id(), orgId: orgId() })\n`,
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nconst id = () => bigint('id', { mode: 'number' }).primaryKey()\nconst orgId = () => bigint('org_id', { mode: 'number' }).notNull()\nexport const users = pgTable('users', { id: id(), orgId: orgId() })\nexport const projects = pgTable('projects', { id: id(), orgId: orgId() })\nexport const invoices = pgTable('invoices', { id: id(), orgId: orgId() })\nexport const files = pgTable('files', { id: id(), orgId: orgId() })\nexport const reports = pgTable('reports', { id: id(), body: text('body') })\n`,
      },
    },
  ],
  good: [
    {
      given: tenants,
      sql: `
        create table reports (id bigint generated always as identity primary key, org_id bigint not null references orgs (id) on delete cascade, body text not null);
        create index on reports (org_id);
        create table report_lines (id bigint generated always as identity primary key, report_id bigint not null references reports (id) on delete cascade);
        create index on report_lines (report_id);`,
    },
    {
      title: 'What is known by a code or name that is unique among all tenants is shared by them.',
      given: tenants,
      sql: `create table plans (id bigint generated always as identity primary key, code text not null unique, price_cents bigint not null);
        create table countries (code text primary key, name text not null);`,
    },
    {
      title: "How far a job has come is the application's own business.",
      given: tenants,
      sql: `create table cutover_job_offsets (id bigint generated always as identity primary key, run_on date not null unique, last_offset bigint not null);`,
    },
    {
      title: 'No schema of tenants.',
      given: `create table users (id bigint primary key);`,
      sql: `create table reports (id bigint generated always as identity primary key, body text not null);`,
    },
  ],
  visit: {
    createTable({ table, to, as }, ctx) {
      const tenant = tenantOf(ctx.before)
      const after = ctx.after.tables.get(table)
      if (
        tenant === null ||
        !after?.complete ||
        as !== 'definition' ||
        to.persistence === 'temporary' ||
        after.partition.of ||
        after.schema !== ctx.after.defaultSchema
      )
        return
      if (tenantColumn(after, tenant) || singular(snake(after.name)) === tenant.slice(0, -3)) return
      // A foreign key leads to the tenant, at once or by another table.
      if (after.foreignKeys.some((f) => parentOf(f) !== table)) return
      if (isCatalog(after) || bookkeeping.test(snake(after.name))) return
      const spelled = tenantSpelled(ctx.before, tenant)
      return {
        message: `\`${ctx.name(table)}\` does not say whose its rows are: the other tables have \`${spelled}\`.`,
        help: `Add \`${spelled}\`, or a foreign key to a table that has it, unless all tenants share the rows.`,
      }
    },
  },
} satisfies Rule

/** What the application notes for its own sake: how far a job has come, who holds a lock. */
const bookkeeping = /(?:^|_)(?:offset|lock|lease|cursor|checkpoint|watermark)s?$/

/** True for a table of values that all share: a word that people chose, and not a number, tells its rows apart. */
function isCatalog(table: Table): boolean {
  const words = new Set(
    table.columns
      .filter((column) => /^(?:text|character|citext)/.test(column.type ?? '') && column.default === null)
      .map((column) => column.name),
  )
  return [table.primaryKey, ...table.uniques, ...table.indexes.filter((index) => index.unique && index.where === null)]
    .map((unique) => (unique === null ? [] : 'columns' in unique ? unique.columns : indexColumns(unique)))
    .some(
      (columns) =>
        columns.length === 1 &&
        words.has(columns[0] ?? '') &&
        /(?:^|_)(?:code|slug|name|key|locale|language|currency|country|iso\d?|symbol|provider|model)$/.test(
          snake(columns[0] ?? ''),
        ),
    )
}
