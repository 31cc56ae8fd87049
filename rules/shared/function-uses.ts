import type { Node } from 'libpg-query'
import type { RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, type Key, type Schema, type SqlFunction } from '../../src/schema/model.ts'
import { comparePlaces, type Place } from '../../src/location.ts'
import { askedBy } from '../../src/sql/inner.ts'
import type { Statement } from '../../src/sql/statement.ts'
import { columnRef, walkTree } from './sql-tree.ts'
import { relationKey } from '../../src/schema/relation.ts'

/** A function of the schema after the pull request, and the first place of its body that names what was asked for. */
export interface FunctionUse {
  readonly function: Key
  readonly arguments: SqlFunction['arguments']
  readonly place: Place
  readonly made: Statement
  readonly body: readonly BodyPart[]
}

/** A query or statement in the body of a function. */
export interface BodyPart {
  readonly node: Node
  readonly place: Place
}

/** The functions that are there after the pull request and name a table, or a column of it, in a statement of their body. */
export function functionsUsing(ctx: RuleContext, table: Key, column: string | null): readonly FunctionUse[] {
  const found: FunctionUse[] = []
  for (const [of, overloads] of ctx.after.functions) {
    for (const each of overloads) {
      if (runsOnlyFor(of, table, ctx)) continue
      if (each.definition?.toLowerCase().includes((column ?? nameOf(table)).toLowerCase()) !== true) continue
      const made = madeBy(each, ctx)
      const use = made?.body.find(({ node }) =>
        column === null ? namesTable(node, table, ctx.after) : namesColumn(node, table, column, ctx, of),
      )
      if (made && use) found.push({ function: of, arguments: each.arguments, place: use.place, ...made })
    }
  }
  return found
}

/** The statement of the history that made a function as it is, and what stands in its body. */
function madeBy({ definition }: SqlFunction, { history }: RuleContext): Pick<FunctionUse, 'made' | 'body'> | null {
  for (const { statements } of history.toReversed()) {
    const made = statements.findLast(({ inside, text }) => inside === null && text === definition)
    if (made === undefined) continue
    const inner = statements.filter(
      ({ inside, start, end }) => inside === 'function' && start >= made.start && end <= made.end,
    )
    return { made, body: [...inner, ...askedBy(made)].sort((a, b) => comparePlaces(a.place, b.place)) }
  }
  return null
}

/** True for the function of triggers of this table alone: it is not called once the table is gone. */
function runsOnlyFor(of: Key, table: Key, { before, after }: RuleContext): boolean {
  const on = (schema: Schema) =>
    [...schema.tables.values()].filter((each) => each.triggers.some((trigger) => trigger.function === of))
  return !after.tables.has(table) && on(before).length > 0 && on(after).length === 0
}

/** The tables that a statement names, by the names under which it does; what a WITH makes is none. */
export function tablesIn(node: Node, schema: Schema): ReadonlyMap<string, Key> {
  const made = new Set<unknown>()
  const found = new Map<string, Key>()
  walkTree(node, (kind, value) => {
    if (kind === 'CommonTableExpr') made.add(value['ctename'])
    return true
  })
  const add = (value: Readonly<Record<string, unknown>>) => {
    const name = String(value['relname'] ?? '')
    if (value['schemaname'] === undefined && made.has(name)) return
    const alias = value['alias'] as { aliasname?: string } | undefined
    found.set(alias?.aliasname ?? name, key(String(value['schemaname'] ?? schema.defaultSchema), name))
  }
  walkTree(node, (kind, value) => {
    if (kind === 'RangeVar') add(value)
    // The target of an UPDATE, INSERT or DELETE stands in the tree without a word of its own.
    const target = value['relation']
    if (/^(?:Update|Insert|Delete|Merge)Stmt$/.test(kind) && typeof target === 'object' && target !== null)
      add(target as Readonly<Record<string, unknown>>)
    return true
  })
  return found
}

/** True for the function of triggers of one table alone, so that `NEW` and `OLD` are rows of it. */
export function isTriggeredBy(of: Key, table: Key, schema: Schema): boolean {
  const on = [...schema.tables.values()].filter(({ triggers }) => triggers.some((each) => each.function === of))
  return on.length === 1 && on[0]?.key === table
}

function namesTable(node: Node, table: Key, schema: Schema): boolean {
  return [...tablesIn(node, schema).values()].includes(table)
}

/** A name without a table counts where the statement names no other table; `NEW` and `OLD` where the function is a trigger's of the table alone. */
function namesColumn(node: Node, table: Key, column: string, ctx: RuleContext, of: Key): boolean {
  const tables = tablesIn(node, ctx.after)
  const alone = tables.size > 0 && [...tables.values()].every((each) => each === table)
  const rows = isTriggeredBy(of, table, ctx.after)
  let found = false
  walkTree(node, (kind, value) => {
    if (kind === 'ColumnRef') {
      const name = columnRef({ ColumnRef: value } as Node)
      if (name?.name === column) {
        const { qualifier } = name
        found ||=
          qualifier === null ? alone : tables.get(qualifier) === table || (rows && /^(?:new|old)$/.test(qualifier))
      }
    }
    const sets = kind === 'UpdateStmt' ? value['targetList'] : kind === 'InsertStmt' ? value['cols'] : undefined
    const target = value['relation'] as { schemaname?: string; relname?: string } | undefined
    if (Array.isArray(sets) && relationKey(target, ctx.after) === table)
      found ||= sets.some((set: { ResTarget?: { name?: string } }) => set.ResTarget?.name === column)
    return true
  })
  return found
}
