import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

const history = {
  'packages/db/migrations/0001_users.sql':
    'CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE app_events (id bigint PRIMARY KEY);\n',
}

const more = { 'packages/db/migrations/0002_more.sql': 'CREATE TABLE orders (id bigint PRIMARY KEY);\n' }

async function notesOf(
  config: string,
  files: Readonly<Record<string, string>> = history,
  change: Readonly<Record<string, string>> = more,
) {
  const base = { ...files, '.github/schemagate.yml': config }
  const head = { ...base, ...change }
  const { notes } = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
    rules: catalog,
    rehearse: false,
  })
  return notes.filter(({ path }) => path === '.github/schemagate.yml').map(({ line, message }) => `${line}: ${message}`)
}

it('tells the tables and folders of the configuration that are none', async () => {
  expect(
    await notesOf(
      'tables:\n  users: { rows: 10 }\n  "app*": { rows: 10 }\n  evnets: { rows: 3 }\n  ordesr: { rows: 1 }\nprojects:\n  - root: db\n  - root: packages/bd\n',
    ),
  ).toEqual([
    '3: tables.app*: patterns are not read here. Name each table; "*" alone stands for all others. It was passed over.',
    '4: tables.evnets: no table has this name. It was passed over.',
    '5: tables.ordesr: no table has this name. Did you mean "orders"? It was passed over.',
    '7: projects.root: "db" is no folder of the repository. Did you mean "packages/db"? It was passed over.',
    '8: projects.root: "packages/bd" is no folder of the repository. Did you mean "packages/db"? It was passed over.',
  ])
})

it('is silent about what exists, what the change makes, and what may be made elsewhere', async () => {
  const fits =
    'tables: { public.users: { rows: 1 }, orders: { rows: 1 }, auth.users: { rows: 1 }, "*": { rows: 1 } }\nprojects: [{ root: ./packages/db/, runner: goose }, { root: . }]\n'
  expect(await notesOf(fits)).toEqual([])
  const unknown = { 'packages/db/migrations/0001_old.sql': 'ALTER TABLE accounts ADD COLUMN x int;\n' }
  expect(await notesOf('tables: { payments: { rows: 1 } }\n', unknown)).toEqual([])
})

it('does not tell everybody of a table that is gone: only where sizes count, or the configuration changes', async () => {
  const stale = 'tables: { userz: { rows: 1 } }\n'
  expect(await notesOf(stale, history, { 'README.md': 'x\n' })).toEqual([])
  expect(await notesOf(stale)).toHaveLength(1)
  expect(await notesOf(stale, history, { '.github/schemagate.yml': `postgres: 16\n${stale}` })).toHaveLength(1)
})
