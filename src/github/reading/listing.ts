import { modeOf } from '../../changeset/content.ts'
import type { TreeEntry } from '../../changeset/tree.ts'
import type { BlobCache } from '../context.ts'
import type { Place } from '../client.ts'

/** All files of a commit; `truncated` where there are more than could be asked for. */
export interface Listing {
  readonly entries: readonly TreeEntry[]
  readonly truncated: boolean
}

/** A whole tree comes in one answer up to 100,000 entries; a larger one is asked for folder by folder, in at most so many requests. */
const mostRequests = 200
const sideBySide = 8
/** A folder's listing that is longer is not kept. */
const longestKept = 4_000_000

/** Folders that are looked into first where there are too many. */
const likelyFolder =
  /^(?:\.github|prisma|drizzle|supabase|migrations?|db|database|databases|schemas?|sql|src|apps?|packages|services|libs?|modules|server|backend|api|internal)$/i

interface Answer {
  readonly files: readonly TreeEntry[]
  readonly folders: readonly { readonly path: string; readonly sha: string }[]
  readonly truncated: boolean
}

/** Lists the files of a commit. Folders of very large trees are kept by their id, which names their contents for ever. */
export async function listTree(place: Place, commit: string, cache: BlobCache): Promise<Listing> {
  const { files, truncated } = await readTree(place, commit, true)
  return truncated ? listByFolder(place, commit, cache) : { entries: sorted(files), truncated: false }
}

async function listByFolder(place: Place, commit: string, cache: BlobCache): Promise<Listing> {
  const root = await readTree(place, commit, false)
  const entries: TreeEntry[] = [...root.files]
  let requests = 1
  let isCut = root.truncated
  let level = root.folders
  while (level.length > 0) {
    const kept = await cache.readBlobs(level.map(({ sha }) => `tree:${sha}`))
    const below: Answer['folders'][number][] = []
    const ask: Answer['folders'][number][] = []
    for (const folder of level) {
      const text = kept.get(`tree:${folder.sha}`)
      if (text === undefined) ask.push(folder)
      else
        for (const file of JSON.parse(text) as readonly TreeEntry[])
          entries.push({ ...file, path: `${folder.path}/${file.path}` })
    }
    ask.sort((a, b) => Number(likely(b.path)) - Number(likely(a.path)))
    for (let at = 0; at < ask.length; at += sideBySide) {
      if (requests >= mostRequests) return { entries: sorted(entries), truncated: true }
      requests += sideBySide
      await Promise.all(
        ask.slice(at, at + sideBySide).map(async (folder) => {
          const whole = await readTree(place, folder.sha, true)
          const { files, folders, truncated } = whole.truncated
            ? await readTree(place, folder.sha, false)
            : { ...whole, folders: [] }
          isCut ||= truncated
          for (const file of files) entries.push({ ...file, path: `${folder.path}/${file.path}` })
          below.push(...folders.map(({ path, sha }) => ({ path: `${folder.path}/${path}`, sha })))
          if (!whole.truncated) await keep(cache, folder.sha, files)
        }),
      )
    }
    level = below
  }
  return { entries: sorted(entries), truncated: isCut }
}

async function keep(cache: BlobCache, sha: string, files: readonly TreeEntry[]): Promise<void> {
  const text = JSON.stringify(files)
  if (text.length <= longestKept) await cache.keepBlobs(new Map([[`tree:${sha}`, text]]))
}

async function readTree({ client, owner, repo }: Place, sha: string, recursive: boolean): Promise<Answer> {
  const { data } = await client.rest.git.getTree({
    owner,
    repo,
    tree_sha: sha,
    ...(recursive ? { recursive: '1' } : {}),
  })
  return {
    files: data.tree
      .filter((e) => e.type !== 'tree')
      .map((e): TreeEntry => ({
        path: e.path ?? '',
        oid: e.sha ?? '',
        size: e.size ?? null,
        mode: modeOf(e.mode ?? ''),
      })),
    folders: data.tree.filter((e) => e.type === 'tree').map((e) => ({ path: e.path ?? '', sha: e.sha ?? '' })),
    truncated: data.truncated === true,
  }
}

function likely(path: string): boolean {
  return likelyFolder.test(path.split('/').at(-1) ?? '')
}

function sorted(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  return [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
