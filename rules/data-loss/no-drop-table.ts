import type { Rule } from '../../src/engine/rule.ts'
import { backup } from '../shared/supabase.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'
import { nameOf } from '../../src/schema/model.ts'

export default {
  id: 'no-drop-table',
  severity: 'error',
  summary: 'Dropping a table loses its data, and breaks every running instance that still uses it.',
  why: `The rows are gone with the commit, and only a backup brings them back. Instances of the version before fail on every query of the
    table. The lock covers the tables that its foreign keys point to as well.`,
  fix: 'Take the table out of the code first and deploy that. Rename the table, wait until nobody misses it, take a backup, then drop it.',
  references: ['https://www.postgresql.org/docs/current/sql-droptable.html'],
  approvable: true,
  dialects: 'all',
  sources: [
    'squawk/ban-drop-table',
    'pgfence/drop-table',
    'atlas/DS102',
    'diesel-guard/DropTableCheck',
    'pgsafe/drop-table',
    'pgls/banDropTable',
    'strong_migrations/create_table',
  ],
  checklist: 'backup',
  claims: { lock: 'AccessExclusiveLock' },
  bad: [
    {
      given: `create table legacy (id bigint primary key);`,
      sql: `drop table legacy;`,
      message: 'Dropping `legacy` loses its data',
    },
    {
      given: `create table a (id bigint primary key); create table b (id bigint primary key);`,
      sql: `drop table a, b;`,
      count: 2,
    },
  ],
  good: [
    {
      title: 'A script that clears the way for what it makes, on a database of which not all is known.',
      given: `create function fill() returns void language plpgsql as $$ begin execute 'create table filled (id bigint)'; end $$; select fill();`,
      sql: `alter table if exists only notes drop constraint if exists notes_pkey; drop table if exists notes; create table notes (id bigint generated always as identity primary key);`,
    },
    {
      title: 'A table that the same pull request creates holds nothing.',
      sql: `create table legacy (id bigint primary key); drop table legacy;`,
    },
    { sql: `create temporary table work (id bigint); drop table work;` },
  ],
  visit: {
    dropTable({ table, from, ifExists }, ctx) {
      if (ctx.isNew(table) || from.persistence === 'temporary') return
      const known = ctx.before.tables.get(table) ?? ctx.step?.before.tables.get(table)
      // One of which nothing but the name is known came up in this change: with IF EXISTS, all of it holds without the table too.
      const isNamedOnly = !ctx.before.tables.has(table) && known?.complete === false && known.columns.length === 0
      if (ifExists && !ctx.alone && (known === undefined || isNamedOnly)) return
      const name = sqlName(table, ctx)
      return {
        anySize: true,
        message: `Dropping \`${ctx.name(table)}\` loses its data and breaks running instances that still use it.`,
        help: `Deploy code that does not use it first. To keep a copy before the drop:\n${sql(...backup(`${nameOf(table)}_backup`, `TABLE ${name}`, ctx))}\nOut of reach but not yet lost, in place of the drop:\n${sql(`ALTER TABLE ${name} RENAME TO ${ident(`${nameOf(table)}_dropped`)};`)}`,
      }
    },
  },
} satisfies Rule
