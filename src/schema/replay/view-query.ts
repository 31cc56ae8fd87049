import type { ColumnRef, Node, RangeVar, SelectStmt, TypeCast } from 'libpg-query'
import { quoteIdent } from '../../sql/names.ts'
import { parseSql } from '../../sql/parser.ts'
import { fromByteOffset } from '../../sql/place.ts'
import type { Token } from '../../sql/tokens.ts'
import { significantTokens } from '../../sql/tokens.ts'
import type { Column, Key, View } from '../model.ts'
import { nameOf, schemaOf } from '../model.ts'
import type { DraftSchema } from './draft.ts'
import { text, texts, walk, writtenIn } from './nodes.ts'

/** What a level of a query selects from. */
interface Source {
  readonly alias: string
  /** Null for what is neither a table nor a view of the schema: a subquery, a function. */
  readonly at: Key | null
  /** Null where they are not known. */
  readonly columns: readonly string[] | null
}

/** From the innermost level to the outermost. */
type Levels = readonly (readonly Source[])[]

/** The text of a view's query, and what is to change in it. */
class Query {
  readonly tree: readonly Node[] | null
  /** Names that `WITH` gives. */
  readonly given = new Set<string>()
  /** False once a name was met whose meaning cannot be told. */
  isClear = true
  readonly #view: View
  readonly #text: string
  readonly #tokens: readonly Token[]
  readonly #edits = new Map<number, { readonly end: number; readonly text: string }>()

  constructor(view: View) {
    this.#view = view
    this.#text = `CREATE ${view.materialized ? 'MATERIALIZED ' : ''}VIEW v AS ${view.definition ?? ''}`
    const parsed = parseSql(this.#text)
    this.tree = 'nodes' in parsed ? parsed.nodes : null
    this.#tokens = significantTokens(this.#text)
    walk(this.tree, (kind, value) => {
      if (kind === 'CommonTableExpr' && typeof value['ctename'] === 'string') this.given.add(value['ctename'])
    })
  }

  /** Puts other words in the place of a name of `parts` parts, or of the last `last` of them. */
  replace(location: number | undefined, parts: number, last: number, words: (name: typeof quoteIdent) => string): void {
    const at = fromByteOffset(this.#text, location ?? 0)
    const first = this.#tokens.findIndex((token) => token.start === at)
    const from = this.#tokens[first + 2 * (parts - last)]
    const to = this.#tokens[first + 2 * (parts - 1)]
    if (from === undefined || to === undefined) {
      this.isClear = false
      return
    }
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
    this.#edits.set(from.start, { end: to.end, text: words(to.kind === 'identifier' ? quoted : quoteIdent) })
  }

  /** The query as it is then; null where that cannot be told. */
  result(): string | null {
    if (!this.isClear || this.tree === null) return null
    let result = ''
    let at = this.#text.length - (this.#view.definition ?? '').length
    for (const [start, edit] of [...this.#edits].toSorted(([a], [b]) => a - b)) {
      result += this.#text.slice(at, start) + edit.text
      at = edit.end
    }
    return result + this.#text.slice(at)
  }

  /** The table or view of the schema that a name in the query means. */
  meant(range: RangeVar): Key | null {
    if (range.schemaname === undefined && this.given.has(range.relname ?? '')) return null
    const found = this.#view.reads.filter(
      ({ table }) =>
        nameOf(table) === range.relname && (range.schemaname === undefined || schemaOf(table) === range.schemaname),
    )
    if (found.length > 1) this.isClear = false
    return found[0]?.table ?? null
  }
}

/** A view's query after a column of a table or view got another name; its own columns keep theirs. Null where it cannot be told what the query's names mean. */
export function queryWithColumnRenamed(
  schema: DraftSchema,
  view: View,
  at: Key,
  from: string,
  to: string,
): string | null {
  if (view.definition === null) return null
  const query = new Query(view)

  const sourcesIn = (item: Node): readonly Source[] => {
    if ('RangeVar' in item) {
      const range = item.RangeVar
      const of = query.meant(range)
      const table = of === null ? undefined : schema.tables.get(of)
      if (of === at && range.alias?.colnames !== undefined) query.isClear = false
      const columns = table?.complete === true ? table.columns.map((column: Column) => column.name) : null
      const viewed = of === null ? null : (schema.views.get(of)?.columns ?? null)
      return [{ alias: range.alias?.aliasname ?? range.relname ?? '', at: of, columns: columns ?? viewed }]
    }
    if ('JoinExpr' in item) {
      const { larg, rarg, usingClause, isNatural, alias } = item.JoinExpr
      if (isNatural === true || alias !== undefined || texts(usingClause).includes(from)) query.isClear = false
      return [larg, rarg].flatMap((side) => (side === undefined ? [] : sourcesIn(side)))
    }
    const [inner] = Object.values(item) as { readonly alias?: { readonly aliasname?: string } }[]
    return [{ alias: inner?.alias?.aliasname ?? '', at: null, columns: null }]
  }

  const isMeant = (fields: readonly Node[], levels: Levels): boolean => {
    if (text(fields.at(-1)) !== from) return false
    const qualifier = fields.length > 1 ? text(fields.at(-2)) : null
    let isHidden = false
    for (const level of levels) {
      const of = qualifier === null ? level : level.filter((source) => source.alias === qualifier)
      const others = of.filter((source) => source.at !== at)
      const other = others.some((source) => source.columns?.includes(from) === true)
      if (others.length < of.length) {
        if (other || isHidden) query.isClear = false
        return true
      }
      if (other || (qualifier !== null && of.length > 0)) return false
      if (others.some((source) => source.columns === null)) isHidden = true
    }
    return false
  }

  const reference = ({ fields = [], location }: ColumnRef, levels: Levels, more = '') => {
    if (isMeant(fields, levels)) query.replace(location, fields.length, 1, (name) => name(to) + more)
  }

  /** A star takes the columns that there were when the view was made, under the names that they had. */
  const star = ({ fields = [], location }: ColumnRef, level: readonly Source[]) => {
    const alias = texts(fields).slice(0, -1).at(-1)
    const of = level.filter((source) => alias === undefined || source.alias === alias)
    if (!of.some((source) => source.at === at)) return
    const columns = of.flatMap((source) => {
      const read = view.reads.find((each) => each.table === source.at)?.columns ?? null
      const names = source.at !== null && schema.tables.has(source.at) ? read : source.columns
      if (names === null) query.isClear = false
      return (names ?? []).map((name) => {
        const isIt = source.at === at && (name === from || name === to)
        return `${quoteIdent(source.alias)}.${isIt ? `${quoteIdent(to)} AS ${quoteIdent(from)}` : quoteIdent(name)}`
      })
    })
    query.replace(location, fields.length, fields.length, () => columns.join(', '))
  }

  const visit = (node: unknown, levels: Levels): void => {
    if (Array.isArray(node)) {
      for (const each of node) visit(each, levels)
    } else if (typeof node === 'object' && node !== null) {
      for (const [kind, value] of Object.entries(node) as [string, unknown][]) {
        if (kind === 'SelectStmt') select(value as SelectStmt, levels)
        else if (kind === 'ColumnRef') reference(value as ColumnRef, levels)
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
    const { targetList = [], fromClause = [], sortClause, distinctClause, ...rest } = node
    const level = fromClause.flatMap(sourcesIn)
    const inner = [level, ...outer]
    const outputs = new Set<string>()
    for (const target of targetList) {
      if (!('ResTarget' in target)) continue
      const { name, val } = target.ResTarget
      if (val === undefined || !('ColumnRef' in val)) {
        if (name !== undefined) outputs.add(name)
        visit(val, inner)
      } else if (val.ColumnRef.fields?.some((field) => 'A_Star' in field) === true) star(val.ColumnRef, level)
      else {
        outputs.add(name ?? text(val.ColumnRef.fields?.at(-1)))
        reference(val.ColumnRef, inner, name === undefined ? ` AS ${quoteIdent(from)}` : '')
      }
    }
    for (const item of fromClause) visitSource(item, inner, outer)
    visit({ ...rest, withClause: undefined }, inner)
    for (const by of [...(sortClause ?? []), ...(distinctClause ?? [])]) {
      const node_ = 'SortBy' in by ? by.SortBy.node : by
      const fields = node_ !== undefined && 'ColumnRef' in node_ ? (node_.ColumnRef.fields ?? []) : []
      // Here the name of an output comes before that of a column.
      if (fields.length !== 1 || !outputs.has(text(fields[0]))) visit(node_, inner)
    }
  }

  visit(query.tree, [])
  walk(query.tree, (kind, value) => {
    if (kind === 'A_Indirection' && texts(value['indirection'] as readonly Node[]).includes(from)) query.isClear = false
  })
  return query.result()
}

/** A view's query after a table or view that it reads got another name or went to another schema; null where that cannot be told. */
export function queryWithRelationRenamed(view: View, from: Key, to: Key): string | null {
  if (view.definition === null) return null
  const query = new Query(view)
  const before = nameOf(from)
  let qualifies = false
  walk(query.tree, (kind, value) => {
    if (kind !== 'ColumnRef') return
    const names = texts((value as ColumnRef).fields)
    if (names.at(-2) === before) qualifies = true
    if (names.length > 2 && names.at(-2) === before) query.isClear = false
  })
  walk(query.tree, (kind, value) => {
    if (kind !== 'RangeVar') return
    const range = value as RangeVar
    if (range.location === undefined || query.meant(range) !== from) return
    const parts = range.schemaname === undefined ? 1 : 2
    const keepsAlias = range.alias === undefined && qualifies && nameOf(to) !== before
    query.replace(
      range.location,
      parts,
      parts,
      (name) =>
        `${parts > 1 || schemaOf(from) !== schemaOf(to) ? `${name(schemaOf(to))}.` : ''}${name(nameOf(to))}${keepsAlias ? ` AS ${name(before)}` : ''}`,
    )
  })
  return query.result()
}

/** True where a view's query casts to a type. */
export function queryCastsTo(view: View, type: Key): boolean {
  if (view.definition?.includes(nameOf(type)) !== true) return false
  let casts = false
  walk(new Query(view).tree, (kind, value) => {
    if (kind !== 'TypeCast') return
    const written = writtenIn(texts((value as TypeCast).typeName?.names))
    if (written.name === nameOf(type) && (written.schema ?? schemaOf(type)) === schemaOf(type)) casts = true
  })
  return casts
}
