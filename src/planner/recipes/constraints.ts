import { checkDefinition, createIndex, foreignKeyDefinition, inSchemaOf } from '../../schema/sql/ddl.ts'
import {
  indexColumns,
  nameOf,
  type Check,
  type Column,
  type ForeignKey,
  type Index,
  type Key,
  type Table,
  type Unique,
} from '../../schema/model.ts'
import { quoteIdent, quoteKey, quoteLiteral } from '../../schema/sql/quote.ts'
import { fieldName } from './orm-code.ts'
import { deploy, migrationApart, type Recipe, type RecipeContext } from './recipe.ts'
import type { CheckQuery } from '../checks.ts'

/** Values of a table become unique: code first, then the rows that are there, then the index without blocking, then the constraint. `replaces` says that an index of that name is there. */
export function uniqueRecipe(
  table: Table,
  index: Index,
  constraint: Unique | null,
  duplicates: CheckQuery,
  ctx: RecipeContext,
  replaces = false,
): Recipe {
  const columns = indexColumns(index)
  // One of that name is there: the new one is built beside it.
  const second = `${index.name.slice(0, 58)}_new`
  const fields = columns.map((c) => fieldOf(table, c))
  const code =
    ctx.orm === 'prisma'
      ? fields.length === 1
        ? `+ ${fields[0]} … @unique${map(index.name)}`
        : `+ @@unique([${fields.join(', ')}]${map(index.name, ', ')})`
      : ctx.orm === 'drizzle'
        ? `+ ${constraint ? 'unique' : 'uniqueIndex'}(${JSON.stringify(index.name)}).on(${fields.map((f) => `table.${f}`).join(', ')}),`
        : null
  return {
    kind: 'unique',
    title: `Make \`${columns.join('`, `')}\` of \`${table.name}\` unique`,
    place: ctx.place,
    shortcut: null,
    steps: [
      deploy(
        'Deploy code that writes no value twice',
        `Inserts and updates of \`${table.name}\` look for a row with the same \`${columns.join('`, `')}\` first, and are ready for the write that fails (23505).`,
      ),
      {
        title: 'Find the values that stand in several rows, and decide which row stays',
        phase: 'data',
        sql: [duplicates.sql.replace(/;$/, '')],
        together: false,
        code: null,
        backfill: null,
        look: true,
      },
      migrationApart(
        'Build the index without blocking writes; it fails, and leaves an invalid index to drop, where values repeat',
        'contract',
        [
          createIndex(table.key, replaces ? { ...index, name: second } : index, ctx.defaultSchema, {
            concurrently: true,
          }),
          ...(replaces
            ? [
                `DROP INDEX CONCURRENTLY ${inSchemaOf(table.key, index.name, ctx.defaultSchema)}`,
                `ALTER INDEX ${inSchemaOf(table.key, second, ctx.defaultSchema)} RENAME TO ${quoteIdent(index.name)}`,
              ]
            : []),
          ...(constraint ? [takeOver(table.key, constraint, ctx.defaultSchema)] : []),
        ],
        code,
      ),
    ],
    cautions: [],
  }
}

/** The statement that makes a unique constraint of the index of its name. */
export function takeOver(table: Key, { name }: Unique, defaultSchema: string): string {
  return `ALTER TABLE ${quoteKey(table, defaultSchema)} ADD CONSTRAINT ${quoteIdent(name)} UNIQUE USING INDEX ${quoteIdent(name)}`
}

/** A foreign key over columns that are there: it holds for new rows first, then the old ones are cleaned and it is validated. */
export function foreignKeyRecipe(table: Table, key: ForeignKey, orphans: CheckQuery, ctx: RecipeContext): Recipe {
  const d = ctx.defaultSchema
  const name = quoteKey(table.key, d)
  const [add, validate] = validated(name, foreignKeyDefinition({ ...key, validated: false }, d), key.name)
  const fields = key.columns.map((c) => fieldOf(table, c))
  const code =
    ctx.orm === 'prisma'
      ? `+ ${camel(key.references.table)} ${key.references.table}${nullable(table, key) ? '?' : ''} @relation(fields: [${fields.join(', ')}], references: [${key.references.columns.map((c) => fieldName({ name: c })).join(', ')}])`
      : ctx.orm === 'drizzle'
        ? `  ${fields.join(', ')}: ….references(() => ${camel(key.references.table)}.${fieldName({ name: key.references.columns[0] ?? 'id' })})`
        : null
  return {
    kind: 'foreign-key',
    title: `Let \`${table.name}.${key.columns.join(', ')}\` point at \`${key.references.table}\` only`,
    place: ctx.place,
    shortcut: null,
    steps: [
      deploy(
        `Deploy code that writes only rows of \`${key.references.table}\` that are there`,
        `It inserts into \`${key.references.table}\` before \`${table.name}\`, and deletes in the other order${key.onDelete === 'CASCADE' || key.onDelete === 'SET NULL' ? `, or leaves it to ON DELETE ${key.onDelete}` : ''}.`,
      ),
      migrationApart('Add the foreign key for new rows; it looks at no old one', 'contract', [add!], code),
      {
        title: 'Find the rows that point nowhere, and delete or mend them',
        phase: 'data',
        sql: [orphans.sql.replace(/;$/, '')],
        together: false,
        code: null,
        backfill: null,
        look: true,
      },
      migrationApart('Validate it without blocking writes', 'contract', [validate!], null),
    ],
    cautions: [],
  }
}

/** A check over columns that are there. */
export function checkRecipe(table: Table, check: Check, breaking: CheckQuery, ctx: RecipeContext): Recipe {
  const name = quoteKey(table.key, ctx.defaultSchema)
  const [add, validate] = validated(name, checkDefinition({ ...check, validated: false }), check.name)
  return {
    kind: 'check',
    title: `Let rows of \`${table.name}\` hold \`${check.name}\` only`,
    place: ctx.place,
    shortcut: null,
    steps: [
      deploy(
        'Deploy code that writes only rows that hold it',
        `Every insert and update of \`${table.name}\` satisfies \`${check.expression}\`.`,
      ),
      migrationApart('Add the check for new rows; it looks at no old one', 'contract', [add!], null),
      {
        title: 'Find the rows that break it, and mend them',
        phase: 'data',
        sql: [breaking.sql.replace(/;$/, '')],
        together: false,
        code: null,
        backfill: null,
        look: true,
      },
      migrationApart('Validate it without blocking writes', 'contract', [validate!], null),
    ],
    cautions: [],
  }
}

/** A table becomes partitioned: the table that is there becomes the first partition, so that no row is copied. */
export function partitionRecipe(table: Table, by: string, ctx: RecipeContext): Recipe {
  const d = ctx.defaultSchema
  const name = quoteKey(table.key, d)
  const column = /\(\s*"?([^"(),]+)"?/.exec(by)?.[1]?.trim() ?? ''
  const c = quoteIdent(column)
  const [rest, parent] = [
    quoteKey(`${table.schema}.${table.name}_before`, d),
    quoteKey(`${table.schema}.${table.name}_partitioned`, d),
  ]
  const bound = '/* a value above every row that is there */'
  const keys = [...(table.primaryKey ? [table.primaryKey] : []), ...table.uniques]
    .filter((k) => !k.columns.includes(column))
    .map((k) => k.name)
  const range = /^RANGE/i.test(by)
  return {
    kind: 'partition-table',
    title: `Partition \`${table.name}\` by ${by}`,
    place: ctx.place,
    shortcut: null,
    steps: range
      ? [
          migrationApart(
            'Say of the rows that are there where they belong, so that attaching them needs no scan',
            'expand',
            [
              `ALTER TABLE ${name} ADD CONSTRAINT ${quoteIdent(`${table.name}_bound`.slice(0, 60))} CHECK (${c} IS NOT NULL AND ${c} < ${bound}) NOT VALID`,
              `ALTER TABLE ${name} VALIDATE CONSTRAINT ${quoteIdent(`${table.name}_bound`.slice(0, 60))}`,
            ],
            null,
          ),
          migrationApart(
            'Make the partitioned table beside it, with the keys and indexes that it shall have',
            'expand',
            [
              `CREATE TABLE ${parent} (LIKE ${name} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE) PARTITION BY ${by}`,
            ],
            null,
          ),
          {
            title: 'In one transaction, let it take the place of the table, which becomes its first partition',
            phase: 'contract',
            together: true,
            code: null,
            backfill: null,
            sql: [
              'BEGIN',
              "SET LOCAL lock_timeout = '2s'",
              `ALTER TABLE ${name} RENAME TO ${quoteIdent(`${table.name}_before`)}`,
              `ALTER TABLE ${parent} RENAME TO ${quoteIdent(table.name)}`,
              `ALTER TABLE ${name} ATTACH PARTITION ${rest} FOR VALUES FROM (MINVALUE) TO (${bound})`,
              'COMMIT',
            ],
          },
        ]
      : [],
    cautions: [
      `Postgres partitions no table that is there. Copying its rows into a new one (${quoteLiteral('INSERT … SELECT').slice(1, -1)}) loses what running code writes meanwhile; attaching it as a partition does not.`,
      ...(keys.length
        ? [
            `Every primary key and unique constraint has to hold \`${column}\`: \`${keys.join('`, `')}\` can not stay as ${keys.length > 1 ? 'they are' : 'it is'}, and code that relies on ${keys.length > 1 ? 'them' : 'it'} (upserts, foreign keys) has to change first.`,
          ]
        : []),
      `Foreign keys that point at \`${table.name}\` need a key of the partitioned table; a sequence of \`${table.name}\` belongs to its first partition from then on.`,
      ...(ctx.orm === 'prisma'
        ? [
            'Prisma knows no partitions: it sees the table and its partitions as tables; hide these with @@ignore and write the migrations by hand.',
          ]
        : ctx.orm === 'drizzle'
          ? ['Drizzle knows no partitions: declare the partitioned table only, and write the migrations by hand.']
          : []),
    ],
  }
}

function fieldOf(table: Table, column: string): string {
  return fieldName(table.columns.find((c) => c.name === column) ?? { name: column })
}

function nullable(table: Table, key: ForeignKey): boolean {
  return key.columns.some((name) => table.columns.find((c: Column) => c.name === name)?.nullable)
}

function map(name: string, before = ''): string {
  return before ? `${before}map: ${JSON.stringify(name)}` : `(map: ${JSON.stringify(name)})`
}

function camel(name: string): string {
  const of = fieldName({ name: nameOf(`.${name}`) })
  return `${of.slice(0, 1).toLowerCase()}${of.slice(1)}`
}

/** A constraint that is added without a look at the rows, and then validated without blocking writes. */
export function validated(table: string, definition: string, name: string): readonly string[] {
  return [`ALTER TABLE ${table} ADD ${definition}`, `ALTER TABLE ${table} VALIDATE CONSTRAINT ${quoteIdent(name)}`]
}
