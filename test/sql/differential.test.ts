import Module from 'pg-query-emscripten'
import { beforeAll, describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import type { Example } from '../../src/engine/rule.ts'
import { sourceFile } from '../../src/location.ts'
import { loadParser, parseSql } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'

beforeAll(loadParser)

/** After about a thousand statements the other build gives back damaged trees, so it is made anew long before that. */
const freshEvery = 100

/** What PostgreSQL 17 and 18 added to the tree, and what only counts characters. Negative numbers are left out too: the other build leaves them out. */
const ignored = new Set([
  'location',
  'stmt_len',
  'stmt_location',
  'is_enforced',
  'initially_valid',
  'skip_validation',
  'rexpr_list_start',
  'rexpr_list_end',
  'list_start',
  'list_end',
])

/** Syntax that the grammar of PostgreSQL 16 does not have. */
const newer =
  /\bNOT ENFORCED\b|\bVIRTUAL\b|\bWITHOUT OVERLAPS\b|\bJSON_TABLE\b|\bMERGE INTO\b|\bADD (?:CONSTRAINT \S+ )?NOT NULL\b|\bSET EXPRESSION\b|\bGENERATED ALWAYS AS \((?:(?!STORED).)*\)\s*[,)]/is

/** JSON is a word of the grammar since PostgreSQL 17. */
const jsonType = '[{"String":{"sval":"pg_catalog"}},{"String":{"sval":"json"}}]'

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return JSON.stringify(value) === jsonType ? value.slice(1) : value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, each]) => !ignored.has(name) && !(name === 'ival' && typeof each === 'number' && each < 0))
      // PostgreSQL 18 puts what RETURNING lists into a clause of its own.
      .map(([name, each]) =>
        name === 'returningClause' ? ['returningList', plain((each as { exprs: unknown }).exprs)] : [name, plain(each)],
      ),
  )
}

function examples(): readonly string[] {
  const texts = catalog
    .flatMap((rule) => [...rule.bad, ...rule.good])
    .flatMap((example: Example) => [example.given ?? [], example.sql ?? []].flat())
  const statements = texts.flatMap((text) =>
    readSql(sourceFile('example.sql', text)).statements.map((statement) => statement.text),
  )
  return [...new Set(statements)].filter((text) => !newer.test(text))
}

describe('two independent builds of the Postgres parser', () => {
  it("give the same tree for every statement of the rules' examples", async () => {
    const statements = examples()
    expect(statements.length).toBeGreaterThan(200)
    let other = await new Module()
    let used = 0
    for (const text of statements) {
      if (++used % freshEvery === 0) other = await new Module()
      const theirs = other.parse(text)
      const ours = parseSql(text)
      if (theirs.error !== null) throw new Error(`${text}\n${theirs.error.message}`)
      expect(plain('nodes' in ours ? ours.nodes : ours), text).toEqual(
        plain(theirs.parse_tree.stmts.map((each) => each.stmt)),
      )
    }
  })

  it('refuse the same mistakes with the same words at the same place', async () => {
    const other = await new Module()
    for (const text of [
      'CREATE TABEL a (b int)',
      'SELECT 1 FROM',
      'ALTER TABLE a ADD COLUMN',
      "SELECT 'é' FROM WHERE",
      'DROP INDEX CONCURRENTLY',
      'INSERT INTO a VALUES (1,, 2)',
      'CREATE INDEX ON a (b',
    ]) {
      const ours = parseSql(text)
      const theirs = other.parse(text)
      expect('nodes' in ours ? ours.nodes : [ours.message, ours.offset]).toEqual([
        theirs.error?.message,
        (theirs.error?.cursorpos ?? 0) - 1,
      ])
    }
  })
})
