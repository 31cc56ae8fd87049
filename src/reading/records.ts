import type { Note } from '../finding.ts'
import type { ChangeSet, Tree } from '../changeset/tree.ts'
import type { RuleContext } from '../engine/rule.ts'
import { sourceFile } from '../location.ts'
import type { Project } from '../project/project.ts'
import { readDrizzleJournal, type DrizzleJournal } from '../schema/drizzle.ts'
import { readDatasourceProvider, readMigrationLock, type NamedProvider } from '../schema/prisma/lock.ts'
import { textsOf } from './texts.ts'

/** What a runner keeps beside its migrations: Drizzle's journal, Prisma's lock. */
export interface Records {
  readonly journal: { readonly before: DrizzleJournal | null; readonly after: DrizzleJournal | null }
  /** Left out where neither side has a lock. */
  readonly lock?: RuleContext['lock']
  readonly notes: readonly Note[]
}

/** Reads the records of a project on both sides. A journal that the change breaks is a blocking note. */
export async function readRecords(project: Project, was: Project | null, changeSet: ChangeSet): Promise<Records> {
  const [before, after] = [await readJournal(project, changeSet.base), await readJournal(project, changeSet.head)]
  const lock = {
    before: await readLock(was, changeSet.base),
    after: await readLock(project, changeSet.head),
    schema: await readProvider(project, changeSet.head),
  }
  const changed = new Set(changeSet.files.map((file) => file.path))
  return {
    journal: { before: before.journal, after: after.journal },
    ...(lock.before || lock.after ? { lock } : {}),
    notes: after.notes
      .filter((note) => changed.has(note.path))
      .map((note) => ({ ...note, blocking: after.journal === null })),
  }
}

async function readJournal(
  project: Project,
  tree: Tree,
): Promise<{ readonly journal: DrizzleJournal | null; readonly notes: readonly Note[] }> {
  const none = { journal: null, notes: [] }
  if (project.migrations?.layout !== 'drizzle') return none
  const path = beside(project.migrations.folder, 'meta/_journal.json')
  const text = (await textsOf(tree, [path])).get(path)
  if (text === undefined) return none
  const { entries } = await tree.list()
  return readDrizzleJournal(
    text,
    path,
    entries.map((entry) => entry.path),
  )
}

async function readLock(project: Project | null, tree: Tree): Promise<NamedProvider | null> {
  if (project?.migrations?.layout !== 'prisma') return null
  const path = beside(project.migrations.folder, 'migration_lock.toml')
  const text = (await textsOf(tree, [path])).get(path)
  return text === undefined ? null : readMigrationLock(sourceFile(path, text))
}

/** The provider that the schema at the head names. */
async function readProvider(project: Project, tree: Tree): Promise<NamedProvider | null> {
  if (project.orm !== 'prisma') return null
  for (const [path, text] of await textsOf(tree, project.schemaFiles)) {
    const found = readDatasourceProvider(sourceFile(path, text))
    if (found) return found
  }
  return null
}

function beside(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}
