import { columnDefinition, createView } from '../../schema/sql/ddl.ts'
import { nameOf, type Column, type Schema, type Table } from '../../schema/model.ts'
import { quoteIdent, quoteKey } from '../../schema/sql/quote.ts'
import { jobNameOf, plainUpdate, walkingKey, type BackfillJob } from '../backfill/backfill.ts'
import { fieldChange, fieldName, prismaField, drizzleField, type Orm } from './orm-code.ts'
import { deploy, fill, migration, replaceName, type Recipe, type RecipeStep, type RecipeContext } from './recipe.ts'
import { syncColumns, type SyncedPair } from './sync.ts'
import { exclusionCautions, keysOnNewColumn, namesTakenOver, type RemadeKeys } from './column-keys.ts'
import { renamedKey, type RenamedKey } from './key-rename.ts'
import { notNullStatements } from './not-null.ts'

/** `users.email` gets another name while old and new code run side by side. */
export function renameColumnRecipe(
  table: Table,
  from: Column,
  to: string,
  keys: Pick<RemadeKeys, 'names'>,
  schema: Schema,
  after: Schema,
  ctx: RecipeContext,
): Recipe {
  const fresh: Column = { ...from, name: to, declared: [] }
  const pair: SyncedPair = { from: from.name, to, forth: '$', back: '$' }
  return {
    kind: 'rename-column',
    title: `Rename \`${table.name}.${from.name}\` to \`${to}\``,
    place: ctx.place,
    shortcut: renameShortcut(from, to, ctx.orm),
    steps: replaceColumn(table, from, fresh, pair, `${quoteIdent(from.name)}`, [], ctx, {
      keys,
      key: renamedKey(table, from, to, schema, ctx.defaultSchema),
      views: viewsOnNewColumn(table, from.name, schema, after),
    }),
    cautions: exclusionCautions(table, from.name),
  }
}

/** The views that read the column, as a rename leaves them: reading the other one under the old name. A materialized one would have to be made anew. */
function viewsOnNewColumn(table: Table, from: string, { views }: Schema, after: Schema): readonly string[] {
  return [...views].flatMap(([at, view]) => {
    const now = after.views.get(at)
    const reads = view.reads.some((read) => read.table === table.key && read.columns?.includes(from) === true)
    if (!reads || now === undefined || now.materialized) return []
    return createView(now, after.defaultSchema, { orReplace: true }) ?? []
  })
}

function renameShortcut(from: Column, to: string, orm: Orm): string | null {
  const field = fieldName({ name: to })
  if (orm === 'prisma')
    return `Rename the field and keep the column: \`${prismaField({ ...from, name: from.name }, field)}\`. No SQL is needed.`
  if (orm === 'drizzle')
    return `Rename the property and keep the column: \`${drizzleField(from, field)}\`. No SQL is needed.`
  return null
}

/** A column gets another type: a second column of the new type takes over. `to` is the column as it is in the end. */
export function changeTypeRecipe(
  table: Table,
  from: Column,
  to: Column,
  using: string | null,
  ctx: RecipeContext,
): Recipe {
  const name = newName(table, from.name, to.type ?? 'new')
  const becomesRequired = from.nullable && !to.nullable
  const last: Column = { ...to, name, property: fieldName(from), declared: [] }
  const fresh: Column = { ...last, nullable: from.nullable || to.nullable }
  const forth = using === null ? `$::${castThrough(from.type, to.type)}${to.type}` : replaceName(using, from.name, '$')
  const back = wayBack(from, to, using)
  const pair: SyncedPair = {
    from: from.name,
    to: name,
    forth,
    back: back ?? `NULL /* the ${from.type} that old code reads for this value of ${name} */`,
  }
  return {
    kind: 'change-type',
    title: `Change \`${table.name}.${from.name}\` from \`${from.type}\` to \`${to.type}\``,
    place: ctx.place,
    shortcut: null,
    steps: [
      ...replaceColumn(
        table,
        from,
        fresh,
        pair,
        forth.replaceAll('$', () => quoteIdent(from.name)),
        [],
        ctx,
      ),
      ...(becomesRequired
        ? [
            migration(
              'Make it NOT NULL without a scan under the strongest lock',
              'contract',
              notNullStatements(table, name, ctx.defaultSchema),
              fieldChange(ctx.orm, [last], []),
            ),
          ]
        : []),
    ],
    cautions: [
      `The column is called \`${name}\` from now on; the ORM maps the field to it, so code keeps its name.`,
      back === null
        ? `The change does not say how a value of \`${name}\` becomes \`${from.type}\` again: write it into the trigger, for the old code that goes on reading \`${from.name}\`.`
        : `Until the last step new code may write only what \`${from.type}\` holds too: every value is written back for the old code.`,
      ...(becomesRequired ? [`Rows without a value in \`${name}\` have to get one before the last step.`] : []),
      ...exclusionCautions(table, from.name),
      ...cautionsOfKey(table, from.name),
    ],
  }
}

/** How a value of the new type becomes one of the old, `$` standing for it; null where the expression of the change is more than a cast. */
function wayBack(from: Column, to: Column, using: string | null): string | null {
  const cast = `$::${castThrough(to.type, from.type)}${from.type}`
  if (using === null) return cast
  const bare = replaceName(using, from.name, '$').replaceAll(/[()]/g, ' ').trim()
  if (/^\$(\s*::\s*[\w." ]+(\[\])?)*$/.test(bare) || /^cast\s+\$\s+as\s+[\w." ]+$/i.test(bare)) return cast
  const zone = /^\$\s+at\s+time\s+zone\s+('[^']*')$/i.exec(bare)
  return zone ? `$ AT TIME ZONE ${zone[1]}` : null
}

function castThrough(from: string | null, to: string | null): string {
  const plain = /^(smallint|integer|bigint|numeric|real|double precision|text|character|timestamp|date|json)/
  return from && to && plain.test(from) && plain.test(to) ? '' : 'text::'
}

/** A name for a second column of another type, free in the table and within 63 bytes. */
export function newName(table: Table, name: string, type: string): string {
  const base = `${name}_${type
    .replace('character varying', 'varchar')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .toLowerCase()}`.slice(0, 58)
  return table.columns.some((c) => c.name === base) ? `${base}_2` : base
}

function cautionsOfKey(table: Table, name: string): readonly string[] {
  return table.primaryKey?.columns.includes(name)
    ? [
        `\`${name}\` is part of the primary key: foreign keys that point at it have to be moved to the new column in the same way before the old one goes, and the key itself changes in the last step.`,
      ]
    : []
}

/** Add, sync, fill, constrain, switch the code, drop: the steps by which one column takes the place of another. */
export function replaceColumn(
  table: Table,
  from: Column,
  fresh: Column,
  pair: SyncedPair,
  expression: string,
  before: readonly string[],
  ctx: RecipeContext,
  renamed?: {
    readonly keys: Pick<RemadeKeys, 'names'>
    readonly key: RenamedKey
    readonly views: readonly string[]
  },
): readonly RecipeStep[] {
  const d = ctx.defaultSchema
  const name = quoteKey(table.key, d)
  const [f, t] = [quoteIdent(from.name), quoteIdent(fresh.name)]
  const sync = syncColumns(table.key, [pair], d)
  const bare: Column = { ...fresh, nullable: true, default: null, identity: null, generated: null }
  const copies = keysOnNewColumn(table, from.name, fresh.name, d, renamed?.keys)
  const job: BackfillJob = {
    ...plainUpdate,
    name: jobNameOf(nameOf(table.key), fresh.name),
    table: table.key,
    place: ctx.place,
    reason: `Rows written before the trigger was there get \`${fresh.name}\`.`,
    key: walkingKey(table),
    target: name,
    alias: nameOf(table.key),
    set: `${t} = ${expression}`,
    from: null,
    where: `${t}::text IS DISTINCT FROM (${expression})::text`,
    verify: `SELECT count(*) AS rows_left FROM ${name} WHERE ${t}::text IS DISTINCT FROM (${expression})::text`,
    valueKnown: true,
  }
  // A client that does not know a required column cannot insert, so the old one is required no longer; the trigger still fills it.
  const loosened =
    from.nullable || table.primaryKey?.columns.includes(from.name)
      ? []
      : [`ALTER TABLE ${name} ALTER COLUMN ${f} DROP NOT NULL`]
  const constraints = [
    ...(fresh.nullable ? [] : notNullStatements(table, fresh.name, d)),
    ...loosened,
    ...copies,
    ...(renamed?.key.built ?? []),
    ...(renamed?.views ?? []),
  ]
  const lastDefault =
    fresh.default === null || renamed?.key.before.some((sql) => sql.endsWith(`SET DEFAULT ${fresh.default}`))
      ? []
      : [`ALTER TABLE ${name} ALTER COLUMN ${t} SET DEFAULT ${fresh.default}`]
  return [
    migration(
      'Add the new column and keep both equal',
      'expand',
      [...before, `ALTER TABLE ${name} ADD COLUMN ${columnDefinition(bare)}`, ...sync.create],
      fieldChange(ctx.orm, [bare], []),
    ),
    fill('Fill the new column', job),
    ...(constraints.length > 0 || fresh.default !== null
      ? [
          migration(
            'Give the new column the constraints and indexes of the old one',
            'expand',
            constraints,
            fieldChange(ctx.orm, [fresh], []),
          ),
        ]
      : []),
    deploy(
      'Deploy code that reads and writes only the new column',
      fieldChange(ctx.orm, [], [{ ...from, nullable: from.nullable || loosened.length > 0 }]),
    ),
    migration(
      'Once no old code runs any more, drop the old column',
      'contract',
      [
        'BEGIN',
        // Readers take tables in an order of their own: this gives up before Postgres ends one of both.
        `SET LOCAL lock_timeout = '${renamed?.key.first.length ? '500ms' : '2s'}'`,
        ...(renamed?.key.first ?? []),
        ...lastDefault,
        ...sync.drop,
        ...(renamed?.key.before ?? []),
        `ALTER TABLE ${name} DROP COLUMN ${f}`,
        ...(renamed?.key.after ?? []),
        ...(renamed ? namesTakenOver(table, from.name, fresh.name, d, renamed.keys) : []),
        'COMMIT',
      ],
      fieldChange(ctx.orm, [], [], [from]),
      true,
    ),
  ]
}
