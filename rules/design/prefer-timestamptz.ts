import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Key } from '../../src/schema/model.ts'
import { otherTypes, type WrittenType } from '../shared/column-type.ts'
import { newColumnsTogether } from '../shared/columns.ts'
import { declare } from '../shared/declare.ts'
import { inWords, listed } from '../shared/query-words.ts'

export default {
  id: 'prefer-timestamptz',
  severity: 'warning',
  summary: 'A timestamp without time zone does not say which moment it means.',
  why: `It is a date and a time on some wall. Sessions with different time zones read and write different moments with it, and daylight saving makes
    one hour a year ambiguous. timestamptz takes the same eight bytes and is a moment.`,
  fix: 'Use timestamptz, which is stored as a moment and shown in the time zone of the session.',
  references: ['https://www.postgresql.org/docs/current/datatype-datetime.html'],
  sources: [
    'squawk/prefer-timestamp-tz',
    'pgfence/prefer-timestamptz',
    'diesel-guard/TimestampTypeCheck',
    'schemalint/prefer-timestamptz-to-timestamp',
  ],
  bad: [
    {
      sql: `create table orders (id bigint generated always as identity primary key, placed_at timestamp not null);`,
      message: '`placed_at` does not say which moment',
    },
    {
      given: `create table orders (id bigint primary key);`,
      sql: `alter table orders add column placed_at timestamp(3);`,
    },
    {
      sql: `create table orders (id bigint generated always as identity primary key, placed_at timestamp not null, sent_at timestamp);`,
      message: '`placed_at` and `sent_at` do not say',
    },
    {
      title: 'Columns of several tables are told once.',
      sql: `create table orders (id bigint generated always as identity primary key, placed_at timestamp not null, sent_at timestamp);\ncreate table mails (id bigint generated always as identity primary key, sent_at timestamp, read_at timestamp);`,
      message: '`orders.placed_at`, `orders.sent_at`, `mails.sent_at` and `mails.read_at` do not say',
      count: 1,
    },
    {
      title: 'Prisma and Drizzle make a plain timestamp unless told otherwise: said once, as information.',
      runner: 'prisma@6',
      sql: `CREATE TABLE "Order" ("id" TEXT NOT NULL, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL, CONSTRAINT "Order_pkey" PRIMARY KEY ("id"));`,
      severity: 'info',
    },
    {
      prisma: {
        before: 'model orders {\n  id BigInt @id\n}',
        after: 'model orders {\n  id        BigInt   @id\n  placed_at DateTime\n}',
      },
      severity: 'info',
    },
    {
      drizzle: {
        before: `
          import { bigint, pgTable, timestamp } from 'drizzle-orm/pg-core'
          export const orders = pgTable('orders', { id: bigint('id', { mode: 'number' }).primaryKey() })`,
        after: `
          import { bigint, pgTable, timestamp } from 'drizzle-orm/pg-core'
          export const orders = pgTable('orders', {
            id: bigint('id', { mode: 'number' }).primaryKey(),
            placedAt: timestamp('placed_at').notNull(),
          })`,
      },
      severity: 'info',
    },
  ],
  good: [
    {
      title: 'Only the precision changes.',
      given: `create table orders (id bigint primary key, placed_at timestamp(3) not null);`,
      sql: `alter table orders alter column placed_at type timestamp(6);`,
    },
    {
      sql: `create table orders (id bigint generated always as identity primary key, placed_at timestamptz not null);`,
    },
  ],
  visit: newColumnsTogether(
    (column, table, ctx) => isLocal(column.type) && !wasLocal(table, column.name, ctx),
    (columns, table, ctx) => {
      const message =
        columns.length > 1
          ? `${listed(columns.map(({ name }) => name))} do not say which moment they mean: they have no time zone.`
          : `${listed(columns.map(({ name }) => name))} does not say which moment it means: it has no time zone.`
      const [column] = columns
      if (ctx.project.orm === null || column === undefined)
        return { message, help: 'Use `timestamptz`.', ...otherTypes(columns, table, ctx, zoned) }
      const { words, offer } = declare({ kind: 'setType', table, column: column.name, type: 'timestamptz' }, ctx)
      const own = {
        message,
        help: `${ctx.project.orm === 'prisma' ? 'Prisma writes `TIMESTAMP(3)` for `DateTime` unless told otherwise. ' : ''}${words || `Use \`timestamptz\`.`}`.trim(),
        ...offer,
      }
      // An ORM's default is at work everywhere: it is said once.
      return { ...own, severity: 'info' as const, alike: 'default', together: () => own }
    },
    true,
    (columns) => {
      const rest = columns.length > 4 ? columns.slice(3) : []
      const shown = columns.slice(0, columns.length - rest.length).map((column) => `\`${column}\``)
      return {
        message: `${inWords([...shown, ...(rest.length > 0 ? [`${rest.length} more columns`] : [])])} do not say which moment they mean: they have no time zone.`,
        help: rest.length > 0 ? `Use \`timestamptz\`, for ${listed(rest)} too.` : 'Use `timestamptz`.',
      }
    },
  ),
} satisfies Rule

/** Not where the default is the time of some zone without saying so. */
function zoned({ default: value }: Column, { text }: WrittenType): string | null {
  if (/at time zone|timezone\(/i.test(value ?? '')) return null
  return `timestamptz${/\(\d\)/.exec(text)?.[0] ?? ''}${/(?:\[\d*\]|\sarray)+$/i.exec(text)?.[0] ?? ''}`
}

function isLocal(type: string | null): boolean {
  return type !== null && /^timestamp(\(\d\))? without time zone(\[\])*$/.test(type)
}

/** True where the column is there already and has no time zone either, so that only its precision changes. */
function wasLocal(table: Key, column: string, ctx: RuleContext): boolean {
  const was = ctx.step?.before.tables.get(table)?.columns.find((c) => c.name === column)
  return isLocal(was?.type ?? null)
}
