import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { contentOf } from '../../changeset/content.ts'
import type { Place } from '../client.ts'
import type { BlobCache } from './blobs.ts'
import { tarFiles } from './tar.ts'

/** Contents are kept in portions of so many characters, so that few of them are in memory. */
const portion = 1_000_000

/**
 * Keeps many files of a commit that come in one request: the archive that GitHub makes of it. `wanted` gives blob ids by path. What
 * an attribute of the repository leaves out of archives, or changes in them, is told by its id and is not kept; nor is what cannot
 * be read as text. Gives how many are kept. Throws where there is no archive, or where it holds more than `mostBytes`.
 */
export async function keepArchive(
  { client, owner, repo }: Place,
  commit: string,
  wanted: ReadonlyMap<string, string>,
  mostBytes: number,
  cache: Pick<BlobCache, 'keepBlobs'>,
): Promise<number> {
  const { data } = await client.request('GET /repos/{owner}/{repo}/tarball/{ref}', {
    owner,
    repo,
    ref: commit,
    request: { parseSuccessResponseBody: false, retries: 0 },
  })
  const packed = Readable.fromWeb(data as unknown as Parameters<typeof Readable.fromWeb>[0])
  const unpacked = packed.compose(createGunzip()) as AsyncIterable<Buffer>
  let read = new Map<string, string>()
  let [length, kept] = [0, 0]
  const keep = async () => {
    await cache.keepBlobs(read)
    kept += read.size
    read = new Map()
    length = 0
  }
  for await (const { path, content } of tarFiles(atMost(unpacked, mostBytes), (name) => wanted.has(inside(name)))) {
    const oid = wanted.get(inside(path))
    const found = contentOf(content)
    if (oid === undefined || found.kind !== 'text' || blobId(content, oid.length) !== oid) continue
    read.set(oid, found.text)
    length += found.text.length
    if (length >= portion) await keep()
  }
  await keep()
  return kept
}

/** All files stand in one folder that is named after repository and commit. */
function inside(name: string): string {
  return name.slice(name.indexOf('/') + 1)
}

function blobId(content: Buffer, length: number): string {
  return createHash(length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex')
}

async function* atMost(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes
  for await (const chunk of chunks) {
    left -= chunk.length
    if (left < 0) throw new Error('the archive holds more than the commit')
    yield chunk
  }
}
