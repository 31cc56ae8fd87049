import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { pool } from '../shared/query-examples.ts'
import { tableBehindView } from '../shared/renames.ts'
import { placeList, placesIn, usesOf } from '../shared/uses.ts'

const given = `create table sessions (id integer primary key, token text not null); create table users (id integer primary key);`
const logins = `${pool}\n  export const all = () => pool.query('SELECT id FROM logins WHERE id = 1')`

export default {
  id: 'no-used-table-drop',
  severity: 'error',
  summary: 'A table or view is dropped or renamed that code of the repository still queries.',
  why: 'Each of these queries fails with the first call after the migration, whatever is deployed first: the code of this very commit still uses the table.',
  fix: 'Take the queries out first, deploy that, and drop the table in a later pull request.',
  references: ['https://www.postgresql.org/docs/current/sql-droptable.html'],
  ofCode: true,
  dialects: 'all',
  sources: [],
  bad: [
    {
      given,
      sql: `drop table sessions;`,
      files: {
        'src/sessions.ts': `${pool}\n  export const find = (token: string) => pool.query('SELECT id FROM sessions WHERE id = 1 AND token = $1', [token])`,
      },
      message: '`src/sessions.ts:3`',
    },
    {
      given,
      sql: `alter table sessions rename to logins;`,
      files: {
        'src/sessions.ts': `${pool}\n  export const end = (id: number) => pool.query('DELETE FROM sessions WHERE id = $1', [id])`,
      },
      message: 'is renamed',
    },
    {
      given: `${given} create view logins as select id, token from sessions;`,
      sql: `drop view logins;`,
      files: { 'src/logins.ts': logins },
      message: '`logins` is dropped, but code still queries it: `src/logins.ts:3`',
    },
  ],
  good: [
    {
      title: 'A view that is made anew under the same name.',
      given: `${given} create view logins as select id, token from sessions;`,
      sql: `drop view logins; create view logins as select id, token, id + 1 as next from sessions;`,
      files: { 'src/logins.ts': logins },
    },
    {
      given,
      sql: `drop table sessions;`,
      files: {
        'src/users.ts': `${pool}\n  export const find = (id: number) => pool.query('SELECT id FROM users WHERE id = $1', [id])`,
      },
      unproven: 'others speak of the drop itself',
    },
  ],
  visit: {
    dropTable: ({ table }, ctx) => (ctx.isNew(table) ? null : used(table, null, ctx)),
    renameTable: ({ table, to }, ctx) => (ctx.isNew(table) ? null : used(table, to, ctx)),
    dropView: ({ object, from }, ctx) => (from === null || ctx.isNew(object) ? null : used(object, null, ctx)),
  },
} satisfies Rule

function used(table: Key, to: Key | null, ctx: RuleContext) {
  if (ctx.after.tables.has(table) || ctx.after.views.has(table)) return null
  const uses = usesOf(ctx, table, null)
  if (uses.length === 0) return null
  return {
    anySize: true,
    object: table,
    message: `\`${ctx.name(table)}\` is ${to === null ? 'dropped' : 'renamed'}, but code still queries it: ${placesIn(uses)}.`,
    help:
      to === null
        ? `Take these out first:\n\n${placeList(uses)}`
        : `${tableBehindView(table, to, ctx)}\n\nCode of the old name:\n\n${placeList(uses)}`,
  }
}
