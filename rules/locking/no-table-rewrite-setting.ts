import type { Rule } from '../../src/engine/rule.ts'
import { relationKey } from '../../src/schema/relation.ts'
import { repacked } from '../shared/repack.ts'
import { ident, sql } from '../shared/sql.ts'
import { swapped } from '../shared/swap.ts'

const kinds = { table: 'r', index: 'i', 'materialized view': 'm' } as const

const forms: Readonly<Record<string, string>> = {
  AT_SetLogged: 'SET LOGGED',
  AT_SetUnLogged: 'SET UNLOGGED',
  AT_SetAccessMethod: 'SET ACCESS METHOD',
  AT_SetTableSpace: 'SET TABLESPACE',
}

export default {
  id: 'no-table-rewrite-setting',
  severity: 'error',
  summary:
    'SET LOGGED, SET UNLOGGED, SET ACCESS METHOD and SET TABLESPACE write the whole table anew while nobody can read or write it.',
  why: 'Each takes an ACCESS EXCLUSIVE lock and holds it while every row is copied. An unlogged table is emptied by a crash and is not replicated.',
  fix: 'Make a new table the way it should be, copy the rows in batches, and swap the two.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html'],
  sources: ['pgfence/set-logged-unlogged', 'pgsafe/set-logged-unlogged'],
  claims: { lock: 'AccessExclusiveLock', rewrites: true },
  bad: [
    {
      given: `create table events (id bigint primary key);`,
      sql: `alter table events set unlogged;`,
      message: '`SET UNLOGGED` rewrites `events`',
    },
    {
      sql: `alter table all in tablespace pg_default set tablespace fast;`,
      message: 'Moving every table of `pg_default`',
      unproven: 'there is no such tablespace',
    },
    { given: `create unlogged table events (id bigint primary key);`, sql: `alter table events set logged;` },
    {
      title: 'The default of the server, and a table that more hangs on.',
      given: `create table users (id bigint primary key); create table events (id bigint primary key, user_id bigint references users (id)); create index on events (user_id);`,
      sql: `alter table events set access method heap2;`,
      unproven: 'the access method is that of an extension',
    },
  ],
  good: [
    { sql: `create table events (id bigint primary key); alter table events set unlogged;` },
    {
      title: 'It is so already.',
      given: `create table events (id bigint primary key);`,
      sql: `alter table events set logged;`,
    },
  ],
  visit: {
    *statement({ node, text }, ctx) {
      if ('AlterTableMoveAllStmt' in node) {
        const { orig_tablespacename: from = '', new_tablespacename: to = '', objtype } = node.AlterTableMoveAllStmt
        const what = objtype === 'OBJECT_INDEX' ? 'index' : objtype === 'OBJECT_MATVIEW' ? 'materialized view' : 'table'
        if (from !== to)
          yield {
            anySize: true,
            message: `Moving every ${what} of \`${from}\` copies one after the other while nobody can read or write it, and keeps all of them locked to the end.`,
            help: `Move one at a time, each in a transaction of its own. This prints the statements, the small ones first:\n${sql(`SELECT format('ALTER ${what.toUpperCase()} %s SET TABLESPACE ${ident(to).replaceAll("'", "''")};', c.oid::regclass)`, `  FROM pg_class c LEFT JOIN pg_tablespace t ON t.oid = reltablespace`, `  WHERE relkind = '${kinds[what]}' AND ${from === 'pg_default' ? 'reltablespace = 0' : `spcname = '${from.replaceAll("'", "''")}'`} AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)' ORDER BY relpages;`)}`,
          }
        return
      }
      if (!('AlterTableStmt' in node) || node.AlterTableStmt.objtype !== 'OBJECT_TABLE') return
      const { relation, cmds = [] } = node.AlterTableStmt
      const table = relationKey(relation, ctx.step.before)
      if (ctx.isNew(table)) return
      const known = ctx.step.before.tables.get(table)
      for (const cmd of cmds) {
        const subtype = 'AlterTableCmd' in cmd ? (cmd.AlterTableCmd.subtype ?? '') : ''
        const form = forms[subtype]
        if (form === undefined) continue
        if (
          known?.complete &&
          ((subtype === 'AT_SetLogged' && known.persistence === 'permanent') ||
            (subtype === 'AT_SetUnLogged' && known.persistence === 'unlogged'))
        )
          continue
        const of = 'AlterTableCmd' in cmd ? (cmd.AlterTableCmd.name ?? null) : null
        yield {
          object: table,
          help:
            subtype === 'AT_SetTableSpace'
              ? `While others read and write it, ${repacked(table, { index: null, tablespace: of }, ctx)}`
              : swapped(
                  table,
                  `${text};`,
                  {
                    before: subtype === 'AT_SetUnLogged' ? 'UNLOGGED ' : '',
                    after: subtype === 'AT_SetAccessMethod' && of !== null ? ` USING ${ident(of)}` : '',
                    besides: () => [],
                  },
                  ctx,
                ),
          message: `\`${form}\` rewrites \`${ctx.name(table)}\` while nobody can read or write it.`,
        }
      }
    },
  },
} satisfies Rule
