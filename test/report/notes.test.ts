import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { review } from '../../src/review.ts'

test('what could not be seen at many places of a file is one note, at the first of them', async () => {
  const block = `do $$ begin execute 'drop table ' || quote_ident('a'); end $$;\n`
  const head = { 'db/migrations/0001_a.sql': 'select 1;\n', 'db/migrations/0002_b.sql': block.repeat(3) }
  const { notes } = await review(
    await changeSetOf(memoryTree({ 'db/migrations/0001_a.sql': 'select 1;\n' }), memoryTree(head)),
    { rules: catalog, rehearse: false },
  )
  expect(notes.map(({ line, message }) => [line, /So it is in .*/.exec(message)?.[0]])).toEqual([
    [1, 'So it is in 2 more places of this file.'],
  ])
})
