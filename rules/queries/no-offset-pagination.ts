import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Predicate, Query } from '../../src/queries/query.ts'
import { nameOf } from '../../src/schema/model.ts'
import type { Table } from '../../src/schema/model.ts'
import { snake } from '../shared/names.ts'
import { drizzleImports, drizzleShop, large, pool, prismaShop, sqliteShelf, sqlShop } from '../shared/query-examples.ts'
import {
  isForOperators,
  byClient,
  grows,
  isNewSearch,
  mainTable,
  rowsOf,
  rowsOfOwner,
  tellsApart,
} from '../shared/query-words.ts'
import { idents } from '../shared/sql.ts'
import { isSorted } from '../shared/sql-tree.ts'

export default {
  id: 'no-offset-pagination',
  severity: 'info',
  summary: 'Pages are found by an offset, so that the later a page is, the more rows are read and thrown away.',
  why: 'Postgres cannot jump to row 100,000: it reads all rows before it. Rows that are inserted or deleted between two pages are shown twice or never.',
  fix: 'Go on from the last row of the page before: `cursor` of Prisma, or a condition on the sorted column and the key.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/queries/pagination#cursor-based-pagination',
    'https://orm.drizzle.team/docs/guides/cursor-based-pagination',
  ],
  dialects: 'all',
  sources: [],
  checklist: 'no-full-scans',
  bad: [
    {
      ...prismaShop,
      rows: { users: 2000, orders: 20_000_000 },
      title: 'Each user has ten thousand orders.',
      typescript: `export const page = (n: number, userId: string) => prisma.order.findMany({ where: { userId }, orderBy: { createdAt: 'desc' }, skip: n * 20, take: 20 })`,
      message: '`orders`',
    },
    {
      ...drizzleShop,
      rows: large,
      typescript: `${drizzleImports}\n  export const page = (n: number) => db.select().from(orders).orderBy(orders.id).limit(20).offset(n * 20)`,
    },
  ],
  good: [
    {
      ...prismaShop,
      title: 'A page that only those who run the service turn.',
      rows: large,
      files: {
        'src/admin/page.ts': `import { prisma } from '../db'\n  export const list = (page: number) => prisma.order.findMany({ orderBy: { id: 'asc' }, skip: page * 50, take: 50 })`,
      },
    },
    {
      ...sqlShop,
      title: 'What is sorted by something computed has no index to go on from.',
      rows: large,
      typescript: `${pool}\n  export const near = (to: number, page: number) => pool.query('SELECT id FROM orders ORDER BY abs(number - $1) LIMIT 20 OFFSET $2', [to, page * 20])`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'Conditions that are put together at run time.',
      typescript: `export const page = (n: number, where: object) => prisma.order.findMany({ where, orderBy: { createdAt: 'desc' }, skip: n * 20, take: 20 })`,
    },
    {
      given: `CREATE TABLE "templates" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL);`,
      rows: { '*': 5_000_000 },
      title: 'What belongs to nobody, and nobody says of this very table that it is large.',
      typescript: `${pool}\n  export const page = (n: number) => pool.query('SELECT name FROM templates ORDER BY name LIMIT 500 OFFSET $1', [n])\n  export const first = () => pool.query('SELECT id FROM templates ORDER BY name LIMIT 20')`,
    },
    {
      ...sqlShop,
      rows: large,
      title: 'A page of groups.',
      typescript: `${pool}\n  export const page = (n: number) => pool.query('SELECT user_id, count(*) FROM orders GROUP BY user_id ORDER BY user_id LIMIT 20 OFFSET $1', [n])`,
    },
    {
      ...prismaShop,
      rows: large,
      typescript: `export const page = (last: string) => prisma.order.findMany({ orderBy: { id: 'asc' }, cursor: { id: last }, skip: 1, take: 20 })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'The orders of one user with one number: there are few.',
      typescript: `export const page = (n: number, userId: string, number: number) => prisma.order.findMany({ where: { userId, number }, orderBy: { id: 'asc' }, skip: n * 20, take: 20 })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'Each user has four orders.',
      typescript: `export const page = (n: number, userId: string) => prisma.order.findMany({ where: { userId, user: { plan: 'paid' } }, orderBy: { createdAt: 'desc' }, skip: n * 20, take: 20 })`,
    },
    {
      ...prismaShop,
      rows: { orders: 20_000_000 },
      title: 'What one person has, and nobody says how many there are.',
      typescript: `export const page = (n: number, userId: string) => prisma.order.findMany({ where: { userId }, orderBy: { createdAt: 'desc' }, skip: n * 20, take: 20 })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'A page of keys that the code holds.',
      typescript: `export const page = (n: number, ids: string[]) => prisma.order.findMany({ where: { id: { in: ids } }, orderBy: { id: 'asc' }, skip: n * 20, take: 20 })`,
    },
    {
      ...sqliteShelf,
      rows: { '*': 5_000_000 },
      title: 'SQLite of unknown size: the rows of one user or one machine.',
      typescript: `import Database from 'better-sqlite3'\n  import { drizzle } from 'drizzle-orm/better-sqlite3'\n  import { notes } from './schema'\n  const db = drizzle(new Database('notes.db'))\n  export const page = (n: number) => db.select().from(notes).orderBy(notes.id).limit(20).offset(n * 20).all()`,
    },
    {
      ...prismaShop,
      rows: { orders: 900 },
      typescript: `export const page = (n: number) => prisma.order.findMany({ orderBy: { id: 'asc' }, skip: n * 20, take: 20 })`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        query.operation !== 'select' ||
        !isNewSearch(query) ||
        query.offset === null ||
        query.limit === null ||
        isForOperators(query.place.path) ||
        // A distance or a rank is no column, so that no index leads to the row to go on from.
        (query.ordering.length === 0 && isSorted(query)) ||
        // Pages of groups are pages of what is computed from all rows.
        query.grouped === true
      )
        return
      const size = ctx.size(table.key)
      // How many pages there are is known of no table whose size is not.
      if ((typeof query.offset === 'number' && query.offset < 1000) || size !== 'large') return
      // SQLite holds what one user or one machine has, unless somebody says that this very table is large.
      if (ctx.dialect === 'sqlite' && !ctx.isSized(table.key)) return
      if (!ctx.isSized(table.key) && !grows(table)) return
      const own = query.predicates.filter((p) => p.table === table.key && p.joining !== true)
      // How many rows conditions leave that are put together at run time is not known.
      if (query.dynamic && own.length === 0 && (query.filtered === true || query.statement !== undefined)) return
      // The keys are in the hands of the caller, and their pages too.
      if (own.some((p) => p.operator === 'in' && isKey(p.column ?? '', table))) return
      // Rows that two of their owners share are few, unless a loop goes through all their pages.
      const owners = new Set(
        own.flatMap((p) => (p.operator === '=' && tellsApart(table, p.column ?? '') ? [p.column] : [])),
      )
      if ((owners.size > 1 || query.predicates.some((p) => isOfPerson(query, table, p))) && query.context.loop === null)
        return
      // A row by chance is no page.
      if (/Math\.random\(/.test(linesBefore(query, ctx))) return
      const each = rowsOfOwner(table, own, ctx)
      if (each !== null && each < 1000 && query.context.loop === null) return
      const field = keyField(ctx.declared?.tables.get(table.key) ?? table)
      return {
        object: table.key,
        // Pages are asked for in one way in a whole service: it is said once.
        alike: '',
        help: byClient(query, {
          prisma: `Go on from the last row of the page before: ${field === null ? '`cursor` with its key, and `skip: 1`' : `\`cursor: { ${field}: last }, skip: 1\``}.`,
          drizzle:
            field === null || query.ordering.length > 0 || /\.orderBy\(/.test(query.text ?? '')
              ? 'Go on from the last row of the page before: in the place of `offset` a condition on the columns of `orderBy` and the key.'
              : `Go on from the last row of the page before: \`.where(gt(table.${field}, last))\` with \`.orderBy(table.${field})\`.`,
          sql: `Go on from the last row of the page before: ${nextPage(query, table)}.`,
        }),
        message: `Later pages of \`${ctx.name(table.key)}\`${rowsOf(ctx, table.key)} are found by reading and dropping all rows before them.`,
      }
    },
  },
} satisfies Rule

/** How SQL asks for the page behind a row, in the order of the query. */
function nextPage({ ordering, limit, predicates }: Query, table: Table): string {
  const sorted = ordering.map(({ column }) => column)
  // Rows that are equal in what is sorted by stand on both sides of a page.
  const key = (table.primaryKey?.columns ?? (sorted.length === 0 ? ['id'] : [])).filter(
    (name) => !sorted.includes(name) && !predicates.some((p) => p.column === name && p.operator === '='),
  )
  const columns = [...sorted, ...key]
  const downwards = ordering.filter(({ descending }) => descending).length
  if (downwards > 0 && downwards < sorted.length)
    return 'in the place of `OFFSET` a condition on the columns of `ORDER BY` and the key'
  const names = idents(columns)
  const values = columns.map((_, i) => `$${i + 1}`).join(', ')
  const [row, last] = columns.length > 1 ? [`(${names})`, `(${values})`] : [names, values]
  const order = columns.map((column) => `${idents([column])}${downwards > 0 ? ' DESC' : ''}`).join(', ')
  return `\`WHERE ${row} ${downwards > 0 ? '<' : '>'} ${last} ORDER BY ${order} LIMIT ${typeof limit === 'number' ? limit : 100}\``
}

/** True for a condition that asks for what belongs to one person, through another table: their pages are few. */
function isOfPerson({ client }: Query, table: Table, { table: other, column, operator, joining }: Predicate): boolean {
  return (
    other !== table.key &&
    operator === '=' &&
    (joining !== true || client === 'prisma') &&
    /(?:^|_)(?:user|member|customer|profile|account|person)s?_(?:\w+_)?(?:id|email)$/.test(
      `${snake(nameOf(other))}_${snake(column ?? '')}`,
    )
  )
}

function isKey(column: string, table: Table): boolean {
  return table.primaryKey?.columns.length === 1 && table.primaryKey.columns[0] === column
}

/** The primary key in the words of the ORM; null where it is none, or several columns. */
function keyField({ primaryKey, columns }: Table): string | null {
  const [name, ...others] = primaryKey?.columns ?? []
  const key = columns.find((column) => column.name === name)
  return key === undefined || others.length > 0 ? null : (key.property ?? key.name)
}

/** The call with the lines of its function before it that may say where it begins to read. */
function linesBefore({ place, text = '' }: Query, ctx: RuleContext): string {
  const lines = ctx.text(place.path)?.text.split('\n') ?? []
  return [...lines.slice(Math.max(0, place.line - 8), place.line - 1), text].join('\n')
}
