import {
  checkDefinition,
  columnDefinition,
  createEnum,
  createIndex,
  createTable,
  foreignKeyDefinition,
  uniqueDefinition,
} from '../../schema/sql/ddl.ts'
import {
  nameOf,
  type Column,
  type EnumType,
  type ForeignKey,
  type Index,
  type Key,
  type Table,
} from '../../schema/model.ts'
import { mentions } from '../../schema/sql/schema.ts'
import { quoteIdent, quoteKey, quoteLiteral } from '../../schema/sql/quote.ts'
import type { Place } from '../../location.ts'
import { jobNameOf, plainUpdate, walkingKey, type BackfillJob } from '../backfill/backfill.ts'
import { fieldChange, fieldName, prismaField, drizzleField, type Orm } from './orm-code.ts'
import {
  deploy,
  fill,
  migration,
  migrationApart,
  renameIn,
  replaceName,
  type Recipe,
  type RecipeStep,
} from './recipe.ts'
import { syncColumns, syncTables, type SyncedPair } from './sync.ts'

/** What a recipe is written for. */
export interface RecipeContext {
  readonly orm: Orm
  readonly defaultSchema: string
  readonly place: Place
}

/** `users.email` gets another name while old and new code run side by side. */
export function renameColumnRecipe(table: Table, from: Column, to: string, ctx: RecipeContext): Recipe {
  const fresh: Column = { ...from, name: to, declared: [] }
  const pair: SyncedPair = { from: from.name, to, forth: '$', back: '$' }
  return {
    kind: 'rename-column',
    title: `Rename ${table.name}.${from.name} to ${to}`,
    place: ctx.place,
    shortcut: renameShortcut(from, to, ctx.orm),
    steps: replaceColumn(table, from, fresh, pair, `${quoteIdent(from.name)}`, [], ctx),
    cautions: cautionsOfKey(table, from.name),
  }
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
    title: `Change ${table.name}.${from.name} from ${from.type} to ${to.type}`,
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
      `The column is called ${name} from now on; the ORM maps the field to it, so code keeps its name.`,
      back === null
        ? `The change does not say how a value of ${name} becomes ${from.type} again: write it into the trigger, for the old code that goes on reading ${from.name}.`
        : `Until the last step new code may write only what ${from.type} holds too: every value is written back for the old code.`,
      ...(becomesRequired ? [`Rows without a value in ${name} have to get one before the last step.`] : []),
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
        `${name} is part of the primary key: foreign keys that point at it have to be moved to the new column in the same way before the old one goes, and the key itself changes in the last step.`,
      ]
    : []
}

/** Add, sync, fill, constrain, switch the code, drop: the six steps by which one column takes the place of another. */
function replaceColumn(
  table: Table,
  from: Column,
  fresh: Column,
  pair: SyncedPair,
  expression: string,
  before: readonly string[],
  ctx: RecipeContext,
): readonly RecipeStep[] {
  const d = ctx.defaultSchema
  const name = quoteKey(table.key, d)
  const [f, t] = [quoteIdent(from.name), quoteIdent(fresh.name)]
  const sync = syncColumns(table.key, [pair], d)
  const bare: Column = { ...fresh, nullable: true, default: null, identity: null, generated: null }
  const copies = keysOnNewColumn(table, from.name, fresh.name, d)
  const job: BackfillJob = {
    ...plainUpdate,
    name: jobNameOf(nameOf(table.key), fresh.name),
    table: table.key,
    place: ctx.place,
    reason: `Rows written before the trigger was there get ${fresh.name}.`,
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
  const lastDefault =
    fresh.default === null ? [] : [`ALTER TABLE ${name} ALTER COLUMN ${t} SET DEFAULT ${fresh.default}`]
  return [
    migration(
      'Add the new column and keep both equal',
      'expand',
      [...before, `ALTER TABLE ${name} ADD COLUMN ${columnDefinition(bare)}`, ...sync.create],
      fieldChange(ctx.orm, [bare], []),
    ),
    fill('Fill the new column', job),
    migration(
      'Give the new column the constraints and indexes of the old one',
      'expand',
      [...(fresh.nullable ? [] : notNullStatements(table, fresh.name, d)), ...loosened, ...copies],
      fieldChange(ctx.orm, [fresh], []),
    ),
    deploy(
      'Deploy code that reads and writes only the new column',
      fieldChange(ctx.orm, [], [{ ...from, nullable: from.nullable || loosened.length > 0 }]),
    ),
    migration(
      'Once no old code runs any more, drop the old column',
      'contract',
      [
        'BEGIN',
        "SET LOCAL lock_timeout = '2s'",
        ...lastDefault,
        ...sync.drop,
        `ALTER TABLE ${name} DROP COLUMN ${f}`,
        'COMMIT',
      ],
      fieldChange(ctx.orm, [], [], [from]),
      true,
    ),
  ]
}

/** `SET NOT NULL` without a scan under the strongest lock: a validated check lets Postgres skip it. */
export function notNullStatements(table: Pick<Table, 'key' | 'name'>, column: string, d: string): readonly string[] {
  const name = quoteKey(table.key, d)
  const check = quoteIdent(`${table.name}_${column}_not_null`.slice(0, 60))
  const c = quoteIdent(column)
  return [
    `ALTER TABLE ${name} ADD CONSTRAINT ${check} CHECK (${c} IS NOT NULL) NOT VALID`,
    `ALTER TABLE ${name} VALIDATE CONSTRAINT ${check}`,
    `ALTER TABLE ${name} ALTER COLUMN ${c} SET NOT NULL`,
    `ALTER TABLE ${name} DROP CONSTRAINT ${check}`,
  ]
}

/** The indexes, uniques, checks and foreign keys over a column, made for another one without blocking. */
function keysOnNewColumn(table: Table, from: string, to: string, d: string): readonly string[] {
  const name = quoteKey(table.key, d)
  const renamed = (old: string) => (old.includes(from) ? old.replace(from, to) : `${old}_${to}`).slice(0, 60)
  const columns = (list: readonly string[]) => list.map((c) => (c === from ? to : c))
  const text = (sql: string) => renameIn(sql, from, to)
  const indexes = table.indexes
    .filter(
      (i) =>
        i.keys.some((k) => k.column === from || (k.expression !== null && mentions(k.expression, quoteIdent(from)))) ||
        i.include.includes(from) ||
        (i.where !== null && mentions(i.where, quoteIdent(from))),
    )
    .map((i): Index => ({
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
    ...table.uniques
      .filter((u) => u.columns.includes(from))
      .flatMap((u) => {
        const unique = { ...u, name: renamed(u.name), columns: columns(u.columns), include: columns(u.include) }
        const index: Index = {
          name: unique.name,
          keys: unique.columns.map((c) => ({
            column: c,
            expression: null,
            descending: false,
            nullsFirst: false,
            opclass: null,
            collation: null,
          })),
          include: unique.include,
          unique: true,
          nullsNotDistinct: unique.nullsNotDistinct,
          method: 'btree',
          where: null,
          valid: true,
          declared: [],
        }
        return unique.deferrable
          ? [`ALTER TABLE ${name} ADD ${uniqueDefinition(unique)}`]
          : [
              createIndex(table.key, index, d, { concurrently: true }),
              `ALTER TABLE ${name} ADD CONSTRAINT ${quoteIdent(unique.name)} UNIQUE USING INDEX ${quoteIdent(unique.name)}`,
            ]
      }),
    ...table.checks
      .filter((c) => mentions(c.expression, quoteIdent(from)))
      .flatMap((c) =>
        validated(
          name,
          checkDefinition({ ...c, name: renamed(c.name), expression: text(c.expression), validated: false }),
          renamed(c.name),
        ),
      ),
    ...table.foreignKeys
      .filter((f) => !f.clientOnly && f.columns.includes(from))
      .flatMap((f) =>
        validated(
          name,
          foreignKeyDefinition({ ...f, name: renamed(f.name), columns: columns(f.columns), validated: false }, d),
          renamed(f.name),
        ),
      ),
  ]
}

/** A constraint that is added without a look at the rows, and then validated without blocking writes. */
export function validated(table: string, definition: string, name: string): readonly string[] {
  return [`ALTER TABLE ${table} ADD ${definition}`, `ALTER TABLE ${table} VALIDATE CONSTRAINT ${quoteIdent(name)}`]
}

/** A table gets another name: a view of the old name serves code that does not know it yet. */
export function renameTableRecipe(table: Table, to: Key, ctx: RecipeContext): Recipe {
  const d = ctx.defaultSchema
  const [old, now] = [quoteKey(table.key, d), quoteKey(to, d)]
  const code =
    ctx.orm === 'prisma'
      ? `@@map(${JSON.stringify(nameOf(to))})`
      : ctx.orm === 'drizzle'
        ? `pgTable(${JSON.stringify(nameOf(to))}, …)`
        : `code says ${nameOf(to)}`
  return {
    kind: 'rename-table',
    title: `Rename the table ${table.name} to ${nameOf(to)}`,
    place: ctx.place,
    shortcut:
      ctx.orm === 'prisma'
        ? `Rename the model and keep the table: \`@@map(${JSON.stringify(table.name)})\`. No SQL is needed.`
        : ctx.orm === 'drizzle'
          ? `Rename the constant and keep the table: \`pgTable(${JSON.stringify(table.name)}, …)\`. No SQL is needed.`
          : null,
    steps: [
      migration(
        'Rename the table and leave a view of the old name, in one transaction',
        'expand',
        [
          'BEGIN',
          "SET LOCAL lock_timeout = '2s'",
          `ALTER TABLE ${old} RENAME TO ${quoteIdent(nameOf(to))}`,
          `CREATE VIEW ${old} AS SELECT * FROM ${now}`,
          'COMMIT',
        ],
        null,
        true,
      ),
      deploy('Deploy code that uses the new name', code),
      migration('Once no old code runs any more, drop the view', 'contract', [`DROP VIEW ${old}`], null),
    ],
    cautions: [
      'The view takes SELECT, INSERT, UPDATE and DELETE as the table did; TRUNCATE, ON CONFLICT with a constraint name and grants are not passed on.',
    ],
  }
}

/** A column becomes NOT NULL, or comes so. */
export function notNullRecipe(
  table: Table,
  column: Column,
  job: BackfillJob | null,
  added: boolean,
  ctx: RecipeContext,
): Recipe {
  const name = quoteKey(table.key, ctx.defaultSchema)
  return {
    kind: 'not-null',
    title: `Make ${table.name}.${column.name} NOT NULL`,
    place: ctx.place,
    shortcut: null,
    steps: [
      ...(added
        ? [
            migration(
              'Add the column, nullable',
              'expand',
              [`ALTER TABLE ${name} ADD COLUMN ${columnDefinition({ ...column, nullable: true })}`],
              fieldChange(ctx.orm, [{ ...column, nullable: true }], []),
            ),
          ]
        : []),
      deploy(
        'Deploy code that always writes a value',
        `Every insert and update of ${table.name} sets ${fieldName(column)}; reading still allows for NULL.`,
      ),
      ...(job ? [fill('Give a value to the rows that have none', job)] : []),
      migration(
        'Make it NOT NULL without a scan under the strongest lock',
        'contract',
        notNullStatements(table, column.name, ctx.defaultSchema),
        fieldChange(ctx.orm, [{ ...column, nullable: false }], []),
      ),
    ],
    cautions: [],
  }
}

/** A value goes from an enum: a new type without it takes over, column by column. */
export function removeEnumValueRecipe(
  type: EnumType,
  after: EnumType,
  values: readonly string[],
  uses: readonly { readonly table: Table; readonly column: Column; readonly job?: BackfillJob | null }[],
  ctx: RecipeContext,
): Recipe {
  const d = ctx.defaultSchema
  const list = values.map(quoteLiteral).join(', ')
  const fresh: EnumType = { ...after, name: `${type.name}_v2`, declared: [] }
  const freshName = quoteKey(`${fresh.schema}.${fresh.name}`, d)
  const columns = uses.map(({ table, column, job: written }, i): readonly RecipeStep[] => {
    const name = quoteKey(table.key, d)
    const c = quoteIdent(column.name)
    const job: BackfillJob = {
      ...plainUpdate,
      name: jobNameOf(nameOf(table.key), `${column.name}_values`),
      table: table.key,
      place: ctx.place,
      reason: `Rows that hold ${values.join(', ')} get another value.`,
      key: walkingKey(table),
      target: name,
      alias: nameOf(table.key),
      set: `${c} = NULL /* write the value that takes the place of ${values.join(', ').replaceAll('*/', '')} here */`,
      from: null,
      where: `${c}::text IN (${list})`,
      verify: `SELECT count(*) AS rows_left FROM ${name} WHERE ${c}::text IN (${list})`,
      valueKnown: false,
    }
    const next: Column = {
      ...column,
      name: newName(table, column.name, 'v2'),
      type: freshName,
      property: fieldName(column),
      default: column.default?.replace(/::.*$/, `::${freshName}`) ?? null,
    }
    const pair: SyncedPair = {
      from: column.name,
      to: next.name,
      forth: `$::text::${freshName}`,
      back: `$::text::${column.type}`,
    }
    const check = quoteIdent(`${table.name}_${column.name}_values`.slice(0, 60))
    return [
      fill('Change the rows that hold it', written ?? job),
      migration(
        'Keep it from coming back',
        'expand',
        validated(
          name,
          `CONSTRAINT ${check} CHECK (${c}::text NOT IN (${list})) NOT VALID`,
          `${table.name}_${column.name}_values`.slice(0, 60),
        ),
        null,
      ),
      ...replaceColumn(
        { ...table, checks: [] },
        column,
        next,
        pair,
        `${c}::text::${freshName}`,
        i === 0 ? [createEnum(fresh, d)] : [],
        ctx,
      ),
    ]
  })
  // All columns go through each stage together, so that the code changes once.
  const steps = (columns[0] ?? []).flatMap((_, stage) => columns.flatMap((own) => own[stage] ?? []))
  return {
    kind: 'remove-enum-value',
    title: `Remove ${values.join(', ')} from ${type.name}`,
    place: ctx.place,
    shortcut:
      'On tables that are small enough to be rewritten under a lock, the type can be made again in one migration once no row holds the value.',
    steps: [
      deploy(
        'Deploy code that does not write the value any more',
        `No code writes ${values.join(', ')}; reading still allows for it.`,
      ),
      ...steps,
      migration(
        'Drop the old type',
        'contract',
        [`DROP TYPE ${quoteKey(`${type.schema}.${type.name}`, d)}`],
        ctx.orm === 'prisma'
          ? `@@map(${JSON.stringify(fresh.name)})`
          : ctx.orm === 'drizzle'
            ? `pgEnum(${JSON.stringify(fresh.name)}, …)`
            : null,
      ),
    ],
    cautions: [`The type is called ${fresh.name} from now on; the ORM maps the enum to it.`],
  }
}

/** Columns move from one table to another whose rows belong to it. */
export function moveColumnsRecipe(
  kind: 'move-column' | 'merge-tables',
  source: Table,
  target: Table,
  on: { readonly source: string; readonly target: string },
  columns: readonly Column[],
  ctx: RecipeContext,
): Recipe {
  const d = ctx.defaultSchema
  const [s, t] = [quoteKey(source.key, d), quoteKey(target.key, d)]
  const sync = syncTables(
    { source: source.key, target: target.key, on, columns: columns.map((c) => c.name), inserts: false },
    d,
  )
  const set = columns.map((c) => `${quoteIdent(c.name)} = moved.${quoteIdent(c.name)}`).join(', ')
  const joined = `moved.${quoteIdent(on.source)} = ${quoteIdent(nameOf(target.key))}.${quoteIdent(on.target)}`
  const differ = columns
    .map(
      (c) =>
        `${quoteIdent(nameOf(target.key))}.${quoteIdent(c.name)}::text IS DISTINCT FROM moved.${quoteIdent(c.name)}::text`,
    )
    .join(' OR ')
  const job: BackfillJob = {
    ...plainUpdate,
    name: jobNameOf(nameOf(target.key), columns[0]?.name ?? 'moved'),
    table: target.key,
    place: ctx.place,
    reason: `Rows of ${target.name} get what stands in ${source.name}.`,
    key: walkingKey(target),
    target: t,
    alias: nameOf(target.key),
    set,
    from: `${s} AS moved`,
    where: `${joined} AND (${differ})`,
    verify: `SELECT count(*) AS rows_left FROM ${t}, ${s} AS moved WHERE ${joined} AND (${differ})`,
    valueKnown: true,
  }
  const names = columns.map((c) => c.name).join(', ')
  const required = columns.filter((c) => !c.nullable)
  return {
    kind,
    title:
      kind === 'merge-tables'
        ? `Merge ${source.name} into ${target.name}`
        : `Move ${names} from ${source.name} to ${target.name}`,
    place: ctx.place,
    shortcut: null,
    steps: [
      migration(
        'Add the columns where they go and keep both places equal',
        'expand',
        [
          ...columns.map(
            (c) => `ALTER TABLE ${t} ADD COLUMN ${columnDefinition({ ...c, nullable: true, default: null })}`,
          ),
          ...sync.create,
        ],
        fieldChange(
          ctx.orm,
          columns.map((c) => ({ ...c, nullable: true })),
          [],
        ),
      ),
      fill('Copy what is there', job),
      ...(required.length
        ? [
            migration(
              'Make NOT NULL what was, and require the old columns no longer',
              'expand',
              [...required.flatMap((c) => notNullStatements(target, c.name, d)), ...loosen(s, required)],
              null,
            ),
          ]
        : []),
      deploy(`Deploy code that reads and writes ${names} of ${target.name}`, fieldChange(ctx.orm, [], columns)),
      migrationApart(
        kind === 'merge-tables'
          ? `Once no old code runs any more, drop ${source.name}`
          : 'Once no old code runs any more, drop the old columns',
        'contract',
        [
          ...sync.drop,
          ...(kind === 'merge-tables'
            ? [`DROP TABLE ${s}`]
            : columns.map((c) => `ALTER TABLE ${s} DROP COLUMN ${quoteIdent(c.name)}`)),
        ],
        fieldChange(ctx.orm, [], [], columns),
      ),
    ],
    cautions: [`Only rows of ${target.name} that belong to a row of ${source.name} by ${on.target} are filled.`],
  }
}

function loosen(table: string, columns: readonly Column[]): readonly string[] {
  return columns.map((c) => `ALTER TABLE ${table} ALTER COLUMN ${quoteIdent(c.name)} DROP NOT NULL`)
}

/** A part of a table's columns becomes a table of its own, with one row for each row of the old one. */
export function splitTableRecipe(
  source: Table,
  target: Table,
  link: ForeignKey,
  columns: readonly Column[],
  ctx: RecipeContext,
): Recipe {
  const d = ctx.defaultSchema
  const on = { source: link.references.columns[0] ?? source.primaryKey?.columns[0] ?? 'id', target: link.columns[0]! }
  const sync = syncTables(
    { source: source.key, target: target.key, on, columns: columns.map((c) => c.name), inserts: true },
    d,
  )
  const s = quoteKey(source.key, d)
  const first = quoteIdent(columns[0]!.name)
  const required = columns.filter((c) => !c.nullable)
  const job: BackfillJob = {
    ...plainUpdate,
    name: jobNameOf(nameOf(source.key), 'split'),
    table: source.key,
    place: ctx.place,
    reason: `Each row of ${source.name} is written once, so that the trigger makes its row in ${target.name}.`,
    key: walkingKey(source),
    target: s,
    alias: nameOf(source.key),
    set: `${first} = ${first}`,
    from: null,
    where: null,
    verify: `SELECT count(*) AS rows_left FROM ${s} AS old LEFT JOIN ${quoteKey(target.key, d)} AS split ON split.${quoteIdent(on.target)} = old.${quoteIdent(on.source)} WHERE split.${quoteIdent(on.target)} IS NULL`,
    valueKnown: true,
  }
  return {
    kind: 'split-table',
    title: `Split ${columns.map((c) => c.name).join(', ')} of ${source.name} off into ${target.name}`,
    place: ctx.place,
    shortcut: null,
    steps: [
      migration(
        'Create the new table and keep both equal',
        'expand',
        [
          createTable(target, d),
          ...(isUniqueOn(target, on.target)
            ? []
            : [`CREATE UNIQUE INDEX ON ${quoteKey(target.key, d)} (${quoteIdent(on.target)})`]),
          ...target.foreignKeys.map((f) => `ALTER TABLE ${quoteKey(target.key, d)} ADD ${foreignKeyDefinition(f, d)}`),
          ...target.indexes.map((i) => createIndex(target.key, i, d)),
          ...sync.create,
        ],
        null,
      ),
      fill('Make a row for each row that is there', job),
      ...(required.length
        ? [
            migration(
              'Require the old columns no longer: new code does not write them',
              'expand',
              loosen(s, required),
              null,
            ),
          ]
        : []),
      deploy(`Deploy code that reads and writes ${target.name}`, fieldChange(ctx.orm, [], columns)),
      migrationApart(
        'Once no old code runs any more, drop the old columns',
        'contract',
        [...sync.drop, ...columns.map((c) => `ALTER TABLE ${s} DROP COLUMN ${quoteIdent(c.name)}`)],
        fieldChange(ctx.orm, [], [], columns),
      ),
    ],
    cautions: [
      `New code makes the row of ${target.name} itself where it inserts into ${source.name}; until then the trigger does.`,
    ],
  }
}

function isUniqueOn(table: Table, column: string): boolean {
  const is = (columns: readonly string[]) => columns.length === 1 && columns[0] === column
  return (
    is(table.primaryKey?.columns ?? []) ||
    table.uniques.some((u) => is(u.columns)) ||
    table.indexes.some((i) => i.unique && i.where === null && is(i.keys.map((k) => k.column ?? '')))
  )
}
