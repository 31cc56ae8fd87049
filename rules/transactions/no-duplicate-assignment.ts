import type { Node } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'no-duplicate-assignment',
  severity: 'error',
  summary: 'A statement that names a column twice where it sets or defines it fails.',
  why: 'Postgres refuses multiple assignments to the same column, so the migration stops here.',
  fix: 'Keep the assignment that is meant.',
  references: ['https://www.postgresql.org/docs/current/sql-update.html'],
  sources: ['squawk/ban-duplicate-column-assignments'],
  claims: [{ fails: '42601' }, { fails: '42701' }],
  bad: [
    {
      given: `create table users (id bigint primary key, a int);`,
      sql: `update users set a = 1, a = 2 where id = 3;`,
      message: '`a` is set twice',
      unproven: 'others speak of data in migrations',
    },
    {
      given: `create table users (id bigint primary key, a int);`,
      sql: `insert into users (id, a, a) values (1, 2, 3);`,
    },
    {
      title: 'A view that gives one name to two of its columns.',
      sql: `create view v as select 1 as a, 2 as a;`,
      message: '`a` is defined twice',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, a int, b int);`,
      sql: `insert into users (id, a, b) values (1, 2, 3);`,
    },
  ],
  visit: {
    *statement(statement) {
      const defined = definedTwice(statement.node)
      if (defined !== null)
        yield {
          anySize: true,
          fails: true,
          message: `\`${defined}\` is defined twice, so the statement fails.`,
          help: 'Leave one of the two out, or give it a name of its own.',
        }
      for (const targets of targetLists(statement.node)) {
        const names = targets.flatMap((target) =>
          'ResTarget' in target && target.ResTarget.name && (target.ResTarget.indirection?.length ?? 0) === 0
            ? [target.ResTarget.name]
            : [],
        )
        const twice = names.find((name, i) => names.indexOf(name) !== i)
        if (twice !== undefined)
          yield { anySize: true, fails: true, message: `\`${twice}\` is set twice, so the statement fails.` }
      }
    },
  },
} satisfies Rule

/** The name of a column that CREATE TABLE, CREATE FOREIGN TABLE or CREATE VIEW gives twice; null where there is none. */
function definedTwice(node: Node): string | null {
  const table =
    'CreateStmt' in node
      ? node.CreateStmt
      : 'CreateForeignTableStmt' in node
        ? node.CreateForeignTableStmt.base
        : undefined
  const query = 'ViewStmt' in node && (node.ViewStmt.aliases ?? []).length === 0 ? node.ViewStmt.query : undefined
  const names =
    query && 'SelectStmt' in query
      ? (query.SelectStmt.targetList ?? []).flatMap((target) =>
          'ResTarget' in target && target.ResTarget.name ? [target.ResTarget.name] : [],
        )
      : (table?.tableElts ?? []).flatMap((element) =>
          'ColumnDef' in element && element.ColumnDef.colname ? [element.ColumnDef.colname] : [],
        )
  return names.find((name, i) => names.indexOf(name) !== i) ?? null
}

function targetLists(node: Node): readonly (readonly Node[])[] {
  if ('UpdateStmt' in node) return [node.UpdateStmt.targetList ?? []]
  if ('InsertStmt' in node) return [node.InsertStmt.cols ?? [], node.InsertStmt.onConflictClause?.targetList ?? []]
  if ('MergeStmt' in node)
    return (node.MergeStmt.mergeWhenClauses ?? []).flatMap((clause) =>
      'MergeWhenClause' in clause ? [clause.MergeWhenClause.targetList ?? []] : [],
    )
  return []
}
