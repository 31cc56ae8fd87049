import type { ProjectReview } from '../report/report.ts'
import { indexOf } from '../schema/unique-index.ts'
import type { Change, ChangeOf } from '../schema/change.ts'
import type { Column, Index, Table } from '../schema/model.ts'
import type { ClassifiedStep } from './classify.ts'
import { fieldChange, fieldName, type Orm } from './recipes/orm-code.ts'

function ofColumns(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  covered: (of: Change) => boolean,
  kind: 'addColumn' | 'dropColumn',
): readonly { readonly table: string; readonly column: Column }[] {
  return steps
    .flatMap((s) => s.changes)
    .filter(
      (c) =>
        c.change.kind === kind && !covered(c.change) && 'table' in c.change && review.before.tables.has(c.change.table),
    )
    .map(({ change }) => {
      const of = change as ChangeOf<'addColumn'> | ChangeOf<'dropColumn'>
      const table = review.before.tables.get(of.table)!
      return {
        table: table.name,
        column: of.kind === 'addColumn' ? of.to : (table.columns.find((c) => c.name === of.from.name) ?? of.from),
      }
    })
}

function byTable(orm: Orm, lines: readonly { readonly table: string; readonly line: string }[]): string | null {
  const tables = [...new Set(lines.map((l) => l.table))]
  const head = (table: string) => (orm === 'prisma' ? `  model ${table}` : `  ${table}`)
  return tables.length
    ? tables
        .map((t) => [head(t), ...lines.flatMap(({ table, line }) => (table === t ? [line] : []))].join('\n'))
        .join('\n')
    : null
}

/** What the schema of the ORM says more before the code: columns, indexes and unique keys of tables that were there. Null without one. */
export function addedCode(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  covered: (of: Change) => boolean,
): string | null {
  const { orm } = review.project
  const columns = ofColumns(review, steps, covered, 'addColumn').map(({ table, column }) => ({
    table,
    line: fieldChange(orm, [column], []),
  }))
  const keys = steps
    .flatMap((s) => s.changes)
    .flatMap(({ change, phase }) => {
      if (phase !== 'expand' || covered(change) || (change.kind !== 'addIndex' && change.kind !== 'addUnique'))
        return []
      const table = review.before.tables.has(change.table) ? review.after.tables.get(change.table) : undefined
      const line = table && keyLine(orm, table, change.kind === 'addIndex' ? change.index : indexOf(change.to))
      return table && line ? [{ table: table.name, line: `+ ${line}` }] : []
    })
  return orm && byTable(orm, [...columns, ...keys])
}

/** An index as the schema of the ORM says it; null where it has more than columns, for which one looks it up. */
function keyLine(orm: Orm, table: Table, index: Index): string | null {
  const names = index.keys.map((k) => (k.descending || k.column === null ? null : k.column))
  const fields = names.map((name) => table.columns.find((c) => c.name === name)).map((c) => c && fieldName(c))
  if (index.where !== null || index.method !== 'btree' || index.include.length || fields.includes(undefined))
    return null
  return orm === 'prisma'
    ? `@@${index.unique ? 'unique' : 'index'}([${fields.join(', ')}])`
    : `${index.unique ? 'uniqueIndex' : 'index'}(${JSON.stringify(index.name)}).on(${fields.map((f) => `table.${f}`).join(', ')}),`
}

/** What the code that goes out in between does not use any more; null where nothing goes. */
export function hiddenCode(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  covered: (of: Change) => boolean,
): string | null {
  const { orm } = review.project
  const dropped = ofColumns(review, steps, covered, 'dropColumn').map((c) => ({
    ...c,
    column: { ...c.column, nullable: c.column.nullable || c.column.default === null },
  }))
  const tables = steps
    .flatMap((s) => s.changes)
    .flatMap(({ change }) =>
      change.kind === 'dropTable' && !covered(change) && review.before.tables.has(change.table)
        ? [change.from.name]
        : [],
    )
  const lines = [
    byTable(
      orm,
      dropped.map(({ table, column }) => ({ table, line: fieldChange(orm, [], [column]) })),
    ),
    ...tables.map((t) =>
      orm === 'prisma' ? `  model ${t}\n+   @@ignore   // no code uses it any more` : `  ${t}: not used any more`,
    ),
  ]
  return lines.filter((l) => l !== null).join('\n') || null
}

/** What the schema of the ORM says no longer once no old code runs any more; null where nothing goes. */
export function goneCode(
  review: ProjectReview,
  steps: readonly ClassifiedStep[],
  covered: (of: Change) => boolean,
): string | null {
  const { orm } = review.project
  const lines = ofColumns(review, steps, covered, 'dropColumn').map(({ table, column }) => ({
    table,
    line: fieldChange(orm, [], [], [column]),
  }))
  return orm && byTable(orm, lines)
}
