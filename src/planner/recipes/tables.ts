import { columnDefinition, createIndex, createTable, foreignKeyDefinition } from '../../schema/sql/ddl.ts'
import { nameOf, type Column, type ForeignKey, type Key, type Table } from '../../schema/model.ts'
import { quoteIdent, quoteKey } from '../../schema/sql/quote.ts'
import { jobNameOf, plainUpdate, walkingKey, type BackfillJob } from '../backfill/backfill.ts'
import { fieldChange } from './orm-code.ts'
import { deploy, fill, migration, migrationApart, type Recipe, type RecipeContext } from './recipe.ts'
import { syncTables } from './sync.ts'
import { notNullStatements } from './not-null.ts'

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
    title: `Rename the table \`${table.name}\` to \`${nameOf(to)}\``,
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
    reason: `Rows of \`${target.name}\` get what stands in \`${source.name}\`.`,
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
      deploy(`Deploy code that reads and writes \`${names}\` of \`${target.name}\``, fieldChange(ctx.orm, [], columns)),
      migrationApart(
        kind === 'merge-tables'
          ? `Once no old code runs any more, drop \`${source.name}\``
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
    cautions: [
      `Only rows of \`${target.name}\` that belong to a row of \`${source.name}\` by \`${on.target}\` are filled.`,
    ],
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
    reason: `Each row of \`${source.name}\` is written once, so that the trigger makes its row in \`${target.name}\`.`,
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
    title: `Split \`${columns.map((c) => c.name).join('`, `')}\` of \`${source.name}\` off into \`${target.name}\``,
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
      deploy(`Deploy code that reads and writes \`${target.name}\``, fieldChange(ctx.orm, [], columns)),
      migrationApart(
        'Once no old code runs any more, drop the old columns',
        'contract',
        [...sync.drop, ...columns.map((c) => `ALTER TABLE ${s} DROP COLUMN ${quoteIdent(c.name)}`)],
        fieldChange(ctx.orm, [], [], columns),
      ),
    ],
    cautions: [
      `New code makes the row of \`${target.name}\` itself where it inserts into \`${source.name}\`; until then the trigger does.`,
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
