import type { Rule } from '../../src/engine/rule.ts'
import { indexColumns } from '../../src/schema/model.ts'

export default {
  id: 'require-index-before-drop',
  severity: 'warning',
  summary: 'Dropping an index before its replacement is built leaves queries without either.',
  why: `From the drop until the new index is built, which takes minutes on a large table, every query that used the old one reads the whole table.`,
  fix: 'Build the new index under another name first, then drop the old one, and rename it where the name matters.',
  references: ['https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY'],
  sources: ['online_migrations/replace_index'],
  bad: [
    {
      given: `create table orders (id bigint primary key, user_id bigint, status text); create index orders_user on orders (user_id);`,
      sql: [
        `drop index concurrently orders_user;`,
        `create index concurrently orders_user_status on orders (user_id, status);`,
      ],
      runner: 'psql',
      message: 'until `orders_user_status` is built',
    },
  ],
  good: [
    {
      given: `create table orders (id bigint primary key, user_id bigint, status text); create index orders_user on orders (user_id);`,
      sql: [
        `create index concurrently orders_user_status on orders (user_id, status);`,
        `drop index concurrently orders_user;`,
      ],
      runner: 'psql',
    },
    {
      title: 'No migration says it yet, so nobody has chosen an order.',
      drizzle: {
        before: `import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'\nexport const posts = pgTable('posts', { id: bigint('id', { mode: 'number' }).primaryKey(), slug: text('slug').notNull() }, (table) => [index('posts_slug').on(table.slug)])`,
        after: `import { bigint, index, pgTable, text } from 'drizzle-orm/pg-core'\nexport const posts = pgTable('posts', { id: bigint('id', { mode: 'number' }).primaryKey(), slug: text('slug').notNull() }, (table) => [index('posts_slug').on(table.slug.desc())])`,
      },
      rows: { posts: 100 },
    },
    {
      title: 'In one transaction nobody sees the time between.',
      given: `create table orders (id bigint primary key, user_id bigint, status text); create index orders_user on orders (user_id);`,
      rows: { orders: 100 },
      sql: `begin; drop index orders_user; create index orders_user_status on orders (user_id, status); commit;`,
      runner: 'psql',
    },
  ],
  visit: {
    dropIndex({ table, name, index }, ctx) {
      const { step } = ctx
      // Of a change that no migration says, nobody has chosen the order.
      if (ctx.generated || step === null || index === null || table === '' || ctx.isNew(table)) return
      const [leading] = indexColumns(index)
      const later = ctx.steps
        .slice(ctx.steps.indexOf(step) + 1)
        .find(
          (other) =>
            other.transaction.id !== step.transaction.id &&
            other.changes.some(
              (change) =>
                change.kind === 'addIndex' &&
                change.table === table &&
                change.index.method === index.method &&
                indexColumns(change.index)[0] === leading,
            ),
        )
      const replacement = later?.changes.find((change) => change.kind === 'addIndex')
      if (replacement?.kind !== 'addIndex') return
      const known = step.after.tables.get(table)
      if (known?.indexes.some((other) => indexColumns(other)[0] === leading && other.where === null)) return
      return {
        place: step.statement.place,
        message: `From here until \`${replacement.index.name}\` is built, no index of \`${ctx.name(table)}\` begins with \`${leading}\`, and queries read the whole table.`,
        help: `Build \`${replacement.index.name}\` first${replacement.index.name === name ? ', under another name' : ''}, and drop \`${name}\` after it.`,
      }
    },
  },
} satisfies Rule
