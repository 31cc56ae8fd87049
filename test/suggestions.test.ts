import type { Finding } from '../src/finding.ts'
import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalog } from '../rules/index.ts'
import { freshDatabase } from '../scripts/corpus/database.ts'
import type { CatalogRule, Example } from '../src/engine/rule.ts'
import { sourceFile } from '../src/location.ts'
import { flow } from '../src/report/rule-page.ts'
import { loadParser } from '../src/sql/parser.ts'
import { readSql } from '../src/sql/read.ts'
import { reviewExample, treesOf } from './example.ts'

/** A bad example with one of its suggestions applied. */
interface Applied {
  readonly example: Example
  readonly sql: readonly string[]
  readonly report: Awaited<ReturnType<typeof reviewExample>>
}

const examples = catalog.flatMap((rule) =>
  rule.bad.flatMap((example, index) =>
    example.sql === undefined ? [] : [[`${rule.id}, example ${index + 1}`, rule, example] as const],
  ),
)
const declaring = catalog.flatMap((rule) =>
  rule.bad.flatMap((example, index) =>
    (example.prisma ?? example.drizzle) ? [[`${rule.id}, example ${index + 1}`, rule, example] as const] : [],
  ),
)
const suggesting = new Set<string>()
const mending = new Set<string>()
let database: PGlite

beforeAll(async () => {
  await loadParser()
  database = await freshDatabase()
})
afterAll(async () => {
  await database.close()
})

describe('a suggestion that is applied', () => {
  it.each(examples)('leaves a file that works: %s', async (_, rule, example) => {
    const first = await reviewExample(example, rule, catalog)
    for (const finding of first.findings.filter(
      (each) => each.rule === rule.id && each.suggestion?.path.endsWith('.sql'),
    )) {
      suggesting.add(rule.id)
      const { sql, report } = await apply(finding, example, rule)
      expect(
        report.findings
          .filter((each) => each.rule === rule.id && each.object === finding.object)
          .map((each) => each.message),
      ).toEqual([])
      const before = new Set(first.findings.map((each) => each.rule))
      expect(
        report.findings
          .filter((each) => each.severity === 'error' && !before.has(each.rule))
          .map((each) => each.message),
      ).toEqual([])
      for (const text of sql) expect(readSql(sourceFile('applied.sql', text)).problems).toEqual([])
      if (example.unproven === undefined) await runs([example.given ?? '', ...sql])
    }
  })

  it.each(declaring)('leaves a schema that can be read: %s', async (_, rule, example) => {
    const first = await reviewExample(example, rule, catalog)
    for (const finding of first.findings.filter(
      (each) => each.rule === rule.id && each.suggestion !== null && !each.suggestion.path.endsWith('.sql'),
    )) {
      mending.add(`${rule.id} in ${finding.suggestion?.path.endsWith('.prisma') ? 'Prisma' : 'Drizzle'}`)
      expect(finding.help).toContain('A migration has to follow')
      const report = await reviewExample(applyToSchema(finding, example), rule, catalog)
      expect(report.notes.filter((note) => note.blocking).map((note) => note.message)).toEqual([])
      expect(
        report.findings
          .filter((each) => each.rule === rule.id && each.object === finding.object)
          .map((each) => each.message),
      ).toEqual([])
      const before = new Set(first.findings.map((each) => each.rule))
      // The migration that has to follow is not there yet.
      expect(
        report.findings
          .filter((each) => each.severity === 'error' && each.group !== 'consistency' && !before.has(each.rule))
          .map((each) => each.message),
      ).toEqual([])
    }
  })

  it("is there for the rules that a change of the ORM's schema mends", () => {
    expect([...mending].sort()).toEqual(
      expect.arrayContaining([
        'no-cascade-cycle in Drizzle',
        'no-cascade-cycle in Prisma',
        'no-redundant-index in Drizzle',
        'no-redundant-index in Prisma',
        'prefer-timestamptz in Drizzle',
        'prefer-timestamptz in Prisma',
        'prefer-uuid-type in Prisma',
        'require-foreign-key-index in Drizzle',
        'require-foreign-key-index in Prisma',
      ]),
    )
  })

  it('is there for the rules that one line mends', () => {
    expect([...suggesting].sort()).toEqual(
      expect.arrayContaining([
        'no-char',
        'no-float-money',
        'no-hash-index',
        'no-invalid-index-kept',
        'no-money',
        'no-reg-type',
        'no-rounded-timestamp',
        'no-syntax-error',
        'no-unlogged-table',
        'prefer-bigint',
        'prefer-bigint-primary-key',
        'prefer-combined-alter',
        'prefer-identity',
        'prefer-jsonb',
        'prefer-text',
        'prefer-timestamptz',
        'prefer-uuid-type',
        'require-concurrent-detach',
        'require-concurrent-index',
        'require-concurrent-index-drop',
        'require-concurrent-refresh',
        'require-concurrent-reindex',
        'require-not-valid-check',
        'require-not-valid-foreign-key',
      ]),
    )
  })
})

/** Replaces the lines that the suggestion names in the example's own files, and reviews again. */
async function apply(finding: Finding, example: Example, rule: CatalogRule): Promise<Applied> {
  const { suggestion } = finding
  if (suggestion === null) throw new Error('no suggestion')
  const texts = (typeof example.sql === 'string' ? [example.sql] : (example.sql ?? [])).map((text) => flow(text))
  const at = example.alone
    ? Number.parseInt(suggestion.path, 10) - 1
    : Number(/change_(\d+)/.exec(suggestion.path)?.[1] ?? 1) - 1
  const wrapped = finding.place.path.includes('change_') ? headerLines(example) : 0
  const sql = texts.map((text, i) => {
    if (i !== at) return text
    const lines = text.split('\n')
    lines.splice(
      suggestion.line - 1 - wrapped,
      suggestion.endLine - suggestion.line + 1,
      ...suggestion.text.split('\n'),
    )
    return lines.join('\n')
  })
  const changed = { ...example, sql }
  return { example: changed, sql, report: await reviewExample(changed, rule, catalog) }
}

/** The example with the suggestion made in its ORM schema, which no migration says yet. */
function applyToSchema(finding: Finding, example: Example): Example {
  const { suggestion } = finding
  if (suggestion === null) throw new Error('no suggestion')
  const path = suggestion.path.endsWith('.prisma') ? 'prisma/schema.prisma' : 'src/schema.ts'
  expect(suggestion.path).toBe(path)
  const whole = treesOf(example).head[path] ?? ''
  const lines = whole.split('\n')
  lines.splice(suggestion.line - 1, suggestion.endLine - suggestion.line + 1, ...suggestion.text.split('\n'))
  const { prisma, drizzle } = example
  const header = whole.length - flow((prisma ?? drizzle)?.after ?? '').length
  const after = lines.join('\n').slice(header)
  const withoutMigration = Object.fromEntries(Object.entries(example).filter(([name]) => name !== 'sql'))
  return {
    ...withoutMigration,
    ...(prisma ? { prisma: { ...prisma, after } } : {}),
    ...(drizzle ? { drizzle: { ...drizzle, after } } : {}),
  }
}

/** Lines that a runner's layout puts before the example's own text. */
function headerLines(example: Example): number {
  const runner = example.runner?.split('@')[0]
  return runner === 'goose' || runner === 'dbmate' || runner === 'node-pg-migrate' ? 1 : 0
}

/** Runs scripts in an empty database, statement by statement as psql does; fails with what Postgres says. */
async function runs(scripts: readonly string[]): Promise<void> {
  await database.exec('ROLLBACK')
  const { rows } = await database.query<{ sql: string }>(`
    SELECT 'DROP SCHEMA ' || quote_ident(nspname) || ' CASCADE' AS sql FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema')`)
  for (const { sql } of rows) await database.exec(sql)
  await database.exec('CREATE SCHEMA public')
  for (const script of scripts) {
    for (const statement of readSql(sourceFile('script.sql', script)).statements.filter(
      ({ inside }) => inside === null,
    ))
      await database.query(statement.text)
  }
}
