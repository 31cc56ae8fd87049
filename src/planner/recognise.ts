import type { ProjectReview } from '../report/report.ts'
import { startOf } from '../location.ts'
import { diffSchemas } from '../schema/diff.ts'
import type { ChangeOf } from '../schema/change.ts'
import { targetOf } from '../schema/ddl.ts'
import type { Column, ForeignKey, Key, Schema, Table } from '../schema/model.ts'
import { quoteKey } from '../schema/quote.ts'
import { backfillsOf, type BackfillJob } from './backfill.ts'
import type { Recipe } from './recipe.ts'
import {
  changeTypeRecipe, moveColumnsRecipe, notNullRecipe, removeEnumValueRecipe, renameColumnRecipe, renameTableRecipe, splitTableRecipe, type RecipeContext,
} from './recipes.ts'
import { typeChange, typeLoss } from '../schema/type-change.ts'

/** The known patterns in a change that no single deploy makes safely, each with its recipe. Only what touches tables that were there before. */
export function recipesOf(review: ProjectReview): readonly Recipe[] {
  const { before, after } = review
  const context = (place: RecipeContext['place']): RecipeContext => ({ orm: review.project.orm, defaultSchema: before.defaultSchema, place })
  const steps = review.steps.flatMap((s) => s.statement.inside === 'function' ? [] : s.changes)
  const changes = steps.length ? steps : review.changes
  const known = (table: Key): Table | undefined => before.tables.get(table)
  const jobs = backfillsOf(review)
  const recipes: Recipe[] = []
  const moved = movedColumns(review)
  const remade = new Set(diffSchemas(before, after).flatMap((c) => c.kind === 'dropEnumValue' ? [c.object] : []))

  for (const change of changes) {
    if (change.kind === 'renameColumn') {
      const table = known(change.table)
      const from = table?.columns.find((c) => c.name === change.from)
      if (table && from) recipes.push(renameColumnRecipe(table, from, change.to, context(change.place)))
    } else if (change.kind === 'renameTable') {
      const table = known(change.table)
      if (table) recipes.push(renameTableRecipe(table, change.to, context(change.place)))
    } else if (change.kind === 'alterColumnType') {
      const table = known(change.table)
      const from = table?.columns.find((c) => c.name === change.from.name)
      const ofRemade = [...remade].some((k) => from?.type === quoteKey(k, before.defaultSchema))
      if (table && from && from.type && change.to.type && from.type !== change.to.type && !ofRemade && rewrites(change, before)) recipes.push(changeTypeRecipe(table, from, { ...from, type: change.to.type, default: change.to.default }, change.using, context(change.place)))
    } else if (change.kind === 'setNotNull' || (change.kind === 'addColumn' && mustHaveValue(change.to))) {
      const table = known(change.table)
      if (table && !moved.some((m) => m.target.key === table.key && m.columns.some((c) => c.name === change.to.name))) {
        recipes.push(notNullRecipe(table, change.to, jobFor(jobs, table.key, change.to.name), change.kind === 'addColumn', context(change.place)))
      }
    }
  }
  for (const object of remade) {
    const [from, to] = [before.enums.get(object), after.enums.get(object)]
    if (!from || !to) continue
    const spelled = quoteKey(object, before.defaultSchema)
    const uses = [...before.tables.values()].flatMap((table) => table.columns.filter((c) => c.type === spelled).map((column) => ({ table, column })))
    recipes.push(removeEnumValueRecipe(from, to, from.values.filter((v) => !to.values.includes(v)), uses, context(review.steps[0]?.statement.place ?? startOf(review.project.evidence))))
  }
  for (const move of moved) {
    const ctx = context(review.steps[0]?.statement.place ?? startOf(review.project.evidence))
    if (move.kind === 'split-table') recipes.push(splitTableRecipe(move.source, move.target, move.link, move.columns, ctx))
    else recipes.push(moveColumnsRecipe(move.kind, move.source, move.target, move.on, move.columns, ctx))
  }
  return recipes.filter((r, i) => recipes.findIndex((o) => o.kind === r.kind && o.title === r.title) === i)
}

function mustHaveValue(column: Column): boolean {
  return !column.nullable && column.default === null && !column.generated && !column.identity
}

function jobFor(jobs: readonly BackfillJob[], table: Key, column: string): BackfillJob | null {
  return jobs.find((j) => j.table === table && new RegExp(`(^|[\\s,])"?${column.replaceAll(/\W/g, '.')}"?\\s*=`).test(j.set)) ?? null
}

/** True where the type cannot be changed in place without writing the table anew or breaking code that reads it. */
function rewrites({ from, to, using }: ChangeOf<'alterColumnType'>, schema: Schema): boolean {
  const family = (type: string) => /^(text|character varying|numeric)/.exec(type)?.[1]?.replace('character varying', 'text')
  if (from.type === null || to.type === null || family(from.type) === undefined || family(from.type) !== family(to.type)) return true
  return typeLoss(from.type, to.type, schema) !== null || typeChange(from.type, to.type, using, from.name, schema) !== 'free'
}

interface Move {
  readonly kind: 'move-column' | 'merge-tables' | 'split-table'
  readonly source: Table
  readonly target: Table
  readonly on: { readonly source: string; readonly target: string }
  readonly link: ForeignKey
  readonly columns: readonly Column[]
}

/** Columns that go from one table and come, with equal name and type, in another that a foreign key joins with it. */
function movedColumns({ before, after }: ProjectReview): readonly Move[] {
  const moves: Move[] = []
  for (const source of before.tables.values()) {
    const now = after.tables.get(source.key)
    const gone = source.columns.filter((c) => !now?.columns.some((o) => o.name === c.name))
    for (const target of after.tables.values()) {
      if (target.key === source.key) continue
      const old = before.tables.get(target.key)
      const columns = gone.filter((c) => c.type !== null && !isKey(source, c.name) && target.columns.some((o) => o.name === c.name && o.type === c.type) && !old?.columns.some((o) => o.name === c.name))
      if (!columns.length) continue
      const link = linkOf(old ?? target, source) ?? null
      const back = old ? linkOf(source, old) : null
      if (!old && link && now && columns.length >= 2) moves.push({ kind: 'split-table', source, target, link, columns, on: { source: link.references.columns[0] ?? 'id', target: link.columns[0]! } })
      else if (old && link) moves.push({ kind: now ? 'move-column' : 'merge-tables', source, target: old, link, columns, on: { source: link.references.columns[0] ?? 'id', target: link.columns[0]! } })
      else if (old && back) moves.push({ kind: now ? 'move-column' : 'merge-tables', source, target: old, link: back, columns, on: { source: back.columns[0]!, target: back.references.columns[0] ?? 'id' } })
    }
  }
  return moves
}

function isKey(table: Table, column: string): boolean {
  return table.primaryKey?.columns.includes(column) === true || table.foreignKeys.some((f) => f.columns.includes(column)) || /^(created_?at|updated_?at)$/i.test(column)
}

function linkOf(from: Table, to: Table): ForeignKey | undefined {
  return from.foreignKeys.find((f) => targetOf(f) === to.key && f.columns.length === 1)
}
