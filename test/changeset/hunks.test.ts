import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineAfter } from '../../src/changeset/hunks.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'

async function linesAfter(from: readonly string[], to: readonly string[]): Promise<readonly number[]> {
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')
  const { files } = await changeSetOf(memoryTree({ f: text(from) }), memoryTree({ f: text(to) }))
  const [file] = files
  return from.map((_, i) => (file === undefined ? i + 1 : lineAfter(file, i + 1)))
}

describe('where a line of the old side stands on the new one', () => {
  it.each<[string, string, string, readonly number[]]>([
    ['a line is put in', 'abcdefghij', 'abXcdefghij', [1, 2, 4, 5, 6, 7, 8, 9, 10, 11]],
    ['a line is gone: the one above', 'abcdefghij', 'abcdfghij', [1, 2, 3, 4, 4, 5, 6, 7, 8, 9]],
    ['lines are replaced: the ones in their place', 'abcdefghij', 'abcXYghij', [1, 2, 3, 4, 5, 5, 6, 7, 8, 9]],
    ['the first line is gone', 'abc', 'bc', [1, 1, 2]],
    [
      'two places change',
      'abcdefghijklmnop',
      'Xabcdefghijkmnop',
      [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 13, 14, 15, 16],
    ],
  ])('%s', async (_, from, to, expected) => {
    expect(await linesAfter([...from], [...to])).toEqual(expected)
  })

  it('is where its text stands, as long as it stays', async () => {
    const line = fc.nat(30)
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(line, { minLength: 1, maxLength: 25 }),
        fc.uniqueArray(fc.nat(30), { maxLength: 6 }),
        fc.uniqueArray(fc.integer({ min: 100, max: 130 }), { maxLength: 5 }),
        async (from, gone, fresh) => {
          const to = from.filter((each) => !gone.includes(each))
          for (const each of fresh) to.splice(each % (to.length + 1), 0, each)
          const after = await linesAfter(from.map(String), to.map(String))
          for (const [i, each] of from.entries()) if (to.includes(each)) expect(to[(after[i] ?? 0) - 1]).toBe(each)
        },
      ),
    )
  })
})
