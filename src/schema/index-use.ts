import type { Order, Predicate } from '../queries/query.ts'
import type { Index, Table } from './model.ts'
import { mentions } from './replay/rewrite.ts'

/** How a table can be reached: a key, a unique constraint or an index. */
export interface Path {
  readonly name: string
  readonly keys: readonly {
    readonly column: string | null
    readonly expression: string | null
    readonly opclass: string | null
    readonly descending: boolean
    readonly nullsFirst: boolean
  }[]
  readonly unique: boolean
  readonly method: string
  readonly where: string | null
}

/**
 * What the indexes of a table can do for conditions that hold together.
 * - `served`: an index begins with a column that they fix or bound, or is a partial one for just these conditions (no columns then)
 * - `later`: an index holds such a column, behind one that nothing is said of; it is only read as a whole
 * - `none`: no index helps
 * - `unknown`: whether one helps depends on what is not known, such as the value of a parameter
 * - `unindexable`: no plain index could help: only `<>`, `NOT IN` and the like
 */
export type IndexUse =
  | { readonly verdict: 'served'; readonly path: Path; readonly columns: number }
  | { readonly verdict: 'later'; readonly path: Path; readonly leading: string }
  | { readonly verdict: 'unindexable' }
  /** `partial` is an index that begins with such a column and holds, or may hold, only other rows. */
  | { readonly verdict: 'none' | 'unknown'; readonly partial?: Path }

/** Everything with which rows of a table can be found, primary key first. Invalid indexes are left out. */
export function pathsOf(table: Table): readonly Path[] {
  const plain = (name: string, columns: readonly string[]): Path => ({
    name,
    keys: columns.map((column) => ({ column, expression: null, opclass: null, descending: false, nullsFirst: false })),
    unique: true,
    method: 'btree',
    where: null,
  })
  return [
    ...(table.primaryKey === null ? [] : [plain(table.primaryKey.name, table.primaryKey.columns)]),
    ...table.uniques.map((u) => plain(u.name, u.columns)),
    ...table.exclusions.map(({ name, columns, definition }) => ({
      ...plain(name, columns),
      unique: false,
      method: /USING (\w+)/i.exec(definition)?.[1]?.toLowerCase() ?? 'gist',
      where: /\)\s+WHERE\s+\((.*)\)/is.exec(definition)?.[1] ?? null,
    })),
    ...table.indexes
      .filter((i) => i.valid)
      .map((i: Index) => ({ name: i.name, keys: i.keys, unique: i.unique, method: i.method, where: i.where })),
  ]
}

const ordered = new Set(['=', 'in', '<', '<=', '>', '>=', 'between', 'is null'])
const patterns = new Set(['like', 'ilike', 'contains'])

/** True for a condition that a B-tree on its column answers: https://www.postgresql.org/docs/current/indexes-types.html */
export function isIndexable(predicate: Predicate): boolean {
  return (
    predicate.column !== null &&
    (ordered.has(predicate.operator) ||
      (predicate.operator === 'like' && (predicate.pattern === 'exact' || predicate.pattern === 'prefix')))
  )
}

/** Judges the conditions of one branch on one table. */
export function indexUse(table: Table, predicates: readonly Predicate[]): IndexUse {
  const own = predicates.filter((p) => p.table === table.key && p.column !== null)
  const candidates = own.filter(
    (p) =>
      isIndexable(p) ||
      patterns.has(p.operator) ||
      p.operator === 'has' ||
      p.operator === 'text search' ||
      p.operator === 'json',
  )
  if (candidates.length === 0) return { verdict: 'unindexable' }
  let later: IndexUse | null = null
  let unsure = false
  let partial: Path | undefined
  for (const path of pathsOf(table)) {
    const columns = leadingColumns(path, own)
    if (columns === 'unknown') {
      unsure = true
      continue
    }
    if (columns === 0) {
      // A partial index for just these conditions holds the rows and no others.
      if (
        path.where !== null &&
        candidates.every((p) => isIndexable(p) && mentions(path.where ?? '', p.column ?? ''))
      ) {
        const fits = implied(path.where, own)
        if (fits === true) return { verdict: 'served', path, columns }
        if (fits === null) unsure = true
      }
      const behind =
        path.method === 'btree'
          ? path.keys.slice(1).find((k) => own.some((p) => answers(k, p, path.method) === true))
          : undefined
      const leading = path.keys[0]
      if (behind !== undefined && implied(path.where, own) !== false)
        later ??= { verdict: 'later', path, leading: leading?.column ?? leading?.expression ?? '' }
      continue
    }
    const fits = implied(path.where, own)
    if (fits === true) return { verdict: 'served', path, columns }
    if (fits === null) unsure = true
    partial ??= path
  }
  const besides = partial === undefined ? {} : { partial }
  if (unsure) return { verdict: 'unknown', ...besides }
  return later ?? { verdict: candidates.some(isIndexable) ? 'none' : 'unknown', ...besides }
}

/**
 * The index that gives rows in an order: its keys after those that are fixed are those of the order. Postgres reads none for another end of
 * the nulls than its own, be the columns NOT NULL or not; with `nullsAside` those that only lack that count, too.
 */
export function pathInOrder(
  table: Table,
  predicates: readonly Predicate[],
  order: readonly Order[],
  given: { readonly nullsAside: boolean } = { nullsAside: false },
): Path | null {
  const fixed = new Set(
    predicates.filter((p) => p.operator === '=' && p.table === table.key && p.expression === null).map((p) => p.column),
  )
  const wanted = order.filter((o) => !fixed.has(o.column))
  const gives = (path: Path): boolean => {
    if (path.method !== 'btree' || implied(path.where, predicates) === false) return false
    let at = 0
    let flipped: boolean | null = null
    for (const key of path.keys) {
      const next = wanted[at]
      if (next === undefined) break
      if (key.column === next.column) {
        const flip = key.descending !== next.descending
        if (flipped !== null && flipped !== flip) return false
        if (!given.nullsAside && (key.nullsFirst !== next.nullsFirst) !== flip) return false
        flipped = flip
        at++
        // A unique key decides the order alone.
        if (path.unique && path.keys.length === 1) at = wanted.length
      } else if (!fixed.has(key.column)) {
        return false
      }
    }
    return at >= wanted.length
  }
  return pathsOf(table).find(gives) ?? null
}

/** How SQL says a direction after a column, with the nulls where they are not at the end that it gives them by itself. */
export function directionSql({ descending, nullsFirst }: Pick<Order, 'descending' | 'nullsFirst'>): string {
  const nulls = nullsFirst === descending ? '' : nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'
  return `${descending ? ' DESC' : ''}${nulls}`
}

function leadingColumns(path: Path, predicates: readonly Predicate[]): number | 'unknown' {
  if (path.method === 'btree' || path.method === 'hash') {
    let columns = 0
    for (const key of path.keys) {
      const found = predicates.map((p) => answers(key, p, path.method))
      if (!found.includes(true)) return columns === 0 && found.includes(null) ? 'unknown' : columns
      columns++
    }
    return columns
  }
  // GIN, GiST and BRIN serve any of their columns.
  const found = path.keys.flatMap((key) => predicates.map((p) => answers(key, p, path.method)))
  return found.includes(true) ? 1 : found.includes(null) ? 'unknown' : 0
}

/** Whether a key of an index answers a condition; null where that is not known. */
function answers(key: Path['keys'][number], predicate: Predicate, method: string): boolean | null {
  const same =
    key.column !== null
      ? predicate.column === key.column && predicate.expression === null
      : predicate.expression !== null && normal(key.expression ?? '') === normal(predicate.expression)
  if (!same) {
    // An expression that was printed in another way may be the same one.
    if (
      key.column === null &&
      predicate.expression !== null &&
      (key.expression ?? '').includes(predicate.column ?? '\0') &&
      key.expression?.split('(')[0] === predicate.expression.split('(')[0]
    )
      return null
    if (
      key.column === null &&
      predicate.operator === 'json' &&
      (key.expression ?? '').includes(predicate.column ?? '\0')
    )
      return null
    return false
  }
  const { operator } = predicate
  if (method === 'btree') {
    if (ordered.has(operator)) return true
    // How many rows hold a value decides.
    if (operator === 'is not null') return null
    // Only an index with a pattern operator class or the C collation serves a prefix.
    if (operator === 'like' && (predicate.pattern === 'prefix' || predicate.pattern === undefined))
      return /pattern_ops/.test(key.opclass ?? '') ? true : null
    return operator === 'like' && predicate.pattern === 'exact'
  }
  if (method === 'hash') return operator === '=' || operator === 'in'
  if (method === 'brin') return ordered.has(operator)
  if (patterns.has(operator))
    return /trgm/.test(key.opclass ?? '') ? true : key.opclass === null && method !== 'gin' ? null : false
  return operator === 'has' ||
    operator === 'json' ||
    operator === 'text search' ||
    operator === '=' ||
    ordered.has(operator)
    ? true
    : null
}

function normal(expression: string): string {
  return expression
    .replace(/::(?:text|character varying|bpchar)\b/g, '')
    .replace(/["()\s]/g, '')
    .toLowerCase()
}

/** Whether conditions prove the predicate of a partial index; null where the value of a parameter decides. */
export function implied(where: string | null, predicates: readonly Predicate[]): boolean | null {
  if (where === null) return true
  let sure: boolean | null = true
  for (const part of conjuncts(where)) {
    const one = impliedPart(part, predicates)
    if (one === false) return false
    if (one === null) sure = null
  }
  return sure
}

function conjuncts(where: string): string[] {
  const text = bare(where)
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')') depth--
    else if (depth === 0 && /^\sAND\s/i.test(text.slice(i, i + 5))) {
      parts.push(text.slice(start, i))
      start = i + 5
    }
  }
  return [...parts, text.slice(start)].map(bare)
}

function bare(text: string): string {
  let at = text.trim()
  while (at.startsWith('(') && closes(at)) at = at.slice(1, -1).trim()
  return at
}

function closes(text: string): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')' && --depth === 0) return i === text.length - 1
  }
  return false
}

function impliedPart(part: string, predicates: readonly Predicate[]): boolean | null {
  const on = (column: string): readonly Predicate[] =>
    predicates.filter((p) => p.column === column && p.expression === null)
  const nulls = /^"?(\w+)"? IS (NOT )?NULL$/i.exec(part)
  if (nulls !== null) {
    const found = on(nulls[1] ?? '')
    if (nulls[2] === undefined) return found.some((p) => p.operator === 'is null')
    return found.some(
      (p) =>
        p.operator === 'is not null' ||
        ['=', 'in', '<', '<=', '>', '>=', 'between', 'like', 'ilike'].includes(p.operator),
    )
  }
  const equal = /^"?(\w+)"? = '?([^':]*)'?(?:::[\w\s."]+)?$/.exec(part)
  if (equal !== null) {
    const found = on(equal[1] ?? '').filter((p) => p.operator === '=')
    if (found.length === 0) return false
    return found.some((p) => p.value !== undefined && String(p.value) === equal[2])
      ? true
      : found.every((p) => p.value !== undefined)
        ? false
        : null
  }
  const flag = /^(NOT )?"?(\w+)"?$/i.exec(part)
  if (flag !== null) {
    const found = on(flag[2] ?? '').filter((p) => p.operator === '=')
    if (found.length === 0) return false
    return found.some((p) => p.value === (flag[1] === undefined))
      ? true
      : found.every((p) => p.value !== undefined)
        ? false
        : null
  }
  return null
}
