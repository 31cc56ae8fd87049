import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { sourceFile } from '../../src/location.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { replayHistory } from '../../src/schema/replay.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'

beforeAll(loadParser)

const snippets = [
  "CREATE TABLE a (id serial PRIMARY KEY, b text DEFAULT 'x' CHECK (b <> ''), c int REFERENCES a);",
  "ALTER TABLE a ADD COLUMN d int[] NOT NULL DEFAULT '{}', DROP COLUMN b CASCADE;",
  'CREATE UNIQUE INDEX ON a (lower(b)) WHERE c > 1;',
  "DO $$ BEGIN CREATE TYPE m AS ENUM ('a'); EXCEPTION WHEN others THEN NULL; END $$;",
  'CREATE FUNCTION f(x int) RETURNS int LANGUAGE plpgsql AS $f$ BEGIN UPDATE a SET b = 1; RETURN x; END $f$;',
  'ALTER TYPE m RENAME TO n;',
  'ALTER TABLE a RENAME COLUMN b TO e;',
  'CREATE VIEW v AS SELECT * FROM a JOIN a b USING (id);',
  'DROP TABLE IF EXISTS a, v CASCADE;',
  'COPY a FROM stdin;\n1\t2\n\\.\n',
  '\\connect x\n',
  '/* ',
  ' */',
  '$$',
  "'",
  '"',
  ';',
  '(',
  ')',
  '--',
  '\n',
  '\r\n',
  'CREATE TABLE p (LIKE a INCLUDING ALL) PARTITION BY RANGE (id);',
  'CREATE TABLE q PARTITION OF p FOR VALUES FROM (1) TO (2);',
  'ALTER TABLE p ATTACH PARTITION q DEFAULT;',
  'BEGIN ATOMIC',
  ' END',
  '{{ x }}',
  '`',
  'ENGINE=InnoDB',
  '😀',
  '\u0000',
  '\\',
  'CREATE SCHEMA s CREATE TABLE t (a int);',
  "SET search_path = '';",
  'COMMENT ON CONSTRAINT c ON a IS NULL;',
  'CREATE POLICY p ON a USING (b = CURRENT_USER);',
  'ALTER TABLE a ALTER COLUMN b TYPE varchar(3) USING b::varchar(3);',
  'ALTER INDEX i RENAME TO j;',
  'CREATE TABLE __proto__ (constructor text, "" int);',
  'ALTER TABLE __proto__ DROP COLUMN constructor;',
]

const text = fc
  .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...snippets) }, fc.string({ maxLength: 12 })), {
    maxLength: 14,
  })
  .map((parts) => parts.join(' '))
const broken = fc
  .tuple(text, fc.nat(400), fc.nat(20))
  .map(([whole, at, length]) => whole.slice(0, at) + whole.slice(at + length))

describe('whatever a file holds', () => {
  it('reading and replaying come to an end, with places inside of the file', () => {
    fc.assert(
      fc.property(fc.oneof(text, broken), fc.boolean(), (sql, alone) => {
        const file = sourceFile('m.sql', sql)
        const read = readSql(file)
        for (const { place } of [...read.statements, ...read.problems, ...read.comments]) {
          expect(place.line).toBeGreaterThan(0)
          expect(place.line).toBeLessThanOrEqual(file.lineStarts.length)
          expect(place.endLine * 1e6 + place.endColumn).toBeGreaterThanOrEqual(place.line * 1e6 + place.column)
        }
        for (const statement of read.statements) expect(sql.slice(statement.start, statement.end)).toBe(statement.text)
        const { schema } = replayHistory(
          emptySchema('postgresql', !alone),
          [{ name: 'm', path: 'm.sql', statements: read.statements, down: null, isNew: true }],
          { postgres: 16, source: 'migrations', alone },
        )
        for (const [key, table] of schema.tables) expect(table.key).toBe(key)
      }),
      { numRuns: 400 },
    )
  })

  it('large files are read whole', () => {
    const rows = Array.from(
      { length: 60_000 },
      (_, i) => `(${i}, 'some text that is as long as a usual value of a seed', now())`,
    ).join(',\n')
    const statements = Array.from(
      { length: 40_000 },
      (_, i) => `INSERT INTO t (id, name) VALUES (${i}, 'it''s a name');`,
    ).join('\n')
    const sql = `INSERT INTO seed VALUES ${rows};\n${statements}\nCREATE TABLE last (id int);\n`
    expect(sql.length).toBeGreaterThan(6_000_000)
    const read = readSql(sourceFile('seed.sql', sql))
    expect(read.problems).toEqual([])
    expect(read.statements).toHaveLength(40_002)
    expect(read.statements.at(-1)?.text).toBe('CREATE TABLE last (id int)')
  })

  it('files full of what never ends come to an end', () => {
    for (const part of [
      "'",
      '"',
      '$a$',
      '/*',
      '(',
      "E'\\",
      '$',
      '{{',
      ';;',
      'BEGIN ATOMIC ',
      'SELECT $$',
      "SELECT '\n;\n",
      'x.',
      '\\',
      '`',
      'DO $$ BEGIN ',
      '--;\n',
    ]) {
      const { problems } = readSql(sourceFile('x.sql', part.repeat(20_000)))
      expect(problems.length).toBeLessThan(30)
    }
    const distinct = Array.from({ length: 5000 }, (_, i) => `SELECT $t${i}$ x;\nSELECT 1;\n`).join('')
    expect(readSql(sourceFile('x.sql', distinct)).problems.length).toBeLessThan(30)
  })
})
