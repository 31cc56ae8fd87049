import { and, eq, gt, sql } from 'drizzle-orm'
import {
  bigint,
  bytea,
  check,
  foreignKey,
  geometry,
  index,
  integer,
  pgEnum,
  pgPolicy,
  pgSchema,
  pgSequence,
  pgTable,
  primaryKey,
  serial,
  snakeCase,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'

export const role = pgEnum('role', ['member', 'admin'])
export const app = pgSchema('app')
export const mood = app.enum('mood', ['sad', 'happy'])

export const orgs = pgTable('orgs', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: text().notNull().unique(),
})

export const users = pgTable(
  'users',
  {
    id: integer().notNull(),
    orgId: integer('org_id').references(() => orgs.id, { onDelete: 'cascade' }),
    tags: text().array().default(['a', 'b c']),
    role: role().default('member').notNull(),
    total: integer().default(sql`1 + 1`),
    shout: text().generatedAlwaysAs(sql`upper('x')`),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.orgId] }),
    index().on(t.orgId, t.total.desc()),
    uniqueIndex('users_lower')
      .on(sql`lower(${t.shout})`)
      .where(sql`${t.total} > 0`),
    check('users_total', sql`${t.total} > 1`),
    unique().on(t.id, t.total).nullsNotDistinct(),
    foreignKey({ columns: [t.id], foreignColumns: [orgs.id], name: 'users_org' }),
  ],
)

export const notes = app.table(
  'notes',
  { id: serial('id').primaryKey(), mood: mood().array(), text: text().unique('notes_text', { nulls: 'not distinct' }) },
  (t) => [
    pgPolicy('all_read', { for: 'select', using: sql`true` }),
    index().using('gin', t.mood.op('array_ops')).with({ fastupdate: 'off' }),
  ],
)

export const places = pgTable.withRLS(
  'places',
  {
    id: bigint({ mode: 'bigint' }).primaryKey().default(5n),
    at: geometry({ type: 'point', srid: 4326 }),
    raw: bytea(),
    grid: integer()
      .array('[][]')
      .default([[1], [2]]),
  },
  (t) => [
    index('places_far')
      .on(t.id)
      .where(and(eq(t.raw, 'x' as never), gt(t.id, 4n))!),
    check('places_id', gt(t.id, 5n)),
  ],
)

export const visits = snakeCase.table('visits', { visitId: integer().primaryKey(), placeName: text().unique() })

export const tickets = pgSequence('tickets', { startWith: 5, cycle: true })
