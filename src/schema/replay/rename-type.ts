import type { RenameStmt } from 'libpg-query'
import type { Key } from '../model.ts'
import { nameOf, schemaOf } from '../model.ts'
import { put, putAttributes, remove, renamed, typeExists, updateTables } from './draft.ts'
import { writtenIn } from './nodes.ts'
import { mapExpressions, withTypeRenamed } from './rewrite.ts'
import { queryWithTypeRenamed, updateQueries } from './view-query.ts'
import type { Session } from './session.ts'
import { assumedKey, findKey, isOpen, refuse, shown } from './session.ts'
import { typeNames, typeSpelling } from './types.ts'

/** Gives a type its new name wherever it is used. */
export function typeFollows(session: Session, at: Key, target: Key): void {
  const from = typeSpelling(at)
  const to = typeSpelling(target)
  if (from === to) return
  const spelled = (type: string | null): string | null => {
    if (type === null || !type.startsWith(from)) return type
    const rest = type.slice(from.length)
    return rest === '' || rest === '[]' || rest.startsWith('(') ? `${to}${rest}` : type
  }
  updateTables(session.draft, (table) => {
    const uses =
      table.columns.some((column) => spelled(column.type) !== column.type) ||
      [
        ...table.columns.map((column) => column.default),
        ...table.columns.map((column) => column.generated?.expression ?? null),
        ...table.checks.map((check) => check.expression),
        ...table.indexes.map((index) => index.where),
      ].some((expression) => expression?.includes(`::${from}`) === true) ||
      table.indexes.some((index) => index.keys.some((each) => each.expression?.includes(`::${from}`) === true)) ||
      table.policies.some(
        (policy) => policy.using?.includes(`::${from}`) === true || policy.check?.includes(`::${from}`) === true,
      )
    if (!uses) return table
    const changed = mapExpressions(table, (expression) =>
      withTypeRenamed(withTypeRenamed(expression, from, to), `${from}[]`, `${to}[]`),
    )
    return { ...changed, columns: changed.columns.map((column) => ({ ...column, type: spelled(column.type) })) }
  })
  updateQueries(session.draft, (view) => queryWithTypeRenamed(view, at, target))
  for (const [name, domain] of session.draft.schema.domains) {
    if (spelled(domain.base) !== domain.base)
      put(session.draft, 'domains', name, { ...domain, base: spelled(domain.base) })
  }
  for (const [name, { attributes }] of session.draft.schema.types) {
    if (attributes?.some((each) => spelled(each.type) !== each.type) === true)
      putAttributes(
        session.draft,
        name,
        attributes.map((each) => ({ ...each, type: spelled(each.type) })),
      )
  }
  for (const [name, list] of session.draft.schema.functions) {
    if (
      list.some(
        (each) => each.arguments.some((type) => spelled(type) !== type) || spelled(each.returns) !== each.returns,
      )
    ) {
      put(
        session.draft,
        'functions',
        name,
        list.map((each) => ({ ...each, arguments: each.arguments.map(spelled), returns: spelled(each.returns) })),
      )
    }
  }
}

export function renameType(session: Session, node: RenameStmt, to: string): void {
  const written = writtenIn(typeNames(node.object))
  const from = findKey(session, written, (at) => typeExists(session.draft.schema, at))
  if (from === undefined && !isOpen(session)) refuse(`type ${shown(written)} does not exist`)
  const at = from ?? assumedKey(session, written)
  const target = renamed(at, to)
  if (typeExists(session.draft.schema, target)) refuse(`type "${to}" already exists`)
  moveType(session, at, target)
  session.changes.push({ kind: 'renameType', place: session.place, object: at, to: target })
}

export function moveType(session: Session, at: Key, target: Key): void {
  const { enums, domains, types } = session.draft.schema
  const place = { schema: schemaOf(target), name: nameOf(target) }
  const enumType = enums.get(at)
  if (enumType !== undefined) {
    remove(session.draft, 'enums', at)
    put(session.draft, 'enums', target, { ...enumType, ...place })
  }
  const domain = domains.get(at)
  if (domain !== undefined) {
    remove(session.draft, 'domains', at)
    put(session.draft, 'domains', target, { ...domain, ...place })
  }
  const other = types.get(at)
  if (other !== undefined) {
    remove(session.draft, 'types', at)
    put(session.draft, 'types', target, { ...other, ...place })
  }
  typeFollows(session, at, target)
}
