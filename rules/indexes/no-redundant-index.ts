import type { Rule } from '../../src/engine/rule.ts'
import type { Index, Table } from '../../src/schema/model.ts'
import { builtBy, dropConcurrently } from '../shared/concurrently.ts'
import { indexesOf, type UsableIndex } from '../shared/index-prefix.ts'
import { declare } from '../shared/declare.ts'

export default {
  id: 'no-redundant-index',
  severity: 'warning',
  summary: 'An index that another index serves as well only slows down writes.',
  why: `Every index is written with every INSERT and most UPDATEs, and takes memory from the others. One whose columns lead another index, or
    that a primary key or unique constraint has already, answers no query that the other does not answer.`,
  fix: 'Leave the index out, or drop it where it is there already.',
  references: [
    'https://www.postgresql.org/docs/current/indexes-multicolumn.html',
    'https://www.postgresql.org/docs/current/indexes-unique.html',
  ],
  sources: ['active_record_doctor/extraneous_indexes', 'bytebase/index.not-redundant'],
  checklist: 'query-patterns-before-indexes',
  bad: [
    {
      title: 'The unique index comes later, and stays.',
      sql: `create table settings (id bigint generated always as identity primary key, team_id bigint not null); create index settings_team on settings (team_id); create unique index settings_team_key on settings (team_id);`,
      message: '`settings_team` is redundant: `settings_team_key` indexes the same',
    },
    {
      sql: `
        create table users (id uuid primary key, email text unique not null);
        create index idx_users_email on users (email);`,
      message: '`idx_users_email` is redundant',
    },
    {
      title: 'Its column leads another index.',
      given: `create table orders (id bigint primary key, user_id bigint, created_at timestamptz);`,
      sql: `
        create index orders_user on orders (user_id);
        create index orders_user_created on orders (user_id, created_at);`,
    },
    {
      prisma: {
        before: `
          model users {
            id BigInt @id
          }`,
        after: `
          model users {
            id    BigInt @id
            email String @unique

            @@index([email])
          }`,
      },
      message: '`users_email_idx` is redundant',
    },
    {
      drizzle: {
        before: `
          import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })`,
        after: `
          import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'
          export const users = pgTable('users', {
            id: bigint('id', { mode: 'number' }).primaryKey(),
            email: text('email').notNull().unique(),
            name: text('name').notNull(),
          }, (table) => [
            index('users_name_idx').on(table.name),
            index('users_email_idx').on(table.email),
          ])`,
      },
      message: '`users_email_idx` is redundant',
    },
  ],
  good: [
    {
      sql: `
        create table orders (id bigint primary key, user_id bigint, created_at timestamptz);
        create index orders_user_created on orders (user_id, created_at);
        create index orders_created on orders (created_at);`,
    },
    {
      title: 'A partial index is smaller, and a unique one forbids something.',
      sql: `
        create table orders (id bigint primary key, user_id bigint, number int, done boolean not null);
        create index orders_user on orders (user_id, number);
        create index orders_open on orders (user_id) where not done;
        create unique index orders_number on orders (user_id);`,
    },
    {
      title: 'Another operator class serves other queries.',
      sql: `
        create table users (id bigint primary key, email text unique not null);
        create index users_email_like on users (email text_pattern_ops);`,
    },
  ],
  visit: {
    addIndex({ table, index }, ctx) {
      const after = ctx.after.tables.get(table)
      const final = after?.indexes.find((i) => i.name === index.name)
      if (!after || !final || final.unique || final.method !== 'btree') return
      const other = indexesOf(after).find(
        (candidate) =>
          candidate.name !== final.name && covers(candidate, final, after) && isKept(candidate, final, after),
      )
      if (!other) return
      const same = other.columns.length === final.keys.length
      const what =
        other.of === 'primaryKey'
          ? `the primary key \`${other.name}\``
          : other.of === 'unique'
            ? `the unique constraint \`${other.name}\``
            : `\`${other.name}\``
      const { words, offer } = declare({ kind: 'dropIndex', table, name: index.name }, ctx)
      return {
        ...offer,
        message: `\`${index.name}\` is redundant: ${what} ${same ? 'indexes the same' : 'begins with the same columns'}, and each write to \`${ctx.name(table)}\` pays for both.`,
        help:
          ctx.isNew(table) || ctx.step?.before.tables.get(table)?.indexes.every((i) => i.name !== index.name)
            ? words || `Leave \`${index.name}\` out.`
            : `${words}${builtBy(table, [dropConcurrently(table, index.name, ctx)], ctx, words === '' ? 'Drop it' : '')}`,
      }
    },
  },
} satisfies Rule

/** True where `candidate` answers all that `index` answers: same leading keys, order and collation, not partial. */
function covers(candidate: UsableIndex, index: Index, table: Table): boolean {
  if (candidate.method !== 'btree' || candidate.where !== index.where || candidate.columns.length < index.keys.length)
    return false
  if (index.include.length > 0) return false
  return index.keys.every((key, i) => {
    const other = candidate.index?.keys[i]
    if (!other) {
      return (
        candidate.columns[i] === key.column &&
        key.column !== null &&
        key.opclass === null &&
        key.collation === null &&
        (index.keys.length === 1 || (!key.descending && !key.nullsFirst)) &&
        table.columns.some((c) => c.name === key.column)
      )
    }
    return (
      other.column === key.column &&
      other.expression === key.expression &&
      other.opclass === key.opclass &&
      other.collation === key.collation &&
      other.descending === key.descending &&
      other.nullsFirst === key.nullsFirst
    )
  })
}

/** Of two equal indexes the one that is created later is the redundant one, and never the one that keeps values unique. */
function isKept(candidate: UsableIndex, index: Index, table: Table): boolean {
  const names = table.indexes.map(({ name }) => name)
  return (
    candidate.columns.length > index.keys.length ||
    candidate.of !== 'index' ||
    candidate.index?.unique === true ||
    names.indexOf(index.name) > names.indexOf(candidate.name)
  )
}
