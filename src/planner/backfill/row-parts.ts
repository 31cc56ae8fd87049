import type { Statement } from '../../sql/statement.ts'
import { significantTokens, type Token } from '../../sql/tokens.ts'

/** An UPDATE, DELETE or INSERT … SELECT cut into its clauses, each as written. */
export interface RowParts {
  readonly kind: 'update' | 'delete' | 'insert'
  /** `WITH …` before it, null without. */
  readonly with: string | null
  /** The table with its alias, `users AS u`; for an INSERT the table with its columns, `users (id, name)`. */
  readonly target: string
  /** How columns of the table are named in the statement: alias or table. For an INSERT, of the first table that it reads. */
  readonly alias: string
  /** What follows SET; null but for an UPDATE. */
  readonly set: string | null
  /** What follows SELECT up to its FROM; null but for an INSERT. */
  readonly select: string | null
  /** What follows FROM or USING. */
  readonly from: string | null
  readonly where: string | null
  /** What follows the query of an INSERT: `ON CONFLICT DO NOTHING`. */
  readonly conflict: string | null
  /** What is assigned to which column, where each is one column and one expression; null otherwise. */
  readonly assignments: readonly { readonly column: string; readonly expression: string }[] | null
}

interface Name {
  readonly schemaname?: string
  readonly relname?: string
  readonly alias?: { readonly aliasname?: string }
}

interface Select {
  readonly op?: string
  readonly fromClause?: readonly object[]
  readonly targetList?: readonly object[]
  readonly valuesLists?: unknown
  readonly withClause?: unknown
  readonly distinctClause?: unknown
  readonly groupClause?: unknown
  readonly havingClause?: unknown
  readonly windowClause?: unknown
  readonly sortClause?: unknown
  readonly limitCount?: unknown
  readonly limitOffset?: unknown
  readonly lockingClause?: unknown
}

interface Body {
  readonly relation?: Name
  readonly whereClause?: object
  readonly selectStmt?: { readonly SelectStmt?: Select }
  readonly withClause?: {
    readonly recursive?: boolean
    readonly ctes?: readonly { readonly CommonTableExpr?: { readonly ctequery?: object } }[]
  }
}

/** Cuts a statement on rows into its clauses; a sentence's end, `has a cursor`, where it cannot be done in batches. */
export function rowParts(statement: Pick<Statement, 'text' | 'node' | 'kind'>): RowParts | string | null {
  const body = Object.values(statement.node)[0] as Body | undefined
  if (!body?.relation?.relname) return null
  if (body.whereClause && 'CurrentOfExpr' in body.whereClause) return 'follows a cursor'
  if (body.withClause?.ctes?.some((c) => !c.CommonTableExpr?.ctequery || !('SelectStmt' in c.CommonTableExpr.ctequery)))
    return 'changes other rows in its WITH, which would happen once for each batch'
  const { text } = statement
  const tokens = significantTokens(text)
  const name = body.relation.alias?.aliasname ?? body.relation.relname
  switch (statement.kind) {
    case 'UpdateStmt':
      return ofUpdate(text, tokens, name, body)
    case 'DeleteStmt':
      return ofDelete(text, tokens, name, body)
    case 'InsertStmt':
      return ofInsert(text, tokens, body)
    default:
      return null
  }
}

function ofUpdate(text: string, tokens: readonly Token[], alias: string, body: Body): RowParts | null {
  const clauses = topLevelWords(text, tokens, ['update', 'set', 'from', 'where', 'returning'])
  const [start, set] = [clauses.get('update'), clauses.get('set')]
  if (!start || !set) return null
  const end = clauses.get('returning')?.start ?? text.length
  const where = clauses.get('where')
  const from = clauses.get('from')
  const written = text.slice(set.end, from?.start ?? where?.start ?? end)
  return {
    kind: 'update',
    with: body.withClause ? text.slice(0, start.start).trim() : null,
    target: text.slice(start.end, set.start).trim(),
    alias,
    set: written.trim(),
    select: null,
    from: from ? text.slice(from.end, where?.start ?? end).trim() : null,
    where: where ? text.slice(where.end, end).trim() : null,
    conflict: null,
    assignments: assignmentsOf(written),
  }
}

function ofDelete(text: string, tokens: readonly Token[], alias: string, body: Body): RowParts | null {
  const clauses = topLevelWords(text, tokens, ['delete', 'from', 'using', 'where', 'returning'])
  const [start, target] = [clauses.get('delete'), clauses.get('from')]
  if (!start || !target) return null
  const end = clauses.get('returning')?.start ?? text.length
  const where = clauses.get('where')
  const using = clauses.get('using')
  return {
    kind: 'delete',
    with: body.withClause ? text.slice(0, start.start).trim() : null,
    target: text.slice(target.end, using?.start ?? where?.start ?? end).trim(),
    alias,
    set: null,
    select: null,
    from: using ? text.slice(using.end, where?.start ?? end).trim() : null,
    where: where ? text.slice(where.end, end).trim() : null,
    conflict: null,
    assignments: null,
  }
}

const aggregates =
  /^(count|sum|avg|min|max|array_agg|string_agg|json_agg|jsonb_agg|json_object_agg|jsonb_object_agg|bool_and|bool_or|every)$/

function ofInsert(text: string, tokens: readonly Token[], body: Body): RowParts | string | null {
  const query = body.selectStmt?.SelectStmt
  if (!query || query.valuesLists) return null
  const first = baseOf(query.fromClause?.[0])
  if (!first) return null
  if (query.op !== undefined && query.op !== 'SETOP_NONE') return 'joins several queries'
  if (query.withClause) return 'has a WITH inside its query'
  if (query.groupClause || query.havingClause || query.distinctClause || query.windowClause)
    return 'sums rows up, which has to see all of them at once'
  if (query.limitCount || query.limitOffset) return 'takes some rows only'
  const clauses = topLevelWords(text, tokens, [
    'insert',
    'into',
    'select',
    'from',
    'where',
    'order',
    'for',
    'returning',
  ])
  const [into, select, from] = [clauses.get('into'), clauses.get('select'), clauses.get('from')]
  if (!into || !select || !from) return null
  if (
    tokens.some(
      (t) =>
        t.start > select.end &&
        t.end < from.start &&
        t.kind === 'word' &&
        aggregates.test(text.slice(t.start, t.end).toLowerCase()),
    )
  )
    return 'sums rows up, which has to see all of them at once'
  const where = clauses.get('where')
  // A join's ON comes before; the conflict's is followed by its word.
  const conflict = [...tokens.entries()].find(
    ([i, t]) =>
      t.start > from.end &&
      text.slice(t.start, t.end).toLowerCase() === 'on' &&
      tokens[i + 1] &&
      text.slice(tokens[i + 1]!.start, tokens[i + 1]!.end).toLowerCase() === 'conflict',
  )?.[1]
  const tail = [clauses.get('order'), clauses.get('for'), conflict, clauses.get('returning')].flatMap((t) =>
    t && t.start > from.end ? [t.start] : [],
  )
  const end = Math.min(text.length, ...tail)
  return {
    kind: 'insert',
    with: body.withClause ? text.slice(0, clauses.get('insert')?.start ?? 0).trim() : null,
    target: text.slice(into.end, select.start).trim(),
    alias: first.alias?.aliasname ?? first.relname ?? '',
    set: null,
    select: text.slice(select.end, from.start).trim(),
    from: text.slice(from.end, where && where.start < end ? where.start : end).trim(),
    where: where && where.start < end ? text.slice(where.end, end).trim() : null,
    conflict: conflict ? text.slice(conflict.start, clauses.get('returning')?.start ?? text.length).trim() : null,
    assignments: null,
  }
}

/** The table that the first part of a FROM begins with. */
export function baseOf(of: object | undefined): Name | null {
  if (!of) return null
  if ('RangeVar' in of) return of.RangeVar as Name
  if (!('JoinExpr' in of)) return null
  const { jointype, larg } = of.JoinExpr as { readonly jointype?: string; readonly larg?: object }
  // Rows that a right or full join adds belong to no row of the first table.
  return jointype === 'JOIN_INNER' || jointype === 'JOIN_LEFT' ? baseOf(larg) : null
}

/** The first of each of some key words that stands outside parentheses, in this order: a later one counts only after the earlier ones. */
function topLevelWords(text: string, tokens: readonly Token[], words: readonly string[]): ReadonlyMap<string, Token> {
  const found = new Map<string, Token>()
  let depth = 0
  let next = 0
  let previous = ''
  for (const token of tokens) {
    const written = text.slice(token.start, token.end).toLowerCase()
    if (written === '(' || written === '[') depth++
    else if (written === ')' || written === ']') depth--
    // `IS DISTINCT FROM` is no clause.
    else if (
      depth === 0 &&
      token.kind === 'word' &&
      words.indexOf(written) >= next &&
      !(written === 'from' && previous === 'distinct')
    ) {
      found.set(written, token)
      next = words.indexOf(written) + 1
    }
    previous = written
  }
  return found
}

function assignmentsOf(set: string): RowParts['assignments'] {
  const result: { column: string; expression: string }[] = []
  let depth = 0
  let start = 0
  const tokens = significantTokens(set)
  const cuts = tokens.filter((t) => {
    const written = set.slice(t.start, t.end)
    if (written === '(' || written === '[') depth++
    if (written === ')' || written === ']') depth--
    return depth === 0 && written === ','
  })
  for (const end of [...cuts.map((t) => t.start), set.length]) {
    const one = set.slice(start, end)
    start = end + 1
    const [name, equals] = significantTokens(one)
    if (!name || !equals || one.slice(equals.start, equals.end) !== '=') return null
    const written = one.slice(name.start, name.end)
    if (name.kind !== 'word' && name.kind !== 'identifier') return null
    result.push({
      column: name.kind === 'word' ? written.toLowerCase() : written.slice(1, -1).replaceAll('""', '"'),
      expression: one.slice(equals.end).trim(),
    })
  }
  return result
}
