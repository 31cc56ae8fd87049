import { beforeAll, expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { gathered } from '../../src/github/publishing/gathered.ts'
import { inlineComment } from '../../src/report/comment.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { reviewExample, treesOf } from '../example.ts'

beforeAll(loadParser)

test('a migration of more indexes than there may be comments has five, and the last one tells of the others', async () => {
  const columns = Array.from({ length: 12 }, (_, i) => `c${i}`)
  const example = {
    given: `create table users (id bigint primary key, ${columns.map((name) => `${name} text`).join(', ')});`,
    sql: `${columns.map((name) => `create index users_${name} on users (${name});`).join('\n')}\nalter table users drop column c0;`,
  }
  const rule = catalog.find(({ id }) => id === 'require-concurrent-index')!
  const { findings } = await reviewExample(example, rule, catalog)
  const { base, head } = treesOf(example)
  const { files } = await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head'))
  expect([...gathered(findings, files, 30).values()].every(({ rest }) => rest.length === 0)).toBe(true)
  const places = [...gathered(findings, files, 12).values()]
  const ofIndexes = places.filter(({ finding }) => finding.rule === rule.id)
  expect(ofIndexes.map(({ anchor, rest }) => [anchor.line, rest.length])).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 0],
    [5, 7],
  ])
  expect(places.filter(({ finding }) => finding.rule === 'no-drop-column')).toHaveLength(1)
  const last = ofIndexes.at(-1)!
  expect(inlineComment(last.finding, { url: null, repository: null } as never, false, last.rest)).toContain(
    'The same in lines 6, 7, 8, 9, 10, 11, 12 of this file; the check run lists them.',
  )
})
