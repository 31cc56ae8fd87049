import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { NestedRead } from '../../src/queries/query.ts'
import type { Key } from '../../src/schema/model.ts'
import { drizzleImports, drizzleShop, prismaShop } from '../shared/query-examples.ts'
import { at, byClient, callOf, inService } from '../shared/query-words.ts'

const tree = {
  given: `create table a (id bigint primary key); create table b (id bigint primary key, a_id bigint references a (id)); create index on b (a_id); create table c (id bigint primary key, b_id bigint references b (id)); create index on c (b_id);`,
  prisma: {
    before: `model A {\n  id BigInt @id\n  bs B[]\n  @@map("a")\n}\nmodel B {\n  id BigInt @id\n  aId BigInt? @map("a_id")\n  a A? @relation(fields: [aId], references: [id], onDelete: NoAction, onUpdate: NoAction)\n  cs C[]\n  @@index([aId])\n  @@map("b")\n}\nmodel C {\n  id BigInt @id\n  bId BigInt? @map("b_id")\n  b B? @relation(fields: [bId], references: [id], onDelete: NoAction, onUpdate: NoAction)\n  @@index([bId])\n  @@map("c")\n}`,
    after: `model A {\n  id BigInt @id\n  bs B[]\n  @@map("a")\n}\nmodel B {\n  id BigInt @id\n  aId BigInt? @map("a_id")\n  a A? @relation(fields: [aId], references: [id], onDelete: NoAction, onUpdate: NoAction)\n  cs C[]\n  @@index([aId])\n  @@map("b")\n}\nmodel C {\n  id BigInt @id\n  bId BigInt? @map("b_id")\n  b B? @relation(fields: [bId], references: [id], onDelete: NoAction, onUpdate: NoAction)\n  @@index([bId])\n  @@map("c")\n}`,
  },
}

export default {
  id: 'no-deep-include',
  severity: 'info',
  summary: 'A query loads lists inside of lists without a limit, so that the number of rows multiplies.',
  why: 'Each level loads all related rows of all rows above it. Ten rows with a hundred related rows that have a hundred of their own are a hundred thousand objects.',
  fix: 'Limit the inner lists (`take`, `limit`), select what is shown, or load the inner level when it is asked for.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/queries/relation-queries',
    'https://orm.drizzle.team/docs/rqb',
  ],
  dialects: 'all',
  sources: [],
  bad: [
    {
      ...tree,
      rows: { a: 20_000, b: 5_000_000, c: 40_000_000 },
      typescript: `export const tree = () => prisma.a.findMany({ take: 20, include: { bs: { include: { cs: true } } } })`,
      message: '`bs` and `cs`',
    },
  ],
  good: [
    {
      ...tree,
      title: 'Two lists inside of each other, with four rows in all on average.',
      rows: { a: 10_000_000, b: 5_000_000, c: 40_000_000 },
      typescript: `export const tree = () => prisma.a.findMany({ take: 20, include: { bs: { include: { cs: true } } } })`,
    },
    {
      ...prismaShop,
      typescript: `export const one = (id: string) => prisma.user.findUnique({ where: { id }, include: { orders: { take: 10 } } })`,
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export const one = (id: string) => db.query.users.findFirst({ where: eq(users.id, id) })`,
    },
  ],
  visit: {
    query(query, ctx) {
      if (!inService(query)) return
      const nested = query.nested ?? []
      let found: { readonly above: string; readonly inner: (typeof nested)[number] } | null = null
      // Relations stand after the one that holds them.
      const way: (typeof nested)[number][] = []
      for (const one of nested) {
        way.length = one.depth - 1
        const above = way.findLast((w) => w.many && !w.limited)
        // A tree of what one row owns is small as long as nobody says that its tables are not.
        const many = ctx.size(one.table) === 'large'
        const isFew = (rowsFor(way, one, query.tables[0]?.table ?? '', ctx) ?? Infinity) < 100
        const isNew = one.known !== true || above?.known !== true
        if (one.many && !one.limited && above !== undefined && many && !isFew && isNew && found === null)
          found = { above: above.relation, inner: one }
        way.push(one)
      }
      if (found === null) return
      return {
        object: query.tables[0]?.table ?? '',
        place: found.inner.place,
        // Calls may share what they load.
        alike: at(found.inner.place),
        help: `Limit the inner lists (${byClient(query, { prisma: '`take`', drizzle: '`limit`', sql: '`LIMIT`' })}), select what is shown, or load the inner level when it is asked for.`,
        message: `\`${callOf(query)}\` on \`${ctx.name(query.tables[0]?.table ?? '')}\` loads \`${found.above}\` and \`${found.inner.relation}\` inside of each other without a limit.`,
      }
    },
  },
} satisfies Rule

/** How many rows of a relation come with each row of the main table on average, by the declared sizes; null where one of them is not known. */
function rowsFor(
  way: readonly NestedRead[],
  inner: NestedRead,
  main: Key,
  ctx: Pick<RuleContext, 'rows'>,
): number | null {
  let parent = main
  let all = 1
  for (const one of [...way, inner]) {
    const above = ctx.rows(parent)
    const own = ctx.rows(one.table)
    if (above === undefined || own === undefined || above === 0) return null
    if (one.many && !one.limited) all *= own / above
    parent = one.table
  }
  return all
}
