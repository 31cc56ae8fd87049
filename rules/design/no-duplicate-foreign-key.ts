import type { Rule } from '../../src/engine/rule.ts'
import { newForeignKeys, parentOf, same } from '../shared/foreign-keys.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-duplicate-foreign-key',
  severity: 'warning',
  summary: 'A second foreign key with the same columns and the same target is checked twice for each row.',
  why: 'Every insert and update looks the parent up once for each of them, and of their ON DELETE actions the one that comes first by name of its trigger decides.',
  fix: 'Keep one of the two, the one whose ON DELETE is meant.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint constraint orders_user references users (id)); create index on orders (user_id);`,
      sql: `
        set lock_timeout = '5s';
        alter table orders add constraint orders_buyer foreign key (user_id) references users (id) not valid;`,
      message: '`orders_buyer` repeats `orders_user`',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, foreignKey, index, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name') })\nexport const orders = pgTable('orders', { id: bigint('id', { mode: 'number' }).primaryKey(), userId: bigint('user_id', { mode: 'number' }).references(() => users.id, { onDelete: 'cascade' }) }, (table) => [index('orders_user_id_idx').on(table.userId), foreignKey({ columns: [table.userId], foreignColumns: [users.id], name: 'orders_user_fk' }).onDelete('cascade')])\n`,
      },
    },
  ],
  good: [
    {
      title: 'Two columns with the same target.',
      sql: `
        create table users (id bigint generated always as identity primary key);
        create table orders (id bigint generated always as identity primary key, buyer_id bigint references users (id), seller_id bigint references users (id));
        create index on orders (buyer_id);
        create index on orders (seller_id);`,
    },
    {
      title: 'One takes the place of the other.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key, user_id bigint constraint orders_user references users (id)); create index on orders (user_id);`,
      sql: [
        `set lock_timeout = '5s'; alter table orders add constraint orders_buyer foreign key (user_id) references users (id) on delete cascade not valid;`,
        `set lock_timeout = '5s'; alter table orders validate constraint orders_buyer;`,
        `set lock_timeout = '5s'; alter table orders drop constraint orders_user;`,
      ],
      unproven: 'others speak of the constraint that is dropped',
    },
  ],
  visit: newForeignKeys((foreignKey, table, ctx) => {
    const all = ctx.after.tables.get(table)?.foreignKeys ?? []
    const at = all.findIndex((f) => f.name === foreignKey.name)
    const twin = all.find(
      (f, i) =>
        i < at &&
        f.clientOnly !== true &&
        same(f.columns, foreignKey.columns) &&
        parentOf(f) === parentOf(foreignKey) &&
        same(f.references.columns, foreignKey.references.columns),
    )
    if (!twin) return null
    return {
      message: `\`${foreignKey.name}\` repeats \`${twin.name}\`: every write to \`${ctx.name(table)}\` looks the same row up twice.`,
      help: `Leave it out, or drop the other one:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} DROP CONSTRAINT ${ident(twin.name)};`)}`,
    }
  }),
} satisfies Rule
