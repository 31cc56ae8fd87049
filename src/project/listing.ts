import type { Tree } from '../changeset/tree.ts'
import { baseOf, byCode, folderOf, foldersAround } from './paths.ts'

/** The files of a tree as detection sees them: without those of others, with the texts that were asked for. */
export interface Listing {
  /** Sorted paths. */
  readonly paths: readonly string[]
  has(path: string): boolean
  /** Names of the files directly in a folder. */
  filesIn(folder: string): readonly string[]
  /** Names of the folders directly in a folder. */
  foldersIn(folder: string): readonly string[]
  /** Text of a file that was asked for; undefined where it does not exist, was not asked for or cannot be read. */
  text(path: string): string | undefined
  /** The innermost folder at or around `folder` that holds a file of that name; null where none does. */
  nearest(folder: string, name: string): string | null
}

/** Folders whose contents are of others, or made to be broken. */
const foreign =
  /(?:^|\/)(?:node_modules|bower_components|\.git|\.next|\.venv|site-packages|__fixtures__|fixtures|testdata|test-data|__snapshots__)(?:\/|$)/

/** Lists a tree, leaving out what `ignored` says. `readTexts` then brings the texts in one batch. */
export async function listTree(
  tree: Tree,
  ignored: (path: string) => boolean,
): Promise<{ listing: Listing; truncated: boolean; readTexts(paths: Iterable<string>): Promise<void> }> {
  const { entries, truncated } = await tree.list()
  const paths: string[] = []
  const known = new Set<string>()
  const files = new Map<string, string[]>()
  const folders = new Map<string, Set<string>>()
  for (const { path, mode } of entries) {
    if (mode === 'submodule' || foreign.test(path) || ignored(path)) continue
    paths.push(path)
    known.add(path)
    let folder = folderOf(path)
    const names = files.get(folder)
    if (names) names.push(baseOf(path))
    else files.set(folder, [baseOf(path)])
    while (folder !== '') {
      const parent = folderOf(folder)
      const inner = folders.get(parent)
      if (inner?.has(baseOf(folder))) break
      if (inner) inner.add(baseOf(folder))
      else folders.set(parent, new Set([baseOf(folder)]))
      folder = parent
    }
  }
  const texts = new Map<string, string>()
  const listing: Listing = {
    paths,
    has: (path) => known.has(path),
    filesIn: (folder) => files.get(folder) ?? [],
    foldersIn: (folder) => [...(folders.get(folder) ?? [])].sort(byCode),
    text: (path) => texts.get(path),
    nearest(folder, name) {
      return foldersAround(folder).find((at) => known.has(at === '' ? name : `${at}/${name}`)) ?? null
    },
  }
  return {
    listing,
    truncated,
    async readTexts(wanted) {
      const missing = [...new Set(wanted)].filter((path) => known.has(path) && !texts.has(path))
      for (const [path, content] of await tree.read(missing)) {
        if (content.kind === 'text') texts.set(path, content.text)
      }
    },
  }
}

/** A path in a folder of the tree. */
export function within(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}
