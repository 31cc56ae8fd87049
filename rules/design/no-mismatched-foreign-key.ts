import type { Rule } from '../../src/engine/rule.ts'
import { firstRefusal, newForeignKeys, parentOf, referencedColumns } from '../shared/foreign-keys.ts'

export default {
  id: 'no-mismatched-foreign-key',
  severity: 'error',
  summary: 'A foreign key of another type than the column it refers to fails, or cannot hold every value of it.',
  why: `Postgres refuses a foreign key between types that it cannot compare, such as text and uuid. An integer that refers to a bigint is
    accepted, and inserts fail on the day the ids pass 2,147,483,647.`,
  fix: 'Give both columns the same type.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK'],
  sources: ['online_migrations/mismatched_foreign_key_type', 'active_record_doctor/mismatched_foreign_key_type'],
  bad: [
    {
      sql: `
        create table users (id uuid primary key);
        create table orders (id bigint generated always as identity primary key, user_id text references users (id));
        create index on orders (user_id);`,
      message: 'This statement fails: `user_id` is `text`',
    },
    {
      title: 'Narrower than what it refers to.',
      given: `create table users (id bigint primary key);`,
      sql: `
        create table orders (id bigint generated always as identity primary key, user_id integer references users (id));
        create index on orders (user_id);`,
      message: 'ends at 2,147,483,647',
    },
    {
      title: 'Wider is only untidy.',
      given: `create table users (id integer primary key);`,
      sql: `
        create table orders (id bigint generated always as identity primary key, user_id bigint references users (id));
        create index on orders (user_id);`,
      severity: 'info',
    },
    {
      drizzle: {
        before: `import { bigint, index, integer, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name') })\n`,
        after: `import { bigint, index, integer, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name') })\nexport const orders = pgTable('orders', { id: bigint('id', { mode: 'number' }).primaryKey(), userId: integer('user_id').references(() => users.id, { onDelete: 'cascade' }) }, (table) => [index('orders_user_id_idx').on(table.userId)])\n`,
      },
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `
        create table orders (id bigint generated always as identity primary key, user_id bigint references users (id));
        create index on orders (user_id);`,
    },
    {
      title: 'A length does not matter.',
      given: `create table countries (code varchar(2) primary key);`,
      sql: `
        create table cities (id bigint generated always as identity primary key, country text references countries (code));
        create index on cities (country);`,
    },
    {
      title: 'Nothing is known of the table.',
      alone: true,
      sql: `alter table orders add constraint orders_user foreign key (user_id) references users (id) not valid;`,
    },
  ],
  visit: {
    statement({ inside }, ctx) {
      if (inside === 'function') return
      const [, column, referenced, type, wanted] =
        /^key columns "([^"]+)" and "([^"]+)" are of incompatible types: (.+) and (.+)$/.exec(
          firstRefusal(ctx.step, ctx) ?? '',
        ) ?? []
      if (column === undefined) return
      return {
        anySize: true,
        fails: true,
        message: `This statement fails: \`${column}\` is \`${type}\`, and \`${referenced}\`, to which its foreign key refers, is \`${wanted}\`.`,
        help: `Give \`${column}\` the type \`${wanted}\`.`,
      }
    },
    ...newForeignKeys((foreignKey, table, ctx) => {
      const parent = parentOf(foreignKey)
      const own = ctx.after.tables.get(table)
      const other = ctx.after.tables.get(parent)
      for (const [i, name] of referencedColumns(foreignKey, ctx.after).entries()) {
        const column = own?.columns.find((c) => c.name === foreignKey.columns[i])
        const type = column?.type ?? null
        const wanted = other?.columns.find((c) => c.name === name)?.type ?? null
        if (!column || type === null || wanted === null) continue
        const difference = differ(type, wanted)
        if (difference === null) continue
        const to = `\`${ctx.name(parent)}.${name}\` is \`${wanted}\``
        const help = `Give \`${column.name}\` the type \`${wanted}\`.`
        // What migrations say is refused as they run; here the types are those at the end.
        if (difference === 'incomparable' && !ctx.generated) continue
        if (difference === 'incomparable')
          return {
            anySize: true,
            fails: true,
            help,
            message: `The foreign key on \`${column.name}\` fails: it is \`${type}\`, and ${to}.`,
          }
        if (difference === 'narrower')
          return {
            anySize: true,
            help,
            message: `\`${column.name}\` ends at ${type === 'integer' ? '2,147,483,647' : '32,767'}, and ${to}: later rows cannot be referred to.`,
          }
        return {
          severity: difference === 'wider' ? 'info' : 'warning',
          help,
          message: `\`${column.name}\` is \`${type}\`, and ${to}.`,
        }
      }
      return null
    }),
  },
} satisfies Rule

const widths: Readonly<Record<string, number>> = { smallint: 2, integer: 4, bigint: 8 }

const kinds: Readonly<Record<string, string>> = {
  smallint: 'number',
  integer: 'number',
  bigint: 'number',
  numeric: 'number',
  real: 'number',
  'double precision': 'number',
  text: 'text',
  'character varying': 'text',
  character: 'text',
  uuid: 'uuid',
  boolean: 'boolean',
  bytea: 'bytea',
}

/** How two types differ in a foreign key from the first to the second; null where they do not, or where that is not known. */
function differ(from: string, to: string): 'incomparable' | 'narrower' | 'wider' | 'mixed' | null {
  const [a, b] = [from, to].map((type) => type.replace(/\(.*?\)/, '').trim()) as [string, string]
  const [kindA, kindB] = [kinds[a], kinds[b]]
  if (a === b || kindA === undefined || kindB === undefined) return null
  if (kindA !== kindB) return 'incomparable'
  const [widthA, widthB] = [widths[a], widths[b]]
  if (widthA !== undefined && widthB !== undefined) return widthA < widthB ? 'narrower' : 'wider'
  return kindA === 'number' ? 'mixed' : null
}
