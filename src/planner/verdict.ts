import type { Step } from '../step.ts'
import type { ProjectReview } from '../report/report.ts'
import type { Change, ChangeOf } from '../schema/change.ts'
import { targetOf } from '../schema/sql/ddl.ts'
import { indexColumns, nameOf, type Column, type Key, type Schema } from '../schema/model.ts'
import { mentions } from '../schema/sql/schema.ts'
import { quoteIdent } from '../schema/sql/quote.ts'
import { typeLoss } from '../schema/type-change.ts'

/**
 * When a statement may run: `expand` before the code that needs it is out, `contract` once no code that it breaks is running any
 * more, `data` between the two, `neutral` at any time.
 */
export type Phase = 'expand' | 'data' | 'contract' | 'neutral'

/** What of a review decides. */
export type Reviewed = Pick<ProjectReview, 'steps' | 'before' | 'after'>

export interface Verdict {
  readonly phase: Phase
  readonly because: string
}

/** What the change has made so far: nothing running knows of it. */
export interface Fresh {
  readonly tables: Set<Key>
  /** Columns of tables that were there, by `table.column`. */
  readonly columns: Map<string, Column>
}

/** When a change may run, by what it does to code that is running and to the schema before and after it. */
export function verdictOf(change: Change, step: Step, { before, after }: Reviewed, fresh: Fresh): Verdict {
  const table = 'table' in change ? nameOf(change.table) : ''
  const expand = (because: string): Verdict => ({ phase: 'expand', because })
  const contract = (because: string): Verdict => ({ phase: 'contract', because })
  const neutral = (because: string): Verdict => ({ phase: 'neutral', because })
  switch (change.kind) {
    case 'createTable':
    case 'createView':
    case 'createEnum':
    case 'createType':
    case 'createDomain':
    case 'createSequence':
    case 'createSchema':
    case 'createExtension':
    case 'createFunction':
      if (change.kind === 'createFunction' && change.from) {
        return change.from.returns === change.to.returns
          ? neutral('it is called as before')
          : contract('running code calls the function as it was')
      }
      return change.kind === 'createView' && before.views.has(change.object)
        ? neutral('it takes the place of the view of that name')
        : expand('it is new, no running code knows it')
    case 'addColumn':
      return change.to.nullable || change.to.default !== null || change.to.generated || change.to.identity
        ? expand(`running code does not name \`${change.to.name}\` and may leave it out`)
        : contract(`inserts of running code leave \`${change.to.name}\` out and would fail`)
    case 'addIndex':
      if (!change.index.unique) return expand('queries are only served faster')
      return isImplied(indexColumns(change.index), change.table, before)
        ? expand('another key already keeps these values apart')
        : contract(`rows that running code writes may repeat (\`${change.index.name}\`)`)
    case 'addEnumValue':
      return expand('no running code writes the value yet')
    case 'dropNotNull':
    case 'setDefault':
      return expand('running code is not hindered')
    case 'alterColumnType':
      return typeLoss(change.from.type, change.to.type) === null && sameFamily(change.from.type, change.to.type)
        ? expand('the new type holds every value of the old one')
        : contract(
            `running code still reads and writes \`${change.from.name}\` as ${change.from.type === null ? 'it was' : `\`${change.from.type}\``}`,
          )
    case 'setNotNull':
    case 'addNotNull':
      return contract(
        `running code may still write NULL to \`${change.kind === 'setNotNull' ? change.to.name : change.column}\``,
      )
    case 'addUnique':
      return isImplied(change.to.columns, change.table, before)
        ? expand('another key already keeps these values apart')
        : contract(`rows that running code writes may collide (\`${change.to.name}\`)`)
    case 'addPrimaryKey':
      return isImplied(change.to.columns, change.table, before) &&
        change.to.columns.every((name) =>
          before.tables.get(change.table)?.columns.some((c) => c.name === name && !c.nullable),
        )
        ? expand('another key already keeps these values apart')
        : contract(`rows that running code writes may collide (\`${change.to.name}\`)`)
    case 'addExclusion':
      return contract(`rows that running code writes may collide (\`${change.to.name}\`)`)
    case 'addForeignKey':
    case 'addCheck':
      if (
        change.kind === 'addForeignKey' &&
        before.tables
          .get(change.table)
          ?.foreignKeys.some(
            (f) => targetOf(f) === targetOf(change.to) && same(f.columns, change.to.columns) && f.enforced,
          )
      )
        return expand('a foreign key over these columns was there before')
      if (
        change.kind === 'addCheck' &&
        before.tables.get(change.table)?.checks.some((c) => c.enforced && allows(c.expression, change.to.expression))
      )
        return expand('it allows what a check allowed before, or more')
      if (change.kind === 'addCheck' && concernsNewOnly(change.to.expression, change.table, before, fresh))
        return expand('it is about a new column alone')
      return change.inline && change.kind === 'addForeignKey'
        ? expand('it comes with a new column')
        : contract(`rows that running code writes may break \`${change.to.name}\``)
    case 'dropColumn':
      return contract(`running code still reads \`${table}.${change.from.name}\``)
    case 'dropTable':
      return contract(`running code still reads \`${table}\``)
    case 'renameColumn':
      return contract(`running code still says \`${table}.${change.from}\``)
    case 'renameTable':
    case 'setTableSchema':
      return contract(`running code still says \`${table}\``)
    case 'dropDefault':
      return contract(`running code may rely on the default of \`${change.from.name}\``)
    case 'setIdentity':
    case 'setGenerated':
      return change.from.identity || change.from.generated
        ? contract(`running code may rely on \`${change.from.name}\` being filled in`)
        : contract(`running code may still write \`${change.from.name}\``)
    case 'dropEnumValue':
    case 'renameEnumValue':
      return contract('running code may still write the value')
    case 'dropView':
      return madeAgain(
        change.from?.columns ?? null,
        after.views.get(change.object)?.columns ?? null,
        after.views.has(change.object),
      )
    case 'dropFunction':
      // One more argument comes with a default, as a rule.
      return change.from &&
        after.functions
          .get(change.object)
          ?.some(
            (f) =>
              same(f.arguments.slice(0, change.from!.arguments.length), change.from!.arguments) &&
              f.returns === change.from!.returns,
          )
        ? neutral('it is made again and called as before')
        : contract('running code may still use it')
    case 'dropType':
    case 'dropSequence':
    case 'dropSchema':
    case 'dropExtension':
      return contract('running code may still use it')
    case 'renameType':
    case 'renameSchema':
    case 'alterDomain':
      return contract('running code may still use it as it was')
    case 'addTrigger':
      return before.tables.get(change.table)?.triggers.some((t) => t.name === change.to.name)
        ? neutral('it takes the place of the trigger of that name')
        : expand('it runs beside the code')
    case 'dropTrigger':
      return after.tables.get(change.table)?.triggers.some((t) => t.name === change.name)
        ? neutral('it is made again')
        : contract('running code may rely on what it does')
    case 'addPolicy':
      if (!step.before.tables.get(change.table)?.rowSecurity.enabled)
        return neutral('it says nothing until row security is on')
      return change.to.permissive
        ? expand('running code sees the same rows or more')
        : contract('running code may lose sight of rows')
    case 'dropPolicy':
      if (
        !step.before.tables.get(change.table)?.rowSecurity.enabled ||
        after.tables.get(change.table)?.policies.some((p) => p.name === change.name)
      )
        return neutral('it is made again, or says nothing')
      return change.from?.permissive === false
        ? expand('running code sees the same rows or more')
        : contract('running code may lose sight of rows')
    case 'alterPolicy':
      return contract('running code may lose sight of rows')
    case 'setRowSecurity':
      return change.to.enabled && !change.from.enabled
        ? contract('running code may lose sight of rows')
        : neutral('running code sees the same rows or more')
    case 'detachPartition':
      return contract(`running code no longer finds its rows in \`${table}\``)
    case 'dropConstraint':
      return goesAnyway(change, after)
        ? neutral('what it is about goes too')
        : expand('what running code writes is only less restricted')
    case 'dropIndex':
      return change.index?.unique
        ? expand('what running code writes is only less restricted')
        : neutral('running code works without it; its queries may be slower')
    default:
      return neutral('no running code depends on it')
  }
}

function sameFamily(from: string | null, to: string | null): boolean {
  const family = (t: string | null) =>
    t === null
      ? ''
      : /^(text|character varying)/.test(t)
        ? 'text'
        : t.startsWith('numeric')
          ? 'numeric'
          : t.startsWith('timestamp')
            ? t.replace(/\(\d\)/, '')
            : t
  return family(from) === family(to)
}

/** True where the table of a constraint, one that it points at or a column of it is dropped as well. */
function goesAnyway({ table, constraint }: ChangeOf<'dropConstraint'>, after: Schema): boolean {
  const of = after.tables.get(table)
  if (!of) return true
  if (constraint?.type === 'foreignKey' && !after.tables.has(targetOf(constraint.is))) return true
  const columns = constraint && 'is' in constraint && 'columns' in constraint.is ? constraint.is.columns : []
  return columns.some((name) => !of.columns.some((c) => c.name === name))
}

/** True where a key or unique index that is there already makes a key over these columns unique. */
function isImplied(columns: readonly string[], table: Key, before: Schema): boolean {
  const old = before.tables.get(table)
  if (!old) return false
  const keys = [
    ...(old.primaryKey ? [old.primaryKey.columns] : []),
    ...old.uniques.map((u) => u.columns),
    ...old.indexes
      .filter((i) => i.unique && i.where === null && i.keys.every((k) => k.column !== null))
      .map(indexColumns),
  ]
  return columns.length > 0 && keys.some((k) => k.length > 0 && k.every((c) => columns.includes(c)))
}

function concernsNewOnly(expression: string, table: Key, before: Schema, fresh: Fresh): boolean {
  const old = before.tables.get(table)?.columns ?? []
  const added = [...fresh.columns].filter(([of]) => of.startsWith(`${table}.`)).map(([, column]) => column)
  return (
    added.some((c) => mentions(expression, quoteIdent(c.name))) &&
    !old.some((c) => mentions(expression, quoteIdent(c.name)))
  )
}

function madeAgain(from: readonly string[] | null, to: readonly string[] | null, exists: boolean): Verdict {
  if (!exists) return { phase: 'contract', because: 'running code may still use it' }
  return from && to && !from.every((c) => to.includes(c))
    ? { phase: 'contract', because: 'running code may still read a column that it loses' }
    : { phase: 'neutral', because: 'it is made again' }
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i])
}

/** True where two checks differ in a list of values alone, and the second has all of the first: `role IN ('a', 'b')`, then `role IN ('a', 'b', 'c')`. */
function allows(from: string, to: string): boolean {
  const values = (text: string): readonly string[] => text.match(/'(?:[^']|'')*'/g) ?? []
  // What is left without the values, however many there are.
  const rest = (text: string) =>
    text.replaceAll(/'(?:[^']|'')*'(::[a-z ]+(\(\d+\))?)?/g, '?').replaceAll(/\?(?:, \?)+/g, '?')
  return (
    rest(from) === rest(to) &&
    values(from).every((v) => values(to).includes(v)) &&
    (from === to || /= ANY|\bIN\b/.test(from))
  )
}
