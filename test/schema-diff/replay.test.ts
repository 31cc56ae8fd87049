import type { Migration } from '../../src/step.ts'
import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { sourceFile } from '../../src/location.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { emptySchema, type Schema } from '../../src/schema/model.ts'
import { printChanges } from '../../src/schema/sql/changes.ts'
import { printSchema } from '../../src/schema/sql/schema.ts'
import { replayHistory } from '../../src/schema/replay.ts'
import { changesToText } from '../../src/schema/show/text.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'
import { schemaArbitrary } from './random-schema.ts'

beforeAll(loadParser)

function replay(from: Schema, sql: string): Schema {
  const text = readSql(sourceFile('m.sql', sql))
  expect(text.problems).toEqual([])
  const migration: Migration = { name: 'm', path: 'm.sql', statements: text.statements, down: null, isNew: false }
  const { schema, notes } = replayHistory(from, [migration], { postgres: 18, source: 'migrations' })
  expect(notes.map((n) => `${n.message} in ${sql}`)).toEqual([])
  return schema
}

test('a printed schema, replayed, is the schema', () => {
  fc.assert(
    fc.property(schemaArbitrary, (schema) => {
      expect(changesToText(diffSchemas(schema, replay(emptySchema(), printSchema(schema))))).toBe('')
    }),
    { numRuns: 100 },
  )
})

test('the printed diff, replayed on the first schema, gives the second', () => {
  fc.assert(
    fc.property(schemaArbitrary, schemaArbitrary, (before, after) => {
      const made = replay(before, printChanges(diffSchemas(before, after), before, after))
      expect(changesToText(diffSchemas(made, after))).toBe('')
    }),
    { numRuns: 100 },
  )
})
