import type { Note } from '../../finding.ts'
import { backsConstraint, viewQuery } from '../sql/ddl.ts'
import { indexColumns, type Declaration, type Index, type Schema, type Table, type View } from '../model.ts'

/** Where something is declared, as JSON shows it. */
interface DeclaredJson {
  readonly path: string
  readonly line: number
  readonly source: Declaration['source']
}

/** The object that `schemagate schema --format json` prints: columns in their order, everything else by schema and name. */
export function schemaToJson(schema: Schema, notes: readonly Note[]): object {
  return {
    dialect: schema.dialect,
    tables: bySchemaAndName([...schema.tables.values()]).map(tableToJson),
    enums: bySchemaAndName([...schema.enums.values()]).map((e) => ({
      schema: e.schema,
      name: e.name,
      values: e.values,
      declared: e.declared.map(declared),
    })),
    domains: bySchemaAndName([...schema.domains.values()]).map((t) => ({
      schema: t.schema,
      name: t.name,
      type: t.base,
      nullable: t.nullable,
      default: t.default,
      checks: t.checks.map((c) => ({ name: c.name, expression: c.expression })),
      declared: t.declared.map(declared),
    })),
    views: bySchemaAndName([...schema.views.values()]).map(viewToJson),
    sequences: bySchemaAndName([...schema.sequences.values()]).map((s) => ({
      schema: s.schema,
      name: s.name,
      type: s.type,
      ownedBy: s.ownedBy,
      declared: s.declared.map(declared),
    })),
    functions: bySchemaAndName([...schema.functions.values()].flat()).map((f) => ({
      schema: f.schema,
      name: f.name,
      kind: f.kind,
      arguments: f.arguments,
      returns: f.returns,
      language: f.language,
      declared: f.declared.map(declared),
    })),
    extensions: [...schema.extensions.keys()].toSorted(),
    complete: schema.complete,
    notes: notes.map((n) => ({ kind: n.kind, blocking: n.blocking, path: n.path, line: n.line, message: n.message })),
  }
}

function tableToJson(table: Table): object {
  return {
    schema: table.schema,
    name: table.name,
    columns: table.columns.map((c) => ({
      name: c.name,
      type: c.type,
      nullable: c.nullable,
      default: c.default,
      generated: c.generated ? { expression: c.generated.expression, stored: c.generated.stored } : null,
      identity: c.identity,
      ...(c.identityOptions?.length ? { identityOptions: c.identityOptions } : {}),
      declared: c.declared.map(declared),
    })),
    primaryKey: table.primaryKey
      ? {
          name: table.primaryKey.name,
          columns: table.primaryKey.columns,
          declared: table.primaryKey.declared.map(declared),
        }
      : null,
    uniques: byName(table.uniques).map((u) => ({
      name: u.name,
      columns: u.columns,
      declared: u.declared.map(declared),
    })),
    indexes: byName(table.indexes.filter((i) => !backsConstraint(table, i))).map(indexToJson),
    foreignKeys: byName(table.foreignKeys).map((f) => ({
      name: f.name,
      columns: f.columns,
      references: { schema: f.references.schema, table: f.references.table, columns: f.references.columns },
      onDelete: f.onDelete,
      onUpdate: f.onUpdate,
      ...(f.clientOnly ? { clientOnly: true } : {}),
      declared: f.declared.map(declared),
    })),
    checks: byName(table.checks).map((c) => ({
      name: c.name,
      expression: c.expression,
      declared: c.declared.map(declared),
    })),
    exclusions: byName(table.exclusions).map((e) => ({
      name: e.name,
      definition: e.definition,
      declared: e.declared.map(declared),
    })),
    ...(table.with ? { with: table.with } : {}),
    ...(table.grants ? { grants: table.grants } : {}),
    declared: table.declared.map(declared),
    complete: table.complete,
  }
}

function indexToJson(index: Index): object {
  return {
    name: index.name,
    columns: indexColumns(index),
    include: index.include,
    unique: index.unique,
    method: index.method,
    where: index.where,
    declared: index.declared.map(declared),
  }
}

function viewToJson(view: View): object {
  return {
    schema: view.schema,
    name: view.name,
    materialized: view.materialized,
    columns: view.columns,
    definition: viewQuery(view),
    indexes: byName(view.indexes).map(indexToJson),
    declared: view.declared.map(declared),
  }
}

function declared(of: Declaration): DeclaredJson {
  return { path: of.path, line: of.line, source: of.source }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Sorted by name, by code unit, so that the order is the same everywhere. */
export function byName<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return items.toSorted((a, b) => compare(a.name, b.name))
}

/** Sorted by schema, then name. */
function bySchemaAndName<T extends { readonly schema: string; readonly name: string }>(
  items: readonly T[],
): readonly T[] {
  return items.toSorted((a, b) => compare(a.schema, b.schema) || compare(a.name, b.name))
}
