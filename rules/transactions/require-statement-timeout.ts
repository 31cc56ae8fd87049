import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'
import { withoutSetting } from '../shared/timeouts.ts'

export default {
  id: 'require-statement-timeout',
  severity: 'warning',
  summary: 'Every migration sets a statement_timeout before it changes anything.',
  why: `A policy for teams that want a limit on how long a statement may hold its locks. A concurrent index build must run without one, or it leaves an invalid
    index behind.`,
  fix: 'Begin the file with SET statement_timeout.',
  references: ['https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT'],
  enabled: false,
  sources: [
    'squawk/require-statement-timeout',
    'squawk/require-timeout-settings',
    'pgfence/missing-statement-timeout',
    'pgls/requireStatementTimeout',
  ],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text;`,
      message: 'sets no `statement_timeout`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `set statement_timeout = '5s'; alter table users add column name text;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const step of withoutSetting(ctx.steps, 'statement_timeout')) {
        yield {
          place: step.statement.place,
          object: step.migration.name,
          anySize: true,
          message: 'The file sets no `statement_timeout` before this statement.',
          help: `Begin it with:\n${sql(`SET statement_timeout = '5s';`)}`,
        }
      }
    },
  },
} satisfies Rule
