import { createHash } from 'node:crypto'
import { Readable, Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { contentOf } from '../../changeset/content.ts'
import type { Place } from '../client.ts'
import type { BlobCache } from '../context.ts'

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
  const files = extract()
  const unpacking = pipeline(packed, createGunzip(), atMost(mostBytes), files)
  let read = new Map<string, string>()
  let [length, kept] = [0, 0]
  const keep = async () => {
    await cache.keepBlobs(read)
    kept += read.size
    read = new Map()
    length = 0
  }
  const keepWanted = async () => {
    for await (const entry of files) {
      const oid = entry.header.type === 'file' ? wanted.get(inside(entry.header.name)) : undefined
      if (oid === undefined) {
        entry.resume()
        continue
      }
      const content = await buffer(entry)
      const found = contentOf(content)
      if (found.kind !== 'text' || blobId(content, oid.length) !== oid) continue
      read.set(oid, found.text)
      length += found.text.length
      if (length >= portion) await keep()
    }
  }
  await Promise.all([unpacking, keepWanted()])
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

function atMost(bytes: number): Transform {
  let left = bytes
  return new Transform({
    transform(chunk: Buffer, _, done) {
      left -= chunk.length
      if (left < 0) done(new Error('the archive holds more than the commit'))
      else done(null, chunk)
    },
  })
}
