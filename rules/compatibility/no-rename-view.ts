import type { Rule } from '../../src/engine/rule.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'
import { key, schemaOf } from '../../src/schema/model.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-rename-view',
  severity: 'error',
  summary: 'Renaming a view breaks every running instance that still reads it by its old name.',
  why: `The rename is immediate, the deploy of the code is not: instances of the version before fail on every query of the view until they are replaced.`,
  fix: 'Leave a view of the old name behind, move the readers over, and drop it in a later pull request.',
  references: ['https://www.postgresql.org/docs/current/sql-alterview.html'],
  sources: ['pgsafe/rename'],
  bad: [
    {
      given: `create table users (id bigint primary key); create view ids as select id from users;`,
      sql: `alter view ids rename to user_ids;`,
      message: 'still reads `ids`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key); create view ids as select id from users;`,
      sql: `create view user_ids as select * from ids;`,
    },
    {
      title: 'The old name stays.',
      given: `create table users (id bigint primary key); create view ids as select id from users;`,
      sql: `alter view ids rename to user_ids; create view ids as select * from user_ids;`,
    },
    {
      title: 'A view of the same pull request.',
      given: `create table users (id bigint primary key);`,
      sql: `create view ids as select id from users; alter view ids rename to user_ids;`,
    },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (inside === 'function' || !('RenameStmt' in node)) return
      const { renameType, relation, newname = '' } = node.RenameStmt
      if ((renameType !== 'OBJECT_VIEW' && renameType !== 'OBJECT_MATVIEW') || !relation?.relname) return
      const view = relationKey(relation, ctx.step.before)
      if (!ctx.alone && !ctx.before.views.has(view)) return
      if (
        ctx.steps.some((step) => step.changes.some((change) => change.kind === 'createView' && change.object === view))
      )
        return
      return {
        anySize: true,
        object: view,
        message: `Renaming \`${ctx.name(view)}\` breaks every running instance that still reads \`${ctx.name(view)}\`.`,
        // A view over the old one would keep that from going later.
        help: `Leave the old name behind, in the same transaction, until nothing reads it any more:\n${sql(
          `ALTER ${renameType === 'OBJECT_VIEW' ? '' : 'MATERIALIZED '}VIEW ${sqlName(view, ctx)} RENAME TO ${ident(newname)};`,
          `CREATE VIEW ${sqlName(view, ctx)} AS SELECT * FROM ${sqlName(key(schemaOf(view), newname), ctx)};`,
        )}`,
      }
    },
  },
} satisfies Rule
