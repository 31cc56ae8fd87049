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
    ...(retyped
      ? ({
          *alterColumnType({ table, to }, ctx) {
            yield* placed(check(to, table, ctx), to, table, ctx)
          },
        } satisfies Visitor)
      : {}),
  }
}

/**
 * Visits the columns that the pull request creates, and with `retyped` those whose type it changes, and that `applies` picks: what holds for
 * ten columns of a table is said once, at the first one's line, and not of those that a comment silences. With `across` what holds for
 * columns of several tables is said once, too; it is given them as `table.column`.
 */
export function newColumnsTogether(
  applies: (column: Column, table: Key, ctx: RuleContext) => boolean,
  say: (columns: readonly Column[], table: Key, ctx: RuleContext) => Problem,
  retyped = false,
  across?: (columns: readonly string[]) => Omit<Problem, 'suggestion'>,
): Visitor {
  return newColumns((column, table, ctx) => {
    const now = ctx.after.tables.get(table)?.columns ?? []
    const isRenamed = ctx.steps.some(({ changes }) =>
      changes.some((each) => each.kind === 'renameColumn' && each.table === table && each.from === column.name),
    )
    const stays = now.length === 0 || isRenamed || now.some(({ name }) => name === column.name)
    if (!applies(column, table, ctx) || !stays) return null
    return {
      alike: across === undefined ? table : 'all',
      together: (objects) =>
        across === undefined || objects.every((object) => object.startsWith(`${table}.`))
          ? say(named(objects, table, ctx), table, ctx)
          : across(objects.map((object) => ctx.name(object))),
      ...say([column], table, ctx),
    }
  }, retyped)
}

/** The columns, as the pull request last makes them, that objects of problems name: `public.users.active`. */
function named(objects: readonly string[], table: Key, ctx: RuleContext): readonly Column[] {
  const made = ctx.steps
    .flatMap((step) => step.changes)
    .flatMap((change) => {
      if (!('table' in change) || change.table !== table) return []
      if (change.kind === 'createTable') return change.to.columns
      return change.kind === 'addColumn' || change.kind === 'alterColumnType' ? [change.to] : []
    })
  const byName = new Map(made.map((column) => [`${table}.${column.name}`, column]))
  return [...new Set(objects)].flatMap((object) => byName.get(object) ?? [])
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

/** What a comment beside the declaration of a column, or right above it, says; empty for none. */
export function commentBeside(column: Column, table: Key, ctx: RuleContext): string {
  const place = columnPlace(column, table, ctx)
  const file = place ? (ctx.text(place.path) ?? ctx.step?.statement.file) : undefined
  if (!place || !file || file.path !== place.path) return ''
  const lines = file.text.split('\n')
  let from = place.line - 1
  while (from > 0 && /^\s*(?:--|\/\/|\*|\/\*)/.test(lines[from - 1] ?? '')) from--
  return lines
    .slice(from, place.line)
    .flatMap((line) => /(?:--|\/\/|\/\*|^\s*\*)(.*)$/.exec(line)?.[1] ?? [])
    .join(' ')
}
