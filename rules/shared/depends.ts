import type { Column, ForeignKey, Key, Policy, Schema, Table, Trigger } from '../../src/schema/model.ts'
import { key, nameOf } from '../../src/schema/model.ts'

/** What rests on a table or on one of its columns, as words for a message: `the view \`totals\``. Views of which it is not known what they read are left out. */
export function dependentsOf(schema: Schema, table: Key, column: string | null): readonly string[] {
  const found: string[] = []
  for (const [view, { reads, materialized }] of schema.views) {
    if (reads.some((read) => read.table === table && (column === null || read.columns?.includes(column) === true)))
      found.push(`the ${materialized ? 'materialized view' : 'view'} \`${nameOf(view)}\``)
  }
  return found
}

/** The views that read a view or table, and those that read them. */
export function viewsOver(schema: Schema, of: Key): readonly Key[] {
  const found = new Set<Key>()
  const add = (object: Key) => {
    for (const [view, { reads }] of schema.views) {
      if (found.has(view) || view === of || !reads.some((read) => read.table === object)) continue
      found.add(view)
      add(view)
    }
  }
  add(of)
  return [...found]
}

/** What of the column's own table rests on it and keeps it from being dropped or changed. */
export function resting(
  { columns, policies, triggers }: Table,
  column: string,
): {
  readonly generated: readonly Column[]
  readonly policies: readonly Policy[]
  readonly triggers: readonly Trigger[]
} {
  const names = (text: string | null) => text !== null && speaksOf(text, column)
  return {
    generated: columns.filter(
      (each) => each.name !== column && each.generated !== null && names(each.generated.expression),
    ),
    policies: policies.filter((policy) => names(policy.using) || names(policy.check)),
    triggers: triggers.filter(
      (trigger) => trigger.columns.includes(column) && trigger.updateOf?.includes(column) !== true,
    ),
  }
}

/** The same as words for a message. */
export function restingOn(schema: Schema, of: Key, column: string): readonly string[] {
  const table = schema.tables.get(of)
  if (table === undefined) return []
  const { generated, policies, triggers } = resting(table, column)
  return [
    ...generated.map((each) => `the generated column \`${each.name}\``),
    ...policies.map((policy) => `the policy \`${policy.name}\``),
    ...triggers.map((trigger) => `the trigger \`${trigger.name}\``),
  ]
}

/** What goes with a column of a table when it is dropped, as words for a message: `NOT NULL`, the constraints and indexes over it. */
export function carriedBy(schema: Schema, of: Key, column: string): readonly string[] {
  const table = schema.tables.get(of)
  if (table === undefined) return []
  const over = (what: string, parts: readonly { readonly name: string; readonly columns: readonly string[] }[]) =>
    parts.filter((part) => part.columns.includes(column)).map((part) => `the ${what} \`${part.name}\``)
  const { nullable, default: given, identity } = table.columns.find(({ name }) => name === column) ?? {}
  return [
    ...(nullable === false ? ['NOT NULL'] : []),
    ...(given ? ['the default'] : identity ? ['the identity'] : []),
    ...over('unique constraint', table.uniques),
    ...over(
      'index',
      table.indexes.map(({ name, keys, where }) => ({
        name,
        columns: keys
          .flatMap((each) => each.column ?? [])
          .concat(where !== null && speaksOf(where, column) ? column : []),
      })),
    ),
    ...over('foreign key', table.foreignKeys),
    ...over(
      'check',
      table.checks.map(({ name, expression }) => ({ name, columns: speaksOf(expression, column) ? [column] : [] })),
    ),
  ]
}

/** True where an expression as Postgres prints it has the column's name among its words. */
function speaksOf(expression: string, column: string): boolean {
  return (expression.match(/"[^"]+"|'[^']*'|[\w$]+/g) ?? []).some((word) => word.replaceAll('"', '') === column)
}

/** The foreign keys of other tables that refer to a table; `columns` are those that they refer to, none for the primary key. */
export function foreignKeysTo(
  schema: Schema,
  table: Key,
): readonly { readonly from: Key; readonly foreignKey: ForeignKey }[] {
  return [...schema.tables.values()].flatMap((other) =>
    other.foreignKeys
      .filter((foreign) => key(foreign.references.schema, foreign.references.table) === table)
      .map((foreignKey) => ({ from: other.key, foreignKey })),
  )
}

/** The columns of a type, an array of it included. */
export function columnsOfType(schema: Schema, type: Key): readonly { readonly table: Key; readonly column: string }[] {
  const names = new Set([nameOf(type), type, `${nameOf(type)}[]`, `${type}[]`])
  return [...schema.tables.values()].flatMap((table) =>
    table.columns
      .filter((column) => names.has(column.type?.replaceAll('"', '') ?? ''))
      .map((column) => ({ table: table.key, column: column.name })),
  )
}
