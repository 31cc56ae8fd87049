import type { Rule } from '../../src/engine/rule.ts'
import type { ForeignKey, Key, Table } from '../../src/schema/model.ts'
import { nameOf } from '../../src/schema/model.ts'
import { indexLedBy } from '../shared/index-prefix.ts'
import { builtBy, concurrently } from '../shared/concurrently.ts'
import { declare } from '../shared/declare.ts'
import { foreignKeyPlace, foreignKeysIn, parentOf, same } from '../shared/foreign-keys.ts'
import { remember } from '../shared/remember.ts'
import { ident, idents, sql, sqlName } from '../shared/sql.ts'
import type { Step } from '../../src/step.ts'
import type { RuleContext } from '../../src/engine/rule.ts'
import { withSuffix } from '../shared/names.ts'

export default {
  id: 'require-foreign-key-index',
  severity: 'warning',
  summary: 'A foreign key whose columns no index leads makes every delete of the referenced row read the whole table.',
  why: `Postgres indexes the referenced side of a foreign key and not the referencing one. Each DELETE, and each UPDATE of the key, looks for
    the rows that refer to it, and joins from the parent do the same: without an index by reading the whole table.`,
  fix: 'Create an index that begins with the columns of the foreign key.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  sources: [
    'pgfence/fk-missing-index',
    'eugene/E15',
    'pgsafe/fk-without-covering-index',
    'splinter/0001_unindexed_foreign_keys',
    'schemalint/index-referencing-column',
    'active_record_doctor/unindexed_foreign_keys',
  ],
  checklist: 'queries-use-indexes',
  bad: [
    {
      sql: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint references users (id));`,
      message: 'No index leads with `user_id`',
    },
    {
      title: 'Whether there is an index is not known: information.',
      alone: true,
      sql: `alter table orders add constraint orders_user foreign key (user_id) references users (id) not valid;`,
      message: 'unless it has an index that leads with `user_id`',
      severity: 'info',
    },
    {
      given: `create table users (id bigint primary key); create table orders (id bigint primary key);`,
      sql: `alter table orders add column user_id bigint references users (id);`,
    },
    {
      given: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
      prisma: {
        before: `
          model User {
            id Int @id
          }`,
        after: `
          model User {
            id     Int     @id
            orders Order[]
          }

          model Order {
            id     Int  @id
            userId Int
            user   User @relation(fields: [userId], references: [id])
          }`,
      },
      sql: `
        CREATE TABLE "Order" ("id" INTEGER NOT NULL, "userId" INTEGER NOT NULL, CONSTRAINT "Order_pkey" PRIMARY KEY ("id"));
        ALTER TABLE "Order" ADD CONSTRAINT "Order_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;`,
    },
    {
      title: 'No migration says it yet.',
      drizzle: {
        before: `
          import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })`,
        after: `
          import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })
          export const orders = pgTable('orders', {
            id: bigint('id', { mode: 'number' }).primaryKey(),
            userId: bigint('user_id', { mode: 'number' }).notNull().references(() => users.id),
            state: text('state').notNull(),
          }, (table) => [
            index('orders_state_idx').on(table.state),
          ])`,
      },
    },
    {
      title: 'Only the client knows the relation.',
      drizzle: {
        before: `
          import { bigint, index, pgTable } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })`,
        after: `
          import { bigint, index, pgTable } from 'drizzle-orm/pg-core'
          import { relations } from 'drizzle-orm'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })
          export const orders = pgTable('orders', {
            id: bigint('id', { mode: 'number' }).primaryKey(),
            userId: bigint('user_id', { mode: 'number' }).notNull(),
          })
          export const orderRelations = relations(orders, ({ one }) => ({ user: one(users, { fields: [orders.userId], references: [users.id] }) }))`,
      },
      message: 'which only the client knows',
    },
    {
      title: 'Several of one table are told together.',
      given: `create table users (id bigint primary key);`,
      sql: `create table orders (id bigint generated always as identity primary key, buyer_id bigint references users (id), seller_id bigint references users (id));`,
      message: 'No index leads with `buyer_id` or `seller_id`: deleting from `users`',
    },
    {
      title: 'What many new tables lack is told once.',
      sql: `
        create table users (id bigint primary key);
        create table a (id bigint primary key, user_id bigint references users (id));
        create table b (id bigint primary key, user_id bigint references users (id), other_id bigint references users (id));
        create table c (id bigint primary key, user_id bigint references users (id));
        create table d (id bigint primary key, user_id bigint references users (id));`,
      message: 'No index leads with 5 foreign keys of 4 new tables (`a.user_id`, `b.user_id`, `b.other_id` and others)',
    },
  ],
  good: [
    {
      title: 'It is made anew with another action; that the index is missing is nothing new.',
      given: `create table users (id bigint primary key); create table notes (id bigint primary key, user_id bigint constraint notes_user references users);`,
      sql: `alter table notes drop constraint notes_user; alter table notes add constraint notes_user foreign key (user_id) references users (id) on delete cascade not valid;`,
    },
    {
      title: 'An index over one of its columns narrows the rows down.',
      given: `create table orgs (id bigint primary key); create table projects (id bigint primary key, org_id bigint not null references orgs, unique (id, org_id)); create index on projects (org_id);`,
      sql: `create table tasks (id bigint generated always as identity primary key, org_id bigint not null, project_id bigint, foreign key (project_id, org_id) references projects (id, org_id)); create index on tasks (project_id);`,
    },
    {
      title: 'A file on its own gives the index too.',
      alone: true,
      sql: `create index concurrently orders_user_id on orders (user_id); alter table orders add constraint orders_user foreign key (user_id) references users (id) not valid;`,
      runner: 'psql',
    },
    {
      title: 'A relation of the client alone with its index.',
      given: `CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL);`,
      drizzle: {
        before: `
          import { bigint, index, pgTable } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })`,
        after: `
          import { bigint, index, pgTable } from 'drizzle-orm/pg-core'
          import { relations } from 'drizzle-orm'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })
          export const orders = pgTable('orders', {
            id: bigint('id', { mode: 'number' }).primaryKey(),
            userId: bigint('user_id', { mode: 'number' }).notNull(),
          }, (table) => [index('orders_user_id_index').on(table.userId)])
          export const orderRelations = relations(orders, ({ one }) => ({ user: one(users, { fields: [orders.userId], references: [users.id] }) }))`,
      },
      sql: `
        CREATE TABLE "orders" ("id" bigint PRIMARY KEY NOT NULL, "user_id" bigint NOT NULL);
        CREATE INDEX "orders_user_id_index" ON "orders" USING btree ("user_id");`,
    },
    {
      sql: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint references users (id));
        create index on orders (user_id, id);`,
    },
    {
      title: 'The primary key leads with it.',
      sql: `
        create table users (id bigint primary key);
        create table members (user_id bigint references users (id), team text, primary key (user_id, team));`,
    },
    {
      title: 'A partial index over the rows that refer to something serves.',
      sql: `
        create table users (id bigint primary key);
        create table orders (id bigint primary key, user_id bigint references users (id));
        create index on orders (user_id) where user_id is not null;`,
    },
  ],
  visit: {
    *createTable({ table, to }, ctx) {
      for (const foreignKey of to.foreignKeys) yield* missing(table, foreignKey, ctx)
      for (const relation of clientRelations(table, ctx)) yield* missing(table, relation, ctx)
    },
    *addColumn({ table, to }, ctx) {
      if (ctx.isNew(table)) return
      for (const relation of clientRelations(table, ctx))
        if (relation.columns.includes(to.name)) yield* missing(table, relation, ctx)
    },
    *addForeignKey({ table, to }, ctx) {
      yield* missing(table, to, ctx)
    },
  },
} satisfies Rule

/** The relations that only the client knows: Prisma's `relationMode = "prisma"`, Drizzle's `relations`. */
function clientRelations(table: Key, ctx: RuleContext): readonly ForeignKey[] {
  return ctx.declared?.tables.get(table)?.foreignKeys.filter((foreignKey) => foreignKey.clientOnly === true) ?? []
}

/** Said once for a table, at the first of its new foreign keys that no index serves. */
function* missing(table: Key, foreignKey: ForeignKey, ctx: RuleContext) {
  const after = ctx.after.tables.get(table)
  if (!after || after.persistence === 'temporary') return
  if (!after.complete && !ctx.isNew(table)) {
    if (!ctx.alone || isLed(foreignKey, after)) return
    yield {
      severity: 'info' as const,
      object: `${table}.${foreignKey.name}`,
      message: `Deleting from \`${ctx.name(parentOf(foreignKey))}\` reads all of \`${ctx.name(table)}\`, unless it has an index that leads with ${foreignKey.columns.map((column) => `\`${column}\``).join(', ')}.`,
      help: builtBy(
        table,
        [
          `CREATE INDEX ${concurrently(table, ctx)}${ident(withSuffix(`${nameOf(table)}_${foreignKey.columns.join('_')}`, '_idx'))} ON ${sqlName(table, ctx)} (${idents(foreignKey.columns)});`,
        ],
        ctx,
      ),
    }
    return
  }
  const isClients = foreignKey.clientOnly === true
  const lacking = isClients ? (isLed(foreignKey, after) ? [] : [foreignKey]) : lackingIn(after, ctx)
  if (lacking[0]?.name !== foreignKey.name) return
  const fresh = isClients ? [] : newTablesLacking(ctx)
  if (fresh.length > manyTables && fresh.some((of) => of.table === after)) {
    if (fresh[0]?.table === after) yield together(fresh, foreignKey, ctx)
    return
  }
  const parents = [...new Set(lacking.map(parentOf))]
  const sets = lacking.filter((f, i) => lacking.findIndex((other) => same(other.columns, f.columns)) === i)
  const [first, ...more] = sets.map(({ columns }) => ({
    columns,
    name: withSuffix(`${nameOf(table)}_${columns.join('_')}`, '_idx'),
  }))
  if (!first) return
  const { words, offer } = declare({ kind: 'addIndex', table, ...first, more }, ctx)
  const place = foreignKeyPlace(foreignKey, table, ctx)
  const ways = orList(parents.map((parent) => `\`${ctx.name(parent)}\``))
  yield {
    object: `${table}.${foreignKey.name}`,
    unindexed: sets.map(({ columns }) => `${table}.${columns[0] ?? ''}`),
    ...(place ? { place } : {}),
    message: `No index leads with ${orList(sets.map((f) => f.columns.map((column) => `\`${column}\``).join(', ')))}: ${isClients ? `following the relation from ${ways}, which only the client knows,` : `deleting from ${ways}`} reads all of \`${ctx.name(table)}\`.`,
    help: `${words}${builtBy(
      table,
      [first, ...more].map(
        ({ name, columns }) =>
          `CREATE INDEX ${concurrently(table, ctx)}${ident(name)} ON ${sqlName(table, ctx)} (${idents(columns)});`,
      ),
      ctx,
    )}`,
    ...offer,
  }
}

/** From so many new tables on what they lack is told once. */
const manyTables = 3

/** An index that leads with one of several columns narrows the rows down, so that not all of the table is read. */
function isLed(foreignKey: ForeignKey, table: Table): boolean {
  return (
    !foreignKey.columns.every((column) => table.columns.some((c) => c.name === column)) ||
    foreignKey.columns.some((column) => indexLedBy(table, [column]) !== null)
  )
}

/** The foreign keys of a table that the pull request adds, and not only makes anew, and that no index serves. */
function lackingIn(table: Table, ctx: RuleContext): readonly ForeignKey[] {
  const added = addedTo(ctx.steps).get(table.key)
  const before = ctx.before.tables.get(table.key)?.foreignKeys ?? []
  const isAnew = (f: ForeignKey) => before.some((old) => same(old.columns, f.columns) && parentOf(old) === parentOf(f))
  return table.foreignKeys.filter((f) => added?.has(f.name) && f.clientOnly !== true && !isAnew(f) && !isLed(f, table))
}

/** The names of the foreign keys that steps add, by table. */
const addedTo = remember((steps: readonly Step[]) => {
  const added = new Map<Key, Set<string | null>>()
  for (const { table, foreignKey } of foreignKeysIn(steps.flatMap((step) => step.changes)))
    added.set(table, (added.get(table) ?? new Set()).add(foreignKey.name))
  return added
})

interface Lacking {
  readonly table: Table
  readonly sets: readonly (readonly string[])[]
}

/** The new tables with foreign keys that no index serves, in the order in which they are made. */
function newTablesLacking(ctx: RuleContext): readonly Lacking[] {
  return ctx.steps
    .flatMap((step) => step.changes)
    .flatMap((change) => {
      const table = change.kind === 'createTable' ? ctx.after.tables.get(change.table) : undefined
      if (!table || table.persistence === 'temporary') return []
      const sets = lackingIn(table, ctx).map((f) => f.columns)
      const distinct = sets.filter((set, i) => sets.findIndex((other) => same(other, set)) === i)
      return distinct.length > 0 ? [{ table, sets: distinct }] : []
    })
}

/** What many new tables lack, told at the first. */
function together(tables: readonly Lacking[], foreignKey: ForeignKey, ctx: RuleContext) {
  const [first] = tables
  const columns = tables.flatMap(({ table, sets }) => sets.map((set) => ({ table, set })))
  const place = first && foreignKeyPlace(foreignKey, first.table.key, ctx)
  const shown = columns.slice(0, 3).map(({ table, set }) => `\`${table.name}.${set.join(', ')}\``)
  const orm =
    ctx.project.orm === 'prisma'
      ? 'Declare one in each model with `@@index`. In SQL:\n'
      : ctx.project.orm === 'drizzle'
        ? 'Declare one in each table with `index()`. In SQL:\n'
        : ''
  return {
    object: `${first?.table.key ?? ''}.${foreignKey.name}`,
    unindexed: columns.map(({ table, set }) => `${table.key}.${set[0] ?? ''}`),
    ...(place ? { place } : {}),
    message: `No index leads with ${columns.length} foreign keys of ${tables.length} new tables (${shown.join(', ')} and others): deleting a row that they refer to reads the whole table.`,
    help: `${orm}${sql(...columns.map(({ table, set }) => `CREATE INDEX ${ident(withSuffix(`${table.name}_${set.join('_')}`, '_idx'))} ON ${sqlName(table.key, ctx)} (${idents(set)});`))}`,
  }
}

/** `a`, `a or b`, `a, b or c`. */
function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
}
