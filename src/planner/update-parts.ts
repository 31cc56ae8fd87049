import type { Statement } from '../sql/statement.ts'
import { significantTokens, type Token } from '../sql/tokens.ts'

/** An UPDATE cut into its clauses, each as written. */
export interface UpdateParts {
  /** Table with its alias: `users AS u`. */
  readonly target: string
  /** How columns of the table are named in the statement: alias or table. */
  readonly alias: string
  readonly set: string
  readonly from: string | null
  readonly where: string | null
  /** What is assigned to which column, where each is one column and one expression; null otherwise. */
  readonly assignments: readonly { readonly column: string; readonly expression: string }[] | null
}

/** Cuts an UPDATE into its clauses; null where it has a WITH or a cursor, which do not work in batches. */
export function updateParts(statement: Pick<Statement, 'text' | 'node'>): UpdateParts | null {
  const node = statement.node as { readonly UpdateStmt?: { readonly relation?: { readonly relname?: string; readonly alias?: { readonly aliasname?: string } }; readonly withClause?: unknown; readonly whereClause?: object } }
  const update = node.UpdateStmt
  if (!update?.relation?.relname || update.withClause || (update.whereClause && 'CurrentOfExpr' in update.whereClause)) return null
  const { text } = statement
  const tokens = significantTokens(text)
  const clauses = topLevelWords(text, tokens, ['update', 'set', 'from', 'where', 'returning'])
  const [start, set] = [clauses.get('update'), clauses.get('set')]
  if (!start || !set) return null
  const end = clauses.get('returning')?.start ?? text.length
  const where = clauses.get('where')
  const from = clauses.get('from')
  const setText = text.slice(set.end, from?.start ?? where?.start ?? end)
  return {
    target: text.slice(start.end, set.start).trim(),
    alias: update.relation.alias?.aliasname ?? update.relation.relname,
    set: setText.trim(),
    from: from ? text.slice(from.end, where?.start ?? end).trim() : null,
    where: where ? text.slice(where.end, end).trim() : null,
    assignments: assignmentsOf(setText),
  }
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
    else if (depth === 0 && token.kind === 'word' && words.indexOf(written) >= next && !(written === 'from' && previous === 'distinct')) {
      found.set(written, token)
      next = words.indexOf(written) + 1
    }
    previous = written
  }
  return found
}

function assignmentsOf(set: string): UpdateParts['assignments'] {
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
    result.push({ column: name.kind === 'word' ? written.toLowerCase() : written.slice(1, -1).replaceAll('""', '"'), expression: one.slice(equals.end).trim() })
  }
  return result
}
