import type { Rule } from '../../src/engine/rule.ts'
import { nameOf } from '../../src/schema/model.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-rename-type',
  severity: 'info',
  summary: 'Statements that name a type or an attribute of it fail once it is renamed.',
  why: `Columns and defaults follow the type. What running instances send does not: \`$1::role\`, an array of the type, the casts that Prisma Client writes around the values of an enum.`,
  fix: 'Keep the name, or deploy code that no longer names the type first.',
  references: ['https://www.postgresql.org/docs/current/sql-altertype.html'],
  sources: ['pgsafe/rename'],
  bad: [
    {
      given: `create type role as enum ('member', 'admin'); create table users (id bigint primary key, role role);`,
      sql: `alter type role rename to user_role;`,
      message: 'cast to `role` by its name',
    },
    {
      given: `create type size as (width int, height int); create table boxes (id bigint primary key, size size);`,
      sql: `alter type size rename attribute width to breadth;`,
      message: 'read `width` of `size` by its name',
    },
  ],
  good: [
    {
      title: 'An attribute of a type of the same pull request.',
      sql: `create type size as (width int, height int); alter type size rename attribute width to breadth;`,
    },
    { sql: `create type role as enum ('member'); alter type role rename to user_role;` },
    {
      title: 'Another type takes its name in the same migration.',
      given: `create type role as enum ('member', 'admin');`,
      sql: `create type role_new as enum ('member'); alter type role rename to role_old; alter type role_new rename to role; drop type role_old;`,
    },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (inside === 'function' || !('RenameStmt' in node) || node.RenameStmt.renameType !== 'OBJECT_ATTRIBUTE') return
      const { relation, subname = '', newname = '' } = node.RenameStmt
      const type = relation?.relname === undefined ? null : relationKey(relation, ctx.step.before)
      if (type === null || isMadeHere(type, ctx.steps)) return
      return {
        anySize: true,
        object: type,
        message: `Statements that read \`${subname}\` of \`${ctx.name(type)}\` by its name fail once it is \`${newname}\`.`,
      }
    },
    renameType({ object, to }, ctx) {
      const there = (schema: typeof ctx.after) =>
        schema.enums.has(object) || schema.domains.has(object) || schema.types.has(object)
      if (there(ctx.after) || (!ctx.alone && !there(ctx.before)) || (ctx.alone && isMadeHere(object, ctx.steps))) return
      return {
        anySize: true,
        message: `Statements that cast to \`${ctx.name(object)}\` by its name fail once it is \`${nameOf(to)}\`${ctx.runner.name === 'prisma' && ctx.before.enums.has(object) ? ', among them those of running Prisma clients' : ''}.`,
      }
    },
  },
} satisfies Rule

function isMadeHere(
  object: string,
  steps: readonly { readonly changes: readonly { readonly kind: string; readonly object?: unknown }[] }[],
): boolean {
  return steps.some(({ changes }) =>
    changes.some((change) => /^create(?:Enum|Domain|Type)$/.test(change.kind) && change.object === object),
  )
}
