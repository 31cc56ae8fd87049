import type { Place } from '../../location.ts'
import { quoteIdent } from '../../schema/sql/quote.ts'
import { significantTokens } from '../../sql/tokens.ts'
import type { BackfillJob } from '../backfill/backfill.ts'
import type { Orm } from './orm-code.ts'

/** What a recipe is written for. */
export interface RecipeContext {
  readonly orm: Orm
  readonly defaultSchema: string
  readonly place: Place
}

/** A way to make a change without a moment in which running code fails, written out for the objects at hand. */
export interface Recipe {
  readonly kind:
    | 'rename-column'
    | 'rename-table'
    | 'change-type'
    | 'change-key-type'
    | 'not-null'
    | 'remove-enum-value'
    | 'split-table'
    | 'merge-tables'
    | 'move-column'
    | 'unique'
    | 'foreign-key'
    | 'check'
    | 'partition-table'
  readonly title: string
  /** The change that it takes the place of. */
  readonly place: Place
  /** The way that needs no SQL at all, where there is one. */
  readonly shortcut: string | null
  readonly steps: readonly RecipeStep[]
  /** What to know before starting; one sentence each. */
  readonly cautions: readonly string[]
}

/** One deploy of a recipe: a migration, a run of a backfill, or new code. */
export interface RecipeStep {
  readonly title: string
  readonly phase: 'expand' | 'data' | 'code' | 'contract'
  /** Statements without semicolons, to be sent one by one; `together` says that they belong into one transaction. */
  readonly sql: readonly string[]
  readonly together: boolean
  /** True where each statement needs a transaction of its own: two tables that triggers join must not be locked at once. */
  readonly apart?: boolean
  /** Change of the ORM's schema or of the code; null where there is none. */
  readonly code: string | null
  readonly backfill: BackfillJob | null
  /** True where the statements are queries for a person to look at; they belong into no migration. */
  readonly look?: boolean
}

/** What locks may be waited for in a migration, so that a migration that has to wait does not make others wait behind it. */
const lockTimeout = "SET lock_timeout = '2s'"

/** A step that is a migration. */
export function migration(
  title: string,
  phase: 'expand' | 'contract',
  sql: readonly string[],
  code: string | null,
  together = false,
): RecipeStep {
  return {
    title,
    phase,
    sql: together || sql.length === 0 ? sql : [lockTimeout, ...sql],
    together,
    code,
    backfill: null,
  }
}

/** A migration whose statements each commit alone. */
export function migrationApart(
  title: string,
  phase: 'expand' | 'contract',
  sql: readonly string[],
  code: string | null,
): RecipeStep {
  return { ...migration(title, phase, sql, code), apart: true }
}

/** A step that runs a backfill. */
export function fill(title: string, backfill: BackfillJob): RecipeStep {
  return { title, phase: 'data', sql: [], together: false, code: null, backfill }
}

/** A step that is code alone. */
export function deploy(title: string, code: string): RecipeStep {
  return { title, phase: 'code', sql: [], together: false, code, backfill: null }
}

/** SQL in which a column has another name, wherever that stands as a name; what stands in strings stays. */
export function renameIn(sql: string, from: string, to: string): string {
  return replaceName(sql, from, quoteIdent(to))
}

/** SQL in which something else stands wherever a column is named; what stands in strings stays. */
export function replaceName(sql: string, from: string, to: string): string {
  let text = ''
  let end = 0
  for (const token of significantTokens(sql)) {
    const written = sql.slice(token.start, token.end)
    const name =
      token.kind === 'word'
        ? written.toLowerCase()
        : token.kind === 'identifier'
          ? written.slice(1, -1).replaceAll('""', '"')
          : null
    if (name !== from) continue
    text += `${sql.slice(end, token.start)}${to}`
    end = token.end
  }
  return `${text}${sql.slice(end)}`
}
