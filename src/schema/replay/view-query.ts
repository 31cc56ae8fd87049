import type { A_Const, ColumnRef, CommonTableExpr, FuncCall, Node, RangeVar, TypeCast, TypeName } from 'libpg-query'
import { quoteIdent, quoteLiteral } from '../../sql/names.ts'
import { parseSql } from '../../sql/parser.ts'
import { fromByteOffset } from '../../sql/place.ts'
import type { Token } from '../../sql/tokens.ts'
import { significantTokens } from '../../sql/tokens.ts'
import type { Key, View } from '../model.ts'
import { nameOf, schemaOf } from '../model.ts'
import type { Draft, DraftSchema } from './draft.ts'
import { put } from './draft.ts'
import { text, texts, walk, writtenIn } from './nodes.ts'
import { outputNames } from './output-names.ts'
import type { Levels, Lookup } from './view-scope.ts'
import { isStar, missingColumn, sourcesIn, takenByStar, takenFrom, visitNames } from './view-scope.ts'

/** The text of a view's query, and what is to change in it. */
class Query {
  readonly tree: readonly Node[] | null
  /** Names that `WITH` gives, with their columns where they can be told. */
  readonly given = new Map<string, readonly string[] | null>()
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
      if (kind !== 'CommonTableExpr') return
      const { ctename, aliascolnames, ctequery } = value as CommonTableExpr
      const columns = ctequery !== undefined && 'SelectStmt' in ctequery ? outputNames(ctequery.SelectStmt) : null
      this.given.set(ctename ?? '', aliascolnames === undefined ? columns : texts(aliascolnames))
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

/** What the names in a view's query stand for. */
function lookupIn(schema: DraftSchema, query: Query): Lookup {
  return (range) => {
    const at = query.meant(range)
    if (at === null)
      return { at, columns: range.schemaname === undefined ? (query.given.get(range.relname ?? '') ?? null) : null }
    const table = schema.tables.get(at)
    if (table !== undefined) return { at, columns: table.complete ? table.columns.map(({ name }) => name) : null }
    return { at, columns: schema.views.get(at)?.columns ?? null }
  }
}

/**
 * A view's query with every `*` written out, as Postgres does when it makes the view; undefined where it has none that takes
 * from a table or view, null where it cannot be told what one takes.
 */
export function queryWithStarsWritten(schema: DraftSchema, view: View): string | null | undefined {
  if (view.definition?.includes('*') !== true) return undefined
  const query = new Query(view)
  const lookup = lookupIn(schema, query)
  let count = 0
  visitNames(query.tree, {
    lookup,
    star({ fields = [], location }, from) {
      const sources = from.flatMap((item) => sourcesIn(item, lookup))
      const alias = texts(fields).slice(0, -1).at(-1)
      const of = sources.filter((source) => alias === undefined || source.alias === alias)
      // What a query within the query gives does not change with the schema.
      if (of.length > 0 && of.every((source) => source.at === null)) return
      count++
      const [only] = of
      const taken =
        alias === undefined ? takenByStar(from, lookup) : only === undefined || of.length > 1 ? null : takenFrom(only)
      if (taken === null || taken.length === 0) query.isClear = false
      else
        query.replace(location, fields.length, fields.length, () =>
          taken
            .map(
              (each) =>
                (each.alias === null ? '' : `${quoteIdent(each.alias)}.`) +
                (each.name === null ? '*' : quoteIdent(each.name)),
            )
            .join(', '),
        )
    },
  })
  walk(query.tree, (kind, value) => {
    if (kind !== 'A_Indirection' && kind !== 'RowExpr') return
    const parts = [...((value['indirection'] ?? value['args'] ?? []) as readonly Node[])]
    if (parts.some((part) => 'A_Star' in part || ('ColumnRef' in part && isStar(part.ColumnRef)))) query.isClear = false
  })
  if (!query.isClear) return null
  return count === 0 ? undefined : query.result()
}

/** A column that a view's query takes from nothing; null where there is none, or none for certain. */
export function missingColumnOf(schema: DraftSchema, view: View): string | null {
  const query = new Query(view)
  const missing = missingColumn(query.tree, lookupIn(schema, query))
  return query.isClear ? missing : null
}

/** A view whose query has gone through `change`; null out of it where the query is not known any more. */
export function withQuery(view: View, change: (view: View) => string | null): View {
  const { expanded, ...rest } = { ...view, definition: change(view) }
  if (expanded === undefined || rest.definition === null) return rest
  return { ...rest, expanded: expanded === null ? null : change({ ...view, definition: expanded }) }
}

/** Lets the query of every view go through `change`. */
export function updateQueries(draft: Draft, change: (view: View) => string | null): void {
  for (const [at, view] of draft.schema.views) {
    const now = withQuery(view, change)
    if (now.definition !== view.definition || now.expanded !== view.expanded) put(draft, 'views', at, now)
  }
}

/** A view whose query has its stars written out for good, because their columns have other names now. */
export function withStarsWritten(view: View): View {
  const { expanded, ...rest } = view
  return expanded === undefined ? view : { ...rest, definition: expanded }
}

/** A view's query, without stars, after a column of a table or view got another name; its own columns keep theirs. Null where it cannot be told what the query's names mean. */
export function queryWithColumnRenamed(
  schema: DraftSchema,
  view: View,
  at: Key,
  from: string,
  to: string,
): string | null {
  if (view.definition === null) return null
  const query = new Query(view)

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

  visitNames(query.tree, {
    lookup: lookupIn(schema, query),
    reference({ fields = [], location }, levels, isOutput) {
      if (isMeant(fields, levels))
        query.replace(location, fields.length, 1, (name) => name(to) + (isOutput ? ` AS ${quoteIdent(from)}` : ''))
    },
    star(_, clause) {
      if (clause.flatMap((item) => sourcesIn(item, lookupIn(schema, query))).some((source) => source.at === at))
        query.isClear = false
    },
  })
  walk(query.tree, (kind, value) => {
    if (kind === 'A_Indirection' && texts(value['indirection'] as readonly Node[]).includes(from)) query.isClear = false
    if (kind === 'JoinExpr') {
      const names = texts(value['usingClause'] as readonly Node[] | undefined)
      if (value['isNatural'] === true || value['alias'] !== undefined || names.includes(from)) query.isClear = false
    }
    if (kind === 'RangeVar') {
      const range = value as RangeVar
      if (range.alias?.colnames !== undefined && query.meant(range) === at) query.isClear = false
    }
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
    query.replace(range.location, parts, parts, (name) => {
      const alias = keepsAlias ? ` AS ${name(before)}` : ''
      return nameAfter(parts, from, to, name) + alias
    })
  })
  return query.result()
}

/** How a name of that many parts is written after what it means has moved. */
function nameAfter(parts: number, from: Key, to: Key, name: typeof quoteIdent): string {
  return `${parts > 1 || schemaOf(from) !== schemaOf(to) ? `${name(schemaOf(to))}.` : ''}${name(nameOf(to))}`
}

/** True for a name, as it is written, of an object that goes by that key. */
function isNamed(names: readonly string[], at: Key): boolean {
  const written = writtenIn(names)
  return written.name === nameOf(at) && (written.schema ?? schemaOf(at)) === schemaOf(at)
}

function walkTypes(node: unknown, visit: (type: TypeName) => void): void {
  if (typeof node !== 'object' || node === null) return
  for (const [kind, value] of Object.entries(node)) {
    if (kind === 'typeName' || kind === 'TypeName') visit(value as TypeName)
    walkTypes(value, visit)
  }
}

/** True where a view's query names a type. */
export function queryNamesType(view: View, type: Key): boolean {
  if (view.definition?.includes(nameOf(type)) !== true) return false
  let names = false
  walkTypes(new Query(view).tree, (each) => {
    if (isNamed(texts(each.names), type)) names = true
  })
  return names
}

/** A view's query after a type got another name or went to another schema; null where that cannot be told. */
export function queryWithTypeRenamed(view: View, from: Key, to: Key): string | null {
  if (view.definition?.includes(nameOf(from)) !== true) return view.definition
  const query = new Query(view)
  walkTypes(query.tree, ({ names, location }) => {
    const parts = names?.length ?? 0
    if (isNamed(texts(names), from)) query.replace(location, parts, parts, (name) => nameAfter(parts, from, to, name))
  })
  return query.result()
}

/** A view's query after a function got another name or went to another schema; null where that cannot be told. */
export function queryWithFunctionRenamed(view: View, from: Key, to: Key): string | null {
  if (view.definition?.includes(nameOf(from)) !== true) return view.definition
  const query = new Query(view)
  walk(query.tree, (kind, value) => {
    if (kind !== 'FuncCall') return
    const { funcname, location } = value as FuncCall
    const parts = funcname?.length ?? 0
    if (isNamed(texts(funcname), from))
      query.replace(location, parts, parts, (name) => nameAfter(parts, from, to, name))
  })
  return query.result()
}

/** A view's query after a value of an enum got another name; null where a constant may be that value or a text. */
export function queryWithEnumValueRenamed(view: View, type: Key, from: string, to: string): string | null {
  const written = quoteLiteral(from)
  if (view.definition?.includes(written) !== true) return view.definition
  const query = new Query(view)
  const cast = new Set<number>()
  walk(query.tree, (kind, value) => {
    if (kind !== 'TypeCast') return
    const { arg, typeName } = value as TypeCast
    if (arg === undefined || !('A_Const' in arg) || arg.A_Const.sval?.sval !== from) return
    const location = arg.A_Const.location ?? 0
    cast.add(location)
    if (isNamed(texts(typeName?.names), type)) query.replace(location, 1, 1, () => quoteLiteral(to))
  })
  walk(query.tree, (kind, value) => {
    const { sval, location } = value as A_Const
    if (kind === 'A_Const' && sval?.sval === from && !cast.has(location ?? 0)) query.isClear = false
  })
  return query.result()
}
