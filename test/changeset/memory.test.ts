import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addsLines, commentable, parsePatch, wholeFile } from '../../src/changeset/hunks.ts'
import { globMatcher, globProblem, pathMatcher } from '../../src/changeset/globs.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'

const change = async (before: Record<string, string>, after: Record<string, string>) =>
  changeSetOf(memoryTree(before), memoryTree(after))

describe('a change set in memory', () => {
  test('has what was added, changed, deleted and renamed', async () => {
    const body = 'a\nb\nc\nd\n'
    const changes = await change(
      { 'same.sql': 'x', 'edited.sql': body, 'gone.sql': 'y\n', 'old.sql': 'moved\n', 'was.sql': body },
      {
        'same.sql': 'x',
        'edited.sql': 'a\nB\nc\nd\n',
        'fresh.sql': 'q\nr',
        'new.sql': 'moved\n',
        'is.sql': `${body}e\n`,
      },
    )
    expect(
      changes.files.map(({ path, previousPath, status, hunks }) => [
        status,
        path,
        previousPath,
        hunks?.flatMap(({ added }) => added),
      ]),
    ).toEqual([
      ['modified', 'edited.sql', null, [2]],
      ['added', 'fresh.sql', null, [1, 2]],
      ['deleted', 'gone.sql', null, []],
      ['renamed', 'is.sql', 'was.sql', [5]],
      ['renamed', 'new.sql', 'old.sql', []],
    ])
    expect(changes.truncated).toBe(false)
  })

  test('adds exactly the lines that are not in the old text', async () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', '', '-- x', '+++'), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(lines, lines, async (from, to) => {
        const [before, after] = [from.map((line) => `${line}\n`).join(''), to.map((line) => `${line}\n`).join('')]
        const { files } = await change({ f: before, other: '1' }, { f: after, other: '1' })
        const added = new Set(files[0]?.hunks?.flatMap((hunk) => hunk.added) ?? [])
        const kept = to.filter((_, i) => !added.has(i + 1))
        let at = 0
        for (const line of from) if (line === kept[at]) at++
        expect(at).toBe(kept.length)
      }),
    )
  })

  test('gives git its ids', async () => {
    const { entries } = await memoryTree({ 'a.txt': 'hello\n' }).list()
    expect(entries).toEqual([{ path: 'a.txt', oid: 'ce013625030ba8dba906f756967f9e9ca394464a', size: 6, mode: 'file' }])
  })
})

describe('hunks', () => {
  const patch =
    '@@ -1,3 +1,4 @@ CREATE\n a\n-b\n+B\n+B2\n c\n@@ -10 +11,2 @@\n x\n+@@ -1 +99 @@\n\\ No newline at end of file'

  test('are read from a patch as GitHub gives it', () => {
    expect(parsePatch(patch)).toEqual([
      { oldStart: 1, oldLines: 3, newStart: 1, newLines: 4, added: [2, 3], removed: [2] },
      { oldStart: 10, oldLines: 1, newStart: 11, newLines: 2, added: [12], removed: [] },
    ])
    expect(parsePatch('')).toEqual([])
    expect(parsePatch('Binary files a and b differ')).toEqual([])
  })

  test('say which lines can carry a comment and which were added', () => {
    const file = { path: 'a', previousPath: null, status: 'modified', hunks: parsePatch(patch) } as const
    expect([...commentable(file)]).toEqual([1, 2, 3, 4, 11, 12])
    expect([addsLines(file, 1, 1), addsLines(file, 1, 2), addsLines(file, 4, 11), addsLines(file, 5, 20)]).toEqual([
      false,
      true,
      false,
      true,
    ])
    expect(addsLines({ ...file, hunks: null }, 7, 7)).toBe(true)
    expect(commentable({ ...file, hunks: null }).size).toBe(0)
    expect(commentable({ ...file, status: 'deleted' }).size).toBe(0)
  })

  test('never throw on what is no patch', () => {
    fc.assert(
      fc.property(fc.string(), (garbage) => {
        for (const hunk of parsePatch(`@@ -1,2 +1,3 @@\n${garbage}`))
          expect(hunk.added.length).toBeLessThanOrEqual(garbage.split('\n').length)
      }),
    )
  })

  test('of a new file cover it', () => {
    expect(wholeFile('')).toEqual([])
    expect(wholeFile('a\nb\n')[0]).toMatchObject({ newStart: 1, newLines: 2, added: [1, 2] })
    expect(wholeFile('a\nb')[0]?.added).toEqual([1, 2])
  })
})

describe('globs', () => {
  test('match at any depth, and hidden files', () => {
    const matches = pathMatcher({
      include: ['**/prisma/**', '**/*.sql', '**/{prisma,drizzle}.config.*'],
      ignore: ['**/seed.sql', 'clickhouse/**'],
    })
    expect(
      [
        'prisma/schema.prisma',
        'a/prisma/x',
        'x.sql',
        '.hidden/y.sql',
        'prisma.config.ts',
        'apps/web/drizzle.config.js',
      ].filter((path) => !matches(path)),
    ).toEqual([])
    expect(['seed.sql', 'db/seed.sql', 'clickhouse/1.sql', 'src/a.ts', 'prisma'].filter(matches)).toEqual(
      ['prisma'].filter(matches),
    )
    expect(globMatcher([])('a')).toBe(false)
    expect(globMatcher(['./db/**', '/sql/**'])('db/a')).toBe(true)
  })

  test('that would take for ever are refused', () => {
    expect(globProblem('**/*.sql')).toBeNull()
    expect(globProblem('*a*a*a*a*a*a*a*a*a*a')).toBe('has more than eight stars')
    expect(globProblem('!x')).toMatch(/begins with/)
    expect(globProblem(' ')).toBe('is empty')
    expect(globMatcher(['+(a|aa)+(a|aa)b'])('a'.repeat(40))).toBe(false)
  })
})
