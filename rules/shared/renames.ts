import type { RuleContext } from '../../src/engine/rule.ts'
import type { Change } from '../../src/schema/change.ts'
import { key, nameOf, schemaOf, type Column, type Key, type Schema, type Table } from '../../src/schema/model.ts'
import { inBatches } from './batches.ts'
import { columnsOfType } from './depends.ts'
import { carriedSentence, isReferred, keySteps } from './new-column.ts'
import { addingValue } from './outside-transaction.ts'
import { addEmptyColumnSql, ident, sql, sqlName } from './sql.ts'

/** What goes and what comes in its shape: the second may be the new name of the first. */
export interface ProbableRename {
  readonly what: 'column' | 'table'
  readonly from: string
  readonly to: string
  /** The statements that rename instead. */
  readonly sql: readonly string[]
}

/** The drops among changes to which exactly one addition fits, as a rename would leave them. */
export function probableRenames(changes: readonly Change[], ctx: RuleContext): readonly ProbableRename[] {
  return changes.flatMap((drop): readonly ProbableRename[] => {
    if (drop.kind === 'dropColumn') {
      const fits = changes.flatMap((change) =>
        change.kind === 'addColumn' &&
        change.table === drop.table &&
        mayBeRenamed(drop.table, drop.from, change.to, ctx)
          ? [change.to.name]
          : [],
      )
      const [to] = fits
      return to === undefined || fits.length > 1
        ? []
        : [{ what: 'column', from: drop.from.name, to, sql: [renameColumn(drop.table, drop.from.name, to, ctx)] }]
    }
    if (drop.kind !== 'dropTable') return []
    const fits = changes.flatMap((change) =>
      change.kind === 'createTable' && areAlike(drop.from, change.to) ? [change.table] : [],
    )
    const [to] = fits
    return to === undefined || fits.length > 1
      ? []
      : [{ what: 'table', from: nameOf(drop.table), to: nameOf(to), sql: renameTable(drop.table, to, ctx) }]
  })
}

/** The statement that gives a column its new name. */
export function renameColumn(table: Key, from: string, to: string, ctx: RuleContext): string {
  return `ALTER TABLE ${sqlName(table, ctx)} RENAME COLUMN ${ident(from)} TO ${ident(to)};`
}

/** The statements that give a table its new name, and its new schema where that differs. */
export function renameTable(from: Key, to: Key, ctx: RuleContext): readonly string[] {
  const moved = key(schemaOf(to), nameOf(from))
  return [
    ...(moved === from ? [] : [`ALTER TABLE ${sqlName(from, ctx)} SET SCHEMA ${ident(schemaOf(to))};`]),
    ...(moved === to ? [] : [`ALTER TABLE ${sqlName(moved, ctx)} RENAME TO ${ident(nameOf(to))};`]),
  ]
}

/** How a column gets another name while code of both names runs: in the ORM's schema alone, or by a second column. */
export function columnInSteps(table: Key, from: string, to: string, ctx: RuleContext): string {
  const column = (ctx.step?.before ?? ctx.before).tables.get(table)?.columns.find((c) => c.name === from)
  const name = sqlName(table, ctx)
  const kept = keepName(ctx, 'column', from)
  const alone =
    kept === null
      ? 'Take'
      : `Rename it in the schema only, which needs no migration: ${kept}.\nWhere the column itself has to change, take`
  if (isReferred(table, from, ctx)) return `${alone} it in steps:\n${keySteps(from, ctx)}`
  const carried = carriedSentence(table, from, to, ctx)
  return `${alone} it in steps:\n${sql(
    column === undefined
      ? `ALTER TABLE ${name} ADD COLUMN ${ident(to)} text /* its type */;`
      : addEmptyColumnSql(table, { ...column, name: to }, ctx),
    `-- deploy code that writes both, and fill the old rows`,
    ...inBatches(
      table,
      {
        head: `UPDATE ${name} SET ${ident(to)} = ${ident(from)}`,
        from: name,
        where: `${ident(to)} IS NULL AND ${ident(from)} IS NOT NULL`,
      },
      ctx,
    ),
    `-- deploy code that uses ${ident(to)} only, then, in a later pull request:`,
    `ALTER TABLE ${name} DROP COLUMN ${ident(from)};`,
  )}${carried === null ? '' : `\n${carried}`}`
}

/** The same for a table: a view keeps the old name until no code says it. */
export function tableBehindView(from: Key, to: Key, ctx: RuleContext): string {
  const kept = keepName(ctx, 'table', nameOf(from))
  return `${kept === null ? 'Leave' : `Rename it in the schema only, which needs no migration: ${kept}.\nOr leave`} a view behind, in the same transaction, until the old version is gone:\n${sql(
    ...renameTable(from, to, ctx),
    `CREATE VIEW ${sqlName(from, ctx)} AS SELECT * FROM ${sqlName(to, ctx)};`,
  )}`
}

/** How a value of an enum gets another name while code of both names runs. */
export function enumValueInSteps(type: Key, from: string, to: string, ctx: RuleContext): string {
  const literal = (value: string) => `'${value.replaceAll("'", "''")}'`
  const moves = columnsOfType(ctx.step?.before ?? ctx.before, type).flatMap(({ table, column }) =>
    inBatches(
      table,
      {
        head: `UPDATE ${sqlName(table, ctx)} SET ${ident(column)} = ${literal(to)}`,
        from: sqlName(table, ctx),
        where: `${ident(column)} = ${literal(from)}`,
      },
      ctx,
    ),
  )
  return `Add the new value${addingValue(ctx)}:\n${sql(`ALTER TYPE ${sqlName(type, ctx)} ADD VALUE ${literal(to)} AFTER ${literal(from)};`)}\nDeploy code that reads both and writes \`${to}\`, then move the rows${moves.length === 0 ? ' of each table that uses it.' : `:\n${sql(...moves)}`}`
}

/** How the ORM's schema keeps the name that a column or a table has in the database; null without an ORM. */
export function keepName(ctx: RuleContext, what: 'column' | 'table', name: string): string | null {
  if (ctx.project.orm === 'prisma') return `\`${what === 'column' ? '@map' : '@@map'}("${name}")\``
  if (ctx.project.orm === 'drizzle') return `name \`'${name}'\` in the schema and call the property what you like`
  return null
}

/**
 * Equal type, and names that share a word or most letters, or that stand in the same place of the ORM's schema: two texts of one table are
 * seldom the same thing.
 */
export function mayBeRenamed(table: Key, from: Column, to: Column, ctx: RuleContext): boolean {
  return (
    from.type !== null &&
    from.type === to.type &&
    from.generated === null &&
    to.generated === null &&
    (similar(from.name, to.name) || takesThePlace(table, from.name, to.name, ctx))
  )
}

/** True where the ORM's schema declares the one where it declared the other, between the same columns. */
function takesThePlace(table: Key, from: string, to: string, ctx: RuleContext): boolean {
  const names = (schema: Schema | null) => schema?.tables.get(table)?.columns.map((column) => column.name) ?? []
  const [before, after] = [names(ctx.declaredBefore), names(ctx.declared)]
  const at = before.indexOf(from)
  return at >= 0 && after.length === before.length && after.every((name, i) => name === (i === at ? to : before[i]))
}

function similar(a: string, b: string): boolean {
  const words = (name: string) =>
    name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .split(/[_\W]+/)
      .filter((word) => word !== '' && word !== 'id' && word !== 'is' && word !== 'at')
  const [left, right] = [words(a), words(b)]
  if (left.join('') === right.join('')) return true
  const shared = left.filter((word) => right.includes(word)).length
  return shared > 0 && shared * 2 >= Math.max(left.length, right.length)
}

/** True for tables that have most of their columns in common. */
export function areAlike(from: Table, to: Table): boolean {
  if (from.columns.length < 3) return false
  const shared = from.columns.filter((column) =>
    to.columns.some((other) => other.name === column.name && other.type === column.type),
  ).length
  return shared / Math.max(from.columns.length, to.columns.length) >= 0.7
}
