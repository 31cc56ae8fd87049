import type { Rule } from '../../src/engine/rule.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-rename-view',
  severity: 'error',
  summary: 'Renaming a view breaks every running instance that still reads it by its old name.',
  why: `The rename is immediate, the deploy of the code is not: instances of the version before fail on every query of the view until they are replaced.`,
  fix: 'Create a view of the new name beside the old one, move the readers over, and drop the old one in a later pull request.',
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
        help: `Have both for a while:\n${sql(`CREATE VIEW ${ident(newname)} AS SELECT * FROM ${sqlName(view, ctx)};`)}\nand drop the old one when nothing reads it any more.`,
      }
    },
  },
} satisfies Rule
