import type { Rule } from '../../src/engine/rule.ts'
import { checkedAlone, constrainedDomain } from '../shared/domains.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-constrained-domain-column',
  severity: 'error',
  summary: 'A new column whose type is a domain with a constraint rewrites the whole table, even without a default.',
  why: `Postgres has to see that NULL satisfies the domain, and does it by writing every row and every index anew under an ACCESS EXCLUSIVE
    lock.`,
  fix: 'Use the base type of the domain and a CHECK constraint that is added NOT VALID and validated later.',
  references: ['https://www.postgresql.org/docs/current/sql-createdomain.html'],
  sources: [],
  claims: { lock: 'AccessExclusiveLock', rewrites: true, to: 18 },
  bad: [
    {
      given: `create domain email as text check (value like '%@%'); create table users (id bigint primary key);`,
      sql: `alter table users add column address email;`,
      message: 'rewrites `users`',
    },
  ],
  good: [
    {
      given: `create domain label as text; create table users (id bigint primary key);`,
      sql: `alter table users add column name label;`,
    },
    {
      given: `create domain email as text check (value like '%@%');`,
      sql: `create table users (id bigint primary key); alter table users add column address email;`,
    },
  ],
  visit: {
    addColumn({ table, to }, ctx) {
      const domain = ctx.isNew(table) ? null : constrainedDomain(to.type, ctx)
      if (domain === null) return
      return {
        message: `Adding \`${to.name}\` rewrites \`${ctx.name(table)}\` and all its indexes, because its type \`${domain.name}\` has a constraint that is checked for each row.`,
        help: `Use the base type, and check it without locking:\n${sql(
          `ALTER TABLE ${sqlName(table, ctx)} ADD COLUMN ${ident(to.name)} ${domain.base ?? 'the base type'};`,
          ...checkedAlone(table, to.name, domain, ctx),
        )}`,
      }
    },
  },
} satisfies Rule
