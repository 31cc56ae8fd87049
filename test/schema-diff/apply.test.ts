import { PGlite } from '@electric-sql/pglite'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { diffSchemas } from '../../src/schema/diff.ts'
import { changeStatements } from '../../src/schema/print-changes.ts'
import { schemaStatements } from '../../src/schema/print.ts'
import { schemaArbitrary } from './random-schema.ts'

let db: PGlite

beforeAll(async () => { db = await PGlite.create() })
afterAll(async () => { await db.close() })

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

test('a printed schema and the printed diff to any other one run', async () => {
  await fc.assert(fc.asyncProperty(schemaArbitrary, schemaArbitrary, async (before, after) => {
    await startAnew()
    expect(diffSchemas(before, before)).toEqual([])
    await run(schemaStatements(before))
    await run(changeStatements(diffSchemas(before, after), before, after).map((s) => s.sql))
  }), { numRuns: 40 })
})
