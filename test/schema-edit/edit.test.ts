import { describe, expect, it } from 'vitest'
import { sourceFile } from '../../src/location.ts'
import { suggestionFor, type SchemaEdit } from '../../src/schema/edit.ts'
import { indexColumns, type Schema } from '../../src/schema/model.ts'
import { readFiles as readDrizzle } from '../schema-drizzle/support.ts'
import { readSchema as readPrisma } from '../schema-prisma/project.ts'

const index = (...columns: readonly string[]): SchemaEdit => ({
  kind: 'addIndex',
  table: 'public.orders',
  columns,
  name: `orders_${columns.join('_')}_idx`,
})

/** The text with an edit made in it, and the schema that it declares then; null where no edit is offered. */
async function edited(
  text: string,
  edit: SchemaEdit,
  orm: 'prisma' | 'drizzle',
): Promise<{ text: string; schema: Schema } | null> {
  const path = orm === 'prisma' ? 'schema.prisma' : 'schema.ts'
  const reading = async (source: string) => {
    const { schema, notes } = orm === 'prisma' ? await readPrisma(source) : await readDrizzle({ [path]: source })
    expect(notes).toEqual([])
    if (!schema) throw new Error('no schema')
    return schema
  }
  const before = await reading(text)
  const suggestion = suggestionFor(edit, before, () =>
    sourceFile([...before.tables.values()][0]?.declared[0]?.path ?? path, text),
  )
  if (suggestion === null) return null
  const lines = text.split('\n')
  lines.splice(suggestion.line - 1, suggestion.endLine - suggestion.line + 1, ...suggestion.text.split('\n'))
  const made = lines.join('\n')
  return { text: made, schema: await reading(made) }
}

const indexes = (schema: Schema | undefined) =>
  schema?.tables.get('public.orders')?.indexes.map((i) => `${i.name} ${indexColumns(i).join(',')}`)

const imports = `import { bigint, foreignKey, index, json, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'\n`
const columns = `  id: bigint('id', { mode: 'number' }).primaryKey(),\n  userId: bigint('user_id', { mode: 'number' }).notNull(),\n  state: text('state').notNull(),\n`

describe('an index in a Drizzle schema', () => {
  it.each([
    [
      'no callback',
      `export const orders = pgTable('orders', {\n${columns}})\n`,
      "}, (table) => [index('orders_user_id_idx').on(table.userId)])",
    ],
    [
      'a list of its own lines',
      `export const orders = pgTable('orders', {\n${columns}}, (t) => [\n  index('a').on(t.state),\n])\n`,
      "  index('a').on(t.state),\n  index('orders_user_id_idx').on(t.userId),\n])",
    ],
    [
      'a list without a comma behind',
      `export const orders = pgTable('orders', {\n${columns}}, (t) => [\n  index('a').on(t.state)\n])\n`,
      "  index('a').on(t.state),\n  index('orders_user_id_idx').on(t.userId)\n])",
    ],
    [
      'a list on one line',
      `export const orders = pgTable("orders", {\n${columns}}, (t) => [index("a").on(t.state)])\n`,
      '(t) => [index("a").on(t.state), index("orders_user_id_idx").on(t.userId)])',
    ],
    [
      'an empty list',
      `export const orders = pgTable('orders', {\n${columns}}, (t) => [])\n`,
      "(t) => [index('orders_user_id_idx').on(t.userId)])",
    ],
    [
      'an object',
      `export const orders = pgTable('orders', {\n${columns}}, (table) => ({\n  stateIdx: index('a').on(table.state),\n}))\n`,
      "  userIdIdx: index('orders_user_id_idx').on(table.userId),\n}))",
    ],
    [
      'an object on one line',
      `export const orders = pgTable('orders', {\n${columns}}, (table) => ({ stateIdx: index('a').on(table.state) }))\n`,
      "({ stateIdx: index('a').on(table.state), userIdIdx: index('orders_user_id_idx').on(table.userId) }))",
    ],
    [
      'a body that returns an object',
      `export const orders = pgTable('orders', {\n${columns}}, (table) => {\n  return {\n    stateIdx: index('a').on(table.state),\n  }\n})\n`,
      "    userIdIdx: index('orders_user_id_idx').on(table.userId),\n  }",
    ],
  ])('is written into %s', async (_, text, expected) => {
    const made = await edited(imports + text, index('user_id'), 'drizzle')
    expect(made?.text).toContain(expected)
    expect(indexes(made?.schema)).toContain('orders_user_id_idx user_id')
  })

  it.each([
    [
      'the import is missing',
      `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const orders = pgTable('orders', {\n${columns}})\n`,
    ],
    [
      'the callback takes its parameter apart',
      `${imports}export const orders = pgTable('orders', {\n${columns}}, ({ state }) => [index('a').on(state)])\n`,
    ],
    [
      'a comment follows the last one',
      `${imports}export const orders = pgTable('orders', {\n${columns}}, (t) => [\n  index('a').on(t.state), // by state\n])\n`,
    ],
    [
      'the file has other line breaks',
      `${imports}export const orders = pgTable('orders', {\n${columns}})\n`.replaceAll('\n', '\r\n'),
    ],
    [
      'the callback computes its list',
      `${imports}const more = (t) => [index('a').on(t.state)]\nexport const orders = pgTable('orders', {\n${columns}}, (t) => more(t))\n`,
    ],
    [
      'the name is taken',
      `${imports}export const orders = pgTable('orders', {\n${columns}}, (t) => [index('orders_user_id_idx').on(t.state)])\n`,
    ],
  ])('is not offered where %s', async (_, text) => {
    expect(await edited(text, index('user_id'), 'drizzle')).toBeNull()
  })
})

const model = (rest: string) =>
  `datasource db {\n  provider = "postgresql"\n}\n\nmodel Order {\n  id     BigInt @id\n  userId BigInt @map("user_id")\n  state  String // open or closed\n${rest}}\n`

describe('an index in a Prisma schema', () => {
  it.each([
    [
      'a model without attributes',
      model('')
        .replace('}\n', '}\n')
        .replace(/\n}\n$/, '\n\n  @@map("orders")\n}\n'),
      '  state  String // open or closed\n\n  @@index([userId])\n  @@map("orders")\n}',
    ],
    [
      'others',
      model('\n  @@index([state])\n  @@map("orders")\n  @@schema("public")\n'),
      '  @@index([state])\n  @@index([userId])\n  @@map("orders")',
    ],
    [
      'one that follows the name',
      model('\n  @@map("orders")\n  @@index([state])\n'),
      '  @@index([state])\n  @@index([userId])\n}',
    ],
  ])('is written beside %s', async (_, text, expected) => {
    const source = text.includes('@@schema')
      ? text.replace('provider = "postgresql"', 'provider = "postgresql"\n  schemas  = ["public"]')
      : text
    const made = await edited(source, index('user_id'), 'prisma')
    expect(made?.text).toContain(expected)
    expect(indexes(made?.schema)).toContain('orders_user_id_idx user_id')
  })

  it('is parted from the fields', async () => {
    const made = await edited(model('').replace('model Order', 'model orders'), index('user_id', 'state'), 'prisma')
    expect(made?.text).toContain('  state  String // open or closed\n\n  @@index([userId, state])\n}')
  })

  it('goes with the empty line before it', async () => {
    const made = await edited(
      model('\n  @@index([state])\n').replace('model Order', 'model orders'),
      { kind: 'dropIndex', table: 'public.orders', name: 'orders_state_idx' },
      'prisma',
    )
    expect(made?.text).toContain('  state  String // open or closed\n}')
    const beside = await edited(
      model('\n  @@index([state])\n  @@index([userId])\n').replace('model Order', 'model orders'),
      { kind: 'dropIndex', table: 'public.orders', name: 'orders_state_idx' },
      'prisma',
    )
    expect(beside?.text).toContain('closed\n\n  @@index([userId])\n}')
  })
})

describe('other edits', () => {
  const parents = `model users {\n  id     BigInt   @id\n  orders orders[]\n}\n\n`
  const orders = (relation: string, field = 'at BigInt') =>
    `datasource db {\n  provider = "postgresql"\n}\n\n${parents}model orders {\n  id BigInt @id\n  ${field} // when\n  user_id BigInt?\n  user users? ${relation} // by whom\n}\n`

  it('say what a delete does in Prisma', async () => {
    const edit: SchemaEdit = { kind: 'setOnDelete', table: 'public.orders', columns: ['user_id'], action: 'RESTRICT' }
    const made = await edited(orders('@relation(fields: [user_id], references: [id])'), edit, 'prisma')
    expect(made?.text).toContain('@relation(fields: [user_id], references: [id], onDelete: Restrict) // by whom')
    const changed = await edited(
      orders('@relation(fields: [user_id], references: [id], onDelete: Cascade, map: "x(")'),
      edit,
      'prisma',
    )
    expect(changed?.text).toContain('onDelete: Restrict, map: "x(") // by whom')
    expect(changed?.schema.tables.get('public.orders')?.foreignKeys[0]?.onDelete).toBe('RESTRICT')
  })

  it('make a field unique and a moment a moment in Prisma', async () => {
    const relation = '@relation(fields: [user_id], references: [id])'
    const unique = await edited(
      orders(relation),
      { kind: 'addUnique', table: 'public.orders', columns: ['at'] },
      'prisma',
    )
    expect(unique?.text).toContain('  at BigInt @unique // when')
    const both = await edited(
      orders(relation),
      { kind: 'addUnique', table: 'public.orders', columns: ['at', 'user_id'] },
      'prisma',
    )
    expect(both?.text).toContain('\n\n  @@unique([at, user_id])\n}')
    const type: SchemaEdit = { kind: 'setType', table: 'public.orders', column: 'at', type: 'timestamptz' }
    expect((await edited(orders(relation, 'at DateTime @default(now())'), type, 'prisma'))?.text).toContain(
      'at DateTime @default(now()) @db.Timestamptz(3) // when',
    )
    expect(
      (await edited(orders(relation, 'at DateTime @db.Timestamp(6)'), type, 'prisma'))?.schema.tables.get(
        'public.orders',
      )?.columns[1]?.type,
    ).toBe('timestamp(6) with time zone')
    expect(await edited(orders(relation, 'at DateTime @db.Date'), type, 'prisma')).toBeNull()
  })

  it('leave a key alone that others refer to', async () => {
    const text = `datasource db {\n  provider = "postgresql"\n}\n\nmodel orders {\n  id String @id @default(uuid())\n  lines lines[]\n}\n\nmodel lines {\n  id String @id @default(uuid())\n  order_id String\n  order orders @relation(fields: [order_id], references: [id])\n}\n`
    expect(
      await edited(text, { kind: 'setType', table: 'public.orders', column: 'id', type: 'uuid' }, 'prisma'),
    ).toBeNull()
    expect(
      (await edited(text, { kind: 'setType', table: 'public.lines', column: 'id', type: 'uuid' }, 'prisma'))?.text,
    ).toContain('model lines {\n  id String @id @default(uuid()) @db.Uuid')
  })

  it.each([
    ["at: timestamp('at').defaultNow(),", "at: timestamp('at', { withTimezone: true }).defaultNow(),"],
    ['at: timestamp().defaultNow(),', 'at: timestamp({ withTimezone: true }).defaultNow(),'],
    ["at: timestamp('at', { mode: 'string' }),", "at: timestamp('at', { withTimezone: true, mode: 'string' }),"],
    ['at: timestamp({ withTimezone: false, precision: 3 }),', 'at: timestamp({ withTimezone: true, precision: 3 }),'],
  ])('make a moment of %s', async (field, expected) => {
    const made = await edited(
      `${imports}export const orders = pgTable('orders', {\n${columns}  ${field}\n})\n`,
      { kind: 'setType', table: 'public.orders', column: 'at', type: 'timestamptz' },
      'drizzle',
    )
    expect(made?.text).toContain(expected)
    expect(made?.schema.tables.get('public.orders')?.columns.at(-1)?.type).toContain('with time zone')
  })

  it.each([
    [
      "user: bigint({ mode: 'number' }).references(() => users.id).notNull(),",
      "references(() => users.id, { onDelete: 'restrict' }).notNull(),",
    ],
    [
      "user: bigint({ mode: 'number' }).references(() => users.id, { onDelete: 'cascade' }),",
      "references(() => users.id, { onDelete: 'restrict' }),",
    ],
    [
      "user: bigint({ mode: 'number' }).references(() => users.id, { onUpdate: 'cascade' }),",
      "references(() => users.id, { onDelete: 'restrict', onUpdate: 'cascade' }),",
    ],
  ])('say what a delete does: %s', async (field, expected) => {
    const users = `export const users = pgTable('users', { id: bigint({ mode: 'number' }).primaryKey() })\n`
    const made = await edited(
      `${imports}${users}export const orders = pgTable('orders', {\n${columns}  ${field}\n})\n`,
      { kind: 'setOnDelete', table: 'public.orders', columns: ['user'], action: 'RESTRICT' },
      'drizzle',
    )
    expect(made?.text).toContain(expected)
    expect(made?.schema.tables.get('public.orders')?.foreignKeys[0]?.onDelete).toBe('RESTRICT')
  })

  it('take an index out of a Drizzle schema, but not the only one', async () => {
    const edit: SchemaEdit = { kind: 'dropIndex', table: 'public.orders', name: 'b' }
    const text = (list: string) => `${imports}export const orders = pgTable('orders', {\n${columns}}, (t) => ${list})\n`
    const made = await edited(text("[\n  index('a').on(t.state),\n  index('b').on(t.userId),\n]"), edit, 'drizzle')
    expect(made?.text).toContain("(t) => [\n  index('a').on(t.state),\n])")
    expect(indexes(made?.schema)).toEqual(['a state'])
    expect(
      (await edited(text("({\n  b: index('b').on(t.userId),\n  a: index('a').on(t.state),\n})"), edit, 'drizzle'))
        ?.text,
    ).toContain("({\n  a: index('a')")
    expect(await edited(text("[\n  index('b').on(t.userId),\n]"), edit, 'drizzle')).toBeNull()
    expect(await edited(text("[index('a').on(t.state), index('b').on(t.userId)]"), edit, 'drizzle')).toBeNull()
  })
})
