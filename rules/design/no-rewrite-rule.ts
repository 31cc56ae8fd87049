import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-rewrite-rule',
  severity: 'warning',
  summary: 'A rule rewrites statements before they run, and works out what they hold more than once.',
  why: `CREATE RULE changes the statement, not the row: \`nextval()\` or \`random()\` in an INSERT is called once for the table and again for the rule, RETURNING and the count of rows
    speak of another statement than the one that was sent, and COPY goes past it. Triggers see each row once.`,
  fix: 'Use a trigger, or a view that can be written through with INSTEAD OF triggers.',
  references: [
    'https://www.postgresql.org/docs/current/rules-triggers.html',
    'https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_rules',
  ],
  enabled: false,
  sources: [],
  bad: [
    {
      given: `create table orders (id bigint primary key); create table log (id bigint);`,
      sql: `create rule keep as on insert to orders do also insert into log values (new.id);`,
      message: '`keep` rewrites',
    },
  ],
  good: [
    {
      given: `create table orders (id bigint primary key); create function keep() returns trigger language plpgsql as 'begin return new; end';`,
      sql: `set lock_timeout = '5s'; create trigger keep after insert on orders for each row execute function keep();`,
    },
  ],
  visit: {
    statement({ node }) {
      if (!('RuleStmt' in node)) return null
      const { rulename = '', relation } = node.RuleStmt
      return {
        anySize: true,
        ...(relation?.relname ? { object: relation.relname } : {}),
        message: `\`${rulename}\` rewrites every statement that it holds for before it runs, so values in it may be worked out twice.`,
      }
    },
  },
} satisfies Rule
