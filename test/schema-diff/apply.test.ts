import { PGlite } from '@electric-sql/pglite'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCatalog } from '../../src/schema/catalog.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import type { Schema } from '../../src/schema/model.ts'
import { changeStatements } from '../../src/schema/sql/changes.ts'
import { schemaStatements } from '../../src/schema/sql/schema.ts'
import { changesToText } from '../../src/schema/show/text.ts'
import { schemaArbitrary } from './random-schema.ts'

let db: PGlite

beforeAll(async () => {
  db = await PGlite.create()
  await db.exec('CREATE ROLE "app role"')
})
afterAll(async () => {
  await db.close()
})

async function startAnew(): Promise<void> {
  await db.exec('DROP SCHEMA IF EXISTS public CASCADE; DROP SCHEMA IF EXISTS "Bill ing" CASCADE; CREATE SCHEMA public')
}

async function run(statements: readonly string[]): Promise<void> {
  for (const sql of statements) {
    try {
      await db.query(sql)
    } catch (error) {
      throw new Error(`${(error as Error).message}\nin ${sql}\nof\n${statements.join(';\n')}`, { cause: error })
    }
  }
}

async function inDatabase(): Promise<Schema> {
  return readCatalog(async (sql) => (await db.query<Record<string, unknown>>(sql)).rows)
}

test('a printed schema is what Postgres then shows, and the printed diff makes any other one of it', async () => {
  await fc.assert(
    fc.asyncProperty(schemaArbitrary, schemaArbitrary, async (before, after) => {
      await startAnew()
      expect(diffSchemas(before, before)).toEqual([])
      await run(schemaStatements(before))
      expect(changesToText(diffSchemas(await inDatabase(), before))).toBe('')
      await run(changeStatements(diffSchemas(before, after), before, after).map((s) => s.sql))
      expect(changesToText(diffSchemas(await inDatabase(), after))).toBe('')
    }),
    { numRuns: 20 },
  )
})
