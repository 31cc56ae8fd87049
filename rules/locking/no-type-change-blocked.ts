import type { Rule } from '../../src/engine/rule.ts'
import { key } from '../../src/schema/model.ts'
import { dependentsOf, restingOn } from '../shared/depends.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-type-change-blocked',
  severity: 'error',
  summary:
    'Postgres refuses to change the type of a column that a view, a policy, a trigger or a generated column uses.',
  why: `The statement fails ("cannot alter type of a column used by a view or rule"), and with it the migration and the deploy. Nothing but dropping what depends on the
    column, and making it again afterwards, gets around it.`,
  fix: 'Drop what depends on the column, change the type, and create it again, all in one transaction.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE',
    'https://www.postgresql.org/docs/current/ddl-depend.html',
  ],
  sources: [],
  claims: [{ fails: '0A000' }, { fails: '42601', to: 14 }],
  bad: [
    {
      given: `create table users (id bigint primary key, name varchar(50)); create view names as select name from users;`,
      sql: `alter table users alter column name type varchar(100);`,
      message: 'the view `names` uses it',
    },
    {
      title: 'A generated column.',
      given: `create table users (id bigint primary key, name varchar(50), upper_name text generated always as (upper(name)) stored);`,
      sql: `alter table users alter column name type varchar(100);`,
      message: 'the generated column `upper_name` uses it',
    },
    {
      title: 'A policy.',
      given: `create table users (id bigint primary key, name varchar(50)); create policy named on users using (name <> '');`,
      sql: `alter table users alter column name type varchar(100);`,
    },
  ],
  good: [
    {
      title: 'The view is dropped and made again.',
      given: `create table users (id bigint primary key, name varchar(50)); create view names as select name from users;`,
      sql: `begin; drop view names; alter table users alter column name type varchar(100); create view names as select name from users; commit;`,
      runner: 'psql',
    },
    {
      title: 'The view reads another column.',
      given: `create table users (id bigint primary key, name varchar(50)); create view ids as select id from users;`,
      sql: `alter table users alter column name type varchar(100);`,
    },
  ],
  visit: {
    *statement({ node, inside }, ctx) {
      if (inside === 'function' || !('AlterTableStmt' in node)) return
      const { relation, cmds = [] } = node.AlterTableStmt
      if (!relation?.relname) return
      const table = key(relation.schemaname ?? ctx.step.before.defaultSchema, relation.relname)
      if (!ctx.step.before.tables.has(table)) return
      for (const command of cmds) {
        if (!('AlterTableCmd' in command) || command.AlterTableCmd.subtype !== 'AT_AlterColumnType') continue
        const column = command.AlterTableCmd.name ?? ''
        const users = [...dependentsOf(ctx.step.before, table, column), ...restingOn(ctx.step.before, table, column)]
        if (users.length === 0) continue
        yield {
          anySize: true,
          fails: true,
          object: `${table}.${column}`,
          message: `The type of \`${column}\` cannot be changed: ${users.join(', ')} ${users.length === 1 ? 'uses' : 'use'} it, and the statement fails.`,
          help: `In one transaction, drop ${users.join(', ')} first and create ${users.length === 1 ? 'it' : 'them'} again afterwards:\n${sql('BEGIN;', '-- DROP …', `ALTER TABLE ${sqlName(table, ctx)} ALTER COLUMN ${ident(column)} TYPE …;`, '-- CREATE …', 'COMMIT;')}`,
        }
      }
    },
  },
} satisfies Rule
