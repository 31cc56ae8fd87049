import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { coreOf } from '../../src/github/core.ts'
import { enqueue, merge, mergeable } from '../github/people/branches.ts'
import { openPull } from '../github/people/pulls.ts'
import type { Files } from '../github/git.ts'
import { latestRun } from '../github/world.ts'
import type { Pull, Repository } from '../github/world.ts'
import { startWorld } from './harness.ts'
import type { World } from './harness.ts'

/** Pairs of pull requests that are fine alone and collide together: through a merge queue, and through a push to their base. */
interface Collision {
  readonly name: string
  readonly base: Files
  readonly first: Files
  readonly second: Files
  /** What the check run of the second says once the first is there. */
  readonly says: RegExp
}

const up = (sql: string, down: string) => `-- +goose Up\n${sql}\n-- +goose Down\n${down}\n`
const goose = {
  'go.mod': 'module example.com/shop\n\nrequire github.com/pressly/goose/v3 v3.20.0\n',
  'migrations/00001_init.sql': up(
    'CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);',
    'DROP TABLE users;',
  ),
  'migrations/00002_notes.sql': up(
    'CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);',
    'DROP TABLE notes;',
  ),
}
const prisma = (fields: string, rest: string) =>
  `datasource db {\n  provider = "postgresql"\n}\n\ngenerator client {\n  provider = "prisma-client-js"\n}\n\nmodel User {\n  id BigInt @id\n${fields}  a1 String?\n  a2 String?\n  a3 String?\n  a4 String?\n${rest}}\n`
const quiet = { '.github/schemagate.yml': 'rehearsal: { enabled: false }\n' }

const collisions: readonly Collision[] = [
  {
    name: 'the same number',
    base: { ...goose, ...quiet },
    first: {
      'migrations/00003_name.sql': up('ALTER TABLE users ADD COLUMN name text;', 'ALTER TABLE users DROP COLUMN name;'),
    },
    second: {
      'migrations/00003_email.sql': up(
        'ALTER TABLE notes ADD COLUMN body text;',
        'ALTER TABLE notes DROP COLUMN body;',
      ),
    },
    says: /has the version of `00003_name/,
  },
  {
    name: 'a number before one that is there already',
    base: { ...goose, ...quiet },
    first: {
      'migrations/00004_name.sql': up('ALTER TABLE users ADD COLUMN name text;', 'ALTER TABLE users DROP COLUMN name;'),
    },
    second: {
      'migrations/00003_email.sql': up(
        'ALTER TABLE users ADD COLUMN email text;',
        'ALTER TABLE users DROP COLUMN email;',
      ),
    },
    says: /sorts before `00004_name/,
  },
  {
    name: 'the same object',
    base: goose,
    first: {
      'migrations/00003_name.sql': up('ALTER TABLE users ADD COLUMN name text;', 'ALTER TABLE users DROP COLUMN name;'),
    },
    second: {
      'migrations/00004_full_name.sql': up(
        'ALTER TABLE users ADD COLUMN name text;',
        'ALTER TABLE users DROP COLUMN name;',
      ),
    },
    says: /already exists/,
  },
  {
    name: 'a schema and migrations that disagree only together',
    base: {
      ...quiet,
      'package.json': '{"dependencies":{"prisma":"6.2.0"}}',
      'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
      'prisma/schema.prisma': prisma('  old String?\n', ''),
      'prisma/migrations/20260101000000_init/migration.sql':
        'CREATE TABLE "User" ("id" BIGINT NOT NULL, "old" TEXT, "a1" TEXT, "a2" TEXT, "a3" TEXT, "a4" TEXT, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));\n',
    },
    // One drops a column, the other builds an index on it; git merges both files without a conflict.
    first: {
      'prisma/schema.prisma': prisma('', ''),
      'prisma/migrations/20260201000000_no_old/migration.sql': 'ALTER TABLE "User" DROP COLUMN "old";\n',
    },
    second: {
      'prisma/schema.prisma': prisma('  old String?\n', '\n  @@index([old])\n'),
      'prisma/migrations/20260202000000_old_index/migration.sql':
        'CREATE INDEX CONCURRENTLY "User_old_idx" ON "User"("old");\n',
    },
    says: /unknown fields: old/,
  },
]

let world: World
let repository: Repository

beforeAll(async () => {
  world = await startWorld(coreOf(catalog))
})
afterAll(async () => {
  await world.close()
})
afterEach(() => {
  world.github.world.merges = 'at once'
  expect(world.github.world.violations.splice(0)).toEqual([])
})

async function pair(collision: Collision, name: string): Promise<readonly [Pull, Pull]> {
  repository = world.github.addRepository(name)
  const base = await repository.git.commit(null, collision.base)
  await repository.git.update('refs/heads/main', base)
  const pulls: Pull[] = []
  await world.during(async () => {
    for (const files of [collision.first, collision.second])
      pulls.push(
        await openPull(world.github, repository, { title: 'x', head: await repository.git.commit(base, files) }),
      )
  })
  const [first, second] = pulls
  if (first === undefined || second === undefined) throw new Error('not opened')
  return [first, second]
}

const summary = (sha: string) => latestRun(repository, 'schemagate', sha)?.output.summary ?? 'no run'

test.each(collisions)('$name: stopped in the merge queue', async (collision) => {
  const [first, second] = await pair(collision, `queue-${world.github.world.repositories.size}`)
  expect(summary(second.headSha)).not.toMatch(collision.says)
  let group = { sha: '' }
  let next = { sha: '' }
  await world.during(async () => {
    group = await enqueue(world.github, repository, first)
    next = await enqueue(world.github, repository, second, group.sha)
  })
  expect(summary(group.sha)).not.toMatch(collision.says)
  expect(summary(next.sha)).toMatch(collision.says)
  expect(mergeable(repository, next.sha).allowed).toBe(false)
})

test.each(collisions)('$name: stopped by a push to the base, in the check run only', async (collision) => {
  const [first, second] = await pair(collision, `push-${world.github.world.repositories.size}`)
  const before = [second.comments.length, second.threads.length]
  // GitHub merges into a base that has moved only once somebody asks.
  world.github.world.merges = 'when asked'
  await world.during(async () => {
    await merge(world.github, repository, first, first.headSha, true)
  })
  expect(summary(second.headSha)).toMatch(collision.says)
  expect(summary(second.headSha)).toContain('Merged into `main` as it is now: ')
  expect(mergeable(repository, second.headSha).allowed).toBe(false)
  expect([second.comments.length, second.threads.length]).toEqual(before)
})
