import type { Migration, Transaction } from '../../src/step.ts'
import { sourceFile } from '../../src/location.ts'
import type { Change } from '../../src/schema/change.ts'
import type { Schema, Table } from '../../src/schema/model.ts'
import { emptySchema } from '../../src/schema/model.ts'
import type { ReplayOptions } from '../../src/schema/replay.ts'
import { replayHistory, replaySteps } from '../../src/schema/replay.ts'
import { readSql } from '../../src/sql/read.ts'

/** A migration out of SQL. */
export function migration(name: string, sql: string, isNew = false): Migration {
  const path = `${name}.sql`
  return { name, path, statements: readSql(sourceFile(path, sql)).statements, down: null, isNew }
}

export const plain: ReplayOptions = { postgres: 16, source: 'migrations' }

/** The schema that SQL leaves; throws where a statement is refused. */
export function schemaOf(sql: string, options: ReplayOptions = plain): Schema {
  const { schema, notes } = replayHistory(emptySchema(), [migration('given', sql)], options)
  if (notes.length > 0) throw new Error(notes.map((note) => `${note.line}: ${note.message}`).join('\n'))
  return schema
}

/** Every statement of its own, or all in one transaction. */
export function transactions(migrations: readonly Migration[], single: boolean): readonly Transaction[] {
  return migrations.flatMap((each, file) =>
    each.statements.map((_, i) => ({
      id: single ? file : file * 1000 + i,
      block: single,
      because: '',
      survivesFailure: !single,
    })),
  )
}

/** What SQL changes, after other SQL. */
export function steps(given: string, sql: string, options: ReplayOptions = plain) {
  const migrations = [migration('new', sql, true)]
  return replaySteps(
    given === '' ? emptySchema('postgresql', options.alone !== true) : schemaOf(given),
    migrations,
    transactions(migrations, true),
    options,
  )
}

export function changes(given: string, sql: string, options: ReplayOptions = plain): readonly Change[] {
  return steps(given, sql, options).steps.flatMap((step) => step.changes)
}

export function table(schema: Schema, key: string): Table {
  const found = schema.tables.get(key)
  if (found === undefined) throw new Error(`no table ${key}`)
  return found
}
