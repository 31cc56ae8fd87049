import { sql } from 'drizzle-orm'
import {
  check,
  foreignKey,
  index,
  integer,
  pgEnum,
  pgPolicy,
  pgSchema,
  pgTable,
  primaryKey,
  serial,
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
