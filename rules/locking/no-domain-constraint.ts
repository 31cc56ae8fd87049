import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-domain-constraint',
  severity: 'warning',
  summary: 'A constraint on a domain is checked against every table that uses it, and can hardly be changed later.',
  why: `Adding it reads each of those tables while writes wait. A new column of the domain rewrites its table, because Postgres checks the domain row by
    row even for NULL.`,
  fix: 'Use the base type and a CHECK constraint on the table, or add the constraint to the domain NOT VALID and validate it later.',
  references: ['https://www.postgresql.org/docs/current/sql-alterdomain.html'],
  sources: [
    'squawk/ban-create-domain-with-constraint', 'squawk/ban-alter-domain-with-add-constraint', 'pgfence/ban-create-domain-with-constraint', 'pgfence/ban-alter-domain-add-constraint',
    'diesel-guard/AddDomainCheckConstraintCheck', 'pgsafe/add-domain-constraint-without-not-valid', 'pgsafe/add-domain-not-null',
  ],
  bad: [
    { given: `create domain email as text; create table users (id bigint primary key, address email);`, sql: `alter domain email add constraint email_check check (value like '%@%');`, message: 'reads every table that uses `email`' },
    { sql: `create domain email as text check (value like '%@%');`, severity: 'info' },
  ],
  good: [
    { given: `create domain email as text;`, sql: `alter domain email add constraint email_check check (value like '%@%') not valid;` },
    { sql: `create domain label as text;` },
  ],
  visit: {
    createDomain({ object, to }, ctx) {
      if (to.checks.length === 0 && to.nullable) return
      return {
        severity: 'info',
        anySize: true,
        message: `A later column of \`${ctx.name(object)}\` rewrites its table, because the domain has a constraint.`,
      }
    },
    alterDomain({ object, adds, notValid }, ctx) {
      if (adds === null || notValid) return
      if (ctx.steps.some((step) => step.changes.some((change) => change.kind === 'createDomain' && change.object === object))) return
      return {
        message: `This reads every table that uses \`${ctx.name(object)}\` while their writes wait.`,
        help: adds === 'check' ? 'Add the constraint `NOT VALID`, and run `ALTER DOMAIN … VALIDATE CONSTRAINT …` in a later migration.' : 'Add a `CHECK (value IS NOT NULL) NOT VALID` to the domain, and validate it in a later migration.',
      }
    },
  },
} satisfies Rule
