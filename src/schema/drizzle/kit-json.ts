import { z } from 'zod'
import type { Kit } from './kit.ts'

const site = z
  .string()
  .regex(/^\d{1,9}:\d{1,9}$/)
  .nullable()
  .catch(null)
const word = z.string().max(100_000)
const maybe = word.nullable()
const names = z.array(word)
const named = { name: maybe, columns: names, site }

const column = z.object({
  name: word,
  property: maybe,
  type: word,
  typeSchema: maybe,
  primaryKey: z.boolean(),
  notNull: z.boolean(),
  default: maybe,
  generated: z.object({ as: word, stored: z.boolean() }).nullable(),
  identity: z.object({ always: z.boolean(), sequence: maybe, options: z.string().regex(/^[A-Z0-9 -]*$/) }).nullable(),
  autoincrement: z.boolean(),
  clientDefault: maybe,
  site,
})

const index = z.object({
  name: maybe,
  columns: z.array(
    z.object({
      expression: word,
      isExpression: z.boolean(),
      descending: z.boolean(),
      nullsFirst: z.boolean(),
      opclass: maybe,
    }),
  ),
  unique: z.boolean(),
  method: word,
  where: maybe,
  with: z.record(z.string(), word),
  site,
})

const table = z.object({
  schema: word,
  name: word,
  columns: z.array(column),
  indexes: z.array(index),
  foreignKeys: z.array(
    z.object({
      name: maybe,
      columns: names,
      schemaTo: word,
      tableTo: word,
      columnsTo: names,
      onDelete: maybe,
      onUpdate: maybe,
      site,
    }),
  ),
  primaryKeys: z.array(z.object(named)),
  uniques: z.array(z.object({ ...named, nullsNotDistinct: z.boolean() })),
  checks: z.array(z.object({ name: word, value: word, site })),
  policies: z.array(z.object({ name: word, as: word, for: word, to: names, using: maybe, withCheck: maybe, site })),
  rowSecurity: z.boolean(),
  relations: z.array(z.object({ columns: names, schemaTo: word, tableTo: word, columnsTo: names, site })).optional(),
  site,
})

const kit = z.object({
  dialect: z.enum(['postgresql', 'mysql', 'sqlite']),
  tables: z.array(table),
  enums: z.array(z.object({ schema: word, name: word, values: names, site })),
  views: z.array(
    z.object({
      schema: word,
      name: word,
      materialized: z.boolean(),
      definition: maybe,
      securityInvoker: z.boolean(),
      site,
    }),
  ),
  sequences: z.array(z.object({ schema: word, name: word, options: z.string().regex(/^[A-Z0-9 -]*$/), site })),
  schemas: names,
})

/** Checks what the sandbox handed out, which code of the project may have tampered with; null where it is not a schema. */
export function kitFromSandbox(json: string): Kit | null {
  try {
    const read = kit.safeParse(JSON.parse(json))
    return read.success ? read.data : null
  } catch {
    return null
  }
}
