import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { indexColumns, nameOf } from '../../src/schema/model.ts'
import { snake } from '../shared/names.ts'
import { tenantColumn, tenantOf, tenants } from '../shared/tenancy.ts'

export default {
  id: 'no-cross-tenant-unique',
  severity: 'info',
  summary: 'A unique name without the tenant column lets one tenant take it from all others.',
  why: `A second tenant that picks the same name gets an error, which also tells it that another one has it. Names that are part of an address for
    everybody, such as a subdomain, are unique across tenants for good reason.`,
  fix: 'Begin the unique constraint with the tenant column.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-UNIQUE-CONSTRAINTS'],
  sources: [],
  bad: [
    {
      given: tenants,
      sql: `
        create table labels (id bigint generated always as identity primary key, org_id bigint not null references orgs (id) on delete cascade, name text not null unique);
        create index on labels (org_id);`,
      message: 'One `org_id` takes a `name` from all others',
    },
    {
      prisma: {
        before:
          'model User {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Project {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Invoice {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel File {\n  id BigInt @id\n  orgId BigInt\n}\n\n',
        after:
          'model User {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Project {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Invoice {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel File {\n  id BigInt @id\n  orgId BigInt\n}\n\nmodel Label {\n  id BigInt @id\n  orgId BigInt\n  name String @unique\n\n  @@index([orgId])\n}\n',
      },
      message: 'One `orgId` takes a `name`',
    },
    {
      drizzle: {
        before: `import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'\nconst id = () => bigint('id', { mode: 'number' }).primaryKey()\nconst orgId = () => bigint('org_id', { mode: 'number' }).notNull()\nexport const users = pgTable('users', { id: id(), orgId: orgId() })\nexport const projects = pgTable('projects', { id: id(), orgId: orgId() })\nexport const invoices = pgTable('invoices', { id: id(), orgId: orgId() })\nexport const files = pgTable('files', { id: id(), orgId: orgId() })\n`,
        after: `import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'\nconst id = () => bigint('id', { mode: 'number' }).primaryKey()\nconst orgId = () => bigint('org_id', { mode: 'number' }).notNull()\nexport const users = pgTable('users', { id: id(), orgId: orgId() })\nexport const projects = pgTable('projects', { id: id(), orgId: orgId() })\nexport const invoices = pgTable('invoices', { id: id(), orgId: orgId() })\nexport const files = pgTable('files', { id: id(), orgId: orgId() })\nexport const labels = pgTable('labels', { id: id(), orgId: orgId(), name: text('name').notNull().unique() }, (table) => [index('labels_org_id_idx').on(table.orgId)])\n`,
      },
    },
  ],
  good: [
    {
      given: tenants,
      sql: `create table labels (id bigint generated always as identity primary key, org_id bigint not null references orgs (id) on delete cascade, name text not null, unique (org_id, name));`,
    },
  ],
  visit: {
    *createTable({ table, to }, ctx) {
      for (const unique of to.uniques) yield* crossing(table, unique.name, unique.columns, ctx)
    },
    *addUnique({ table, to }, ctx) {
      yield* crossing(table, to.name, to.columns, ctx)
    },
    *addIndex({ table, index }, ctx) {
      if (index.unique && index.where === null) yield* crossing(table, index.name, indexColumns(index), ctx)
    },
  },
} satisfies Rule

function* crossing(table: Key, name: string, columns: readonly string[], ctx: RuleContext): Iterable<Problem> {
  const tenant = tenantOf(ctx.after)
  const after = ctx.after.tables.get(table)
  const column = tenant === null || !after ? null : tenantColumn(after, tenant)
  const [only] = columns
  // What is handed to people outside has to be told apart from all others of its kind.
  if (
    /(?:^|_)(?:token|invite|invitation|link|share|otp|verification|voucher|coupon)s?(?:_|$)/.test(snake(nameOf(table)))
  )
    return
  if (
    !column ||
    columns.length !== 1 ||
    only === undefined ||
    !/^(?:name|slug|code|number|label|reference|title)$/.test(snake(only))
  )
    return
  yield {
    object: `${table}.${name}`,
    message: `One \`${column.name}\` takes a \`${only}\` from all others: \`${name}\` is unique across tenants.`,
    help: `Make it unique within the tenant, \`(${column.name}, ${only})\`, unless it is part of an address for everybody.`,
  }
}
