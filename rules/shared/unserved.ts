import type { Problem, RuleContext } from '../../src/engine/rule.ts'
import type { Severity } from '../../src/finding.ts'
import type { Predicate, Query } from '../../src/queries/query.ts'
import { pathsOf } from '../../src/schema/index-use.ts'
import type { Path } from '../../src/schema/index-use.ts'
import type { Table } from '../../src/schema/model.ts'
import { builtBy } from './concurrently.ts'
import { branchesOf, createIndex, indexAdvice, listed, mainTable, rowsOf } from './query-words.ts'
import { isConstant, isRange, useBesideDeletion } from './wanted-index.ts'

/** True for a part of a statement that reads the same table as a whole for its own conditions, whatever serves the part. */
export function readsWholeAnyway(query: Query, table: Table, ctx: RuleContext): boolean {
  if (!query.call.endsWith('(nested)')) return false
  return ctx.queries.some(
    (outer) =>
      outer.place.path === query.place.path &&
      outer.place.line === query.place.line &&
      outer.place.column === query.place.column &&
      !outer.call.endsWith('(nested)') &&
      mainTable(outer, ctx)?.key === table.key &&
      branchesOf(outer).some((branch) => !['served', 'later'].includes(useBesideDeletion(table, branch).verdict)),
  )
}

/** Conditions that a partial index answers for one value only, where the value comes when the query runs. */
export function ofParameter(table: Table, own: readonly Predicate[], partial: Path, ctx: RuleContext): Problem | null {
  const column = /^\(?"?(\w+)"? = '[^']*'/.exec(partial.where ?? '')?.[1]
  const asked = own.find((p) => p.column === column && p.operator === '=' && p.expression === null)
  if (
    column === undefined ||
    asked === undefined ||
    asked.value !== undefined ||
    own.some((p) => p.expression !== null)
  )
    return null
  return {
    object: table.key,
    expects: 'scan',
    severity: 'info',
    message: `\`${ctx.name(table.key)}\` is filtered by ${listed(own.map((p) => p.column ?? ''))}, and \`${partial.name}\` holds only the rows ${rowsWhere(partial)}: with any other value each run reads the whole table${rowsOf(ctx, table.key)}.`,
    help: indexAdvice(
      table,
      [[column]],
      ctx,
      'Where no other value is asked for, write it into the query; else index all rows',
    ).help,
  }
}

/** What a scan reads of the table: with a limit and in no order it stops at the last row that is wanted. */
export function howFar({ limit, ordering }: Query): string {
  if (limit === null || ordering.length > 0) return 'the whole table'
  return `the table until ${limit === 1 ? 'a row matches' : `${limit === 'dynamic' ? 'enough' : limit} rows match`}`
}

/** The rows that a partial index holds, in words. */
export function rowsWhere({ where }: Path): string {
  return `with \`${(where ?? '').replace(/^\((.*)\)$/, '$1').replace(/::(?:"?\w+"?\.)?"?\w+"?/g, '')}\``
}

/** A function or cast around the only column that is compared, with no index for either. */
export function ofExpression(
  query: Query,
  table: Table,
  own: readonly Predicate[],
  severity: Severity,
  ctx: RuleContext,
): Problem | null {
  // How many rows lie on one side of a value that the code fixes is not known: it may be nearly all.
  const asked = own.find((p) => p.expression !== null && compared.has(p.operator) && !(isConstant(p) && isRange(p)))
  const { expression, column } = asked ?? {}
  if (asked === undefined || expression == null || column == null || /->|#>|\$\d/.test(expression)) return null
  // The column itself cannot be compared instead of what is computed from it.
  if (!/^\w+\(|::/.test(expression)) return null
  // An index on the column itself, or on something made of it, is the matter of another rule.
  if (
    pathsOf(table).some(
      (path) => path.keys[0]?.column === column || path.keys.some((key) => key.expression?.includes(column) === true),
    )
  )
    return null
  const type = table.columns.find((one) => one.name === column)?.type ?? ''
  const indexable = /^(?:lower|upper)\(/i.test(expression) && /^(?:text|character varying|varchar|citext)/.test(type)
  const index = createIndex(table, { on: `((${expression}))` }, ctx)
  // A text sorts in another way than the number that it is read as.
  if (/^(?:text|character varying|varchar|citext)/.test(type) && expression.includes('::')) return null
  const ranged = /^(?:timestamp|date)/.test(type) ? `\`${column} >= $1 AND ${column} < $2\`` : `\`${column}\` itself`
  return {
    object: table.key,
    expects: 'scan',
    severity,
    ...(indexable ? { index } : {}),
    message: `\`${ctx.name(table.key)}\` is filtered by \`${expression}\`, for which there is no index: each run reads ${howFar(query)}${rowsOf(ctx, table.key)}.`,
    help: indexable
      ? builtBy(table.key, [index], ctx, 'Index what is compared')
      : indexAdvice(table, [[column]], ctx, `Compare ${ranged} and index the column`).help,
  }
}

const compared = new Set<Predicate['operator']>(['=', 'in', '<', '<=', '>', '>=', 'between'])
