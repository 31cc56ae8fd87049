import type { Rule } from '../../src/engine/rule.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-drop-schema',
  severity: 'error',
  summary: 'Dropping a schema loses every table in it.',
  why: `With CASCADE it takes every table, type and function of the schema along, and everything elsewhere that refers to them, without naming one of
    them.`,
  fix: 'Drop what is in it by name, so that a reader sees what is lost, then drop the empty schema without CASCADE.',
  references: ['https://www.postgresql.org/docs/current/sql-dropschema.html'],
  approvable: true,
  sources: ['pgfence/drop-schema', 'pgfence/drop-schema-cascade', 'pgls/banDropSchema', 'atlas/DS101'],
  checklist: 'backup',
  bad: [
    {
      given: `create schema billing; create table billing.invoices (id bigint primary key);`,
      sql: `drop schema billing cascade;`,
      message: 'loses everything in `billing`',
    },
  ],
  good: [
    { title: 'A schema that the same pull request creates.', sql: `create schema billing; drop schema billing;` },
    { title: 'An empty one, without CASCADE.', given: `create schema billing;`, sql: `drop schema billing;` },
  ],
  visit: {
    dropSchema({ object, cascade }, ctx) {
      const mine = ctx.steps.some((step) =>
        step.changes.some((change) => change.kind === 'createSchema' && change.object === object),
      )
      if (mine) return
      const held = [...(ctx.step?.before.tables.values() ?? [])].filter((table) => table.schema === object)
      if (!cascade && held.length === 0 && !ctx.alone) return
      const tables =
        held.length > 0
          ? `: ${held
              .slice(0, 5)
              .map((table) => `\`${table.name}\``)
              .join(', ')}${held.length > 5 ? ` and ${held.length - 5} more` : ''}`
          : ''
      return {
        anySize: true,
        message: `Dropping the schema loses everything in \`${object}\`${tables}.`,
        ...(held.length > 0
          ? {
              help: `Where that is meant, name what is lost, and leave CASCADE out:\n${sql(
                `DROP TABLE ${held.map(({ key }) => sqlName(key, ctx)).join(', ')};`,
                `DROP SCHEMA ${ident(object)};`,
              )}`,
            }
          : {}),
      }
    },
  },
} satisfies Rule
