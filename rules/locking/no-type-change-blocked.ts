import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { key, type Key } from '../../src/schema/model.ts'
import { columnDefinition, createPolicy, createTrigger, createView } from '../../src/schema/sql/ddl.ts'
import { resting, restingOn, viewsOn } from '../shared/depends.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'
import { relationKey } from '../../src/schema/relation.ts'

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
    *statement({ node, text, inside }, ctx) {
      if (inside === 'function' || !('AlterTableStmt' in node)) return
      const { relation, cmds = [] } = node.AlterTableStmt
      if (!relation?.relname) return
      const table = relationKey(relation, ctx.step.before)
      if (!ctx.step.before.tables.has(table)) return
      for (const command of cmds) {
        if (!('AlterTableCmd' in command) || command.AlterTableCmd.subtype !== 'AT_AlterColumnType') continue
        const column = command.AlterTableCmd.name ?? ''
        const users = [...viewsOn(ctx.step.before, table, column), ...restingOn(ctx.step.before, table, column)].map(
          ({ said }) => said,
        )
        if (users.length === 0) continue
        yield {
          anySize: true,
          fails: true,
          object: `${table}.${column}`,
          message: `The type of \`${column}\` cannot be changed: ${users.join(', ')} ${users.length === 1 ? 'uses' : 'use'} it, and the statement fails.`,
          help: `In one transaction, drop ${users.join(', ')} first and create ${users.length === 1 ? 'it' : 'them'} again afterwards${around(table, column, users.length, text, ctx)}`,
        }
      }
    },
  },
} satisfies Rule

/** The statement between the drop and the creation of what is in its way; `.` where not all of it is known. */
function around(table: Key, column: string, users: number, text: string, ctx: RuleContext): string {
  const { views, tables, defaultSchema } = ctx.step?.before ?? ctx.before
  const name = sqlName(table, ctx)
  const made = [...views.values()].flatMap((view) => {
    const reads = view.reads.some((read) => read.table === table && read.columns?.includes(column) === true)
    const create = reads && !view.materialized ? createView(view, defaultSchema) : null
    return create === null ? [] : [{ drop: `DROP VIEW ${sqlName(key(view.schema, view.name), ctx)}`, create }]
  })
  const known = tables.get(table)
  const own = known && resting(known, column)
  made.push(
    ...(own?.generated ?? []).map((each) => ({
      drop: `ALTER TABLE ${name} DROP COLUMN ${ident(each.name)}`,
      create: `ALTER TABLE ${name} ADD COLUMN ${columnDefinition(each)}`,
    })),
    ...(own?.policies ?? []).map((each) => ({
      drop: `DROP POLICY ${ident(each.name)} ON ${name}`,
      create: createPolicy(table, each, ctx.before.defaultSchema),
    })),
    ...(own?.triggers ?? []).map((each) => ({
      drop: `DROP TRIGGER ${ident(each.name)} ON ${name}`,
      create: createTrigger(table, each, ctx.before.defaultSchema),
    })),
  )
  // An expression that the schema holds in short cannot be written down.
  if (made.length !== users || made.some(({ create }) => create.includes('…'))) return '.'
  const rewrites = own?.generated.some(({ generated }) => generated?.stored === true)
    ? '\nA stored column is computed for every row when it is added, while nobody can read or write the table.'
    : ''
  return `:\n${sql(...made.map(({ drop }) => `${drop};`), `${text.trim()};`, ...made.map(({ create }) => `${create};`))}${rewrites}`
}
