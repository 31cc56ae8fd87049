import type { Node, RangeVar } from 'libpg-query'
import type { RuleContext } from '../../src/engine/rule.ts'
import { looksBack } from '../../src/planner/backfill/backfill.ts'
import { baseOf, rowParts, type RowParts } from '../../src/planner/backfill/row-parts.ts'
import { nameOf, type Key } from '../../src/schema/model.ts'
import { relationKey } from '../../src/schema/relation.ts'
import { mentions } from '../../src/schema/sql/schema.ts'
import type { Statement } from '../../src/sql/statement.ts'
import { significantTokens, tokenAt } from '../../src/sql/tokens.ts'
import { inBatches, inRanges, keyRange } from './batches.ts'
import { mergeParts } from './merge.ts'
import { columnRef, walkTree } from './sql-tree.ts'
import { ident, tableAt } from './sql.ts'

/** What changes many rows: a statement, and the part of it that does. */
export interface RowChange {
  readonly statement: Pick<Statement, 'text' | 'node' | 'kind'>
  /** The statement itself, or what stands in its WITH. */
  readonly part: Node
  /** The table whose rows change. */
  readonly table: Key
}

/** Lines of SQL, comments and statements, that make a change a few thousand rows at a time; null where it cannot be cut, or has no key to go by. */
export function changeInBatches({ statement, part, table }: RowChange, ctx: RuleContext): readonly string[] | null {
  if (readsVariables(part, ctx)) return null
  const plain = { ...statement, text: withoutComments(statement.text) }
  if (part !== statement.node) return movedInBatches(plain, part, table, ctx)
  if ('MergeStmt' in part) return mergedInRanges(plain.text, part, ctx)
  const parts = rowParts(plain)
  if (parts === null || typeof parts === 'string') return null
  if (parts.kind === 'insert') return copiedInRanges(parts, part, ctx)
  const known = tableAt(table, ctx)
  const columns = parts.assignments?.map(({ column }) => column) ?? []
  if (known !== undefined && looksBack(parts, known, columns) !== null) return null
  if (parts.with !== null || parts.from !== null) return joinedInRanges(parts, table, ctx)
  return parts.kind === 'delete' ? inBatches(table, ofOne(parts), ctx) : setInBatches(parts, table, ctx)
}

const always = /^(?:true|1\s*=\s*1)$/i

function ofOne({ kind, target, set, where }: RowParts) {
  return {
    head: kind === 'delete' ? `DELETE FROM ${target}` : `UPDATE ${target} SET ${set ?? ''}`,
    from: target,
    where: where === null || always.test(where) ? '' : where,
  }
}

/** An UPDATE of one table until no row is left that lacks the value, where that shows, else by its key. */
function setInBatches(parts: RowParts, table: Key, ctx: RuleContext): readonly string[] | null {
  const { head, from, where } = ofOne(parts)
  const [only, ...more] = parts.assignments ?? []
  const column = only && ident(only.column)
  if (column === undefined || only === undefined || more.length > 0 || mentions(only.expression, column))
    return inRanges(table, { head, from, where }, ctx)
  if (/^IS NULL$/i.test(where.replace(column, '').trim())) return inBatches(table, { head, from, where }, ctx)
  const left = `${column} IS DISTINCT FROM ${only.expression}`
  return inBatches(table, { head, from, where: where === '' ? left : `(${where}) AND ${left}` }, ctx)
}

/** A change of rows that other tables decide, a range of the key at a time. */
function joinedInRanges(parts: RowParts, table: Key, ctx: RuleContext): readonly string[] | null {
  const range = keyRange(table, parts.alias, ctx)
  if (range === null) return null
  const { head } = ofOne(parts)
  const beside = parts.from === null ? '' : ` ${parts.kind === 'delete' ? 'USING' : 'FROM'} ${parts.from}`
  return [
    ...range.next,
    ...(parts.with === null ? [] : [parts.with]),
    `${head}${beside}`,
    `  WHERE ${range.within}${parts.where === null ? '' : ` AND (${parts.where})`};`,
  ]
}

/** An INSERT ... SELECT in ranges of the key of the first table that it reads. */
function copiedInRanges(parts: RowParts, node: Node, ctx: RuleContext): readonly string[] | null {
  const select = 'InsertStmt' in node ? node.InsertStmt.selectStmt : undefined
  const first = baseOf(select && 'SelectStmt' in select ? select.SelectStmt.fromClause?.[0] : undefined)
  if (first === null) return null
  const range = keyRange(relationKey(first, ctx.step?.before ?? ctx.before), parts.alias, ctx)
  if (range === null) return null
  return [
    ...range.next,
    ...(parts.with === null ? [] : [parts.with]),
    `INSERT INTO ${parts.target}`,
    `  SELECT ${parts.select ?? '*'} FROM ${parts.from ?? parts.alias}`,
    `  WHERE ${range.within}${parts.where === null ? '' : ` AND (${parts.where})`}${parts.conflict === null ? '' : ` ${parts.conflict}`};`,
  ]
}

/** A MERGE with a range of the table that it reads at a time. */
function mergedInRanges(text: string, node: Node, ctx: RuleContext): readonly string[] | null {
  const source = 'MergeStmt' in node ? node.MergeStmt.sourceRelation : undefined
  const parts = mergeParts(text)
  if (parts === null || parts.branches.some(({ of }) => of === 'source')) return null
  if (source === undefined || !('RangeVar' in source)) return null
  const of = relationKey(source.RangeVar, ctx.step?.before ?? ctx.before)
  const range = keyRange(of, null, ctx)
  const alias = source.RangeVar.alias?.aliasname ?? source.RangeVar.relname ?? ''
  if (range === null) return null
  return [
    ...range.next,
    ...(parts.with === null ? [] : [parts.with]),
    `MERGE INTO ${parts.target} USING (SELECT * FROM ${range.from} WHERE ${range.within}) AS ${ident(alias)}`,
    `  ON ${parts.on}`,
    `  ${parts.whens};`,
  ]
}

/** Rows that a DELETE in a WITH hands to an INSERT: as many at a time as one batch removes. */
function movedInBatches(
  { text, node }: RowChange['statement'],
  part: Node,
  table: Key,
  ctx: RuleContext,
): readonly string[] | null {
  if (!('DeleteStmt' in part) || !('InsertStmt' in node) || node.InsertStmt.onConflictClause) return null
  const select = node.InsertStmt.selectStmt
  const [only, ...more] = node.InsertStmt.withClause?.ctes ?? []
  if (more.length > 0 || !only || !('CommonTableExpr' in only) || !select || !('SelectStmt' in select)) return null
  const { fromClause = [], whereClause, limitCount, groupClause } = select.SelectStmt
  const [from, ...others] = fromClause
  const isAll = others.length === 0 && !whereClause && !limitCount && !groupClause
  if (!isAll || !from || !('RangeVar' in from) || from.RangeVar.relname !== only.CommonTableExpr.ctename) return null
  const inner = parenthesised(text, 'delete')
  const parts = inner && rowParts({ text: text.slice(inner.start, inner.end), node: part, kind: 'DeleteStmt' })
  if (!inner || !parts || typeof parts === 'string' || parts.from !== null || parts.with !== null) return null
  const returning = /\breturning\b[^]*$/i.exec(text.slice(inner.start, inner.end))?.[0]
  const { head, from: target, where } = ofOne(parts)
  const [comment, ...lines] = inBatches(table, { head, from: target, where }, ctx)
  const rest = text.slice(inner.end)
  if (returning === undefined || comment === undefined || mentions(rest.slice(1), ident(nameOf(table)))) return null
  return [
    comment,
    `${text.slice(0, inner.start)}${lines.join('\n').replace(/;$/, '')} ${returning.trim()}${rest.replace(/;$/, '')};`,
  ]
}

/** Where the text stands in parentheses that begins with a word; null for none or several. */
function parenthesised(text: string, word: string): { readonly start: number; readonly end: number } | null {
  const tokens = significantTokens(text)
  const at = (i: number) => text.slice(tokens[i]?.start, tokens[i]?.end).toLowerCase()
  const opens = tokens.flatMap((_, i) => (at(i) === '(' && at(i + 1) === word ? [i] : []))
  const [open, ...more] = opens
  if (open === undefined || more.length > 0) return null
  let depth = 0
  for (let i = open; i < tokens.length; i++) {
    if (at(i) === '(') depth++
    else if (at(i) === ')' && --depth === 0) return { start: tokens[open]!.end, end: tokens[i]!.start }
  }
  return null
}

/** A statement on one line, without its comments and its semicolon. */
export function withoutComments(text: string): string {
  let plain = ''
  for (let token = tokenAt(text, 0); token !== undefined; token = tokenAt(text, token.end)) {
    if (token.kind !== 'space' && token.kind !== 'comment') plain += text.slice(token.start, token.end)
    else if (!plain.endsWith(' ')) plain += ' '
  }
  return plain.replace(/\s*;?\s*$/, '')
}

/** True where a statement in a block reads what is no column of its tables: a variable of the block, which nothing outside knows. */
function readsVariables(part: Node, { step, before }: RuleContext): boolean {
  if (step?.statement.inside !== 'do') return false
  const schema = step.before ?? before
  const names = new Set<string>()
  const columns = new Set<string>()
  const add = (relation: RangeVar) => {
    for (const name of [relation.relname, relation.alias?.aliasname]) if (name !== undefined) names.add(name)
    for (const { name } of schema.tables.get(relationKey(relation, schema))?.columns ?? []) columns.add(name)
  }
  walkTree(part, (kind, value) => {
    if (kind === 'RangeVar') add(value)
    else if (/^(?:Update|Delete|Insert|Merge)Stmt$/.test(kind)) add((value as { relation?: RangeVar }).relation ?? {})
    return true
  })
  let reads = false
  walkTree(part, (kind, value) => {
    if (kind !== 'ColumnRef') return true
    const written = columnRef({ ColumnRef: value } as Node)
    if (written !== null && (written.qualifier === null ? !columns.has(written.name) : !names.has(written.qualifier)))
      reads = true
    return true
  })
  return reads
}
