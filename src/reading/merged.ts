import type { Note } from '../finding.ts'
import type { ProjectMigrations } from '../project/migrations.ts'
import type { Project } from '../project/project.ts'
import type { Change } from '../schema/change.ts'
import { diffSchemas } from '../schema/diff/diff.ts'
import type { DrizzleJournal } from '../schema/drizzle.ts'
import type { Schema } from '../schema/model.ts'
import type { Migration } from '../step.ts'

/** Files that may follow those that merge others, in one change. */
const mostLater = 10

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
const comparing: ReadonlySet<string> = new Set(['flyway', 'sqlx', 'atlas'])

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

/** The first migrations of a project whose tables were there before it had any: they stand for what has been made another way. */
export interface Baseline {
  readonly files: readonly Migration[]
  readonly schema: Schema
  /** False where they also make what the same change adds to the schema. */
  readonly isOld: boolean
}

/**
 * As many of the first files as make the schema that was declared before, else all where they make the schema that is declared after and
 * begin with a table of before. Null where neither holds. https://www.prisma.io/docs/orm/prisma-migrate/workflows/baselining
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

function howToMark({ runner }: Project, files: readonly Migration[], journal: DrizzleJournal | null): string {
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
