import type { Node } from 'libpg-query'
import { notNullRecipe } from '../shared/not-null.ts'
import { sql } from '../shared/sql.ts'
import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import { isOn } from '../../src/sql/transaction-block.ts'
import { walkTree } from '../shared/sql-tree.ts'

export default {
  id: 'no-newer-syntax',
  severity: 'error',
  summary: 'The statement is written for a newer PostgreSQL than the one that production runs.',
  why: `A server that does not know the words refuses the statement with a syntax error, and the migration ends there. Tests pass all the same where they run on a newer server.`,
  fix: 'Write it with what the version knows, or name the version that production runs in `.github/schemagate.yml`: `postgres: 18`.',
  references: ['https://www.postgresql.org/docs/release/'],
  sources: [],
  claims: { fails: '42601', to: 17 },
  bad: [
    {
      postgres: 17,
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add column domain text generated always as (split_part(email, '@', 2)) virtual;`,
      message: 'a virtual column',
    },
    {
      postgres: 17,
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add constraint users_email_not_null not null email not valid;`,
      message: 'PostgreSQL 17 does not know `NOT NULL` as a constraint of its own, which came with 18',
    },
    {
      postgres: 16,
      given: `create table users (id bigint primary key, age int);`,
      sql: `alter table users add constraint users_age check (age > 0) not enforced;`,
      message: '`NOT ENFORCED`',
    },
    {
      postgres: 14,
      given: `create table users (id bigint primary key, email text); create table names (id bigint primary key, email text);`,
      sql: `merge into users u using names n on u.id = n.id when matched then update set email = n.email;`,
      message: '`MERGE`',
    },
    {
      postgres: 14,
      given: `create table users (id bigint primary key, email text);`,
      sql: `create unique index concurrently users_email on users (email) nulls not distinct;`,
      runner: 'psql',
      message: '`NULLS NOT DISTINCT`',
    },
  ],
  good: [
    {
      postgres: 18,
      given: `create table users (id bigint primary key, age int);`,
      sql: `alter table users add constraint users_age check (age > 0) not enforced;`,
    },
    {
      postgres: 17,
      given: `create table users (id bigint primary key, age int);`,
      sql: `alter table users add constraint users_age check (age > 0) not valid;`,
    },
  ],
  visit: {
    statement({ node, inside, text }, ctx) {
      if (inside === 'function') return
      const newer = newestIn(node)
      if (newer === null || newer.from <= ctx.postgres) return
      return {
        ...(ctx.postgresAssumed ? { severity: 'info' as const } : {}),
        anySize: true,
        fails: true,
        ...olderForm(newer, text, ctx),
        message: `PostgreSQL ${ctx.postgres} does not know ${newer.words}, which came with ${newer.from}, so this fails there${ctx.postgresAssumed ? '; nothing says that production runs a newer one' : ''}.`,
      }
    },
  },
} satisfies Rule

interface Syntax {
  readonly from: number
  readonly words: string
  /** The statement in words that older versions know; left out where it has to be thought of anew. */
  readonly older?: (text: string) => string
}

/** What to write in place of it, where older versions have a word for the same or for what comes close. */
function olderForm({ from, words, older }: Syntax, text: string, ctx: RuleContext): Partial<Pick<Problem, 'help'>> {
  const name = `Or name the version that production runs in \`.github/schemagate.yml\`: \`postgres: ${from}\`.`
  const column = ctx.step?.changes.find((change) => change.kind === 'addNotNull')
  if (column?.kind === 'addNotNull') return { help: `${notNullRecipe(column.table, column.column, ctx)}\n${name}` }
  const written = older?.(text)
  if (written === undefined || written === text) return {}
  return {
    help: `Without ${words}, in what PostgreSQL ${ctx.postgres} knows:\n${sql(...(/^\s*create\b/i.test(text) ? [] : ["SET lock_timeout = '3s';"]), `${written};`)}\n${name}`,
  }
}

/** The newest syntax of a statement, as far as its words tell; null for what every version since 10 knows. */
function newestIn(node: Node): Syntax | null {
  let newest: Syntax | null = null
  walkTree(node, (kind, value) => {
    const found = syntaxOf(kind, value)
    if (found !== null && (newest === null || found.from > newest.from)) newest = found
    return true
  })
  return newest
}

/** What a node needs that not every version has; see the release notes of each. */
function syntaxOf(kind: string, value: Readonly<Record<string, unknown>>): Syntax | null {
  if (kind === 'MergeStmt') return { from: 15, words: '`MERGE`' }
  if (kind === 'ReindexStmt')
    return isOn(value['params'] as readonly Node[] | undefined, 'concurrently')
      ? { from: 12, words: '`REINDEX CONCURRENTLY`', older: without(/\bconcurrently\s+|\(\s*concurrently\s*\)\s*/i) }
      : null
  if (kind === 'PartitionCmd')
    return value['concurrent'] === true
      ? { from: 14, words: '`DETACH PARTITION … CONCURRENTLY`', older: without(/\s+concurrently\b/i) }
      : null
  if (kind !== 'Constraint' && kind !== 'IndexStmt') return null
  const type = value['contype']
  if (value['without_overlaps'] === true || value['fk_with_period'] === true)
    return { from: 18, words: 'keys over periods' }
  if (
    type === 'CONSTR_ATTR_NOT_ENFORCED' ||
    ((type === 'CONSTR_CHECK' || type === 'CONSTR_FOREIGN') && value['is_enforced'] !== true)
  )
    return {
      from: 18,
      words: '`NOT ENFORCED`',
      older: (text) => text.replace(/\s+not\s+enforced\b/i, /^\s*alter\b/i.test(text) ? ' NOT VALID' : ''),
    }
  if (type === 'CONSTR_NOTNULL' && value['keys'] !== undefined)
    return { from: 18, words: '`NOT NULL` as a constraint of its own' }
  if (type === 'CONSTR_GENERATED' && value['generated_kind'] === 'v')
    return {
      from: 18,
      words: 'a virtual column',
      // On a table that is there, a stored one is written into every row.
      older: (text) => (/^\s*create\b/i.test(text) ? text.replace(/\bvirtual\b/gi, 'STORED') : text),
    }
  if (value['nulls_not_distinct'] === true) return { from: 15, words: '`NULLS NOT DISTINCT`' }
  return type === 'CONSTR_GENERATED' && value['generated_kind'] === 's'
    ? { from: 12, words: 'a generated column' }
    : null
}

function without(part: RegExp): (text: string) => string {
  return (text) => text.replace(part, '')
}
