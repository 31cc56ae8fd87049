import type { Rule } from '../../src/engine/rule.ts'
import type { Index, Table } from '../../src/schema/model.ts'
import { indexesOf, type UsableIndex } from '../shared/index-prefix.ts'
import { declare } from '../shared/declare.ts'
import { ident, sql } from '../shared/sql.ts'

export default {
  id: 'no-duplicate-index',
  severity: 'warning',
  summary: 'A unique index, or one of another kind than B-tree, that repeats an index that is there.',
  why: 'Both are written with every row and hold the same entries. A unique constraint has a unique index of its own, and so has a primary key.',
  fix: 'Keep one of the two, mostly that of the constraint.',
  references: ['https://www.postgresql.org/docs/current/indexes-unique.html'],
  sources: ['splinter/0009_duplicate_index'],
  checklist: 'query-patterns-before-indexes',
  bad: [
    {
      sql: `
        create table users (id bigint generated always as identity primary key, email text not null unique);
        create unique index users_email on users (email);`,
      message: '`users_email` repeats the unique constraint `users_email_key`',
    },
    {
      sql: `
        create table posts (id bigint generated always as identity primary key, tags text[] not null);
        create index posts_tags on posts using gin (tags);
        create index posts_tags_search on posts using gin (tags);`,
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), city: text('city') }, (table) => [uniqueIndex('a').on(table.city), uniqueIndex('b').on(table.city)])\n`,
      },
    },
  ],
  good: [
    {
      title: 'Unique in two senses.',
      sql: `
        create table users (id bigint generated always as identity primary key, email text not null unique);
        create unique index users_email_lower on users (lower(email));`,
    },
    {
      title: 'Another operator class.',
      sql: `
        create table posts (id bigint generated always as identity primary key, data jsonb not null);
        create index posts_data on posts using gin (data);
        create index posts_data_paths on posts using gin (data jsonb_path_ops);`,
    },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      const after = ctx.after.tables.get(table)
      const final = after?.indexes.find((i) => i.name === index.name)
      if (!after || !final || (!final.unique && final.method === 'btree')) return
      const twin = indexesOf(after).find((other) => other.name !== final.name && repeats(other, final, after))
      if (!twin) return
      const what =
        twin.of === 'primaryKey'
          ? `the primary key \`${twin.name}\``
          : twin.of === 'unique'
            ? `the unique constraint \`${twin.name}\``
            : `\`${twin.name}\``
      return {
        ...declare({ kind: 'dropIndex', table, name: index.name }, ctx).offer,
        message: `\`${index.name}\` repeats ${what}, and each write to \`${ctx.name(table)}\` pays for both.`,
        help: `Leave \`${index.name}\` out${twin.of === 'index' && !ctx.isNew(table) ? `, or drop the other one:\n${sql(`DROP INDEX CONCURRENTLY ${ident(twin.name)};`)}` : '.'}`,
      }
    },
  },
} satisfies Rule

/** True for an index with the same entries that was there first. */
function repeats(other: UsableIndex, index: Index, table: Table): boolean {
  if (
    other.method !== index.method ||
    other.where !== index.where ||
    other.unique !== index.unique ||
    other.columns.length !== index.keys.length
  )
    return false
  if (!other.index) {
    const nulls = table.uniques.find((u) => u.name === other.name)?.nullsNotDistinct ?? false
    return (
      nulls === index.nullsNotDistinct &&
      index.include.length === 0 &&
      index.keys.every(
        (k, i) => k.column !== null && k.column === other.columns[i] && k.opclass === null && k.collation === null,
      )
    )
  }
  const names = table.indexes.map((i) => i.name)
  const { keys, include } = other.index
  return (
    names.indexOf(other.name) < names.indexOf(index.name) &&
    other.index.nullsNotDistinct === index.nullsNotDistinct &&
    include.join() === index.include.join() &&
    index.keys.every(
      (k, i) =>
        keys[i]?.column === k.column &&
        keys[i]?.expression === k.expression &&
        keys[i]?.opclass === k.opclass &&
        keys[i]?.collation === k.collation,
    )
  )
}
