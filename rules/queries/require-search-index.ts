import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Predicate } from '../../src/queries/query.ts'
import { indexUse, isIndexable } from '../../src/schema/index-use.ts'
import { builtBy } from '../shared/concurrently.ts'
import { indexSpelling } from '../shared/declare.ts'
import { drizzleImports, drizzleShop, large, prismaShop } from '../shared/query-examples.ts'
import { branchesOf, createIndex, listed, quote, rowsOf, searchIn } from '../shared/query-words.ts'
import { sql } from '../shared/sql.ts'
import { withSuffix } from '../shared/names.ts'

export default {
  id: 'require-search-index',
  severity: 'warning',
  summary: 'A text is searched inside a column, or without regard to case, which a plain index cannot serve.',
  why: `\`contains\`, \`endsWith\`, \`mode: 'insensitive'\`, \`ILIKE\` and \`LIKE '%x'\` do not begin with fixed characters, so a B-tree has nowhere to begin:
    each search reads the whole table. An index of trigrams serves them all.`,
  fix: 'Create a trigram index on the column, or search with `tsvector` and a GIN index where whole words are meant.',
  references: [
    'https://www.postgresql.org/docs/current/pgtrgm.html',
    'https://www.postgresql.org/docs/current/textsearch-indexes.html',
  ],
  sources: [],
  checklist: 'no-full-scans',
  bad: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const find = (text: string) => prisma.user.findMany({ where: { name: { contains: text, mode: 'insensitive' } }, take: 20 })`,
      message: '`name`',
    },
    {
      ...drizzleShop,
      rows: large,
      typescript: `${drizzleImports}\n  export const find = (text: string) => db.select().from(users).where(ilike(users.name, \`%\${text}%\`)).limit(20)`,
    },
    {
      ...prismaShop,
      typescript: `export const find = (text: string) => prisma.user.findMany({ where: { name: { endsWith: text } }, take: 20 })`,
      severity: 'info',
    },
    {
      ...prismaShop,
      rows: large,
      title: 'Each alternative needs its column in the index.',
      typescript: `export const search = (text: string) => prisma.order.findMany({ where: { OR: [{ note: { contains: text } }, { status: { contains: text } }] }, take: 20 })`,
      message: 'Each search in `note` and `status`',
    },
  ],
  good: [
    {
      given: `create extension pg_trgm; create table people (id bigint primary key, name text); create index on people using gin (name gin_trgm_ops);`,
      rows: { people: 9_000_000 },
      typescript: `import { Pool } from 'pg'\n  const pool = new Pool({ max: 5, connectionTimeoutMillis: 100, statement_timeout: 1000 })\n  await pool.query("SELECT id FROM people WHERE name ILIKE '%x%' LIMIT 5")`,
      severity: 'info',
    },
    {
      ...prismaShop,
      rows: large,
      title: 'A pattern without three letters in a row finds nothing in an index of trigrams.',
      typescript: `export const domains = () => prisma.$queryRaw\`SELECT substring(name FROM position('@' in name) + 1) AS domain, count(*) FROM users WHERE name ILIKE '%@%' GROUP BY 1 LIMIT 30\``,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'Another condition leaves few rows to search.',
      typescript: `export const find = (userId: string, text: string) => prisma.order.findMany({ where: { userId, note: { contains: text } }, take: 20 })`,
    },
  ],
  visit: {
    query(query, ctx) {
      const search = searchIn(query, ctx)
      if (search === null) return
      const { table, severity } = search
      if (query.predicates.some((p) => p.joining === true && p.table !== table.key)) return
      // Every alternative that is searched needs its column in the index, or the whole table is read for it.
      const lacking: string[] = []
      for (const branch of branchesOf(query)) {
        const own = branch.filter((p) => p.table === table.key)
        if (own.length !== branch.length) return
        const searched = own.filter(
          (p) =>
            ((p.operator === 'like' && (p.pattern === 'infix' || p.pattern === 'suffix')) || p.operator === 'ilike') &&
            p.expression === null &&
            hasTrigram(p),
        )
        // Where an equality has no index either, that is what is said.
        if (
          own.some((p) => isIndexable(p) && p.expression === null && (p.operator === '=' || p.operator === 'in')) ||
          indexUse(table, own).verdict === 'served' ||
          own.some((p) => indexUse(table, [p]).verdict === 'served')
        )
          continue
        // An alternative that no index of trigrams serves has the whole table read all the same.
        if (searched.length === 0) return
        lacking.push(...searched.map((p) => p.column ?? ''))
      }
      const columns = [...new Set(lacking)]
      if (columns.length === 0) return
      const on = `USING gin (${columns.map((c) => `${quote(c)} gin_trgm_ops`).join(', ')})`
      const name = withSuffix(`${table.name}_${columns[0] ?? ''}_trgm`, '_idx')
      const index = createIndex(table, { name, on }, ctx)
      return {
        object: table.key,
        severity,
        index,
        message: `Each search in ${listed(columns)} reads the whole of \`${ctx.name(table.key)}\`${rowsOf(ctx, table.key)}: no index serves it.`,
        help: `${trigrams(ctx)}${builtBy(table.key, [index], ctx, ctx.after.extensions.has('pg_trgm') ? 'An index of trigrams does' : 'Build it after that')}${indexSpelling(table.key, { name, method: 'gin', keys: columns.map((column) => ({ column, expression: null, opclass: 'gin_trgm_ops' })) }, ctx)}`,
      }
    },
  },
} satisfies Rule

/** False for a pattern of the code that has no three letters in a row, so that an index of trigrams leaves all rows: `'%@%'`. */
function hasTrigram({ value, pattern }: Predicate): boolean {
  return typeof value !== 'string' || (pattern === 'suffix' ? /[\p{L}\p{N}]{2}$/u : /[\p{L}\p{N}]{3}/u).test(value)
}

/** The extension that brings the operators, where the database does not have it yet. */
function trigrams({ after }: RuleContext): string {
  return after.extensions.has('pg_trgm')
    ? ''
    : `An index of trigrams does:\n${sql('CREATE EXTENSION IF NOT EXISTS pg_trgm;')}\n`
}
