import type { Rule } from '../../src/engine/rule.ts'
import { notNullRecipe, provesNotNull } from '../shared/not-null.ts'

export default {
  id: 'no-primary-key-over-nullable',
  severity: 'warning',
  summary: 'A primary key over a nullable column reads the whole table under an exclusive lock, also with USING INDEX.',
  why: 'The key makes its columns NOT NULL, and Postgres reads every row to see that none is NULL, unless a validated CHECK constraint proves it.',
  fix: 'Make the columns NOT NULL in steps first.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
  ],
  sources: ['eugene/E2', 'eugene/W14', 'pgfence/add-pk-using-index'],
  claims: { lock: 'AccessExclusiveLock', scans: true },
  bad: [
    {
      given: `create table users (id bigint, name text); create unique index users_id on users (id);`,
      sql: `alter table users add constraint users_pkey primary key using index users_id;`,
      message: '`id` may be NULL',
    },
  ],
  good: [
    {
      given: `create table users (id bigint not null, name text); create unique index users_id on users (id);`,
      sql: `alter table users add constraint users_pkey primary key using index users_id;`,
    },
  ],
  visit: {
    addPrimaryKey({ table, to, usingIndex }, ctx) {
      if (usingIndex === null || ctx.isNew(table)) return
      const known = ctx.step?.before.tables.get(table)
      const columns = (known?.columns ?? []).filter(
        (column) =>
          to.columns.includes(column.name) && column.nullable && !(known && provesNotNull(known, column.name)),
      )
      const unknown = ctx.alone && (known === undefined || !known.complete)
      if (columns.length === 0 && !unknown) return
      const nullable = columns.length > 0 ? columns.map((column) => column.name) : to.columns
      const names = columns.map((column) => `\`${column.name}\``).join(', ')
      return {
        ...(columns.length === 0 ? { severity: 'info' as const } : {}),
        message:
          columns.length === 0
            ? `Where a column of the key may be NULL, this reads every row of \`${ctx.name(table)}\` while nobody can read or write it.`
            : `${names} may be NULL, so the key reads every row of \`${ctx.name(table)}\` while nobody can read or write it.`,
        help:
          nullable.length === 0
            ? 'Make its columns NOT NULL first, in steps.'
            : nullable
                .map((column) => `Make \`${column}\` NOT NULL first. ${notNullRecipe(table, column, ctx)}`)
                .join('\n\n'),
      }
    },
  },
} satisfies Rule
