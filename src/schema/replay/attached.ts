import type { AlterPolicyStmt, CommentStmt, CreatePolicyStmt, CreateTrigStmt, Node } from 'libpg-query'
import { significantTokens } from '../../sql/tokens.ts'
import { printExpression } from '../expression/expression.ts'
import type { Policy, Table, Trigger } from '../model.ts'
import { constraintOf } from './dependents.ts'
import { put, putTable, tableOfIndex, updateTable } from './draft.ts'
import { updateFamily } from './family.ts'
import { functionKey } from './functions.ts'
import { truncated } from './names.ts'
import { items, mentionedColumns, text, texts, walk, writtenIn, writtenOf } from './nodes.ts'
import type { Session } from './session.ts'
import { columnFor, current, declaredAt, findKey, refuse, tableFor } from './session.ts'
import { typeNames } from './types.ts'

const eventBits = [
  ['insert', 4],
  ['delete', 8],
  ['update', 16],
  ['truncate', 32],
] as const

/** Replays `CREATE TRIGGER`. */
export function createTrigger(session: Session, node: CreateTrigStmt): void {
  const written = writtenOf(node.relation)
  if (
    findKey(session, written, (at) => session.draft.schema.tables.has(at)) === undefined &&
    findKey(session, written, (at) => session.draft.schema.views.has(at)) !== undefined
  )
    return
  const table = tableFor(session, written)
  if (table === null) return
  const name = truncated(node.trigname ?? '')
  const existing = table.triggers.find((trigger) => trigger.name === name)
  if (existing !== undefined && node.replace !== true)
    refuse(`trigger "${name}" for relation "${table.name}" already exists`)
  const timing = node.timing ?? 0
  const columns = [...new Set([...texts(node.columns), ...mentionedColumns(node.whenClause)])]
  for (const column of texts(node.columns)) columnFor(session, current(session, table.key), column)
  const to: Trigger = {
    name,
    timing: (timing & 2) !== 0 ? 'before' : (timing & 64) !== 0 ? 'instead of' : 'after',
    events: eventBits.flatMap(([event, bit]) => (((node.events ?? 0) & bit) !== 0 ? [event] : [])),
    forEach: node.row === true ? 'row' : 'statement',
    function: functionKey(session, texts(node.funcname)),
    columns,
    updateOf: texts(node.columns).map(truncated),
    when: node.whenClause === undefined ? null : conditionOf(session.statement.text),
    arguments: texts(node.args),
    constraint:
      node.isconstraint === true
        ? { deferrable: node.deferrable === true, initiallyDeferred: node.initdeferred === true }
        : null,
    transition: transitionOf(node),
    enabled: true,
    declared: declaredAt(session),
  }
  const put = (it: Table): Table => ({
    ...it,
    triggers: [...it.triggers.filter((trigger) => trigger.name !== name), to],
  })
  if (to.forEach === 'row' && table.partition.by !== null) updateFamily(session, table.key, put)
  else updateTable(session.draft, table.key, put)
  session.changes.push({
    kind: 'addTrigger',
    place: session.place,
    table: table.key,
    to,
    orReplace: node.replace === true,
  })
}

/** What stands in the parentheses of `WHEN`: as written, because a column needs its `OLD` or `NEW`. */
function conditionOf(statement: string): string | null {
  const tokens = significantTokens(statement)
  const written = (token: { readonly start: number; readonly end: number } | undefined) =>
    token === undefined ? '' : statement.slice(token.start, token.end)
  const when = tokens.findIndex(
    (token, i) => token.kind === 'word' && written(token).toLowerCase() === 'when' && written(tokens[i + 1]) === '(',
  )
  const close =
    tokens.findLastIndex((token, i) => /^execute$/i.test(written(token)) && written(tokens[i - 1]) === ')') - 1
  const [from, to] = [tokens[when + 1], tokens[close]]
  return when < 0 || from === undefined || to === undefined ? null : statement.slice(from.end, to.start).trim()
}

function transitionOf(node: CreateTrigStmt): NonNullable<Trigger['transition']> | null {
  const names = (node.transitionRels ?? []).flatMap((each) =>
    'TriggerTransition' in each ? [each.TriggerTransition] : [],
  )
  if (names.length === 0) return null
  return {
    old: names.find((each) => each.isNew !== true)?.name ?? null,
    new: names.find((each) => each.isNew === true)?.name ?? null,
  }
}

/** Roles as they are written; `public` where none is. */
export function roleNames(roles: readonly Node[] | undefined): readonly string[] {
  const names = (roles ?? []).flatMap((role) => {
    if (!('RoleSpec' in role)) return []
    switch (role.RoleSpec.roletype) {
      case 'ROLESPEC_PUBLIC':
        return ['public']
      case 'ROLESPEC_CURRENT_USER':
        return ['current_user']
      case 'ROLESPEC_SESSION_USER':
        return ['session_user']
      default:
        return [role.RoleSpec.rolename ?? '']
    }
  })
  return names.length === 0 ? ['public'] : names
}

function isCommand(name: string | undefined): name is Policy['command'] {
  return name === 'all' || name === 'select' || name === 'insert' || name === 'update' || name === 'delete'
}

function printed(session: Session, table: Table, node: Node | undefined): string | null {
  if (node === undefined) return null
  if (table.complete) checkColumns(table, node)
  return printExpression(node, { schema: session.draft.schema, columns: table.columns }, 'boolean').text
}

const systemColumns: ReadonlySet<string> = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax'])

/** Refuses an expression over a column that the table has not; what a query in it speaks of is its own affair. */
function checkColumns(table: Table, node: Node): void {
  let queries = false
  walk(node, (kind) => {
    if (kind === 'SubLink') queries = true
  })
  if (queries) return
  for (const name of mentionedColumns(node))
    if (name !== table.name && !systemColumns.has(name) && !table.columns.some((column) => column.name === name))
      refuse(`column "${name}" does not exist`)
}

/** The conditions of a policy as the statement writes them, for those that are not printed whole. */
function asWritten(
  session: Session,
  using: string | null,
  check: string | null,
): Pick<Policy, 'usingText' | 'checkText'> {
  const clauses = using?.includes('…') || check?.includes('…') ? clausesOf(session.statement.text) : {}
  return {
    ...(using?.includes('…') && clauses.using !== undefined ? { usingText: clauses.using } : {}),
    ...(check?.includes('…') && clauses.check !== undefined ? { checkText: clauses.check } : {}),
  }
}

/** What stands between the parentheses behind USING and WITH CHECK. */
function clausesOf(text: string): { readonly using?: string; readonly check?: string } {
  const found: { using?: string; check?: string } = {}
  let depth = 0
  let open: { readonly clause: 'using' | 'check'; readonly start: number } | null = null
  let word = ''
  for (const token of text.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|[()]|[\w$]+/g)) {
    if (token[0] === '(') {
      if (depth === 0 && (word === 'using' || word === 'check')) open = { clause: word, start: token.index + 1 }
      depth++
    } else if (token[0] === ')') {
      depth--
      if (depth === 0 && open !== null) {
        found[open.clause] = text.slice(open.start, token.index).trim()
        open = null
      }
    } else if (depth === 0) word = token[0].toLowerCase()
  }
  return found
}

/** Replays `CREATE POLICY`. */
export function createPolicy(session: Session, node: CreatePolicyStmt): void {
  const table = tableFor(session, writtenOf(node.table))
  if (table === null) return
  const name = truncated(node.policy_name ?? '')
  if (table.policies.some((policy) => policy.name === name))
    refuse(`policy "${name}" for table "${table.name}" already exists`)
  const [using, check] = [printed(session, table, node.qual), printed(session, table, node.with_check)]
  const to: Policy = {
    name,
    command: isCommand(node.cmd_name) ? node.cmd_name : 'all',
    permissive: node.permissive === true,
    roles: roleNames(node.roles),
    using,
    check,
    ...asWritten(session, using, check),
    ...(node.qual === undefined ? {} : { usingNode: node.qual }),
    ...(node.with_check === undefined ? {} : { checkNode: node.with_check }),
    declared: declaredAt(session),
  }
  updateTable(session.draft, table.key, (it) => ({ ...it, policies: [...it.policies, to] }))
  session.changes.push({ kind: 'addPolicy', place: session.place, table: table.key, to })
}

/** Replays `ALTER POLICY`. */
export function alterPolicy(session: Session, node: AlterPolicyStmt): void {
  const table = tableFor(session, writtenOf(node.table))
  if (table === null) return
  const name = truncated(node.policy_name ?? '')
  const from = table.policies.find((policy) => policy.name === name) ?? null
  if (from === null && table.complete) refuse(`policy "${name}" for table "${table.name}" does not exist`)
  const base: Policy = from ?? {
    name,
    command: 'all',
    permissive: true,
    roles: ['public'],
    using: null,
    check: null,
    declared: declaredAt(session),
  }
  const [using, check] = [printed(session, table, node.qual), printed(session, table, node.with_check)]
  const { usingText, checkText, ...kept } = base
  const to: Policy = {
    ...kept,
    ...(using === null && usingText !== undefined ? { usingText } : {}),
    ...(check === null && checkText !== undefined ? { checkText } : {}),
    roles: node.roles === undefined ? base.roles : roleNames(node.roles),
    using: using ?? base.using,
    check: check ?? base.check,
    ...asWritten(session, using, check),
    ...(node.qual === undefined ? {} : { usingNode: node.qual }),
    ...(node.with_check === undefined ? {} : { checkNode: node.with_check }),
  }
  updateTable(session.draft, table.key, (it) => ({
    ...it,
    policies: [...it.policies.filter((policy) => policy.name !== name), to],
  }))
  session.changes.push({ kind: 'alterPolicy', place: session.place, table: table.key, from, to })
}

/** Replays `COMMENT ON` for what has comments in the model. */
export function comment(session: Session, node: CommentStmt): void {
  const to = node.comment ?? null
  const names = items(node.object).map(text)
  switch (node.objtype) {
    case 'OBJECT_TABLE': {
      const table = tableFor(session, writtenIn(names))
      if (table === null) return
      updateTable(session.draft, table.key, (it) => ({ ...it, comment: to }))
      session.changes.push({ kind: 'commentTable', place: session.place, table: table.key, from: table.comment, to })
      return
    }
    case 'OBJECT_COLUMN': {
      const written = writtenIn(names.slice(0, -1))
      if (
        findKey(session, written, (at) => session.draft.schema.tables.has(at)) === undefined &&
        findKey(session, written, (at) => session.draft.schema.views.has(at) || session.draft.schema.types.has(at)) !==
          undefined
      )
        return
      const table = tableFor(session, written)
      if (table === null) return
      const column = columnFor(session, table, names.at(-1) ?? '')
      updateTable(session.draft, table.key, (it) => ({
        ...it,
        columns: it.columns.map((each) => (each.name === column.name ? { ...each, comment: to } : each)),
      }))
      session.changes.push({
        kind: 'commentColumn',
        place: session.place,
        table: table.key,
        column: column.name,
        from: column.comment ?? null,
        to,
      })
      return
    }
    case 'OBJECT_INDEX': {
      const at = findKey(session, writtenIn(names), (each) => tableOfIndex(session.draft.schema, each) !== undefined)
      const owner = at === undefined ? undefined : tableOfIndex(session.draft.schema, at)
      const name = names.at(-1)
      if (owner === undefined || !('key' in owner) || name === undefined) return
      const from = owner.indexes.find((index) => index.name === name)?.comment ?? null
      putTable(session.draft, {
        ...owner,
        indexes: owner.indexes.map((index) => (index.name === name ? { ...index, comment: to } : index)),
      })
      session.changes.push({ kind: 'commentIndex', place: session.place, table: owner.key, name, from, to })
      return
    }
    case 'OBJECT_TABCONSTRAINT': {
      const table = tableFor(session, writtenIn(names.slice(0, -1)))
      const name = names.at(-1) ?? ''
      if (table === null) return
      if (constraintOf(table, name) === null && table.complete && !/_not_null\d*$/.test(name))
        refuse(`constraint "${name}" for table "${table.name}" does not exist`)
      const commented = <T extends { readonly name: string }>(each: T): T =>
        each.name === name ? { ...each, comment: to } : each
      updateTable(session.draft, table.key, (it) => ({
        ...it,
        primaryKey: it.primaryKey === null ? null : commented(it.primaryKey),
        uniques: it.uniques.map(commented),
        foreignKeys: it.foreignKeys.map(commented),
        checks: it.checks.map(commented),
        exclusions: it.exclusions.map(commented),
      }))
      const constraint = constraintOf(table, name)
      session.changes.push({
        kind: 'commentConstraint',
        place: session.place,
        table: table.key,
        name,
        from: constraint !== null && 'is' in constraint ? (constraint.is.comment ?? null) : null,
        to,
      })
      return
    }
    case 'OBJECT_TYPE': {
      const at = findKey(session, writtenIn(typeNames(node.object)), (each) => session.draft.schema.enums.has(each))
      const type = at === undefined ? undefined : session.draft.schema.enums.get(at)
      if (at !== undefined && type !== undefined) put(session.draft, 'enums', at, { ...type, comment: to })
      if (at !== undefined && type !== undefined)
        session.changes.push({ kind: 'commentType', place: session.place, object: at, from: type.comment ?? null, to })
      return
    }
    default:
  }
}
