import type { Alias, ColumnRef, Node, RangeVar, SelectStmt } from 'libpg-query'
import type { Key } from '../model.ts'
import { text, texts } from './nodes.ts'
import { outputNames } from './output-names.ts'

/** What a level of a query selects from. */
export interface Source {
  /** By what its columns are qualified; empty where nothing can. */
  readonly alias: string
  /** Null for what is neither a table nor a view of the schema: a subquery, a function. */
  readonly at: Key | null
  /** Null where they are not known. */
  readonly columns: readonly string[] | null
}

/** From the innermost level to the outermost. */
export type Levels = readonly (readonly Source[])[]

/** What a name in `FROM` stands for. */
export type Lookup = (range: RangeVar) => Pick<Source, 'at' | 'columns'>

interface Handlers {
  readonly lookup: Lookup
  /** A column; `isOutput` where it gives the output its name. */
  reference?(ref: ColumnRef, levels: Levels, isOutput: boolean): void
  /** A `*` or `t.*` among the outputs. */
  star?(ref: ColumnRef, from: readonly Node[]): void
}

/** What an item of `FROM` gives to select from. */
export function sourcesIn(item: Node, lookup: Lookup): readonly Source[] {
  if ('JoinExpr' in item)
    return [item.JoinExpr.larg, item.JoinExpr.rarg].flatMap((side) =>
      side === undefined ? [] : sourcesIn(side, lookup),
    )
  if ('RangeVar' in item) {
    const range = item.RangeVar
    const { at, columns } = lookup(range)
    return [{ alias: range.alias?.aliasname ?? range.relname ?? '', at, columns: called(columns, range.alias) }]
  }
  const [inner] = Object.values(item) as { readonly alias?: Alias; readonly subquery?: Node }[]
  const query = inner?.subquery
  const columns = query !== undefined && 'SelectStmt' in query ? outputNames(query.SelectStmt) : null
  return [{ alias: inner?.alias?.aliasname ?? '', at: null, columns: called(columns, inner?.alias) }]
}

/** Columns under the names that an alias gives them. */
function called(columns: readonly string[] | null, alias: Alias | undefined): readonly string[] | null {
  const others = texts(alias?.colnames)
  return columns?.map((name, i) => others[i] ?? name) ?? null
}

/** Shows the handlers all columns of a query, each with what it may be one of. */
export function visitNames(query: unknown, { lookup, reference, star }: Handlers): void {
  const visit = (node: unknown, levels: Levels): void => {
    if (Array.isArray(node)) {
      for (const each of node) visit(each, levels)
    } else if (typeof node === 'object' && node !== null) {
      for (const [kind, value] of Object.entries(node) as [string, unknown][]) {
        if (kind === 'SelectStmt') select(value as SelectStmt, levels)
        else if (kind === 'ColumnRef') reference?.(value as ColumnRef, levels, false)
        else visit(value, levels)
      }
    }
  }

  const visitSource = (item: Node, inner: Levels, outer: Levels): void => {
    if ('JoinExpr' in item) {
      for (const side of [item.JoinExpr.larg, item.JoinExpr.rarg])
        if (side !== undefined) visitSource(side, inner, outer)
      visit(item.JoinExpr.quals, inner)
    } else if ('RangeSubselect' in item) visit(item, item.RangeSubselect.lateral === true ? inner : outer)
    else visit(item, inner)
  }

  const select = (node: SelectStmt, outer: Levels): void => {
    visit(node.withClause, outer)
    // What a UNION is ordered by are its outputs, which keep their names.
    if (node.larg !== undefined && node.rarg !== undefined) {
      select(node.larg, outer)
      select(node.rarg, outer)
      return
    }
    const { targetList = [], fromClause = [], sortClause, distinctClause, groupClause, ...rest } = node
    const inner = [fromClause.flatMap((item) => sourcesIn(item, lookup)), ...outer]
    const outputs = new Set<string>()
    for (const target of targetList) {
      if (!('ResTarget' in target)) continue
      const { name, val } = target.ResTarget
      if (val === undefined || !('ColumnRef' in val)) {
        if (name !== undefined) outputs.add(name)
        visit(val, inner)
      } else if (isStar(val.ColumnRef)) star?.(val.ColumnRef, fromClause)
      else {
        outputs.add(name ?? text(val.ColumnRef.fields?.at(-1)))
        reference?.(val.ColumnRef, inner, name === undefined)
      }
    }
    for (const item of fromClause) visitSource(item, inner, outer)
    visit({ ...rest, withClause: undefined }, inner)
    for (const by of groupClause ?? []) {
      const name = 'ColumnRef' in by && by.ColumnRef.fields?.length === 1 ? text(by.ColumnRef.fields[0]) : ''
      // Here a column comes before an output.
      if (!outputs.has(name) || inner[0]?.some(({ columns }) => columns?.includes(name) !== false)) visit(by, inner)
    }
    for (const by of [...(sortClause ?? []), ...(distinctClause ?? [])]) {
      const key = 'SortBy' in by ? by.SortBy.node : by
      const fields = key !== undefined && 'ColumnRef' in key ? (key.ColumnRef.fields ?? []) : []
      // Here the name of an output comes before that of a column.
      if (fields.length !== 1 || !outputs.has(text(fields[0]))) visit(key, inner)
    }
  }

  visit(query, [])
}

/** A column of a query that is in nothing that the query could take it from, as it is written; null where there is none, or none for certain. */
export function missingColumn(query: unknown, lookup: Lookup): string | null {
  let missing: string | null = null
  visitNames(query, {
    lookup,
    reference({ fields = [] }, levels) {
      const names = texts(fields)
      const name = names.at(-1) ?? ''
      if (names.length > 2 || systemColumns.has(name)) return
      const qualifier = names.length > 1 ? names[0] : undefined
      const all = levels.flat()
      const of =
        qualifier === undefined
          ? all
          : (levels.map((level) => level.filter(({ alias }) => alias === qualifier)).find(({ length }) => length > 0) ??
            [])
      const isWhole = qualifier === undefined && all.some(({ alias }) => alias === name || alias === '')
      if (of.length > 0 && !isWhole && of.every(({ columns }) => columns?.includes(name) === false))
        missing ??= names.join('.')
    },
  })
  return missing
}

const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid', 'oid'])

/** True for `*` and `t.*`. */
export function isStar(ref: ColumnRef): boolean {
  return ref.fields?.some((field) => 'A_Star' in field) === true
}

/** A column that a `*` takes, `name` null for all of a source whose columns the query itself fixes. */
export interface Taken {
  /** Null for what a join has put together. */
  readonly alias: string | null
  readonly name: string | null
}

/** What a `*` over all of `FROM` takes, in order; null where that cannot be told. */
export function takenByStar(from: readonly Node[], lookup: Lookup): readonly Taken[] | null {
  const taken = together(from.map((item) => takenOf(item, lookup)))
  if (taken === null) return null
  const merged = taken.filter((each) => each.alias === null)
  const isClear = merged.every(({ name }) => taken.filter((each) => each.name === name).length === 1)
  return isClear ? taken : null
}

function together(parts: readonly (readonly Taken[] | null)[]): readonly Taken[] | null {
  return parts.includes(null) ? null : parts.flatMap((part) => part ?? [])
}

function takenOf(item: Node, lookup: Lookup): readonly Taken[] | null {
  if (!('JoinExpr' in item)) {
    const [source] = sourcesIn(item, lookup)
    return source === undefined ? null : takenFrom(source)
  }
  const { larg, rarg, usingClause, isNatural, alias } = item.JoinExpr
  const left = larg === undefined ? null : takenOf(larg, lookup)
  const right = rarg === undefined ? null : takenOf(rarg, lookup)
  if (left === null || right === null || alias !== undefined) return null
  if (usingClause === undefined && isNatural !== true) return [...left, ...right]
  if ([...left, ...right].some((each) => each.name === null)) return null
  const shared =
    isNatural === true
      ? left.flatMap(({ name }) => (name !== null && right.some((each) => each.name === name) ? [name] : []))
      : texts(usingClause)
  const own = (each: Taken) => each.name === null || !shared.includes(each.name)
  return [...shared.map((name) => ({ alias: null, name })), ...left.filter(own), ...right.filter(own)]
}

/** All columns of one source; null where they cannot be told. */
export function takenFrom({ alias, at, columns }: Source): readonly Taken[] | null {
  if (alias === '') return null
  if (columns !== null) return columns.map((name) => ({ alias, name }))
  return at === null ? [{ alias, name: null }] : null
}
