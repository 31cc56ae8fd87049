import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-rename-constraint',
  severity: 'info',
  summary:
    'Code that names a constraint, in ON CONFLICT ON CONSTRAINT or when it reads an error, breaks when it is renamed.',
  why: `The name of a unique constraint stands in error messages and in ON CONFLICT ON CONSTRAINT, so instances of the version before miss it. The rename takes an ACCESS EXCLUSIVE
    lock for a moment.`,
  fix: 'Look for the name in the code first; rename it when no running version uses it.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html',
    'https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT',
  ],
  once: 'review',
  sources: ['pgsafe/rename'],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table users (id bigint primary key, email text, constraint users_email unique (email));`,
      sql: `alter table users rename constraint users_email to users_email_key;`,
      message: 'that names `users_email`',
    },
  ],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key, email text not null, constraint users_email unique (email)); alter table users rename constraint users_email to users_email_key;`,
    },
    {
      title: 'Nothing in the code can name a check or a foreign key in a query.',
      given: `create table users (id bigint primary key, age int, constraint users_age check (age > 0));`,
      sql: `alter table users rename constraint users_age to users_age_check;`,
    },
  ],
  visit: {
    renameConstraint({ table, from }, ctx) {
      if (ctx.isNew(table) || /_(fkey|fk|check)$/.test(from)) return
      const known = ctx.step?.before.tables.get(table)
      if (
        known !== undefined &&
        known.complete &&
        !known.uniques.some((unique) => unique.name === from) &&
        known.primaryKey?.name !== from &&
        !known.exclusions.some((each) => each.name === from)
      )
        return
      return {
        anySize: true,
        message: `Code that names \`${from}\` in \`ON CONFLICT ON CONSTRAINT\` or looks for it in errors breaks when the constraint is renamed.`,
      }
    },
  },
} satisfies Rule
