import type { Node } from 'libpg-query'
import type { Key } from '../model.ts'
import { putAttributes, putTable, remove, setFunctions, typeExists } from './draft.ts'
import { writtenIn } from './nodes.ts'
import { castsTo } from './rewrite.ts'
import type { Session } from './session.ts'
import { assumedKey, findKey, isOpen, refuse, shown } from './session.ts'
import { baseType, typeNames, typeSpelling } from './types.ts'
import { loseColumn } from './drop-column.ts'
import { dropView } from './drop-relation.ts'
import { queryNamesType } from './view-query.ts'

export function dropTypes(session: Session, objects: readonly Node[], cascade: boolean, ifExists: boolean): void {
  for (const object of objects) {
    const written = writtenIn(typeNames(object))
    const at = findKey(session, written, (each) => typeExists(session.draft.schema, each))
    if (at === undefined && !isOpen(session)) {
      if (ifExists) continue
      refuse(`type ${shown(written)} does not exist`)
    }
    const object_ = at ?? assumedKey(session, written)
    session.changes.push({ kind: 'dropType', place: session.place, object: object_, cascade })
    if (at !== undefined) dropType(session, at, cascade)
  }
}

/** Removes a type; columns of it go with CASCADE, and are a refusal without. */
export function dropType(session: Session, at: Key, cascade: boolean): void {
  const spelling = typeSpelling(at)
  for (const table of session.draft.schema.tables.values()) {
    for (const column of table.columns) {
      if (column.type === null || baseType(column.type) !== spelling) continue
      if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
      const left = session.draft.schema.tables.get(table.key)
      if (left?.columns.some((each) => each.name === column.name) === true)
        loseColumn(session, left, column.name, true, true)
    }
    const now = session.draft.schema.tables.get(table.key)
    if (now === undefined) continue
    const casts = (expression: string | null) => expression !== null && castsTo(expression, spelling)
    const defaults = now.columns.filter((column) => casts(column.default))
    const checks = now.checks.filter((check) => casts(check.expression))
    if (defaults.length === 0 && checks.length === 0) continue
    if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
    putTable(session.draft, {
      ...now,
      checks: now.checks.filter((check) => !checks.includes(check)),
      columns: now.columns.map((column) => (defaults.includes(column) ? { ...column, default: null } : column)),
    })
  }
  for (const [name, view] of session.draft.schema.views) {
    if (!queryNamesType(view, at)) continue
    if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
    dropView(session, name, true)
  }
  for (const [domain, { base }] of session.draft.schema.domains) {
    if (base === null || baseType(base) !== spelling) continue
    if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
    dropType(session, domain, true)
  }
  for (const [composite, { attributes }] of session.draft.schema.types) {
    const kept = attributes?.filter((each) => each.type === null || baseType(each.type) !== spelling)
    if (kept === undefined || kept.length === attributes?.length) continue
    if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
    putAttributes(session.draft, composite, kept)
  }
  for (const [name, list] of session.draft.schema.functions) {
    const kept = list.filter(
      (each) =>
        !each.arguments.some((type) => type !== null && baseType(type) === spelling) &&
        (each.returns === null || baseType(each.returns.replace(/^SETOF /, '')) !== spelling),
    )
    if (kept.length === list.length) continue
    if (!cascade) refuse(`cannot drop type ${spelling} because other objects depend on it`)
    setFunctions(session.draft, name, kept)
  }
  remove(session.draft, 'enums', at)
  remove(session.draft, 'domains', at)
  remove(session.draft, 'types', at)
}
