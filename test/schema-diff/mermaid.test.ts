import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { erDiagram, erDiagramOfChanges } from '../../src/schema/show/mermaid.ts'
import type { Schema } from '../../src/schema/model.ts'
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
