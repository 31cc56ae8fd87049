import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Exclusion, Key } from '../../src/schema/model.ts'
import { ident, rowsSentence, sql, sqlName, tableAt } from '../shared/sql.ts'
import { swapped } from '../shared/swap.ts'

export default {
  id: 'no-exclusion-constraint',
  severity: 'error',
  summary:
    'An exclusion constraint on an existing table locks everybody out while its index is built and every row compared.',
  why: `ADD ... EXCLUDE takes an ACCESS EXCLUSIVE lock, builds the index and compares all rows under it. There is no NOT VALID and no
    concurrent form of it.`,
  fix: 'Make the constraint on a new table, copy the rows over in batches and swap the two, or do it in a maintenance window with a lock_timeout.',
  references: ['https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-EXCLUDE'],
  sources: [
    'pgfence/add-constraint-exclude',
    'eugene/E6',
    'eugene/E8',
    'strong_migrations/add_exclusion_constraint',
    'diesel-guard/AddExcludeConstraintCheck',
    'pgsafe/add-exclusion-constraint',
    'pgls/avoidAddingExclusionConstraint',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false },
  bad: [
    {
      given: `create table bookings (id bigint primary key, during tsrange not null);`,
      sql: `alter table bookings add constraint bookings_no_overlap exclude using gist (during with &&);`,
      message: 'locks out everybody who uses `bookings`',
    },
  ],
  good: [
    {
      sql: `create table bookings (id bigint primary key, during tsrange not null); alter table bookings add constraint bookings_no_overlap exclude using gist (during with &&);`,
    },
    {
      sql: `create table bookings (id bigint primary key, during tsrange not null, exclude using gist (during with &&));`,
    },
  ],
  visit: {
    addExclusion({ table, to }, ctx) {
      if (ctx.isNew(table)) return
      const add = (name: string) => `ALTER TABLE ${name} ADD CONSTRAINT ${ident(to.name)} ${to.definition};`
      return {
        message: `Building \`${to.name}\` locks out everybody who uses \`${ctx.name(table)}\` until its index is built and all rows are compared.`,
        help: `${rowsSentence(table, ctx)}${swapped(table, add(sqlName(table, ctx)), { before: '', after: '', besides: (name) => [add(name)] }, ctx)}${overlapping(table, to, ctx)}`,
      }
    },
  },
} satisfies Rule

/** The query that finds rows which exclude each other, where the constraint compares columns. */
function overlapping(table: Key, { definition, columns }: Exclusion, ctx: RuleContext): string {
  const [, elements = '', where = ''] = /\((.*?)\)(?:\s+WHERE\s+(.*))?$/is.exec(definition) ?? []
  const compared = [...elements.matchAll(/(?:^|,)\s*("[^"]+"|[\w$]+)\s+WITH\s+([^\s,]+)/gi)]
  if (where !== '' || compared.length !== elements.split(/\bWITH\b/i).length - 1 || columns.length === 0) return ''
  const name = sqlName(table, ctx)
  const keys = tableAt(table, ctx)?.primaryKey?.columns ?? ['ctid']
  const both = keys.flatMap((key) => [`a.${ident(key)}`, `b.${ident(key)}`])
  return `\nRows that would fail:\n${sql(
    `SELECT ${both.join(', ')} FROM ${name} a JOIN ${name} b ON a.ctid < b.ctid`,
    `  AND ${compared.map(([, column, operator]) => `a.${column} ${operator} b.${column}`).join(' AND ')} LIMIT 20;`,
  )}`
}
