import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

const base = { 'db/migrations/0001_users.sql': 'CREATE TABLE users (id bigint PRIMARY KEY, name text);\n' }
const fresh = {
  'db/migrations/0002_import.sql':
    'CREATE TABLE imports (id bigint PRIMARY KEY);\nCREATE INDEX users_name ON users (name);\nALTER TABLE missing ADD COLUMN x int;\nSELEC 1;\n',
  'db/migrations/0003_more.sql':
    'CREATE INDEX users_name2 ON users (name, id);\nCREATE INDEX imports_id ON imports (id);\n',
}

async function reviewed(ignore: readonly string[]) {
  const { findings, notes, coverage } = await review(
    await changeSetOf(memoryTree(base), memoryTree({ ...base, ...fresh })),
    {
      rules: catalog,
      settings: { config: { ...defaultConfig, paths: { ...defaultConfig.paths, ignore } }, notes: [] },
      rehearse: false,
    },
  )
  const said = findings.map(({ rule, place }) => `${place.path.slice('db/migrations/'.length)}:${place.line} ${rule}`)
  return {
    said,
    paths: new Set([...findings.map(({ place }) => place.path), ...notes.map(({ path }) => path)]),
    coverage,
  }
}

it.each(['db/migrations/0002*', '**/0002*'])(
  '%s silences one migration, which still makes its tables',
  async (glob) => {
    const all = await reviewed([])
    expect(all.said).toContain('0002_import.sql:2 require-concurrent-index')
    expect(all.said).toContain('0002_import.sql:4 no-syntax-error')
    expect(all.coverage).toMatchObject({ files: 2, statements: 6 })

    const { said, paths, coverage } = await reviewed([glob])
    expect([...paths]).toEqual(['db/migrations/0003_more.sql'])
    expect(coverage).toMatchObject({ files: 1, statements: 2, analyzed: 2 })
    expect(said).toContain('0003_more.sql:1 require-concurrent-index')
    // What is said once a review moves to the first file that is heard; `imports` is new, so that its index blocks nobody.
    expect(said).toContain('0003_more.sql:1 require-lock-timeout')
    expect(said).not.toContain('0003_more.sql:2 require-concurrent-index')
  },
)
