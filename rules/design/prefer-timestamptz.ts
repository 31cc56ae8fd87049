import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { newColumns } from '../shared/columns.ts'
import { declare } from '../shared/declare.ts'
import { listed } from '../shared/query-words.ts'

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
  visit: newColumns((column, table, ctx) => {
    if (!isLocal(column.type) || wasLocal(table, column.name, ctx)) return null
    if (ctx.project.orm === null) {
      // Said once for a new table, with all of its columns.
      const made = ctx.step?.changes.find((change) => change.kind === 'createTable')
      const all =
        made?.kind === 'createTable' ? made.to.columns.filter((c) => isLocal(c.type)).map((c) => c.name) : [column.name]
      if (all[0] !== column.name) return null
      return {
        message:
          all.length > 1
            ? `${listed(all)} do not say which moment they mean: they have no time zone.`
            : `\`${column.name}\` does not say which moment it means: it has no time zone.`,
        help: 'Use `timestamptz`.',
      }
    }
    if (firstLocal(ctx) !== `${table}.${column.name}`) return null
    const { words, offer } = declare({ kind: 'setType', table, column: column.name, type: 'timestamptz' }, ctx)
    return {
      ...offer,
      severity: 'info',
      message: `\`${column.name}\` does not say which moment it means: it has no time zone.`,
      help: `${ctx.project.orm === 'prisma' ? 'Prisma writes `TIMESTAMP(3)` for `DateTime` unless told otherwise. ' : ''}${words || `Use \`timestamptz\`.`}`.trim(),
    }
  }, true),
} satisfies Rule

function isLocal(type: string | null): boolean {
  return type !== null && /^timestamp(\(\d\))? without time zone(\[\])*$/.test(type)
}

/** True where the column is there already and has no time zone either, so that only its precision changes. */
function wasLocal(table: Key, column: string, ctx: RuleContext): boolean {
  const was = ctx.step?.before.tables.get(table)?.columns.find((c) => c.name === column)
  return isLocal(was?.type ?? null)
}

/** The first such column of the pull request: where an ORM's default is at work it is said once. */
function firstLocal(ctx: RuleContext): string | null {
  for (const change of ctx.steps.flatMap((step) => step.changes)) {
    const columns =
      change.kind === 'createTable'
        ? change.to.columns
        : change.kind === 'addColumn' || change.kind === 'alterColumnType'
          ? [change.to]
          : []
    const found = columns.find((column) => isLocal(column.type))
    if (found && 'table' in change) return `${change.table}.${found.name}`
  }
  return null
}
