import type { Rule } from '../../src/engine/rule.ts'
import { isOn } from '../../src/sql/transaction-block.ts'
import { relationKey } from '../../src/schema/relation.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { repacked } from '../shared/repack.ts'
import { sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-vacuum-full',
  severity: 'error',
  summary: 'VACUUM FULL and CLUSTER rewrite the table while nobody can read or write it.',
  why: `Both take an ACCESS EXCLUSIVE lock and write the table and all its indexes anew under it, for hours on a large table. VACUUM cannot
    run in a transaction at all.`,
  fix: 'Use pg_repack or pg_squeeze, or REPACK (CONCURRENTLY) from PostgreSQL 19 on, outside the migrations. Plain VACUUM locks nobody out.',
  references: [
    'https://www.postgresql.org/docs/current/sql-vacuum.html',
    'https://www.postgresql.org/docs/current/sql-cluster.html',
  ],
  sources: ['pgfence/vacuum-full', 'pgsafe/vacuum-full-cluster', 'pgls/banVacuumFull'],
  claims: { lock: 'AccessExclusiveLock', rewrites: true },
  bad: [
    {
      given: `create table orders (id bigint primary key);`,
      sql: `vacuum full orders;`,
      runner: 'psql',
      message: 'rewrites `orders`',
      unproven: 'it cannot run in a transaction, so its locks cannot be held and seen',
    },
    { given: `create table orders (id bigint primary key);`, sql: `cluster orders using orders_pkey;` },
  ],
  good: [{ given: `create table orders (id bigint primary key);`, sql: `vacuum orders;`, runner: 'psql' }],
  visit: {
    statement({ node }, ctx) {
      if ('VacuumStmt' in node && node.VacuumStmt.is_vacuumcmd) {
        if (!isOn(node.VacuumStmt.options, 'full')) return
        const tables = (node.VacuumStmt.rels ?? []).flatMap((rel) =>
          'VacuumRelation' in rel && rel.VacuumRelation.relation?.relname ? [rel.VacuumRelation.relation] : [],
        )
        const keys = tables.map((table) => relationKey(table, ctx.step.before))
        if (keys.length > 0 && keys.every((table) => ctx.isNew(table))) return
        const [first] = keys
        return {
          ...(first ? { object: first } : {}),
          ...(first
            ? {
                help: `Plain VACUUM locks nobody out, and new rows take the room that it frees; ${outsideTransaction(ctx, { many: keys.length > 1 }).how}:\n${sql(...keys.map((table) => `VACUUM (ANALYZE) ${sqlName(table, ctx)};`))}\nTo give the room back to the disk, ${repacked(first, { index: null, tablespace: null }, ctx)}`,
              }
            : {}),
          message: `\`VACUUM FULL\` rewrites ${keys.length === 0 ? 'every table' : keys.map((table) => `\`${ctx.name(table)}\``).join(', ')} while nobody can read or write it.`,
        }
      }
      const relation = 'ClusterStmt' in node ? node.ClusterStmt.relation : undefined
      if (!('ClusterStmt' in node)) return
      const table = relation?.relname ? relationKey(relation, ctx.step.before) : null
      if (table && ctx.isNew(table)) return
      return {
        ...(table
          ? {
              object: table,
              help: `While others read and write it, ${repacked(table, { index: node.ClusterStmt.indexname ?? null, tablespace: null }, ctx)}`,
            }
          : {}),
        message: `\`CLUSTER\` rewrites ${table ? `\`${ctx.name(table)}\`` : 'every clustered table'} while nobody can read or write.`,
      }
    },
  },
} satisfies Rule
