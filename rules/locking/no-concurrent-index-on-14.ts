import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { isOn } from '../../src/sql/transaction-block.ts'
import { nameOf, type Key } from '../../src/schema/model.ts'
import { ident, sql } from '../shared/sql.ts'

export default {
  id: 'no-concurrent-index-on-14',
  severity: 'warning',
  summary: 'PostgreSQL 14.0 to 14.3 can leave rows out of an index that is built CONCURRENTLY.',
  why: `A VACUUM that ran meanwhile could remove row versions that the build still needed. 14.4 corrected it; an index that was built before has to be built again.
    Said where the repository names one of these versions; \`unknown: true\` says it for every 14 whose minor version nobody names.`,
  fix: 'Update the server to 14.4 or later first.',
  references: ['https://www.postgresql.org/docs/release/14.4/'],
  options: { unknown: false },
  sources: ['pgfence/pg14-index-concurrent-bug'],
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently users_name on users (name);`,
      runner: 'psql',
      postgres: 14,
      options: { unknown: true },
      message: 'can lack rows',
    },
  ],
  good: [
    {
      title: 'A 14 of which nobody says which: most are newer.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently users_name on users (name);`,
      runner: 'psql',
      postgres: 14,
    },
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
      return isFaulty(ctx) && concurrently && !ctx.isNew(table) ? problem(index.name) : null
    },
    statement({ node }, ctx) {
      if (!isFaulty(ctx) || !('ReindexStmt' in node) || !isOn(node.ReindexStmt.params, 'concurrently')) return null
      return problem(nameOf(`.${node.ReindexStmt.relation?.relname ?? node.ReindexStmt.name ?? ''}` as Key))
    },
  },
} satisfies Rule

function isFaulty({ postgres, postgresMinor, options }: RuleContext): boolean {
  return postgres === 14 && (postgresMinor === null ? options['unknown'] === true : postgresMinor < 4)
}

function problem(name: string) {
  return {
    anySize: true,
    message: `Built CONCURRENTLY on PostgreSQL 14.0 to 14.3, \`${name}\` can lack rows.`,
    help: `Ask the server which it is:\n${sql('SHOW server_version;')}\nUpdate it to 14.4 or later first. An index that was built before that way is built again after it:\n${sql(`REINDEX INDEX CONCURRENTLY ${ident(name)};`)}`,
  }
}
