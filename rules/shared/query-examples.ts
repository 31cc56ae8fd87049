/** A small shop that examples query: users and their orders, with the indexes that a careful team has. */
export const shopSql = `
  CREATE TYPE "Plan" AS ENUM ('free', 'paid');
  CREATE TABLE "users" ("id" TEXT PRIMARY KEY, "email" TEXT NOT NULL UNIQUE, "name" TEXT, "plan" "Plan" NOT NULL DEFAULT 'free', "deleted_at" TIMESTAMPTZ);
  CREATE TABLE "orders" ("id" TEXT PRIMARY KEY, "user_id" TEXT NOT NULL REFERENCES "users" ("id"), "number" INTEGER NOT NULL, "status" TEXT NOT NULL, "note" TEXT, "tags" TEXT[], "created_at" TIMESTAMPTZ NOT NULL DEFAULT now());
  CREATE INDEX "orders_user_id_created_at_idx" ON "orders" ("user_id", "created_at");
  CREATE INDEX "orders_number_idx" ON "orders" ("number");`

const models = `
  enum Plan {
    free
    paid
  }

  model User {
    id        String    @id
    email     String    @unique
    name      String?
    plan      Plan      @default(free)
    deletedAt DateTime? @map("deleted_at") @db.Timestamptz
    orders    Order[]

    @@map("users")
  }

  model Order {
    id        String   @id
    userId    String   @map("user_id")
    user      User     @relation(fields: [userId], references: [id], onDelete: NoAction, onUpdate: NoAction)
    number    Int
    status    String
    note      String?
    tags      String[]
    createdAt DateTime @default(now()) @map("created_at") @db.Timestamptz

    @@index([userId, createdAt])
    @@index([number])
    @@map("orders")
  }`

/** The shop as a Prisma project. */
export const prismaShop = { given: shopSql, prisma: { before: models, after: models } } as const

const declarations = `
  import { index, integer, pgEnum, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

  export const plan = pgEnum('Plan', ['free', 'paid'])
  export const users = pgTable('users', {
    id: text('id').primaryKey(),
    email: text('email').notNull().unique('users_email_key'),
    name: text('name'),
    plan: plan('plan').notNull().default('free'),
    deletedAt: timestamp('deleted_at', { withTimezone: true }),
  })
  export const orders = pgTable('orders', {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull().references(() => users.id),
    number: integer('number').notNull(),
    status: text('status').notNull(),
    note: text('note'),
    tags: text('tags').array(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  }, (table) => [index('orders_user_id_created_at_idx').on(table.userId, table.createdAt), index('orders_number_idx').on(table.number)])`

/** The shop as a Drizzle project. */
export const drizzleShop = { given: shopSql, drizzle: { before: declarations, after: declarations } } as const

/** The shop with SQL migrations, queried through `pg`. */
export const sqlShop = { given: shopSql } as const

const shelf = `import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
export const books = sqliteTable('books', { id: integer('id').primaryKey() })
export const notes = sqliteTable('notes', { id: integer('id').primaryKey(), bookId: integer('book_id').references(() => books.id), body: text('body') })
`

/** Books and the notes in them, in a SQLite file that the process opens. */
export const sqliteShelf = {
  drizzle: { before: shelf, after: shelf },
  files: { 'drizzle.config.ts': `export default { dialect: 'sqlite', schema: './src/schema.ts', out: './drizzle' }\n` },
} as const

/** Rows that make every table of the shop a large one. */
export const large = { users: 5_000_000, orders: 20_000_000 } as const

/** The beginning of a file that queries through `pg`. */
export const pool = `import { Pool } from 'pg'
  const pool = new Pool({ max: 10, connectionTimeoutMillis: 5000, statement_timeout: 10000 })`

/** The beginning of a file that queries through Drizzle. */
export const drizzleImports = `import { and, eq, ilike, sql } from 'drizzle-orm'
  import { db } from './db'
  import { orders, users } from './schema'`
