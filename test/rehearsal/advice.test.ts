import type { Finding } from '../../src/finding.ts'
import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { judgedByPlan } from '../../src/engine/plan-evidence.ts'
import type { Problem } from '../../src/engine/rule.ts'
import type { Query } from '../../src/queries/query.ts'
import type { PlanSummary } from '../../src/rehearsal/types.ts'
import { review } from '../../src/review.ts'

const tables =
  'create table orders (id bigint primary key, status text not null, total integer not null, city text not null, slug text not null, team_id integer not null, seen_at timestamptz not null);'

async function findingsOf(query: string, { indexes = '', rows = 20_000_000 } = {}): Promise<readonly Finding[]> {
  const base = { 'migrations/0001_a.sql': tables + indexes, 'README.md': '' }
  const code = `import { Pool } from 'pg'\nconst pool = new Pool({ max: 10, connectionTimeoutMillis: 5000, statement_timeout: 5000 })\nexport const found = (a: string) => pool.query('${query}', [a])\n`
  const head = { ...base, 'src/db.ts': code }
  const config = { ...defaultConfig, postgres: 16, tables: { orders: { rows } } }
  return (
    await review(await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head')), {
      rules: catalog,
      settings: { config, notes: [] },
    })
  ).findings
}

const advice = (findings: readonly Finding[]): Finding | undefined =>
  findings.find((finding) => finding.rule === 'require-index-for-filter')

test('an index is advised that was made and that the planner uses', async () => {
  const found = advice(await findingsOf('SELECT id FROM orders WHERE status = $1 LIMIT 10'))
  expect(found?.severity).toBe('warning')
  expect(found?.help).toContain('CREATE INDEX CONCURRENTLY "orders_status_idx" ON "orders" ("status");')
  expect(found?.evidence?.plan).toBe(
    'Seq Scan on orders, 20,000,000 rows, filter (orders.status = $1); with the index Index Scan using orders_status_idx on orders, 100,000 rows, by (orders.status = $1)',
  )
})

test('an index that the planner would not use is not advised', async () => {
  const found = advice(await findingsOf('SELECT id, city, status FROM orders WHERE total <> 3 AND total > $1'))
  expect(found?.severity).toBe('info')
  expect(found?.help).toContain('An index on these columns was tried at the declared sizes')
  expect(found?.help).not.toContain('CREATE INDEX')
})

test('an index that is walked for its order does not answer a filter, and one of both does', async () => {
  const found = advice(await findingsOf('SELECT id FROM orders WHERE status = $1 ORDER BY id LIMIT 10'))
  expect(found?.severity).toBe('info')
  expect(found?.help).toContain('CREATE INDEX CONCURRENTLY "orders_status_id_idx" ON "orders" ("status", "id")')
  expect(found?.evidence?.plan).toBe(
    'Index Scan using orders_pkey on orders, 100,000 rows, filter (orders.status = $1); with the index Index Only Scan using orders_status_id_idx on orders, 100,000 rows, by (orders.status = $1)',
  )
})

test('where few rows match, the walk of an index for its order reads most of the table', async () => {
  const found = advice(await findingsOf('SELECT id FROM orders WHERE slug = $1 ORDER BY id LIMIT 1'))
  expect(found?.severity).toBe('warning')
  expect(found?.evidence?.plan).toBe('Index Scan using orders_pkey on orders, 100,000 rows, filter (orders.slug = $1)')
})

test('an index that only a later planner skips through does not serve this server', async () => {
  const found = advice(
    await findingsOf('SELECT id FROM orders WHERE seen_at BETWEEN $1 AND $1 LIMIT 1000', {
      indexes: 'create index on orders (team_id, seen_at);',
      rows: 900_000_000,
    }),
  )
  expect(found?.message).toContain('`seen_at`, which stands behind `team_id`')
})

test('what a plan refutes is not told', () => {
  const summary = (lines: readonly string[], scanned: readonly string[] = []): PlanSummary => ({
    cost: 1,
    lines,
    scans: scanned.map((table) => ({ table, rows: 5, unavoidable: true, filter: null, line: `Seq Scan on ${table}` })),
    indexes: [],
    sorts: [],
    subplans: [],
  })
  const problem = (expects: 'scan' | 'sort'): Problem => ({ message: 'm', object: 'public.orders', expects })
  const told = (expects: 'scan' | 'sort', after: PlanSummary): number =>
    [
      ...judgedByPlan([problem(expects)], {
        plan: { id: 0, before: null, after, error: null, withIndex: null, usesIndex: null },
      } as Query),
    ].length
  expect(told('scan', summary(['Index Scan using a on orders, 1 row, by (x = $1)']))).toBe(0)
  expect(told('scan', summary(['Seq Scan on orders, 5 rows'], ['public.orders']))).toBe(1)
  expect(told('scan', summary(['Append, 5 rows', '  Seq Scan on orders_2026, 5 rows'], ['public.orders_2026']))).toBe(1)
  expect(told('sort', summary(['Index Scan using a on orders, 1 row']))).toBe(0)
  expect(told('sort', summary(['Limit, 1 row', '  Incremental Sort, 5 rows']))).toBe(1)
  const sorting = (rows: number): PlanSummary => {
    const line = `Sort, ${rows} rows, sorted by a`
    return { ...summary(['Limit, 1 row', `  ${line}`]), sorts: [{ rows, line }] }
  }
  expect(told('sort', sorting(40))).toBe(0)
  expect(told('sort', sorting(40_000))).toBe(1)
  expect([...judgedByPlan([problem('scan')], {} as Query)]).toEqual([problem('scan')])
})
