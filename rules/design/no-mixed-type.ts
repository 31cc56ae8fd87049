import type { Rule } from '../../src/engine/rule.ts'
import { newColumns } from '../shared/columns.ts'
import { snake } from '../shared/names.ts'
import { inWords } from '../shared/query-words.ts'

export default {
  id: 'no-mixed-type',
  severity: 'info',
  summary: 'A column has another type than the columns of its name in the other tables.',
  why: `Whoever joins the two has to convert one, which keeps an index from being used, and code has two types for one thing. Names that everything has, such as \`type\` or \`value\`,
    mean another thing in each table and are left out.`,
  fix: 'Give it the type that the others have.',
  references: ['https://www.postgresql.org/docs/current/typeconv.html'],
  options: { min: 2 },
  enabled: false,
  sources: [],
  bad: [
    {
      given: `create table carts (id bigint primary key, customer_ref uuid); create table orders (id bigint primary key, customer_ref uuid);`,
      sql: `create table returns (id bigint generated always as identity primary key, customer_ref text);`,
      message: '`customer_ref` is `text` here and `uuid` in `carts` and `orders`',
    },
  ],
  good: [
    {
      given: `create table carts (id bigint primary key, customer_ref uuid); create table orders (id bigint primary key, customer_ref uuid);`,
      sql: `create table returns (id bigint generated always as identity primary key, customer_ref uuid);`,
    },
    {
      title: 'The others do not agree either.',
      given: `create table carts (id bigint primary key, customer_ref uuid); create table orders (id bigint primary key, customer_ref bigint);`,
      sql: `create table returns (id bigint generated always as identity primary key, customer_ref text);`,
    },
    {
      title: 'A word that means something else in each table.',
      given: `create table carts (id bigint primary key, value integer); create table orders (id bigint primary key, value integer);`,
      sql: `create table settings (id bigint generated always as identity primary key, value text);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    if (column.type === null || !snake(column.name).includes('_')) return null
    const others = [...ctx.after.tables.values()].flatMap((other) => {
      if (other.key === table) return []
      const same = other.columns.find((c) => c.name === column.name && c.type !== null)
      return same ? [{ table: ctx.name(other.key), type: same.type }] : []
    })
    const [first] = others
    if (!first || first.type === column.type || others.length < Number(ctx.options['min'])) return null
    if (others.some((other) => other.type !== first.type)) return null
    const named = others.slice(0, 2).map((other) => `\`${other.table}\``)
    const rest = others.length - named.length
    return {
      message: `\`${column.name}\` is \`${column.type}\` here and \`${first.type ?? ''}\` in ${inWords(rest > 0 ? [...named, `${rest} more`] : named)}.`,
      help: `Make it \`${first.type ?? ''}\`, if it is the same thing.`,
    }
  }, true),
} satisfies Rule
