import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { comparePrisma } from '../../scripts/corpus/prisma.ts'
import { freshDatabase } from '../../scripts/corpus/database.ts'
import { matrix } from './matrix.ts'
import { filesOf, readSchema } from './project.ts'

describe('the model of a Prisma schema is what Postgres shows after its SQL ran', () => {
  let database: PGlite

  beforeAll(async () => {
    database = await freshDatabase()
  })

  afterAll(() => database.close())

  it.each(Object.entries(matrix))('%s', async (_, text) => {
    const { schema, notes } = await readSchema(text)
    expect(notes).toEqual([])
    if (schema === null) throw new Error('the schema was not read')
    expect(schema.complete).toBe(true)
    const { objects, differences } = await comparePrisma(database, schema, filesOf(text))
    expect(differences).toEqual([])
    expect(objects).toBeGreaterThan(0)
    for (const table of schema.tables.values()) {
      const parts = [
        table,
        ...table.columns,
        ...table.indexes,
        ...table.foreignKeys,
        ...(table.primaryKey === null ? [] : [table.primaryKey]),
      ]
      for (const part of parts)
        expect(
          part.declared.every((d) => filesOf(text).has(d.path)) && part.declared.length > 0,
          `${table.key} ${part.name}`,
        ).toBe(true)
    }
  })
})
