import type { Node, RangeVar } from 'libpg-query'
import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'require-table-schema',
  severity: 'info',
  summary:
    'A table that is named without its schema is looked for along the search path of whoever runs the migration.',
  why: 'Another search_path makes or changes a table of the same name somewhere else.',
  fix: 'Write the schema before the name of the table.',
  references: ['https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH'],
  enabled: false,
  sources: ['squawk/require-table-schema'],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key);`,
      message: '`users` is looked for',
    },
    { given: `create table users (id bigint primary key);`, sql: `drop table users;` },
  ],
  good: [{ sql: `create table public.users (id bigint generated always as identity primary key);` }],
  visit: {
    *statement({ node }) {
      for (const relation of tablesNamed(node)) {
        if (!relation?.relname || relation.schemaname || relation.relpersistence === 't') continue
        yield {
          anySize: true,
          object: relation.relname,
          message: `\`${relation.relname}\` is looked for along the search path of whoever runs the migration.`,
        }
      }
    },
  },
} satisfies Rule

/** The tables that a statement creates, changes, indexes or drops; a name that is dropped says of its schema by its length. */
function tablesNamed(node: Node): readonly (RangeVar | undefined)[] {
  if ('CreateStmt' in node) return [node.CreateStmt.relation]
  if ('AlterTableStmt' in node) return [node.AlterTableStmt.relation]
  if ('IndexStmt' in node) return [node.IndexStmt.relation]
  if ('CreateTableAsStmt' in node) return [node.CreateTableAsStmt.into?.rel]
  if (!('DropStmt' in node) || node.DropStmt.removeType !== 'OBJECT_TABLE') return []
  return (node.DropStmt.objects ?? []).flatMap((object) => {
    const names =
      'List' in object
        ? (object.List.items ?? []).flatMap((item) => ('String' in item ? [item.String.sval ?? ''] : []))
        : []
    return names.length === 1 && names[0] ? [{ relname: names[0] }] : []
  })
}
