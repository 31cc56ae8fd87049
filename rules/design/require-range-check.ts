import type { Rule } from '../../src/engine/rule.ts'
import type { Column, Key, Table } from '../../src/schema/model.ts'
import type { RuleContext } from '../../src/engine/rule.ts'
import { commentBeside, newColumnsTogether } from '../shared/columns.ts'
import { snake } from '../shared/names.ts'
import { listed } from '../shared/query-words.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-range-check',
  severity: 'info',
  summary: 'A quantity, price, percentage or period that nothing keeps in its range takes values that mean nothing.',
  why: `A quantity of -3, 250 percent or an event that ends before it begins is stored without an error, and totals and calendars are wrong from then on. Code checks it
    in one place and imports, jobs and the console go past it. A CHECK holds for all of them; where such values do mean something it would be in the way.`,
  fix: 'Add a CHECK with the range.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS'],
  sources: [],
  bad: [
    {
      sql: `create table items (id bigint generated always as identity primary key, quantity integer not null, unit_price numeric(10, 2) not null, discount_percent smallint not null default 0);`,
      message: 'Nothing keeps `quantity`, `unit_price` and `discount_percent` in range',
    },
    {
      given: `create table events (id bigint primary key, starts_at timestamptz not null);`,
      sql: `set lock_timeout = '5s'; alter table events add column ends_at timestamptz;`,
      message: 'before `starts_at`',
    },
    {
      prisma: { before: '', after: 'model Item {\n  id BigInt @id\n  quantity Int\n}\n' },
      sql: `CREATE TABLE "Item" ("id" BIGINT NOT NULL, "quantity" INTEGER NOT NULL, CONSTRAINT "Item_pkey" PRIMARY KEY ("id"));`,
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, integer, pgTable } from 'drizzle-orm/pg-core'\nexport const items = pgTable('items', { id: bigint('id', { mode: 'number' }).primaryKey(), quantity: integer('quantity').notNull() })`,
      },
      sql: `CREATE TABLE "items" ("id" bigint PRIMARY KEY NOT NULL, "quantity" integer NOT NULL);`,
    },
  ],
  good: [
    {
      sql: `
        create table items (
          id bigint generated always as identity primary key, quantity integer not null check (quantity > 0), discount_percent smallint not null default 0 check (discount_percent between 0 and 100),
          starts_at timestamptz not null, ends_at timestamptz, check (starts_at < ends_at));`,
    },
    {
      title: 'A comment says that it may be negative.',
      sql: `create table holdings (\n  id bigint generated always as identity primary key,\n  quantity bigint not null -- negative for a short position\n);`,
    },
    {
      title: 'An amount may be negative, and a period may be a range.',
      sql: `create table bookings (id bigint generated always as identity primary key, amount numeric(12, 2) not null, balance bigint not null, during tstzrange not null);`,
    },
    {
      drizzle: {
        before: '',
        after: `
          import { sql } from 'drizzle-orm'
          import { bigint, check, integer, pgTable } from 'drizzle-orm/pg-core'
          export const items = pgTable('items', { id: bigint('id', { mode: 'number' }).primaryKey(), quantity: integer('quantity').notNull() }, (table) => [check('items_quantity_check', sql\`\${table.quantity} > 0\`)])`,
      },
      sql: `CREATE TABLE "items" ("id" bigint PRIMARY KEY NOT NULL, "quantity" integer NOT NULL, CONSTRAINT "items_quantity_check" CHECK ("items"."quantity" > 0));`,
    },
    {
      title: 'A log keeps what it was told.',
      sql: `create table price_logs (id bigint generated always as identity primary key, unit_price numeric(10, 2) not null);`,
    },
  ],
  visit: newColumnsTogether(
    (column, table, ctx) => rangeOf(column, table, ctx) !== null,
    (columns, table, ctx) => {
      const ranges = columns.map((column) => rangeOf(column, table, ctx)).filter((range) => range !== null)
      const pairs = ranges.flatMap((range) =>
        range.after === undefined ? [] : [`\`${range.column}\` may come before \`${range.after}\``],
      )
      const numbers = ranges.flatMap((range) => (range.after === undefined ? [range.column] : []))
      const message = [...(numbers.length > 0 ? [`Nothing keeps ${listed(numbers)} in range`] : []), ...pairs].join(
        ', and ',
      )
      return {
        message: `${message}.`,
        help: `Unless such values mean something, refuse them:\n${sql(...ranges.map(({ check }) => `ALTER TABLE ${sqlName(table, ctx)} ADD CHECK (${check})${ctx.isNew(table) ? '' : ' NOT VALID'};`))}`,
      }
    },
  ),
} satisfies Rule

interface Range {
  readonly column: string
  readonly check: string
  /** The column that it has to come after. */
  readonly after?: string
}

/** Ends of a period with their beginnings: `ends_at` with `starts_at`, `valid_until` with `valid_from`. */
const periods: readonly (readonly [end: RegExp, begin: string])[] = [
  [/^(.*_)?ends_(at|on)$/, '$1starts_$2'],
  [/^(.*_)?end_(date|time|at)$/, '$1start_$2'],
  [/^(.*_)?valid_(?:to|until)$/, '$1valid_from'],
]

function rangeOf(column: Column, table: Key, ctx: RuleContext): Range | null {
  const now = ctx.after.tables.get(table)
  if (
    !now?.complete ||
    /(?:^|_)(?:log|audit|history|archive|snapshot|staging|import|raw)s?(?:_|$)/.test(snake(now.name)) ||
    column.generated !== null
  )
    return null
  const range = ofNumber(column) ?? ofPeriod(column, now)
  return range === null ||
    /\b(?:negative|minus|below (?:0|zero))\b|[<-]\s?0\b/i.test(commentBeside(column, table, ctx)) ||
    now.checks.some((check) => check.expression.split(/[^\w$]+/).includes(column.name))
    ? null
    : range
}

function ofNumber(column: Column): Range | null {
  if (
    !/^(?:smallint|integer|bigint|numeric|real|double precision)/.test(column.type ?? '') ||
    column.type?.endsWith('[]')
  )
    return null
  const name = snake(column.name)
  if (/(?:^|_)(?:percent|percentage)$/.test(name))
    return { column: column.name, check: `${ident(column.name)} BETWEEN 0 AND 100` }
  return /^(?:quantity|qty|stock|seats)$|_(?:quantity|qty)$|^(?:unit_|base_|list_|sale_)?price(?:_cents|_in_cents)?$/.test(
    name,
  )
    ? { column: column.name, check: `${ident(column.name)} >= 0` }
    : null
}

function ofPeriod(column: Column, table: Table): Range | null {
  const name = snake(column.name)
  const [end, begin] = periods.find(([pattern]) => pattern.test(name)) ?? []
  const first =
    end && begin !== undefined
      ? table.columns.find((other) => snake(other.name) === name.replace(end, begin))
      : undefined
  // What begins and ends at one time of day goes past midnight.
  if (!first || first.type !== column.type || !/^(?:timestamp|date)/.test(column.type ?? '')) return null
  return { column: column.name, after: first.name, check: `${ident(first.name)} <= ${ident(column.name)}` }
}
