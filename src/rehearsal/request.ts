import type { Migration, Transaction } from '../step.ts'
import type { Node } from 'libpg-query'
import { isTemplate } from '../schema/template.ts'
import { parseSql } from '../sql/parser.ts'
import type { Statement } from '../sql/statement.ts'
import { presumedExtensions } from './presumed.ts'
import { createdExtension, refusal } from './refuse.ts'
import type { PlanRequest, RehearsalDown, RehearsalFile, RehearsalRequest, RehearsalStatement } from './types.ts'

/** What a rehearsal is made from. A `Migration` is a file of the base, a `Step` a step. */
export interface RequestParts {
  /** History, or one script that makes the schema before. */
  readonly base: readonly { readonly path: string; readonly statements: readonly Statement[] }[]
  readonly steps: readonly { readonly statement: Statement; readonly transaction: Transaction }[]
  /** Default true. */
  readonly complete?: boolean
  readonly platform?: RehearsalRequest['platform']
  /** The new migrations, for proving their ways back. */
  readonly migrations?: readonly Migration[]
  readonly queries?: readonly PlanRequest[]
  readonly rows?: Readonly<Record<string, number>>
}

const transactionActions: Readonly<Record<string, RehearsalStatement['action']>> = {
  TRANS_STMT_BEGIN: 'skip',
  TRANS_STMT_START: 'skip',
  TRANS_STMT_COMMIT: 'skip',
  TRANS_STMT_ROLLBACK: 'rollback',
  TRANS_STMT_SAVEPOINT: 'control',
  TRANS_STMT_RELEASE: 'control',
  TRANS_STMT_ROLLBACK_TO: 'control',
}

/** Kinds whose outcome hangs on rows, or on what a function or block does. */
const dataKinds = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'SelectStmt',
  'CallStmt',
  'DoStmt',
  'ExecuteStmt',
  'RefreshMatViewStmt',
])

/** Kinds whose outcome hangs on the roles and settings of the server. */
const serverKinds = new Set([
  'CreateRoleStmt',
  'AlterRoleStmt',
  'AlterRoleSetStmt',
  'DropRoleStmt',
  'GrantRoleStmt',
  'DropOwnedStmt',
  'ReassignOwnedStmt',
  'VariableSetStmt',
])

/** Turns statements with their parse trees into the plain data that a child process rehearses. */
export function rehearsalRequest(parts: RequestParts): RehearsalRequest {
  const base = parts.base.map((file): RehearsalFile => ({
    path: file.path,
    statements: plainStatements(file.statements, null),
  }))
  const all = [...parts.base.flatMap((file) => file.statements), ...parts.steps.map((step) => step.statement)]
  const extensions = new Set(all.map((statement) => createdExtension(statement.node)).filter((name) => name !== null))
  const presumed = presumedExtensions(all, extensions)
  return {
    base: [...presumed.map(({ file }) => file), ...base],
    complete: parts.complete ?? true,
    steps: plainStatements(
      parts.steps.map((step) => step.statement),
      parts.steps.map((step) => step.transaction),
    ),
    extensions: [...extensions, ...presumed.map(({ name }) => name)].sort(),
    platform: parts.platform ?? null,
    downs: (parts.migrations ?? []).flatMap((migration): RehearsalDown[] =>
      migration.down === null || migration.down.statements.length === 0
        ? []
        : [
            {
              name: migration.name,
              path: migration.down.path,
              upPath: migration.path,
              up: plainStatements(migration.statements, null),
              down: plainStatements(migration.down.statements, null),
            },
          ],
    ),
    queries: (parts.queries ?? []).filter(
      (query) =>
        isOneQuery(query.sql) &&
        (query.was === undefined || isOneQuery(query.was)) &&
        (query.index === undefined || isIndex(query.index)),
    ),
    rows: parts.rows ?? {},
  }
}

/** True for one statement that EXPLAIN takes and that reaches nothing outside. */
function isOneQuery(sql: string): boolean {
  const node = only(sql)
  return (
    node !== null &&
    ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'].some((kind) => kind in node) &&
    refusal(node) === null
  )
}

function isIndex(sql: string): boolean {
  const node = only(sql)
  return node !== null && 'IndexStmt' in node && refusal(node) === null
}

function only(sql: string): Node | null {
  const parsed = parseSql(sql)
  return 'nodes' in parsed && parsed.nodes.length === 1 ? (parsed.nodes[0] ?? null) : null
}

function plainStatements(
  statements: readonly Statement[],
  transactions: readonly Transaction[] | null,
): readonly RehearsalStatement[] {
  let outer = -1
  return statements.map((statement, index): RehearsalStatement => {
    if (statement.inside === null) outer = index
    const transaction = transactions?.[index]
    const inner = statement.inside === null ? innerOf(statements, index) : []
    const reason =
      statement.inside !== null
        ? null
        : (refusal(statement.node) ?? inner.map((each) => refusal(each.node)).find((each) => each !== null) ?? null)
    const action = reason !== null ? 'refuse' : statement.inside !== null ? 'skip' : actionOf(statement)
    return {
      text: statement.text,
      path: statement.place.path,
      line: statement.place.line,
      transaction: transaction?.id ?? index,
      block: transaction === undefined ? false : transaction.block,
      action,
      reason,
      outcome: dataKinds.has(statement.kind) ? 'rows' : serverKinds.has(statement.kind) ? 'server' : 'definitions',
      partOf: statement.inside === null ? null : outer,
      repeat: action === 'send' && transaction?.survivesFailure === true && isHarmlessTwice(statement),
    }
  })
}

/**
 * True where a second try leaves no trace: in a transaction that is rolled back, or outside of one where Postgres itself refuses what is
 * there or gone already.
 */
function isHarmlessTwice({ kind, node }: Statement): boolean {
  if (
    dataKinds.has(kind) ||
    'ReindexStmt' in node ||
    'VacuumStmt' in node ||
    'ClusterStmt' in node ||
    'TransactionStmt' in node
  )
    return false
  return !('IndexStmt' in node && node.IndexStmt.concurrent === true && (node.IndexStmt.idxname ?? '') === '')
}

/** The statements in the body of the one at `index`. */
function innerOf(statements: readonly Statement[], index: number): readonly Statement[] {
  const inner: Statement[] = []
  for (let at = index + 1; at < statements.length && statements[at]?.inside !== null; at++) {
    const each = statements[at]
    if (each !== undefined) inner.push(each)
  }
  return inner
}

function actionOf(statement: Statement): RehearsalStatement['action'] {
  if ('TransactionStmt' in statement.node)
    return transactionActions[statement.node.TransactionStmt.kind ?? ''] ?? 'send'
  if ('VariableSetStmt' in statement.node)
    return statement.node.VariableSetStmt.name === 'TRANSACTION' || isTemplate(statement.text) ? 'skip' : 'send'
  return 'send'
}
