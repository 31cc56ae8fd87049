import { describe, expect, it } from 'vitest'
import { readDrizzleFolders, readDrizzleJournal } from '../../src/schema/drizzle/journal.ts'

function journal(entries: readonly (readonly [number, string, number])[]): string {
  return JSON.stringify(
    {
      version: '7',
      dialect: 'postgresql',
      entries: entries.map(([idx, tag, when]) => ({ idx, version: '7', when, tag, breakpoints: true })),
    },
    null,
    2,
  )
}

describe('readDrizzleJournal', () => {
  const files = [
    'drizzle/0000_a.sql',
    'drizzle/0001_b.sql',
    'drizzle/0002_orphan.sql',
    'drizzle/meta/x.sql',
    'other/0003.sql',
  ]

  it('reads entries with their places and holds them against the files', () => {
    const { journal: read, notes } = readDrizzleJournal(
      journal([
        [0, '0000_a', 10],
        [1, '0001_b', 20],
        [2, '0002_gone', 30],
      ]),
      'drizzle/meta/_journal.json',
      files,
    )
    expect(notes).toEqual([])
    expect(read).toMatchObject({
      version: '7',
      dialect: 'postgresql',
      orphans: ['drizzle/0002_orphan.sql'],
      outOfOrder: [],
    })
    expect(read?.missing.map((it) => it.file)).toEqual(['drizzle/0002_gone.sql'])
    expect(read?.entries[1]).toMatchObject({
      idx: 1,
      tag: '0001_b',
      when: 20,
      file: 'drizzle/0001_b.sql',
      place: { line: 12, column: 5, endLine: 18, endColumn: 5 },
    })
  })

  it('sees entries older than what runs before them', () => {
    const { journal: read } = readDrizzleJournal(
      journal([
        [0, '0000_a', 10],
        [1, '0001_b', 30],
        [1, '0001_c', 20],
      ]),
      'drizzle/meta/_journal.json',
      files,
    )
    expect(read?.outOfOrder.map((it) => it.tag)).toEqual(['0001_c'])
  })

  it.each([
    ['', 'not JSON'],
    ['{"a":', 'not JSON'],
    ['[]', 'not JSON'],
    ['{}', 'no `entries`'],
    ['{"entries":[\n<<<<<<< HEAD\n]}', 'merge conflict'],
    ['['.repeat(9000), 'nested'],
  ])('is a note where it cannot be read: %.20s', (text, reason) => {
    const { journal: read, notes } = readDrizzleJournal(text, 'drizzle/meta/_journal.json', [])
    expect(read).toBeNull()
    expect(notes[0]?.message).toContain(reason)
    expect(notes[0]?.blocking).toBe(true)
  })

  it('names an entry without a tag', () => {
    expect(readDrizzleJournal('{"entries":[{"idx":0}]}', 'drizzle/meta/_journal.json', []).notes).toHaveLength(1)
  })
})

describe('readDrizzleFolders', () => {
  it('orders the folders of v1 by name', () => {
    expect(
      readDrizzleFolders('drizzle', [
        'drizzle/2025_b/migration.sql',
        'drizzle/2024_a/migration.sql',
        'drizzle/2024_a/snapshot.json',
        'drizzle/x/y/migration.sql',
        'drizzle/empty/snapshot.json',
      ]),
    ).toEqual([
      { tag: '2024_a', file: 'drizzle/2024_a/migration.sql', snapshot: 'drizzle/2024_a/snapshot.json' },
      { tag: '2025_b', file: 'drizzle/2025_b/migration.sql', snapshot: null },
    ])
  })
})
