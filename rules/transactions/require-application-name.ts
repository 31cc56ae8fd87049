import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'
import { withoutSetting } from '../shared/timeouts.ts'

export default {
  id: 'require-application-name',
  severity: 'info',
  summary: 'Without an application_name nobody can tell in pg_stat_activity which session is the migration.',
  why: 'When a deploy makes queries wait, the first question is which session holds the lock. A name in the list of sessions and in the log answers it at once.',
  fix: 'Set application_name at the top of the migration, or in the connection string of the runner.',
  references: ['https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-APPLICATION-NAME'],
  enabled: false,
  sources: ['pgfence/missing-application-name'],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text;`,
      message: 'no `application_name`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `set application_name = 'migrate'; alter table users add column name text;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const step of withoutSetting(ctx.steps, 'application_name')) {
        yield {
          place: step.statement.place,
          object: step.migration.name,
          anySize: true,
          message: 'The file sets no `application_name` before this statement.',
          help: `Begin it with:\n${sql(`SET application_name = 'migrate';`)}`,
        }
      }
    },
  },
} satisfies Rule
