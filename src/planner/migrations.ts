import type { Runner } from '../project/project.ts'
import type { Part } from './parts.ts'
import type { RecipeStep } from './recipes/recipe.ts'

/** What runs in one file of a plan, before the schema around it is known. */
export interface MigrationDraft {
  readonly title: string
  /** Statements without semicolons. */
  readonly up: readonly string[]
  /** True where its one statement cannot run in a transaction block. */
  readonly outside: boolean
  /** True where all of it belongs into one transaction. */
  readonly together: boolean
}

/** True where all pending migrations run in one transaction. */
export function sharesTransaction({ name, options }: Runner): boolean {
  return name === 'drizzle' || (name === 'node-pg-migrate' && options?.singleTransaction !== false)
}

/** True where no migration in SQL can leave its transaction, so that what cannot run in one is done by hand first. */
export function byHandFirst({ name }: Runner): boolean {
  return name === 'drizzle' || name === 'node-pg-migrate'
}

/** The migrations that one item of a part is written as, in their order; none for what is code, a run or a question. */
export function migrationsOf({ recipe, step }: Part['items'][number], phase: Part['phase']): readonly MigrationDraft[] {
  return step.look || !step.sql.length ? [] : cut(step, recipe?.title ?? titles[phase])
}

const titles: Readonly<Record<Part['phase'], string>> = {
  expand: 'before the code',
  data: 'rows',
  code: 'with the code',
  contract: 'after the code',
  neutral: 'plan',
}

/** A concurrent build runs alone, and a validation not in the transaction that holds the lock of what it validates. */
function cut(step: RecipeStep, title: string): readonly MigrationDraft[] {
  if (step.together)
    return [{ title, up: step.sql.filter((s) => s !== 'BEGIN' && s !== 'COMMIT'), outside: false, together: true }]
  const result: MigrationDraft[] = []
  const settings = step.sql.filter((s) => /^SET\b/i.test(s))
  let open: string[] = []
  const close = () => {
    if (open.length) result.push({ title, up: [...settings, ...open], outside: false, together: false })
    open = []
  }
  for (const sql of step.sql) {
    if (settings.includes(sql)) continue
    if (isOutside(sql)) {
      close()
      result.push({
        title: /\bINDEX\b/i.test(sql) ? `${title} index` : title,
        up: [sql],
        outside: true,
        together: false,
      })
    } else {
      if (step.apart || / VALIDATE CONSTRAINT /i.test(sql)) close()
      open.push(sql)
    }
  }
  close()
  return result
}

/** True for a statement that Postgres refuses in a transaction block. */
function isOutside(sql: string): boolean {
  return /\bCONCURRENTLY\b/i.test(sql.split('(')[0] ?? '') || /^\s*(VACUUM|REINDEX\s+\w+\s+CONCURRENTLY)\b/i.test(sql)
}
