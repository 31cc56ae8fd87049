import type { ColumnDef } from 'libpg-query'
import type { Step } from '../../src/step.ts'
import type { Problem, RuleContext } from '../../src/engine/rule.ts'
import { nameOf, type Column, type Key, type Table } from '../../src/schema/model.ts'
import { quoteIdent } from '../../src/sql/names.ts'
import { fromByteOffset } from '../../src/sql/place.ts'
import { tokenAt } from '../../src/sql/tokens.ts'
import { lineAndColumn } from '../../src/location.ts'

/** How a column's type stands in a statement. */
export interface WrittenType {
  /** Its text, `timestamp(3)`. */
  readonly text: string
  /** True where the statement makes the table: nothing of it is there yet. */
  readonly inTable: boolean
}

/**
 * A suggestion that gives columns other types in the lines where they stand. There is none where an ORM writes the migration, where the columns
 * stand in several statements, where `typeOf` knows no type for one of them, and where something else that the schema knows reads one of them
 * and would have to change too.
 */
export function otherTypes(
  columns: readonly Column[],
  table: Key,
  ctx: RuleContext,
  typeOf: (column: Column, written: WrittenType) => string | null,
): Pick<Problem, 'suggestion'> {
  const after = ctx.after.tables.get(table)
  if (ctx.project.orm !== null || after === undefined) return {}
  const step = ctx.steps.find(({ changes }) =>
    columns.every(({ name }) => changes.some((each) => makes(each, name, table))),
  )
  if (step === undefined || step.statement.inside !== null || step.statement.assembled === true) return {}
  if (columns.some(({ name }) => isRead(name, after, step, ctx))) return {}
  const { text } = step.statement
  const replaced = columns.map((column) => {
    const span = spanOf(column.name, step)
    if (span === null) return null
    const inTable = 'CreateStmt' in step.statement.node
    const type = typeOf(column, { text: text.slice(span.start, span.end), inTable })
    return type === null ? null : { ...span, type }
  })
  const spans = replaced.filter((span) => span !== null).toSorted((a, b) => a.start - b.start)
  const [first] = spans
  const last = spans.at(-1)
  if (first === undefined || last === undefined || spans.length < columns.length) return {}
  const { file, start } = step.statement
  const line = lineAndColumn(file, start + first.start).line
  const { line: endLine } = lineAndColumn(file, start + last.end - 1)
  let at = file.lineStarts[line - 1] ?? 0
  let lines = ''
  for (const span of spans) {
    lines += file.text.slice(at, start + span.start) + span.type
    at = start + span.end
  }
  lines += file.text.slice(at, file.lineStarts[endLine] ?? file.text.length)
  return { suggestion: { path: file.path, line, endLine, text: lines.replace(/\r?\n$/, '') } }
}

type Made = Step['changes'][number]

function makes(change: Made, name: string, table: Key): boolean {
  if (!('table' in change) || change.table !== table) return false
  if (change.kind === 'createTable') return change.to.columns.some((column) => column.name === name)
  return (change.kind === 'addColumn' || change.kind === 'alterColumnType') && change.to.name === name
}

/** True where a constraint, an expression or another statement of the pull request reads the column: what it reads has a type. */
function isRead(name: string, table: Table, step: Step, ctx: RuleContext): boolean {
  const word = new RegExp(String.raw`(?<![\w$])${name.replace(/[^\w]/g, String.raw`\$&`)}(?![\w$])`, 'i')
  const expressions = [
    ...table.columns.flatMap(({ generated }) => generated?.expression ?? []),
    ...table.indexes.flatMap(({ keys, where }) => [...keys.flatMap((key) => key.expression ?? []), where ?? '']),
    ...table.checks.map(({ expression }) => expression),
    ...table.exclusions.map(({ definition }) => definition),
  ]
  const referring = [...ctx.after.tables.values()].flatMap((other) =>
    other.foreignKeys.flatMap(({ columns, references }) => [
      ...(other.key === table.key ? columns : []),
      ...(references.schema === table.schema && references.table === table.name ? references.columns : []),
    ]),
  )
  return (
    referring.includes(name) ||
    expressions.some((expression) => word.test(expression)) ||
    ctx.steps.some(
      (other) =>
        other !== step &&
        !/^(?:IndexStmt|CommentStmt|CreateStmt|AlterTableStmt)$/.test(other.statement.kind) &&
        word.test(other.statement.text),
    )
  )
}

/** UTF-16 offsets in the statement's text, end exclusive, of the type that it gives a column; null where it cannot be told. */
function spanOf(name: string, { statement: { node, text } }: Step): { start: number; end: number } | null {
  const location = definitionOf(name, node)?.typeName?.location
  if (location === undefined) return null
  const start = fromByteOffset(text, location)
  const end = endOfType(text, start)
  return end === null ? null : { start, end }
}

function definitionOf(name: string, node: Step['statement']['node']): ColumnDef | undefined {
  if ('CreateStmt' in node)
    return (node.CreateStmt.tableElts ?? []).flatMap((each) =>
      'ColumnDef' in each && each.ColumnDef.colname === name ? [each.ColumnDef] : [],
    )[0]
  if (!('AlterTableStmt' in node)) return undefined
  return (node.AlterTableStmt.cmds ?? []).flatMap((each) => {
    if (!('AlterTableCmd' in each)) return []
    const { subtype, def, name: of } = each.AlterTableCmd
    if (def === undefined || !('ColumnDef' in def)) return []
    return (subtype === 'AT_AddColumn' && def.ColumnDef.colname === name) ||
      (subtype === 'AT_AlterColumnType' && of === name && def.ColumnDef.raw_default === undefined)
      ? [def.ColumnDef]
      : []
  })[0]
}

/** Where a type ends that begins at `start`: its words, its length, its time zone and the brackets of an array. */
function endOfType(text: string, start: number): number | null {
  let end = start
  const next = () => {
    let token = tokenAt(text, end)
    while (token?.kind === 'space') token = tokenAt(text, token.end)
    return token === undefined ? null : { ...token, written: text.slice(token.start, token.end).toLowerCase() }
  }
  const take = (...among: readonly string[]): boolean => {
    const token = next()
    if (token === null || !among.includes(token.written)) return false
    end = token.end
    return true
  }
  const name = next()
  if (name === null || (name.kind !== 'word' && name.kind !== 'identifier')) return null
  end = name.end
  while (take('.')) {
    const part = next()
    if (part === null) return null
    end = part.end
  }
  if (name.written === 'national') take('character', 'char')
  if (name.written === 'double') take('precision')
  else take('varying')
  const closes = (open: string, close: string): boolean => {
    if (!take(open)) return false
    for (let token = next(); token !== null && token.written !== close; token = next()) {
      if (token.kind === 'comment') return false
      end = token.end
    }
    return take(close)
  }
  closes('(', ')')
  if (/^timestamp|^time/.test(name.written) && take('with', 'without') && !(take('time') && take('zone'))) return null
  if (take('array')) closes('[', ']')
  while (closes('[', ']'));
  return end
}

/** `text` with a CHECK on its length, for a column of a new table: added to one that is there, the check would scan it. */
export function checkedText(length: string, comparison: '<=' | '=' = '<=') {
  return ({ name, type }: Column, { inTable }: WrittenType): string | null =>
    inTable && type?.endsWith(')') === true
      ? `text CHECK (char_length(${quoteIdent(name)}) ${comparison} ${length})`
      : null
}

/** An identity in the place of `serial`; one that takes values too where a statement of the pull request may bring them along. */
export function asIdentity(type: string, table: Key, { steps }: RuleContext) {
  return ({ name }: Column, { text }: WrittenType): string | null => {
    if (!/^\w*serial\d?$/i.test(text)) return null
    const statements = steps.map((step) => step.statement)
    if (statements.some((statement) => statement.text.includes(`_${name}_seq`))) return null
    const brings = statements.some(
      ({ node }) => 'InsertStmt' in node && node.InsertStmt.relation?.relname === nameOf(table),
    )
    return `${type} GENERATED ${brings ? 'BY DEFAULT' : 'ALWAYS'} AS IDENTITY`
  }
}
