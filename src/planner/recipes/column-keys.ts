import {
  checkDefinition,
  createIndex,
  exclusionDefinition,
  foreignKeyDefinition,
  inSchemaOf,
  uniqueDefinition,
} from '../../schema/sql/ddl.ts'
import type { Change } from '../../schema/change.ts'
import type { ForeignKey, Index, Table, Unique } from '../../schema/model.ts'
import { indexOf } from '../../schema/unique-index.ts'
import { mentions } from '../../schema/sql/schema.ts'
import { quoteIdent, quoteKey } from '../../schema/sql/quote.ts'
import { renameIn } from './recipe.ts'
import { takeOver, validated } from './constraints.ts'

/** What a change makes of the indexes and constraints over a column that it renames. */
export interface RemadeKeys {
  /** Drops and their counterparts, the same again on the new column, and new names. */
  readonly covers: readonly Change[]
  /** Name of each that is dropped or renamed, with that of its counterpart; null for one that has none. */
  readonly names: ReadonlyMap<string, string | null>
}

/** The indexes and constraints over a renamed column that are dropped and made again, or renamed as well. */
export function remadeKeys(table: Table, from: string, to: string, all: readonly Change[]): RemadeKeys {
  const covers: Change[] = []
  const names = new Map<string, string | null>()
  const added = all.flatMap((change): readonly { change: Change; name: string; shape: string }[] =>
    !('table' in change) || change.table !== table.key
      ? []
      : change.kind === 'addIndex'
        ? [{ change, name: change.index.name, shape: shapeOf(change.index, to, to) }]
        : change.kind === 'addUnique' || change.kind === 'addForeignKey'
          ? [{ change, name: change.to.name, shape: shapeOf(change.to, to, to) }]
          : [],
  )
  const { indexes, uniques, checks, exclusions, foreignKeys } = keysOver(table, from)
  const over: readonly Named[] = [...indexes, ...uniques, ...checks, ...exclusions, ...foreignKeys]
  for (const change of all) {
    const renames = change.kind === 'renameIndex' || change.kind === 'renameConstraint'
    if (renames && change.table === table.key && over.some(({ name }) => name === change.from)) {
      covers.push(change)
      names.set(change.from, change.to)
    }
    if ((change.kind !== 'dropIndex' && change.kind !== 'dropConstraint') || change.table !== table.key) continue
    const gone = [...table.indexes, ...table.uniques, ...table.foreignKeys].find((k) => k.name === change.name)
    if (gone === undefined || !mentions(shapeOf(gone, to, to), JSON.stringify(from))) continue
    const again = added.find((a) => a.shape === shapeOf(gone, from, to) && !covers.includes(a.change))
    names.set(gone.name, again?.name ?? null)
    if (again) covers.push(change, again.change)
  }
  return { covers, names }
}

/** What an index or constraint is, names aside, with a column under another name. */
function shapeOf(of: Index | Unique | ForeignKey, from: string, to: string): string {
  return JSON.stringify(
    { ...of, name: '', declared: [], rests: '', validated: true, valid: true },
    (_, value: unknown) => (value === from ? to : value),
  )
}

interface Named {
  readonly name: string
}

/** The indexes, uniques, checks and foreign keys over a column. */
function keysOver(table: Table, column: string) {
  const says = (sql: string | null) => sql !== null && mentions(sql, quoteIdent(column))
  return {
    indexes: table.indexes.filter(
      (i) =>
        i.keys.some((k) => k.column === column || says(k.expression)) || i.include.includes(column) || says(i.where),
    ),
    uniques: table.uniques.filter((u) => u.columns.includes(column)),
    checks: table.checks.filter((c) => says(c.expression)),
    exclusions: table.exclusions.filter((e) => e.columns.includes(column) || says(e.definition)),
    foreignKeys: table.foreignKeys.filter((f) => !f.clientOnly && f.columns.includes(column)),
  }
}

/** What the counterpart of an index or constraint is called while both are there. */
function nameBeside(old: string, from: string, to: string, { names }: Pick<RemadeKeys, 'names'>): string {
  return names.get(old) ?? (old.includes(from) ? old.replace(from, to) : `${old}_${to}`).slice(0, 60)
}

/** What is to be known of the constraints over a column that cannot be made for another one without blocking. */
export function exclusionCautions(table: Table, column: string): readonly string[] {
  return keysOver(table, column).exclusions.map(
    ({ name }) =>
      `The counterpart of \`${name}\` locks \`${table.name}\` against reads and writes while its index is built: Postgres has no concurrent form of an exclusion constraint.`,
  )
}

/** Gives the names of what went with a renamed column to their counterparts, as far as the change keeps them. */
export function namesTakenOver(
  table: Table,
  from: string,
  to: string,
  d: string,
  keys: Pick<RemadeKeys, 'names'>,
): readonly string[] {
  const { indexes, uniques, checks, exclusions, foreignKeys } = keysOver(table, from)
  const constraints: readonly Named[] = [...uniques, ...checks, ...exclusions, ...foreignKeys]
  const keeps = ({ name }: Named) => !keys.names.has(name)
  const beside = ({ name }: Named) => nameBeside(name, from, to, keys)
  return [
    ...indexes
      .filter(keeps)
      .map((i) => `ALTER INDEX ${inSchemaOf(table.key, beside(i), d)} RENAME TO ${quoteIdent(i.name)}`),
    ...constraints
      .filter(keeps)
      .map(
        (c) =>
          `ALTER TABLE ${quoteKey(table.key, d)} RENAME CONSTRAINT ${quoteIdent(beside(c))} TO ${quoteIdent(c.name)}`,
      ),
  ]
}

/** The indexes, uniques, checks and foreign keys over a column, made for another one without blocking. */
export function keysOnNewColumn(
  table: Table,
  from: string,
  to: string,
  d: string,
  keys: Pick<RemadeKeys, 'names'> = { names: new Map() },
): readonly string[] {
  const name = quoteKey(table.key, d)
  const over = keysOver(table, from)
  const renamed = (old: string) => nameBeside(old, from, to, keys)
  const stays = (key: Named) => keys.names.get(key.name) !== null
  const columns = (list: readonly string[]) => list.map((c) => (c === from ? to : c))
  const text = (sql: string) => renameIn(sql, from, to)
  const indexes = over.indexes.filter(stays).map((i): Index => ({
    ...i,
    name: renamed(i.name),
    include: columns(i.include),
    where: i.where === null ? null : text(i.where),
    keys: i.keys.map((k) => ({
      ...k,
      column: k.column === from ? to : k.column,
      expression: k.expression === null ? null : text(k.expression),
    })),
  }))
  return [
    ...indexes.map((i) => createIndex(table.key, i, d, { concurrently: true })),
    ...over.uniques.filter(stays).flatMap((u) => {
      const unique = { ...u, name: renamed(u.name), columns: columns(u.columns), include: columns(u.include) }
      return unique.deferrable
        ? [`ALTER TABLE ${name} ADD ${uniqueDefinition(unique)}`]
        : [createIndex(table.key, indexOf(unique), d, { concurrently: true }), takeOver(table.key, unique, d)]
    }),
    ...over.checks.flatMap((c) =>
      validated(
        name,
        checkDefinition({ ...c, name: renamed(c.name), expression: text(c.expression), validated: false }),
        renamed(c.name),
      ),
    ),
    ...over.exclusions.map(
      (e) =>
        `ALTER TABLE ${name} ADD ${exclusionDefinition({ ...e, name: renamed(e.name), definition: text(e.definition) })}`,
    ),
    ...over.foreignKeys
      .filter(stays)
      .flatMap((f) =>
        validated(
          name,
          foreignKeyDefinition({ ...f, name: renamed(f.name), columns: columns(f.columns), validated: false }, d),
          renamed(f.name),
        ),
      ),
  ]
}
