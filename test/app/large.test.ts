import { afterAll, afterEach, expect, test } from 'vitest'
import { blobLoader } from '../../src/github/reading/blobs.ts'
import type { Place } from '../../src/github/client.ts'
import { readChange } from '../../src/github/reading/tree.ts'
import { openPull } from '../github/people/pulls.ts'
import { startGitHub } from '../github/stand-in.ts'
import type { StandIn } from '../github/stand-in.ts'
import type { Repository } from '../github/world.ts'
import { memoryCache, placeOf } from './place.ts'

/** Repositories and pull requests that are larger than GitHub's answers. */
const worlds: StandIn[] = []
afterEach(() => {
  expect(worlds.flatMap((github) => github.world.violations.splice(0))).toEqual([])
})
afterAll(async () => {
  for (const github of worlds) await github.close()
})

async function start(
  treeEntries: number,
): Promise<{ readonly github: StandIn; readonly repository: Repository; readonly place: Place }> {
  const github = await startGitHub({ limits: { treeEntries } })
  worlds.push(github)
  const repository = github.addRepository('shop')
  return { github, repository, place: await placeOf(github, 'shop') }
}

/** A commit of many files, over `parent`. */
async function many(repository: Repository, parent: string | null, files: readonly string[]): Promise<string> {
  const lines = [
    `commit refs/heads/many\ncommitter a <a@example.com> 1700000000 +0000\ndata 1\nx\n${parent === null ? '' : `from ${parent}\n`}`,
    ...files.map((path, i) => `M 100644 inline ${path}\ndata ${String(i).length + 1}\n${i}\n\n`),
  ]
  await repository.git.run(['fast-import', '--quiet', '--force'], lines.join(''))
  return (await repository.git.resolve('refs/heads/many')) ?? ''
}

const numbered = (folder: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${folder}/${String(i).padStart(4, '0')}.txt`)
const treesAsked = (github: StandIn, from: number) =>
  github.world.log.slice(from).filter((l) => l.operation.includes('/git/trees/')).length

test('a tree that GitHub cuts off is read folder by folder, and folders that were read before are not asked for again', async () => {
  const { github, repository, place } = await start(60)
  const files = [
    ...numbered('a/deep', 50),
    ...numbered('b', 40),
    ...numbered('node/modules/x', 45),
    'README.md',
    'prisma/schema.prisma',
    'z/migrations/1.sql',
  ]
  const base = await many(repository, null, files)
  await repository.git.update('refs/heads/main', base)
  const head = await repository.git.commit(base, { 'z/migrations/2.sql': 'two\n' })
  const cache = memoryCache()
  const { changeSet } = await readChange(place, 'main', head, blobLoader(place, cache), null)
  expect(changeSet.truncated).toBe(false)
  expect((await changeSet.head.list()).entries.map((e) => e.path)).toEqual([...files, 'z/migrations/2.sql'].sort())
  expect((await changeSet.head.read(['z/migrations/1.sql', 'prisma/schema.prisma', 'none.sql'])).size).toBe(2)
  expect([...cache.kept.keys()].some((key) => key.startsWith('tree:'))).toBe(true)
  const from = github.world.log.length
  await readChange(place, 'main', head, blobLoader(place, cache), null)
  // The cut-off answer and the root: every folder is known by its id.
  expect(treesAsked(github, from)).toBe(2)
})

test('a folder that is itself too large makes a change of a schema one that could not be looked at, and no other', async () => {
  const { repository, place } = await start(60)
  const base = await many(repository, null, [...numbered('flat', 90), 'zz/migrations/1.sql', 'README.md'])
  await repository.git.update('refs/heads/main', base)
  const read = async (files: Record<string, string>) =>
    (await readChange(place, 'main', await repository.git.commit(base, files), blobLoader(place, memoryCache()), null))
      .changeSet
  const schema = await read({ 'zz/migrations/2.sql': 'two\n', 'flat/new.txt': 'x\n' })
  expect(schema.truncated).toBe(true)
  // What the listing lacks can be read all the same.
  expect((await schema.head.read(['flat/0089.txt'])).get('flat/0089.txt')).toEqual({ kind: 'text', text: '89\n' })
  expect((await read({ 'README.md': 'hello\n' })).truncated).toBe(false)
})

test('a pull request with more files than GitHub tells is compared by its trees', async () => {
  const { github, repository, place } = await start(100_000)
  const base = await repository.git.commit(await many(repository, null, ['README.md']), {
    'old.sql': 'nothing like the others\n',
  })
  await repository.git.update('refs/heads/main', base)
  const files = numbered('many', 3_050)
  const head = await repository.git.commit(await many(repository, base, files), {
    'old.sql': null,
    'zzz.sql': 'last\n',
  })
  const pull = await openPull(github, repository, { title: 'many', head, branch: 'big' })
  const { changeSet } = await readChange(place, 'main', head, blobLoader(place, memoryCache()), pull.number)
  expect(changeSet.truncated).toBe(false)
  expect(changeSet.files).toHaveLength(3_052)
  const of = (path: string) => changeSet.files.find((f) => f.path === path)
  expect([of('old.sql')?.status, of('zzz.sql'), of('many/0000.txt')?.hunks?.length]).toEqual([
    'deleted',
    { path: 'zzz.sql', previousPath: null, status: 'added', hunks: null },
    1,
  ])
  expect((await changeSet.head.read(['zzz.sql'])).get('zzz.sql')).toEqual({ kind: 'text', text: 'last\n' })
})
