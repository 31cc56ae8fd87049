import { contentOf, defaultMaxBytes } from '../../changeset/content.ts'
import type { FileContent } from '../../changeset/tree.ts'
import { graphql } from '../client.ts'
import type { Place } from '../client.ts'
import type { BlobCache } from '../context.ts'

/** One file of one commit to read: by blob id where that is known, else by commit and path. */
export interface Wanted {
  readonly oid: string | null
  /** `1a2b…:path/to/file`. */
  readonly expression: string
  readonly size: number | null
}

export interface BlobLoader {
  readonly cache: BlobCache
  /** Contents by expression, for those that exist. Reads that begin in the same turn share their requests. */
  load(wanted: readonly Wanted[]): Promise<ReadonlyMap<string, FileContent>>
  /** Puts contents in that came with another request. */
  put(answers: Readonly<Record<string, unknown>>, selection: BlobSelection): Promise<void>
  /** Those of `wanted` that neither this review nor the cache holds. */
  missing(wanted: readonly Wanted[]): Promise<readonly Wanted[]>
}

/** Part of a GraphQL document that reads blobs, for the inside of `repository { … }`. */
export interface BlobSelection {
  readonly parameters: string
  readonly fields: string
  readonly variables: Readonly<Record<string, string>>
  readonly wanted: readonly Wanted[]
}

const filesPerRequest = 80
/** GraphQL cuts the text of a larger file, which is asked for by itself from the start. */
const longestText = 512_000
const bytesPerRequest = 3_000_000

interface BlobAnswer {
  readonly oid?: string
  readonly byteSize?: number
  readonly isBinary?: boolean | null
  readonly isTruncated?: boolean
  readonly text?: string | null
}

/** Selects blobs under aliases; paths travel as variables, so nothing in them can break the document. */
export function selectBlobs(wanted: readonly Wanted[]): BlobSelection {
  const variables: Record<string, string> = {}
  const fields = wanted.map(({ oid, expression }, i) => {
    variables[`v${i}`] = oid ?? expression
    return `b${i}: object(${oid === null ? 'expression' : 'oid'}: $v${i}) { ... on Blob { oid byteSize isBinary isTruncated text } }`
  })
  const parameters = wanted.map(({ oid }, i) => `$v${i}: ${oid === null ? 'String' : 'GitObjectID'}!`).join(', ')
  return { parameters, fields: fields.join('\n'), variables, wanted }
}

/** Splits files into as many requests as GitHub answers well. */
export function pagesOf(wanted: readonly Wanted[]): readonly (readonly Wanted[])[] {
  const pages: Wanted[][] = []
  let bytes = 0
  for (const file of wanted) {
    const page = pages.at(-1)
    bytes += file.size ?? 20_000
    if (page === undefined || page.length >= filesPerRequest || bytes > bytesPerRequest) {
      pages.push([file])
      bytes = file.size ?? 20_000
    } else page.push(file)
  }
  return pages
}

/** True for a file that GraphQL would give in part only. */
export function isLong({ oid, size }: Wanted): boolean {
  return oid !== null && (size ?? 0) > longestText
}

/** A loader that asks GitHub for many files at a time and for none twice. */
export function blobLoader(place: Place, cache: BlobCache): BlobLoader {
  const known = new Map<string, FileContent | null>()
  const keyOf = (file: Wanted) => file.oid ?? file.expression
  let waiting: Map<string, Wanted> | null = null
  let flushed: Promise<void> = Promise.resolve()

  async function fromCache(wanted: readonly Wanted[]): Promise<void> {
    const kept = await cache.readBlobs([...new Set(wanted.map(keyOf).filter((key) => !known.has(key)))])
    for (const file of wanted) {
      const text = kept.get(keyOf(file))
      if (text !== undefined) known.set(keyOf(file), { kind: 'text', text })
    }
  }

  async function take(answers: Readonly<Record<string, unknown>>, { wanted }: BlobSelection): Promise<void> {
    const fresh = new Map<string, string>()
    await Promise.all(
      wanted.map(async (file, i) => {
        const blob = answers[`b${i}`] as BlobAnswer | null | undefined
        if (blob?.oid === undefined) {
          known.set(keyOf(file), null)
          return
        }
        const content = await contentOfBlob(place, blob)
        known.set(keyOf(file), content)
        if (content.kind === 'text') fresh.set(keyOf(file), content.text)
      }),
    )
    await cache.keepBlobs(fresh)
  }

  async function flush(): Promise<void> {
    // Everything that is asked for in this turn of the event loop goes out together.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    const batch = [...(waiting ?? new Map<string, Wanted>()).values()]
    waiting = null
    await fromCache(batch)
    const left = batch.filter((w) => !known.has(keyOf(w)))
    await Promise.all([
      ...left.filter(isLong).map(readLong),
      ...pagesOf(left.filter((w) => !isLong(w))).map(async (page) => {
        const selection = selectBlobs(page)
        const answer = await graphql<{ readonly repository: Readonly<Record<string, unknown>> }>(
          place,
          `query($owner: String!, $name: String!, ${selection.parameters}) { repository(owner: $owner, name: $name) { ${selection.fields} } }`,
          { owner: place.owner, name: place.repo, ...selection.variables },
        )
        await take(answer.repository, selection)
      }),
    ])
  }

  async function readLong(file: Wanted): Promise<void> {
    const content = await contentOfBlob(place, { oid: file.oid ?? '', isTruncated: true, byteSize: file.size ?? 0 })
    known.set(keyOf(file), content)
    if (content.kind === 'text') await cache.keepBlobs(new Map([[keyOf(file), content.text]]))
  }

  return {
    cache,
    async load(wanted) {
      if (wanted.some((w) => !known.has(keyOf(w)))) {
        if (waiting === null) {
          waiting = new Map()
          flushed = flush()
        }
        for (const file of wanted) if (!known.has(keyOf(file))) waiting.set(keyOf(file), file)
        await flushed
      }
      const found = new Map<string, FileContent>()
      for (const file of wanted) {
        const content = known.get(keyOf(file))
        if (content !== null && content !== undefined) found.set(file.expression, content)
      }
      return found
    },
    put: take,
    async missing(wanted) {
      await fromCache(wanted)
      return wanted.filter((w) => !known.has(keyOf(w)))
    },
  }
}

async function contentOfBlob(place: Place, blob: BlobAnswer): Promise<FileContent> {
  if ((blob.byteSize ?? 0) > defaultMaxBytes) return { kind: 'unreadable', reason: 'larger than 2 MB' }
  if (blob.isBinary !== true && blob.isTruncated !== true && typeof blob.text === 'string') {
    const text = Buffer.from(blob.text, 'utf8')
    if (text.length === blob.byteSize) return contentOf(text)
  }
  // GraphQL has no text of what it takes for binary, UTF-16 among it, and another than is there of what is not UTF-8: the bytes tell.
  const { data } = await place.client.rest.git.getBlob({
    owner: place.owner,
    repo: place.repo,
    file_sha: blob.oid ?? '',
  })
  return contentOf(Buffer.from(data.content, 'base64'))
}
