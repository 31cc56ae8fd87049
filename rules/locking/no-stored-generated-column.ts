import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Key } from '../../src/schema/model.ts'
import { computedByTrigger, plainInstead } from '../shared/computed.ts'
import { builtBy } from '../shared/concurrently.ts'
import { addColumnSql, addEmptyColumnSql, rowsSentence, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-stored-generated-column',
  severity: 'error',
  summary: 'A new stored generated column rewrites the whole table under an exclusive lock.',
  why: `Its value is computed for each row and written down, so the table and all its indexes are written anew while nobody can read or
    write. A virtual generated column (PostgreSQL 18 and later) is computed when it is read and costs nothing to add.`,
  fix: 'Use a virtual generated column, an index on the expression, or a plain column that a trigger fills.',
  references: ['https://www.postgresql.org/docs/current/ddl-generated-columns.html'],
  sources: [
    'eugene/E11',
    'pgfence/add-column-stored-generated',
    'strong_migrations/add_column_generated_stored',
    'diesel-guard/GeneratedColumnCheck',
    'pgsafe/add-column-generated-stored',
    'squawk/adding-field-with-default',
    'pgls/addingFieldWithDefault',
    'pgls/addSerialColumn',
    'eugene/E10',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: true, from: 12 },
  bad: [
    {
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add column domain text generated always as (split_part(email, '@', 2)) stored;`,
      message: 'Computing `domain` rewrites `users`',
    },
    {
      title: 'Another expression for it: every value is computed anew.',
      given: `create table users (id bigint primary key, email text, domain text generated always as (split_part(email, '@', 2)) stored);`,
      sql: `alter table users alter column domain set expression as (lower(split_part(email, '@', 2)));`,
      postgres: 17,
      message: 'Computing `domain` anew rewrites `users`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add column domain text generated always as (split_part(email, '@', 2)) virtual;`,
      postgres: 18,
    },
    {
      title: 'A virtual one is computed when it is read, by whatever expression.',
      given: `create table users (id bigint primary key, email text, domain text generated always as (split_part(email, '@', 2)) virtual);`,
      sql: `alter table users alter column domain set expression as (lower(split_part(email, '@', 2)));`,
      postgres: 18,
    },
    {
      title: 'Without its expression it is a plain column and keeps its values.',
      given: `create table users (id bigint primary key, email text, domain text generated always as (split_part(email, '@', 2)) stored);`,
      sql: `alter table users alter column domain drop expression;`,
      postgres: 14,
    },
    {
      sql: `create table users (id bigint primary key, email text); alter table users add column domain text generated always as (split_part(email, '@', 2)) stored;`,
    },
  ],
  visit: {
    addColumn({ table, to }, ctx) {
      if (to.generated === null || !to.generated.stored || ctx.isNew(table)) return
      const virtual =
        ctx.postgres >= 18
          ? `Compute it when it is read:\n${sql(addColumnSql(table, { ...to, generated: { ...to.generated, stored: false } }, ctx))}`
          : byTrigger(table, to, to.generated.expression, ctx)
      return {
        message: `Computing \`${to.name}\` rewrites \`${ctx.name(table)}\` and all its indexes while nobody can read or write it.`,
        help: `${rowsSentence(table, ctx)}${virtual}`,
      }
    },
    setGenerated({ table, from, to }, ctx) {
      if (!to.generated?.stored || !from.generated?.stored || ctx.isNew(table) || ctx.postgres < 17) return
      return {
        message: `Computing \`${to.name}\` anew rewrites \`${ctx.name(table)}\` and all its indexes while nobody can read or write it.`,
        help: `${rowsSentence(table, ctx)}${plainInstead(table, to, to.generated.expression, ctx)}`,
      }
    },
  },
} satisfies Rule

/** An index on the expression, which serves a search, or a plain column that a trigger fills for rows that are written. */
function byTrigger(table: Key, column: Column, expression: string, ctx: RuleContext): string {
  const method = column.type === 'tsvector' ? ' USING gin' : ''
  const build = `CREATE INDEX CONCURRENTLY ON ${sqlName(table, ctx)}${method} ((${expression}));`
  const index = builtBy(table, [build], ctx, 'Where it serves a search, index the expression instead')
  const computed = computedByTrigger(table, column.name, expression, ctx)
  return computed === null
    ? index
    : `${index}\nWhere the column has to be there, add it plain, and let a trigger fill it in rows that are written:\n${sql(addEmptyColumnSql(table, column, ctx), ...computed)}`
}
