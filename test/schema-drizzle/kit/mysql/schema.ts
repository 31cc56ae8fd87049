import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  datetime,
  index,
  int,
  json,
  mysqlEnum,
  mysqlTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/mysql-core'

export const authors = mysqlTable(
  'authors',
  {
    id: int().autoincrement().primaryKey(),
    name: varchar({ length: 100 }).notNull().unique(),
    kind: mysqlEnum(['person', 'bot', "it's"]).notNull().default('person'),
    bio: text().default('none'),
    settings: json().default({ a: 1 }),
    seen: datetime().default(new Date('2024-01-02T03:04:05.678Z')),
    changed: timestamp().notNull().defaultNow().onUpdateNow(),
    on: boolean().default(true),
    shout: varchar({ length: 100 }).generatedAlwaysAs(sql`upper(name)`, { mode: 'virtual' }),
  },
  (t) => [
    index('authors_kind').on(t.kind, t.seen),
    uniqueIndex('authors_lower').on(sql`(lower(${t.name}))`),
    check('authors_id', sql`${t.id} > 0`),
  ],
)

export const books = mysqlTable(
  'books',
  {
    authorId: int('author_id')
      .notNull()
      .references(() => authors.id, { onDelete: 'cascade' }),
    title: varchar({ length: 50 }),
  },
  (t) => [primaryKey({ columns: [t.authorId, t.title] }), unique('books_title').on(t.title)],
)
