import type { Rule } from '../../src/engine/rule.ts'
import { ident, sql } from '../shared/sql.ts'

export default {
  id: 'no-drop-database',
  severity: 'error',
  summary: 'Dropping a database loses everything in it.',
  why: 'No transaction brings it back: DROP DATABASE takes effect at once, and only a backup helps.',
  fix: 'Drop a database by hand, with a backup at hand, never in a migration.',
  references: ['https://www.postgresql.org/docs/current/sql-dropdatabase.html'],
  approvable: true,
  sources: [
    'squawk/ban-drop-database',
    'pgfence/drop-database',
    'diesel-guard/DropDatabaseCheck',
    'pgsafe/drop-database',
    'pgls/banDropDatabase',
  ],
  checklist: 'backup',
  bad: [{ sql: `drop database reports;`, runner: 'psql', message: 'loses everything in `reports`' }],
  good: [{ sql: `create table reports (id bigint primary key);` }],
  visit: {
    statement({ node }) {
      if (!('DropdbStmt' in node)) return
      return {
        anySize: true,
        object: node.DropdbStmt.dbname ?? '',
        help: `Drop it by hand, with a backup at hand, never in a migration. Out of reach but not yet lost:\n${sql(`ALTER DATABASE ${ident(node.DropdbStmt.dbname ?? '')} RENAME TO ${ident(`${node.DropdbStmt.dbname ?? ''}_dropped`)};`)}`,
        message: `\`DROP DATABASE\` loses everything in \`${node.DropdbStmt.dbname ?? ''}\`, and nothing brings it back.`,
      }
    },
  },
} satisfies Rule
