import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'
import { wholeLines } from '../shared/suggest.ts'
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
    *statement({ node, inside, text }, ctx) {
      if (inside === 'function') return
      const wanted = new Set<string>()
      for (const change of ctx.step.changes) {
        const guard = guardOf(change)
        if (guard) wanted.add(guard)
      }
      if ('DropStmt' in node && !node.DropStmt.missing_ok && wanted.size === 0) wanted.add('IF EXISTS')
      const written = wanted.size === 1 && ctx.step.changes.length <= 1 ? guarded(text, ctx) : null
      for (const guard of wanted)
        yield {
          anySize: true,
          message: `This fails when it is run a second time, without \`${guard}\`.`,
          ...(written === null ? {} : { help: `With it:\n${sql(written)}`, ...wholeLines(ctx.step, written) }),
        }
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

const creates =
  /^(\s*create\s+(?:unlogged\s+)?(?:table|(?:unique\s+)?index(?:\s+concurrently)?)\b|.*?\badd\s+column\b)/is
const drops =
  /^(\s*drop\s+\w+(?:\s+view)?(?:\s+concurrently)?\b|\s*alter\s+table\b.*?\bdrop\s+(?:column|constraint)\b)/is

/** The statement that passes over what is there, or gone, already; null where its words leave no place for that. */
function guarded(text: string, ctx: RuleContext): string | null {
  const [change] = ctx.step?.changes ?? []
  if (
    change?.kind === 'addForeignKey' ||
    change?.kind === 'addCheck' ||
    change?.kind === 'addUnique' ||
    change?.kind === 'addPrimaryKey'
  ) {
    return `ALTER TABLE ${sqlName(change.table, ctx)} DROP CONSTRAINT IF EXISTS ${ident(change.to.name)};\n${text};`
  }
  const guard = (words: string) => (head: string) => `${head} ${/[a-z]/.test(head) ? words : words.toUpperCase()}`
  const made = creates.test(text)
    ? text.replace(creates, guard('if not exists'))
    : text.replace(drops, guard('if exists'))
  return made === text ? null : `${made};`
}
