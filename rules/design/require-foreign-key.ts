import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Schema, Table } from '../../src/schema/model.ts'
import { uniquesOf } from '../shared/unique-keys.ts'
import { byOrm } from '../shared/by-orm.ts'
import { commentBeside, newColumns } from '../shared/columns.ts'
import { parentOf } from '../shared/foreign-keys.ts'
import { singular, snake } from '../shared/names.ts'
import { remember } from '../shared/remember.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-foreign-key',
  severity: 'info',
  summary: 'A column that names a row of another table without a foreign key may name a row that is not there.',
  why: `Without the constraint, rows outlive what they belong to, and code that joins loses them without an error. Leaving it out is a choice for
    logs and for tables that are deleted from in bulk; elsewhere it is mostly forgotten.`,
  fix: 'Add the foreign key, and say with ON DELETE what happens to the rows.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  sources: ['active_record_doctor/missing_foreign_keys'],
  bad: [
    {
      given: `create table users (id bigint primary key); create table teams (id bigint primary key, owner_id bigint references users (id)); create index on teams (owner_id);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint not null); create index on orders (user_id);`,
      message: 'Nothing keeps `orders.user_id` to rows of `users`',
    },
    {
      prisma: {
        before:
          'model User {\n  id BigInt @id\n  teams Team[]\n}\n\nmodel Team {\n  id BigInt @id\n  owner User @relation(fields: [ownerId], references: [id], onDelete: Cascade)\n  ownerId BigInt\n\n  @@index([ownerId])\n}\n',
        after:
          'model User {\n  id BigInt @id\n  teams Team[]\n}\n\nmodel Team {\n  id BigInt @id\n  owner User @relation(fields: [ownerId], references: [id], onDelete: Cascade)\n  ownerId BigInt\n\n  @@index([ownerId])\n}\n\nmodel Order {\n  id BigInt @id\n  userId BigInt\n\n  @@index([userId])\n}\n',
      },
      message: 'Nothing keeps `Order.userId`',
    },
    {
      drizzle: {
        before: `import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name') })\nexport const teams = pgTable('teams', { id: bigint('id', { mode: 'number' }).primaryKey(), ownerId: bigint('owner_id', { mode: 'number' }).references(() => users.id, { onDelete: 'cascade' }) }, (table) => [index('teams_owner_id_idx').on(table.ownerId)])\n`,
        after: `import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name') })\nexport const teams = pgTable('teams', { id: bigint('id', { mode: 'number' }).primaryKey(), ownerId: bigint('owner_id', { mode: 'number' }).references(() => users.id, { onDelete: 'cascade' }) }, (table) => [index('teams_owner_id_idx').on(table.ownerId)])\nexport const orders = pgTable('orders', { id: bigint('id', { mode: 'number' }).primaryKey(), userId: bigint('user_id', { mode: 'number' }).notNull() }, (table) => [index('orders_user_id_idx').on(table.userId)])\n`,
      },
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key); create table teams (id bigint primary key, owner_id bigint references users (id)); create index on teams (owner_id);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint not null references users (id)); create index on orders (user_id);`,
    },
    {
      title: 'An application of GitLab: the own one goes by another spelling.',
      given: `create table application (id text primary key); create table builds (id text primary key, "applicationId" text references application (id)); create index on builds ("applicationId");`,
      sql: `create table gitlab (id text primary key, application_id text);`,
    },
    {
      title: 'Another type: an id of another system.',
      given: `create table users (id bigint primary key); create table teams (id bigint primary key, owner_id bigint references users (id)); create index on teams (owner_id);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id text not null);`,
    },
    {
      title: 'A log keeps what it says after the row is gone.',
      given: `create table users (id bigint primary key); create table teams (id bigint primary key, owner_id bigint references users (id)); create index on teams (owner_id);`,
      sql: `create table audit_logs (id bigint generated always as identity primary key, user_id bigint not null);`,
    },
    {
      title: 'A table with several such columns and no foreign key at all does without on purpose.',
      given: `create table users (id bigint primary key); create table teams (id bigint primary key, owner_id bigint references users (id)); create index on teams (owner_id);`,
      sql: `create table visits (id bigint generated always as identity primary key, user_id bigint not null, team_id bigint not null);`,
    },
    {
      title: 'A comment says that it is left out on purpose.',
      given: `create table users (id bigint primary key); create table teams (id bigint primary key, owner_id bigint references users (id)); create index on teams (owner_id);`,
      sql: `
        create table sessions (
          id bigint generated always as identity primary key,
          -- No FK relation: rows go with the team.
          user_id bigint not null
        );`,
    },
    {
      title: 'A schema that has no foreign keys has none on purpose.',
      given: `create table users (id bigint primary key); create table teams (id bigint primary key, owner_id bigint);`,
      sql: `create table orders (id bigint generated always as identity primary key, user_id bigint not null);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    const after = ctx.after.tables.get(table)
    if (
      !after?.complete ||
      after.partition.by !== null ||
      after.partition.of ||
      /(?:^|_)(?:log|audit|event|history|archive|snapshot|metric|stat|outbox)s?(?:_|$)/.test(snake(after.name))
    )
      return null
    const parent = namedBy(column, after, ctx)
    if (
      !parent ||
      after.foreignKeys.some((f) => f.columns.includes(column.name)) ||
      after.primaryKey?.columns.join() === column.name
    )
      return null
    if (!isCustom(column, after, ctx) || isSpelledOtherwise(column, parent, ctx)) return null
    if (/\b(?:no|without(?: a)?|not a) (?:fk|foreign key|relation)\b/i.test(commentBeside(column, table, ctx)))
      return null
    // It had one until this pull request took it away.
    if (
      ctx.steps.some((step) =>
        step.changes.some(
          (change) =>
            change.kind === 'dropConstraint' &&
            change.table === table &&
            change.constraint?.type === 'foreignKey' &&
            change.constraint.is.columns.includes(column.name),
        ),
      )
    )
      return null
    const [child, model] = [after, parent].map((t) => ctx.declared?.tables.get(t.key) ?? t) as [Table, Table]
    const field = child.columns.find((c) => c.name === column.name) ?? column
    return {
      message: `Nothing keeps \`${ctx.name(table)}.${column.name}\` to rows of \`${ctx.name(parent.key)}\`: it has no foreign key.`,
      help: `Unless it is left out on purpose${byOrm(ctx, {
        prisma: `, add a field \`${nounOf(field)} ${modelOf(model)} @relation(fields: [${field.property ?? field.name}], references: [${keyOf(model)}])\` to \`${modelOf(child)}\` and \`${lowerFirst(modelOf(child))} ${modelOf(child)}${isUnique(column, after) ? '?' : '[]'}\` to \`${modelOf(model)}\`. In SQL`,
        drizzle: `, chain \`.references()\` to \`${field.property ?? field.name}\`. In SQL`,
        sql: '',
      })}:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} ADD FOREIGN KEY (${ident(column.name)}) REFERENCES ${sqlName(parent.key, ctx)} (${ident(parent.primaryKey?.columns[0] ?? 'id')})${ctx.isNew(table) ? '' : ' NOT VALID'};`)}`,
    }
  }),
} satisfies Rule

/** What the ORM's schema calls a table. */
function modelOf(table: Table): string {
  return table.model ?? table.name
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function isUnique(column: Column, table: Table): boolean {
  return uniquesOf(table).some(({ columns }) => columns.join() === column.name)
}

/** What a field for the row itself is called: `user` of `userId`. */
function nounOf(column: Column): string {
  return (column.property ?? column.name).replace(/_?id$/i, '')
}

/** The field of a table's key, as the ORM's schema calls it. */
function keyOf(parent: Table): string {
  const name = parent.primaryKey?.columns[0] ?? 'id'
  return parent.columns.find((column) => column.name === name)?.property ?? name
}

/** The table whose name a column has before its `_id`, where its key has the same type; null for none, and beside a column that says the kind of row. */
function namedBy(column: Column, table: Table, ctx: RuleContext): Table | null {
  const noun = /^(.+)_id$/.exec(snake(column.name))?.[1]
  if (noun === undefined || table.columns.some((c) => snake(c.name) === `${noun}_type`)) return null
  const found = (tablesByNoun(ctx.after).get(noun) ?? []).filter(
    (t) => t.schema === table.schema && t.key !== table.key,
  )
  const parent = found[0]
  if (found.length !== 1 || !parent?.complete || parent.primaryKey?.columns.length !== 1) return null
  const id = parent.columns.find((c) => c.name === parent.primaryKey?.columns[0])
  return id?.type !== null && id?.type === column.type ? parent : null
}

/** The tables of a schema by what one of their rows is called. */
const tablesByNoun = remember((schema: Schema) => {
  const tables = new Map<string, Table[]>()
  for (const table of schema.tables.values()) {
    const noun = singular(snake(table.name))
    tables.set(noun, [...(tables.get(noun) ?? []), table])
  }
  return tables
})

/** True where the columns that do refer to the parent spell the name in another way: `application_id` beside `applicationId` is the id of another system. */
function isSpelledOtherwise(column: Column, parent: Table, ctx: RuleContext): boolean {
  const names = [...ctx.after.tables.values()]
    .flatMap((t) =>
      t.foreignKeys.filter((f) => parentOf(f) === parent.key && f.columns.length === 1).flatMap((f) => f.columns),
    )
    .filter((name) => snake(name) === snake(column.name))
  return names.length > 0 && !names.includes(column.name)
}

/** True where the schema ties such columns to their tables: it has foreign keys, most columns of that name have one, and the table does not do without on purpose. */
function isCustom(column: Column, table: Table, ctx: RuleContext): boolean {
  const others = [...ctx.after.tables.values()].filter((t) => t.key !== table.key)
  const tied = (t: Table, name: string) => t.foreignKeys.some((f) => f.clientOnly !== true && f.columns.includes(name))
  const alike = others.filter((t) => t.columns.some((c) => c.name === column.name))
  const loose = table.columns.filter((c) => !tied(table, c.name) && namedBy(c, table, ctx)).length
  return (
    others.some((t) => t.foreignKeys.some((f) => f.clientOnly !== true)) &&
    alike.filter((t) => tied(t, column.name)).length * 2 >= alike.length &&
    (loose < 2 || table.foreignKeys.length > 0)
  )
}
