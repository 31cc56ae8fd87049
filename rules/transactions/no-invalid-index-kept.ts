import type { Rule } from '../../src/engine/rule.ts'
import { commitsAlone, outsideTransaction } from '../shared/outside-transaction.ts'
import { sql, sqlName } from '../shared/sql.ts'
import { wholeLines } from '../shared/suggest.ts'
import { key, schemaOf } from '../../src/schema/model.ts'

export default {
  id: 'no-invalid-index-kept',
  severity: 'info',
  summary: 'CREATE INDEX CONCURRENTLY IF NOT EXISTS keeps the invalid index that a failed build has left behind.',
  why: `A concurrent build that is cancelled, times out or meets a duplicate leaves an index that no query uses and every write maintains. Run again, IF NOT EXISTS
    finds its name, does nothing, and the migration counts as done.`,
  fix: 'Drop the index first where it exists: on the first run that does nothing, on the second it clears the way.',
  references: ['https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY'],
  once: 'review',
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently if not exists users_name on users (name);`,
      runner: 'psql',
      message: 'keeps an invalid `users_name`',
    },
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `
        -- +goose NO TRANSACTION
        -- +goose Up
        create index concurrently if not exists users_name on users (name);`,
      runner: 'goose',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `drop index concurrently if exists users_name; create index concurrently if not exists users_name on users (name);`,
      runner: 'psql',
    },
    {
      given: `create table users (id bigint primary key, name text);`,
      sql: `create index concurrently users_name on users (name);`,
      runner: 'psql',
    },
  ],
  visit: {
    addIndex({ table, index, concurrently, ifNotExists }, ctx) {
      const { step } = ctx
      if (!concurrently || !ifNotExists || index.name === '' || step === null) return
      const dropped = ctx.steps
        .slice(0, ctx.steps.indexOf(step))
        .some(
          (other) =>
            other.changes.some((change) => change.kind === 'dropIndex' && change.name === index.name) ||
            dropsIndex(other.statement.text, index.name),
        )
      if (dropped) return
      const name = sqlName(key(schemaOf(table), index.name), ctx)
      const drop = `DROP INDEX CONCURRENTLY IF EXISTS ${name};`
      return {
        ...(commitsAlone(ctx) ? wholeLines(step, `${drop}\n${step.statement.text};`) : {}),
        message: `Run again after a build that failed, \`IF NOT EXISTS\` keeps an invalid \`${index.name}\` that no query uses.`,
        help: `Clear the way first; ${outsideTransaction(ctx).how}:\n${sql(drop)}\nor look after the deploy whether one is left:\n${sql('SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid;')}`,
      }
    },
  },
} satisfies Rule

/** A DROP INDEX IF EXISTS of an index that is not there changes nothing, so only its text tells. */
function dropsIndex(text: string, name: string): boolean {
  return (
    /^\s*drop\s+index\b/i.test(text) &&
    (text.match(/"[^"]+"|[\w$]+/g) ?? []).some((word) => word.replaceAll('"', '') === name)
  )
}
