import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { createDomain, lateDomainChecks } from '../../src/schema/sql/ddl.ts'
import { key, nameOf, type DomainType, type Key } from '../../src/schema/model.ts'
import { separateDeploy } from '../shared/deploys.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-domain-constraint',
  severity: 'warning',
  summary: 'A constraint on a domain is checked against every table that uses it, and can hardly be changed later.',
  why: `Adding it reads each of those tables while writes wait. A new column of the domain rewrites its table, because Postgres checks the domain row by
    row even for NULL.`,
  fix: 'Use the base type and a CHECK constraint on the table, or add the constraint to the domain NOT VALID and validate it later.',
  references: ['https://www.postgresql.org/docs/current/sql-alterdomain.html'],
  sources: [
    'squawk/ban-create-domain-with-constraint',
    'squawk/ban-alter-domain-with-add-constraint',
    'pgfence/ban-create-domain-with-constraint',
    'pgfence/ban-alter-domain-add-constraint',
    'diesel-guard/AddDomainCheckConstraintCheck',
    'pgsafe/add-domain-constraint-without-not-valid',
    'pgsafe/add-domain-not-null',
  ],
  bad: [
    {
      given: `create domain email as text; create table users (id bigint primary key, address email);`,
      sql: `alter domain email add constraint email_check check (value like '%@%');`,
      message: 'reads every row of `users`, which uses `email`',
    },
    {
      title: 'Which tables use it is not known.',
      alone: true,
      sql: `alter domain email add constraint email_check check (value like '%@%');`,
      message: 'reads every table that uses `email`',
    },
    { sql: `create domain email as text check (value like '%@%');`, severity: 'info' },
  ],
  good: [
    {
      given: `create domain email as text;`,
      sql: `alter domain email add constraint email_check check (value like '%@%') not valid;`,
    },
    {
      title: 'No table uses it.',
      given: `create domain email as text; create table users (id bigint primary key, address text);`,
      sql: `alter domain email add constraint email_check check (value like '%@%');`,
    },
    { sql: `create domain label as text;` },
  ],
  visit: {
    createDomain({ object, to }, ctx) {
      if (to.checks.length === 0 && to.nullable) return
      return {
        severity: 'info',
        anySize: true,
        notIn: [
          'squawk/ban-alter-domain-with-add-constraint',
          'pgfence/ban-alter-domain-add-constraint',
          'pgsafe/add-domain-constraint-without-not-valid',
          'pgsafe/add-domain-not-null',
        ],
        message: `A later column of \`${ctx.name(object)}\` rewrites its table, because the domain has a constraint.`,
        ...(to.checks.length === 0 ? {} : { help: checkedLate(to, ctx) }),
      }
    },
    alterDomain({ object, adds, notValid }, ctx) {
      if (adds === null || notValid) return
      if (
        ctx.steps.some((step) =>
          step.changes.some((change) => change.kind === 'createDomain' && change.object === object),
        )
      )
        return
      const users = usersOf(object, ctx)
      if (users !== null && users.every((table) => ctx.isNew(table))) return
      const domain = sqlName(object, ctx)
      return {
        notIn: [
          'squawk/ban-create-domain-with-constraint',
          'pgfence/ban-create-domain-with-constraint',
          ...(adds === 'check'
            ? ['pgsafe/add-domain-not-null']
            : [
                'squawk/ban-alter-domain-with-add-constraint',
                'diesel-guard/AddDomainCheckConstraintCheck',
                'pgsafe/add-domain-constraint-without-not-valid',
              ]),
        ],
        message:
          users === null || users.length > 3
            ? `This reads every table that uses \`${ctx.name(object)}\` while their writes wait.`
            : `This reads every row of ${users.map((table) => `\`${ctx.name(table)}\``).join(' and ')}, which ${users.length === 1 ? 'uses' : 'use'} \`${ctx.name(object)}\`, while writes wait.`,
        ...(users?.every((table) => ctx.size(table) === 'small') ? { severity: 'info' as const } : {}),
        help:
          adds === 'check'
            ? inSteps(
                `${ctx.step?.statement.text.trim() ?? ''} NOT VALID;`,
                domain,
                nameIn(ctx.step?.statement.text) ?? `${nameOf(object)}_check`,
                ctx,
              )
            : inSteps(
                `ALTER DOMAIN ${domain} ADD CONSTRAINT ${ident(`${nameOf(object)}_not_null`)} CHECK (VALUE IS NOT NULL) NOT VALID;`,
                domain,
                `${nameOf(object)}_not_null`,
                ctx,
              ),
      }
    },
  },
} satisfies Rule

function inSteps(add: string, domain: string, name: string, ctx: RuleContext): string {
  return `Add it without looking at the rows:\n${sql(add)}\nand validate it ${separateDeploy(ctx)}:\n${sql(`ALTER DOMAIN ${domain} VALIDATE CONSTRAINT ${ident(name)};`)}`
}

/** The name that a statement gives a constraint; undefined where it gives none. */
function nameIn(text: string | undefined): string | undefined {
  const [, quoted, plain] = /\bconstraint\s+(?:"([^"]+)"|([\w$]+))/i.exec(text ?? '') ?? []
  return quoted ?? plain?.toLowerCase()
}

/** The tables with a column of a domain, or of a domain over it; null where not all of them are known. */
function usersOf(domain: Key, ctx: RuleContext): readonly Key[] | null {
  const schema = ctx.step?.before
  if (schema === undefined || ctx.alone || !schema.complete || schema.types.size > 0) return null
  const names = new Set<Key>([domain])
  const isOne = (type: string | null) => {
    const bare = type?.replaceAll('"', '').replace('[]', '') ?? ''
    return names.has(bare) || names.has(key(schema.defaultSchema, bare))
  }
  for (const [over, { base }] of schema.domains) if (isOne(base)) names.add(over)
  return [...schema.tables.values()]
    .filter((table) => table.columns.some((column) => isOne(column.type)))
    .map((table) => table.key)
}

/** A domain that gets its constraints once its columns are there. */
function checkedLate(domain: DomainType, ctx: RuleContext): string {
  const late = { ...domain, checks: domain.checks.map((check) => ({ ...check, validated: false })) }
  const { defaultSchema } = ctx.before
  const name = sqlName(key(domain.schema, domain.name), ctx)
  return `Make it without, and add columns of it to tables that hold rows:\n${sql(`${createDomain(late, defaultSchema)};`)}\nthen its constraint, which is asked of what is written from then on:\n${sql(...lateDomainChecks(late, defaultSchema).map((each) => `${each};`))}\nand validate it ${separateDeploy(ctx)}:\n${sql(...late.checks.map((check) => `ALTER DOMAIN ${name} VALIDATE CONSTRAINT ${ident(check.name)};`))}`
}
