import { sourceFile } from '../../location.ts'
import { loadParser } from '../../sql/parser.ts'
import { readSql } from '../../sql/read.ts'
import type { Schema } from '../model.ts'
import type { Dialect } from '../dialect.ts'
import { emptySchema } from '../model.ts'
import { applyStatement } from '../replay.ts'

/** What the engine's SQL makes of an empty database, and what of it could not be followed. */
export interface SqlSchema {
  readonly schema: Schema
  readonly refused: readonly string[]
}

/**
 * An extension that stands for those a schema does not declare: few do, and their types (`citext`, `geography`) are used all
 * the same. With one that the replay does not know, any type may exist.
 */
const assumed = 'some extension'

/** Turns the SQL of a schema, as the engine writes it, into the model. */
export async function schemaOfSql(sql: string, dialect: Dialect): Promise<SqlSchema> {
  await loadParser()
  const read = readSql(sourceFile('prisma-engine.sql', sql), { dialect: 'postgresql' })
  const refused = read.problems.map((problem) => problem.message)
  const base = emptySchema(dialect)
  let schema: Schema = { ...base, extensions: new Map([[assumed, { name: assumed, schema: null, declared: [] }]]) }
  for (const statement of read.statements) {
    const result = applyStatement(schema, statement, { postgres: 18, source: 'prisma' })
    schema = result.schema
    if (result.refused !== null) refused.push(result.refused)
    for (const note of result.notes) refused.push(note.message)
  }
  return {
    schema: { ...schema, extensions: new Map([...schema.extensions].filter(([name]) => name !== assumed)) },
    refused,
  }
}
