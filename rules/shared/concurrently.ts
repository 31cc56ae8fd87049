import type { RuleContext } from '../../src/engine/rule.ts'
import { key, schemaOf, type Key } from '../../src/schema/model.ts'
import { outsideTransaction } from './outside-transaction.ts'
import { isPartitioned, partByPart } from './partitions.ts'
import { sql, sqlName } from './sql.ts'
import { sentence } from './words.ts'

/** `CONCURRENTLY ` for a table that others use already; nothing for one that the pull request creates. */
export function concurrently(table: Key, ctx: RuleContext): string {
  return ctx.isNew(table) ? '' : 'CONCURRENTLY '
}

/**
 * Statements that make or drop indexes of a table, with `CONCURRENTLY` where others use it, and where they have to run then: what this
 * runner's transaction refuses has to go around it. `lead` is a clause that stands before.
 */
export function builtBy(table: Key, statements: readonly string[], ctx: RuleContext, lead = ''): string {
  const whole = statements.map(
    (each) => /^CREATE (?:UNIQUE )?INDEX CONCURRENTLY ("(?:[^"]|"")+"|\S+) ON /.exec(each)?.[1],
  )
  if (!ctx.isNew(table) && isPartitioned(table, ctx) && whole.every((name) => name !== undefined)) {
    const parts = statements.map((each, i) =>
      partByPart(table, (whole[i] ?? '').replace(/^"(.*)"$/, '$1').replaceAll('""', '"'), each, ctx),
    )
    return `${lead === '' ? '' : `${lead}. `}${parts.join('\n')}`
  }
  const words = new Set(
    statements.flatMap((each) => each.match(/"[^"]+"|[\w$]+/g) ?? []).map((word) => word.replaceAll('"', '')),
  )
  const later = [...words].some((word) => ctx.isNewColumn(table, word))
  // What the ORM's schema declares, a migration that it generates makes once more.
  const kept = ctx.project.orm !== null && whole.every((name) => name !== undefined) ? 'IF NOT EXISTS' : undefined
  const many = statements.length > 1
  const how = ctx.isNew(table) ? '' : outsideTransaction(ctx, { many, later, ...(kept ? { kept } : {}) }).how
  const clause = lead === '' ? sentence(how) : how === '' ? lead : `${lead}; ${how}`
  return `${clause === '' ? '' : `${clause}:\n`}${sql(...statements)}`
}

/** `DROP INDEX` without a lock that others wait for. */
export function dropConcurrently(table: Key, index: string, ctx: RuleContext): string {
  return `DROP INDEX ${concurrently(table, ctx)}${sqlName(key(schemaOf(table), index), ctx)};`
}
