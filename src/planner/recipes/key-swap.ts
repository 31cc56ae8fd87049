import { dollarTag, inSchemaOf, targetOf } from '../../schema/sql/ddl.ts'
import { indexOf } from '../../schema/unique-index.ts'
import {
  nameOf,
  schemaOf,
  type Column,
  type ForeignKey,
  type Index,
  type Schema,
  type Table,
} from '../../schema/model.ts'
import { mentions } from '../../schema/sql/schema.ts'
import { quoteIdent, quoteKey, quoteLiteral, quoteName } from '../../schema/sql/quote.ts'
import { jobNameOf } from '../backfill/backfill.ts'
import { migration, renameIn, type RecipeStep } from './recipe.ts'
import type { RecipeContext } from './recipe.ts'
import type { Member, Swapped } from './key-columns.ts'

/** The name that a column keeps once the second one has taken its own. */
export function oldName(m: Member): string {
  return `${m.from.name}_${m.from.type ?? 'old'}`.slice(0, 60)
}

/** The trigger that keeps the second columns equal to the first. */
export function syncOf(
  { table, members }: Swapped,
  d: string,
): { readonly create: readonly string[]; readonly drop: readonly string[] } {
  const name = jobNameOf(`sync_${nameOf(table.key)}`, members[0]?.name ?? '')
  const of = quoteName(schemaOf(table.key), name, d)
  const body = `\nBEGIN\n${members.map((m) => `  NEW.${quoteIdent(m.name)} := NEW.${quoteIdent(m.from.name)};`).join('\n')}\n  RETURN NEW;\nEND\n`
  const tag = dollarTag(body)
  return {
    create: [
      `CREATE FUNCTION ${of}() RETURNS trigger LANGUAGE plpgsql AS ${tag}${body}${tag}`,
      `CREATE TRIGGER ${quoteIdent(name)} BEFORE INSERT OR UPDATE ON ${quoteKey(table.key, d)} FOR EACH ROW EXECUTE FUNCTION ${of}()`,
    ],
    drop: [`DROP TRIGGER ${quoteIdent(name)} ON ${quoteKey(table.key, d)}`, `DROP FUNCTION ${of}()`],
  }
}

/** The indexes behind primary key and unique constraints. */
export function keyIndexes(table: Table): readonly Index[] {
  return [
    ...(table.primaryKey ? [indexOf({ ...table.primaryKey, nullsNotDistinct: false })] : []),
    ...table.uniques.map(indexOf),
  ]
}

/** True for an index that holds one of the columns, in a key, an expression or its predicate. */
export function concerns(index: Index, { members }: Swapped): boolean {
  return members.some(
    ({ from }) =>
      index.keys.some(
        (k) => k.column === from.name || (k.expression !== null && mentions(k.expression, quoteIdent(from.name))),
      ) ||
      index.include.includes(from.name) ||
      (index.where !== null && mentions(index.where, quoteIdent(from.name))),
  )
}

/** The same index over the second columns. */
export function secondIndex(index: Index, swapped: Swapped): Index {
  const column = (name: string) => swapped.members.find((m) => m.from.name === name)?.name ?? name
  return {
    ...index,
    name: secondName(index.name, swapped),
    include: index.include.map(column),
    where: index.where === null ? null : renamedIn(index.where, swapped),
    keys: index.keys.map((k) => ({
      ...k,
      column: k.column === null ? null : column(k.column),
      expression: k.expression === null ? null : renamedIn(k.expression, swapped),
    })),
  }
}

/** The name of what is built beside another until it takes its place. */
export function secondName(name: string, { members }: Swapped): string {
  let base = name
  const suffix = `_${members[0]?.name.split('_').at(-1) ?? 'new'}`
  while (Buffer.byteLength(base) > 62 - suffix.length) base = base.slice(0, -1)
  return `${base}${suffix}`
}

/** SQL with the second columns in place of the first. */
export function renamedIn(sql: string, { members }: Swapped): string {
  return members.reduce((text, m) => renameIn(text, m.from.name, m.name), sql)
}

/** True where a key or unique index is on this column alone. */
export function hasUniqueOn(table: Table, column: string): boolean {
  return keyIndexes(table)
    .concat(table.indexes.filter((i) => i.unique && i.where === null))
    .some((i) => i.keys.some((k) => k.column === column))
}

/** True for a foreign key of the table that is made of one of the columns. */
export function moves(f: ForeignKey, { members }: Swapped): boolean {
  return !f.clientOnly && members.some((m) => f.columns.includes(m.from.name))
}

/** The same foreign key over the second columns, to those of its parent where they change too. */
export function secondForeignKey(f: ForeignKey, swapped: Swapped, all: readonly Swapped[], schema: Schema): ForeignKey {
  const target = all.find((s) => s.table.key === targetOf(f))
  const referenced = f.references.columns.length
    ? f.references.columns
    : (schema.tables.get(targetOf(f))?.primaryKey?.columns ?? [])
  return {
    ...f,
    name: secondName(f.name, swapped),
    columns: f.columns.map((c) => swapped.members.find((m) => m.from.name === c)?.name ?? c),
    references: {
      ...f.references,
      columns: referenced.map((c) => target?.members.find((m) => m.from.name === c)?.name ?? c),
    },
  }
}

/** In one transaction: the second columns get the names, the sequence, the keys; the old ones stay beside them, used by nothing. */
export function swapStep(swapped: Swapped, type: string, schema: Schema, ctx: RecipeContext): RecipeStep {
  const d = ctx.defaultSchema
  const { table, members } = swapped
  const name = quoteKey(table.key, d)
  const alter = (sql: string) => `ALTER TABLE ${name} ${sql}`
  const foreign = table.foreignKeys.filter((f) => moves(f, swapped))
  const indexes = table.indexes.filter((i) => concerns(i, swapped))
  const constraints = keyIndexes(table).filter((i) => concerns(i, swapped))
  const checks = table.checks.filter((c) => members.some((m) => mentions(c.expression, quoteIdent(m.from.name))))
  const sql = [
    'BEGIN',
    "SET LOCAL lock_timeout = '500ms'",
    // Code that writes takes the table first and then what it points at; so does this.
    ...foreign.map((f) => alter(`DROP CONSTRAINT ${quoteIdent(f.name)}`)),
    ...syncOf(swapped, d).drop,
    ...constraints.map((i) => alter(`DROP CONSTRAINT ${quoteIdent(i.name)}`)),
    ...indexes.map((i) => `DROP INDEX ${inSchemaOf(table.key, i.name, d)}`),
    ...checks.map((c) => alter(`DROP CONSTRAINT ${quoteIdent(c.name)}`)),
    ...members.flatMap((m) => [
      alter(`RENAME COLUMN ${quoteIdent(m.from.name)} TO ${quoteIdent(oldName(m))}`),
      alter(`RENAME COLUMN ${quoteIdent(m.name)} TO ${quoteIdent(m.from.name)}`),
      ...handOver(m.from, { now: m.from.name, old: oldName(m) }, table, type, schema, d),
      ...(m.from.nullable ? [] : [alter(`ALTER COLUMN ${quoteIdent(oldName(m))} DROP NOT NULL`)]),
    ]),
    ...constraints.map((i) =>
      alter(
        `ADD CONSTRAINT ${quoteIdent(i.name)} ${table.primaryKey?.name === i.name ? 'PRIMARY KEY' : 'UNIQUE'} USING INDEX ${quoteIdent(secondName(i.name, swapped))}`,
      ),
    ),
    ...indexes.map(
      (i) => `ALTER INDEX ${inSchemaOf(table.key, secondName(i.name, swapped), d)} RENAME TO ${quoteIdent(i.name)}`,
    ),
    ...[...checks, ...foreign].map((c) =>
      alter(`RENAME CONSTRAINT ${quoteIdent(secondName(c.name, swapped))} TO ${quoteIdent(c.name)}`),
    ),
    'COMMIT',
  ]
  return migration(
    `The second column${members.length > 1 ? 's' : ''} of \`${table.name}\` take${members.length > 1 ? '' : 's'} over`,
    'contract',
    sql,
    null,
    true,
  )
}

/** Default, sequence or identity of a column goes over to the one that takes its place. */
export function handOver(
  from: Column,
  names: { readonly now: string; readonly old: string },
  table: Table,
  type: string,
  schema: Schema,
  d: string,
): readonly string[] {
  const name = quoteKey(table.key, d)
  const [now, old] = [quoteIdent(names.now), quoteIdent(names.old)]
  if (from.identity) {
    return [
      `ALTER TABLE ${name} ALTER COLUMN ${old} DROP IDENTITY`,
      `ALTER TABLE ${name} ALTER COLUMN ${now} ADD GENERATED ${from.identity.toUpperCase()} AS IDENTITY`,
      `SELECT setval(pg_get_serial_sequence(${quoteLiteral(name)}, ${quoteLiteral(names.now)}), greatest(coalesce(max(${now}), 0) + 1, 1), false) FROM ${name}`,
    ]
  }
  if (from.default === null) return []
  const owned = [...schema.sequences.values()].find(
    (s) => s.ownedBy?.table === table.key && s.ownedBy.column === from.name,
  )
  const sequence = owned ? quoteName(owned.schema, owned.name, d) : null
  return [
    ...(sequence
      ? [
          `ALTER SEQUENCE ${sequence} OWNED BY ${name}.${now}`,
          ...(owned!.type === type ? [] : [`ALTER SEQUENCE ${sequence} AS ${type}`]),
        ]
      : []),
    `ALTER TABLE ${name} ALTER COLUMN ${now} SET DEFAULT ${from.default}`,
    `ALTER TABLE ${name} ALTER COLUMN ${old} DROP DEFAULT`,
  ]
}
