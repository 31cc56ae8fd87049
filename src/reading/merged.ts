import type { Note } from '../finding.ts'
import type { ProjectMigrations } from '../project/migrations.ts'
import type { Project } from '../project/project.ts'
import { diffSchemas } from '../schema/diff/diff.ts'
import type { Schema } from '../schema/model.ts'
import type { Migration } from '../step.ts'

/** Files that may follow those that merge others, in one change. */
const mostLater = 10

export interface Merged {
  /** The new files into which deleted ones were merged. */
  readonly files: readonly Migration[]
  /** What they and the files that are left make: the same as before, declared in files that are there. */
  readonly schema: Schema
}

/**
 * The first of the new files, as many as make with what is left the schema that all made before; what comes behind them is new.
 * Null where nothing is deleted, or nothing makes the same.
 */
export function mergedOf(
  migrations: ProjectMigrations,
  before: Schema,
  replay: (files: readonly Migration[]) => Schema,
): Merged | null {
  const { fresh, changed, history } = migrations
  if (!changed.some((file) => file.status === 'deleted')) return null
  for (let later = 0; later < fresh.length && later <= mostLater; later++) {
    const merged = fresh.slice(0, fresh.length - later)
    const behind = new Set(fresh.slice(merged.length))
    const made = replay(history.filter((file) => !behind.has(file)))
    if (diffSchemas(before, made).length === 0) return { files: merged, schema: made }
  }
  return null
}

/** Says that merged migrations run nowhere, and how the runner is told. */
export function mergedNote({ runner, evidence }: Project, merged: readonly Migration[]): Note {
  const commands =
    runner.name === 'prisma'
      ? `: ${merged
          .slice(0, 3)
          .map(({ name }) => `\`npx prisma migrate resolve --applied ${name}\``)
          .join(', ')}`
      : ''
  return {
    kind: 'unresolved',
    blocking: false,
    path: merged[0]?.path ?? evidence,
    line: 1,
    message: `Old migrations are merged into new ones that make the same schema. Where the old ones have run, mark the new ones as applied${commands}.`,
  }
}
