import type { Rule } from '../../src/engine/rule.ts'
import { columnPlace } from '../shared/columns.ts'
import { inPaths, texts } from '../shared/patterns.ts'
import { sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-comment',
  severity: 'warning',
  summary: 'A new table says nowhere what its rows are.',
  why: `The next reader has the names and nothing else. COMMENT ON stays with the table and is shown by every tool; in a Prisma schema a /// comment above
    the model counts as well. With \`columns: true\` each new column has to have one too.`,
  fix: 'Say what a row is, and what it is not, in a COMMENT ON TABLE.',
  references: ['https://www.postgresql.org/docs/current/sql-comment.html', 'https://www.prisma.io/docs/orm/prisma-schema/overview#comments'],
  options: { columns: false, paths: [] },
  enabled: false,
  sources: ['bytebase/table.comment'],
  checklist: 'decisions-documented',
  bad: [
    { sql: `create table users (id bigint generated always as identity primary key);`, message: '`users` has no comment' },
    {
      options: { columns: true },
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '5s'; alter table users add column score bigint;`,
      message: '`score` has no comment',
    },
  ],
  good: [
    { sql: `create table users (id bigint generated always as identity primary key); comment on table users is 'People who have signed up.';` },
  ],
  visit: {
    *createTable({ table, to, place }, ctx) {
      const after = ctx.after.tables.get(table)
      if (!after || to.persistence === 'temporary' || after.partition.of || !inPaths(texts(ctx.options['paths']), place.path)) return
      if (after.comment === null && (ctx.declared?.tables.get(table)?.comment ?? null) === null) {
        yield { message: `\`${ctx.name(table)}\` has no comment that says what its rows are.`, help: `Say it in the same migration:\n${sql(`COMMENT ON TABLE ${sqlName(table, ctx)} IS '…';`)}` }
      }
    },
    *addColumn({ table, to, place }, ctx) {
      const now = ctx.after.tables.get(table)?.columns.find((column) => column.name === to.name)
      if (ctx.options['columns'] !== true || !now || now.comment != null || ctx.declared?.tables.get(table)?.columns.find((c) => c.name === to.name)?.comment != null) return
      if (!inPaths(texts(ctx.options['paths']), place.path)) return
      yield { place: columnPlace(to, table, ctx) ?? place, message: `\`${to.name}\` has no comment that says what it means.`, help: `Say it in the same migration:\n${sql(`COMMENT ON COLUMN ${sqlName(table, ctx)}.${to.name} IS '…';`)}` }
    },
  },
} satisfies Rule
