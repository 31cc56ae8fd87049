import type { Note } from '../finding.ts'
import type { Project } from '../project/project.ts'
import { diffSchemas } from '../schema/diff/diff.ts'
import type { DrizzleJournal } from '../schema/drizzle.ts'
import type { Schema } from '../schema/model.ts'
import type { Migration } from '../step.ts'
import { howToMark, mostLater } from './merged.ts'

/** The first migrations of a project whose tables were there before it had any: they stand for what has been made another way. */
export interface Baseline {
  readonly files: readonly Migration[]
  readonly schema: Schema
  /** False where they also make what the same change adds to the schema. */
  readonly isOld: boolean
}

/**
 * As many of the first files as make the schema that was declared before, else all where they make the schema that is declared after, with
 * every table of before. Null where neither holds. https://www.prisma.io/docs/orm/prisma-migrate/workflows/baselining
 */
export function baselineOfPushed(
  fresh: readonly Migration[],
  declared: { readonly before: Schema | null; readonly after: Schema | null },
  replay: (files: readonly Migration[]) => Schema,
): Baseline | null {
  const { before, after } = declared
  if (before === null || before.tables.size === 0) return null
  for (let count = 1; count <= Math.min(fresh.length, mostLater); count++) {
    const files = fresh.slice(0, count)
    const schema = replay(files)
    if (diffSchemas(before, schema).length === 0) return { files, schema, isOld: true }
  }
  const schema = replay(fresh)
  const makesAgain = [...before.tables.keys()].every((table) => schema.tables.get(table)?.complete === true)
  return after !== null && makesAgain && diffSchemas(after, schema).length === 0
    ? { files: fresh, schema, isOld: false }
    : null
}

/** Says that the first migrations run nowhere where their tables are, and how the runner is told. */
export function baselineNote(project: Project, { files, isOld }: Baseline, journal: DrizzleJournal | null): Note {
  const one = files.length === 1
  const what = isOld
    ? `${one ? 'This migration makes' : 'The first migrations make'} what is there already. Where it is, mark ${one ? 'it' : 'them'} as applied`
    : `${one ? 'This migration makes' : 'These migrations make'} what is there already, and what this change adds: bring the database to the new schema first, then mark ${one ? 'it' : 'them'} as applied`
  return {
    kind: 'unresolved',
    blocking: false,
    path: files[0]?.path ?? project.evidence,
    line: 1,
    message: `${what}${howToMark(project, files, journal)}.`,
  }
}
