import type { Rule } from '../../src/engine/rule.ts'
import { sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-disabled-row-security',
  severity: 'error',
  summary: 'Without row level security the policies of a table hold nobody back.',
  why: 'Everybody with a grant on the table reads and writes all of its rows from that moment on. The policies stay in the catalog and look as if they worked.',
  fix: 'Keep it enabled, and change the policies instead.',
  references: ['https://www.postgresql.org/docs/current/ddl-rowsecurity.html'],
  sources: [],
  bad: [
    {
      given: `create table notes (id bigint primary key, author text); alter table notes enable row level security; create policy own on notes using (author = current_user);`,
      sql: `set lock_timeout = '5s'; alter table notes disable row level security;`,
      message: 'no longer holds anybody back',
    },
    {
      title: 'A table that is not known.',
      alone: true,
      sql: `set lock_timeout = '5s'; alter table notes disable row level security;`,
      severity: 'warning',
      message: 'no longer holds anybody back',
      unproven: 'the table is not known',
    },
  ],
  good: [
    {
      given: `create table notes (id bigint primary key, author text); alter table notes enable row level security; create policy own on notes using (author = current_user);`,
      sql: `set lock_timeout = '5s'; alter table notes force row level security;`,
    },
    {
      title: 'It was not enabled.',
      given: `create table notes (id bigint primary key, author text);`,
      sql: `set lock_timeout = '5s'; alter table notes disable row level security;`,
    },
  ],
  visit: {
    setRowSecurity({ table, from, to }, ctx) {
      const after = ctx.after.tables.get(table)
      const known = ctx.step?.before.tables.get(table)?.complete === true
      if ((known && !from.enabled) || to.enabled || !after || after.rowSecurity.enabled) return null
      const policies = after.policies.length
      return {
        severity: policies > 0 ? 'error' : 'warning',
        message: `Row level security no longer holds anybody back from \`${ctx.name(table)}\`${policies > 0 ? `: its ${policies === 1 ? 'policy no longer counts' : `${policies} policies no longer count`}` : ''}.`,
        help: `Keep it, and widen the policies instead:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} ENABLE ROW LEVEL SECURITY;`)}`,
      }
    },
  },
} satisfies Rule
