import type { Alias, CreateTableAsStmt, Node, SelectStmt, ViewStmt } from 'libpg-query'
import { printExpression } from '../expression/expression.ts'
import type { Column, Key, View } from '../model.ts'
import { emptyTable, nameOf, schemaOf } from '../model.ts'
import { checkCasts } from './columns.ts'
import { put, putTable, relationExists } from './draft.ts'
import { truncated } from './names.ts'
import { flag, text, texts, walk, writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { current, declaredAt, findKey, isOpen, keyForNew, refuse, shown } from './session.ts'
import { figuredName, outputNames } from './output-names.ts'
import { missingColumnOf, queryWithStarsWritten } from './view-query.ts'
import { significantTokens } from '../../sql/tokens.ts'

interface Output {
  readonly name: string
  readonly type: string | null
}

/** The tables and views that a query reads, with the columns of them where they can be told; names are taken by their aliases. */
export function readsOf(session: Session, query: Node | undefined): View['reads'] {
  const { schema } = session.draft
  const cte = new Set<string>()
  const aliases = new Map<string, Set<Key>>()
  const read = new Map<Key, { columns: Set<string>; all: boolean }>()
  walk(query, (kind, value) => {
    if (kind === 'CommonTableExpr' && typeof value['ctename'] === 'string') cte.add(value['ctename'])
  })
  walk(query, (kind, value) => {
    if (kind !== 'RangeVar') return
    const range = value as Parameters<typeof writtenOf>[0] & { readonly alias?: { readonly aliasname?: string } }
    const written = writtenOf(range)
    if (written.schema === null && cte.has(written.name)) return
    const at = findKey(session, written, (each) => schema.tables.has(each) || schema.views.has(each))
    if (at === undefined) {
      const system =
        written.schema === 'pg_catalog' || written.schema === 'information_schema' || written.name.startsWith('pg_')
      if (!system && !isOpen(session) && schema.extensions.size === 0)
        refuse(`relation ${shown(written)} does not exist`)
      return
    }
    read.set(at, { columns: new Set(), all: false })
    const alias = range.alias?.aliasname ?? written.name
    aliases.set(alias, (aliases.get(alias) ?? new Set()).add(at))
  })
  walk(query, (kind, value) => {
    if (kind !== 'ColumnRef' || !Array.isArray(value['fields'])) return
    const fields = value['fields'] as readonly Node[]
    const last = fields.at(-1)
    const name = last === undefined ? '' : text(last)
    const holders = [...read.keys()].filter(
      (at) => schema.tables.get(at)?.columns.some((column) => column.name === name) === true,
    )
    // A bare name that several tables have belongs to one of them, by scopes that are not followed here.
    const of =
      fields.length > 1
        ? (aliases.get(text(fields.at(-2))) ?? [])
        : last !== undefined && 'A_Star' in last
          ? [...read.keys()]
          : holders.length === 1
            ? holders
            : []
    for (const at of of) {
      const one = read.get(at)
      if (one === undefined || last === undefined) continue
      if ('A_Star' in last) one.all = true
      else one.columns.add(name)
    }
  })
  return [...read].map(([table, { columns, all }]) => {
    const known = schema.tables.get(table)
    if (known?.complete !== true) return { table, columns: null }
    return {
      table,
      columns: known.columns.filter((column) => all || columns.has(column.name)).map((column) => column.name),
    }
  })
}

interface Sources {
  /** The columns of all that is selected from. */
  readonly all: readonly (Output & { readonly alias: string })[]
  /** What `*` takes of them: what a join puts together comes first, and once. */
  readonly star: readonly Output[]
}

function sourceColumns(session: Session, from: readonly Node[] | undefined): Sources | null {
  const parts = (from ?? []).map((item) => columnsIn(session, item))
  if (parts.includes(null)) return null
  return { all: parts.flatMap((part) => part?.all ?? []), star: parts.flatMap((part) => part?.star ?? []) }
}

function columnsIn(session: Session, item: Node): Sources | null {
  const { schema } = session.draft
  const called = (columns: readonly Output[], alias: Alias | undefined, name: string): Sources => {
    const others = texts(alias?.colnames)
    const all = columns.map((each, i) => ({ ...each, name: others[i] ?? each.name, alias: alias?.aliasname ?? name }))
    return { all, star: all }
  }
  if ('RangeVar' in item) {
    const written = writtenOf(item.RangeVar)
    const at = findKey(session, written, (each) => schema.tables.has(each) || schema.views.has(each))
    const table = at === undefined ? undefined : schema.tables.get(at)
    const viewed = at === undefined ? null : (schema.views.get(at)?.columns ?? null)
    const columns = table?.complete === true ? table.columns : viewed?.map((name) => ({ name, type: null }))
    if (columns === undefined) return null
    return called(
      columns.map(({ name, type }) => ({ name, type })),
      item.RangeVar.alias,
      written.name,
    )
  }
  if ('RangeSubselect' in item) {
    const inner = outputColumns(session, item.RangeSubselect.subquery)
    return inner === null ? null : called(inner, item.RangeSubselect.alias, '')
  }
  if (!('JoinExpr' in item)) return null
  const { larg, rarg, usingClause, isNatural } = item.JoinExpr
  const left = larg === undefined ? null : columnsIn(session, larg)
  const right = rarg === undefined ? null : columnsIn(session, rarg)
  if (left === null || right === null) return null
  const shared =
    isNatural === true
      ? left.star.flatMap(({ name }) => (right.star.some((each) => each.name === name) ? [name] : []))
      : texts(usingClause)
  const own = ({ name }: Output) => !shared.includes(name)
  return {
    all: [...left.all, ...right.all],
    star: [
      ...shared.flatMap((name) => left.star.find((each) => each.name === name) ?? []),
      ...left.star.filter(own),
      ...right.star.filter(own),
    ],
  }
}

/** The columns that a query gives, with their types where they can be told; null where not all names are known. */
export function outputColumns(session: Session, query: Node | undefined): readonly Output[] | null {
  if (query === undefined || !('SelectStmt' in query)) return null
  let select: SelectStmt = query.SelectStmt
  while (select.larg !== undefined) select = select.larg
  if (select.withClause !== undefined || select.valuesLists !== undefined)
    return outputNames(select)?.map((name) => ({ name, type: null })) ?? null
  const { schema } = session.draft
  const sources = sourceColumns(session, select.fromClause)
  const outputs: Output[] = []
  for (const target of select.targetList ?? []) {
    if (!('ResTarget' in target) || target.ResTarget.val === undefined) return null
    const { val, name } = target.ResTarget
    if ('ColumnRef' in val && (val.ColumnRef.fields ?? []).some((field) => 'A_Star' in field)) {
      if (sources === null) return null
      const of = texts(val.ColumnRef.fields).slice(0, -1).at(-1)
      outputs.push(...(of === undefined ? sources.star : sources.all.filter((each) => each.alias === of)))
      continue
    }
    const output = name ?? figuredName(val)
    const type = sources === null ? null : printExpression(val, { schema, columns: sources.all }, null).type
    outputs.push({ name: truncated(output), type })
  }
  return outputs
}

/** The query of `CREATE VIEW … AS`, as it is written. */
function definitionOf(session: Session): string | null {
  const { text: written } = session.statement
  let depth = 0
  for (const token of significantTokens(written)) {
    const word = written.slice(token.start, token.end)
    if (word === '(') depth++
    else if (word === ')') depth--
    else if (depth === 0 && token.kind === 'word' && word.toLowerCase() === 'as') return written.slice(token.end).trim()
  }
  return null
}

export function createView(session: Session, node: ViewStmt): void {
  const temporary = node.view?.relpersistence === 't'
  const at = keyForNew(session, writtenOf(node.view), temporary)
  const { schema } = session.draft
  const before = schema.views.get(at)
  if (relationExists(schema, at) && (before === undefined || node.replace !== true))
    refuse(`relation "${nameOf(at)}" already exists`)
  const query = queryOf(session, at, node.query, texts(node.aliases))
  const to = { ...query.view, securityInvoker: flag(node.options, 'security_invoker') }
  checkReplaced(before?.columns ?? null, to.columns)
  put(session.draft, 'views', at, to)
  session.changes.push({ kind: 'createView', place: session.place, object: at, to, orReplace: node.replace === true })
}

/** What a query makes, under other names where it is given them: its columns, and the view that it would be. */
function queryOf(
  session: Session,
  at: Key,
  query: Node | undefined,
  aliases: readonly string[],
): { readonly outputs: readonly Output[] | null; readonly view: View } {
  const { schema } = session.draft
  const outputs = outputColumns(session, query)?.map((each, i) => ({ ...each, name: aliases[i] ?? each.name })) ?? null
  const view: View = {
    schema: schemaOf(at),
    name: nameOf(at),
    materialized: false,
    definition: definitionOf(session),
    columns: outputs?.map(({ name }) => name) ?? null,
    reads: readsOf(session, query),
    indexes: [],
    securityInvoker: false,
    declared: declaredAt(session),
  }
  checkCasts(session, query)
  const missing = missingColumnOf(schema, view)
  if (missing !== null) refuse(`column ${missing.includes('.') ? missing : `"${missing}"`} does not exist`)
  const expanded = queryWithStarsWritten(schema, view)
  return { outputs, view: expanded === undefined ? view : { ...view, expanded } }
}

/** A view that is replaced keeps its columns and gets new ones behind them. */
function checkReplaced(before: View['columns'], after: View['columns']): void {
  if (before === null || after === null) return
  if (after.length < before.length) refuse('cannot drop columns from view')
  const other = before.findIndex((name, i) => after[i] !== name)
  if (other >= 0) refuse(`cannot change name of view column "${before[other]}" to "${after[other]}"`)
}

export function createTableAs(session: Session, node: CreateTableAsStmt): void {
  const temporary = node.into?.rel?.relpersistence === 't'
  const at = keyForNew(session, writtenOf(node.into?.rel), temporary)
  if (relationExists(session.draft.schema, at)) {
    if (node.if_not_exists === true) return
    refuse(`relation "${nameOf(at)}" already exists`)
  }
  const { outputs, view } = queryOf(session, at, node.query, texts(node.into?.colNames))
  if (node.objtype === 'OBJECT_MATVIEW') {
    const to = { ...view, materialized: true }
    put(session.draft, 'views', at, to)
    session.changes.push({ kind: 'createView', place: session.place, object: at, to, orReplace: false })
    return
  }
  const columns: Column[] = (outputs ?? []).map(({ name, type }) => ({
    name,
    type,
    nullable: true,
    default: null,
    generated: null,
    identity: null,
    declared: declaredAt(session),
  }))
  putTable(session.draft, {
    ...emptyTable(schemaOf(at), nameOf(at), declaredAt(session), outputs !== null),
    columns,
    persistence: temporary ? 'temporary' : node.into?.rel?.relpersistence === 'u' ? 'unlogged' : 'permanent',
  })
  session.changes.push({
    kind: 'createTable',
    place: session.place,
    table: at,
    to: current(session, at),
    ifNotExists: node.if_not_exists === true,
    as: 'query',
  })
}
