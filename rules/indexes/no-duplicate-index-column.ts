import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-duplicate-index-column',
  severity: 'warning',
  summary: 'A column that stands twice among the keys of an index takes space and finds nothing more.',
  why: 'The second one holds what the first one holds. Mostly another column was meant.',
  fix: 'Name each column once.',
  references: ['https://www.postgresql.org/docs/current/indexes-multicolumn.html'],
  sources: ['bytebase/index.no-duplicate-column'],
  bad: [
    {
      sql: `
        create table orders (id bigint generated always as identity primary key, user_id bigint not null, placed_at timestamptz not null);
        create index orders_user on orders (user_id, placed_at, user_id);`,
      message: '`orders_user` holds `user_id` twice',
    },
  ],
  good: [
    {
      sql: `
        create table orders (id bigint generated always as identity primary key, user_id bigint not null, placed_at timestamptz not null);
        create index orders_user on orders (user_id, placed_at);`,
    },
    {
      title: 'Two operator classes serve two kinds of search.',
      sql: `
        create table users (id bigint generated always as identity primary key, name text not null);
        create index users_name on users (name, name text_pattern_ops);`,
    },
  ],
  visit: {
    addIndex({ index }) {
      const seen = new Set<string>()
      for (const k of index.keys) {
        const what = JSON.stringify([k.column, k.expression, k.opclass, k.collation])
        if (seen.has(what))
          return {
            message: `\`${index.name}\` holds \`${k.column ?? k.expression ?? ''}\` twice.`,
            help: 'Leave the second one out, or name the column that was meant.',
          }
        seen.add(what)
      }
      return null
    },
  },
} satisfies Rule
