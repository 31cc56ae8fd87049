import type { Node, RangeVar } from 'libpg-query'
import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import { lastName } from '../shared/sql-tree.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-owner-change',
  severity: 'warning',
  summary: 'The owner of a table may change and drop it and goes past its policies, and the one before no longer may.',
  why: `Migrations that run as the former owner fail from then on, at the next ALTER TABLE. Row level security does not hold for the owner unless it is forced, so an
    application that becomes the owner of its tables sees all rows.`,
  fix: 'Leave the tables with the role that migrates, and grant the application what it uses.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html',
    'https://www.postgresql.org/docs/current/ddl-rowsecurity.html',
  ],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key); create role app;`,
      sql: `set lock_timeout = '5s'; alter table users owner to app;`,
      message: '`users` belongs to `app`',
      unproven: 'roles are of the cluster',
    },
    {
      given: `create schema billing; create role app;`,
      sql: `alter schema billing owner to app;`,
      message: '`billing` belongs to `app`',
      unproven: 'roles are of the cluster',
    },
    {
      given: `create table users (id bigint primary key); create role app; create role old;`,
      sql: `reassign owned by old to app;`,
      message: 'Everything of `old` belongs to `app`',
      unproven: 'roles are of the cluster',
    },
  ],
  good: [
    {
      title: 'A table that the same pull request makes, as dumps of a schema write it.',
      given: `create role app;`,
      sql: `create table users (id bigint generated always as identity primary key); alter table users owner to app;`,
      unproven: 'roles are of the cluster',
    },
    {
      title: 'Whoever runs it.',
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '5s'; alter table users owner to current_user;`,
    },
  ],
  visit: {
    *statement({ node, inside }, ctx) {
      if (inside !== 'function') yield* moved(node, ctx)
    },
  },
} satisfies Rule

function* moved(node: Node, ctx: RuleContext): Iterable<Problem> {
  if ('AlterTableStmt' in node) {
    for (const command of node.AlterTableStmt.cmds ?? []) {
      if (!('AlterTableCmd' in command) || command.AlterTableCmd.subtype !== 'AT_ChangeOwner') continue
      const table = tableOf(node.AlterTableStmt.relation, ctx)
      if (
        !ctx.isNew(table) &&
        !ctx.steps.some((step) => step.changes.some((change) => 'object' in change && change.object === table))
      )
        yield* said(ctx.name(table), command.AlterTableCmd.newowner?.rolename)
    }
  } else if (
    'AlterOwnerStmt' in node &&
    (node.AlterOwnerStmt.objectType === 'OBJECT_SCHEMA' || node.AlterOwnerStmt.objectType === 'OBJECT_DATABASE')
  ) {
    const name =
      node.AlterOwnerStmt.object && 'String' in node.AlterOwnerStmt.object
        ? (node.AlterOwnerStmt.object.String.sval ?? '')
        : lastName([node.AlterOwnerStmt.object].filter((one) => one !== undefined))
    if (
      !ctx.steps.some((step) => step.changes.some((change) => change.kind === 'createSchema' && change.object === name))
    )
      yield* said(name, node.AlterOwnerStmt.newowner?.rolename)
  } else if ('ReassignOwnedStmt' in node) {
    const from = (node.ReassignOwnedStmt.roles ?? []).flatMap((role) =>
      'RoleSpec' in role && role.RoleSpec.rolename !== undefined ? [`\`${role.RoleSpec.rolename}\``] : [],
    )
    const to = node.ReassignOwnedStmt.newrole?.rolename
    if (to !== undefined && from.length > 0)
      yield {
        anySize: true,
        message: `Everything of ${from.join(', ')} belongs to \`${to}\` from here on, and migrations of the former owner fail.`,
      }
  }
}

/** `CURRENT_USER` and the like have no name of their own, and `postgres` is who dumps name. */
function* said(name: string, owner: string | undefined): Iterable<Problem> {
  if (owner === undefined || owner === 'postgres') return
  yield {
    anySize: true,
    object: name,
    message: `\`${name}\` belongs to \`${owner}\` from here on: a migration that runs as its former owner can no longer change it, and policies do not hold \`${owner}\` back.`,
  }
}

function tableOf(relation: RangeVar | undefined, ctx: RuleContext): string {
  return relationKey(relation, ctx.after)
}
