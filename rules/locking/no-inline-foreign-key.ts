import type { Rule } from '../../src/engine/rule.ts'
import { key } from '../../src/schema/model.ts'
import { beginsFilled } from '../shared/foreign-keys.ts'
import { sql } from '../shared/sql.ts'

export default {
  id: 'no-inline-foreign-key',
  severity: 'info',
  summary: 'Adding a column with REFERENCES locks both tables, for a moment where the column begins empty.',
  why: `The new column holds only NULL, so Postgres reads no row. It still takes ACCESS EXCLUSIVE on the table and SHARE ROW EXCLUSIVE on the table that
    it refers to, and waits for both: where one of them is busy, all writers queue up behind the other.`,
  fix: 'Set a lock_timeout, so that the statement gives up instead of making everybody wait.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-COLUMN'],
  sources: [
    'squawk/adding-foreign-key-constraint',
    'pgfence/add-column-inline-foreign-key',
    'pgls/addingForeignKeyConstraint',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table users (id bigint primary key); create table orders (id bigint primary key);`,
      sql: `alter table orders add column user_id bigint references users (id);`,
      message: 'locks `orders` and `users`',
    },
  ],
  good: [
    {
      title: 'With a lock_timeout it gives up.',
      given: `create table users (id bigint primary key); create table orders (id bigint primary key);`,
      sql: [
        `set lock_timeout = '3s'; alter table orders add column user_id bigint references users (id);`,
        `create index concurrently orders_user on orders (user_id);`,
      ],
      runner: 'prisma@6',
    },
    {
      sql: `create table users (id bigint generated always as identity primary key); create table orders (id bigint generated always as identity primary key); alter table orders add column user_id bigint references users (id); create index orders_user on orders (user_id);`,
    },
  ],
  visit: {
    addForeignKey({ table, to, inline }, ctx) {
      if (!inline || !to.enforced || ctx.isNew(table)) return
      if (ctx.step && beginsFilled(ctx.step, to.columns[0] ?? '')) return
      const timeout = ctx.steps.some(
        (step) =>
          'VariableSetStmt' in step.statement.node && step.statement.node.VariableSetStmt.name === 'lock_timeout',
      )
      if (timeout) return
      const parent = key(to.references.schema, to.references.table)
      if (parent === table) return
      const set = ctx.step?.transaction.block === true ? `SET LOCAL lock_timeout = '3s';` : `SET lock_timeout = '3s';`
      return {
        message: `Adding \`${to.columns[0] ?? to.name}\` locks \`${ctx.name(table)}\` and \`${ctx.name(parent)}\` at once, and waits for whichever is busy while it holds the other.`,
        help: `No row is read, since the column begins empty. So that it never waits for long:\n${sql(set, `${ctx.step?.statement.text ?? ''};`)}`,
      }
    },
  },
} satisfies Rule
