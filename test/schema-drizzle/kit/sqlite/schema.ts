import { sql } from 'drizzle-orm'
import { blob, check, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

export const authors = sqliteTable(
  'authors',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    name: text().notNull().unique(),
    kind: text({ enum: ['person', 'bot'] })
      .notNull()
      .default('person'),
    settings: text({ mode: 'json' }).default({ a: 1 }),
    seen: integer({ mode: 'timestamp' }).default(sql`(unixepoch())`),
    on: integer({ mode: 'boolean' }).default(true),
    ratio: real().default(0.5),
    raw: blob(),
    shout: text().generatedAlwaysAs(sql`upper(name)`),
  },
  (t) => [
    index('authors_kind').on(t.kind, t.seen),
    uniqueIndex('authors_on')
      .on(t.on)
      .where(sql`${t.on} = 1`),
    check('authors_id', sql`${t.id} > 0`),
  ],
)

export const books = sqliteTable(
  'books',
  {
    authorId: integer('author_id')
      .notNull()
      .references(() => authors.id, { onDelete: 'cascade' }),
    title: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.authorId, t.title] })],
)
