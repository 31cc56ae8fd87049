import type { Rule } from '../../src/engine/rule.ts'
import { key } from '../../src/schema/model.ts'
import { isAlwaysTrue } from '../shared/always-true.ts'

export default {
  id: 'require-where',
  severity: 'error',
  summary: 'An UPDATE or DELETE without a WHERE that excludes anything changes every row of the table.',
  why: `Every row is locked until the transaction ends and written anew, which blocks other writers and doubles the table. A DELETE without WHERE
    loses them all.`,
  fix: 'Say which rows are meant, and change many rows in batches outside the migration.',
  references: ['https://www.postgresql.org/docs/current/sql-update.html', 'https://www.postgresql.org/docs/current/sql-delete.html'],
  approvable: true,
  sources: ['pgfence/delete-without-where', 'diesel-guard/MutationWithoutWhereCheck', 'pgls/banDeleteWithoutWhere', 'pgls/banUpdateWithoutWhere'],
  bad: [
    { given: `create table users (id bigint primary key, active boolean);`, sql: `delete from users;`, message: 'loses every row of `users`' },
    { given: `create table users (id bigint primary key, active boolean);`, sql: `update users set active = true where 1 = 1;`, message: 'changes every row of `users`' },
    {
      title: 'Filling a column that the same pull request adds is what it is for: information.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column active boolean; update users set active = true;`,
      severity: 'info',
    },
  ],
  good: [
    { title: 'A function that is made does not run.', given: `create table users (id bigint primary key, email text);`, sql: `create function forget() returns void language sql as $$ delete from users $$;` },
    { title: 'A table of the same pull request.', sql: `create table users (id bigint primary key, active boolean); update users set active = true;` },
    { given: `create table users (id bigint primary key, email text);`, sql: `delete from users where id = 7;`, unproven: 'others speak of data in migrations' },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (inside === 'function') return
      const update = 'UpdateStmt' in node ? node.UpdateStmt : null
      const remove = 'DeleteStmt' in node ? node.DeleteStmt : null
      const relation = (update ?? remove)?.relation
      if (!relation?.relname) return
      if (update && (update.fromClause?.length ?? 0) > 0) return
      if (remove && (remove.usingClause?.length ?? 0) > 0) return
      const where = (update ?? remove)?.whereClause
      if (where !== undefined && !isAlwaysTrue(where)) return
      const table = key(relation.schemaname ?? ctx.step.before.defaultSchema, relation.relname)
      if (ctx.isNew(table)) return
      const fills = update !== null && (update.targetList ?? []).every((target) => 'ResTarget' in target && ctx.isNewColumn(table, target.ResTarget.name ?? ''))
      return {
        object: table,
        ...(fills ? { severity: 'info' as const } : {}),
        message: update ? `This changes every row of \`${ctx.name(table)}\` in one transaction.` : `This loses every row of \`${ctx.name(table)}\`.`,
      }
    },
  },
} satisfies Rule
