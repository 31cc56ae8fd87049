import type { Rule } from '../../src/engine/rule.ts'
import { key } from '../../src/schema/model.ts'

export default {
  id: 'no-rename-index',
  severity: 'info',
  summary: 'Scripts, monitors and planner hints that name an index lose it when it is renamed.',
  why: `No query names an index, so the application goes on. What does name it, a REINDEX job, a dashboard of index use, a hint of pg_hint_plan, finds nothing any more.`,
  fix: 'Look for the old name in jobs and dashboards first.',
  references: ['https://www.postgresql.org/docs/current/sql-alterindex.html'],
  enabled: false,
  sources: ['pgsafe/rename'],
  bad: [
    {
      given: `create table users (id bigint primary key, email text); create index users_email on users (email);`,
      sql: `alter index users_email rename to users_email_idx;`,
      message: 'that names `users_email`',
    },
  ],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key, email text); create index users_email on users (email); alter index users_email rename to users_email_idx;`,
    },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (
        inside === 'function' ||
        !('RenameStmt' in node) ||
        node.RenameStmt.renameType !== 'OBJECT_INDEX' ||
        !node.RenameStmt.relation?.relname
      )
        return
      const {
        relation: { schemaname, relname },
      } = node.RenameStmt
      const schema = schemaname ?? ctx.step.before.defaultSchema
      if (
        ctx.steps.some((step) =>
          step.changes.some((change) => change.kind === 'addIndex' && change.index.name === relname),
        )
      )
        return
      return {
        anySize: true,
        object: key(schema, relname),
        message: `A job, monitor or hint that names \`${relname}\` no longer finds the index.`,
      }
    },
  },
} satisfies Rule
