import type { Change } from '../../schema/change.ts'
import { indexOf } from '../../schema/unique-index.ts'
import { indexColumns, type Column, type Key, type Table } from '../../schema/model.ts'
import { quoteIdent } from '../../schema/sql/quote.ts'
import type { BackfillJob } from '../backfill/backfill.ts'
import { breaking, duplicates, orphans } from '../checks.ts'
import { checkRecipe, foreignKeyRecipe, uniqueRecipe } from './constraints.ts'
import { remadeKeys } from './column-keys.ts'
import type { Recipe } from './recipe.ts'
import { renameColumnRecipe } from './replace-column.ts'
import { renameTableRecipe } from './tables.ts'
import { notNullRecipe } from './not-null.ts'
import { stepsAt, type Known, type Recognised } from './known.ts'

/** The pattern of a change that stands on its own; null where there is none. */
export function ofChange(change: Change, known: Known): Recognised | null {
  const { before, after } = known.review
  if (!('table' in change)) return null
  const table = before.tables.get(change.table)
  if (!table) return null
  // A column that goes and comes anew under its name is another one, for which no pattern keeps anything.
  if (change.kind === 'addColumn' && table.columns.some((c) => c.name === change.to.name)) return null
  const ctx = known.context(change.place)
  const single = (recipe: Recipe): Recognised => ({ recipe, covers: new Set([change]), replaced: [] })
  const columnsAre = (names: readonly string[]) =>
    names.length > 0 && names.every((n) => table.columns.some((c) => c.name === n))
  switch (change.kind) {
    case 'renameColumn': {
      const from = table.columns.find((c) => c.name === change.from)
      const keys = remadeKeys(table, change.from, change.to, known.all)
      return from
        ? {
            recipe: renameColumnRecipe(table, from, change.to, keys, before, after, ctx),
            covers: new Set([change, ...keys.covers]),
            replaced: [{ table: table.key, was: change.from, is: change.to }],
          }
        : null
    }
    case 'renameTable':
      // A name that another table had, or has afterwards, is no place for a view or is not free yet.
      return after.tables.has(change.table) || before.tables.has(change.to) || !after.tables.has(change.to)
        ? null
        : single(renameTableRecipe(table, change.to, ctx))
    case 'setNotNull':
    case 'addColumn': {
      if (change.kind === 'addColumn' ? !mustHaveValue(change.to) : isProven(table, change.to.name)) return null
      const job = jobFor(known.jobs, table.key, change.to.name)
      return {
        recipe: notNullRecipe(table, change.to, job, change.kind === 'addColumn', ctx),
        covers: new Set([change, ...stepsAt(known, job ? [job.place] : [])]),
        replaced: [],
      }
    }
    case 'addUnique': {
      if (change.usingIndex !== null || change.to.deferrable || !columnsAre(change.to.columns)) return null
      return single(
        uniqueRecipe(
          table,
          indexOf(change.to),
          change.to,
          duplicates(table, change.to.columns, null, change.to.nullsNotDistinct, before.defaultSchema),
          ctx,
        ),
      )
    }
    case 'addIndex': {
      const columns = indexColumns(change.index)
      if (!change.index.unique || change.concurrently || table.partition.by || !columnsAre(columns)) return null
      const replaces = known.all.filter(
        (c) =>
          c.kind === 'dropIndex' &&
          c.table === table.key &&
          c.name === change.index.name &&
          table.indexes.some((i) => i.name === c.name),
      )
      const recipe = uniqueRecipe(
        table,
        change.index,
        null,
        duplicates(table, columns, change.index.where, change.index.nullsNotDistinct, before.defaultSchema),
        ctx,
        replaces.length > 0,
      )
      return { recipe, covers: new Set([change, ...replaces]), replaced: [] }
    }
    case 'addForeignKey': {
      if (
        !change.to.validated ||
        !change.to.enforced ||
        change.to.clientOnly ||
        table.partition.by ||
        !columnsAre(change.to.columns)
      )
        return null
      return single(foreignKeyRecipe(table, change.to, orphans(table, change.to, after, before.defaultSchema), ctx))
    }
    case 'addCheck':
      return change.to.validated && change.to.enforced && !table.partition.by
        ? single(checkRecipe(table, change.to, breaking(table, change.to, before.defaultSchema), ctx))
        : null
    default:
      return null
  }
}

function mustHaveValue(column: Column): boolean {
  return !column.nullable && column.default === null && !column.generated && !column.identity
}

/** True where a check says already that the column is never NULL, as the safe way to NOT NULL has it. */
function isProven(table: Table, column: string): boolean {
  return table.checks.some(
    (c) => c.expression.replaceAll(/[()\s]/g, '').toLowerCase() === `${quoteIdent(column)}ISNOTNULL`.toLowerCase(),
  )
}

function jobFor(jobs: readonly BackfillJob[], table: Key, column: string): BackfillJob | null {
  const emptied = (j: BackfillJob) =>
    j.kind === 'delete' &&
    j.from === null &&
    j.where?.replaceAll(/[()\s"]/g, '').toLowerCase() === `${column}isnull`.toLowerCase()
  return (
    jobs.find((j) => j.table === table && emptied(j)) ??
    jobs.find(
      (j) =>
        j.kind === 'update' &&
        j.table === table &&
        new RegExp(`(^|[\\s,])"?${column.replaceAll(/\W/g, '.')}"?\\s*=`).test(j.set),
    ) ??
    null
  )
}
