import type { Node } from 'libpg-query'
import type { RuleContext } from '../../src/engine/rule.ts'
import type { Key, Table } from '../../src/schema/model.ts'
import { separateDeploy } from './deploys.ts'
import { ident, sql, sqlName, tableAt } from './sql.ts'

/** True where a validated, enforced CHECK constraint proves that a column holds no NULL: `c IS NOT NULL`, alone or as a term of an AND. */
export function provesNotNull(table: Table, column: string): boolean {
  return (
    table.checks.some(
      (check) => check.validated && check.enforced && check.node !== undefined && proves(check.node, column),
    ) || table.columns.some((c) => c.name === column && c.notNull?.validated === true)
  )
}

function proves(node: Node, column: string): boolean {
  if ('NullTest' in node) {
    const { nulltesttype, arg } = node.NullTest
    return (
      nulltesttype === 'IS_NOT_NULL' &&
      arg !== undefined &&
      'ColumnRef' in arg &&
      lastName(arg.ColumnRef.fields) === column
    )
  }
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR')
    return (node.BoolExpr.args ?? []).some((term) => proves(term, column))
  return false
}

function lastName(fields: readonly Node[] | undefined): string | null {
  const last = fields?.at(-1)
  return last && 'String' in last ? (last.String.sval ?? null) : null
}

/** The constraint that would prove it once it is validated; null where there is none, and below PostgreSQL 12, where no CHECK saves the scan. */
function pendingProof(
  table: Key,
  column: string,
  ctx: RuleContext,
): { readonly name: string; readonly kind: 'check' | 'notNull' } | null {
  const known = tableAt(table, ctx)
  const own = known?.columns.find((each) => each.name === column)?.notNull
  if (own && !own.validated && own.name) return { name: own.name, kind: 'notNull' }
  const check = known?.checks.find(
    ({ validated, enforced, node }) => !validated && enforced && node !== undefined && proves(node, column),
  )
  return check && ctx.postgres >= 12 ? { name: check.name, kind: 'check' } : null
}

/** The steps that make a column NOT NULL without a scan under a lock, right for the version and the runner, and the query that counts what is in the way. */
export function notNullRecipe(table: Key, column: string, ctx: RuleContext): string {
  const name = sqlName(table, ctx)
  const pending = pendingProof(table, column, ctx)
  if (pending !== null) {
    const instantly =
      pending.kind === 'check'
        ? `\nand after it, instantly:\n${sql(`ALTER TABLE ${name} ALTER COLUMN ${ident(column)} SET NOT NULL;`, `ALTER TABLE ${name} DROP CONSTRAINT ${ident(pending.name)};`)}`
        : ''
    return `\`${pending.name}\` is there and not validated. Validate it ${separateDeploy(ctx)}, while writes go on:\n${sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${ident(pending.name)};`)}${instantly}\nRows that would fail:\n${sql(`SELECT count(*) FROM ${name} WHERE ${ident(column)} IS NULL;`)}`
  }
  const check = ident(`${table.slice(table.indexOf('.') + 1)}_${column}_not_null`)
  const nulls = `Rows that would fail:\n${sql(`SELECT count(*) FROM ${name} WHERE ${ident(column)} IS NULL;`)}`
  if (ctx.postgres >= 18) {
    return `Add it without looking at the rows:\n${sql(`ALTER TABLE ${name} ADD CONSTRAINT ${check} NOT NULL ${ident(column)} NOT VALID;`)}\nand validate it ${separateDeploy(ctx)}; writes go on meanwhile:\n${sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${check};`)}\n${nulls}`
  }
  if (ctx.postgres < 12)
    return `${nulls}\nBelow PostgreSQL 12 there is no way around the scan: run it when few use the table, and let it give up soon:\n${sql("SET lock_timeout = '3s';", `ALTER TABLE ${name} ALTER COLUMN ${ident(column)} SET NOT NULL;`)}`
  return `First prove it without looking at the rows:\n${sql(`ALTER TABLE ${name} ADD CONSTRAINT ${check} CHECK (${ident(column)} IS NOT NULL) NOT VALID;`)}\nthen, ${separateDeploy(ctx)}, while writes go on:\n${sql(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${check};`)}\nand last, instantly:\n${sql(`ALTER TABLE ${name} ALTER COLUMN ${ident(column)} SET NOT NULL;`, `ALTER TABLE ${name} DROP CONSTRAINT ${check};`)}\n${nulls}`
}

const mayFill: ReadonlySet<string> = new Set(['DoStmt', 'CallStmt', 'SelectStmt', 'CopyStmt', 'ExecuteStmt'])

/** True where the pull request adds the column without a value to a table that may hold rows, and no statement before the one at hand gives it one. */
export function isLeftEmpty(table: Key, column: string, ctx: RuleContext): boolean {
  if (ctx.isNew(table) || !ctx.isNewColumn(table, column) || ctx.step === null) return false
  const before = ctx.steps.slice(0, ctx.steps.indexOf(ctx.step))
  const added = before.findLastIndex(({ changes }) =>
    changes.some((change) => change.kind === 'addColumn' && change.table === table && change.to.name === column),
  )
  const to = before[added]?.changes.flatMap((change) =>
    change.kind === 'addColumn' && change.table === table && change.to.name === column ? change : [],
  )[0]
  if (to === undefined || to.ifNotExists || !to.to.nullable) return false
  if (to.to.default !== null || to.to.identity !== null || to.to.generated !== null) return false
  return !before
    .slice(added + 1)
    .some(
      ({ statement, changes }) =>
        mayFill.has(statement.kind) ||
        (/^(?:Update|Insert|Merge)Stmt$/.test(statement.kind) && statement.text.includes(column)) ||
        changes.some(
          (change) =>
            ('column' in change && change.column === column && change.kind !== 'addNotNull') ||
            change.kind === 'alterColumnType' ||
            change.kind === 'renameColumn',
        ),
    )
}
