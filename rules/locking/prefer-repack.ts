import type { Rule } from '../../src/engine/rule.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { sentence } from '../shared/words.ts'
import { sql, sqlName } from '../shared/sql.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'prefer-repack',
  severity: 'info',
  summary:
    'From PostgreSQL 19 on REPACK (CONCURRENTLY) does what VACUUM FULL and CLUSTER do without locking everybody out.',
  why: `VACUUM FULL and CLUSTER write the table anew under an ACCESS EXCLUSIVE lock. REPACK with CONCURRENTLY copies it while reads and writes go on, and locks it only to swap
    the files.`,
  fix: 'Use REPACK (CONCURRENTLY), outside a transaction.',
  references: ['https://www.postgresql.org/docs/devel/sql-repack.html'],
  sources: ['squawk/prefer-repack'],
  bad: [{ alone: true, sql: `vacuum full users;`, postgres: 19, message: 'REPACK (CONCURRENTLY)' }],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `vacuum (analyze) users;`,
      runner: 'psql',
      postgres: 19,
    },
    {
      title: 'Before 19 there is none.',
      given: `create table users (id bigint primary key);`,
      sql: `vacuum full users;`,
      runner: 'psql',
      postgres: 18,
      unproven: 'others speak of the lock',
    },
  ],
  visit: {
    statement({ node }, ctx) {
      if (ctx.postgres < 19) return
      const full =
        'VacuumStmt' in node &&
        (node.VacuumStmt.options ?? []).some(
          (option) =>
            'DefElem' in option &&
            option.DefElem.defname === 'full' &&
            !/"(false|off)"|"ival":\{\}/.test(JSON.stringify(option.DefElem.arg ?? null)),
        )
      if (!full && !('ClusterStmt' in node)) return
      const [rel] = 'VacuumStmt' in node ? (node.VacuumStmt.rels ?? []) : []
      const relation =
        'ClusterStmt' in node
          ? node.ClusterStmt.relation
          : rel !== undefined && 'VacuumRelation' in rel
            ? rel.VacuumRelation.relation
            : undefined
      const table = relation?.relname ? ` ${sqlName(relationKey(relation, ctx.before), ctx)}` : ''
      return {
        anySize: true,
        ...(table === ''
          ? {}
          : { help: `${sentence(outsideTransaction(ctx).how)}:\n${sql(`REPACK (CONCURRENTLY)${table};`)}` }),
        message: `On PostgreSQL ${ctx.postgres}, \`REPACK (CONCURRENTLY)\` does this while reads and writes go on.`,
      }
    },
  },
} satisfies Rule
