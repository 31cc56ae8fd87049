import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Index, Key, Table } from '../../src/schema/model.ts'
import { builtBy, dropConcurrently } from '../shared/concurrently.ts'
import { indexesOf, type UsableIndex } from '../shared/index-prefix.ts'
import { declare } from '../shared/declare.ts'
import { listed } from '../shared/query-words.ts'

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
      title: 'Those of one table are told together.',
      sql: `
        create table users (id bigint generated always as identity primary key, email text not null unique, name text not null unique);
        create unique index users_email on users (email);
        create unique index users_name on users (name);`,
      message: '`users_email` repeats the unique constraint `users_email_key`, `users_name` repeats',
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
      const repeated = repeatedIn(table, ctx)
      const [first, ...more] = repeated
      // Those of one table are told together, at the first of them.
      if (!first || first.name !== index.name) return
      const drops = repeated.filter(({ twin }) => twin.of === 'index' && !ctx.isNew(table))
      return {
        ...(more.length === 0 ? declare({ kind: 'dropIndex', table, name: index.name }, ctx).offer : {}),
        message: `${repeated.map(({ name, twin }) => `\`${name}\` repeats ${shown(twin)}`).join(', ')}, and each write to \`${ctx.name(table)}\` pays for ${more.length === 0 ? 'both' : 'all of them'}.`,
        help: `Leave ${listed(repeated.map(({ name }) => name))} out${
          drops.length > 0
            ? `, or ${builtBy(
                table,
                drops.map(({ twin }) => dropConcurrently(table, twin.name, ctx)),
                ctx,
                `drop ${drops.length > 1 ? 'the others' : 'the other one'}`,
              )}`
            : '.'
        }`,
      }
    },
  },
} satisfies Rule

interface Repeated {
  readonly name: string
  readonly twin: UsableIndex
}

/** The new indexes of a table that repeat another one, in the order in which they are made. */
function repeatedIn(table: Key, ctx: RuleContext): readonly Repeated[] {
  const after = ctx.after.tables.get(table)
  if (!after) return []
  const made = ctx.steps
    .flatMap(({ changes }) => changes)
    .flatMap((change) => (change.kind === 'addIndex' && change.table === table ? [change.index.name] : []))
  return [...new Set(made)].flatMap((name) => {
    const final = after.indexes.find((each) => each.name === name)
    if (!final || (!final.unique && final.method === 'btree')) return []
    const twin = indexesOf(after).find((other) => other.name !== name && repeats(other, final, after))
    return twin ? [{ name, twin }] : []
  })
}

function shown(twin: UsableIndex): string {
  if (twin.of === 'index') return `\`${twin.name}\``
  return `the ${twin.of === 'primaryKey' ? 'primary key' : 'unique constraint'} \`${twin.name}\``
}

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
