import type { ForeignKey, Index, Key, Table } from '../model.ts'
import { children, constraintNames, putTable, targetOf, updateTable } from './draft.ts'
import { columnsAddition, freeConstraintName, freeRelationName } from './names.ts'
import type { Session } from './session.ts'
import { current, declaredAt } from './session.ts'

/** Changes a table and all that inherit from it. */
export function updateFamily(session: Session, at: Key, change: (table: Table) => Table): void {
  updateTable(session.draft, at, change)
  for (const child of children(session.draft.schema, at)) updateFamily(session, child.key, change)
}

/** What a table has from one parent alone becomes its own when that parent is left. */
export function keepInherited(session: Session, at: Key, parent: Key): void {
  const { tables } = session.draft.schema
  const others = current(session, at).inherits.flatMap((key) => (key === parent ? [] : (tables.get(key) ?? [])))
  updateTable(session.draft, at, (it) => ({
    ...it,
    columns: it.columns.map((column) =>
      column.inherited === true && !others.some((other) => other.columns.some(({ name }) => name === column.name))
        ? { ...column, inherited: false }
        : column,
    ),
    checks: it.checks.map((check) =>
      check.inherited === true && !others.some((other) => other.checks.some(({ name }) => name === check.name))
        ? { ...check, inherited: false }
        : check,
    ),
  }))
}

function namesOf(index: Index): readonly string[] {
  return [
    ...index.keys.map((each) => each.column ?? /^([a-z_]\w*)\(/.exec(each.expression ?? '')?.[1] ?? 'expr'),
    ...index.include,
  ]
}

/** Gives every partition below a table the index that its parent just got, as Postgres does: one of the same shape that a partition has already serves. */
export function spreadIndex(session: Session, at: Key, index: Index): void {
  const count = (table: Table | undefined) => (table?.indexes ?? []).filter((own) => sameIndex(own, index)).length
  const needed = count(session.draft.schema.tables.get(at))
  for (const child of children(session.draft.schema, at)) {
    if (child.partition.of === null) continue
    const table = current(session, child.key)
    const own = count(table) < needed ? undefined : table.indexes.findLast((each) => sameIndex(each, index))
    spreadIndex(session, child.key, own ?? cloneIndex(session, table, index))
  }
}

function cloneIndex(session: Session, table: Table, index: Index): Index {
  const name = freeRelationName(
    session.draft.schema,
    table.schema,
    table.name,
    columnsAddition(namesOf(index)),
    'idx',
    false,
  )
  const own: Index = { ...index, name, valid: true, declared: declaredAt(session) }
  putTable(session.draft, { ...table, indexes: [...table.indexes, own] })
  return own
}

function sameColumns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i])
}

function sameIndex(a: Index, b: Index): boolean {
  const shape = (index: Index) =>
    JSON.stringify([index.keys, index.include, index.unique, index.method, index.where, index.nullsNotDistinct])
  return shape(a) === shape(b)
}

/** Gives a partition the constraint that its parent just got. */
export function spreadConstraints(session: Session, at: Key): void {
  for (const child of children(session.draft.schema, at)) {
    if (child.partition.of === null) continue
    adoptConstraints(session, current(session, at), child.key)
    spreadConstraints(session, child.key)
  }
}

/** Gives a partition what its parent has and it lacks: keys, indexes, foreign keys, checks and row triggers. */
export function adopt(session: Session, parentKey: Key, childKey: Key): void {
  const parent = current(session, parentKey)
  adoptConstraints(session, parent, childKey)
  for (const index of parent.indexes) {
    const child = current(session, childKey)
    if (!child.indexes.some((own) => sameIndex(own, index))) cloneIndex(session, child, index)
  }
  updateTable(session.draft, childKey, (child) => {
    const missing = parent.triggers.filter(
      (trigger) => trigger.forEach === 'row' && !child.triggers.some((own) => own.name === trigger.name),
    )
    return missing.length === 0 ? child : { ...child, triggers: [...child.triggers, ...missing] }
  })
}

function adoptConstraints(session: Session, parent: Table, childKey: Key): void {
  const declared = declaredAt(session)
  let child = current(session, childKey)
  if (parent.primaryKey !== null && child.primaryKey === null) {
    const name = freeRelationName(session.draft.schema, child.schema, child.name, '', 'pkey', true)
    const columns = parent.primaryKey.columns
    putTable(session.draft, {
      ...child,
      primaryKey: { ...parent.primaryKey, name, declared },
      columns: child.columns.map((column) => (columns.includes(column.name) ? { ...column, nullable: false } : column)),
    })
    child = current(session, childKey)
  }
  for (const unique of parent.uniques) {
    if (child.uniques.some((own) => sameColumns(own.columns, unique.columns))) continue
    const name = freeRelationName(
      session.draft.schema,
      child.schema,
      child.name,
      columnsAddition([...unique.columns, ...unique.include]),
      'key',
      true,
    )
    putTable(session.draft, { ...child, uniques: [...child.uniques, { ...unique, name, declared }] })
    child = current(session, childKey)
  }
  for (const foreign of parent.foreignKeys) {
    if (child.foreignKeys.some((own) => sameForeignKey(own, foreign))) continue
    const name = constraintNames(child).has(foreign.name)
      ? freeConstraintName(session.draft.schema, child.schema, child.name, columnsAddition(foreign.columns), 'fkey')
      : foreign.name
    putTable(session.draft, { ...child, foreignKeys: [...child.foreignKeys, { ...foreign, name, declared }] })
    child = current(session, childKey)
  }
  const checks = parent.checks.filter(
    (check) => !check.noInherit && !child.checks.some((own) => own.name === check.name),
  )
  if (checks.length > 0)
    putTable(session.draft, {
      ...child,
      checks: [...child.checks, ...checks.map((check) => ({ ...check, inherited: true, declared }))],
    })
}

function sameForeignKey(a: ForeignKey, b: ForeignKey): boolean {
  return (
    sameColumns(a.columns, b.columns) &&
    targetOf(a) === targetOf(b) &&
    sameColumns(a.references.columns, b.references.columns) &&
    a.onDelete === b.onDelete &&
    a.onUpdate === b.onUpdate
  )
}
