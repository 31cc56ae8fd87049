import type { Note } from '../finding.ts'
import type { ProjectMigrations } from '../project/migrations.ts'
import type { Project } from '../project/project.ts'
import type { Change } from '../schema/change.ts'
import { diffSchemas } from '../schema/diff/diff.ts'
import type { DrizzleJournal } from '../schema/drizzle.ts'
import type { Schema } from '../schema/model.ts'
import type { Migration } from '../step.ts'

/** Files that may follow those that merge others, in one change. */
export const mostLater = 10

/** Old migrations that are merged into fewer: the new text stands for what has run. */
export interface Merged {
  /** The files into which the others were merged: new ones, or old ones whose text is another. */
  readonly files: readonly Migration[]
  /** How many old files they stand for. */
  readonly stoodFor: number
  /** What a new database gets of them and of the files that are left. */
  readonly schema: Schema
  /** What leads from there to the schema that the old ones made; empty where the two are the same. */
  readonly missing: readonly Change[]
}

/** Runners that stop where the text of a file is another than the one that has run. */
const comparing: ReadonlySet<string> = new Set(['flyway', 'sqlx', 'atlas', 'refinery'])

/**
 * The first of the new files, as many as make with what is left the schema that all made before; what comes behind them is new.
 * Where none make the same, all of them if they make again most of what is gone. Null where nothing is deleted, or nothing takes its place.
 */
export function mergedOf(
  project: Project,
  migrations: ProjectMigrations,
  before: Schema,
  replay: (files: readonly Migration[]) => Schema,
): Merged | null {
  const { fresh, changed, history } = migrations
  const gone = changed.filter(({ status }) => status !== 'modified')
  const editedPaths = new Set(
    changed.flatMap(({ path, status, sameSql }) => (status === 'modified' && sameSql !== true ? path : [])),
  )
  const edited = history.filter(({ path }) => editedPaths.has(path))
  if (!gone.some(({ status }) => status === 'deleted') || (edited.length > 0 && comparing.has(project.runner.name)))
    return null
  const stoodFor = gone.length + edited.length
  // One that takes the place of one is another migration, not a merge.
  if (stoodFor < 2) return null
  for (let later = 0; later <= Math.min(fresh.length, mostLater); later++) {
    const files = [...edited, ...fresh.slice(0, fresh.length - later)]
    if (files.length === 0) break
    const behind = new Set(fresh.slice(fresh.length - later))
    const schema = replay(history.filter((file) => !behind.has(file)))
    if (diffSchemas(before, schema).length === 0) return { files, stoodFor, schema, missing: [] }
  }
  const files = new Set([...edited, ...fresh])
  if (files.size === 0) return null
  const schema = replay(history)
  const missing = diffSchemas(schema, before)
  const lost = diffSchemas(replay(history.filter((file) => !files.has(file))), before)
  return missing.length < lost.length ? { files: [...files], stoodFor, schema, missing } : null
}

/** Says that merged migrations run nowhere, and how the runner is told. */
export function mergedNote(project: Project, { files }: Merged, journal: DrizzleJournal | null): Note {
  const fresh = files.filter(({ isNew }) => isNew)
  const message =
    fresh.length > 0
      ? `Old migrations are merged into new ones that make the same schema. Where the old ones have run, mark the new ones as applied${howToMark(project, fresh, journal)}.`
      : `Old migrations are merged into \`${files.map(({ name }) => name).join('`, `')}\`, which ${files.length === 1 ? 'makes' : 'make'} the same schema: nothing of it runs where they have run${
          project.runner.name === 'prisma' ? ', and `migrate dev` asks there for a reset' : ''
        }.`
  return { kind: 'unresolved', blocking: false, path: files[0]?.path ?? project.evidence, line: 1, message }
}

/** How the runner is told that files have run already, as the end of a sentence; empty where it has no way. */
export function howToMark({ runner }: Project, files: readonly Migration[], journal: DrizzleJournal | null): string {
  if (runner.name === 'prisma')
    return `: ${files
      .slice(0, 3)
      .map(({ name }) => `\`npx prisma migrate resolve --applied ${name}\``)
      .join(', ')}`
  const last = journal?.entries.findLast(({ tag }) => files.some(({ name }) => name === tag))
  // Drizzle looks at nothing but the time of the last one.
  return last === undefined
    ? ''
    : `: \`INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('${last.tag.replaceAll("'", "''")}', ${last.when})\``
}
