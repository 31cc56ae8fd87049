import type { Rule } from '../../src/engine/rule.ts'
import { schemaOf } from '../../src/schema/model.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-rename-schema',
  severity: 'error',
  summary: 'Renaming a schema, or moving a table to another one, breaks every running instance that uses the old name.',
  why: 'The new name holds at once, and each query of the version before that names the schema, or finds the table through its search path, fails until the last instance is gone.',
  fix: 'Make the new schema beside the old one and leave views with the old names behind.',
  references: ['https://www.postgresql.org/docs/current/sql-alterschema.html'],
  sources: ['pgfence/rename-schema', 'strong_migrations/rename_schema', 'diesel-guard/RenameSchemaCheck'],
  bad: [
    {
      given: `create schema billing; create table billing.invoices (id bigint primary key);`,
      sql: `alter schema billing rename to finance;`,
      message: 'Renaming `billing` to `finance` breaks',
    },
    {
      given: `create schema billing; create table invoices (id bigint primary key);`,
      sql: `alter table invoices set schema billing;`,
      message: 'Moving `invoices`',
    },
  ],
  good: [
    {
      sql: `create schema billing; create table invoices (id bigint primary key); alter table invoices set schema billing;`,
    },
  ],
  visit: {
    renameSchema({ object, to }, ctx) {
      if (
        ctx.steps.some((step) =>
          step.changes.some((change) => change.kind === 'createSchema' && change.object === object),
        )
      )
        return
      const held = [...(ctx.step?.before.tables.values() ?? [])].filter(({ schema }) => schema === object)
      return {
        anySize: true,
        message: `Renaming \`${object}\` to \`${to}\` breaks every running instance that still uses the old name.`,
        ...(held.length > 0
          ? {
              help: `Leave views behind, in the same transaction, until the old version is gone:\n${sql(
                `${ctx.step?.statement.text ?? ''};`,
                `CREATE SCHEMA ${ident(object)};`,
                ...held.map(
                  ({ name }) =>
                    `CREATE VIEW ${ident(object)}.${ident(name)} AS SELECT * FROM ${ident(to)}.${ident(name)};`,
                ),
              )}`,
            }
          : {}),
      }
    },
    setTableSchema({ table, to }, ctx) {
      if (ctx.isNew(table) || ctx.after.views.has(table)) return
      return {
        anySize: true,
        message: `Moving \`${ctx.name(table)}\` to \`${schemaOf(to)}\` breaks every running instance that looks for it where it was.`,
        help: `Leave a view behind, in the same transaction, until the old version is gone:\n${sql(`${ctx.step?.statement.text ?? ''};`, `CREATE VIEW ${sqlName(table, ctx)} AS SELECT * FROM ${sqlName(to, ctx)};`)}`,
      }
    },
  },
} satisfies Rule
