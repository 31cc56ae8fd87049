import type { Migration, Step, Transaction } from '../step.ts'
import type { Note } from '../finding.ts'
import type { Statement } from '../sql/statement.ts'
import type { Change } from './change.ts'
import type { Schema } from './model.ts'
import { grantDefaults } from './replay/default-grants.ts'
import { eitherOf } from './replay/either.ts'
import { draftOf, remove, temporary } from './replay/draft.ts'
import type { Draft } from './replay/draft.ts'
import type { ReplayOptions, Session } from './replay/session.ts'
import { Refusal } from './replay/session.ts'
import { replayNode, withPathOf } from './replay/statement.ts'
import { undoing } from './replay/undo.ts'

export type { ReplayOptions } from './replay/session.ts'

/** What one statement does to a schema. */
export interface Applied {
  /** The schema after it; the same as before where Postgres refuses the statement. */
  readonly schema: Schema
  readonly changes: readonly Change[]
  readonly notes: readonly Note[]
  /** Why Postgres would refuse the statement, in its words; null where it would not, as far as can be told. */
  readonly refused: string | null
}

interface Outcome {
  readonly changes: readonly Change[]
  readonly notes: readonly Note[]
  readonly refused: string | null
}

/** Statements that make new objects, where others only give them other names. */
const makes = /^(Create|View|AlterTableStmt|SelectStmt)/

function runOn(draft: Draft, statement: Statement, options: ReplayOptions): Outcome {
  if (statement.inside === 'function') return { changes: [], notes: [], refused: null }
  const before = draft.schema
  const session: Session = { draft, options, statement, changes: [], notes: [], place: statement.place }
  try {
    replayNode(session, statement.node)
    if (makes.test(statement.kind)) grantDefaults(session, before)
    if (statement.undecided === true) draft.schema = eitherOf(before, draft.schema)
    return { changes: session.changes, notes: session.notes, refused: null }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    draft.schema = before
    return { changes: [], notes: [], refused: statement.conditional ? null : error.message }
  }
}

/** Applies one statement to a schema. The schema handed in stays as it is. What stands in a function does nothing. */
export function applyStatement(schema: Schema, statement: Statement, options: ReplayOptions): Applied {
  const draft = draftOf(schema)
  const outcome = runOn(draft, statement, options)
  return { schema: draft.schema, ...outcome }
}

/** A statement that Postgres would refuse, and why. */
export interface RefusedStatement {
  readonly statement: Statement
  readonly why: string
}

/** A note for the first two refused statements of each file, and one that counts the others, which mostly follow from them. */
export function refusalNotes(refused: readonly RefusedStatement[]): readonly Note[] {
  const paths = new Set(refused.map(({ statement }) => statement.place.path))
  return [...paths].flatMap((path) => {
    const all = refused.filter(({ statement }) => statement.place.path === path)
    const named = all.length > 3 ? all.slice(0, 2) : all
    const [next] = all.slice(named.length)
    const more =
      next &&
      unresolved(next, `${all.length - named.length} more of this file cannot succeed, from here on: ${next.why}`)
    return [
      ...named.map((each) => unresolved(each, `this statement cannot succeed here: ${each.why}`)),
      ...(more ? [more] : []),
    ]
  })
}

function unresolved({ statement: { place } }: RefusedStatement, message: string): Note {
  return { kind: 'unresolved', blocking: false, path: place.path, line: place.line, message }
}

/**
 * The schema that a history of migrations leaves. The history has run: a statement that Postgres would refuse, as far as can be told, is a note
 * and skipped, and what stands around it counts. `transactions` has one entry for each statement of all migrations; without it each file is one.
 */
export function replayHistory(
  schema: Schema,
  migrations: readonly Migration[],
  options: ReplayOptions & { readonly transactions?: readonly Transaction[] },
): { readonly schema: Schema; readonly notes: readonly Note[] } {
  const draft = draftOf(schema)
  const notes: Note[] = []
  const refused: RefusedStatement[] = []
  const undo = undoing<Draft['schema']>()
  let at = 0
  for (const migration of migrations) {
    const beforeFile = draft.schema
    let id: number | undefined
    for (const [index, statement] of migration.statements.entries()) {
      const transaction = options.transactions?.[at + index]?.id ?? -1
      if (transaction !== id || (options.transactions === undefined && begins(statement))) {
        id = transaction
        undo.begin(draft.schema, at + index)
      }
      const outcome = runOn(draft, statement, { ...options, ran: true })
      notes.push(...outcome.notes)
      draft.schema = undo.backTo(statement, draft.schema, at + index)?.schema ?? draft.schema
      if (outcome.refused !== null) refused.push({ statement, why: outcome.refused })
    }
    at += migration.statements.length
    draft.schema = withoutSession(draft.schema, beforeFile)
  }
  return { schema: draft.schema, notes: [...notes, ...refusalNotes(refused)] }
}

function begins({ node, inside }: Statement): boolean {
  return inside === null && 'TransactionStmt' in node && /_(?:BEGIN|START)$/.test(node.TransactionStmt.kind ?? '')
}

/** What ends with a session: its search path and its temporary objects. */
function withoutSession(schema: Draft['schema'], before: Schema): Draft['schema'] {
  const draft: Draft = { schema: withPathOf(schema, before) }
  for (const map of ['tables', 'views', 'sequences'] as const)
    for (const at of temporary(draft.schema, map)) remove(draft, map, at)
  return draft.schema
}

/** A step that its own transaction takes back. */
function undone(step: Step): Step {
  return step.undone === undefined ? { ...step, changes: [], undone: step.changes } : step
}

/**
 * The steps that migrations take, each with its changes and the schema before and after it. `transactions` has one entry for each
 * statement. A statement that Postgres would refuse is a note and changes nothing; the steps behind it are told as if it were not
 * there, while `after` is what the runner would really leave.
 */
export function replaySteps(
  schema: Schema,
  migrations: readonly Migration[],
  transactions: readonly Transaction[],
  options: ReplayOptions,
): { readonly steps: readonly Step[]; readonly after: Schema; readonly notes: readonly Note[] } {
  const draft = draftOf(schema)
  const steps: Step[] = []
  const notes: Note[] = []
  const refused: RefusedStatement[] = []
  const undo = undoing<Draft['schema']>()
  let after: Schema | null = null
  let beforeTransaction = draft.schema
  let id: number | undefined
  for (const migration of migrations) {
    const beforeFile = draft.schema
    for (const statement of migration.statements) {
      const transaction = transactions[steps.length] ?? {
        id: -1,
        block: null,
        because: 'the file is one transaction',
        survivesFailure: false,
      }
      const before = draft.schema
      if (transaction.id !== id) {
        id = transaction.id
        beforeTransaction = before
        undo.begin(before, steps.length)
      }
      const outcome = runOn(draft, statement, options)
      notes.push(...outcome.notes)
      // Where nobody knows what shares a transaction, nobody knows what goes back.
      const back = transaction.block === true ? undo.backTo(statement, before, steps.length) : null
      if (back !== null) {
        draft.schema = back.schema
        for (let i = back.first; i < steps.length; i++) steps[i] = undone(steps[i]!)
      }
      if (outcome.refused !== null) {
        refused.push({ statement, why: outcome.refused })
        after ??= withoutSession(beforeTransaction, beforeFile)
      }
      steps.push({
        statement,
        migration,
        changes: outcome.changes,
        before,
        after: draft.schema,
        transaction,
        observation: null,
        ...(outcome.refused === null ? {} : { refused: outcome.refused }),
      })
    }
    draft.schema = withoutSession(draft.schema, beforeFile)
  }
  return { steps, after: after ?? draft.schema, notes: [...notes, ...refusalNotes(refused)] }
}
