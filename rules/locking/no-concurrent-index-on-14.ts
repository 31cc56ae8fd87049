import type { Rule } from '../../src/engine/rule.ts'
import { isOn } from '../../src/sql/transaction-block.ts'
import { nameOf, type Key } from '../../src/schema/model.ts'

export default {
  id: 'no-concurrent-index-on-14',
  severity: 'warning',
  summary: 'PostgreSQL 14.0 to 14.3 can leave rows out of an index that is built CONCURRENTLY.',
  why: `A VACUUM that ran meanwhile could remove row versions that the build still needed. 14.4 corrected it; an index that was built before has to be built again.
    The minor version is not known here, so the rule is off until it is switched on for a server that is still on one of these.`,
  fix: 'Update the server to 14.4 or later first.',
  references: ['https://www.postgresql.org/docs/release/14.4/'],
  enabled: false,
  sources: ['pgfence/pg14-index-concurrent-bug'],
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently users_name on users (name);`,
      runner: 'psql',
      postgres: 14,
      message: 'can lack rows',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently users_name on users (name);`,
      runner: 'psql',
      postgres: 15,
    },
    {
      sql: `create table users (id bigint generated always as identity primary key, name text); create index users_name on users (name);`,
      postgres: 14,
    },
  ],
  visit: {
    addIndex({ table, index, concurrently }, ctx) {
      return ctx.postgres === 14 && concurrently && !ctx.isNew(table) ? problem(index.name) : null
    },
    statement({ node }, ctx) {
      if (ctx.postgres !== 14 || !('ReindexStmt' in node) || !isOn(node.ReindexStmt.params, 'concurrently')) return null
      return problem(nameOf(`.${node.ReindexStmt.relation?.relname ?? node.ReindexStmt.name ?? ''}` as Key))
    },
  },
} satisfies Rule

function problem(name: string) {
  return {
    anySize: true,
    message: `Built CONCURRENTLY on PostgreSQL 14.0 to 14.3, \`${name}\` can lack rows.`,
    help: 'Ask the server for its version (`SHOW server_version;`) and update it to 14.4 or later first.',
  }
}
