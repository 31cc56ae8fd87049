import {
  checkDefinition,
  createIndex,
  dollarTag,
  foreignKeyDefinition,
  inSchemaOf,
  targetOf,
} from '../../schema/sql/ddl.ts'
import {
  nameOf,
  schemaOf,
  type Column,
  type ForeignKey,
  type Index,
  type Key,
  type Schema,
  type Table,
} from '../../schema/model.ts'
import { mentions } from '../../schema/sql/schema.ts'
import { quoteIdent, quoteKey, quoteLiteral, quoteName } from '../../schema/sql/quote.ts'
import { jobNameOf, noKey, plainUpdate, walkingKey, type BackfillJob } from '../backfill/backfill.ts'
import { drizzleField, prismaField } from './orm-code.ts'
import { deploy, fill, migration, migrationApart, renameIn, type Recipe, type RecipeStep } from './recipe.ts'
import { notNullStatements } from './not-null.ts'
import { newName } from './replace-column.ts'
import type { RecipeContext } from './recipe.ts'

/** A column whose type changes with that of a key, and the second column that takes its place. */
interface Member {
  readonly from: Column
  /** Name of the second column until it takes over. */
  readonly name: string
}

/** A table with the columns of it that belong to the key: the key itself, or foreign keys that point at it. */
interface Swapped {
  readonly table: Table
  readonly members: readonly Member[]
}

const integers: readonly string[] = ['smallint', 'integer', 'bigint']

/** True where the type of a column that rows are found by gets wider, so that every value of the old type is one of the new. */
export function widensKey(schema: Schema, table: Table, from: Column, to: Column): boolean {
  const [a, b] = [integers.indexOf(from.type ?? ''), integers.indexOf(to.type ?? '')]
  if (a < 0 || b <= a || table.partition.by !== null) return false
  return table.primaryKey?.columns.includes(from.name) === true || pointingAt(schema, table.key, from.name).length > 0
}

function pointingAt(
  schema: Schema,
  target: Key,
  column: string,
): readonly { readonly table: Table; readonly column: string }[] {
  return [...schema.tables.values()].flatMap((table) =>
    table.foreignKeys
      .filter((f) => !f.clientOnly && targetOf(f) === target)
      .flatMap((f) => {
        const referenced = f.references.columns.length
          ? f.references.columns
          : (schema.tables.get(target)?.primaryKey?.columns ?? [])
        const at = referenced.indexOf(column)
        return at < 0 || f.columns[at] === undefined ? [] : [{ table, column: f.columns[at] }]
      }),
  )
}

/** The columns that belong to a key by foreign keys, by table: what points at it, and what points at that. The table of the key is the last. */
export function keyColumns(schema: Schema, table: Table, column: string, type: string): readonly Swapped[] {
  const found = new Map<Key, string[]>()
  const visit = (of: Table, name: string): void => {
    const names = found.get(of.key) ?? []
    if (names.includes(name)) return
    found.set(of.key, [...names, name])
    for (const other of pointingAt(schema, of.key, name)) visit(other.table, other.column)
  }
  visit(table, column)
  const order: Key[] = []
  const place = (key: Key, above: ReadonlySet<Key>): void => {
    if (order.includes(key) || above.has(key)) return
    for (const name of found.get(key) ?? [])
      for (const other of pointingAt(schema, key, name)) place(other.table.key, new Set([...above, key]))
    order.push(key)
  }
  place(table.key, new Set())
  return order.flatMap((key): Swapped[] => {
    const of = schema.tables.get(key)
    const members = (found.get(key) ?? []).flatMap((name): Member[] => {
      const from = of?.columns.find((c) => c.name === name)
      return from && from.type !== type ? [{ from, name: newName(of!, name, type) }] : []
    })
    return of && members.length ? [{ table: of, members }] : []
  })
}

/**
 * A key gets a wider type, and with it all foreign keys that point at it: second columns of the new type are kept equal by triggers, filled
 * and indexed, then take over under the old names, one table after the other, each in one short transaction.
 */
export function keyTypeRecipe(table: Table, column: Column, type: string, schema: Schema, ctx: RecipeContext): Recipe {
  const d = ctx.defaultSchema
  const all = keyColumns(schema, table, column.name, type)
  const others = all
    .filter((s) => s.table.key !== table.key)
    .map((s) => s.members.map((m) => `${s.table.name}.${m.from.name}`).join(', '))
  const add = all.flatMap((s) => [
    ...s.members.map((m) => `ALTER TABLE ${quoteKey(s.table.key, d)} ADD COLUMN ${quoteIdent(m.name)} ${type}`),
    ...syncOf(s, d).create,
  ])
  const required = all.flatMap((s) =>
    s.members.filter((m) => !m.from.nullable).flatMap((m) => notNullStatements(s.table, m.name, d)),
  )
  // What is pointed at needs its unique index before anything can point at it.
  const keys = all.toReversed().flatMap((s) =>
    s.table.indexes
      .concat(keyIndexes(s.table))
      .filter((i) => concerns(i, s))
      .map((i) => createIndex(s.table.key, secondIndex(i, s), d, { concurrently: true })),
  )
  const targets = all.flatMap((s) =>
    s.members
      .filter((m) => pointingAt(schema, s.table.key, m.from.name).length && !hasUniqueOn(s.table, m.from.name))
      .map((m) => `${s.table.name}.${m.from.name}`),
  )
  const foreign = all.flatMap((s) =>
    s.table.foreignKeys
      .filter((f) => moves(f, s))
      .flatMap((f) => {
        const second = secondForeignKey(f, s, all, schema)
        return [
          `ALTER TABLE ${quoteKey(s.table.key, d)} ADD ${foreignKeyDefinition({ ...second, validated: false }, d)}`,
          `ALTER TABLE ${quoteKey(s.table.key, d)} VALIDATE CONSTRAINT ${quoteIdent(second.name)}`,
        ]
      }),
  )
  const checks = all.flatMap((s) =>
    s.table.checks
      .filter((c) => s.members.some((m) => mentions(c.expression, quoteIdent(m.from.name))))
      .flatMap((c) => {
        const second = { ...c, name: secondName(c.name, s), expression: renamedIn(c.expression, s), validated: false }
        return [
          `ALTER TABLE ${quoteKey(s.table.key, d)} ADD ${checkDefinition(second)}`,
          `ALTER TABLE ${quoteKey(s.table.key, d)} VALIDATE CONSTRAINT ${quoteIdent(second.name)}`,
        ]
      }),
  )
  const readers = [...schema.views]
    .filter(([, v]) =>
      v.reads.some((r) =>
        all.some(
          (s) =>
            s.table.key === r.table && (r.columns === null || s.members.some((m) => r.columns!.includes(m.from.name))),
        ),
      ),
    )
    .map(([of]) => nameOf(of))
  return {
    kind: 'change-key-type',
    title: `Change the key ${table.name}.${column.name} from ${column.type} to ${type}${others.length ? `, with ${others.join(', ')}` : ''}`,
    place: ctx.place,
    shortcut: null,
    steps: [
      migrationApart(
        'Add second columns and keep them equal',
        'expand',
        add,
        all
          .flatMap((s) => [
            `  ${ctx.orm === 'prisma' ? 'model ' : ''}${s.table.name}`,
            ...s.members.map((m) => hidden(m, type, ctx)),
          ])
          .join('\n'),
      ),
      ...all.map((s) =>
        fill(`Fill the second column${s.members.length > 1 ? 's' : ''} of ${s.table.name}`, jobOf(s, ctx)),
      ),
      migrationApart(
        'Give the second columns what the old ones have: NOT NULL, indexes, checks, foreign keys',
        'expand',
        [...required, ...keys, ...checks, ...foreign],
        null,
      ),
      ...all.map((s) => swapStep(s, type, schema, ctx)),
      deploy(
        `Deploy code that knows ${type}`,
        all
          .flatMap((s) => [
            `  ${ctx.orm === 'prisma' ? 'model ' : ''}${s.table.name}`,
            ...s.members.map((m) => gone(m, type, ctx)),
          ])
          .join('\n'),
      ),
      migrationApart(
        'Drop the old columns',
        'contract',
        all.flatMap((s) =>
          s.members.map((m) => `ALTER TABLE ${quoteKey(s.table.key, d)} DROP COLUMN ${quoteIdent(oldName(m))}`),
        ),
        null,
      ),
    ],
    cautions: [
      'Each take-over waits half a second for its locks and gives up where it does not get them: run it again until it goes through. Running code notices nothing but a short wait.',
      `Old code goes on working after the take-over as long as the values fit ${column.type}; deploy the code that knows ${type} before they no longer do.`,
      'Code that names no columns (`SELECT *`, `INSERT` without a list) sees the second columns meanwhile, and other places of them afterwards.',
      ...(ctx.orm === 'prisma'
        ? [
            'Where a take-over gave up, tell Prisma before the next try: `npx prisma migrate resolve --rolled-back NAME`.',
          ]
        : []),
      ...(readers.length
        ? [
            `Views follow the old column when it is renamed: make ${readers.join(', ')} again in the transaction of the take-over.`,
          ]
        : []),
      ...targets.map(
        (t) =>
          `${t} is pointed at but has no unique key of its own that could be built again: look at its foreign keys by hand.`,
      ),
    ],
  }
}

function oldName(m: Member): string {
  return `${m.from.name}_${m.from.type ?? 'old'}`.slice(0, 60)
}

function hidden(m: Member, type: string, ctx: RecipeContext): string {
  const second: Column = {
    ...m.from,
    name: m.name,
    property: m.name,
    type,
    nullable: true,
    default: null,
    identity: null,
    declared: [],
  }
  if (ctx.orm === 'prisma')
    return `+ ${prismaField(second, m.name, ' @ignore')}   // kept equal to ${m.from.name} by a trigger`
  if (ctx.orm === 'drizzle')
    return `+ ${drizzleField(second, m.name)} // kept equal to ${m.from.name} by a trigger, not used`
  return `+ ${m.name}: kept equal to ${m.from.name} by a trigger, not used`
}

function gone(m: Member, type: string, ctx: RecipeContext): string {
  const now: Column = { ...m.from, type }
  if (ctx.orm === 'prisma')
    return `- ${prismaField({ ...m.from, type, name: m.name, nullable: true }, m.name, ' @ignore')}\n- ${prismaField(m.from)}\n+ ${prismaField(now)}   // the client gives ${type === 'bigint' ? 'BigInt' : 'Int'} values from now on`
  if (ctx.orm === 'drizzle')
    return `- ${drizzleField({ ...m.from, type, name: m.name, nullable: true }, m.name)}\n- ${drizzleField(m.from)}\n+ ${drizzleField(now).replace("mode: 'bigint'", "mode: 'number'")}`
  return `  ${m.from.name} is ${type} from now on`
}

function syncOf(
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

function jobOf({ table, members }: Swapped, ctx: RecipeContext): BackfillJob {
  const name = quoteKey(table.key, ctx.defaultSchema)
  const differ = members.map((m) => `${quoteIdent(m.name)} IS DISTINCT FROM ${quoteIdent(m.from.name)}`).join(' OR ')
  return {
    ...plainUpdate,
    obstacle: walkingKey(table).length ? null : noKey(table),
    name: jobNameOf(nameOf(table.key), members[0]?.name ?? 'key'),
    table: table.key,
    place: ctx.place,
    reason: `Rows of ${table.name} that were written before the trigger was there get ${members.map((m) => m.name).join(', ')}.`,
    key: walkingKey(table),
    target: name,
    alias: nameOf(table.key),
    set: members.map((m) => `${quoteIdent(m.name)} = ${quoteIdent(m.from.name)}`).join(', '),
    from: null,
    where: differ,
    verify: `SELECT count(*) AS rows_left FROM ${name} WHERE ${differ}`,
    valueKnown: true,
  }
}

/** The indexes behind primary key and unique constraints. */
function keyIndexes(table: Table): readonly Index[] {
  const index = (
    name: string,
    columns: readonly string[],
    include: readonly string[],
    nullsNotDistinct: boolean,
  ): Index => ({
    name,
    keys: columns.map((column) => ({
      column,
      expression: null,
      descending: false,
      nullsFirst: false,
      opclass: null,
      collation: null,
    })),
    include,
    unique: true,
    nullsNotDistinct,
    method: 'btree',
    where: null,
    valid: true,
    declared: [],
  })
  return [
    ...(table.primaryKey
      ? [index(table.primaryKey.name, table.primaryKey.columns, table.primaryKey.include, false)]
      : []),
    ...table.uniques.map((u) => index(u.name, u.columns, u.include, u.nullsNotDistinct)),
  ]
}

function concerns(index: Index, { members }: Swapped): boolean {
  return members.some(
    ({ from }) =>
      index.keys.some(
        (k) => k.column === from.name || (k.expression !== null && mentions(k.expression, quoteIdent(from.name))),
      ) ||
      index.include.includes(from.name) ||
      (index.where !== null && mentions(index.where, quoteIdent(from.name))),
  )
}

function secondIndex(index: Index, swapped: Swapped): Index {
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

function secondName(name: string, { members }: Swapped): string {
  let base = name
  const suffix = `_${members[0]?.name.split('_').at(-1) ?? 'new'}`
  while (Buffer.byteLength(base) > 62 - suffix.length) base = base.slice(0, -1)
  return `${base}${suffix}`
}

function renamedIn(sql: string, { members }: Swapped): string {
  return members.reduce((text, m) => renameIn(text, m.from.name, m.name), sql)
}

function hasUniqueOn(table: Table, column: string): boolean {
  return keyIndexes(table)
    .concat(table.indexes.filter((i) => i.unique && i.where === null))
    .some((i) => i.keys.some((k) => k.column === column))
}

function moves(f: ForeignKey, { members }: Swapped): boolean {
  return !f.clientOnly && members.some((m) => f.columns.includes(m.from.name))
}

function secondForeignKey(f: ForeignKey, swapped: Swapped, all: readonly Swapped[], schema: Schema): ForeignKey {
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
function swapStep(swapped: Swapped, type: string, schema: Schema, ctx: RecipeContext): RecipeStep {
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
      ...valueStatements(m, table, type, schema, d),
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
    `The second column${members.length > 1 ? 's' : ''} of ${table.name} take${members.length > 1 ? '' : 's'} over`,
    'contract',
    sql,
    null,
    true,
  )
}

/** Default, sequence or identity of the old column goes over to the new one. */
function valueStatements({ from }: Member, table: Table, type: string, schema: Schema, d: string): readonly string[] {
  const name = quoteKey(table.key, d)
  const [now, old] = [quoteIdent(from.name), quoteIdent(oldName({ from, name: '' }))]
  if (from.identity) {
    return [
      `ALTER TABLE ${name} ALTER COLUMN ${old} DROP IDENTITY`,
      `ALTER TABLE ${name} ALTER COLUMN ${now} ADD GENERATED ${from.identity.toUpperCase()} AS IDENTITY`,
      `SELECT setval(pg_get_serial_sequence(${quoteLiteral(name)}, ${quoteLiteral(from.name)}), greatest(coalesce(max(${now}), 0) + 1, 1), false) FROM ${name}`,
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
