import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { key, nameOf, schemaOf, type EnumType, type Key } from '../../src/schema/model.ts'
import { relationKey } from '../../src/schema/relation.ts'
import { createEnum } from '../../src/schema/sql/ddl.ts'
import { byOrm } from '../shared/by-orm.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

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
        help: attributeByFunction(type, subname, newname, ctx),
        message: `Statements that read \`${subname}\` of \`${ctx.name(type)}\` by its name fail once it is \`${newname}\`.`,
      }
    },
    renameType({ object, to }, ctx) {
      const there = (schema: typeof ctx.after) =>
        schema.enums.has(object) || schema.domains.has(object) || schema.types.has(object)
      if (there(ctx.after) || (!ctx.alone && !there(ctx.before)) || (ctx.alone && isMadeHere(object, ctx.steps))) return
      return {
        anySize: true,
        help: underBothNames(object, to, ctx),
        message: `Statements that cast to \`${ctx.name(object)}\` by its name fail once it is \`${nameOf(to)}\`${ctx.runner.name === 'prisma' && ctx.before.enums.has(object) ? ', among them those of running Prisma clients' : ''}.`,
      }
    },
  },
} satisfies Rule

/** The name stays where only the ORM's changes; else the old one stands beside the new one until nobody says it. */
function underBothNames(from: Key, to: Key, ctx: RuleContext): string {
  const schema = ctx.step?.before ?? ctx.before
  const of = schema.enums.get(from)
  const keep = byOrm(ctx, {
    prisma: `Keep the name in the database, and rename the enum in the Prisma schema only: \`@@map("${nameOf(from)}")\`.`,
    drizzle: `Keep the name in the database, and rename the constant in the Drizzle schema only: \`pgEnum('${nameOf(from)}', …)\`.`,
    sql: `Keep the name, or deploy code that no longer says it first.`,
  })
  const later = 'and, in a later pull request, when no running version says the old one:'
  if (of !== undefined) {
    const { made, gone } = enumBeside(of, to, ctx)
    return `${keep} Else let both names stand for a while, in the same migration:\n${sql(...made)}\nMeanwhile \`= ANY (…)\` uses no index. ${later.replace('and, in', 'In')}\n${sql(...gone)}`
  }
  if (!schema.domains.has(from) && (!schema.types.has(from) || ctx.postgres < 11)) return keep
  const [old, now] = [sqlName(from, ctx), sqlName(to, ctx)]
  return `${keep} Else let both names stand for a while, in the same migration:\n${sql(`ALTER TYPE ${old} RENAME TO ${ident(nameOf(to))};`, `CREATE DOMAIN ${old} AS ${now};`)}\n${later}\n${sql(`DROP DOMAIN ${old};`)}`
}

/** A second enum of the old name, whose values go for those of the first; and how it goes again. */
function enumBeside(
  of: EnumType,
  to: Key,
  ctx: RuleContext,
): { readonly made: readonly string[]; readonly gone: readonly string[] } {
  const from = key(of.schema, of.name)
  const [old, now] = [sqlName(from, ctx), sqlName(to, ctx)]
  const own = (suffix: string) => sqlName(key(schemaOf(from), `${of.name}_${suffix}`), ctx)
  const operators = [
    { sign: '=', name: own('is') },
    { sign: '<>', name: own('is_not') },
  ]
  const word = ctx.postgres < 11 ? 'PROCEDURE' : 'FUNCTION'
  return {
    made: [
      `ALTER TYPE ${old} RENAME TO ${ident(nameOf(to))};`,
      createEnum(of, ctx.before.defaultSchema).replace(/;?$/, ';'),
      `CREATE CAST (${old} AS ${now}) WITH INOUT AS IMPLICIT;`,
      `CREATE CAST (${now} AS ${old}) WITH INOUT AS ASSIGNMENT;`,
      ...operators.flatMap(({ sign, name }) => [
        `CREATE FUNCTION ${name}(${now}, ${old}) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 ${sign} $2::${now.replaceAll("'", "''")}';`,
        `CREATE OPERATOR ${sign} (LEFTARG = ${now}, RIGHTARG = ${old}, ${word} = ${name});`,
      ]),
    ],
    gone: [
      ...operators.flatMap(({ sign, name }) => [
        `DROP OPERATOR ${sign} (${now}, ${old});`,
        `DROP FUNCTION ${name}(${now}, ${old});`,
      ]),
      `DROP CAST (${old} AS ${now});`,
      `DROP CAST (${now} AS ${old});`,
      `DROP TYPE ${old};`,
    ],
  }
}

/** `(size).width` finds a function of that name where the type has no such attribute. */
function attributeByFunction(type: Key, from: string, to: string, ctx: RuleContext): string {
  const of = (ctx.step?.before ?? ctx.before).types.get(type)?.attributes?.find((each) => each.name === from)
  const words = `Deploy code that no longer writes \`${from}\` first`
  if (!of?.type) return `${words}, and none that reads it.`
  const read = sqlName(key(schemaOf(type), from), ctx)
  return `${words}. Those that read it find a function by the same name, in the same migration:\n${sql(
    `ALTER TYPE ${sqlName(type, ctx)} RENAME ATTRIBUTE ${ident(from)} TO ${ident(to)};`,
    `CREATE FUNCTION ${read}(${sqlName(type, ctx)}) RETURNS ${of.type} LANGUAGE sql IMMUTABLE AS 'SELECT $1.${ident(to).replaceAll("'", "''")}';`,
  )}\nand in a later pull request:\n${sql(`DROP FUNCTION ${read}(${sqlName(type, ctx)});`)}`
}

function isMadeHere(
  object: string,
  steps: readonly { readonly changes: readonly { readonly kind: string; readonly object?: unknown }[] }[],
): boolean {
  return steps.some(({ changes }) =>
    changes.some((change) => /^create(?:Enum|Domain|Type)$/.test(change.kind) && change.object === object),
  )
}
