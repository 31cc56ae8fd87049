import { declarationOf, partDeclarationOf } from '../../src/engine/declared.ts'
import type { RuleContext } from '../../src/engine/rule.ts'
import { placeAfter } from '../../src/changeset/hunks.ts'
import { namesAsDrizzleV1 } from '../../src/project/project.ts'
import { subjectOf, tableOf, type Change } from '../../src/schema/change.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { sameForeignKeyCore, sameIndex } from '../../src/schema/diff/same.ts'
import type { Column, Schema } from '../../src/schema/model.ts'
import { comparableWithPrisma } from '../../src/schema/prisma/comparable.ts'
import { createIndex, foreignKeyDefinition, primaryKeyDefinition } from '../../src/schema/sql/ddl.ts'

/** One thing on which the schema and the migrations disagree. */
export interface Disagreement {
  /** What would make the database what the schema declares, in order. */
  readonly changes: readonly Change[]
  /** The last of them, by which the disagreement is told. */
  readonly change: Change
}

export interface Drift {
  /** What weighs most first: tables before columns before names. */
  readonly disagreements: readonly Disagreement[]
  /** All that would have to change, in the order of a migration. */
  readonly changes: readonly Change[]
  readonly from: Schema
  readonly to: Schema
}

/**
 * What would have to change in the schema that the migrations make so that it is the one that the ORM declares, as far as this pull request
 * brought it about: what disagreed at the base already is left out, and so is what either side does not know for sure. Where migrations that
 * have run are edited, only what disagrees on a new database too counts: the edit itself is told elsewhere.
 */
export function newDrift(ctx: RuleContext): Drift | null {
  const { migrated, declared, declaredBefore } = ctx
  if (!migrated || !declared || !declaredBefore || ctx.project.settings.push || declared.tables.size === 0) return null
  // What follows a statement that Postgres refuses is not there to be compared.
  if (ctx.steps.some((step) => step.refused !== undefined) || ctx.sqlProblems.length > 0) return null
  const now = difference(migrated.after, declared, ctx)
  const old = new Set(difference(migrated.before, declaredBefore, ctx).changes.map(identity))
  const anew =
    migrated.anew === migrated.after ? null : new Set(difference(migrated.anew, declared, ctx).changes.map(identity))
  const changes = now.changes.filter((change) => !old.has(identity(change)) && anew?.has(identity(change)) !== false)
  return { ...now, changes, disagreements: disagreements(changes) }
}

/** What one side drops and adds under the same name is one disagreement. */
function disagreements(changes: readonly Change[]): readonly Disagreement[] {
  const replaced = new Set(changes.flatMap((change) => replacedBy(change, changes) ?? []))
  const all = changes.flatMap((change): readonly Disagreement[] => {
    if (replaced.has(change)) return []
    const gone = replacedBy(change, changes)
    return [{ change, changes: gone === null ? [change] : [gone, change] }]
  })
  return all.toSorted((a, b) => weight(a.change) - weight(b.change))
}

/** The key or index of the same name and kind that has to go before this one can come; null where there is none. */
function replacedBy(change: Change, changes: readonly Change[]): Change | null {
  return (
    changes.find((other) => {
      if (tableOf(other) !== tableOf(change) || subjectOf(other) !== subjectOf(change)) return false
      if (other.kind === 'dropIndex') return change.kind === 'addIndex' && other.index !== null
      if (other.kind !== 'dropConstraint') return false
      return (
        (other.constraint?.type === 'foreignKey' && change.kind === 'addForeignKey') ||
        (other.constraint?.type === 'primaryKey' && change.kind === 'addPrimaryKey')
      )
    }) ?? null
  )
}

const weights: readonly (readonly Change['kind'][])[] = [
  ['createTable', 'dropTable'],
  ['addColumn', 'dropColumn'],
  ['createEnum', 'dropType', 'addEnumValue', 'dropEnumValue', 'alterColumnType', 'setNotNull', 'dropNotNull'],
  ['addPrimaryKey', 'addUnique', 'addIndex', 'addForeignKey', 'setDefault'],
]

function weight(change: Change): number {
  const at = weights.findIndex((kinds) => kinds.includes(change.kind))
  return at === -1 ? weights.length : at
}

function difference(migrated: Schema, declared: Schema, ctx: RuleContext) {
  const from = comparableWithPrisma(migrated, declared)
  const to = comparableWithPrisma(declared, declared)
  const known = (change: Change) => {
    const table = tableOf(change)
    const object = table ?? ('object' in change ? change.object : '')
    if (
      ctx.project.settings.external?.some((name) => name === object || `${declared.defaultSchema}.${name}` === object)
    )
      return false
    if (table === undefined)
      return (
        change.kind === 'createEnum' ||
        change.kind === 'addEnumValue' ||
        change.kind === 'dropEnumValue' ||
        change.kind === 'dropType'
      )
    const [made, wanted] = [migrated.tables.get(table), declared.tables.get(table)]
    // A table that the platform brings is declared as far as the code refers to it.
    return (
      made?.complete !== false &&
      wanted?.complete !== false &&
      !wanted?.ignored &&
      made?.declared.every(({ path }) =>
        ctx.history.some((migration) => migration.path === path && migration.name !== 'supabase'),
      ) !== false
    )
  }
  const changes = withRenames(diffSchemas(from, to).filter((change) => known(change) && !isSpelling(change)))
  return {
    changes: changes.filter(
      (change) => !(change.kind === 'renameIndex' || change.kind === 'renameConstraint') || namesCount(change, ctx),
    ),
    from,
    to,
  }
}

/** What differs in its name alone is one change, not two. */
function withRenames(changes: readonly Change[]): readonly Change[] {
  const paired = new Set<Change>()
  const renames = new Map<Change, Change>()
  for (const gone of changes) {
    if (gone.kind !== 'dropIndex' && gone.kind !== 'dropConstraint') continue
    const fresh = changes.find(
      (other) => !paired.has(other) && tableOf(other) === gone.table && isSameBesideName(gone, other),
    )
    if (fresh === undefined) continue
    paired.add(gone).add(fresh)
    renames.set(gone, {
      kind: gone.kind === 'dropIndex' ? 'renameIndex' : 'renameConstraint',
      table: gone.table,
      from: gone.name,
      to: subjectOf(fresh),
      place: fresh.place,
    })
  }
  return changes.flatMap((change) => renames.get(change) ?? (paired.has(change) ? [] : [change]))
}

function isSameBesideName(gone: Change, fresh: Change): boolean {
  if (gone.kind === 'dropIndex')
    return (
      fresh.kind === 'addIndex' &&
      gone.index !== null &&
      gone.name !== fresh.index.name &&
      sameIndex(gone.index, fresh.index)
    )
  if (gone.kind !== 'dropConstraint' || gone.constraint === null) return false
  if (gone.constraint.type === 'primaryKey')
    return (
      fresh.kind === 'addPrimaryKey' &&
      gone.name !== fresh.to.name &&
      gone.constraint.is.columns.join() === fresh.to.columns.join()
    )
  return (
    gone.constraint.type === 'foreignKey' &&
    fresh.kind === 'addForeignKey' &&
    gone.name !== fresh.to.name &&
    sameForeignKeyCore(gone.constraint.is, fresh.to)
  )
}

/** True where the ORM would rename: Prisma before 3 gave other names, and Drizzle does not look at those of primary keys, from v1 on at none that it made up. */
function namesCount(change: Change, ctx: RuleContext): boolean {
  if (ctx.project.orm === 'prisma') return Number.parseInt(ctx.runner.version ?? '', 10) >= 3
  if (namesAsDrizzleV1(ctx.project)) return false
  const key = ctx.declared?.tables.get(tableOf(change) ?? '')?.primaryKey
  return change.kind !== 'renameConstraint' || key?.name !== change.to
}

/** True for two spellings of one constant: an empty array as `'{}'` or `ARRAY[]`, a cast with the length of the column or without it. */
function isSpelling(change: Change): boolean {
  if (change.kind !== 'setDefault') return false
  const [from, to] = [change.from.default, change.to.default].map(constantOf)
  return from !== null && from === to
}

/** A constant with the name of the type that it is cast to, without modifiers; null for all else. */
function constantOf(value: string | null): string | null {
  const [, constant, type] = /^('(?:[^']|'')*')::([^']+)$/.exec(value?.replace(/^ARRAY\[\]::/i, "'{}'::") ?? '') ?? []
  return type === undefined ? null : `${constant}::${type.replaceAll(/\(\d+(?:,\s*\d+)?\)/g, '').toLowerCase()}`
}

function identity(change: Change): string {
  return JSON.stringify([change.kind, tableOf(change) ?? '', subjectOf(change)])
}

/**
 * Where a reader looks for a disagreement: the line of the ORM schema, or where it was taken out of that, else that of the migration; for
 * what only a new migration says, there.
 */
export function driftPlace(change: Change, ctx: RuleContext) {
  const made = isUndeclared(change) && ctx.migrated ? partDeclarationOf(ctx.migrated.after, change) : null
  if (made && ctx.history.some((migration) => migration.isNew && migration.path === made.path)) return made
  const was = isUndeclared(change) && ctx.declaredBefore ? declarationBefore(ctx.declaredBefore, change) : null
  return (
    (was ? placeAfter(ctx.files, was) : null) ??
    (ctx.declared ? declarationOf(ctx.declared, change) : null) ??
    (ctx.migrated ? declarationOf(ctx.migrated.after, change) : null) ??
    change.place
  )
}

function declarationBefore(schema: Schema, change: Change) {
  return tableOf(change) === undefined || change.kind === 'dropTable'
    ? declarationOf(schema, change)
    : partDeclarationOf(schema, change)
}

/** True for what the migrations make and the schema does not declare. */
export function isUndeclared(change: Change): boolean {
  return change.kind.startsWith('drop')
}

/** One clause on a disagreement: what the schema says and what the migrations make. */
export function driftClause({ change, changes: [first] }: Disagreement, ctx: RuleContext): string {
  const { defaultSchema } = ctx.after
  const [was, is] = first === undefined || first === change ? [] : [first, change].map((it) => asSql(it, defaultSchema))
  if (!was || !is) return clauseOf(change, ctx)
  const [before, after] = withoutCommon(was, is)
  return `\`${subjectOf(change)}\` of \`${ctx.name(tableOf(change) ?? '')}\` is \`${after}\` in the schema and \`${before}\` after the migrations`
}

/** Two foreign keys without what they have in common, where both go on with what they do on a change of the other row. */
function withoutCommon(one: string, other: string): readonly [string, string] {
  const [a, b] = [one, other].map((text) => /^(FOREIGN KEY .*?\)) (ON .*)$/.exec(text))
  return a?.[1] !== undefined && a[1] === b?.[1] ? [a[2] ?? '', b[2] ?? ''] : [one, other]
}

/** The key or index that a change adds or drops; null for all else. */
function asSql(change: Change, defaultSchema: string): string | null {
  const constraint = change.kind === 'dropConstraint' ? change.constraint : null
  const index = change.kind === 'addIndex' || change.kind === 'dropIndex' ? change.index : null
  if (index !== null && 'table' in change) return createIndex(change.table, index, defaultSchema)
  const foreignKey =
    change.kind === 'addForeignKey' ? change.to : constraint?.type === 'foreignKey' ? constraint.is : null
  const primaryKey =
    change.kind === 'addPrimaryKey' ? change.to : constraint?.type === 'primaryKey' ? constraint.is : null
  const text =
    (foreignKey && foreignKeyDefinition(foreignKey, defaultSchema)) ?? (primaryKey && primaryKeyDefinition(primaryKey))
  return text === null ? null : text.replace(/^CONSTRAINT (?:"(?:[^"]|"")*"|\S+) /, '')
}

function clauseOf(change: Change, ctx: RuleContext): string {
  const table = tableOf(change)
  const at = table === undefined ? '' : `\`${ctx.name(table)}\``
  const name = `\`${subjectOf(change)}\``
  switch (change.kind) {
    case 'createTable':
      return `the table ${at} is declared and no migration makes it`
    case 'dropTable':
      return `the migrations make the table ${at} and the schema does not declare it`
    case 'addColumn':
      return `the schema gives ${at} a column ${name}, and no migration adds it`
    case 'dropColumn':
      return `the migrations leave ${at} with a column ${name} that the schema does not declare`
    case 'alterColumnType':
      return `${name} of ${at} is \`${change.to.type ?? ''}\` in the schema and \`${change.from.type ?? ''}\` after the migrations`
    case 'setNotNull':
      return `${name} of ${at} is required in the schema and may be NULL after the migrations`
    case 'dropNotNull':
      return `${name} of ${at} may be NULL in the schema and is required after the migrations`
    case 'setDefault':
    case 'dropDefault':
      return `${name} of ${at} has ${defaultOf(change.to)} in the schema and ${defaultOf(change.from)} after the migrations`
    case 'addIndex':
      return `the schema gives ${at} an index ${name}, and no migration creates it`
    case 'dropIndex':
      return `the migrations leave ${at} with an index ${name} that the schema does not declare`
    case 'renameIndex':
      return `an index of ${at} is called \`${change.to}\` in the schema and ${name} after the migrations`
    case 'renameConstraint':
      return `a constraint of ${at} is called \`${change.to}\` in the schema and ${name} after the migrations`
    case 'addPrimaryKey':
      return `the schema gives ${at} a primary key ${name}, and no migration adds it`
    case 'addForeignKey':
      return `the schema gives ${at} a foreign key ${name}, and no migration adds it`
    case 'dropConstraint':
      return `the migrations leave ${at} with a constraint ${name} that the schema does not declare`
    case 'createEnum':
      return `the enum ${name} is declared and no migration makes it`
    case 'addEnumValue':
      return `the schema gives the enum \`${change.object}\` a value \`${change.value}\`, and no migration adds it`
    case 'dropEnumValue':
      return `the migrations leave the enum \`${change.object}\` with a value \`${change.value}\` that the schema does not declare`
    case 'dropType':
      return `the migrations make the type ${name} and the schema does not declare it`
    default:
      return `${at === '' ? name : `${at} (${name})`} differs between the schema and the migrations`
  }
}

function defaultOf(column: Column): string {
  return column.default === null ? 'no default' : `the default \`${column.default}\``
}
