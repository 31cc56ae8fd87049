import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, type Key, type Schema } from '../../src/schema/model.ts'
import { inRanges } from '../shared/batches.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-indexed-function-change',
  severity: 'warning',
  summary: 'An index or generated column keeps what a function gave before it was replaced.',
  why: `Postgres computes an index on an expression and a stored generated column when a row is written, and trusts IMMUTABLE. Nothing is computed again when the function is replaced:
    queries look for the new value among the old ones and miss rows, and a unique index lets equal ones in.`,
  fix: 'Build the index anew after the change, or give the new function another name and index by that.',
  references: [
    'https://www.postgresql.org/docs/current/xfunc-volatility.html',
    'https://www.postgresql.org/docs/current/indexes-expressional.html',
  ],
  sources: [],
  bad: [
    {
      given: `create function norm(t text) returns text language sql immutable as $$ select lower(t) $$; create table users (id bigint primary key, email text); create index users_norm on users (norm(email));`,
      sql: `create or replace function norm(t text) returns text language sql immutable as $$ select lower(trim(t)) $$;`,
      message: '`users_norm` keeps what `norm` gave before',
    },
    {
      title: 'No longer IMMUTABLE.',
      given: `create function norm(t text) returns text language sql immutable as $$ select lower(t) $$; create table users (id bigint primary key, email text, plain text generated always as (norm(email)) stored);`,
      sql: `create or replace function norm(t text) returns text language sql stable as $$ select lower(t) $$;`,
      message: '`users.plain` keeps',
    },
  ],
  good: [
    {
      title: 'It says the same.',
      given: `create function norm(t text) returns text language sql immutable as $$ select lower(t) $$; create table users (id bigint primary key, email text); create index users_norm on users (norm(email));`,
      sql: `create or replace function norm(t text) returns text language sql immutable as $$
        select lower(t)
      $$;`,
    },
    {
      title: 'The index is built anew.',
      given: `create function norm(t text) returns text language sql immutable as $$ select lower(t) $$; create table users (id bigint primary key, email text); create index users_norm on users (norm(email));`,
      sql: [
        `create or replace function norm(t text) returns text language sql immutable as $$ select lower(trim(t)) $$;`,
        `reindex index concurrently users_norm;`,
      ],
      runner: 'psql',
    },
    {
      title: 'Nothing rests on it.',
      given: `create function norm(t text) returns text language sql immutable as $$ select lower(t) $$; create table users (id bigint primary key, email text); create index users_email on users (email);`,
      sql: `create or replace function norm(t text) returns text language sql immutable as $$ select lower(trim(t)) $$;`,
    },
  ],
  visit: {
    createFunction({ object, from, to }, ctx) {
      const same = (text: string | null) => text?.replaceAll(/\s+/g, ' ').trim()
      if (from === null || (same(from.body) === same(to.body) && from.volatility === to.volatility)) return
      const schema = ctx.step?.before ?? ctx.before
      if ((schema.functions.get(object)?.length ?? 0) !== 1) return
      const kept = keptBy(object, schema).filter(({ table, index }) => !ctx.isNew(table) && !rebuilt(index, table))
      if (kept.length === 0) return
      const indexes = kept.filter(({ index }) => index !== null)
      const columns = kept.filter(({ column }) => column !== null)
      const what = kept.map(({ table, index, column }) => `\`${index ?? `${ctx.name(table)}.${column}`}\``).join(', ')
      return {
        anySize: true,
        message: `${what} ${kept.length === 1 ? 'keeps' : 'keep'} what \`${nameOf(object)}\` gave before: rows that were there are not computed again, and queries miss them.`,
        help: [
          indexes.length === 0
            ? null
            : `Build ${indexes.length === 1 ? 'it' : 'them'} anew afterwards${ctx.postgres >= 12 ? `; ${outsideTransaction(ctx, { many: indexes.length > 1, later: true }).how}` : ', when few write: below PostgreSQL 12 writes to the table wait meanwhile'}:\n${sql(...indexes.map(({ table, index }) => `REINDEX INDEX ${ctx.postgres >= 12 ? 'CONCURRENTLY ' : ''}${sqlName(key(schema.tables.get(table)?.schema ?? schema.defaultSchema, index ?? ''), ctx)};`))}`,
          columns.length === 0
            ? null
            : `Any UPDATE of a row computes it again; in batches, after the deploy:\n${sql(...columns.flatMap(({ table, reads }) => touched(table, reads, ctx)))}`,
        ]
          .filter((part) => part !== null)
          .join('\n'),
      }

      function rebuilt(index: string | null, table: Key): boolean {
        if (index === null) return false
        return ctx.steps.some(
          ({ statement: { node }, changes }) =>
            ('ReindexStmt' in node && [index, nameOf(table)].includes(node.ReindexStmt.relation?.relname ?? '')) ||
            changes.some((change) => change.kind === 'dropIndex' && change.name === index),
        )
      }
    },
  },
} satisfies Rule

/** Every row written once, a range of keys at a time; in one statement where the table has no single key. */
function touched(table: Key, column: string, ctx: RuleContext): readonly string[] {
  const [of, name] = [sqlName(table, ctx), ident(column)]
  const head = `UPDATE ${of} SET ${name} = ${name}`
  return inRanges(table, { head, from: of, where: '' }, ctx) ?? [`${head};`]
}

interface Kept {
  readonly table: Key
  readonly index: string | null
  readonly column: string | null
  /** A column of the table that may be written, for a generated one. */
  readonly reads: string
}

/** The indexes and stored generated columns that call a function. */
function keptBy(of: Key, schema: Schema): readonly Kept[] {
  const calls = (text: string | null) =>
    text !== null &&
    new RegExp(`(?<![\\w$])"?${nameOf(of).replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')}"?\\s*\\(`).test(text)
  return [...schema.tables.values()].flatMap((table): readonly Kept[] => [
    ...table.indexes
      .filter((index) => calls(index.where) || index.keys.some((each) => calls(each.expression)))
      .map((index) => ({ table: table.key, index: index.name, column: null, reads: '' })),
    ...table.columns
      .filter(({ generated }) => generated?.stored === true && calls(generated.expression))
      .map((column) => ({
        table: table.key,
        index: null,
        column: column.name,
        reads:
          table.columns.find((each) => each.generated === null && column.generated?.expression.includes(each.name))
            ?.name ?? '',
      })),
  ])
}
