import type { Rule } from '../../src/engine/rule.ts'
import { pathsOf } from '../../src/schema/index-use.ts'
import type { Table } from '../../src/schema/model.ts'
import { pool } from '../shared/query-examples.ts'
import { bySize, isNewSearch } from '../shared/query-words.ts'

const given = `
  create table accounts (id bigint primary key, number integer not null, balance numeric(12,2) not null);
  create table entries (id bigint primary key, account_number numeric not null, account_id bigint not null);
  create index accounts_number_idx on accounts (number);
  create index entries_account_id_idx on entries (account_id);
  create index entries_account_number_idx on entries (account_number);`
const rows = { accounts: 5_000_000, entries: 40_000_000 }

export default {
  id: 'no-implicit-cast',
  severity: 'warning',
  summary:
    'An indexed integer column is compared with a number of another type, so that Postgres converts the column and not the value.',
  why: `An integer that meets a \`numeric\` or a float is converted to that type first. The comparison is then one of \`numeric\`, which an index on the integer column
    does not hold, and every row of the table is read.`,
  fix: 'Give the value, or the other column, the type of the indexed column.',
  references: [
    'https://www.postgresql.org/docs/current/typeconv-oper.html',
    'https://www.postgresql.org/docs/current/indexes-opclass.html',
  ],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      given,
      rows,
      typescript: `${pool}\n  export const one = (n: string) => pool.query('SELECT id FROM accounts WHERE number = $1::numeric', [n])`,
      message: '`accounts_number_idx`',
    },
    {
      given,
      rows,
      typescript: `${pool}\n  export const all = (id: string) => pool.query('SELECT e.id FROM entries e JOIN accounts a ON a.number = e.account_number WHERE e.account_id = $1', [id])`,
      message: '`account_number` of `entries`',
    },
  ],
  good: [
    {
      given,
      rows,
      typescript: `${pool}\n  export const one = (n: string) => pool.query('SELECT id FROM accounts WHERE number = $1', [n])`,
    },
    {
      given,
      rows,
      title: 'Integers of different size go together.',
      typescript: `${pool}\n  export const one = (n: string) => pool.query('SELECT id FROM accounts WHERE number = $1::bigint', [n])`,
    },
    {
      given,
      rows,
      title: 'The converted side has no index to lose.',
      typescript: `${pool}\n  export const rich = (id: string) => pool.query('SELECT id FROM accounts WHERE id = $1 AND balance > 10', [id])`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (query.statement === undefined || !isNewSearch(query) || ctx.project.dialect !== 'postgresql') return
      const indexed = (table: Table | undefined, column: string | null): string | undefined =>
        table === undefined || !integers.test(typeIn(table, column))
          ? undefined
          : pathsOf(table).find((path) => path.method === 'btree' && path.keys[0]?.column === column)?.name
      for (const { table: key, column, comparedType, expression } of query.predicates) {
        const table = ctx.after.tables.get(key)
        const index =
          expression === null && comparedType !== undefined && wider.test(comparedType)
            ? indexed(table, column)
            : undefined
        const severity = table === undefined ? null : bySize(ctx, table.key, 'warning')
        if (table === undefined || index === undefined || severity === null) continue
        return {
          object: table.key,
          severity,
          message: `\`${column ?? ''}\` of \`${ctx.name(table.key)}\` is converted to \`${comparedType ?? ''}\` before it is compared, so that \`${index}\` is not used.`,
        }
      }
      for (const join of query.joins) {
        for (const [mine, ours, theirs, other] of [
          [join.from, join.fromColumns[0], join.toColumns[0], join.to],
          [join.to, join.toColumns[0], join.fromColumns[0], join.from],
        ] as const) {
          const [table, facing] = [ctx.after.tables.get(mine), ctx.after.tables.get(other)]
          const index = indexed(table, ours ?? null)
          const type = facing === undefined ? '' : typeIn(facing, theirs ?? null)
          const severity = table === undefined ? null : bySize(ctx, table.key, 'warning')
          if (table === undefined || index === undefined || severity === null || !wider.test(type)) continue
          return {
            object: table.key,
            severity,
            message: `\`${ours ?? ''}\` of \`${ctx.name(mine)}\` is converted to \`${type}\` to be joined with \`${theirs ?? ''}\` of \`${ctx.name(other)}\`, so that \`${index}\` is not used.`,
          }
        }
      }
    },
  },
} satisfies Rule

const integers = /^(?:smallint|integer|bigint)$/
const wider = /^(?:numeric(?:\(.*\))?|real|double precision)$/

function typeIn(table: Table, column: string | null): string {
  return table.columns.find((c) => c.name === column)?.type ?? ''
}
