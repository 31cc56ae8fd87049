import type { Rule } from '../../src/engine/rule.ts'
import type { Order, Predicate } from '../../src/queries/query.ts'
import { directionSql, indexUse, pathInOrder } from '../../src/schema/index-use.ts'
import type { ShapedIndex } from '../../src/schema/edit/index-words.ts'
import type { Table } from '../../src/schema/model.ts'
import { drizzleImports, drizzleShop, large, pool, prismaShop } from '../shared/query-examples.ts'
import {
  branchesOf,
  grows,
  indexAdvice,
  indexName,
  indexStatement,
  isNewSearch,
  isArranged,
  isBackground,
  isForOperators,
  isSettings,
  isOfOneThing,
  listed,
  mainTable,
  rowsOfOwner,
  tellsApart,
} from '../shared/query-words.ts'
import { builtBy } from '../shared/concurrently.ts'
import { isFlag, isRange } from '../shared/wanted-index.ts'
import { indexSpelling } from '../shared/declare.ts'

export default {
  id: 'require-index-for-order',
  severity: 'info',
  summary: 'A page of rows is taken in an order that no index gives, so that all matching rows are sorted first.',
  why: 'With an index in the wanted order Postgres stops after the first rows. Without one it reads and sorts all rows that match, for every page.',
  fix: 'Create an index with the columns that are compared with `=` first and those of the order after them.',
  references: ['https://www.postgresql.org/docs/current/indexes-ordering.html'],
  sources: [],
  checklist: 'queries-use-indexes',
  bad: [
    {
      ...prismaShop,
      rows: large,
      typescript: `export const newest = () => prisma.order.findMany({ orderBy: { createdAt: 'desc' }, take: 20 })`,
      message: '`created_at`',
    },
    {
      ...prismaShop,
      rows: { users: 2000, orders: 20_000_000 },
      title: 'Each user has ten thousand orders.',
      typescript: `export const mine = (userId: string) => prisma.order.findMany({ where: { userId }, orderBy: { status: 'asc' }, take: 20 })`,
    },
    {
      given: `create table events (id bigint primary key, tenant_id text not null, at timestamptz not null); create index on events (tenant_id);`,
      rows: { events: 40_000_000 },
      title: 'Nobody says how many rows a tenant has, whom no table holds.',
      typescript: `${pool}\n  export const newest = (tenant: string) => pool.query('SELECT id FROM events WHERE tenant_id = $1 ORDER BY at DESC LIMIT 20', [tenant])`,
    },
    {
      title: 'Directions that differ have to stand in the index.',
      given: `create table scores (id bigint primary key, total integer not null);`,
      rows: { scores: 40_000_000 },
      typescript: `${pool}\n  export const best = () => pool.query('SELECT id FROM scores ORDER BY total DESC, id LIMIT 50')`,
    },
    {
      title: 'Nulls that are wanted at the other end than the index has them, also where there are none.',
      given: `create table scores (id bigint primary key, total integer not null, bonus integer); create index scores_total on scores (total); create index scores_bonus on scores (bonus);`,
      rows: { scores: 40_000_000 },
      typescript: `${pool}\n  export const best = () => pool.query('SELECT id FROM scores ORDER BY total DESC NULLS LAST LIMIT 50')\n  export const given = () => pool.query('SELECT id FROM scores ORDER BY bonus DESC NULLS LAST LIMIT 50')`,
      count: 2,
      message: 'has the nulls at the other end',
    },
    {
      ...prismaShop,
      rows: { users: 2000, orders: 20_000_000 },
      title: 'The same in Prisma.',
      typescript: `export const last = (userId: string) => prisma.order.findMany({ where: { userId }, orderBy: { createdAt: { sort: 'desc', nulls: 'last' } }, take: 20 })`,
      message: 'the nulls at the other end',
    },
    {
      ...drizzleShop,
      rows: large,
      title: 'The same in Drizzle.',
      typescript: `${drizzleImports}\n  import { asc } from 'drizzle-orm'\n  export const last = () => db.select().from(orders).orderBy(sql\`\${orders.number} desc nulls last\`).limit(20)\n  export const first = () => db.select().from(orders).orderBy(sql\`\${asc(orders.number)} nulls first\`).limit(20)`,
      count: 2,
      message: 'the nulls at the other end',
    },
  ],
  good: [
    {
      ...prismaShop,
      title: 'What only those who run the service look at, in a table of which nobody says how large it is.',
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n`,
        'src/admin/users.ts': `import { prisma } from '../db'\nexport const newest = () => prisma.user.findMany({ orderBy: { name: 'asc' }, take: 50 })\n`,
      },
    },
    {
      given: `create table app_settings (id int primary key, "maxUsers" int not null, created_at timestamptz not null);`,
      title: 'What somebody configures for the whole, of a size that nobody says.',
      typescript: `${pool}\n  export const settings = () => pool.query('SELECT id FROM app_settings ORDER BY created_at LIMIT 1')`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'A job that looks for the next of few.',
      files: {
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n`,
        'src/workers/packing.ts': `import { prisma } from '../db'\nexport const next = (number: number) => prisma.order.findFirst({ where: { number, status: 'paid' }, orderBy: { createdAt: 'asc' } })\n`,
      },
    },
    {
      ...prismaShop,
      rows: large,
      title: 'Each user has four orders.',
      typescript: `export const mine = (userId: string) => prisma.order.findMany({ where: { userId }, orderBy: { status: 'asc' }, take: 20 })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'The first of what two keys share.',
      typescript: `export const first = (number: number, email: string) => prisma.order.findFirst({ where: { number, userId: email }, orderBy: { note: 'asc' } })`,
    },
    {
      ...prismaShop,
      rows: large,
      typescript: `export const mine = (userId: string) => prisma.order.findMany({ where: { userId }, orderBy: { createdAt: 'desc' }, take: 20 })`,
    },
    {
      ...prismaShop,
      rows: large,
      title: 'At most one row.',
      typescript: `export const one = (email: string) => prisma.user.findFirst({ where: { email }, orderBy: { name: 'asc' } })`,
    },
    {
      title: 'A list that somebody arranged by hand, and nobody says that it is long.',
      given: `CREATE TABLE "providers" ("id" INTEGER PRIMARY KEY, "sort_order" INTEGER NOT NULL);`,
      typescript: `${pool}\n  export const providers = () => pool.query('SELECT id FROM providers ORDER BY sort_order LIMIT 50')`,
    },
    {
      title: 'The primary key behind an order that an index gives: rows that are equal there are sorted as they come.',
      given: `create table scores (id bigint primary key, total integer not null); create index on scores (total);`,
      rows: { scores: 40_000_000 },
      typescript: `${pool}\n  export const best = () => pool.query('SELECT id FROM scores ORDER BY total DESC, id LIMIT 50')`,
    },
    {
      title: 'Nulls at the end at which the index has them.',
      given: `create table scores (id bigint primary key, bonus integer); create index on scores (bonus desc nulls last);`,
      rows: { scores: 40_000_000 },
      typescript: `${pool}\n  export const best = () => pool.query('SELECT id FROM scores ORDER BY bonus DESC NULLS LAST LIMIT 50')\n  export const worst = () => pool.query('SELECT id FROM scores ORDER BY bonus ASC NULLS FIRST LIMIT 50')`,
    },
    {
      given: `create table codes (id bigint primary key, user_id bigint not null, identifier text not null, code text not null, created_at timestamptz not null); create index on codes (identifier);`,
      rows: { codes: 5_000_000 },
      title: 'The newest of the few codes of one address.',
      typescript: `${pool}\n  export const newest = (identifier: string, code: string) => pool.query('SELECT id FROM codes WHERE identifier = $1 AND code = $2 ORDER BY created_at DESC LIMIT 1', [identifier, code])`,
    },
    {
      given: `create table operations (id bigint primary key, workspace_id bigint not null, trace_id text not null, status text not null, created_at timestamptz not null); create index on operations (trace_id);`,
      rows: { operations: 5_000_000 },
      title: 'The newest of what one trace left.',
      typescript: `${pool}\n  export const newest = (trace: string) => pool.query("SELECT id FROM operations WHERE trace_id = $1 AND status = 'done' ORDER BY created_at DESC LIMIT 1", [trace])`,
    },
    {
      given: `create table runs (id bigint primary key, state text not null, next_at timestamptz not null); create index on runs (state, next_at);`,
      rows: { runs: 5_000_000 },
      title: 'What is due by now is found by its state and its time.',
      typescript: `${pool}\n  export const due = () => pool.query("SELECT id FROM runs WHERE state IN ('waiting', 'failed') AND next_at <= now() ORDER BY next_at LIMIT 50")`,
    },
    {
      ...prismaShop,
      rows: { orders: 900 },
      title: 'A small table.',
      typescript: `export const newest = () => prisma.order.findMany({ orderBy: { createdAt: 'desc' }, take: 20 })`,
    },
  ],
  visit: {
    query(query, ctx) {
      const table = mainTable(query, ctx)
      if (
        table === null ||
        !table.complete ||
        query.dynamic ||
        !isNewSearch(query) ||
        query.operation !== 'select' ||
        query.limit === null ||
        query.ordering.length === 0 ||
        query.grouped === true
      )
        return
      // Nobody waits for a job, and how many rows it leaves to be sorted is not known.
      if (isBackground(query.place.path) && query.predicates.length > 0) return
      const size = ctx.size(table.key)
      if (!ctx.isSized(table.key) && (isSettings(table, ctx) || (size !== 'unknown' && !grows(table)))) return
      if (size === 'small') return
      if (size === 'unknown' && (query.predicates.length > 0 || isForOperators(query.place.path))) return
      if (!ctx.isSized(table.key) && isArranged(query)) return
      if (
        query.ordering.some((o) => o.table !== table.key) ||
        query.predicates.some((p) => p.table !== table.key || p.joining === true)
      )
        return
      const branches = branchesOf(query)
      if (branches.length > 1) return
      const own = branches[0] ?? []
      const use = indexUse(table, own)
      // A condition that no index serves is told as such; one on a flag is not, and the rows it leaves are still sorted.
      const areFlags = own.every((p) => ['=', 'in'].includes(p.operator) && isFlag(table, p.column ?? '', ctx))
      if (use.verdict === 'unknown' || use.verdict === 'later' || (use.verdict === 'none' && !areFlags)) return
      if (
        use.verdict === 'served' &&
        use.path.unique &&
        use.columns === use.path.keys.length &&
        own.every((p) => p.operator === '=')
      )
        return
      // The first of what two owners share is the first of few.
      if (query.limit === 1 && own.filter((p) => p.operator === '=' && tellsApart(table, p.column ?? '')).length > 1)
        return
      // What is due by now is little, where an index finds it.
      if (use.verdict === 'served' && own.some((p) => isRange(p) && p.column === query.ordering[0]?.column)) return
      // Of several owners no index gives one order, and one in the order alone reads the rows of all others.
      if (use.verdict === 'served' && own.some((p) => p.operator === 'in' && tellsApart(table, p.column ?? ''))) return
      // So many rows are sorted unnoticed.
      if (isOfOneThing(table, own, ctx)) return
      const each = rowsOfOwner(table, own, ctx)
      if (each !== null && each < 1000) return
      if (pathInOrder(table, own, query.ordering, { nullsAside: ctx.project.dialect !== 'postgresql' }) !== null) return
      if (ctx.postgres >= 13 && isGivenButForTies(table, own, query.ordering)) return
      const equal = own.filter((p) => p.operator === '=' && p.expression === null).map((p) => p.column ?? '')
      const order = query.ordering.map((o) => o.column)
      const columns = [...new Set([...equal, ...order])]
      // Read backwards an index gives the opposite order, so that only mixed directions and the nulls have to stand in it.
      const isPlain = query.ordering.every(
        ({ descending, nullsFirst }) => nullsFirst === descending && descending === query.ordering[0]?.descending,
      )
      const directions = new Map(query.ordering.map((o) => [o.column, directionSql(o)]))
      const statement = indexStatement(table, columns, ctx, isPlain ? undefined : directions)
      const lead = 'Create an index that does'
      const { help, offer } = isPlain
        ? indexAdvice(table, [columns], ctx, lead)
        : {
            help: `${builtBy(table.key, [statement], ctx, lead)}${indexSpelling(table.key, inDirections(table, columns, query.ordering), ctx)}`,
            offer: {},
          }
      const other = pathInOrder(table, own, query.ordering, { nullsAside: true })
      const withoutNulls = query.ordering.map((o) => ({ ...o, nullsFirst: o.descending }))
      const holdsNone = order.every((column) => table.columns.find(({ name }) => name === column)?.nullable === false)
      return {
        object: table.key,
        expects: 'sort',
        index: statement,
        message: `\`${ctx.name(table.key)}\` is sorted by ${listed(order)} before rows are taken: ${other === null ? 'no index gives this order' : `\`${other.name}\` has the nulls at the other end`}.`,
        help:
          holdsNone && pathInOrder(table, own, withoutNulls) !== null
            ? `No row holds a null in ${listed(order)}: without \`NULLS\` in the query the index that is there gives the order.`
            : help,
        ...offer,
      }
    },
  },
} satisfies Rule

/** True where an index gives the order and only the primary key stands behind it: rows that are equal before are sorted as they come. */
function isGivenButForTies(table: Table, own: readonly Predicate[], ordering: readonly Order[]): boolean {
  const key = table.primaryKey?.columns ?? []
  const last = ordering.at(-1)
  const before = ordering.slice(0, -1)
  return key.length === 1 && last?.column === key[0] && before.length > 0 && pathInOrder(table, own, before) !== null
}

/** The index with each column in the direction in which the query wants it. */
function inDirections(table: Table, columns: readonly string[], ordering: readonly Order[]): ShapedIndex {
  return {
    name: indexName(table, columns),
    keys: columns.map((column) => {
      const order = ordering.find((each) => each.column === column)
      return {
        column,
        expression: null,
        ...(order ? { descending: order.descending, nullsFirst: order.nullsFirst } : {}),
      }
    }),
  }
}
