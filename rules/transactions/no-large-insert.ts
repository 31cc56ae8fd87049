import type { Rule } from '../../src/engine/rule.ts'
import { nameOf } from '../../src/schema/model.ts'
import { sqlName } from '../shared/sql.ts'
import { relationKey } from '../../src/schema/relation.ts'

export default {
  id: 'no-large-insert',
  severity: 'info',
  summary: 'An INSERT of thousands of rows in a migration is data, and holds the transaction of the migration open.',
  why: `All locks of the migration last until the last row is in, one bad row undoes the schema change as well, and every new environment loads the rows again for as long as the project lives.`,
  fix: 'Load the rows after the migration, with COPY or a seed script.',
  references: ['https://www.postgresql.org/docs/current/populate.html'],
  options: { rows: 1000 },
  sources: [],
  bad: [
    {
      given: `create table countries (id bigint primary key);`,
      sql: `insert into countries (id) values ${Array.from({ length: 30 }, (_, i) => `(${i})`).join(', ')};`,
      options: { rows: 20 },
      message: '30 rows',
    },
  ],
  good: [
    {
      given: `create table countries (id bigint primary key);`,
      sql: `insert into countries (id) values (1), (2), (3);`,
    },
  ],
  visit: {
    statement({ node, inside }, ctx) {
      if (inside === 'function' || !('InsertStmt' in node)) return
      const { relation, selectStmt } = node.InsertStmt
      const rows =
        selectStmt !== undefined && 'SelectStmt' in selectStmt ? (selectStmt.SelectStmt.valuesLists ?? []).length : 0
      if (rows <= Number(ctx.options['rows'])) return
      const table = relationKey(relation, ctx.step.before)
      return {
        anySize: true,
        object: table,
        help: `Keep the rows in a file beside the migration, and load it after the deploy:\n\`\`\`sh\npsql "$DATABASE_URL" -c "\\\\copy ${sqlName(table, ctx).replaceAll('"', '\\\\"')} FROM '${nameOf(table)}.csv' WITH (FORMAT csv, HEADER)"\n\`\`\``,
        message: `The migration holds its locks until ${rows.toLocaleString('en')} rows of \`${ctx.name(table)}\` are in.`,
      }
    },
  },
} satisfies Rule
