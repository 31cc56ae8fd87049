import type { Query } from '../queries/query.ts'
import type { PlanSummary, QueryPlan } from '../rehearsal/types.ts'
import type { Problem } from './rule.ts'

/**
 * Problems of a query as its plan leaves them: those that the plan refutes are gone, the others carry its decisive node, and an index
 * that was tried and is not used is no longer advised. Without a plan they are what they were.
 */
export function* judgedByPlan(problems: Iterable<Problem>, query: Query): Iterable<Problem> {
  for (const problem of problems) {
    const after = query.plan?.after
    if (!query.plan || !after) yield problem
    else if (!isRefuted(problem, after)) yield withNode(withoutIdleIndex(problem, query.plan), query.plan)
  }
}

/** So many rows are sorted while nobody notices. */
const fewRows = 1000

function isRefuted({ expects, object }: Problem, after: PlanSummary): boolean {
  if (expects === 'sort') return sortsIn(after).every((line) => !line.startsWith('Incremental') && isSmall(line, after))
  if (expects !== 'scan' || object === undefined || after.scans.some((scan) => scan.table === object)) return false
  // Of a partitioned table only its partitions stand in a plan, so that nothing is known of the table itself.
  return linesOn(object, after).length > 0 && walkOf(object, after) === undefined
}

function sortsIn({ lines }: PlanSummary): readonly string[] {
  return lines.map((line) => line.trim()).filter((line) => /^(?:Incremental )?Sort,/.test(line))
}

function isSmall(line: string, { sorts }: PlanSummary): boolean {
  return sorts.some((sort) => sort.line === line && sort.rows < fewRows)
}

function linesOn(table: string, { lines }: PlanSummary): readonly string[] {
  return lines.filter((line) => line.includes(` on ${table.slice(table.indexOf('.') + 1)},`))
}

/** The node that reads an index from one end to the other for its order: it finds rows no better than a scan of the table. */
function walkOf(table: string, after: PlanSummary): string | undefined {
  return linesOn(table, after)
    .find((line) => /^ *(?:Parallel )?Index (?:Only )?Scan\b/.test(line) && / rows?, filter /.test(line))
    ?.trim()
}

function withoutIdleIndex(problem: Problem, { after, withIndex, usesIndex }: QueryPlan): Problem {
  if (problem.index === undefined || withIndex === null || usesIndex !== null) return problem
  // With a limit and an order it hangs on how many rows match, which a planner without statistics does not know.
  if (after !== null && walkOf(problem.object ?? '', after) !== undefined)
    return problem.isSelective === true ? problem : { ...problem, severity: 'info' }
  const { suggestion: _, ...kept } = problem
  return {
    ...kept,
    severity: 'info',
    help: 'An index on these columns was tried at the declared sizes, and the planner would not use it: most rows match, as far as it can tell. Ask for fewer of them, or page through them by a key.',
  }
}

function withNode(problem: Problem, { after, withIndex, usesIndex }: QueryPlan): Problem {
  if (problem.plan !== undefined || after === null) return problem
  const node =
    problem.expects === 'sort'
      ? sortsIn(after)[0]
      : (after.scans.find((scan) => scan.table === problem.object)?.line ?? walkOf(problem.object ?? '', after))
  if (node === undefined) return problem
  const name = usesIndex?.slice(usesIndex.indexOf('.') + 1)
  const served =
    problem.index === undefined || name === undefined
      ? undefined
      : withIndex?.lines.find((line) => line.includes(` using ${name}`) || line.includes(` on ${name}`))?.trim()
  return { ...problem, plan: served === undefined ? node : `${node}; with the index ${served}` }
}
