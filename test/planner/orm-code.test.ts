import { expect, test } from 'vitest'
import { drizzleField, prismaField } from '../../src/planner/recipes/orm-code.ts'
import { column } from '../schema-diff/build.ts'

test.each([
  [
    'boolean',
    'true',
    'is_open',
    'isOpen Boolean @default(true) @map("is_open")',
    'isOpen: boolean("is_open").default(true).notNull(),',
  ],
  ['integer', '0', 'n', 'n Int @default(0)', 'n: integer("n").default(0).notNull(),'],
  ['integer', "nextval('n_seq'::regclass)", 'id', 'id Int @default(autoincrement())', 'id: integer("id").notNull(),'],
  ['text', "'it''s'::text", 't', 't String @default("it\'s")', 't: text("t").default("it\'s").notNull(),'],
  ['role', "'admin'::role", 'r', 'r role @default(admin)', 'r: roleEnum("r").default(sql`\'admin\'::role`).notNull(),'],
  [
    'timestamp(3) without time zone',
    'now()',
    'at',
    'at DateTime @default(now())',
    'at: timestamp("at", { precision: 3, withTimezone: false }).defaultNow().notNull(),',
  ],
  [
    'jsonb',
    "'{}'::jsonb",
    'j',
    'j Json @default(dbgenerated("\'{}\'::jsonb"))',
    'j: jsonb("j").default(sql`\'{}\'::jsonb`).notNull(),',
  ],
  [
    'timestamp with time zone',
    null,
    'at',
    'at DateTime @db.Timestamptz',
    'at: timestamp("at", { withTimezone: true }).notNull(),',
  ],
  ['character varying(20)', null, 'v', 'v String @db.VarChar(20)', 'v: varchar("v", { length: 20 }).notNull(),'],
  [
    'numeric(10,2)',
    null,
    'p',
    'p Decimal @db.Decimal(10, 2)',
    'p: numeric("p", { precision: 10, scale: 2 }).notNull(),',
  ],
])('a column of type %s with default %s', (type, value, name, prisma, drizzle) => {
  const of = column(name, type, { nullable: false, default: value })
  expect(prismaField(of)).toBe(prisma)
  expect(drizzleField(of)).toBe(drizzle)
})
