import { describe, expect, test } from 'vitest'
import {
  details,
  fenced,
  codeSpan,
  escapeText,
  helpMarkdown,
  sentence,
  truncate,
} from '../../src/report/markdown-escape.ts'

describe('text of a pull request', () => {
  test('cannot mention, refer, link or mark up', () => {
    const out = escapeText('@octo-org/dba see #12, GH-3, https://evil.test www.evil.test ![x](y) <img src=x> **b** | c')
    expect(out).not.toMatch(/@\w|#\d|GH-\d|https:|www\.|(?<!\\)[<*|[]/)
  })
  test('cannot begin a list, a heading or a quote', () => {
    expect(['- a', '1. a', '# a', '> a', '=== a'].map(escapeText)).toEqual([
      '\\- a',
      '\\1. a',
      '\\# a',
      '\\> a',
      '\\=== a',
    ])
  })
  test('stays on one line and cannot turn its direction', () => {
    expect(escapeText('a\n\n# b\u202ec')).toBe('a \\# b\ufffdc')
  })
})

test('a code span survives backticks in a name', () => {
  expect(codeSpan('a`b')).toBe('`` a`b ``')
  expect(codeSpan('users')).toBe('`users`')
})

test('a block survives fences in a text', () => {
  expect(fenced('x\n```\n@all', 'sql')).toBe('````sql\nx\n```\n@all\n````')
})

test('a sentence keeps its code spans, and text that closes one early stays text', () => {
  expect(sentence('Dropping `users` loses data')).toBe('Dropping `users` loses data')
  expect(sentence('Dropping `a` @all `b` loses')).toBe('Dropping `a` @\u200ball `b` loses')
})

test('help keeps blocks, lists and links to manuals only', () => {
  expect(
    helpMarkdown(
      '- see [ALTER](https://www.postgresql.org/docs/current/sql-altertable.html) or [x](https://evil.test/)\n```sql\nSELECT 1;\n```\n<b>',
    ),
  ).toBe(
    '- see [ALTER](https://www.postgresql.org/docs/current/sql-altertable.html) or \\[x\\](https\u200b://evil.test/)\n```sql\nSELECT 1;\n```\n\\<b\\>',
  )
})

test('a cut text closes its open block', () => {
  const out = truncate(`before\n\`\`\`sql\n${'line\n'.repeat(50)}\`\`\`\n`, 120, 'The rest is in the check run.')
  expect(out.length).toBeLessThanOrEqual(120)
  expect(out.match(/^```/gm)).toHaveLength(2)
  const folded = details('Rollback', `\`\`\`sql\n${'line\n'.repeat(50)}\`\`\``)
  const cut = truncate(`${details('Locks', 'none')}\n\n${folded}`, 200, 'The rest is in the check run.')
  expect(cut.length).toBeLessThanOrEqual(200)
  expect(cut).toMatch(/\n```\n<\/details>\n\nThe rest is in the check run\.$/)
})
