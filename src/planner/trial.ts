import { sourceFile } from '../location.ts'
import type { Schema } from '../schema/model.ts'
import { replaySteps } from '../schema/replay.ts'
import { readSql } from '../sql/read.ts'
import type { Migration } from '../step.ts'

/** What statements of a plan, without semicolons, make of a schema; one that is refused makes nothing. */
export function replayStatements(
  schema: Schema,
  statements: readonly string[],
  postgres: number,
): ReturnType<typeof replaySteps> {
  const text = statements.map((s) => `${s};\n`).join('')
  const migration: Migration = {
    name: 'planned',
    path: 'planned.sql',
    statements: readSql(sourceFile('planned.sql', text)).statements,
    down: null,
    isNew: true,
  }
  return replaySteps(
    schema,
    [migration],
    migration.statements.map((_, id) => ({ id, block: false, because: '', survivesFailure: true })),
    { postgres, source: 'migrations' },
  )
}

/** Texts of the statements that Postgres would refuse where they stand. */
export function refusedAmong(schema: Schema, statements: readonly string[], postgres: number): ReadonlySet<string> {
  const { steps } = replayStatements(schema, statements, postgres)
  return new Set(steps.flatMap((s) => (s.refused === undefined ? [] : [s.statement.text])))
}
