import type { ColumnDef, Constraint, Node, TypeCast } from 'libpg-query'
import type { Place } from '../../location.ts'
import type { Printed } from '../expression/expression.ts'
import { printExpression } from '../expression/expression.ts'
import { quoteLiteral, quoteName } from '../../sql/names.ts'
import type { Column, Key, Sequence, Table } from '../model.ts'
import { key, nameOf, schemaOf } from '../model.ts'
import { put } from './draft.ts'
import { freeRelationName, truncated } from './names.ts'
import { option, texts, walk } from './nodes.ts'
import { checkIdentityType, optionsAfter } from './sequences.ts'
import type { Session } from './session.ts'
import { declaredAt, refuse } from './session.ts'
import { placeInStatement } from '../../sql/place.ts'
import { resolveType, typeSpelling } from './types.ts'

/** A column as it is written, and the constraints written with it that are not part of the column itself. */
export interface BuiltColumn {
  readonly column: Column
  /** In the order in which they are written, with their column filled in. */
  readonly constraints: readonly Constraint[]
}

/** Expression of a column's default, converted to its type. */
export function defaultText(
  session: Session,
  node: Node,
  type: string | null,
  columns: Table['columns'] = [],
): Printed {
  checkLabel(session, node, type)
  return printExpression(node, { schema: session.draft.schema, columns }, type)
}

/** Refuses a word that an enum does not have as its value. */
function checkLabel(session: Session, node: Node, type: string | null): void {
  if (type === null || !('A_Const' in node) || node.A_Const.sval === undefined) return
  const label = node.A_Const.sval.sval ?? ''
  const of = [...session.draft.schema.enums].find(([at]) => typeSpelling(at) === type)?.[1]
  if (of !== undefined && !of.values.includes(label)) refuse(`invalid input value for enum ${type}: "${label}"`)
}

/** Refuses casts to types that do not exist, and those of words that an enum does not have as its values. */
export function checkCasts(session: Session, node: Node | undefined): void {
  walk(node, (kind, value) => {
    if (kind !== 'TypeCast') return
    const { arg, typeName } = value as TypeCast
    if (texts(typeName?.names).length > 1) return
    const { text: type } = resolveType(session, typeName)
    if (arg !== undefined) checkLabel(session, arg, type)
  })
}

/** The sequence of a serial or identity column, made as Postgres names it. */
export function ownSequence(
  session: Session,
  table: Key,
  column: string,
  type: string,
  given?: string,
  place: Place = session.place,
): Sequence {
  const schema = schemaOf(table)
  const name = given ?? freeRelationName(session.draft.schema, schema, nameOf(table), column, 'seq', false)
  const sequence: Sequence = { schema, name, type, ownedBy: { table, column }, declared: declaredAt(session, place) }
  put(session.draft, 'sequences', key(schema, name), sequence)
  return sequence
}

/** `nextval('users_id_seq'::regclass)`. */
export function nextval(sequence: Pick<Sequence, 'schema' | 'name'>): string {
  return `nextval(${quoteLiteral(quoteName(sequence.schema, sequence.name))}::regclass)`
}

/** Builds a column of a table from its definition; makes the sequences that it needs. `columns` are those of the table, for expressions. */
export function buildColumn(
  session: Session,
  table: Key,
  node: ColumnDef,
  columns: () => readonly Column[],
): BuiltColumn {
  const name = truncated(node.colname ?? '')
  const type = resolveType(session, node.typeName)
  const place = node.location === undefined ? session.place : placeInStatement(session.statement, node.location)
  const column: { -readonly [K in keyof Column]: Column[K] } = {
    name,
    type: type.text,
    nullable: !type.serial,
    default: null,
    generated: null,
    identity: null,
    declared: declaredAt(session, place),
  }
  const collation = node.collClause?.collname
  if (collation !== undefined) column.collation = texts(collation).at(-1) ?? null
  let said: boolean | null = type.serial ? true : null
  const constraints: Constraint[] = []
  let deferrable: Constraint | null = null
  for (const each of node.constraints ?? []) {
    if (!('Constraint' in each)) continue
    const constraint = each.Constraint
    switch (constraint.contype) {
      case 'CONSTR_NULL':
        if (said === true)
          refuse(`conflicting NULL/NOT NULL declarations for column "${name}" of table "${nameOf(table)}"`)
        said = false
        break
      case 'CONSTR_NOTNULL':
        if (said === false)
          refuse(`conflicting NULL/NOT NULL declarations for column "${name}" of table "${nameOf(table)}"`)
        said = true
        if (constraint.conname !== undefined && session.options.postgres >= 18)
          column.notNull = { name: truncated(constraint.conname), validated: true }
        break
      case 'CONSTR_DEFAULT':
        if (column.default !== null || type.serial)
          refuse(`multiple default values specified for column "${name}" of table "${nameOf(table)}"`)
        if (constraint.raw_expr !== undefined) {
          const printed = defaultText(session, constraint.raw_expr, type.text)
          if (printed.isNull) break
          column.default = printed.text
          if (!printed.exact) column.approximate = true
        }
        break
      case 'CONSTR_GENERATED':
        if (constraint.raw_expr !== undefined) {
          const printed = defaultText(session, constraint.raw_expr, type.text, columns())
          column.generated = { expression: printed.text, stored: constraint.generated_kind !== 'v' }
          if (!printed.exact) column.approximate = true
        }
        break
      case 'CONSTR_IDENTITY':
        column.identity = constraint.generated_when === 'd' ? 'by default' : 'always'
        checkIdentityType(type.text)
        column.identityOptions = optionsAfter(null, constraint.options, type.text ?? 'bigint')
        said = true
        ownSequence(session, table, name, type.text ?? 'bigint', sequenceName(constraint.options), place)
        break
      case 'CONSTR_ATTR_DEFERRABLE':
      case 'CONSTR_ATTR_DEFERRED':
        if (deferrable !== null) deferrable.deferrable = true
        break
      case 'CONSTR_ATTR_NOT_ENFORCED':
        if (deferrable !== null) {
          deferrable.is_enforced = false
          deferrable.initially_valid = false
          deferrable.skip_validation = true
        }
        break
      case 'CONSTR_PRIMARY':
      case 'CONSTR_UNIQUE': {
        const own: Constraint = { ...constraint, keys: constraint.keys ?? [{ String: { sval: name } }] }
        constraints.push(own)
        deferrable = own
        break
      }
      case 'CONSTR_FOREIGN': {
        const own: Constraint = { ...constraint, fk_attrs: constraint.fk_attrs ?? [{ String: { sval: name } }] }
        constraints.push(own)
        deferrable = own
        break
      }
      case 'CONSTR_CHECK': {
        const own: Constraint = { ...constraint }
        constraints.push(own)
        deferrable = own
        break
      }
    }
  }
  column.nullable = said !== true
  // CockroachDB counts by time and node, without a sequence.
  if (type.serial)
    column.default =
      session.draft.schema.dialect === 'cockroachdb'
        ? 'unique_rowid()'
        : nextval(ownSequence(session, table, name, type.text ?? 'integer', undefined, place))
  return { column, constraints }
}

function sequenceName(options: readonly Node[] | undefined): string | undefined {
  const given = option(options, 'sequence_name')?.arg
  return given === undefined || !('List' in given) ? undefined : texts(given.List.items).at(-1)
}
