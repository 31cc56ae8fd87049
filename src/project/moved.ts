import type { ChangedFile, ChangeSet, Tree, TreeEntry } from '../changeset/tree.ts'
import { byCode, folderOf } from './paths.ts'
import type { Project } from './project.ts'

/** The project among those of the base from whose folders files came along to a project of the head; null where there is none. */
export function movedFrom(project: Project, among: readonly Project[], files: readonly ChangedFile[]): Project | null {
  return (
    among.find(
      (was) =>
        was.orm === project.orm && was.runner.name === project.runner.name && movesOf(was, project, files).size > 0,
    ) ?? null
  )
}

/**
 * The same change, with the moved files of a project already in their new place at the base, and the project as it was there: what is
 * left is what the pull request changes besides. A file that gets another name inside of its folder stays renamed.
 */
export async function withoutMove(
  changeSet: ChangeSet,
  was: Project,
  project: Project,
): Promise<{ readonly changeSet: ChangeSet; readonly was: Project }> {
  const renamed = movesOf(was, project, changeSet.files)
  if (renamed.size === 0) return { changeSet, was }
  const after = await changeSet.head.list()
  const moves = new Map([
    ...left(was, project, (await changeSet.base.list()).entries, new Set(after.entries.map(({ path }) => path))),
    ...renamed,
  ])
  const base = movedTree(changeSet.base, moves)
  const before = await base.list()
  const oids = new Map(before.entries.map(({ path, oid }) => [path, oid]))
  const same = new Set(after.entries.filter(({ path, oid }) => oids.get(path) === oid).map(({ path }) => path))
  const files = changeSet.files.flatMap((file): readonly ChangedFile[] => {
    if (file.previousPath === null || moves.get(file.previousPath) !== file.path) return [file]
    return same.has(file.path) ? [] : [{ ...file, previousPath: null, status: 'modified' }]
  })
  return { changeSet: { ...changeSet, base, files }, was: movedProject(was, project, moves) }
}

function movedProject(was: Project, project: Project, moves: ReadonlyMap<string, string>): Project {
  const now = (path: string): string => moves.get(path) ?? path
  return {
    ...was,
    root: project.root,
    evidence: now(was.evidence),
    schemaFiles: was.schemaFiles.map(now),
    ...(was.sqlSchema ? { sqlSchema: was.sqlSchema.map(now) } : {}),
    migrations: was.migrations && {
      ...was.migrations,
      folder: project.migrations?.folder ?? was.migrations.folder,
      ...(was.migrations.files ? { files: was.migrations.files.map(now) } : {}),
    },
  }
}

/** New path by old path, of the files that keep their place below a folder of the project. */
function movesOf(was: Project, project: Project, files: readonly ChangedFile[]): ReadonlyMap<string, string> {
  const folders = foldersOf(was).flatMap((from, i) => {
    const to = foldersOf(project)[i]
    return from === null || to === null || to === undefined || from === to
      ? []
      : [{ from: inside(from), to: inside(to) }]
  })
  const moves = new Map<string, string>()
  for (const { path, previousPath, status } of files) {
    if (status !== 'renamed' || previousPath === null) continue
    if (folders.some(({ from, to }) => previousPath.startsWith(from) && path === to + previousPath.slice(from.length)))
      moves.set(previousPath, path)
  }
  return moves
}

/** Migrations that did not come along: they are missed in the new folder, where the others are. */
function left(
  was: Project,
  project: Project,
  entries: readonly TreeEntry[],
  atHead: ReadonlySet<string>,
): readonly (readonly [string, string])[] {
  const [from, to] = [was.migrations?.folder, project.migrations?.folder]
  if (from === undefined || to === undefined || from === to) return []
  return entries
    .filter(({ path }) => path.startsWith(inside(from)) && !atHead.has(path))
    .map(({ path }) => [path, inside(to) + path.slice(inside(from).length)])
}

function foldersOf(project: Project): readonly (string | null)[] {
  const [schema] = project.schemaFiles
  return [
    project.migrations?.folder ?? null,
    schema === undefined ? null : folderOf(schema),
    folderOf(project.evidence),
    project.root,
  ]
}

function inside(folder: string): string {
  return folder === '' ? '' : `${folder}/`
}

function movedTree(tree: Tree, moves: ReadonlyMap<string, string>): Tree {
  const back = new Map([...moves].map(([from, to]) => [to, from]))
  return {
    ...tree,
    async list() {
      const { entries, truncated } = await tree.list()
      const kept = entries
        .filter(({ path }) => !back.has(path))
        .map((entry) => ({ ...entry, path: moves.get(entry.path) ?? entry.path }))
      return { entries: kept.toSorted((a, b) => byCode(a.path, b.path)), truncated }
    },
    async read(paths) {
      const found = await tree.read(
        paths.flatMap((path) => (moves.has(path) && !back.has(path) ? [] : [back.get(path) ?? path])),
      )
      return new Map(
        paths.flatMap((path) => {
          const content = moves.has(path) && !back.has(path) ? undefined : found.get(back.get(path) ?? path)
          return content === undefined ? [] : [[path, content] as const]
        }),
      )
    },
  }
}
