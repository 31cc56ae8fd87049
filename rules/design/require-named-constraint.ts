import type { Rule } from '../../src/engine/rule.ts'
import type { ChangeOf } from '../../src/schema/change.ts'

export default {
  id: 'require-named-constraint',
  severity: 'info',
  summary: 'A constraint without a name of its own gets one that may differ from database to database.',
  why: 'Postgres numbers the names that it makes up, so a later migration that drops the constraint by name may miss it.',
  fix: 'Write CONSTRAINT and a name before it.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html'],
  enabled: false,
  sources: ['diesel-guard/UnnamedConstraintCheck'],
  bad: [
    {
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add unique (email);`,
      message: 'has no name of its own',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, age int);`,
      sql: `alter table users add constraint users_age_check check (age > 0) not valid;`,
    },
  ],
  visit: {
    addUnique: (change, ctx) => unnamed(change, ctx.step?.statement.text ?? ''),
    addCheck: (change, ctx) => unnamed(change, ctx.step?.statement.text ?? ''),
    addForeignKey: (change, ctx) => unnamed(change, ctx.step?.statement.text ?? ''),
  },
} satisfies Rule

function unnamed({ to, inline }: ChangeOf<'addUnique' | 'addCheck' | 'addForeignKey'>, text: string) {
  if (inline || text.toLowerCase().includes(to.name.toLowerCase())) return
  return { anySize: true, message: `The constraint has no name of its own; Postgres calls it \`${to.name}\` here.` }
}
