import type { Problem, RuleContext, Visitor } from '../../src/engine/rule.ts'
import type { Place } from '../../src/location.ts'
import type { Column, Key } from '../../src/schema/model.ts'

type ColumnCheck = (column: Column, table: Key, ctx: RuleContext) => Problem | null | undefined

/** Visits every column that the pull request creates, in new tables and in old ones, and with `retyped` those whose type it changes. The place is the column's own line. */
export function newColumns(check: ColumnCheck, retyped = false): Visitor {
  return {
    *createTable({ table, to, as }, ctx) {
      if (as !== 'definition' || to.persistence === 'temporary') return
      for (const column of to.columns) yield* placed(check(column, table, ctx), column, table, ctx)
    },
    *addColumn({ table, to }, ctx) {
      yield* placed(check(to, table, ctx), to, table, ctx)
    },
    ...(retyped ? { *alterColumnType({ table, to }, ctx) { yield* placed(check(to, table, ctx), to, table, ctx) } } satisfies Visitor : {}),
  }
}

/** Where a column is declared: in the ORM's schema where that file changes too, else in the migration. */
export function columnPlace(column: Column, table: Key, ctx: RuleContext): Place | null {
  const declared = ctx.declared?.tables.get(table)?.columns.find((c) => c.name === column.name)?.declared[0]
  if (declared && ctx.files.some((file) => file.path === declared.path)) return declared
  return column.declared.at(-1) ?? null
}

function* placed(problem: Problem | null | undefined, column: Column, table: Key, ctx: RuleContext): Iterable<Problem> {
  if (!problem) return
  const place = columnPlace(column, table, ctx)
  yield { ...(place ? { place } : {}), object: `${table}.${column.name}`, ...problem }
}
