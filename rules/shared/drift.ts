import { declarationOf } from '../../src/engine/declared.ts'
import type { RuleContext } from '../../src/engine/rule.ts'
import { subjectOf, tableOf, type Change } from '../../src/schema/change.ts'
import { diffSchemas } from '../../src/schema/diff.ts'
import type { Schema } from '../../src/schema/model.ts'
import { comparableWithPrisma } from '../../src/schema/prisma/comparable.ts'

/**
 * What would have to change in the schema that the migrations make so that it is the one that the ORM declares, as far as this pull request
 * brought it about: what disagreed at the base already is left out, and so is what either side does not know for sure.
 */
export function newDrift(ctx: RuleContext): { readonly changes: readonly Change[]; readonly from: Schema; readonly to: Schema } | null {
  if (!ctx.migrated || !ctx.declared || !ctx.declaredBefore || ctx.project.settings.push || ctx.declared.tables.size === 0) return null
  // What follows a statement that Postgres refuses is not there to be compared.
  if (ctx.steps.some((step) => step.refused !== undefined)) return null
  const now = disagreement(ctx.migrated.after, ctx.declared)
  const old = new Set(disagreement(ctx.migrated.before, ctx.declaredBefore).changes.map(identity))
  return { ...now, changes: now.changes.filter((change) => !old.has(identity(change))) }
}

function disagreement(migrated: Schema, declared: Schema) {
  const from = comparableWithPrisma(migrated, declared)
  const to = comparableWithPrisma(declared, declared)
  const known = (change: Change) => {
    const table = tableOf(change)
    if (table === undefined) return change.kind === 'createEnum' || change.kind === 'addEnumValue' || change.kind === 'dropEnumValue' || change.kind === 'dropType'
    return migrated.tables.get(table)?.complete !== false && declared.tables.get(table)?.complete !== false && !declared.tables.get(table)?.ignored
  }
  return { changes: diffSchemas(from, to).filter((change) => known(change) && !isSpelling(change)), from, to }
}

/** True for two spellings of an empty array, `'{}'::text[]` and `ARRAY[]::text[]`: one value. */
function isSpelling(change: Change): boolean {
  if (change.kind !== 'setDefault') return false
  const [from, to] = [change.from.default, change.to.default].map((value) => value?.replace(/^ARRAY\[\]::/i, "'{}'::").toLowerCase())
  return from !== undefined && from === to && from.startsWith("'{}'::")
}

function identity(change: Change): string {
  return JSON.stringify([change.kind, tableOf(change) ?? '', subjectOf(change)])
}

/** Where a reader looks for a disagreement: the line of the ORM schema, else that of the migration. */
export function driftPlace(change: Change, ctx: RuleContext) {
  return (ctx.declared ? declarationOf(ctx.declared, change) : null) ?? (ctx.migrated ? declarationOf(ctx.migrated.after, change) : null) ?? change.place
}

/** One clause on a disagreement: what the schema says and what the migrations make. */
export function driftClause(change: Change, ctx: RuleContext): string {
  const table = tableOf(change)
  const at = table === undefined ? '' : `\`${ctx.name(table)}\``
  const name = `\`${subjectOf(change)}\``
  switch (change.kind) {
    case 'createTable': return `the table ${at} is declared and no migration makes it`
    case 'dropTable': return `the migrations make the table ${at} and the schema does not declare it`
    case 'addColumn': return `${at} has the column ${name} in the schema and not by the migrations`
    case 'dropColumn': return `${at} has the column ${name} by the migrations and not in the schema`
    case 'alterColumnType': return `${name} of ${at} is \`${change.to.type ?? ''}\` in the schema and \`${change.from.type ?? ''}\` by the migrations`
    case 'setNotNull': return `${name} of ${at} is required in the schema and may be NULL by the migrations`
    case 'dropNotNull': return `${name} of ${at} may be NULL in the schema and is required by the migrations`
    case 'setDefault': case 'dropDefault': return `${name} of ${at} has the default \`${change.to.default ?? 'none'}\` in the schema and \`${change.from.default ?? 'none'}\` by the migrations`
    case 'addIndex': return `${at} has the index ${name} in the schema and not by the migrations`
    case 'dropIndex': return `${at} has the index ${name} by the migrations and not in the schema`
    case 'addForeignKey': return `${at} has the foreign key ${name} in the schema and not by the migrations`
    case 'dropConstraint': return `${at} has the constraint ${name} by the migrations and not in the schema`
    case 'createEnum': return `the enum ${name} is declared and no migration makes it`
    case 'addEnumValue': return `the enum \`${change.object}\` has the value \`${change.value}\` in the schema and not by the migrations`
    case 'dropEnumValue': return `the enum \`${change.object}\` has the value \`${change.value}\` by the migrations and not in the schema`
    case 'dropType': return `the migrations make the type ${name} and the schema does not declare it`
    default: return `${at === '' ? name : `${at} (${name})`} differs between the schema and the migrations`
  }
}
