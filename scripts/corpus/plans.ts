import type { PGlite } from '@electric-sql/pglite'
import { gitTree } from '../../src/changeset/git.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import type { Predicate, Query } from '../../src/queries/query.ts'
import { readQueries } from '../../src/queries/read.ts'
import type { QueriesRead } from '../../src/queries/read.ts'
import { readProjects } from '../../src/reading.ts'
import type { ProjectReading } from '../../src/reading.ts'
import { rootOf } from '../../src/rehearsal/plan-summary.ts'
import type { PlanNode } from '../../src/rehearsal/plan-summary.ts'
import { indexUse } from '../../src/schema/index-use.ts'
import { nameOf } from '../../src/schema/model.ts'
import type { Schema } from '../../src/schema/model.ts'
import { schemaStatements } from '../../src/schema/sql/schema.ts'
import { freshDatabase } from './database.ts'
import { repositoriesIn } from './drizzle.ts'
import type { CorpusOptions } from './options.ts'

interface Agreement {
  served: number
  none: number
  readonly against: string[]
  /** Queries whose SQL Postgres did not take, as far as a table or function that is not there is no reason. */
  readonly refused: string[]
}

/**
 * Holds what is said of indexes against the planner: every query of the repositories of which an index is said to serve all conditions,
 * or none to serve any, is planned with sequential scans switched off. Prints the calls of each project beside it: how many were found,
 * how many are judged and how many are put together at run time.
 */
export async function run(options: CorpusOptions): Promise<boolean> {
  if (options.repos === null) {
    console.log('skipped: --repos names no folder with the repositories')
    return true
  }
  const total = { calls: 0, judged: 0, served: 0, none: 0, against: 0 }
  console.log(
    '| repository | calls | judged | dynamic | served, planner agrees | none, planner agrees | disagree |\n| --- | --- | --- | --- | --- | --- | --- |',
  )
  const details: string[] = []
  for (const { name, path } of repositoriesIn(options.repos)) {
    const { counts, agreements } = await compare(path)
    if (counts.calls === 0) continue
    const sum = agreements.reduce((a, b) => ({ served: a.served + b.served, none: a.none + b.none }), {
      served: 0,
      none: 0,
    })
    const against = agreements.flatMap((it) => it.against)
    console.log(
      `| ${name} | ${counts.calls} | ${share(counts.judged, counts.calls)} | ${share(counts.dynamic, counts.calls)} | ${sum.served} | ${sum.none} | ${against.length} |`,
    )
    details.push(
      ...against.map((it) => `${name}: ${it}`),
      ...agreements.flatMap((it) => it.refused.map((one) => `${name}: refused: ${one}`)),
    )
    total.calls += counts.calls
    total.judged += counts.judged
    total.served += sum.served
    total.none += sum.none
    total.against += against.length
  }
  const agreed = total.served + total.none
  console.log(
    `\n${total.calls} calls, ${share(total.judged, total.calls)} judged; the planner agrees with ${agreed} of ${agreed + total.against}\n`,
  )
  for (const line of details) console.log(`- ${line}`)
  return total.against === 0
}

function share(part: number, whole: number): string {
  return `${part} (${Math.round((part * 100) / whole)} %)`
}

async function compare(
  path: string,
): Promise<{ readonly counts: QueriesRead['counts']; readonly agreements: readonly Agreement[] }> {
  const tree = await gitTree(path, 'HEAD')
  const { projects } = await readProjects(await changeSetOf(tree, tree), { config: defaultConfig, notes: [] })
  // Held against nothing, all code is new, and SQL is written for what is new.
  const { queries, counts } = await readQueries({
    changeSet: await changeSetOf(memoryTree({}), tree),
    config: defaultConfig,
    projects,
  })
  const agreements: Agreement[] = []
  for (const reading of projects) {
    if (reading.project.dialect !== 'postgresql') continue
    const own = queries.filter((query) => query.project === reading.project.name)
    if (own.length > 0) agreements.push(await agree(reading, own))
  }
  return { counts, agreements }
}

async function agree(reading: ProjectReading, queries: readonly Query[]): Promise<Agreement> {
  const result: Agreement = { served: 0, none: 0, against: [], refused: [] }
  const schema = reading.declared ?? reading.after
  const database = await databaseOf(schema)
  try {
    await database.exec('set enable_seqscan = off')
    for (const query of queries) {
      const judgement = judge(query, schema)
      if (judgement === null || query.sql === null) continue
      const plan = await planOf(database, query.sql)
      const at = `${query.place.path}:${query.place.line}`
      if (typeof plan === 'string') {
        if (!/does not exist|could not determine data type/.test(plan)) result.refused.push(`${at} ${plan}`)
        continue
      }
      const reached = reaches(plan, nameOf(judgement.table))
      if (reached === null) continue
      // An empty table's planner may as well read a partial index as a whole, or one for its order.
      const agrees = judgement.verdict === 'served' ? reached !== 'scan' : reached !== 'condition'
      if (agrees) result[judgement.verdict] += 1
      else result.against.push(`${at} said ${judgement.verdict}, planned as ${reached}: ${query.sql}`)
    }
  } finally {
    await database.close()
  }
  return result
}

async function databaseOf(schema: Schema): Promise<PGlite> {
  const database = await freshDatabase()
  for (const statement of schemaStatements(schema)) {
    // What needs an extension or a role that is not here is left out.
    await database.exec(statement).catch(() => undefined)
  }
  return database
}

/** What the rules say of a query all of whose conditions are on one table; null where they say nothing certain. */
function judge(query: Query, schema: Schema): { readonly table: string; readonly verdict: 'served' | 'none' } | null {
  const table = schema.tables.get(query.tables[0]?.table ?? '')
  if (
    table === undefined ||
    !table.complete ||
    query.dynamic ||
    query.operation === 'insert' ||
    query.predicates.length === 0 ||
    query.predicates.some((one) => one.table !== table.key || one.joining === true)
  )
    return null
  const branches = new Map<number, Predicate[]>()
  for (const one of query.predicates) branches.set(one.branch, [...(branches.get(one.branch) ?? []), one])
  const verdicts = [...branches.values()].map((branch) => indexUse(table, branch).verdict)
  if (verdicts.every((one) => one === 'served')) return { table: table.key, verdict: 'served' }
  return verdicts.every((one) => one === 'none') ? { table: table.key, verdict: 'none' } : null
}

async function planOf(database: PGlite, sql: string): Promise<PlanNode | string> {
  try {
    // The simple protocol: a generic plan has no values to bind.
    const [answer] = await database.exec(`explain (generic_plan, format json) ${sql.replace(/;\s*$/, '')}`)
    return rootOf((answer?.rows[0] as Readonly<Record<string, unknown>> | undefined)?.['QUERY PLAN']) ?? 'no plan'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** How a plan reaches a table: by a condition on an index, by an index as a whole, or by a scan; null where it does not touch it. */
function reaches(root: PlanNode, table: string): 'condition' | 'index' | 'scan' | null {
  let found: 'condition' | 'index' | 'scan' | null = null
  const visit = (node: PlanNode): void => {
    if (node['Relation Name'] === table) {
      const inner = [node, ...(node.Plans ?? []).flatMap((one) => [one, ...(one.Plans ?? [])])]
      if (inner.some((one) => one['Index Cond'] !== undefined)) found = 'condition'
      else if (node['Node Type'].endsWith('Seq Scan')) found ??= 'scan'
      else found = found === 'condition' ? found : 'index'
    }
    for (const one of node.Plans ?? []) visit(one)
  }
  visit(root)
  return found
}
