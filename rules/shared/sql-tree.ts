import type { Node, SelectStmt } from 'libpg-query'
import type { Query } from '../../src/queries/query.ts'
import type { Schema, Table } from '../../src/schema/model.ts'

/** Walks a parse tree; `enter` gets the word of each node and answers whether to go on inside. */
export function walkTree(
  node: unknown,
  enter: (kind: string, value: Readonly<Record<string, unknown>>) => boolean,
): void {
  if (Array.isArray(node)) {
    for (const one of node) walkTree(one, enter)
  } else if (typeof node === 'object' && node !== null) {
    for (const [name, value] of Object.entries(node)) {
      if (/^[A-Z]/.test(name) ? enter(name, value as Readonly<Record<string, unknown>>) : true) walkTree(value, enter)
    }
  }
}

/** Every SELECT of a query, subqueries among them. */
export function selectsOf(query: Query): readonly SelectStmt[] {
  const found: SelectStmt[] = []
  walkTree(query.statement?.node, (kind, value) => {
    if (kind === 'SelectStmt') found.push(value as SelectStmt)
    // Sides of a UNION stand in the tree without a word of their own.
    for (const side of [value['larg'], value['rarg']]) if (kind === 'SelectStmt' && isSelect(side)) found.push(side)
    return true
  })
  return found
}

function isSelect(value: unknown): value is SelectStmt {
  return typeof value === 'object' && value !== null && 'targetList' in value
}

/** The last name of a list of names: `lower` of `pg_catalog.lower`. */
export function lastName(names: readonly Node[] | undefined): string {
  const last = names?.at(-1)
  return last !== undefined && 'String' in last ? (last.String.sval ?? '') : ''
}

/** The qualifier and name of a column reference; null for anything else. */
export function columnRef(node: Node | undefined): { readonly qualifier: string | null; readonly name: string } | null {
  if (node === undefined || !('ColumnRef' in node)) return null
  const fields = node.ColumnRef.fields ?? []
  const name = lastName(fields)
  const before = fields.length > 1 ? fields.at(-2) : undefined
  return name === ''
    ? null
    : { qualifier: before !== undefined && 'String' in before ? (before.String.sval ?? null) : null, name }
}

/** Names under which FROM of a SELECT makes tables known, with the tables' own names. */
export function sourcesOf(select: SelectStmt): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  walkTree(select.fromClause ?? [], (kind, value) => {
    if (kind === 'SelectStmt') return false
    if (kind === 'RangeVar') {
      const name = String(value['relname'] ?? '')
      const alias = value['alias'] as { aliasname?: string } | undefined
      found.set(alias?.aliasname ?? name, name)
    }
    return true
  })
  return found
}

/** The tables that FROM of a SELECT reads, itself and not through a part of WITH or a subquery. */
export function tablesOf(select: SelectStmt, query: Query, schema: Schema): readonly Table[] {
  const parts = new Set<unknown>()
  walkTree(query.statement?.node, (kind, value) => {
    if (kind === 'CommonTableExpr') parts.add(value['ctename'])
    return true
  })
  return [...new Set(sourcesOf(select).values())]
    .filter((name) => !parts.has(name))
    .flatMap((name) => [...schema.tables.values()].find((table) => table.name === name) ?? [])
}

/** True for SQL that sorts anything, by whatever. */
export function isSorted({ statement }: Query): boolean {
  return statement !== undefined && JSON.stringify(statement.node).includes('"sortClause"')
}
