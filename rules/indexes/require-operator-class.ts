import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { ShapedKey } from '../../src/schema/edit/index-words.ts'
import type { Key } from '../../src/schema/model.ts'
import { concurrently } from '../shared/concurrently.ts'
import { indexSpelling } from '../shared/declare.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-operator-class',
  severity: 'error',
  summary: 'An index of a kind that has no operators for the type of its column cannot be created.',
  why: `GIN has no default operator class for text and numbers, GiST has none for most plain types, and B-tree has none for json, point and xml. Postgres
    refuses the statement unless it names a class, or an extension such as btree_gin brings one.`,
  fix: 'Name the operator class, such as gin_trgm_ops for searches in text, or use a B-tree.',
  references: [
    'https://www.postgresql.org/docs/current/indexes-opclass.html',
    'https://www.postgresql.org/docs/current/pgtrgm.html',
  ],
  sources: [],
  claims: { fails: '42704' },
  bad: [
    {
      given: `create table users (id bigint generated always as identity primary key, name text not null);`,
      sql: `create index concurrently users_name on users using gin (name);`,
      message: 'GIN has no operators for `text`',
    },
    {
      sql: `
        create table events (id bigint generated always as identity primary key, payload json not null);
        create index events_payload on events (payload);`,
      message: 'B-tree has no operators for `json`',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'\nexport const posts = pgTable('posts', { id: bigint('id', { mode: 'number' }).primaryKey(), body: text('body').notNull() }, (table) => [index('posts_body_idx').using('gin', table.body)])\n`,
      },
    },
  ],
  good: [
    {
      given: `create table users (id bigint generated always as identity primary key, name text not null);`,
      sql: [
        `create extension if not exists pg_trgm;`,
        `create index concurrently users_name on users using gin (name gin_trgm_ops);`,
      ],
    },
    {
      sql: `create table events (id bigint generated always as identity primary key, payload jsonb not null); create index events_payload on events using gin (payload);`,
    },
    {
      title: 'An extension brings the class.',
      given: `create extension btree_gin; create table users (id bigint generated always as identity primary key, org_id bigint not null, tags text[] not null);`,
      sql: `create index concurrently users_org_tags on users using gin (org_id, tags);`,
    },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      const now = (ctx.step?.after ?? ctx.after).tables.get(table)
      if (ctx.alone || !(ctx.step?.after ?? ctx.after).complete) return null
      for (const k of index.keys) {
        const type =
          k.opclass === null ? now?.columns.find((c) => c.name === k.column)?.type?.replace(/\(.*?\)/, '') : undefined
        if (type === undefined || !lacks(index.method, type, ctx)) continue
        const method = names[index.method] ?? index.method
        return {
          anySize: true,
          fails: true,
          message: `\`${index.name}\` cannot be created: ${method} has no operators for \`${type}\`, the type of \`${k.column ?? ''}\`.`,
          help:
            index.method === 'gin' && (type === 'text' || type === 'character varying')
              ? searchable(table, index.name, k.column ?? '', ctx)
              : type === 'json'
                ? 'Make the column `jsonb` and the index `USING gin`, or index the expression that is searched.'
                : 'Use a B-tree, or name an operator class.',
        }
      }
      return null
    },
  },
} satisfies Rule

/** An index of trigrams and one of words, each with what the ORM's schema says for it. */
function searchable(table: Key, name: string, column: string, ctx: RuleContext): string {
  const start = `CREATE INDEX ${concurrently(table, ctx)}${ident(name)} ON ${sqlName(table, ctx)} USING gin`
  const trigrams = (ctx.step?.before ?? ctx.before).extensions.has('pg_trgm')
    ? []
    : ['CREATE EXTENSION IF NOT EXISTS pg_trgm;']
  const words = `to_tsvector('simple', ${ident(column)})`
  const spelled = (key: ShapedKey) => indexSpelling(table, { name, method: 'gin', keys: [key] }, ctx)
  return `For searches with LIKE:\n${sql(...trigrams, `${start} (${ident(column)} gin_trgm_ops);`)}${spelled({ column, expression: null, opclass: 'gin_trgm_ops' })}\nfor words:\n${sql(`${start} (${words});`)}${spelled({ column: null, expression: words })}`
}

const names: Readonly<Record<string, string>> = { btree: 'B-tree', gin: 'GIN', gist: 'GiST' }

const plain = new Set([
  'text',
  'character varying',
  'character',
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'uuid',
  'boolean',
  'date',
  'timestamp with time zone',
  'timestamp without time zone',
  'bytea',
])

/** True where the type is known to have no default operator class for the method, with the extensions that are there. */
function lacks(method: string, type: string, ctx: RuleContext): boolean {
  const extensions = (ctx.step?.after ?? ctx.after).extensions
  if (method === 'btree') return type === 'json' || type === 'point' || type === 'xml'
  if (method === 'gin') return (plain.has(type) || type === 'json') && !extensions.has('btree_gin')
  return method === 'gist' && plain.has(type) && !extensions.has('btree_gist')
}
