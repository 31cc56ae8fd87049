import type { Rule } from '../../src/engine/rule.ts'
import { key } from '../../src/schema/model.ts'
import { refusesTransaction } from '../../src/sql/transaction-block.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { wholeLines } from '../shared/suggest.ts'
import { sql } from '../shared/sql.ts'
import { sentence } from '../shared/words.ts'

export default {
  id: 'require-concurrent-reindex',
  severity: 'error',
  summary: 'REINDEX without CONCURRENTLY blocks writes to the table and every query that opens the index.',
  why: `REINDEX holds a SHARE lock on the table and an ACCESS EXCLUSIVE lock on each index until the new one is built. The planner opens
    every index of a table, so reads wait as well.`,
  fix: 'Use REINDEX ... CONCURRENTLY (PostgreSQL 12 and later), outside a transaction.',
  references: ['https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY'],
  sources: [
    'squawk/require-concurrent-reindex',
    'pgfence/reindex-non-concurrent',
    'diesel-guard/ReindexCheck',
    'pgsafe/reindex-non-concurrent',
    'pgls/requireConcurrentReindex',
  ],
  claims: { lock: 'ShareLock', from: 12 },
  bad: [
    {
      given: `create table orders (id bigint primary key);`,
      sql: `reindex table orders;`,
      message: 'Rebuilding the indexes of `orders` blocks',
    },
    { given: `create table orders (id bigint primary key);`, sql: `reindex index orders_pkey;` },
    { given: `create table orders (id bigint primary key);`, sql: `reindex (concurrently false) table orders;` },
    {
      sql: `reindex table pg_catalog.pg_attribute;`,
      message: 'Rebuilding `pg_attribute` stops every query',
      unproven: 'locks on system catalogs are not watched',
    },
  ],
  good: [
    {
      given: `create table orders (id bigint primary key);`,
      sql: `reindex table concurrently orders;`,
      runner: 'psql',
    },
    { sql: `create table orders (id bigint primary key); reindex table orders;` },
  ],
  visit: {
    statement(statement, ctx) {
      const { node, text } = statement
      if (!('ReindexStmt' in node) || ctx.postgres < 12) return
      const { kind, relation, name } = node.ReindexStmt
      const form = refusesTransaction(statement)
      // System catalogs have no CONCURRENTLY: whoever rebuilds all of them knows that everything waits.
      if (form === 'REINDEX CONCURRENTLY' || kind === 'REINDEX_OBJECT_SYSTEM') return
      if (relation?.schemaname === 'pg_catalog')
        return {
          anySize: true,
          message: `Rebuilding \`${relation.relname ?? ''}\` stops every query of the database that has to open an index of it.`,
          help: 'System catalogs have no CONCURRENTLY. Rebuild only what needs it, by hand, at an hour when nobody waits.',
        }
      const schema = relation?.schemaname ?? ctx.step.before.defaultSchema
      const target = relation?.relname ?? name ?? ''
      const table = kind === 'REINDEX_OBJECT_TABLE' ? key(schema, target) : null
      if (table && ctx.isNew(table)) return
      const outside = outsideTransaction(ctx)
      const concurrent = `${text.replace(/\(\s*concurrently\s+\w+\s*\)\s*/i, '').replace(/^(\s*reindex\s*(?:\([^)]*\)\s*)?(?:index|table|schema|database))\b/i, (_, head: string) => `${head} ${/[a-z]/.test(head) ? 'concurrently' : 'CONCURRENTLY'}`)};`
      const what =
        kind === 'REINDEX_OBJECT_INDEX'
          ? `Rebuilding \`${target}\` blocks writes to its table`
          : `Rebuilding the indexes of ${target === '' ? 'the database' : `\`${target}\``} blocks writes`
      return {
        ...(table ? { object: table } : {}),
        message: `${what}, and every query that opens ${kind === 'REINDEX_OBJECT_INDEX' ? 'the index' : 'one of them'}, until it is done.`,
        help: `${sentence(outside.how)}:\n${sql(concurrent)}`,
        ...(outside.inPlace ? wholeLines(ctx.step, concurrent) : {}),
      }
    },
  },
} satisfies Rule
