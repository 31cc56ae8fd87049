import type { RuleContext } from '../../src/engine/rule.ts'
import { isFixedSource } from '../../src/queries/fixed.ts'
import type { Predicate, Query } from '../../src/queries/query.ts'
import { indexUse, isIndexable } from '../../src/schema/index-use.ts'
import type { IndexUse } from '../../src/schema/index-use.ts'
import type { Key, Table } from '../../src/schema/model.ts'
import { snake } from './names.ts'
import { branchesOf, isNewSearch, mainTable, tellsApart } from './query-words.ts'

/** Conditions of one alternative, parted by what an index can do with them. */
export interface Conditions {
  readonly indexable: readonly Predicate[]
  /** Columns that have to equal something, without flags where there are others. */
  readonly equal: readonly string[]
  readonly ranged: readonly string[]
}

/** Parts the conditions on a table. */
export function conditionsOf(
  table: Table,
  own: readonly Predicate[],
  ctx: Pick<RuleContext, 'after' | 'declared'>,
): Conditions {
  const indexable = own.filter((p) => isIndexable(p) && p.expression === null)
  const compared = indexable.filter((p) => p.operator === '=' || p.operator === 'in' || p.operator === 'is null')
  const all = compared.map((p) => p.column ?? '')
  // How many rows have more than a number of the code is not known; a time leaves those before it.
  const ranged = indexable
    .filter((p) => !all.includes(p.column ?? ''))
    .toSorted((a, b) => Number(typeof a.value === 'number') - Number(typeof b.value === 'number'))
    .map((p) => p.column ?? '')
  // A flag beside a key, or nothing where something may stand, makes an index for each that is asked for, and few rows less to read.
  const keys = compared
    .filter((p) => p.operator !== 'is null' && !isFlag(table, p.column ?? '', ctx) && !isOfMany(p))
    .map((p) => p.column ?? '')
  // Rows without what comes later, such as the time of their deletion, are nearly all of them, and so may be those of a common state.
  const flags =
    ranged.length === 0
      ? all
      : compared.filter((p) => p.operator !== 'is null' && !isOfMany(p)).map((p) => p.column ?? '')
  return { indexable, equal: [...new Set(keys.length > 0 ? keys : flags)], ranged: [...new Set(ranged)] }
}

/**
 * Conditions of a query that takes the first rows in an order, with the column of that order where an index may have a range: where many rows
 * are found, they have to come in it.
 */
export function withOrder(conditions: Conditions, table: Table, own: readonly Predicate[], query: Query): Conditions {
  const [first] = query.ordering
  const { equal, ranged } = conditions
  const findsMany = !own.some((p) => p.operator === '=' && tellsApart(table, p.column ?? ''))
  return query.limit !== null &&
    first?.table === table.key &&
    findsMany &&
    ranged.length === 0 &&
    equal.length > 0 &&
    !equal.includes(first.column)
    ? { ...conditions, ranged: [first.column] }
    : conditions
}

/** True for a column of few values: a boolean or an enum. */
export function isFlag(
  table: Table,
  column: string,
  { after, declared = null }: Pick<RuleContext, 'after'> & Partial<Pick<RuleContext, 'declared'>>,
): boolean {
  const type = table.columns.find((c) => c.name === column)?.type ?? ''
  const name = `${after.defaultSchema}.${type.replaceAll('"', '')}`
  return type === 'boolean' || after.enums.has(name) || declared?.enums.has(name) === true
}

/** True for what many rows have: one of the few languages, or a state in which most of them end. An index finds none of them sooner. */
export function isOfMany({ column, operator, value, values = [] }: Predicate): boolean {
  if (operator !== '=' && operator !== 'in') return false
  const all = typeof value === 'string' ? [value] : values
  return fewValues.test(snake(column ?? '')) || all.some((one) => common.test(one))
}

/** True for a state that rows leave again, so that few or none are in it. */
export function isOfWaiting({ value, values = [], operator }: Predicate): boolean {
  const all = typeof value === 'string' ? [value] : values
  return operator === 'is null' || all.some((one) => waiting.test(one))
}

const waiting =
  /pend|queue|wait|open|draft|process|progress|running|fail|error|retry|sched|ready|unsent|due|start|creat|new/i
const fewValues = /(?:^|_)(?:locale|lang|language|currency|gender|platform|environment|env)(?:_code)?$/
const common =
  /^(?:active|enabled|free|basic|published|completed?|success(?:ful)?|succeeded|done|finished|paid|approved|confirmed|delivered|live|public|visible|verified|closed|settled|processed|compliant|valid|healthy|default|normal|standard)$/i

/**
 * The columns of an index for conditions that none serves: the column first that most queries of the change ask for, so that one index
 * serves all that share it.
 */
export function wantedIndex(
  table: Table,
  { equal, ranged }: Conditions,
  ctx: Pick<RuleContext, 'after' | 'declared' | 'queries'>,
): readonly string[] {
  const apart = equal.toSorted((a, b) => Number(tellsApart(table, b)) - Number(tellsApart(table, a)))
  const alone = [...apart, ...ranged.slice(0, 1)].slice(0, 3)
  const all = lackingIndexes(ctx).get(table.key) ?? []
  const lacking = all.map((one) => one.equal)
  const lead = leadOf(equal, lacking, table)
  const alike = all.filter((one) => leadOf(one.equal, lacking, table) === lead)
  const group = alike.map((one) => one.equal)
  if (lead === undefined || group.length < 2) return alone
  // What comes behind the columns that all compare serves only those that compare it, too.
  if (group.every((g) => g.join() === equal.join()))
    return alike.every((one) => one.ranged.join() === ranged.join()) ? alone : apart.slice(0, 3)
  const others = [...new Set(group.flat())]
    .filter((c) => c !== lead && uses(c, group) === group.length)
    .toSorted((a, b) => uses(b, group) - uses(a, group) || positionOf(table, a) - positionOf(table, b))
  return [lead, ...others].slice(0, 3)
}

function leadOf(columns: readonly string[], lacking: readonly (readonly string[])[], table: Table): string | undefined {
  // What tells rows apart finds fewer of them than what more queries ask for.
  const keys = columns.filter((column) => tellsApart(table, column))
  const [first] = (keys.length > 0 ? keys : columns).toSorted(
    (a, b) =>
      uses(b, lacking) - uses(a, lacking) ||
      (uses(a, lacking) > 1 ? positionOf(table, a) - positionOf(table, b) : columns.indexOf(a) - columns.indexOf(b)),
  )
  return first
}

function uses(column: string, lacking: readonly (readonly string[])[]): number {
  return lacking.filter((columns) => columns.includes(column)).length
}

function positionOf(table: Table, column: string): number {
  return table.columns.findIndex((c) => c.name === column)
}

type Lacking = Pick<Conditions, 'equal' | 'ranged'>

const known = new WeakMap<readonly Query[], ReadonlyMap<Key, readonly Lacking[]>>()

/** The columns that changed queries of each table compare for equality, where no index serves them. */
function lackingIndexes(
  ctx: Pick<RuleContext, 'after' | 'declared' | 'queries'>,
): ReadonlyMap<Key, readonly Lacking[]> {
  const before = known.get(ctx.queries)
  if (before !== undefined) return before
  const found = new Map<Key, Lacking[]>()
  for (const query of ctx.queries) {
    const table = query.changed && !query.dynamic && isNewSearch(query) ? mainTable(query, ctx) : null
    if (table === null) continue
    for (const branch of branchesOf(query)) {
      const own = branch.filter((p) => p.table === table.key)
      const { verdict } = indexUse(table, own)
      if (own.length !== branch.length || (verdict !== 'none' && verdict !== 'later')) continue
      const { equal, ranged } = withOrder(conditionsOf(table, own, ctx), table, own, query)
      // Of a flag alone nobody is told that it lacks an index.
      const isFlagAlone = ranged.length === 0 && equal.every((column) => isFlag(table, column, ctx))
      if (!isFlagAlone) found.set(table.key, [...(found.get(table.key) ?? []), { equal, ranged }])
    }
  }
  known.set(ctx.queries, found)
  return found
}

/** The same as `indexUse`, without an index that finds nothing but the rows that are not deleted, which are nearly all. */
export function useBesideDeletion(table: Table, own: readonly Predicate[]): IndexUse {
  const use = indexUse(table, own)
  if (use.verdict !== 'served' || use.path.where !== null || !deletion.test(use.path.keys[0]?.column ?? '')) return use
  const others = own.filter((p) => !isOfTheLiving(p))
  if (others.length === own.length || others.length === 0) return use
  const beside = indexUse(table, others)
  return beside.verdict === 'none' || beside.verdict === 'later' ? beside : use
}

/** True for `deleted_at IS NULL`. */
export function isOfTheLiving({ operator, column }: Predicate): boolean {
  return operator === 'is null' && deletion.test(column ?? '')
}

const deletion = /^(?:is_?)?(?:soft_?)?(?:deleted|archived|removed)_?(?:at|on)$/i

/** True for a comparison with something that the code fixes. */
export function isConstant({ value, values = [], operator, source = '' }: Predicate): boolean {
  return value !== undefined || values.length > 0 || operator === 'is null' || isFixedSource(source)
}

/** True for a comparison that rows between two values pass. */
export function isRange({ operator }: Predicate): boolean {
  return ['<', '<=', '>', '>=', 'between', 'is not null'].includes(operator)
}
