import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { coreOf } from '../../src/github/core.ts'
import { openPull } from '../github/people/pulls.ts'
import { startWorld } from './harness.ts'
import type { World } from './harness.ts'

let world: World

beforeAll(async () => {
  world = await startWorld(coreOf(catalog))
})
afterAll(async () => {
  await world.close()
})
afterEach(() => {
  expect(world.github.world.violations.splice(0)).toEqual([])
})

test.each([
  ['the default branch', '', ['users_name']],
  ['the base itself', 'deployed: release/2\n', ['orders_note', 'users_name']],
  ['a branch that is not there', 'deployed: nowhere\n', ['orders_note', 'users_name']],
])('a table of the base is new where production runs %s and has it not', async (_, config, blocked) => {
  const repository = world.github.addRepository(`stacked-${world.github.world.repositories.size}`)
  const main = await repository.git.commit(null, {
    '.github/schemagate.yml': `rehearsal: { enabled: false }\n${config}`,
    'migrations/001_users.sql': 'CREATE TABLE users (id bigint PRIMARY KEY, name text);\n',
  })
  await repository.git.update('refs/heads/main', main)
  const base = await repository.git.commit(main, {
    'migrations/002_orders.sql': 'CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n',
  })
  await repository.git.update('refs/heads/release/2', base)
  const head = await repository.git.commit(base, {
    'migrations/003_indexes.sql':
      'CREATE INDEX orders_note ON orders (note);\nCREATE INDEX users_name ON users (name);\n',
  })
  await world.during(async () => {
    await openPull(world.github, repository, { title: 'x', head, base: 'release/2' })
  })
  const said = [...repository.pulls.values()].flatMap((pull) =>
    pull.threads.flatMap((thread) => thread.comments.map(({ body }) => body)),
  )
  expect(['orders_note', 'users_name'].filter((name) => said.some((m) => m.includes(`Building \`${name}\``)))).toEqual(
    blocked,
  )
})
