import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Place } from '../../src/location.ts'
import type { Column, Key, Schema } from '../../src/schema/model.ts'
import { columnPlace } from '../shared/columns.ts'
import { inPaths, texts, wrongPath } from '../shared/patterns.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-comment',
  severity: 'warning',
  summary: 'A new table says nowhere what its rows are.',
  why: `The next reader has the names and nothing else. COMMENT ON stays with the table and is shown by every tool; in a Prisma schema a /// comment above
    the model counts as well, in a Drizzle schema a doc comment above the table. With \`columns: true\` each new column has to have one too.`,
  fix: 'Say what a row is, and what it is not, in a COMMENT ON TABLE.',
  references: [
    'https://www.postgresql.org/docs/current/sql-comment.html',
    'https://www.prisma.io/docs/orm/prisma-schema/overview#comments',
  ],
  options: { columns: false, paths: [] },
  checkOption: (_, value) => wrongPath(String(value)),
  enabled: false,
  sources: ['bytebase/table.comment', 'bytebase/column.comment'],
  checklist: 'decisions-documented',
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key);`,
      message: '`users` has no comment',
    },
    {
      options: { columns: true },
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '5s'; alter table users add column score bigint;`,
      message: '`score` has no comment',
    },
    {
      options: { columns: true },
      prisma: {
        before: '/// People who have signed up.\nmodel User {\n  id BigInt @id\n}\n',
        after: '/// People who have signed up.\nmodel User {\n  id    BigInt  @id\n  score BigInt? // points\n}\n',
      },
      message: '`score` has no comment',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable } from 'drizzle-orm/pg-core'\n// Not a doc comment.\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })`,
      },
      message: '`users` has no comment',
    },
  ],
  good: [
    { prisma: { before: '', after: '/// People who have signed up.\nmodel User {\n  id BigInt @id\n}\n' } },
    {
      options: { columns: true },
      drizzle: {
        before: '',
        after: `
          import { bigint, pgTable } from 'drizzle-orm/pg-core'
          /** People who have signed up. */
          export const users = pgTable('users', {
            /** Never reused. */
            id: bigint('id', { mode: 'number' }).primaryKey(),
          })`,
      },
    },
    {
      sql: `create table users (id bigint generated always as identity primary key); comment on table users is 'People who have signed up.';`,
    },
  ],
  visit: {
    *createTable({ table, to, place }, ctx) {
      const after = ctx.after.tables.get(table)
      if (
        !after ||
        to.persistence === 'temporary' ||
        after.partition.of ||
        !inPaths(texts(ctx.options['paths']), place.path)
      )
        return
      if (!isSaid(after) && !isSaid(ctx.declared?.tables.get(table))) {
        yield {
          message: `\`${ctx.name(table)}\` has no comment that says what its rows are.`,
          help: howTo(`COMMENT ON TABLE ${sqlName(table, ctx)} IS 'What one row of it is.';`, 'model', 'table', ctx),
        }
      }
      for (const column of to.columns) yield* silent(column, table, place, ctx)
    },
    *addColumn({ table, to, place }, ctx) {
      yield* silent(to, table, place, ctx)
    },
  },
} satisfies Rule

/** A column that nothing is said of, where the policy is for columns too. */
function* silent(column: Column, table: Key, place: Place, ctx: RuleContext): Iterable<Problem> {
  const find = (schema: Schema | null) => schema?.tables.get(table)?.columns.find((c) => c.name === column.name)
  const now = find(ctx.after)
  if (
    ctx.options['columns'] !== true ||
    !now ||
    isSaid(now) ||
    isSaid(find(ctx.declared)) ||
    !inPaths(texts(ctx.options['paths']), place.path)
  )
    return
  yield {
    place: columnPlace(column, table, ctx) ?? place,
    object: `${table}.${column.name}`,
    message: `\`${column.name}\` has no comment that says what it means.`,
    help: howTo(
      `COMMENT ON COLUMN ${sqlName(table, ctx)}.${ident(column.name)} IS 'What its values mean.';`,
      'field',
      'column',
      ctx,
    ),
  }
}

function isSaid(of: { readonly comment?: string | null; readonly documentation?: string } | undefined): boolean {
  return (of?.comment ?? of?.documentation ?? '') !== ''
}

function howTo(statement: string, prisma: string, drizzle: string, ctx: RuleContext): string {
  if (ctx.project.orm === 'prisma') return `Say it in a \`///\` line above the ${prisma}.`
  return ctx.project.orm === 'drizzle'
    ? `Say it in a doc comment (\`/** */\`) above the ${drizzle}.`
    : `Say it in the same migration:\n${sql(statement)}`
}
