import type { ChangeSet, Tree } from '../../changeset/tree.ts'
import type { ProjectReview } from '../../report/report.ts'
import { drizzleNames, type DrizzleFiles } from './drizzle-files.ts'
import type { WriteContext } from './files.ts'

/** Reads what the files of a plan have to go on from: the names that are there, Drizzle's journal and snapshots. */
export async function readWriteContext(
  changeSet: ChangeSet,
  review: ProjectReview,
  postgres: number,
  now: Date,
): Promise<WriteContext> {
  const { project } = review
  const folder = project.migrations?.folder ?? ''
  const [base, head] = await Promise.all([filesIn(changeSet.base, folder), filesIn(changeSet.head, folder)])
  const names = [
    ...new Set(
      [...base, ...head].map((path) =>
        (path.split('/')[0] ?? '').replace(/\.(up|down|undo)?\.?sql$/i, '').replace(/\.sql$/i, ''),
      ),
    ),
  ].filter((n) => n !== 'meta' && n !== '')
  const fresh = [
    ...new Set(
      review.steps.flatMap((s) =>
        project.migrations && s.migration.path.startsWith(folder) && s.migration.path.endsWith('.sql')
          ? [s.migration.path]
          : [],
      ),
    ),
  ]
  const drizzle =
    project.runner.name === 'drizzle' && project.migrations
      ? await drizzleFiles(
          changeSet,
          folder,
          project.migrations.layout === 'drizzle-folders' ? 'folders' : 'journal',
          { base, head },
          names,
          now,
        )
      : null
  return { review, postgres, names, fresh, drizzle, now }
}

/** Paths below a folder, relative to it. */
async function filesIn(tree: Tree, folder: string): Promise<readonly string[]> {
  const prefix = folder === '' ? '' : `${folder}/`
  return (await tree.list()).entries
    .map((e) => e.path)
    .filter((p) => p.startsWith(prefix))
    .map((p) => p.slice(prefix.length))
}

async function drizzleFiles(
  changeSet: ChangeSet,
  folder: string,
  layout: DrizzleFiles['layout'],
  files: { readonly base: readonly string[]; readonly head: readonly string[] },
  names: readonly string[],
  now: Date,
): Promise<DrizzleFiles> {
  const prefix = folder === '' ? '' : `${folder}/`
  const textOf = async (tree: Tree, path: string | undefined): Promise<string | null> => {
    if (path === undefined) return null
    const content = (await tree.read([`${prefix}${path}`])).get(`${prefix}${path}`)
    return content?.kind === 'text' ? content.text : null
  }
  const snapshotIn = (list: readonly string[]) =>
    list
      .filter((p) =>
        layout === 'folders' ? /^\d{14}_[^/]*\/snapshot\.json$/.test(p) : /^meta\/[^/]*_snapshot\.json$/.test(p),
      )
      .toSorted()
      .at(-1)
  const journal = layout === 'journal' ? 'meta/_journal.json' : undefined
  const [baseJournal, headJournal, baseSnapshot, headSnapshot] = await Promise.all([
    textOf(changeSet.base, journal),
    textOf(changeSet.head, journal),
    textOf(changeSet.base, snapshotIn(files.base)),
    textOf(changeSet.head, snapshotIn(files.head)),
  ])
  return {
    layout,
    journal: { base: baseJournal, head: headJournal },
    snapshot: { base: baseSnapshot, head: headSnapshot },
    now,
    nameOf: drizzleNames(baseJournal, names, layout, now),
  }
}
