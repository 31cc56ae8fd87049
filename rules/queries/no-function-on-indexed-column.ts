import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { indexUse, pathsOf } from '../../src/schema/index-use.ts'
import type { Table } from '../../src/schema/model.ts'
import { builtBy } from '../shared/concurrently.ts'
import { indexSpelling } from '../shared/declare.ts'
import { cutTo, indexedExpression } from '../shared/indexed-expression.ts'
import { drizzleImports, drizzleShop, large, pool, sqlShop } from '../shared/query-examples.ts'
import { branchesOf, createIndex, searchIn } from '../shared/query-words.ts'
import { ident } from '../shared/sql.ts'
import { withSuffix } from '../shared/names.ts'

export default {
  id: 'no-function-on-indexed-column',
  severity: 'warning',
  summary: 'A function or cast around a column keeps its index from being used.',
  why: `An index on \`email\` holds values of \`email\`, not of \`lower(email)\`. With a function or a cast around the column Postgres computes it for every
    row of the table, although the column is indexed.`,
  fix: 'Compare the bare column (with a range instead of a truncated date), or index the expression itself.',
  references: ['https://www.postgresql.org/docs/current/indexes-expressional.html'],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      ...sqlShop,
      rows: large,
      typescript: `${pool}\n  export const byMail = (email: string) => pool.query('SELECT id FROM users WHERE lower(email) = $1', [email])`,
      message: '`lower(email)`',
    },
    {
      ...sqlShop,
      rows: large,
      title: 'The day of a time with a zone is another in each zone.',
      typescript: `${pool}\n  export const of = (day: string) => pool.query('SELECT id FROM users WHERE deleted_at::date = $1', [day])`,
      given: `${sqlShop.given} CREATE INDEX "users_deleted_at_idx" ON "users" ("deleted_at");`,
    },
    {
      ...drizzleShop,
      rows: large,
      typescript: `${drizzleImports}\n  export const byNumber = (n: string) => db.select().from(orders).where(sql\`\${orders.number}::text = \${n}\`).limit(1)`,
      message: '`orders_number_idx`',
    },
  ],
  good: [
    {
      ...sqlShop,
      rows: large,
      typescript: `${pool}\n  export const byMail = (email: string) => pool.query('SELECT id FROM users WHERE email = lower($1)', [email])`,
    },
    {
      given: `create table people (id bigint primary key, email text unique); create index on people (lower(email));`,
      rows: { people: 9_000_000 },
      typescript: `${pool}\n  await pool.query('SELECT id FROM people WHERE lower(email) = $1', [email])`,
    },
  ],
  visit: {
    query(query, ctx) {
      const search = searchIn(query, ctx)
      if (search === null) return
      const { table, severity } = search
      if (query.predicates.some((p) => p.joining === true)) return
      for (const branch of branchesOf(query)) {
        const own = branch.filter((p) => p.table === table.key)
        if (own.length !== branch.length || indexUse(table, own).verdict === 'served') continue
        for (const predicate of own) {
          if (
            predicate.expression === null ||
            predicate.column === null ||
            !['=', 'in', '<', '<=', '>', '>=', 'between'].includes(predicate.operator)
          )
            continue
          // What a value has a part in is computed anew for each one: no index holds it, and the column says something else.
          if (/->|#>|\$\d/.test(predicate.expression)) continue
          const path = pathsOf(table).find((p) => p.keys[0]?.column === predicate.column && p.method === 'btree')
          if (
            path === undefined ||
            pathsOf(table).some((p) => p.keys.some((k) => k.expression?.includes(predicate.column ?? '') === true))
          )
            continue
          return {
            object: table.key,
            severity,
            message: `\`${predicate.expression}\` is compared, so that the index \`${path.name}\` on \`${predicate.column}\` is not used and \`${ctx.name(table.key)}\` is read as a whole.`,
            help: bareOrIndexed(
              { ...predicate, expression: predicate.expression, column: predicate.column },
              table,
              ctx,
            ),
          }
        }
      }
    },
  },
} satisfies Rule

/** The comparison that the index at hand serves, and the index that serves the one that is written, where there can be one. */
function bareOrIndexed(
  { expression, column, operator }: { readonly expression: string; readonly column: string; readonly operator: string },
  table: Table,
  ctx: RuleContext,
): string {
  const unit = operator === '=' ? cutTo(expression) : null
  const name = ident(column)
  const type = table.columns.find((each) => each.name === column)?.type?.endsWith('with time zone')
    ? 'timestamptz'
    : 'timestamp'
  const bare =
    unit === null
      ? `Compare \`${column}\` itself`
      : `Compare \`${column}\` with both ends, \`${name} >= $1::${type} AND ${name} < $1::${type} + interval '1 ${unit}'\``
  const sql = indexedExpression(expression, column, table)
  if (sql === null)
    return `${bare}. Postgres indexes an expression only where it depends on the row alone, not on settings such as the time zone.`
  const called = /^(\w+)\(/.exec(sql)?.[1]?.toLowerCase() ?? 'expr'
  const index = withSuffix(`${table.name}_${column}_${called}`, '_idx')
  const build = createIndex(table, { name: index, on: `((${sql}))` }, ctx)
  return `${builtBy(table.key, [build], ctx, `${bare}, or index the expression`)}${indexSpelling(table.key, { name: index, keys: [{ column: null, expression: sql }] }, ctx)}`
}
