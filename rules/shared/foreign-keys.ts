import type { Step } from '../../src/step.ts'
import type { Problem, RuleContext, Visitor } from '../../src/engine/rule.ts'
import type { Place } from '../../src/location.ts'
import type { Change } from '../../src/schema/change.ts'
import { key, type ForeignKey, type Key, type Schema } from '../../src/schema/model.ts'
import { walkTree } from './sql-tree.ts'

/** Visits every foreign key that the pull request adds and that is still there at its end. The place is the key's own line. */
export function newForeignKeys(
  check: (foreignKey: ForeignKey, table: Key, ctx: RuleContext) => Problem | null | undefined,
): Visitor {
  function* visit(foreignKey: ForeignKey, table: Key, ctx: RuleContext): Iterable<Problem> {
    const stays = ctx.after.tables.get(table)?.foreignKeys.some((f) => f.name === foreignKey.name)
    const problem = stays && foreignKey.clientOnly !== true ? check(foreignKey, table, ctx) : null
    if (!problem) return
    const place = foreignKeyPlace(foreignKey, table, ctx)
    yield { ...(place ? { place } : {}), object: `${table}.${foreignKey.name}`, ...problem }
  }
  return {
    *createTable({ table, to }, ctx) {
      if (to.persistence !== 'temporary') for (const foreignKey of to.foreignKeys) yield* visit(foreignKey, table, ctx)
    },
    *addForeignKey({ table, to }, ctx) {
      yield* visit(to, table, ctx)
    },
  }
}

/** The foreign keys among changes, with their tables. */
export function foreignKeysIn(
  changes: readonly Change[],
): readonly { readonly table: Key; readonly foreignKey: ForeignKey }[] {
  return changes.flatMap((change) =>
    change.kind === 'createTable'
      ? change.to.foreignKeys.map((foreignKey) => ({ table: change.table, foreignKey }))
      : change.kind === 'addForeignKey'
        ? [{ table: change.table, foreignKey: change.to }]
        : [],
  )
}

/** Where a foreign key is declared: in the ORM's schema where that file changes too, else in the migration. */
export function foreignKeyPlace(foreignKey: ForeignKey, table: Key, ctx: RuleContext): Place | null {
  const declared = ctx.declared?.tables
    .get(table)
    ?.foreignKeys.find((f) => f.name === foreignKey.name || same(f.columns, foreignKey.columns))?.declared[0]
  return (
    (declared && ctx.files.some((file) => file.path === declared.path) ? declared : null) ??
    foreignKey.declared[0] ??
    null
  )
}

/** The table that a foreign key refers to. */
export function parentOf(foreignKey: ForeignKey): Key {
  return key(foreignKey.references.schema, foreignKey.references.table)
}

/** The columns that a foreign key refers to: those it names, else the parent's primary key. */
export function referencedColumns(foreignKey: ForeignKey, schema: Schema): readonly string[] {
  const { columns } = foreignKey.references
  return columns.length > 0 ? columns : (schema.tables.get(parentOf(foreignKey))?.primaryKey?.columns ?? [])
}

/** True for equal lists. */
export function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i])
}

/**
 * Why Postgres refuses a statement that adds a foreign key, in the words of its error; null where it does not, or where an earlier
 * statement of the pull request is refused already, so that what exists by then is not known.
 */
export function refusalOf(step: Step, ctx: RuleContext): string | null {
  const refused =
    ctx.alone || !step.before.complete || step.statement.inside === 'function' ? null : firstRefusal(step, ctx)
  if (refused === null) return null
  let adds = false
  walkTree(step.statement.node, (kind, value) => {
    if (kind === 'Constraint' && value['contype'] === 'CONSTR_FOREIGN') adds = true
    return !adds
  })
  return adds ? refused : null
}

/** Why Postgres refuses a statement; null where it does not, or where an earlier one of the pull request is refused already. */
export function firstRefusal(step: Step, ctx: RuleContext): string | null {
  return step.refused !== undefined && ctx.steps.find((each) => each.refused !== undefined) === step
    ? step.refused
    : null
}

/**
 * True where a column that an `ADD COLUMN` makes has a default, be it NULL, so that a foreign key beside it is checked against every row:
 * Postgres skips that only where nothing at all is said. https://www.postgresql.org/docs/current/sql-altertable.html
 */
export function beginsFilled(step: Step, column: string): boolean {
  let found = false
  walkTree(step.statement.node, (kind, value) => {
    if (kind !== 'ColumnDef' || value['colname'] !== column) return !found
    walkTree(value['constraints'], (inner, constraint) => {
      if (inner === 'Constraint' && /^CONSTR_(DEFAULT|IDENTITY|GENERATED)$/.test(String(constraint['contype'])))
        found = true
      return false
    })
    return false
  })
  return found
}
