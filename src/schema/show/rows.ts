import type { Key } from '../model.ts'
import { targetOf } from '../sql/ddl.ts'
import type { Diagram, DrawnTable, Edge } from './diagram.ts'

/** A part of a diagram that is drawn below the part before it. */
export interface Row extends Diagram {
  /** How many tables stand side by side where those that others refer to stand above them. */
  readonly breadth: number
}

/** A diagram in parts: tables that references connect stay together, and parts share a row while it is at most `across` tables broad. */
export function rowsOf(diagram: Diagram, across: number): readonly Row[] {
  const rows: Row[] = []
  for (const { tables, edges } of connected(diagram)) {
    const breadth = breadthOf(tables, edges)
    const last = rows.at(-1)
    if (last !== undefined && last.breadth + breadth <= across)
      rows[rows.length - 1] = {
        ...last,
        tables: [...last.tables, ...tables],
        edges: [...last.edges, ...edges],
        breadth: last.breadth + breadth,
      }
    else rows.push({ ...diagram, tables, edges, left: 0, breadth })
  }
  return rows.map((row, i) => (i === rows.length - 1 ? { ...row, left: diagram.left } : row))
}

/** The parts of a diagram that no reference leads out of, those with references first. */
export function connected({ tables, edges }: Diagram): readonly Pick<Diagram, 'tables' | 'edges'>[] {
  const groupOf = new Map<Key, Key>(tables.map(({ table }) => [table.key, table.key]))
  for (const edge of edges) {
    const [from, to] = [groupOf.get(edge.from.key), groupOf.get(targetOf(edge.foreignKey))]
    if (from === undefined || to === undefined || from === to) continue
    for (const [at, group] of groupOf) if (group === from) groupOf.set(at, to)
  }
  const parts = [...new Set(groupOf.values())].map((group) => ({
    tables: tables.filter(({ table }) => groupOf.get(table.key) === group),
    edges: edges.filter((edge) => groupOf.get(edge.from.key) === group),
  }))
  return [...parts.filter(({ tables: of }) => of.length > 1), ...parts.filter(({ tables: of }) => of.length === 1)]
}

/** The most tables that are equally far below those that refer to none. */
function breadthOf(tables: readonly DrawnTable[], edges: readonly Edge[]): number {
  const depths = new Map<Key, number>()
  const depthOf = (at: Key, above: readonly Key[]): number => {
    const known = depths.get(at)
    if (known !== undefined) return known
    const parents = edges.flatMap(({ from, foreignKey }) =>
      from.key === at && !above.includes(targetOf(foreignKey)) ? [targetOf(foreignKey)] : [],
    )
    const depth = Math.max(-1, ...parents.map((parent) => depthOf(parent, [...above, parent]))) + 1
    depths.set(at, depth)
    return depth
  }
  const counts = new Map<number, number>()
  for (const { table } of tables) {
    const depth = depthOf(table.key, [table.key])
    counts.set(depth, (counts.get(depth) ?? 0) + 1)
  }
  return Math.max(...counts.values())
}
