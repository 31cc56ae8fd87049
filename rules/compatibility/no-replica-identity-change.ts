import type { Rule } from '../../src/engine/rule.ts'
import { sql, sqlName, tableAt } from '../shared/sql.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-replica-identity-change',
  severity: 'info',
  summary:
    'The replica identity decides which old values of a row subscribers get, and whether UPDATE and DELETE work at all.',
  why: `With NOTHING, UPDATE and DELETE of a published table fail. With FULL every one of them writes the whole old row to the write-ahead log. A consumer that was built on the old
    values of FULL no longer finds them after DEFAULT.`,
  fix: 'Keep the primary key as the identity where there is one, and ask whoever reads the replication before it changes.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-REPLICA-IDENTITY',
    'https://www.postgresql.org/docs/current/logical-replication-publication.html',
  ],
  sources: [],
  claims: { lock: 'AccessExclusiveLock', rewrites: false, scans: false },
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users replica identity nothing;`,
      message: 'UPDATE and DELETE of `users` fail',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users replica identity full;`,
      message: 'writes the whole old row',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users replica identity default;`,
    },
    {
      sql: `create table users (id bigint generated always as identity primary key); alter table users replica identity full;`,
    },
  ],
  visit: {
    *statement({ node, inside }, ctx) {
      if (inside === 'function' || !('AlterTableStmt' in node)) return
      const { relation, cmds = [] } = node.AlterTableStmt
      const table = relationKey(relation, ctx.step.before)
      if (ctx.isNew(table)) return
      const help = tableAt(table, ctx)?.primaryKey
        ? `Its primary key names the rows, where that stays the identity:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} REPLICA IDENTITY DEFAULT;`)}`
        : null
      for (const cmd of cmds) {
        const def = 'AlterTableCmd' in cmd ? cmd.AlterTableCmd.def : undefined
        const type = def !== undefined && 'ReplicaIdentityStmt' in def ? def.ReplicaIdentityStmt.identity_type : null
        if (type === 'n')
          yield {
            anySize: true,
            object: table,
            ...(help === null ? {} : { help }),
            message: `UPDATE and DELETE of \`${ctx.name(table)}\` fail where the table is published: nothing is left to name its rows by.`,
          }
        if (type === 'f')
          yield {
            anySize: true,
            object: table,
            ...(help === null ? {} : { help }),
            alike: 'full',
            message: `Every UPDATE and DELETE of \`${ctx.name(table)}\` writes the whole old row to the write-ahead log, and subscribers search for it by all columns.`,
          }
      }
    },
  },
} satisfies Rule
