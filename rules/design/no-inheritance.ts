import type { Rule } from '../../src/engine/rule.ts'
import { listed } from '../shared/query-words.ts'

export default {
  id: 'no-inheritance',
  severity: 'warning',
  summary: 'A table that inherits has the columns of its parent, not its keys, foreign keys and indexes.',
  why: `A unique constraint of the parent does not hold across parent and child, foreign keys to the parent do not see the rows of the child, and a query of the parent reads both
    unless it says ONLY. Declarative partitions do what inheritance was used for.`,
  fix: 'Use a partition, a table of its own with a foreign key, or a column that tells the kinds apart.',
  references: ['https://www.postgresql.org/docs/current/ddl-inherit.html#DDL-INHERIT-CAVEATS'],
  enabled: false,
  sources: [],
  bad: [
    {
      given: `create table places (id bigint primary key, name text not null);`,
      sql: `create table cities (state text, primary key (id)) inherits (places);`,
      message: 'inherits from `places`',
    },
    {
      given: `create table places (id bigint primary key); create table cities (id bigint primary key);`,
      sql: `set lock_timeout = '5s'; alter table cities inherit places;`,
      message: 'inherits from `places`',
    },
  ],
  good: [
    {
      given: `create table places (id bigint primary key) partition by list (id);`,
      sql: `create table cities partition of places for values in (1);`,
    },
    {
      sql: `create table places (id bigint generated always as identity primary key, name text not null);`,
    },
  ],
  visit: {
    createTable({ table, to }, ctx) {
      if (to.inherits.length === 0 || to.partition.of || to.persistence === 'temporary') return null
      return {
        message: said(
          ctx.name(table),
          to.inherits.map((parent) => ctx.name(parent)),
        ),
      }
    },
    addInherit: ({ table, parent }, ctx) => ({ message: said(ctx.name(table), [ctx.name(parent)]) }),
  },
} satisfies Rule

function said(table: string, parents: readonly string[]): string {
  return `\`${table}\` inherits from ${listed(parents)}, whose keys and foreign keys do not hold for its rows.`
}
