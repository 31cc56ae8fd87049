import type { Rule } from '../../src/engine/rule.ts'
import { byOrm } from '../shared/by-orm.ts'
import { otherTypes } from '../shared/column-type.ts'
import { newColumnsTogether } from '../shared/columns.ts'
import { listed } from '../shared/query-words.ts'

export default {
  id: 'prefer-jsonb',
  severity: 'info',
  summary: 'A json column cannot be compared, so SELECT DISTINCT, GROUP BY and UNION over it fail.',
  why: 'json keeps the text as it came and is parsed on every read; it has no equality and no index. jsonb has all three.',
  fix: 'Use jsonb, unless the exact text has to be kept.',
  references: ['https://www.postgresql.org/docs/current/datatype-json.html'],
  sources: [
    'eugene/E3',
    'pgfence/add-column-json',
    'strong_migrations/add_column_json',
    'diesel-guard/AddJsonColumnCheck',
    'pgsafe/prefer-jsonb',
    'pgls/preferJsonb',
    'schemalint/prefer-jsonb-to-json',
  ],
  bad: [
    {
      sql: `create table events (id bigint generated always as identity primary key, payload json not null);`,
      message: '`payload` cannot be compared',
    },
    {
      prisma: {
        before: '',
        after: 'model Event {\n  id   BigInt @id\n  data Json   @db.Json\n  meta Json   @db.Json\n}\n',
      },
      message: '`data` and `meta` cannot be compared',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, json, pgTable } from 'drizzle-orm/pg-core'\nexport const events = pgTable('events', { id: bigint('id', { mode: 'number' }).primaryKey(), payload: json('payload') })`,
      },
    },
  ],
  good: [{ sql: `create table events (id bigint generated always as identity primary key, payload jsonb not null);` }],
  visit: newColumnsTogether(
    (column) => column.type === 'json' || column.type === 'json[]',
    (columns, table, ctx) => ({
      ...otherTypes(columns, table, ctx, ({ default: value }, { text }) =>
        /\(/.test(value ?? '') ? null : text.replace(/^json/i, 'jsonb'),
      ),
      message: `${listed(columns.map((column) => column.name))} cannot be compared: \`SELECT DISTINCT\`, \`GROUP BY\` and \`UNION\` over ${columns.length > 1 ? 'them' : 'it'} fail.`,
      help: byOrm(ctx, {
        prisma: 'Leave `@db.Json` out: `Json` alone is `jsonb`.',
        drizzle: 'Use `jsonb()`.',
        sql: 'Use `jsonb`.',
      }),
    }),
    true,
  ),
} satisfies Rule
