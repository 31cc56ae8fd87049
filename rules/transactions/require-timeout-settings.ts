import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'
import { withoutSetting } from '../shared/timeouts.ts'

export default {
  id: 'require-timeout-settings',
  severity: 'warning',
  summary: 'Every migration sets a lock_timeout before it changes anything.',
  why: `A policy for teams that want the line in each file, whatever the file does. require-lock-timeout says it once a review, and only where a lock may have to
    wait.`,
  fix: 'Begin the file with SET lock_timeout.',
  references: ['https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT'],
  enabled: false,
  sources: [
    'squawk/require-lock-timeout',
    'squawk/require-timeout-settings',
    'pgfence/missing-lock-timeout',
    'eugene/E9',
    'pgls/lockTimeoutWarning',
  ],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text;`,
      message: 'sets no `lock_timeout`',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '3s'; reset lock_timeout; alter table users add column name text;`,
    },
    { given: `create table users (id bigint primary key);`, sql: `lock table users in share mode;` },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '3s'; alter table users add column name text;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const step of withoutSetting(ctx.steps, 'lock_timeout')) {
        yield {
          place: step.statement.place,
          object: step.migration.name,
          anySize: true,
          message: 'The file sets no `lock_timeout` before this statement.',
          help: `Begin it with:\n${sql(`SET lock_timeout = '3s';`)}`,
        }
      }
    },
  },
} satisfies Rule
