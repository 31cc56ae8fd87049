import { eq, relations, sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  boolean,
  char,
  check,
  customType,
  date,
  doublePrecision,
  foreignKey,
  index,
  inet,
  integer,
  interval,
  json,
  jsonb,
  numeric,
  pgEnum,
  pgMaterializedView,
  pgPolicy,
  pgRole,
  pgSchema,
  pgSequence,
  pgTable,
  pgTableCreator,
  pgView,
  primaryKey,
  real,
  serial,
  smallint,
  text,
  time,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
  varchar,
  vector,
} from 'drizzle-orm/pg-core'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'

const citext = customType<{ data: string }>({ dataType: () => 'citext' })
const money = customType<{ data: string; config: { precision: number } }>({
  dataType: (config) => `numeric(${config?.precision ?? 10}, 2)`,
})

const stamps = {
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { precision: 3 }).$onUpdate(() => new Date()),
}

export const role = pgEnum('role', ['member', 'admin', "it's"])
export const app = pgSchema('app')
export const mood = app.enum('mood', ['sad', 'happy'])
export const tickets = pgSequence('tickets', { startWith: 100, increment: 5, cycle: true })
export const reader = pgRole('reader')

export const orgs = pgTable('orgs', {
  id: uuid().primaryKey().defaultRandom(),
  name: varchar({ length: 255 }).notNull().unique(),
  slug: citext('slug').notNull().unique('orgs_slug_key', { nulls: 'not distinct' }),
  price: money('price', { precision: 12 }).default('0.00'),
  ...stamps,
})

export const users = pgTable(
  'users',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity({ startWith: 1000 }),
    legacyId: bigserial('legacy_id', { mode: 'number' }),
    orgId: uuid('org_id')
      .notNull()
      .references(() => orgs.id, { onDelete: 'cascade', onUpdate: 'restrict' }),
    managerId: integer('manager_id').references((): AnyPgColumn => users.id, { onDelete: 'set null' }),
    role: role('role').notNull().default('member'),
    moods: mood('moods').array().notNull().default(['happy']),
    tags: text('tags').array().default(['a', 'b c']),
    matrix: integer('matrix').array().array(),
    first: text('first').notNull().default(''),
    last: text('last').notNull().default("o'hara"),
    full: text('full').generatedAlwaysAs(sql`first || ' ' || last`),
    age: smallint('age').default(18),
    active: boolean('active').notNull().default(true),
    score: doublePrecision('score').default(1.5),
    ratio: real('ratio'),
    balance: numeric('balance', { precision: 10, scale: 2 }).default('0'),
    big: bigint('big', { mode: 'bigint' }),
    born: date('born').default('2000-01-01'),
    wakes: time('wakes').default('07:00:00'),
    pause: interval('pause'),
    address: inet('address'),
    initials: char('initials', { length: 2 }),
    settings: jsonb('settings').notNull().default({ theme: 'dark' }),
    extra: json('extra').default([]),
    token: text('token').$defaultFn(() => 'x'),
    embedding: vector('embedding', { dimensions: 3 }),
    expires: timestamp('expires').default(sql`now() + interval '1 day'`),
    ...stamps,
  },
  (table) => [
    index('users_name_idx').on(table.last, table.first.desc()),
    index().on(table.orgId),
    uniqueIndex('users_lower_idx')
      .on(sql`lower(${table.first})`)
      .where(sql`${table.active} is true`),
    index('users_settings_idx').using('gin', table.settings.op('jsonb_path_ops')).with({ fastupdate: 'off' }),
    index('users_born_idx').on(table.born.asc().nullsFirst()).concurrently(),
    unique().on(table.orgId, table.first),
    unique('users_org_last').on(table.orgId, table.last).nullsNotDistinct(),
    check('users_age', sql`${table.age} >= 0 and ${table.age} < 200`),
    pgPolicy('own_rows', { as: 'restrictive', for: 'select', to: reader, using: sql`${table.active}` }),
  ],
)

export const memberships = app.table(
  'memberships',
  {
    userId: integer('user_id').notNull(),
    orgId: uuid('org_id').notNull(),
    note: text(),
  },
  (table) => ({
    pk: primaryKey({ columns: [table.userId, table.orgId] }),
    user: foreignKey({ columns: [table.userId], foreignColumns: [users.id], name: 'memberships_user' }).onDelete(
      'cascade',
    ),
    org: foreignKey({ columns: [table.orgId], foreignColumns: [orgs.id] }),
  }),
)

export const locked = pgTable('locked', (t) => ({
  id: t.serial('id').primaryKey(),
  at: t.timestamp().defaultNow(),
})).enableRLS()

const prefixed = pgTableCreator((name) => `acme_${name}`)
export const logs = prefixed('logs', {
  id: serial('id').primaryKey(),
  userId: integer('user_id').references(() => users.id),
  ...stamps,
})

export const usersRelations = relations(users, ({ one }) => ({
  org: one(orgs, { fields: [users.orgId], references: [orgs.id] }),
}))

export const activeUsers = pgView('active_users')
  .with({ securityInvoker: true })
  .as((qb) => qb.select({ id: users.id, first: users.first }).from(users).where(eq(users.active, true)))
export const orgCounts = pgMaterializedView('org_counts').as((qb) =>
  qb
    .select({ org: users.orgId, count: sql<number>`count(*)`.as('count') })
    .from(users)
    .groupBy(users.orgId),
)
export const outside = pgView('outside', { id: integer('id') }).existing()

export type User = typeof users.$inferSelect
