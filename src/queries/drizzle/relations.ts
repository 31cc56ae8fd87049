import type { CallExpression, Expression } from 'oxc-parser'
import type { Key } from '../../schema/model.ts'
import type { Module, Scope } from '../typescript/module.ts'
import { chainOf, isFunction, unwrap } from '../typescript/nodes.ts'
import { arrayOf, objectOf } from '../typescript/objects.ts'
import type { Evaluate, Located } from '../typescript/objects.ts'
import type { DrizzleTable } from '../typescript/value.ts'

/** Relations by the table that has them and the name that it gives them. */
export type Relations = Map<Key, Map<string, DeclaredRelation>>

export interface DeclaredRelation {
  readonly target: DrizzleTable
  readonly many: boolean
  /** Columns of the table and of the target that belong together; none where the other side says so. */
  readonly columns: readonly string[]
  readonly references: readonly string[]
}

interface Names {
  readonly evaluate: Evaluate
  column(table: DrizzleTable, property: string): string | null
}

/** `relations(users, ({ one, many }) => ({ orders: many(orders) }))`. */
export function relationsOf(
  call: CallExpression,
  scope: Scope,
  module: Module,
  { evaluate, column }: Names,
  into: Relations,
): void {
  const [first, second] = call.arguments
  if (first === undefined || second === undefined || first.type === 'SpreadElement' || !isFunction(second)) return
  const table = evaluate(first, scope, module)
  const body = module.returns.get(second)?.[0]
  if (table?.is !== 'table' || body === undefined) return
  for (const property of objectOf({ node: body.node, scope: body.scope, module }, evaluate)?.properties ?? []) {
    const made = unwrap(property.node)
    if (made.type !== 'CallExpression' || made.callee.type !== 'Identifier') continue
    const [other, options] = made.arguments
    if (other === undefined || other.type === 'SpreadElement') continue
    const target = evaluate(other, body.scope, module)
    if (target?.is !== 'table') continue
    const given =
      options === undefined || options.type === 'SpreadElement'
        ? null
        : objectOf({ node: options, scope: body.scope, module }, evaluate)
    const list = (name: string): string[] => {
      const at = given?.properties.find((p) => p.name === name)
      return (at === undefined ? [] : (arrayOf(at)?.elements ?? [])).flatMap((e) => {
        const value = evaluate(e.node, e.scope, e.module)
        const named = value?.is === 'column' ? column(value.table, value.property) : null
        return named === null ? [] : [named]
      })
    }
    add(into, table.table.key, property.name, {
      target: target.table,
      many: made.callee.name === 'many',
      columns: list('fields'),
      references: list('references'),
    })
  }
}

/** `defineRelations(schema, (r) => ({ users: { orders: r.many.orders() } }))`: tables go by the names of their constants. */
export function definedRelations(
  call: CallExpression,
  module: Module,
  { evaluate, column, tables }: Names & { readonly tables: ReadonlyMap<string, DrizzleTable> },
  into: Relations,
): void {
  const callback = call.arguments[1]
  const body = callback === undefined || !isFunction(callback) ? undefined : module.returns.get(callback)?.[0]
  if (body === undefined) return
  /** The columns that `r.orders.userId`, or a list of such, names. */
  const columnsOf = (given: Located | undefined): string[] =>
    given === undefined
      ? []
      : (arrayOf(given)?.elements ?? [given]).flatMap((one) => {
          const [table, property] = namesOf(one.node)
          const of = table === undefined ? undefined : tables.get(table)
          const named = of === undefined || property === undefined ? null : column(of, property)
          return named === null ? [] : [named]
        })
  for (const of of objectOf({ node: body.node, scope: body.scope, module }, evaluate)?.properties ?? []) {
    const table = tables.get(of.name)
    if (table === undefined) continue
    for (const property of objectOf(of, evaluate)?.properties ?? []) {
      const steps = chainOf(property.node)?.steps ?? []
      const [kind, named] = steps
      const target = tables.get(named?.name ?? '')
      if (target === undefined || (kind?.name !== 'one' && kind?.name !== 'many')) continue
      const options = named?.args?.[0]
      const given =
        options === undefined || options.type === 'SpreadElement'
          ? []
          : (objectOf({ ...property, node: options }, evaluate)?.properties ?? [])
      const from = given.find((p) => p.name === 'from')
      const to = given.find((p) => p.name === 'to')
      add(into, table.key, property.name, {
        target,
        many: kind.name === 'many',
        columns: columnsOf(from),
        references: columnsOf(to),
      })
    }
  }
}

function add(into: Relations, table: Key, name: string, relation: DeclaredRelation): void {
  const known = into.get(table)
  if (known === undefined) into.set(table, new Map([[name, relation]]))
  else known.set(name, relation)
}

/** The table and the column of `r.orders.userId`; none for a way through a table between. */
function namesOf(node: Expression): (string | undefined)[] {
  const steps = chainOf(node)?.steps ?? []
  return steps.length === 2 ? steps.map(({ name }) => name ?? undefined) : []
}
