import type { Rule } from '../../src/engine/rule.ts'

export default {
  id: 'require-table-schema',
  severity: 'info',
  summary: 'A table that is named without its schema is looked for along the search path of whoever runs the migration.',
  why: 'Another search_path makes or changes a table of the same name somewhere else.',
  fix: 'Write the schema before the name of the table.',
  references: ['https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATH'],
  enabled: false,
  sources: ['squawk/require-table-schema'],
  bad: [{ sql: `create table users (id bigint generated always as identity primary key);`, message: '`users` is looked for' }],
  good: [{ sql: `create table public.users (id bigint generated always as identity primary key);` }],
  visit: {
    statement({ node }) {
      const relation = 'CreateStmt' in node ? node.CreateStmt.relation : 'AlterTableStmt' in node ? node.AlterTableStmt.relation : 'IndexStmt' in node ? node.IndexStmt.relation
        : 'CreateTableAsStmt' in node ? node.CreateTableAsStmt.into?.rel : undefined
      if (!relation?.relname || relation.schemaname || relation.relpersistence === 't') return
      return { anySize: true, object: relation.relname, message: `\`${relation.relname}\` is looked for along the search path of whoever runs the migration.` }
    },
  },
} satisfies Rule
