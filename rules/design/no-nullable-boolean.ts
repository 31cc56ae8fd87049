import type { Rule } from '../../src/engine/rule.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'no-nullable-boolean',
  severity: 'info',
  summary: 'A nullable boolean has three values, and WHERE NOT finds only one of the two that are not true.',
  why: 'NULL is neither true nor false: `WHERE NOT active` leaves out the rows where nobody has said, and code that asks for false misses them.',
  fix: 'Make it NOT NULL with a default, or use an enum where there really are three states.',
  references: ['https://www.postgresql.org/docs/current/functions-comparison.html'],
  sources: [],
  bad: [{ sql: `create table users (id bigint generated always as identity primary key, active boolean);`, message: '`active` has three values' }],
  good: [{ sql: `create table users (id bigint generated always as identity primary key, active boolean not null default true);` }],
  visit: newColumns((column, table, ctx) => {
    const now = ctx.after.tables.get(table)?.columns.find((c) => c.name === column.name)
    return column.type === 'boolean' && column.nullable && column.generated === null && now?.nullable !== false
      ? { message: `\`${column.name}\` has three values: true, false and unknown.`, help: 'Make it `NOT NULL DEFAULT false`, or say in a comment what NULL means.' } : null
  }),
} satisfies Rule
