import type { Column, ForeignKey, Key, Policy, Schema, Table, Trigger } from '../../src/schema/model.ts'
import { key, nameOf, schemaOf } from '../../src/schema/model.ts'
import { quoteIdent, quoteName } from '../../src/sql/names.ts'

/** What keeps an object from being dropped: as words for a message, `the view \`totals\``, and the statement that drops it. */
export interface Dependent {
  readonly said: string
  readonly drop: string
}

const shown = (of: Key, { defaultSchema }: Schema) => (schemaOf(of) === defaultSchema ? nameOf(of) : of)
const written = (of: Key, { defaultSchema }: Schema) => quoteName(schemaOf(of), nameOf(of), defaultSchema)

/** The views that read a column, and those over them. Views of which it is not known what they read are left out. */
export function viewsOn(schema: Schema, table: Key, column: string): readonly Dependent[] {
  const direct = [...schema.views].flatMap(([view, { reads }]) =>
    reads.some((read) => read.table === table && read.columns?.includes(column) === true) ? [view] : [],
  )
  return asDropped(schema, [...direct, ...direct.flatMap((view) => viewsOver(schema, view))])
}

/** The views that read a view or table, and those that read them. */
export function viewDependents(schema: Schema, of: Key): readonly Dependent[] {
  return asDropped(schema, viewsOver(schema, of))
}

/** A view comes before those that it reads. */
function asDropped(schema: Schema, views: readonly Key[]): readonly Dependent[] {
  const readers = new Map(views.map((view) => [view, viewsOver(schema, view).length]))
  return [...readers].toSorted((a, b) => a[1] - b[1]).map(([view]) => viewOf(schema, view))
}

function viewOf(schema: Schema, view: Key): Dependent {
  const kind = schema.views.get(view)?.materialized === true ? 'materialized view' : 'view'
  return {
    said: `the ${kind} \`${shown(view, schema)}\``,
    drop: `DROP ${kind.toUpperCase()} ${written(view, schema)};`,
  }
}

/** The foreign keys of other tables to a table, with the columns that they refer to: none for the primary key. */
export function referencesTo(
  schema: Schema,
  table: Key,
): readonly (Dependent & { readonly from: Key; readonly columns: readonly string[] })[] {
  return foreignKeysTo(schema, table)
    .filter(({ from }) => from !== table)
    .map(({ from, foreignKey }) => ({
      from,
      columns: foreignKey.references.columns,
      said: `the foreign key \`${foreignKey.name}\` of \`${shown(from, schema)}\``,
      drop: `ALTER TABLE ${written(from, schema)} DROP CONSTRAINT ${quoteIdent(foreignKey.name)};`,
    }))
}

/** The columns of a type, an array of it included, as what keeps it. */
export function typeDependents(schema: Schema, type: Key): readonly Dependent[] {
  return columnsOfType(schema, type).map(({ table, column }) => ({
    said: `the column \`${shown(table, schema)}.${column}\``,
    drop: `ALTER TABLE ${written(table, schema)} DROP COLUMN ${quoteIdent(column)};`,
  }))
}

/** The triggers that call a function. */
export function triggersOf(schema: Schema, of: Key): readonly Dependent[] {
  return [...schema.tables.values()].flatMap((table) =>
    table.triggers
      .filter((trigger) => trigger.function === of)
      .map((trigger) => ({
        said: `the trigger \`${trigger.name}\` of \`${shown(table.key, schema)}\``,
        drop: `DROP TRIGGER ${quoteIdent(trigger.name)} ON ${written(table.key, schema)};`,
      })),
  )
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
    triggers: triggers.filter((trigger) => trigger.columns.includes(column)),
  }
}

/** The same as what keeps the column. */
export function restingOn(schema: Schema, of: Key, column: string): readonly Dependent[] {
  const table = schema.tables.get(of)
  if (table === undefined) return []
  const name = written(of, schema)
  const { generated, policies, triggers } = resting(table, column)
  return [
    ...generated.map((each) => ({
      said: `the generated column \`${each.name}\``,
      drop: `ALTER TABLE ${name} DROP COLUMN ${quoteIdent(each.name)};`,
    })),
    ...policies.map((policy) => ({
      said: `the policy \`${policy.name}\``,
      drop: `DROP POLICY ${quoteIdent(policy.name)} ON ${name};`,
    })),
    ...triggers.map((trigger) => ({
      said: `the trigger \`${trigger.name}\``,
      drop: `DROP TRIGGER ${quoteIdent(trigger.name)} ON ${name};`,
    })),
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
