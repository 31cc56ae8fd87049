import type { Rule } from '../../src/engine/rule.ts'
import type { Change } from '../../src/schema/change.ts'

export default {
  id: 'prefer-if-exists',
  severity: 'info',
  summary: 'A statement without IF EXISTS or IF NOT EXISTS fails when the migration is run a second time.',
  why: 'Outside a transaction a migration that failed half way has to be run again from its start, and stops at what it has done already.',
  fix: 'Add IF EXISTS or IF NOT EXISTS.',
  references: ['https://www.postgresql.org/docs/current/sql-createtable.html'],
  enabled: false,
  sources: [
    'squawk/prefer-robust-stmts',
    'pgfence/prefer-robust-drop-table',
    'pgls/preferRobustStmts',
    'diesel-guard/ADD COLUMN without IF NOT EXISTS',
    'diesel-guard/CREATE INDEX without IF NOT EXISTS',
    'diesel-guard/CREATE TABLE without IF NOT EXISTS',
    'diesel-guard/DROP COLUMN without IF EXISTS',
    'diesel-guard/DROP INDEX without IF EXISTS',
    'diesel-guard/DROP TABLE without IF EXISTS',
    'diesel-guard/IdempotencyAlterCheck',
    'diesel-guard/IdempotencyCreateCheck',
    'diesel-guard/IdempotencyDropCheck',
    'diesel-guard/IdempotencyIndexCheck',
  ],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column name text;`,
      message: 'without `IF NOT EXISTS`',
    },
    { given: `create type mood as enum ('ok');`, sql: `drop type mood;`, message: 'without `IF EXISTS`' },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column if not exists name text;`,
    },
  ],
  visit: {
    *statement({ node, inside }, ctx) {
      if (inside === 'function') return
      const wanted = new Set<string>()
      for (const change of ctx.step.changes) {
        const guard = guardOf(change)
        if (guard) wanted.add(guard)
      }
      if ('DropStmt' in node && !node.DropStmt.missing_ok && wanted.size === 0) wanted.add('IF EXISTS')
      for (const guard of wanted)
        yield { anySize: true, message: `This fails when it is run a second time, without \`${guard}\`.` }
    },
  },
} satisfies Rule

function guardOf(change: Change): string | null {
  switch (change.kind) {
    case 'createTable':
    case 'addColumn':
      return change.ifNotExists ? null : 'IF NOT EXISTS'
    case 'addIndex':
      return change.ifNotExists ? null : 'IF NOT EXISTS'
    case 'dropTable':
    case 'dropColumn':
    case 'dropConstraint':
    case 'dropIndex':
      return change.ifExists ? null : 'IF EXISTS'
    case 'addForeignKey':
    case 'addCheck':
      return change.inline ? null : 'IF EXISTS'
    case 'addUnique':
    case 'addPrimaryKey':
      return change.inline ? null : 'IF EXISTS'
    default:
      return null
  }
}
