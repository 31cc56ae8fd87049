import { describe, expect, it } from 'vitest'
import { nestingOf } from '../../src/nesting.ts'
import { maxNesting, parseTypeScript } from '../../src/typescript.ts'

const n = 3000
const deep: Readonly<Record<string, string>> = {
  parentheses: '('.repeat(n),
  prefixes: '!'.repeat(n) + 'x',
  'prefixes over lines': '!\n'.repeat(n) + 'x',
  arrows: 'a=>\n'.repeat(n) + 'a',
  ternaries: 'a?b:'.repeat(n) + 'c',
  sums: 'a+'.repeat(n) + 'a',
  'ifs over lines': 'if(a)\n'.repeat(n) + ';',
  'else ifs': 'if(a);\nelse '.repeat(n) + ';',
  templates: '`${'.repeat(n),
  calls: `a${'()'.repeat(n)}`,
  'type arguments': 'type A=' + 'B<1,'.repeat(n),
  keyof: 'type A=' + 'keyof\n'.repeat(n) + '1',
  arrays: 'type A=1' + '[]'.repeat(n),
  labels: 'a:\n'.repeat(n) + ';',
  casts: `a${'\nas b'.repeat(n)}`,
  'brackets in strings': '(")"+'.repeat(n),
  'a quote in a regular expression': 'if(a)/"/;('.repeat(n),
  'text between tags': `<p>${"'{<p>'".repeat(n)}`,
  members: `a${'\n.b'.repeat(n)}`,
  news: 'new\n'.repeat(n) + 'a',
}

describe('nestingOf', () => {
  it.each(Object.entries(deep))('sees %s', (_, text) => {
    expect(nestingOf('a.tsx', text)).toBeGreaterThan(maxNesting)
    expect(parseTypeScript('a.tsx', text)).toEqual({
      program: null,
      refused: `nested more than ${maxNesting} levels deep`,
    })
  })

  it('lets long flat files pass', () => {
    const wide = [
      Array.from({ length: 5000 }, (_, i) => `export const a${i} = f(${i}, 'it''s (', { b: [1, 2] })`)
        .join('\n')
        .replaceAll("''", "\\'"),
      `const list = [${'{ a: 1, b: "x" },\n'.repeat(5000)}]`,
      `${'foo.bar(1)\n'.repeat(5000)}`,
      `${'const half = `${(a + b) / 2}px (${c / d}`\n'.repeat(2000)}`,
    ]
    for (const text of wide) expect(nestingOf('a.tsx', text)).toBeLessThan(100)
  })

  it('knows that a quote in a file without JSX begins a string', () => {
    const texts = "const text = 'a `name` of <b> and {c}'\n".repeat(500)
    expect(nestingOf('a.ts', texts)).toBeLessThan(100)
    expect(nestingOf('a.tsx', texts)).toBeGreaterThan(maxNesting)
  })

  it('is linear in the length of the text', () => {
    expect(nestingOf('a.tsx', '/'.repeat(200_000))).toBeGreaterThanOrEqual(0)
    expect(nestingOf('a.tsx', '"\n'.repeat(200_000))).toBeGreaterThanOrEqual(0)
  })
})
