import type { Rule } from '../../src/engine/rule.ts'
import { nameOf } from '../../src/schema/model.ts'
import { backup } from '../shared/supabase.ts'
import { sql, sqlName } from '../shared/sql.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-truncate',
  severity: 'error',
  summary: 'TRUNCATE loses every row of the table, and with CASCADE those of every table that refers to it.',
  why: `The rows are gone with the commit, and only a backup brings them back. TRUNCATE takes an ACCESS EXCLUSIVE lock, and CASCADE follows foreign
    keys to tables that the statement does not name.`,
  fix: 'Delete the rows that have to go in batches, with a WHERE that says which; take a backup first.',
  references: ['https://www.postgresql.org/docs/current/sql-truncate.html'],
  approvable: true,
  sources: [
    'squawk/ban-truncate-cascade',
    'pgfence/truncate',
    'pgfence/truncate-cascade',
    'diesel-guard/TruncateTableCheck',
    'pgsafe/truncate',
    'pgls/banTruncate',
    'pgls/banTruncateCascade',
  ],
  checklist: 'backup',
  claims: { lock: 'AccessExclusiveLock' },
  bad: [
    {
      given: `create table sessions (id bigint primary key);`,
      sql: `truncate sessions;`,
      message: 'loses every row of `sessions`',
    },
    {
      given: `create table users (id bigint primary key); create table sessions (id bigint primary key, user_id bigint references users (id)); create index on sessions (user_id);`,
      sql: `truncate users cascade;`,
      message: 'every table that refers to it',
    },
  ],
  good: [
    { sql: `create table sessions (id bigint primary key); truncate sessions;` },
    {
      title: 'A temporary table, also where one of its name stays.',
      given: `create table sessions (id bigint primary key);`,
      sql: `create temp table if not exists sessions (id bigint); truncate sessions; drop table sessions;`,
    },
    {
      given: `create table sessions (id bigint primary key, expired boolean not null);`,
      sql: `delete from sessions where expired and id < 1000;`,
      unproven: 'others speak of data in migrations',
    },
  ],
  visit: {
    statement({ node }, ctx) {
      if (!('TruncateStmt' in node)) return
      const tables = (node.TruncateStmt.relations ?? [])
        .flatMap((relation) => ('RangeVar' in relation ? [relationKey(relation.RangeVar, ctx.step.before)] : []))
        .filter((table) => !ctx.isNew(table))
      if (tables.length === 0) return
      const cascade = node.TruncateStmt.behavior === 'DROP_CASCADE'
      const names = tables.map((table) => `\`${ctx.name(table)}\``).join(', ')
      return {
        anySize: true,
        notIn: cascade ? [] : ['squawk/ban-truncate-cascade', 'pgfence/truncate-cascade', 'pgls/banTruncateCascade'],
        object: tables[0] ?? '',
        message: `\`TRUNCATE\` loses every row of ${names}${cascade ? ' and of every table that refers to it' : ''}.`,
        help: `Where only some rows have to go, delete those in batches, with a condition. To keep a copy before it:\n${sql(...tables.flatMap((table) => backup(`${nameOf(table)}_backup`, `TABLE ${sqlName(table, ctx)}`, ctx)))}`,
      }
    },
  },
} satisfies Rule
