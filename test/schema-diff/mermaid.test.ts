import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { erDiagram, erDiagramOfChanges, erDiagramsOfChanges } from '../../src/schema/show/mermaid.ts'
import type { Schema, Table } from '../../src/schema/model.ts'
import { column, foreignKey, schema, table } from './build.ts'

const orgs = table('orgs', [column('id', 'integer', { nullable: false }), column('secret', 'text')], {
  primaryKey: { name: 'p', columns: ['id'], include: [], deferrable: false, declared: [] },
})
const users = table(
  'users',
  [column('id', 'integer'), column('org_id', 'integer'), column('name', 'character varying(20)')],
  { foreignKeys: [foreignKey('f', ['org_id'], 'orgs')] },
)

function picture(before: Schema, after: Schema, limit?: number): string {
  return erDiagramOfChanges(before, after, diffSchemas(before, after), limit)
}

// The lines that mermaid's grammar for ER diagrams takes, as narrow as we write them.
const name = '[A-Za-z_][A-Za-z0-9_]*'
const said = '"[\\p{L}\\p{N} _.,();-]+"'
const lines = [
  /^erDiagram$/,
  new RegExp(`^ {2}${name}\\[${said}\\]( \\{)?$`, 'u'),
  new RegExp(`^ {4}${name} ${name}( (PK|FK|UK)(, (PK|FK|UK))*)?( ${said})?$`, 'u'),
  /^ {2}\}$/,
  new RegExp(`^ {2}${name} (\\|o|\\|\\|)(--|\\.\\.)(o\\||o\\{) ${name} : ${said}$`, 'u'),
]

describe('the picture of a change', () => {
  test('shows touched tables with what changed, neighbours by their keys, and nothing else', () => {
    const after = {
      ...users,
      columns: [users.columns[0]!, users.columns[1]!, column('email', 'timestamp(3) without time zone')],
    }
    const logs = table('logs', [column('id', 'integer')])
    expect(picture(schema([orgs, users, logs]), schema([orgs, after, logs]))).toBe(`erDiagram
  t1["users (changed)"] {
    integer org_id FK
    timestamp_3 email "new"
    varchar_20 name "dropped"
    _ more "1 more column"
  }
  t2["orgs"] {
    integer id PK
    _ more "1 more column"
  }
  t2 |o--o{ t1 : "org_id"
`)
  })

  test('is empty where no table is touched', () => {
    expect(picture(schema([users]), schema([users]))).toBe('')
  })

  test('marks relations that come and go', () => {
    expect(picture(schema([orgs, { ...users, foreignKeys: [] }]), schema([orgs, users]))).toContain(
      't2 |o--o{ t1 : "org_id (new)"',
    )
    expect(picture(schema([orgs, users]), schema([orgs, { ...users, foreignKeys: [] }]))).toContain(
      't2 |o--o{ t1 : "org_id (dropped)"',
    )
  })

  test('stays within what GitHub draws', () => {
    const many = Array.from({ length: 300 }, (_, i) =>
      table(
        `table_${i}`,
        Array.from({ length: 60 }, (_, c) => column(`column_${c}`, 'integer')),
        {
          foreignKeys: i ? [foreignKey('f', ['column_1'], `table_${i - 1}`)] : [],
        },
      ),
    )
    const one = picture(schema([]), schema(many), 300)
    expect(one.length).toBeLessThan(50_000)
    expect(picture(schema([]), schema(many))).toContain('more["and 275 more tables"]')
    expect(erDiagram(schema(many)).length).toBeLessThan(50_000)
  })

  test('is well formed whatever the names hold', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(
        '"',
        '}',
        '{',
        '\n',
        '%%',
        '|',
        ']',
        '[',
        'a',
        'PK',
        '<script>',
        ';',
        '`',
        '\\',
        '\u2028',
        'ü',
        '漢',
        '%',
        ' ',
        '#',
        '\t',
      ),
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(hostile, hostile, hostile, (n, c, type) => {
        const odd = table(n, [column(c, type), column('PK', 'fk')], { foreignKeys: [foreignKey(n, [c], n)] })
        for (const text of [erDiagram(schema([odd])), picture(schema([]), schema([odd]))]) {
          for (const line of text.trimEnd().split('\n'))
            expect(
              lines.some((l) => l.test(line)),
              line,
            ).toBe(true)
        }
      }),
    )
  })

  test('keeps words apart that mermaid takes for a setting on any line', () => {
    expect(erDiagram(schema([table('direction TB', [column('Direction  lr', 'text')])]))).not.toMatch(
      /direction\s+(TB|BT|LR|RL)/i,
    )
  })
})

describe('the picture for a page of limited width', () => {
  const of = (tables: readonly Table[], limit = 25) => {
    const [before, after] = [schema([]), schema(tables)]
    return erDiagramsOfChanges(before, after, diffSchemas(before, after), limit)
  }
  const heads = (text: string) => [...text.matchAll(/^ {2}\w+\["(\w+)/gm)].map(([, head]) => head)
  const lone = (n: number) => Array.from({ length: n }, (_, i) => table(`t${i}`, [column('id', 'integer')]))
  const child = (at: string) =>
    table(at, [column('id', 'integer'), column('org_id', 'integer')], {
      foreignKeys: [foreignKey(`${at}_f`, ['org_id'], 'orgs')],
    })

  test('puts tables that nothing connects in rows of four, behind those that belong together', () => {
    expect(of([...lone(6), users, orgs]).map(heads)).toEqual([
      ['orgs', 'users', 't0', 't1', 't2'],
      ['t3', 't4', 't5'],
    ])
  })

  test('draws many tables beside each other from left to right, so that they stand in a column', () => {
    const [first, second, ...others] = of([orgs, ...['a', 'b', 'c', 'd', 'e'].map(child), table('x', [])])
    expect(first).toMatch(/^erDiagram\n {2}direction LR\n/)
    expect(heads(second ?? '')).toEqual(['x'])
    expect(second).not.toContain('direction')
    expect(others).toEqual([])
  })

  test('keeps what binds the others where there are too many, and says how many are left out', () => {
    const [first] = of([...lone(3), ...['a', 'b', 'c'].map(child), orgs], 4)
    expect(heads(first ?? '')).toEqual(['a', 'b', 'c', 'orgs', 'and'])
    expect(first).toContain('and 3 more tables')
  })
})
