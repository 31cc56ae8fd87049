import { afterAll, afterEach, expect, test } from 'vitest'
import { blobLoader } from '../../src/github/reading/blobs.ts'
import { prefetch } from '../../src/github/reading/prefetch.ts'
import { readChange } from '../../src/github/reading/tree.ts'
import { startGitHub } from '../github/stand-in.ts'
import type { StandIn } from '../github/stand-in.ts'
import type { Repository } from '../github/world.ts'
import { memoryCache, placeOf } from './place.ts'

/** Repositories of which so many files are wanted that they come as an archive. */
const worlds: StandIn[] = []
afterEach(() => {
  expect(worlds.flatMap((github) => github.world.violations.splice(0))).toEqual([])
})
afterAll(async () => {
  for (const github of worlds) await github.close()
})

const long = `src/${'a-rather-long-folder-name-'.repeat(4)}/${'file-'.repeat(12)}é.ts`
const code = (i: number) => `export const number${i} = ${i}\n`
const files: Record<string, string> = {
  'prisma/schema.prisma': 'model User {\n  id Int @id\n}\n',
  'prisma/migrations/1_init/migration.sql': 'CREATE TABLE "User" (id int PRIMARY KEY);\n',
  [long]: 'export const long = 1\n',
  ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`src/${i}.ts`, code(i)])),
}

async function start(
  name: string,
  more: Record<string, string> = {},
): Promise<{
  readonly github: StandIn
  readonly repository: Repository
  read(head: string): Promise<{ readonly asked: readonly string[]; readonly texts: ReadonlyMap<string, string> }>
  readonly base: string
}> {
  const github = await startGitHub()
  worlds.push(github)
  const repository = github.addRepository(name)
  const base = await repository.git.commit(null, { ...files, ...more })
  await repository.git.update('refs/heads/main', base)
  const place = await placeOf(github, name)
  const cache = memoryCache()
  return {
    github,
    repository,
    base,
    async read(head) {
      const from = github.world.log.length
      const loader = blobLoader(place, cache)
      const change = await readChange(place, 'main', head, loader, null)
      const ahead = await prefetch(place, change, loader, { warn: () => undefined })
      await Promise.all([loader.load(ahead.page), ahead.rest()])
      const contents = await change.changeSet.head.read([...Object.keys(files), ...Object.keys(more)])
      return {
        asked: github.world.log.slice(from).map((l) => l.path.replace(/\/[0-9a-f]{40}$/, '')),
        texts: new Map([...contents].map(([path, found]) => [path, found.kind === 'text' ? found.text : found.reason])),
      }
    },
  }
}

const archives = (asked: readonly string[]) => asked.filter((path) => path.endsWith('/tarball')).length
const migration = { 'prisma/migrations/2_more/migration.sql': 'ALTER TABLE "User" DROP COLUMN id;\n' }

test('a repository that was never seen comes as one archive, the next push as the files that differ', async () => {
  const { repository, base, read } = await start('whole')
  const head = await repository.git.commit(base, migration)
  const first = await read(head)
  expect(archives(first.asked)).toBe(1)
  // Token, tree, comparison, archive and where it leads to.
  expect(first.asked).toHaveLength(4)
  expect(Object.fromEntries(first.texts)).toEqual(files)
  const second = await read(await repository.git.commit(head, { 'src/0.ts': 'export const other = 1\n' }))
  expect(archives(second.asked)).toBe(0)
  expect(second.texts.get('src/0.ts')).toBe('export const other = 1\n')
})

test('what attributes leave out of an archive or change in it is read as it is', async () => {
  const more = {
    '.gitattributes': 'src/1.ts export-ignore\nsrc/version.ts export-subst\nsrc/2.ts text eol=crlf\n',
    'src/version.ts': "export const version = '$Format:%H$'\n",
  }
  const { repository, base, read } = await start('attributes', more)
  const { asked, texts } = await read(await repository.git.commit(base, migration))
  expect(archives(asked)).toBe(1)
  expect(Object.fromEntries(texts)).toEqual({ ...files, ...more })
})

test('without an archive, the files are asked for by their ids, and no archive again', async () => {
  const { github, repository, base, read } = await start('refused')
  github.fault = ({ path }) => (path.includes('/tarball/') ? { status: 404 } : undefined)
  const head = await repository.git.commit(base, migration)
  const first = await read(head)
  expect(archives(first.asked)).toBe(1)
  expect(Object.fromEntries(first.texts)).toEqual(files)
  const { asked } = await read(
    await repository.git.commit(base, { 'prisma/schema.prisma': 'model A {\n id Int @id\n}\n' }),
  )
  expect(archives(asked)).toBe(0)
})

test('a change of documents, and a repository without a database, want no archive', async () => {
  const { repository, base, read } = await start('documents')
  expect(archives((await read(await repository.git.commit(base, { 'README.md': 'hello\n' }))).asked)).toBe(0)
  const bare = await repository.git.commit(
    null,
    Object.fromEntries(Object.entries(files).filter(([p]) => p.startsWith('src/'))),
  )
  await repository.git.update('refs/heads/main', bare)
  expect(archives((await read(await repository.git.commit(bare, { 'src/0.ts': 'export {}\n' }))).asked)).toBe(0)
})
