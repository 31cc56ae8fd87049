import type { Rule } from '../../src/engine/rule.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'no-numbered-columns',
  severity: 'info',
  summary: 'Columns that are told apart by a number are a list with a fixed length.',
  why: `A query for one value has to name every column, an index is needed on each, and one value more is a migration. A table with a row for each
    value, or an array with a GIN index, costs a join and has none of that. Where the number is fixed by nature the columns are fine.`,
  fix: 'Use a table with one row for each value, or an array.',
  references: ['https://www.postgresql.org/docs/current/arrays.html'],
  sources: [],
  bad: [
    {
      sql: `create table posts (id bigint generated always as identity primary key, tag1 text, tag2 text, tag3 text);`,
      message: '`tag1`, `tag2`, `tag3` are a list',
    },
    {
      prisma: {
        before: '',
        after: 'model Post {\n  id BigInt @id\n  tag1 String?\n  tag2 String?\n  tag3 String?\n}\n',
      },
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const posts = pgTable('posts', { id: bigint('id', { mode: 'number' }).primaryKey(), tag1: text('tag1'), tag2: text('tag2'), tag3: text('tag3') })\n`,
      },
    },
  ],
  good: [
    { sql: `create table post_tags (post_id bigint not null, tag text not null, primary key (post_id, tag));` },
    {
      title: 'Two lines of an address, and names of algorithms.',
      sql: `create table places (id bigint generated always as identity primary key, line1 text, line2 text, sha1 bytea, sha256 bytea, sha512 bytea);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    const [, base, digits = ''] = /^(.*[A-Za-z])_?(\d{1,2})$/.exec(column.name) ?? []
    if (base === undefined) return null
    const series = (ctx.after.tables.get(table)?.columns ?? []).flatMap((c) => {
      const [, other, number = ''] = /^(.*[A-Za-z])_?(\d{1,2})$/.exec(c.name) ?? []
      return other === base && c.type === column.type ? [{ name: c.name, number: Number(number) }] : []
    })
    const numbers = series.map((one) => one.number).sort((a, b) => a - b)
    const first = numbers[0] ?? -1
    // Said at the last of them.
    if (
      series.length < 3 ||
      first > 1 ||
      !numbers.every((number, i) => number === first + i) ||
      Number(digits) !== numbers.at(-1)
    )
      return null
    return {
      message: `${series
        .slice(0, 4)
        .map((one) => `\`${one.name}\``)
        .join(', ')} are a list with a fixed length: a search has to look at ${series.length} columns.`,
      help: `Use a table with one row for each \`${base}\`, or one array column, unless the number is fixed by nature.`,
    }
  }),
} satisfies Rule
