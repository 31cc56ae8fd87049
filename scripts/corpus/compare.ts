import { functionGrants } from '../../src/schema/grants.ts'
import type { Column, Grant, Index, Schema, Table } from '../../src/schema/model.ts'

/** One object that two models show differently. */
export interface Difference {
  readonly object: string
  readonly left: string
  readonly right: string
}

/** How many objects were compared, and which of them differ. */
export interface Comparison {
  readonly objects: number
  readonly differences: readonly Difference[]
}

export interface CompareOptions {
  /** Leave out what only comments and functions' bodies hold. */
  readonly only?: (object: string) => boolean
}

type Objects = Map<string, string>

function columnShape(column: Column): unknown {
  return [
    column.type,
    column.nullable,
    column.default,
    column.generated,
    column.identity,
    (column.identityOptions ?? []).toSorted(),
    column.collation ?? null,
    column.comment ?? null,
    column.notNull ?? null,
  ]
}

function indexShape(index: Index): unknown {
  return [
    index.keys.map((key) => [key.column, key.expression, key.descending, key.nullsFirst, key.opclass, key.collation]),
    index.include,
    index.unique,
    index.nullsNotDistinct,
    index.method,
    index.where,
    index.valid,
    index.with ?? [],
    index.comment ?? null,
  ]
}

function grantsShape(grants: readonly Grant[] = []): unknown {
  return grants.map((grant) => [grant.role, grant.privileges.toSorted(), grant.grantable.toSorted()]).toSorted()
}

function addTable(objects: Objects, table: Table): void {
  const at = table.key
  const put = (kind: string, name: string, shape: unknown) =>
    objects.set(`${kind} ${at}${name === '' ? '' : `.${name}`}`, JSON.stringify(shape))
  put('table', '', [
    table.columns.map((column) => column.name),
    table.persistence,
    table.rowSecurity,
    table.partition.by,
    table.partition.of?.parent ?? null,
    table.inherits,
    table.comment,
    table.with ?? [],
    grantsShape(table.grants),
  ])
  for (const column of table.columns) put('column', column.name, columnShape(column))
  if (table.primaryKey !== null)
    put('primary key', table.primaryKey.name, [
      table.primaryKey.columns,
      table.primaryKey.include,
      table.primaryKey.deferrable,
      table.primaryKey.comment ?? null,
    ])
  for (const unique of table.uniques)
    put('unique', unique.name, [
      unique.columns,
      unique.include,
      unique.nullsNotDistinct,
      unique.deferrable,
      unique.comment ?? null,
    ])
  for (const foreign of table.foreignKeys)
    put('foreign key', foreign.name, [
      foreign.columns,
      foreign.references,
      foreign.onDelete,
      foreign.onUpdate,
      foreign.match,
      foreign.validated,
      foreign.enforced,
      foreign.deferrable,
      foreign.comment ?? null,
    ])
  for (const check of table.checks)
    put('check', check.name, [
      check.expression,
      check.validated,
      check.enforced,
      check.noInherit,
      check.comment ?? null,
    ])
  for (const exclusion of table.exclusions)
    put('exclusion', exclusion.name, [exclusion.definition, exclusion.comment ?? null])
  for (const index of table.indexes) put('index', index.name, indexShape(index))
  for (const trigger of table.triggers)
    put('trigger', trigger.name, [trigger.timing, trigger.events, trigger.forEach, trigger.function, trigger.enabled])
  for (const policy of table.policies)
    put('policy', policy.name, [policy.command, policy.permissive, policy.roles, policy.using, policy.check])
}

/** Every object of a schema with its shape, places aside. */
export function objectsOf(schema: Schema): ReadonlyMap<string, string> {
  const objects: Objects = new Map()
  for (const name of schema.schemas)
    objects.set(`schema ${name}`, JSON.stringify(grantsShape(schema.schemaGrants?.get(name))))
  for (const table of schema.tables.values()) addTable(objects, table)
  for (const [at, type] of schema.enums) objects.set(`enum ${at}`, JSON.stringify(type.values))
  for (const [at, domain] of schema.domains)
    objects.set(`domain ${at}`, JSON.stringify([domain.base, domain.nullable, domain.default, domain.checks]))
  for (const [at, type] of schema.types) objects.set(`type ${at}`, JSON.stringify([type.form, type.attributes ?? []]))
  for (const [at, view] of schema.views) {
    objects.set(
      `view ${at}`,
      JSON.stringify([
        view.materialized,
        view.columns,
        view.reads.map((read) => read.table).sort(),
        grantsShape(view.grants),
      ]),
    )
    for (const index of view.indexes) objects.set(`index ${at}.${index.name}`, JSON.stringify(indexShape(index)))
  }
  for (const [at, sequence] of schema.sequences)
    objects.set(
      `sequence ${at}`,
      JSON.stringify([
        sequence.type,
        sequence.ownedBy,
        (sequence.options ?? []).toSorted(),
        grantsShape(sequence.grants),
      ]),
    )
  for (const [at, list] of schema.functions) {
    for (const one of list)
      objects.set(
        `function ${at}(${one.arguments.join(', ')})`,
        JSON.stringify([
          one.kind,
          one.returns,
          one.language,
          one.volatility,
          one.securityDefiner,
          grantsShape(one.grants ?? functionGrants),
        ]),
      )
  }
  for (const name of schema.extensions.keys()) objects.set(`extension ${name}`, '')
  return objects
}

/** Compares two models object by object. */
export function compareSchemas(left: Schema, right: Schema, options: CompareOptions = {}): Comparison {
  const a = objectsOf(left)
  const b = objectsOf(right)
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((name) => options.only?.(name) ?? true).sort()
  const differences = names.flatMap((object) =>
    a.get(object) === b.get(object)
      ? []
      : [{ object, left: a.get(object) ?? 'absent', right: b.get(object) ?? 'absent' }],
  )
  return { objects: names.length, differences }
}
