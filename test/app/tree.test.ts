import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultMaxBytes } from '../../src/changeset/content.ts'
import { blobLoader } from '../../src/github/reading/blobs.ts'
import type { BlobCache } from '../../src/github/context.ts'
import { rateLimitEnd } from '../../src/github/client.ts'
import type { Place } from '../../src/github/client.ts'
import { readChange } from '../../src/github/reading/tree.ts'
import { openPull } from '../github/people/pulls.ts'
import { startGitHub } from '../github/stand-in.ts'
import type { StandIn } from '../github/stand-in.ts'
import type { Repository } from '../github/world.ts'
import { placeOf } from './place.ts'

let github: StandIn
let repository: Repository
let place: Place
let base: string
const nothing: BlobCache = {
  readBlobs: async () => new Map(),
  lacking: async (oids) => new Set(oids),
  keepBlobs: async () => undefined,
}

beforeAll(async () => {
  github = await startGitHub({ limits: { patchBytes: 2_000 } })
  repository = github.addRepository('shop')
  base = await repository.git.commit(null, {
    'a.sql': 'one\n',
    'b.sql': 'two\n',
    'gone.sql': 'three\n',
    'old name.sql': 'a long enough text\nof two lines\n',
  })
  await repository.git.update('refs/heads/main', base)
  // As an address of GitHub Enterprise Server has it.
  place = await placeOf(github, 'shop', '/api/v3')
})
afterAll(async () => {
  expect(github.world.violations).toEqual([])
  await github.close()
})

const read = (head: string, pull: number | null = null) =>
  readChange(place, 'main', head, blobLoader(place, nothing), pull)

describe('the change that GitHub tells', () => {
  test("gives both sides, though only the head's tree was asked for", async () => {
    const head = await repository.git.commit(base, {
      'a.sql': 'one\nmore\n',
      'gone.sql': null,
      'old name.sql': null,
      'new "name" \u00e9.sql': 'a long enough text\nof two lines\n',
      'c.sql': 'new\n',
    })
    const from = github.world.log.length
    const { changeSet } = await read(head)
    expect(changeSet.files.map((f) => [f.path, f.status, f.previousPath])).toEqual([
      ['a.sql', 'modified', null],
      ['c.sql', 'added', null],
      ['gone.sql', 'deleted', null],
      ['new "name" \u00e9.sql', 'renamed', 'old name.sql'],
    ])
    expect((await changeSet.base.list()).entries.map((e) => e.path)).toEqual([
      'a.sql',
      'b.sql',
      'gone.sql',
      'old name.sql',
    ])
    const [before, after] = await Promise.all([
      changeSet.base.read(['a.sql', 'b.sql', 'gone.sql', 'old name.sql', 'none.sql']),
      changeSet.head.read(['a.sql', 'new "name" \u00e9.sql']),
    ])
    expect([...before].map(([path, c]) => [path, c.kind === 'text' ? c.text : c.reason])).toEqual([
      ['a.sql', 'one\n'],
      ['b.sql', 'two\n'],
      ['gone.sql', 'three\n'],
      ['old name.sql', 'a long enough text\nof two lines\n'],
    ])
    expect(after.size).toBe(2)
    // Comparison, tree, and one request for the contents of both sides.
    expect(github.world.log.slice(from).filter((l) => !l.operation.endsWith('access_tokens'))).toHaveLength(3)
  })
  test('has no hunks where GitHub leaves a patch out', async () => {
    const head = await repository.git.commit(base, { 'a.sql': 'x\n'.repeat(2_000) })
    expect((await read(head)).changeSet.files).toEqual([
      { path: 'a.sql', previousPath: null, status: 'modified', hunks: null },
    ])
  })
  test('reads no symlinks, submodules, pointers, binaries and giants', async () => {
    const { git } = repository
    const blob = async (text: string | Buffer) => (await git.run(['hash-object', '-w', '--stdin'], text)).trim()
    const lines = [
      `120000 blob ${await blob('a.sql')}\tlink.sql`,
      `160000 commit ${base}\tmodule`,
      `100644 blob ${await blob('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n')}\tlfs.sql`,
      `100644 blob ${await blob(Buffer.from([0, 1, 2, 3]))}\tbinary.sql`,
      `100644 blob ${await blob(Buffer.from('\ufeffSELECT 1;\n', 'utf16le'))}\tutf16.sql`,
      `100644 blob ${await blob('x'.repeat(defaultMaxBytes + 1))}\thuge.sql`,
      `100644 blob ${await blob(`-- ${'x'.repeat(600_000)}\n`)}\tlong.sql`,
    ]
    const tree = (await git.run(['mktree'], `${lines.join('\n')}\n`)).trim()
    const head = (await git.run(['commit-tree', tree, '-p', base, '-m', 'x'])).trim()
    const { changeSet } = await read(head)
    const found = await changeSet.head.read([
      'link.sql',
      'module',
      'lfs.sql',
      'binary.sql',
      'huge.sql',
      'long.sql',
      'utf16.sql',
    ])
    expect([...found].map(([path, c]) => [path, c.kind === 'text' ? c.text.length : c.reason]).sort()).toEqual([
      ['binary.sql', 'binary'],
      ['huge.sql', 'larger than 2 MB'],
      ['lfs.sql', 'a Git LFS pointer'],
      ['link.sql', 'a symlink'],
      ['long.sql', 600_004],
      ['module', 'a submodule'],
      ['utf16.sql', 'UTF-16 text, not UTF-8'],
    ])
  })
  test('is whole where it has more files than a comparison shows', async () => {
    const { git } = repository
    const stream = [
      `commit refs/heads/many\ncommitter a <a@example.com> 1700000000 +0000\ndata 1\nx\nfrom ${base}\n`,
      ...Array.from(
        { length: 350 },
        (_, i) => `M 100644 inline m/${String(i).padStart(3, '0')}.sql\ndata 2\n${i % 10}\n`,
      ),
      'D gone.sql\n',
    ]
    await git.run(['fast-import', '--quiet'], stream.join(''))
    const head = (await git.resolve('refs/heads/many')) ?? ''
    const pull = await openPull(github, repository, { title: 'many', head, branch: 'many' })
    const { changeSet } = await read(head, pull.number)
    expect(changeSet.files).toHaveLength(351)
    expect(changeSet.files.every((f) => f.hunks !== null)).toBe(true)
    expect((await changeSet.base.read(['gone.sql'])).get('gone.sql')).toEqual({ kind: 'text', text: 'three\n' })
    const withoutPull = await read(head)
    expect(withoutPull.changeSet.files).toHaveLength(351)
  })
})

test('a rate limit tells when to ask again, in the order that GitHub documents', () => {
  const now = new Date('2026-11-01T12:00:00Z')
  const error = (status: number, headers: object, message = '') =>
    Object.assign(new Error(message), { status, response: { headers } })
  expect(rateLimitEnd(error(403, { 'retry-after': '30' }), now)).toEqual(new Date('2026-11-01T12:00:30Z'))
  expect(rateLimitEnd(error(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1793534460' }), now)).toEqual(
    new Date(1_793_534_461_000),
  )
  // Their clock is two hours behind ours; a limit that has ended by it is not asked again at once.
  const date = 'Sun, 01 Nov 2026 10:00:00 GMT'
  const reset = (at: string) => ({
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Date.parse(at) / 1000),
    date,
  })
  expect(rateLimitEnd(error(403, reset('2026-11-01T10:30:00Z')), now)).toEqual(new Date('2026-11-01T12:30:01Z'))
  expect(rateLimitEnd(error(403, reset('2026-11-01T09:59:00Z')), now)).toEqual(new Date('2026-11-01T12:00:05Z'))
  expect(rateLimitEnd(error(403, {}, 'You have exceeded a secondary rate limit'), now)).toEqual(
    new Date('2026-11-01T12:01:00Z'),
  )
  expect(rateLimitEnd(error(403, {}, 'Resource not accessible by integration'), now)).toBeNull()
  expect(rateLimitEnd(error(500, {}), now)).toBeNull()
})
