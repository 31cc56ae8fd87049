import { key } from '../schema/model.ts'
import type { Key } from '../schema/model.ts'
import type { PlanScan, PlanSummary } from './types.ts'

/** A node of `EXPLAIN (FORMAT JSON, VERBOSE)`, as far as it is read. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Schema?: string
  readonly Alias?: string
  readonly 'Index Name'?: string
  readonly 'Plan Rows': number
  readonly 'Total Cost': number
  readonly 'Parent Relationship'?: string
  readonly 'Subplan Name'?: string
  readonly 'Join Type'?: string
  readonly Disabled?: boolean
  readonly Filter?: string
  readonly 'Index Cond'?: string
  readonly 'Sort Key'?: readonly string[]
  readonly Output?: readonly string[]
  readonly Plans?: readonly PlanNode[]
}

/** Takes the root node out of what EXPLAIN answers; null where it answers something else. */
export function rootOf(answer: unknown): PlanNode | null {
  const value: unknown = typeof answer === 'string' ? JSON.parse(answer) : answer
  const first: unknown = Array.isArray(value) ? value[0] : null
  return typeof first === 'object' && first !== null && 'Plan' in first ? (first.Plan as PlanNode) : null
}

interface Placed {
  readonly node: PlanNode
  readonly parent: PlanNode | null
  readonly depth: number
}

function nodesOf(root: PlanNode): readonly Placed[] {
  const open: Placed[] = [{ node: root, parent: null, depth: 0 }]
  const nodes: Placed[] = []
  for (let placed = open.pop(); placed !== undefined; placed = open.pop()) {
    nodes.push(placed)
    for (const child of [...(placed.node.Plans ?? [])].reverse())
      open.push({ node: child, parent: placed.node, depth: placed.depth + 1 })
  }
  return nodes
}

/**
 * Sums up a plan. `indexed` is the plan of the same query with sequential scans switched off: one that remains there, marked
 * `Disabled`, is one that no index can serve. `rows` tells the size of a table.
 */
export function summarize(root: PlanNode, indexed: PlanNode, rows: (table: Key) => number): PlanSummary {
  const placed = nodesOf(root)
  const stuck = new Set(
    nodesOf(indexed)
      .filter(({ node }) => node['Node Type'].endsWith('Seq Scan') && node.Disabled === true)
      .map(({ node }) => node.Alias),
  )
  const scansIn = (nodes: readonly Placed[]): readonly PlanScan[] =>
    nodes.flatMap(({ node }): PlanScan[] => {
      const table = tableOf(node)
      if (table === null || !node['Node Type'].endsWith('Seq Scan')) return []
      return [
        {
          table,
          rows: rows(table),
          unavoidable: stuck.has(node.Alias),
          filter: node.Filter ?? null,
          line: lineOf(node, rows),
        },
      ]
    })
  return {
    cost: Math.round(root['Total Cost']),
    lines: placed.map(({ node, depth }) => '  '.repeat(depth) + lineOf(node, rows)),
    scans: scansIn(placed),
    indexes: [...new Set(placed.flatMap(({ node, parent }) => indexOf(node, parent)))].sort(),
    sorts: placed
      .filter(({ node }) => node['Node Type'] === 'Sort' || node['Node Type'] === 'Hash')
      .map(({ node }) => ({ rows: node.Plans?.[0]?.['Plan Rows'] ?? node['Plan Rows'], line: lineOf(node, rows) })),
    subplans: placed.flatMap(({ node, parent }) =>
      parent !== null && runsPerRow(node, parent)
        ? [{ rows: parent['Plan Rows'], line: lineOf(node, rows), scans: scansIn(nodesOf(node)) }]
        : [],
    ),
  }
}

/** The table that a node reads; its schema stands there thanks to VERBOSE. */
function tableOf(node: PlanNode): Key | null {
  return node['Relation Name'] === undefined ? null : key(node.Schema ?? 'public', node['Relation Name'])
}

/** The index of a node, in the schema of its table; a bitmap index scan has its table in the node above it. */
function indexOf(node: PlanNode, parent: PlanNode | null): readonly Key[] {
  const name = node['Index Name']
  return name === undefined ? [] : [key(node.Schema ?? parent?.Schema ?? 'public', name)]
}

/** A correlated subquery; one that is hashed runs once, and so does an `InitPlan`. */
function runsPerRow(node: PlanNode, parent: PlanNode): boolean {
  const name = node['Subplan Name']
  if (node['Parent Relationship'] !== 'SubPlan' || name === undefined) return false
  return ![parent.Filter ?? '', ...(parent.Output ?? [])].some((text) => text.includes(`hashed ${name}`))
}

function lineOf(node: PlanNode, rows: (table: Key) => number): string {
  const table = tableOf(node)
  const index = node['Index Name']
  const size =
    table === null ? node['Plan Rows'] : node['Node Type'].endsWith('Seq Scan') ? rows(table) : node['Plan Rows']
  return [
    `${node['Node Type']}${index === undefined ? '' : ` using ${index}`}${table === null ? '' : ` on ${node['Relation Name'] ?? ''}`}`,
    `${Math.round(size).toLocaleString('en-US')} ${size === 1 ? 'row' : 'rows'}`,
    ...(node['Index Cond'] === undefined ? [] : [`by ${node['Index Cond']}`]),
    ...(node.Filter === undefined ? [] : [`filter ${node.Filter}`]),
    ...(node['Sort Key'] === undefined ? [] : [`sorted by ${node['Sort Key'].join(', ')}`]),
  ].join(', ')
}
