import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Change } from '../../src/schema/change.ts'
import { pool } from '../shared/query-examples.ts'
import { at } from '../shared/query-words.ts'
import { placesIn, runsNow } from '../shared/uses.ts'

const given = `create table users (id integer generated always as identity primary key, email text not null, name text);`
const insert = `${pool}\n  export const add = (email: string) => pool.query('INSERT INTO users (email) VALUES ($1)', [email])`

export default {
  id: 'no-unset-required-column',
  severity: 'error',
  summary: 'A column becomes required that code of the repository does not set when it inserts.',
  why: 'Each of these inserts fails with the first call after the migration: the column has no default, may not be NULL, and the code does not give it.',
  fix: 'Set the column in these places, or give it a default.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-NOT-NULL'],
  ofCode: true,
  dialects: 'all',
  sources: [],
  bad: [
    {
      given,
      sql: `alter table users add column age integer not null;`,
      files: { 'src/users.ts': insert },
      message: '`users.age`',
    },
    {
      given,
      sql: `alter table users alter column name set not null;`,
      files: { 'src/users.ts': insert },
      message: '`src/users.ts:3`',
    },
    {
      given,
      sql: `alter table users add column age integer not null;`,
      title: 'A seed.',
      files: { 'prisma/seed.ts': insert },
    },
  ],
  good: [
    { given, sql: `alter table users add column age integer not null default 0;`, files: { 'src/users.ts': insert } },
    {
      given,
      sql: `alter table users alter column name set not null;`,
      files: { 'src/users.ts': insert.replace('(email) VALUES ($1)', '(email, name) VALUES ($1, $2)') },
      unproven: 'others speak of the constraint itself',
    },
  ],
  visit: {
    addColumn: missing,
    setNotNull: missing,
    dropDefault: (change, ctx) => (change.to.nullable ? null : missing(change, ctx)),
  },
} satisfies Rule

type Requiring = Extract<Change, { readonly kind: 'addColumn' | 'setNotNull' | 'dropDefault' }>

function missing(change: Requiring, ctx: RuleContext) {
  const { table, to: column } = change
  // Where several changes make a column required, the last of them does.
  const requiring = ctx.steps
    .flatMap((step) => step.changes)
    .filter(
      (one) =>
        (one.kind === 'addColumn' || one.kind === 'setNotNull' || one.kind === 'dropDefault') &&
        one.table === table &&
        one.to.name === column.name,
    )
  if (requiring.at(-1) !== change) return null
  const end = ctx.after.tables.get(table)?.columns.find((c) => c.name === column.name)
  if (
    end === undefined ||
    end.nullable ||
    end.default !== null ||
    end.generated !== null ||
    end.identity !== null ||
    ctx.isNew(table)
  )
    return null
  if (/serial/i.test(end.type ?? '')) return null
  const declared = ctx.declared?.tables.get(table)?.columns.find((c) => c.name === column.name)
  if (declared?.clientDefault != null || declared?.default != null) return null
  const now = ctx.after.tables.get(table)
  // A trigger may fill the column in.
  if (now?.triggers.some((t) => t.timing === 'before' && t.events.includes('insert')) === true) return null
  const places = ctx.queries
    .filter(
      (q) =>
        q.operation === 'insert' &&
        q.tables[0]?.table === table &&
        q.writes !== null &&
        runsNow(q) &&
        !(q.writes.length === 0 && q.client === 'sql') &&
        !q.writes.includes(column.name),
    )
    .map((q) => ({ use: { place: q.place } }))
  if (places.length === 0) return null
  return {
    anySize: true,
    object: `${table}.${column.name}`,
    message: `\`${ctx.name(table)}.${column.name}\` becomes required, but code that inserts does not set it: ${placesIn(places)}.`,
    help: `Set it in these places first, or give the column a default:\n\n${places
      .slice(0, 20)
      .map(({ use }) => `- \`${at(use.place)}\``)
      .join('\n')}`,
  }
}
