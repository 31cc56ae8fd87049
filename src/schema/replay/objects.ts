import type {
  AlterDomainStmt,
  AlterEnumStmt,
  AlterSeqStmt,
  CompositeTypeStmt,
  CreateDomainStmt,
  CreateEnumStmt,
  CreateExtensionStmt,
  CreateFunctionStmt,
  CreateRangeStmt,
  CreateSchemaStmt,
  CreateSeqStmt,
  DefineStmt,
} from 'libpg-query'
import { placeOf } from '../../location.ts'
import { printExpression } from '../expression/expression.ts'
import type { Declaration, DomainType, EnumType, Key, SqlFunction } from '../model.ts'
import { key, nameOf, schemaOf } from '../model.ts'
import { put, putAttributes, putSchemas, relationExists, setFunctions, typeExists, updateTables } from './draft.ts'
import { freeConstraintName, truncated } from './names.ts'
import { flag, items, option, options, text, texts, valueText, writtenIn, writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { assumedKey, declaredAt, findKey, isOpen, keyForNew, refuse, shown } from './session.ts'
import { mapExpressions, withEnumValueRenamed } from './rewrite.ts'
import { baseType, resolveType, typeSpelling } from './types.ts'
import { significantTokens } from '../../sql/tokens.ts'

export function createEnum(session: Session, node: CreateEnumStmt): void {
  const at = keyForNew(session, writtenIn(texts(node.typeName)))
  if (typeExists(session.draft.schema, at)) refuse(`type "${nameOf(at)}" already exists`)
  const values = texts(node.vals)
  const to = {
    schema: schemaOf(at),
    name: nameOf(at),
    values,
    declared: declaredAt(session),
    valuesDeclared: placesOfValues(session, values),
  }
  put(session.draft, 'enums', at, to)
  session.changes.push({ kind: 'createEnum', place: session.place, object: at, to })
}

/** The strings of a `CREATE TYPE … AS ENUM`, which the parse tree gives no places. */
function placesOfValues(session: Session, values: readonly string[]): ReadonlyMap<string, Declaration> {
  const { text, file, start } = session.statement
  const strings = significantTokens(text).filter(({ kind }) => kind === 'string')
  if (strings.length !== values.length) return new Map()
  return new Map(
    values.flatMap((value, i) => {
      const at = strings[i]
      const [declared] = at === undefined ? [] : declaredAt(session, placeOf(file, start + at.start, start + at.end))
      return declared === undefined ? [] : [[value, declared] as const]
    }),
  )
}

function valuePlaces(
  type: EnumType,
  drop: string | null,
  add: string,
  at: Declaration | undefined,
): ReadonlyMap<string, Declaration> {
  const places = new Map(type.valuesDeclared)
  if (drop !== null) places.delete(drop)
  return at === undefined ? places : places.set(add, at)
}

export function alterEnum(session: Session, node: AlterEnumStmt): void {
  const written = writtenIn(texts(node.typeName))
  const found = findKey(session, written, (at) => session.draft.schema.enums.has(at))
  const type = found === undefined ? undefined : session.draft.schema.enums.get(found)
  if (type === undefined && !isOpen(session)) refuse(`type ${shown(written)} does not exist`)
  const object = found ?? assumedKey(session, written)
  const value = node.newVal ?? ''
  if (node.oldVal !== undefined) {
    if (type !== undefined && !type.values.includes(node.oldVal))
      refuse(`"${node.oldVal}" is not an existing enum label`)
    if (type?.values.includes(value) === true) refuse(`enum label "${value}" already exists`)
    if (type !== undefined)
      put(session.draft, 'enums', object, {
        ...type,
        values: type.values.map((each) => (each === node.oldVal ? value : each)),
        valuesDeclared: valuePlaces(type, node.oldVal, value, declaredAt(session)[0]),
      })
    const old = node.oldVal
    const spelling = typeSpelling(object)
    updateTables(session.draft, (table) =>
      JSON.stringify([table.columns, table.checks, table.indexes, table.policies]).includes(
        `::${JSON.stringify(spelling).slice(1, -1)}`,
      )
        ? mapExpressions(table, (expression) => withEnumValueRenamed(expression, spelling, old, value))
        : table,
    )
    session.changes.push({ kind: 'renameEnumValue', place: session.place, object, from: node.oldVal, to: value })
    return
  }
  const ifNotExists = node.skipIfNewValExists === true
  if (type?.values.includes(value) === true) {
    if (ifNotExists) return
    refuse(`enum label "${value}" already exists`)
  }
  if (type !== undefined) {
    const values = [...type.values]
    const neighbor = node.newValNeighbor === undefined ? -1 : values.indexOf(node.newValNeighbor)
    if (node.newValNeighbor !== undefined && neighbor < 0)
      refuse(`"${node.newValNeighbor}" is not an existing enum label`)
    values.splice(neighbor < 0 ? values.length : node.newValIsAfter === true ? neighbor + 1 : neighbor, 0, value)
    put(session.draft, 'enums', object, {
      ...type,
      values,
      valuesDeclared: valuePlaces(type, null, value, declaredAt(session)[0]),
    })
  }
  session.changes.push({
    kind: 'addEnumValue',
    place: session.place,
    object,
    value,
    position: node.newValNeighbor === undefined ? 'end' : 'placed',
    ifNotExists,
  })
}

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

function createOtherType(session: Session, at: Key, form: 'composite' | 'range' | 'base' | 'shell'): void {
  const existing = session.draft.schema.types.get(at)
  if (typeExists(session.draft.schema, at) && existing?.form !== 'shell') refuse(`type "${nameOf(at)}" already exists`)
  put(session.draft, 'types', at, {
    schema: schemaOf(at),
    name: nameOf(at),
    form,
    definition: definitionAfterName(session.statement.text),
    declared: declaredAt(session),
  })
  session.changes.push({ kind: 'createType', place: session.place, object: at })
}

/** What follows the name in `CREATE TYPE name AS (…)`; null for a shell. */
function definitionAfterName(statement: string): string | null {
  const tokens = significantTokens(statement)
  const written = (i: number) => {
    const token = tokens[i]
    return token === undefined ? '' : statement.slice(token.start, token.end)
  }
  let at = 3
  while (written(at) === '.') at += 2
  const next = tokens[at]
  return next === undefined ? null : statement.slice(next.start).trimEnd()
}

export function createComposite(session: Session, node: CompositeTypeStmt): void {
  const attributes = (node.coldeflist ?? []).flatMap((column) =>
    'ColumnDef' in column
      ? [
          {
            name: truncated(column.ColumnDef.colname ?? ''),
            type: resolveType(session, column.ColumnDef.typeName).text,
          },
        ]
      : [],
  )
  const at = keyForNew(session, writtenOf(node.typevar))
  createOtherType(session, at, 'composite')
  putAttributes(session.draft, at, attributes)
}

export function createRange(session: Session, node: CreateRangeStmt): void {
  createOtherType(session, keyForNew(session, writtenIn(texts(node.typeName))), 'range')
}

export function define(session: Session, node: DefineStmt): void {
  if (node.kind !== 'OBJECT_TYPE') return
  createOtherType(
    session,
    keyForNew(session, writtenIn(texts(node.defnames))),
    node.definition === undefined ? 'shell' : 'base',
  )
}

/** Extensions that go to a schema of their own, whatever the search path says. */
const fixedSchema: Readonly<Record<string, string>> = { plpgsql: 'pg_catalog' }

export function createExtension(session: Session, node: CreateExtensionStmt): void {
  const name = node.extname ?? ''
  if (session.draft.schema.extensions.has(name)) {
    if (node.if_not_exists === true) return
    refuse(`extension "${name}" already exists`)
  }
  if (name === 'plpgsql' && node.if_not_exists === true) return
  const given = option(node.options, 'schema')?.arg
  const schema = fixedSchema[name] ?? (given === undefined ? session.draft.schema.defaultSchema : valueText(given))
  put(session.draft, 'extensions', name, { name, schema, declared: declaredAt(session) })
  session.changes.push({
    kind: 'createExtension',
    place: session.place,
    object: name,
    cascade: flag(node.options, 'cascade'),
  })
}

/** Makes the schema; gives the statements that stand in it. */
export function createSchema(session: Session, node: CreateSchemaStmt): string | null {
  const name = truncated(node.schemaname ?? node.authrole?.rolename ?? '')
  if (session.draft.schema.schemas.has(name)) {
    if (node.if_not_exists === true) return null
    refuse(`schema "${name}" already exists`)
  }
  // Every database begins with it, and it is not among the schemas: whether a DROP SCHEMA took it away is not known here.
  if (name === 'public') return node.if_not_exists === true ? null : name
  putSchemas(session.draft, [...session.draft.schema.schemas, name])
  session.changes.push({ kind: 'createSchema', place: session.place, object: name, cascade: false })
  return name
}

export function createSequence(session: Session, node: CreateSeqStmt): void {
  const at = keyForNew(session, writtenOf(node.sequence), node.sequence?.relpersistence === 't')
  if (relationExists(session.draft.schema, at)) {
    if (node.if_not_exists === true) return
    refuse(`relation "${nameOf(at)}" already exists`)
  }
  const as = option(node.options, 'as')?.arg
  const type = as !== undefined && 'TypeName' in as ? (resolveType(session, as.TypeName).text ?? 'bigint') : 'bigint'
  const to = {
    schema: schemaOf(at),
    name: nameOf(at),
    type,
    ownedBy: ownerOf(session, node.options) ?? null,
    options: sequenceOptions(node.options, type),
    declared: declaredAt(session),
  }
  put(session.draft, 'sequences', at, to)
  session.changes.push({ kind: 'createSequence', place: session.place, object: at, to })
}

/** Options that differ from the defaults, as `CREATE SEQUENCE` takes them. */
function sequenceOptions(list: CreateSeqStmt['options'], type: string): readonly string[] {
  const isDown = valueText(option(list, 'increment')?.arg).startsWith('-')
  const largest = { smallint: '32767', integer: '2147483647' }[type] ?? '9223372036854775807'
  const smallest = { smallint: '-32768', integer: '-2147483648' }[type] ?? '-9223372036854775808'
  const [min, max] = isDown ? [smallest, '-1'] : ['1', largest]
  const start = valueText(option(list, isDown ? 'maxvalue' : 'minvalue')?.arg) || (isDown ? max : min)
  const numbers = [
    ['increment', 'INCREMENT BY', '1'],
    ['minvalue', 'MINVALUE', min],
    ['maxvalue', 'MAXVALUE', max],
    ['start', 'START WITH', start],
    ['cache', 'CACHE', '1'],
  ] as const
  const given = numbers.flatMap(([name, words, usual]) => {
    const value = valueText(option(list, name)?.arg)
    return value === '' || value === usual ? [] : [`${words} ${value}`]
  })
  return flag(list, 'cycle') ? [...given, 'CYCLE'] : given
}

function ownerOf(
  session: Session,
  list: CreateSeqStmt['options'],
): { readonly table: Key; readonly column: string } | null | undefined {
  const given = option(list, 'owned_by')?.arg
  if (given === undefined) return undefined
  const names = items(given).map(text)
  if (names.length < 2) return null
  const written = writtenIn(names.slice(0, -1))
  const table = findKey(session, written, (at) => session.draft.schema.tables.has(at))
  if (table === undefined && !isOpen(session)) refuse(`relation ${shown(written)} does not exist`)
  return { table: table ?? assumedKey(session, written), column: names.at(-1) ?? '' }
}

export function alterSequence(session: Session, node: AlterSeqStmt): void {
  const written = writtenOf(node.sequence)
  const at = findKey(session, written, (each) => session.draft.schema.sequences.has(each))
  const sequence = at === undefined ? undefined : session.draft.schema.sequences.get(at)
  if (at === undefined && !isOpen(session)) {
    if (node.missing_ok === true) return
    refuse(`relation ${shown(written)} does not exist`)
  }
  if (at !== undefined && sequence !== undefined) {
    const ownedBy = ownerOf(session, node.options)
    const as = option(node.options, 'as')?.arg
    const type =
      as !== undefined && 'TypeName' in as ? (resolveType(session, as.TypeName).text ?? sequence.type) : sequence.type
    put(session.draft, 'sequences', at, {
      ...sequence,
      type,
      ownedBy: ownedBy === undefined ? sequence.ownedBy : ownedBy,
    })
  }
  session.changes.push({
    kind: 'alterSequence',
    place: session.place,
    object: at ?? assumedKey(session, written),
    restart: options(node.options).some((each) => each.defname === 'restart'),
  })
}

export function createFunction(session: Session, node: CreateFunctionStmt): void {
  const at = keyForNew(session, writtenIn(texts(node.funcname)))
  const inputs: (string | null)[] = []
  const outputs: (string | null)[] = []
  for (const each of node.parameters ?? []) {
    if (!('FunctionParameter' in each)) continue
    const { mode, argType } = each.FunctionParameter
    const type = loosely(session, argType)
    if (mode !== 'FUNC_PARAM_OUT' && mode !== 'FUNC_PARAM_TABLE') inputs.push(type)
    if (mode === 'FUNC_PARAM_OUT' || mode === 'FUNC_PARAM_INOUT' || mode === 'FUNC_PARAM_TABLE') outputs.push(type)
  }
  const table = (node.parameters ?? []).some(
    (each) => 'FunctionParameter' in each && each.FunctionParameter.mode === 'FUNC_PARAM_TABLE',
  )
  const single = outputs.length === 1 ? (outputs[0] ?? null) : 'record'
  const written =
    node.returnType === undefined
      ? outputs.length > 0
        ? single
        : node.is_procedure === true
          ? null
          : 'void'
      : loosely(session, node.returnType)
  const set = table || node.returnType?.setof === true
  const body = option(node.options, 'as')?.arg
  const volatility = valueText(option(node.options, 'volatility')?.arg)
  const to: SqlFunction = {
    schema: schemaOf(at),
    name: nameOf(at),
    kind: node.is_procedure === true ? 'procedure' : 'function',
    arguments: inputs,
    returns: written === null ? null : set ? `SETOF ${table ? single : written}` : written,
    language: (valueText(option(node.options, 'language')?.arg) || 'sql').toLowerCase(),
    volatility: volatility === 'immutable' || volatility === 'stable' ? volatility : 'volatile',
    securityDefiner: valueText(option(node.options, 'security')?.arg) === 'true',
    settings: options(node.options).flatMap((each) => (each.defname === 'set' ? [settingOf(each.arg)] : [])),
    body: body === undefined ? null : (items(body).map(text)[0] ?? null),
    definition: session.statement.text,
    declared: declaredAt(session),
  }
  const list = session.draft.schema.functions.get(at) ?? []
  const same = (each: SqlFunction) =>
    each.arguments.length === inputs.length &&
    each.arguments.every(
      (type, i) => (type === null ? null : baseType(type)) === (inputs[i] == null ? null : baseType(inputs[i] ?? '')),
    )
  const from = list.find(same) ?? null
  if (from !== null && node.replace !== true) refuse(`function "${nameOf(at)}" already exists with same argument types`)
  if (from !== null && from.returns !== to.returns && from.returns !== null && to.returns !== null)
    refuse('cannot change return type of existing function')
  setFunctions(session.draft, at, [...list.filter((each) => each !== from), to])
  session.changes.push({
    kind: 'createFunction',
    place: session.place,
    object: at,
    from,
    to,
    orReplace: node.replace === true,
  })
}

/** Types of functions are printed without modifiers, and may be of tables that a part of the history that is not seen makes. */
function loosely(session: Session, type: Parameters<typeof resolveType>[1]): string | null {
  const resolved = resolveType(session, type)
  if (resolved.text === null) return null
  const base = baseType(resolved.text)
  return resolved.text.endsWith('[]')
    ? `${base === 'bpchar' ? 'character' : base}[]`
    : base === 'bpchar'
      ? 'character'
      : base
}

function settingOf(node: Parameters<typeof valueText>[0]): string {
  if (node === undefined || !('VariableSetStmt' in node)) return ''
  return `${node.VariableSetStmt.name ?? ''}=${(node.VariableSetStmt.args ?? []).map(valueText).join(', ')}`
}

/** The key of a function that a trigger calls. */
export function functionKey(session: Session, names: readonly string[]): Key {
  const written = writtenIn(names)
  const at = findKey(session, written, (each) => session.draft.schema.functions.has(each))
  if (at !== undefined) return at
  const builtin = [
    'tsvector_update_trigger',
    'suppress_redundant_updates_trigger',
    'tsvector_update_trigger_column',
  ].includes(written.name)
  if (builtin) return key('pg_catalog', written.name)
  if (!isOpen(session) && session.draft.schema.extensions.size === 0)
    refuse(`function ${written.name}() does not exist`)
  return assumedKey(session, written)
}
