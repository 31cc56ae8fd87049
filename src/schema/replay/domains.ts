import type { AlterDomainStmt, CreateDomainStmt } from 'libpg-query'
import { printExpression } from '../expression/expression.ts'
import type { DomainType } from '../model.ts'
import { nameOf, schemaOf } from '../model.ts'
import { put, typeExists } from './draft.ts'
import { freeConstraintName, truncated } from './names.ts'
import { texts, writtenIn } from './nodes.ts'
import type { Session } from './session.ts'
import { assumedKey, declaredAt, findKey, isOpen, keyForNew, refuse, shown } from './session.ts'
import { resolveType } from './types.ts'

function domainCheck(
  session: Session,
  domain: Pick<DomainType, 'schema' | 'name' | 'base' | 'checks'>,
  node: {
    readonly conname?: string
    readonly raw_expr?: Parameters<typeof printExpression>[0]
    readonly skip_validation?: boolean
  },
): DomainType['checks'][number] {
  const name =
    node.conname === undefined
      ? freeConstraintName(
          session.draft.schema,
          domain.schema,
          domain.name,
          '',
          'check',
          domain.checks.map((check) => check.name),
        )
      : truncated(node.conname)
  const expression =
    node.raw_expr === undefined
      ? ''
      : printExpression(
          node.raw_expr,
          { schema: session.draft.schema, columns: [{ name: 'value', type: domain.base }] },
          'boolean',
        ).text
  return { name, expression: expression.replaceAll(/\bvalue\b/g, 'VALUE'), validated: node.skip_validation !== true }
}

export function createDomain(session: Session, node: CreateDomainStmt): void {
  const at = keyForNew(session, writtenIn(texts(node.domainname)))
  if (typeExists(session.draft.schema, at)) refuse(`type "${nameOf(at)}" already exists`)
  const type = resolveType(session, node.typeName)
  let domain: DomainType = {
    schema: schemaOf(at),
    name: nameOf(at),
    base: type.text,
    nullable: true,
    default: null,
    checks: [],
    declared: declaredAt(session),
  }
  for (const each of node.constraints ?? []) {
    if (!('Constraint' in each)) continue
    const constraint = each.Constraint
    if (constraint.contype === 'CONSTR_NOTNULL') domain = { ...domain, nullable: false }
    else if (constraint.contype === 'CONSTR_CHECK')
      domain = { ...domain, checks: [...domain.checks, domainCheck(session, domain, constraint)] }
    else if (constraint.contype === 'CONSTR_DEFAULT' && constraint.raw_expr !== undefined) {
      domain = {
        ...domain,
        default: printExpression(constraint.raw_expr, { schema: session.draft.schema, columns: [] }, type.text).text,
      }
    }
  }
  put(session.draft, 'domains', at, domain)
  session.changes.push({ kind: 'createDomain', place: session.place, object: at, to: domain })
}

export function alterDomain(session: Session, node: AlterDomainStmt): void {
  const written = writtenIn(texts(node.typeName))
  const found = findKey(session, written, (at) => session.draft.schema.domains.has(at))
  const from = found === undefined ? null : (session.draft.schema.domains.get(found) ?? null)
  if (from === null && !isOpen(session)) refuse(`type ${shown(written)} does not exist`)
  const object = found ?? assumedKey(session, written)
  const constraint = node.def !== undefined && 'Constraint' in node.def ? node.def.Constraint : undefined
  const notNull = node.subtype === 'O' || constraint?.contype === 'CONSTR_NOTNULL'
  const adds = node.subtype === 'C' && !notNull ? ('check' as const) : notNull ? ('not null' as const) : null
  const to = from === null ? null : domainAfter(session, from, node)
  if (to !== null) put(session.draft, 'domains', object, to)
  session.changes.push({
    kind: 'alterDomain',
    place: session.place,
    object,
    from,
    to,
    adds,
    notValid: constraint?.skip_validation === true,
  })
}

function domainAfter(session: Session, from: DomainType, node: AlterDomainStmt): DomainType {
  const constraint = node.def !== undefined && 'Constraint' in node.def ? node.def.Constraint : undefined
  switch (node.subtype) {
    case 'T':
      return {
        ...from,
        default:
          node.def === undefined
            ? null
            : printExpression(node.def, { schema: session.draft.schema, columns: [] }, from.base).text,
      }
    case 'N':
      return { ...from, nullable: true }
    case 'O':
      return { ...from, nullable: false }
    case 'C':
      if (constraint?.contype === 'CONSTR_NOTNULL') return { ...from, nullable: false }
      return constraint === undefined
        ? from
        : { ...from, checks: [...from.checks, domainCheck(session, from, constraint)] }
    case 'X': {
      const name = truncated(node.name ?? '')
      if (!from.checks.some((check) => check.name === name) && node.missing_ok !== true)
        refuse(`constraint "${name}" of domain "${from.name}" does not exist`)
      return { ...from, checks: from.checks.filter((check) => check.name !== name) }
    }
    case 'V':
      return {
        ...from,
        checks: from.checks.map((check) => (check.name === node.name ? { ...check, validated: true } : check)),
      }
    default:
      return from
  }
}
