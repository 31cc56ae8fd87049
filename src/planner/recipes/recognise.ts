import type { Step } from '../../step.ts'
import { comparePlaces, startOf } from '../../location.ts'
import type { ProjectReview } from '../../report/report.ts'
import type { Change, ChangeOf } from '../../schema/change.ts'
import { targetOf } from '../../schema/sql/ddl.ts'
import { diffSchemas } from '../../schema/diff/diff.ts'
import type { Key, Schema } from '../../schema/model.ts'
import { mentions } from '../../schema/sql/schema.ts'
import { quoteIdent, quoteKey, quoteLiteral } from '../../schema/sql/quote.ts'
import { typeChange, typeLoss } from '../../schema/type-change.ts'
import { backfillsOf, type BackfillJob } from '../backfill/backfill.ts'
import { classifySteps, type ClassifiedStep } from '../classify.ts'
import { partitionRecipe } from './constraints.ts'
import { keyColumns, widensKey } from './key-columns.ts'
import { keyTypeRecipe } from './key-type.ts'
import { targetTable } from '../rollback/lossy.ts'
import { movedColumns } from './moves.ts'
import type { Recipe } from './recipe.ts'
import { changeTypeRecipe, newName } from './replace-column.ts'
import { moveColumnsRecipe, splitTableRecipe } from './tables.ts'
import { removeEnumValueRecipe } from './enum-value.ts'
import { stepsAt, type Known, type Recognised } from './known.ts'
import { ofChange } from './one-change.ts'

export type { Recognised } from './known.ts'

/** The recipes of a change, without what they take the place of. */
export function recipesOf(review: ProjectReview): readonly Recipe[] {
  return recognise(review, classifySteps(review), backfillsOf(review)).map((r) => r.recipe)
}

/** The known patterns in a change that no single deploy makes safely, each with its recipe. Only what touches tables that were there before. */
export function recognise(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  jobs: readonly BackfillJob[],
): readonly Recognised[] {
  const all = steps.length ? steps.flatMap((s) => s.changes.map((c) => c.change)) : review.changes
  const known: Known = {
    review,
    steps,
    jobs,
    all,
    breaks: steps.length
      ? steps.flatMap((s) => s.changes.filter((c) => c.phase === 'contract').map((c) => c.change))
      : review.changes,
    context: (place) => ({ orm: review.project.orm, defaultSchema: review.before.defaultSchema, place }),
  }
  const found: Recognised[] = []
  for (const finder of [partitions, removedValues, moves, keyTypes, types])
    found.push(...finder(known).filter((r) => ![...r.covers].some((c) => found.some((f) => f.covers.has(c)))))
  const taken = (change: Change) => found.some((f) => f.covers.has(change))
  for (const change of known.breaks) {
    if (taken(change)) continue
    const one = ofChange(change, known)
    if (one && !found.some((f) => f.recipe.kind === one.recipe.kind && f.recipe.title === one.recipe.title))
      found.push(one)
  }
  return found.toSorted((a, b) => comparePlaces(a.recipe.place, b.recipe.place))
}

/** Statements that change rows of some tables, and nothing of the schema. */
function rowsOf({ steps }: Known, tables: readonly Key[]): readonly Step[] {
  return steps.filter((s) => s.changes.length === 0 && tables.includes(targetTable(s.step) ?? '')).map((s) => s.step)
}

/** True where the type cannot be changed in place without writing the table anew or breaking code that reads it. */
function rewrites({ from, to, using }: ChangeOf<'alterColumnType'>, schema: Schema): boolean {
  const family = (type: string) =>
    /^(text|character varying|numeric)/.exec(type)?.[1]?.replace('character varying', 'text')
  if (
    from.type === null ||
    to.type === null ||
    family(from.type) === undefined ||
    family(from.type) !== family(to.type)
  )
    return true
  return (
    typeLoss(from.type, to.type, schema) !== null || typeChange(from.type, to.type, using, from.name, schema) !== 'free'
  )
}

function keyTypes(known: Known): readonly Recognised[] {
  const { before } = known.review
  const changes = known.breaks.filter((c): c is ChangeOf<'alterColumnType'> => c.kind === 'alterColumnType')
  const changeTo = (table: Key, column: string) => changes.find((c) => c.table === table && c.from.name === column)
  const found: Recognised[] = []
  for (const change of changes) {
    if (found.some((f) => f.covers.has(change))) continue
    const root = rootOf(change, changeTo, known)
    const table = before.tables.get(root.table)
    const from = table?.columns.find((c) => c.name === root.from.name)
    if (!table || !from || !root.to.type || !widensKey(before, table, from, root.to)) continue
    const group = keyColumns(before, table, from.name, root.to.type)
    const covers = changes.filter(
      (c) =>
        c.to.type === root.to.type &&
        group.some((g) => g.table.key === c.table && g.members.some((m) => m.from.name === c.from.name)),
    )
    found.push({
      recipe: keyTypeRecipe(table, from, root.to.type, before, known.context(root.place)),
      covers: new Set(covers),
      replaced: group.flatMap((g) => g.members.map((m) => ({ table: g.table.key, was: m.from.name, is: m.from.name }))),
    })
  }
  return found
}

/** Columns of another type, with what else becomes of them: the column that takes over is made as the old one is in the end. */
function types(known: Known): readonly Recognised[] {
  const { before, after } = known.review
  return known.breaks.flatMap((change): readonly Recognised[] => {
    if (change.kind !== 'alterColumnType' || !rewrites(change, before)) return []
    const table = before.tables.get(change.table)
    const from = table?.columns.find((c) => c.name === change.from.name)
    if (!table || !from?.type || !change.to.type || from.type === change.to.type) return []
    const end = after.tables.get(table.key)?.columns.find((c) => c.name === from.name)
    const to = end?.type === change.to.type ? end : { ...from, type: change.to.type, default: change.to.default }
    const rest = known.all.filter(
      (c) =>
        (c.kind === 'setNotNull' || c.kind === 'dropNotNull' || c.kind === 'setDefault' || c.kind === 'dropDefault') &&
        c.table === table.key &&
        c.to.name === from.name,
    )
    const recipe = changeTypeRecipe(table, from, to, change.using, known.context(change.place))
    return [
      {
        recipe,
        covers: new Set([change, ...rest]),
        replaced: [{ table: table.key, was: from.name, is: newName(table, from.name, change.to.type) }],
      },
    ]
  })
}

/** The change of the key that a column points at, where that changes too; else the change itself. */
function rootOf(
  change: ChangeOf<'alterColumnType'>,
  changeTo: (table: Key, column: string) => ChangeOf<'alterColumnType'> | undefined,
  { review }: Known,
  depth = 0,
): ChangeOf<'alterColumnType'> {
  const table = review.before.tables.get(change.table)
  for (const f of table?.foreignKeys ?? []) {
    const at = f.columns.indexOf(change.from.name)
    const referenced = f.references.columns.length
      ? f.references.columns
      : (review.before.tables.get(targetOf(f))?.primaryKey?.columns ?? [])
    const above = at < 0 || targetOf(f) === change.table ? undefined : changeTo(targetOf(f), referenced[at] ?? '')
    if (above && above.to.type === change.to.type && depth < 10)
      return rootOf(above, changeTo, { review } as Known, depth + 1)
  }
  return change
}

function removedValues(known: Known): readonly Recognised[] {
  const { before, after } = known.review
  const remade = new Set(diffSchemas(before, after).flatMap((c) => (c.kind === 'dropEnumValue' ? [c.object] : [])))
  return [...remade].flatMap((object): Recognised[] => {
    const [from, to] = [before.enums.get(object), after.enums.get(object)]
    if (!from || !to) return []
    const spelled = quoteKey(object, before.defaultSchema)
    const uses = [...before.tables.values()].flatMap((table) =>
      !after.tables.has(table.key)
        ? []
        : table.columns.filter((c) => c.type === spelled).map((column) => ({ table, column })),
    )
    const gone = from.values.filter((v) => !to.values.includes(v))
    const used = uses.map((use) => ({
      ...use,
      job:
        known.jobs.find(
          (j) =>
            !j.obstacle &&
            j.table === use.table.key &&
            j.kind !== 'insert' &&
            gone.every((v) => j.where?.includes(quoteLiteral(v))),
        ) ?? null,
    }))
    const lists = [...before.tables.values()].flatMap((table) =>
      table.columns.filter((c) => c.type === `${spelled}[]`).map((c) => `${table.name}.${c.name}`),
    )
    const names = new Set([object])
    for (let grown = true; grown;) {
      grown = false
      for (const c of known.all)
        if (c.kind === 'renameType' && names.has(c.object) !== names.has(c.to))
          grown = names.size < names.add(c.object).add(c.to).size
    }
    const covers = known.all.filter((c) => {
      if (c.kind === 'createEnum' || c.kind === 'dropType' || c.kind === 'createType') return names.has(c.object)
      if (c.kind === 'renameType') return names.has(c.object)
      return (
        (c.kind === 'alterColumnType' || c.kind === 'dropDefault' || c.kind === 'setDefault') &&
        uses.some((u) => u.table.key === c.table && u.column.name === c.from.name)
      )
    })
    const place = covers[0]?.place ?? known.review.steps[0]?.statement.place ?? startOf(known.review.project.evidence)
    const recipe = removeEnumValueRecipe(from, to, gone, used, known.context(place))
    return [
      {
        recipe: lists.length
          ? {
              ...recipe,
              cautions: [
                ...recipe.cautions,
                `\`${lists.join('`, `')}\` hold${lists.length > 1 ? '' : 's'} lists of it and need${lists.length > 1 ? '' : 's'} the same with ::text[].`,
              ],
            }
          : recipe,
        covers: new Set([
          ...covers,
          ...stepsAt(
            known,
            used.flatMap((u) => u.job?.place ?? []),
          ),
        ]),
        replaced: uses.map((u) => ({
          table: u.table.key,
          was: u.column.name,
          is: newName(u.table, u.column.name, 'v2'),
        })),
      },
    ]
  })
}

function moves(known: Known): readonly Recognised[] {
  return movedColumns(known.review).map((move): Recognised => {
    const names = new Set(move.columns.map((c) => c.name))
    const covered = known.all.filter((c) => {
      if (!('table' in c)) return false
      if (move.kind === 'split-table' && c.table === move.target.key) return true
      if (c.kind === 'addColumn' && c.table === move.target.key) return names.has(c.to.name)
      if (c.kind === 'setNotNull' && c.table === move.target.key) return names.has(c.to.name)
      if (c.kind === 'dropColumn' && c.table === move.source.key) return names.has(c.from.name)
      return c.kind === 'dropTable' && move.kind === 'merge-tables' && c.table === move.source.key
    })
    const ctx = known.context(
      covered[0]?.place ?? known.review.steps[0]?.statement.place ?? startOf(known.review.project.evidence),
    )
    const recipe =
      move.kind === 'split-table'
        ? splitTableRecipe(move.source, move.target, move.link, move.columns, ctx)
        : moveColumnsRecipe(move.kind, move.source, move.target, move.on, move.columns, ctx)
    return {
      recipe,
      covers: new Set([
        ...covered,
        ...rowsOf(known, [move.target.key]).filter((s) =>
          [...names].some((n) => mentions(s.statement.text, quoteIdent(n))),
        ),
      ]),
      replaced: [],
    }
  })
}

function partitions(known: Known): readonly Recognised[] {
  const { before, after } = known.review
  return [...before.tables.values()].flatMap((table): Recognised[] => {
    const by = after.tables.get(table.key)?.partition.by
    if (!by || table.partition.by) return []
    const names = new Set([
      table.key,
      ...known.all.flatMap((c) => (c.kind === 'renameTable' && c.table === table.key ? [c.to] : [])),
      ...known.all.flatMap((c) => (c.kind === 'renameTable' && c.to === table.key ? [c.table] : [])),
    ])
    const covers = known.all.filter((c) => 'table' in c && names.has(c.table))
    return [
      {
        recipe: partitionRecipe(table, by, known.context(covers[0]?.place ?? startOf(known.review.project.evidence))),
        covers: new Set([...covers, ...rowsOf(known, [...names])]),
        replaced: [],
      },
    ]
  })
}
