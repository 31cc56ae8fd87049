import type { Node } from 'libpg-query'
import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-drop-schema',
  severity: 'error',
  summary: 'Dropping a schema, or all that a role owns, loses every table in it.',
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
    {
      title: 'What a role owns, whatever it is.',
      given: `create table invoices (id bigint primary key);`,
      sql: `drop owned by app cascade;`,
      message: '`DROP OWNED` loses everything in this database that belongs to `app`',
      unproven: 'there is no such role',
    },
  ],
  good: [
    {
      title: 'Once all is given to another role, privileges are what is left.',
      given: `create table invoices (id bigint primary key); reassign owned by app to postgres;`,
      sql: `drop owned by app;`,
      unproven: 'there is no such role',
    },
    { title: 'A schema that the same pull request creates.', sql: `create schema billing; drop schema billing;` },
    { title: 'An empty one, without CASCADE.', given: `create schema billing;`, sql: `drop schema billing;` },
  ],
  visit: {
    statement({ node }, ctx) {
      if (!('DropOwnedStmt' in node)) return
      const roles = rolesIn(node.DropOwnedStmt.roles).filter((role) => !isReassigned(role, ctx))
      if (roles.length === 0) return
      const names = roles.map((role) => `\`${role}\``).join(', ')
      return {
        anySize: true,
        message: `\`DROP OWNED\` loses everything in this database that belongs to ${names}, tables with all their rows included.`,
        help: `Give it to another role first; what is left then are privileges:\n${sql(`REASSIGN OWNED BY ${roles.map(ident).join(', ')} TO CURRENT_USER;`, `DROP OWNED BY ${roles.map(ident).join(', ')};`)}`,
      }
    },
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

function rolesIn(roles: readonly Node[] | undefined): readonly string[] {
  return (roles ?? []).flatMap((role) => ('RoleSpec' in role ? [role.RoleSpec.rolename ?? 'CURRENT_USER'] : []))
}

/** True where a statement before it gives all that the role owns to another. */
function isReassigned(role: string, ctx: RuleContext): boolean {
  const all = ctx.history.flatMap(({ statements }) => statements)
  return all
    .slice(0, ctx.step ? all.indexOf(ctx.step.statement) : 0)
    .some(({ node }) => 'ReassignOwnedStmt' in node && rolesIn(node.ReassignOwnedStmt.roles).includes(role))
}
