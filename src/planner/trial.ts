import { sourceFile } from '../location.ts'
import type { Schema } from '../schema/model.ts'
import { changeStatements } from '../schema/sql/changes.ts'
import { diffSchemas } from '../schema/diff/diff.ts'
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

/**
 * Why statements cannot be deployed as they are: one is refused where it stands, or they make another schema than the one that is wanted.
 * Null where they lead there. `renames` says that another name in the end is meant, so that only refusals count.
 */
export function obstacleOf(
  before: Schema,
  statements: readonly string[],
  wanted: Schema,
  postgres: number,
  renames: boolean,
): string | null {
  const { after, steps } = replayStatements(before, statements, postgres)
  const refused = steps.find((s) => s.refused !== undefined)
  if (refused)
    return `\`${refused.statement.text.replaceAll(/\s+/g, ' ').slice(0, 120)}\` would fail: ${refused.refused}`
  const [missing] = renames ? [] : diffSchemas(after, wanted)
  const [sql] = missing === undefined ? [] : changeStatements([missing], after, wanted)
  return missing === undefined
    ? null
    : `put in the order of their patterns, they leave \`${(sql?.sql ?? missing.kind).replaceAll(/\s+/g, ' ').slice(0, 120)}\` to be done`
}
