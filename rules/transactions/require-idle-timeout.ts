import type { Rule } from '../../src/engine/rule.ts'
import { sql } from '../shared/sql.ts'
import { withoutSetting } from '../shared/timeouts.ts'

export default {
  id: 'require-idle-timeout',
  severity: 'info',
  summary: 'Every migration sets an idle_in_transaction_session_timeout.',
  why: 'A runner that hangs inside a transaction keeps its locks until somebody kills the session.',
  fix: 'Begin the file with SET idle_in_transaction_session_timeout.',
  references: [
    'https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT',
  ],
  enabled: false,
  sources: ['pgfence/missing-idle-timeout', 'pgls/requireIdleInTransactionTimeout'],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text;`,
      message: 'idle_in_transaction_session_timeout',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `set idle_in_transaction_session_timeout = '30s'; alter table users add column name text;`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      for (const step of withoutSetting(ctx.steps, 'idle_in_transaction_session_timeout')) {
        yield {
          place: step.statement.place,
          object: step.migration.name,
          anySize: true,
          message: 'The file sets no `idle_in_transaction_session_timeout` before this statement.',
          help: `Begin it with:\n${sql(`SET idle_in_transaction_session_timeout = '30s';`)}`,
        }
      }
    },
  },
} satisfies Rule
