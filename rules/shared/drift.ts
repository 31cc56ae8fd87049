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
    case 'addColumn': return `the schema gives ${at} a column ${name}, and no migration adds it`
    case 'dropColumn': return `the migrations leave ${at} with a column ${name} that the schema does not declare`
    case 'alterColumnType': return `${name} of ${at} is \`${change.to.type ?? ''}\` in the schema and \`${change.from.type ?? ''}\` after the migrations`
    case 'setNotNull': return `${name} of ${at} is required in the schema and may be NULL after the migrations`
    case 'dropNotNull': return `${name} of ${at} may be NULL in the schema and is required after the migrations`
    case 'setDefault': case 'dropDefault': return `${name} of ${at} has the default \`${change.to.default ?? 'none'}\` in the schema and \`${change.from.default ?? 'none'}\` after the migrations`
    case 'addIndex': return `the schema gives ${at} an index ${name}, and no migration creates it`
    case 'dropIndex': return `the migrations leave ${at} with an index ${name} that the schema does not declare`
    case 'addForeignKey': return `the schema gives ${at} a foreign key ${name}, and no migration adds it`
    case 'dropConstraint': return `the migrations leave ${at} with a constraint ${name} that the schema does not declare`
    case 'createEnum': return `the enum ${name} is declared and no migration makes it`
    case 'addEnumValue': return `the schema gives the enum \`${change.object}\` a value \`${change.value}\`, and no migration adds it`
    case 'dropEnumValue': return `the migrations leave the enum \`${change.object}\` with a value \`${change.value}\` that the schema does not declare`
    case 'dropType': return `the migrations make the type ${name} and the schema does not declare it`
    default: return `${at === '' ? name : `${at} (${name})`} differs between the schema and the migrations`
  }
}
