import type { Rule } from '../../src/engine/rule.ts'
import { byOrm } from '../shared/by-orm.ts'
import { otherTypes } from '../shared/column-type.ts'
import { newColumnsTogether } from '../shared/columns.ts'
import { listed } from '../shared/query-words.ts'

export default {
  id: 'no-nullable-boolean',
  severity: 'info',
  summary: 'A nullable boolean has three values, and WHERE NOT finds only one of the two that are not true.',
  why: 'NULL is neither true nor false: `WHERE NOT active` leaves out the rows where nobody has said, and code that asks for false misses them.',
  fix: 'Make it NOT NULL with a default, or use an enum where there really are three states.',
  references: ['https://www.postgresql.org/docs/current/functions-comparison.html'],
  sources: [],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key, active boolean);`,
      message: '`active` has three values',
    },
    {
      prisma: { before: '', after: 'model User {\n  id     BigInt   @id\n  active Boolean?\n  banned Boolean?\n}\n' },
      message: '`active` and `banned` have three values',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, boolean, pgTable } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), active: boolean('active') })`,
      },
    },
  ],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key, active boolean not null default true);`,
    },
    {
      title: 'A comment says what NULL means.',
      prisma: {
        before: '',
        after: 'model User {\n  id       BigInt   @id\n  /// null until asked\n  consents Boolean?\n}\n',
      },
    },
    {
      sql: `create table users (id bigint generated always as identity primary key, consents boolean); comment on column users.consents is 'null until asked';`,
    },
  ],
  visit: newColumnsTogether(
    (column, table, ctx) => {
      const now = ctx.after.tables.get(table)?.columns.find((c) => c.name === column.name)
      const declared = ctx.declared?.tables.get(table)?.columns.find((c) => c.name === column.name)
      return (
        column.type === 'boolean' &&
        column.nullable &&
        column.generated === null &&
        now?.nullable !== false &&
        !now?.comment &&
        !declared?.documentation
      )
    },
    (columns, table, ctx) => ({
      ...otherTypes(columns, table, ctx, ({ default: value }, { text, inTable }) =>
        inTable && value !== null ? `${text} NOT NULL` : null,
      ),
      message: `${listed(columns.map((column) => column.name))} ${columns.length > 1 ? 'have' : 'has'} three values: true, false and unknown.`,
      help: `Make ${columns.length > 1 ? 'them' : 'it'} ${byOrm(
        ctx,
        columns.every((column) => column.default !== null)
          ? { prisma: '`Boolean`, without `?`', drizzle: '`.notNull()`', sql: '`NOT NULL`' }
          : {
              prisma: '`Boolean @default(false)`',
              drizzle: '`.notNull().default(false)`',
              sql: '`NOT NULL DEFAULT false`',
            },
      )}, or say in a comment what NULL means.`,
    }),
    true,
  ),
} satisfies Rule
