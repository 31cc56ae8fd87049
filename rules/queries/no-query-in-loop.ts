import type { Rule } from '../../src/engine/rule.ts'
import {
  asksTheSame,
  growsWithData,
  isInProcess,
  isOnItsOwn,
  isWork,
  takesFirst,
  waitsBefore,
} from '../../src/queries/loops.ts'
import type { Loop, Query } from '../../src/queries/query.ts'
import { drizzleImports, drizzleShop, pool, prismaShop } from '../shared/query-examples.ts'
import { helpFor, isOfElement, isOfTime, keysOf } from '../shared/together.ts'
import { at, callOf, inService, isBackground, mainTable } from '../shared/query-words.ts'
import { isFlag } from '../shared/wanted-index.ts'

export default {
  id: 'no-query-in-loop',
  severity: 'warning',
  summary: 'A query runs once for each element of a list (N+1), where one query could serve them all.',
  why: `Each query costs a round trip to the server and a connection for its time. A list of a hundred elements is a hundred round trips, and the list
    grows with the data. Prisma puts \`findUnique\` calls of one tick together by itself; nothing else is put together.`,
  fix: 'Collect the keys and ask once: `findMany({ where: { id: { in: ids } } })`, `inArray(…)`, `include`, `with`, a join.',
  references: [
    'https://www.prisma.io/docs/orm/prisma-client/queries/query-optimization-performance#solving-the-n1-problem',
    'https://orm.drizzle.team/docs/rqb',
  ],
  dialects: 'all',
  sources: [],
  checklist: 'n-plus-one',
  bad: [
    {
      ...prismaShop,
      typescript: `export async function load(ids: string[]) {\n    for (const id of ids) {\n      await prisma.order.findMany({ where: { userId: id } })\n    }\n  }`,
      message: '`findMany` on `orders` runs once for each element',
    },
    {
      ...prismaShop,
      title: 'One key of several conditions.',
      typescript: `export async function load(ids: string[]) {\n    for (const id of ids) await prisma.order.findMany({ where: { userId: id, status: 'open' } })\n  }`,
    },
    {
      ...prismaShop,
      title: 'The first rows of each element have no plain query of their own: information.',
      typescript: `export async function load(ids: string[]) {\n    for (const id of ids) {\n      await prisma.order.findMany({ where: { userId: id }, take: 5 })\n    }\n  }`,
      severity: 'info',
    },
    {
      ...prismaShop,
      title: 'Promise.all does not put findFirst together.',
      typescript: `export const load = (ids: string[]) => Promise.all(ids.map((id) => prisma.user.findFirst({ where: { id } })))`,
    },
    {
      ...prismaShop,
      title: 'What is asked does not hang on the element.',
      typescript: `export async function load(ids: string[]) {\n    for (const id of ids) {\n      const count = await prisma.order.count({ where: { userId: 'system' } })\n      console.log(id, count)\n    }\n  }`,
      message: 'runs once for each element',
    },
    {
      ...prismaShop,
      title: 'All elements get the same.',
      typescript: `export async function close(ids: string[]) {\n    for (const id of ids) await prisma.order.update({ where: { id }, data: { status: 'closed' } })\n  }`,
      severity: 'info',
      message: '`update` on `orders` runs once',
    },
    {
      ...prismaShop,
      title: 'The first that is missing, or there already, is complained of.',
      typescript: `export async function check(ids: string[], names: string[]) {\n    for (const id of ids) {\n      const user = await prisma.user.findFirst({ where: { id } })\n      if (!user) return { error: 'No such user: ' + id }\n    }\n    for (const name of names) {\n      const taken = await prisma.user.findFirst({ where: { name } })\n      if (taken) throw new Error(name)\n    }\n  }`,
      count: 2,
    },
    {
      ...prismaShop,
      title: 'One call away.',
      typescript: `async function userOf(id: string) {\n    return prisma.user.findFirst({ where: { id } })\n  }\n  export async function load(ids: string[]) {\n    for (const id of ids) await userOf(id)\n  }`,
      message: '`userOf` is called in a loop',
    },
    {
      ...drizzleShop,
      typescript: `${drizzleImports}\n  export async function load(ids: string[]) {\n    for (const id of ids) await db.select().from(orders).where(eq(orders.userId, id))\n  }`,
    },
    {
      ...prismaShop,
      title: 'The function comes from another file.',
      typescript: `import { userOf } from './users'\n  export const load = (ids: string[]) => ids.map(async (id) => await userOf(id))`,
      files: { 'src/users.ts': `export const userOf = async (id: string) => prisma.user.findFirst({ where: { id } })` },
    },
    {
      given: `create table words (id bigint primary key, page text not null, locale text not null, value text, unique (page, locale));`,
      title: 'A row that is looked for, and then written: one statement writes all.',
      typescript: `${pool}\n  export async function keep(page: string, words: { locale: string; value: string }[]) {\n    for (const { locale, value } of words) {\n      const { rows } = await pool.query('SELECT id FROM words WHERE page = $1 AND locale = $2', [page, locale])\n      if (rows[0]) await pool.query('UPDATE words SET value = $1 WHERE id = $2', [value, rows[0].id])\n      else await pool.query('INSERT INTO words (page, locale, value) VALUES ($1, $2, $3)', [page, locale, value])\n    }\n  }`,
      message: 'runs once for each element',
    },
    {
      title: 'SQLite on another machine.',
      drizzle: {
        before: `import { sqliteTable, text } from 'drizzle-orm/sqlite-core'\nexport const users = sqliteTable('users', { id: text('id').primaryKey(), email: text('email') })\n`,
        after: `import { sqliteTable, text } from 'drizzle-orm/sqlite-core'\nexport const users = sqliteTable('users', { id: text('id').primaryKey(), email: text('email') })\n`,
      },
      files: {
        'drizzle.config.ts': `export default { dialect: 'sqlite', driver: 'd1-http', schema: './src/schema.ts', out: './drizzle' }\n`,
      },
      typescript: `import { eq } from 'drizzle-orm'\n  import { drizzle } from 'drizzle-orm/d1'\n  import { users } from './schema'\n  const db = drizzle(env.DB)\n  export async function load(emails: string[]) {\n    for (const email of emails) console.log(await db.select().from(users).where(eq(users.email, email)))\n  }`,
      severity: 'warning',
    },
    {
      ...prismaShop,
      title: 'A component that the server renders for each element.',
      files: {
        'src/row.tsx': `import { prisma } from './db'\nexport default async function Row({ id }: { id: string }) {\n  const newest = await prisma.order.findMany({ where: { userId: id } })\n  return <li>{newest.length}</li>\n}\n`,
        'src/db.ts': `import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n`,
        'src/list.tsx': `import Row from './row'\nexport function List({ ids }: { ids: string[] }) {\n  return <ul>{ids.map((id) => <Row key={id} id={id} />)}</ul>\n}\n`,
      },
      message: '`<Row>` is rendered in a loop, and each rendering runs `findMany` on `orders` (src/row.tsx:3)',
    },
    {
      ...prismaShop,
      title: 'A method of a service that the class was given.',
      files: {
        'src/users.service.ts': `import { PrismaService } from './prisma.service'\nexport class UsersService {\n  constructor(private readonly prisma: PrismaService) {}\n  async byEmail(email: string) {\n    return this.prisma.user.findFirst({ where: { email } })\n  }\n}\n`,
        'src/prisma.service.ts': `import { PrismaClient } from '@prisma/client'\nexport class PrismaService extends PrismaClient {}\n`,
      },
      typescript: `import { UsersService } from './users.service'\n  export class Mailing {\n    constructor(private readonly users: UsersService) {}\n    async all(emails: string[]) {\n      const found = []\n      for (const email of emails) found.push(await this.users.byEmail(email))\n      return found\n    }\n  }`,
      message: '`byEmail` is called in a loop',
    },
    {
      ...prismaShop,
      title: 'A loop that counts up to the length of a list.',
      typescript: `export async function load(ids: string[]) {\n    const users = []\n    let i = 0\n    while (i < ids.length) {\n      users.push(await prisma.user.findFirst({ where: { id: ids[i] } }))\n      i++\n    }\n    return users\n  }`,
      message: 'runs once for each element',
    },
    {
      ...prismaShop,
      title: 'A function that takes one value out of what it waited for.',
      typescript: `const nameOf = async (id: string) => (await prisma.user.findFirst({ where: { id } }))?.name\n  export const names = (rows: { userId: string }[]) => Promise.all(rows.map(async (row) => ({ ...row, name: await nameOf(row.userId) })))`,
      message: '`nameOf` is called in a loop',
    },
  ],
  good: [
    {
      ...drizzleShop,
      title: 'Each round has keys of its own.',
      typescript: `${drizzleImports}\n  import { inArray } from 'drizzle-orm'\n  export async function load(kinds: Map<string, string[]>) {\n    for (const [kind, ids] of kinds) console.log(kind, await db.select({ id: users.id }).from(users).where(inArray(users.id, ids)))\n  }`,
    },
    {
      ...drizzleShop,
      title: 'Each element has a database of its own.',
      typescript: `${drizzleImports}\n  import type { PgDatabase } from 'drizzle-orm/pg-core'\n  declare function clientOf(tenant: string): PgDatabase<never>\n  export async function load(tenants: string[]) {\n    for (const tenant of tenants) {\n      const own: PgDatabase<never> = clientOf(tenant)\n      console.log(await own.select({ id: users.id }).from(users).where(eq(users.name, tenant)))\n    }\n  }`,
    },
    {
      ...drizzleShop,
      title: 'A program that somebody starts, and that ends.',
      typescript: `${drizzleImports}\n  async function check() {\n    for (const user of await db.select().from(users).where(eq(users.name, 'a'))) console.log(await db.select().from(orders).where(eq(orders.userId, user.id)))\n  }\n  check()`,
    },
    {
      ...prismaShop,
      typescript: `export const load = (ids: string[]) => prisma.user.findMany({ where: { id: { in: ids } } })`,
    },
    {
      ...prismaShop,
      title: 'Prisma batches these.',
      typescript: `export const load = (ids: string[]) => Promise.all(ids.map((id) => prisma.user.findUnique({ where: { id } })))`,
    },
    {
      ...prismaShop,
      title: 'And these, wherever they are waited for.',
      typescript: `export async function load(ids: string[]) {\n    const asked = ids.map(async (id) => {\n      const user = await prisma.user.findUnique({ where: { id } })\n      return user?.name\n    })\n    return Promise.all(asked)\n  }`,
    },
    {
      title: 'SQLite in the process answers without a round trip.',
      drizzle: {
        before: `import { sqliteTable, text } from 'drizzle-orm/sqlite-core'\nexport const users = sqliteTable('users', { id: text('id').primaryKey(), email: text('email') })\n`,
        after: `import { sqliteTable, text } from 'drizzle-orm/sqlite-core'\nexport const users = sqliteTable('users', { id: text('id').primaryKey(), email: text('email') })\n`,
      },
      files: {
        'drizzle.config.ts': `export default { dialect: 'sqlite', schema: './src/schema.ts', out: './drizzle' }\n`,
      },
      typescript: `import Database from 'better-sqlite3'\n  import { eq } from 'drizzle-orm'\n  import { drizzle } from 'drizzle-orm/better-sqlite3'\n  import { users } from './schema'\n  const db = drizzle(new Database('x.db'))\n  export function load(ids: string[]) {\n    for (const id of ids) console.log(db.select().from(users).where(eq(users.id, id)).get())\n  }`,
    },
    {
      ...prismaShop,
      title: 'What was asked for a key is remembered.',
      typescript: `export async function load(rows: { userId: string }[]) {\n    const names = new Map<string, string>()\n    for (const { userId } of rows) {\n      if (!names.has(userId)) {\n        const user = await prisma.user.findFirst({ where: { id: userId } })\n        names.set(userId, user?.name ?? '')\n      }\n    }\n    return names\n  }`,
    },
    {
      ...prismaShop,
      title: 'What was waited for is written down, and related rows go with a row.',
      typescript: `export async function fill(ids: string[], tags: string[]) {\n    for (const id of ids) {\n      const name = await nameOf(id)\n      await prisma.user.update({ where: { id }, data: { name } })\n    }\n    await Promise.all(ids.map((id) => prisma.user.update({ where: { id }, data: { orders: { connect: tags.map((tag) => ({ id: tag })) } } })))\n  }`,
    },
    {
      ...prismaShop,
      title: 'Each element gets values of its own: no plain query sets them together.',
      typescript: `export async function arrange(items: { id: string; number: number }[]) {\n    for (const item of items) await prisma.order.update({ where: { id: item.id }, data: { number: item.number } })\n  }`,
    },
    {
      ...prismaShop,
      title: 'A value that a library hands on is no list.',
      typescript: `import { Effect } from 'effect'\n  export const page = (id: string) => find(id).pipe(Effect.map((found) => prisma.order.findMany({ where: { userId: found } })))`,
    },
    {
      ...drizzleShop,
      title: 'The same for SQLite in the process.',
      typescript: `${drizzleImports}\n  export function close(ids: string[]) {\n    for (const id of ids) db.update(orders).set({ status: 'closed' }).where(eq(orders.id, id)).run()\n  }`,
    },
    {
      ...prismaShop,
      title: 'A list that the code fixes does not grow with the data.',
      typescript: `const STATES = ['new', 'open', 'paid', 'packed', 'sent', 'back', 'lost', 'done']\n  export const counts = (userId: string) => Promise.all(STATES.map((status) => prisma.order.count({ where: { userId, status } })))`,
    },
    {
      ...prismaShop,
      title: 'The weeks of a quarter, the newest last.',
      typescript: `export async function weeks(userId: string) {\n    const counts = []\n    for (let ago = 11; ago >= 0; ago--) {\n      const day = new Date(Date.now() - ago * 604_800_000)\n      counts.push(await prisma.order.count({ where: { userId, createdAt: { lte: day } } }))\n    }\n    return counts\n  }`,
    },
    {
      ...prismaShop,
      title: 'The keys of an object of the code.',
      typescript: `const GROUPS = { user: 'userId', state: 'status' }\n  const orderOf = (id: string) => prisma.order.findFirst({ where: { id } })\n  export async function load(given: Record<string, string>) {\n    for (const key of Object.keys(GROUPS)) await orderOf(given[key])\n  }`,
    },
    {
      ...prismaShop,
      title: 'What fails for one must not stop the others.',
      typescript: `export const close = (ids: string[]) => Promise.allSettled(ids.map((id) => prisma.order.update({ where: { id }, data: { status: 'closed' } })))`,
    },
    {
      ...prismaShop,
      title: 'A handful of literals.',
      typescript: `for (const plan of ['free', 'paid'] as const) await prisma.user.count({ where: { plan, email: 'x' } })`,
      severity: 'info',
    },
    {
      ...prismaShop,
      title: 'What came of each payment is written down.',
      typescript: `export async function renew(ids: string[]) {\n    for (const id of ids) {\n      const { status } = await stripe.subscriptions.retrieve(id)\n      await prisma.order.update({ where: { id }, data: { status } })\n    }\n  }`,
    },
    {
      ...prismaShop,
      title: 'The loop ends with the query.',
      typescript: `export async function first(ids: string[]) {\n    for (const id of ids) {\n      if (!id.startsWith('u')) continue\n      const user = await prisma.user.findFirst({ where: { id } })\n      return user\n    }\n    for (const id of ids) {\n      if (id === 'a') {\n        await prisma.user.count({ where: { id } })\n        break\n      }\n    }\n  }`,
    },
    {
      ...prismaShop,
      title: 'Names are tried until one is free, and places until one has what is wanted.',
      typescript: `export async function free(names: string[], userId: string) {\n    for (const name of names) {\n      const taken = await prisma.user.findFirst({ where: { name } })\n      if (!taken) return name\n    }\n    let own\n    for (const name of names) {\n      const made = await claim(name)\n      if (made) break\n      const [mine] = await prisma.order.findMany({ where: { userId } })\n      if (mine) {\n        own = mine\n        break\n      }\n    }\n    return own\n  }`,
    },
    {
      ...prismaShop,
      title: 'What is worked out for each element is written down for it.',
      typescript: `async function profileOf(userId: string) {\n    const orders = await prisma.order.findMany({ where: { userId } })\n    return { name: orders[0]?.status ?? '' }\n  }\n  export async function nightly(ids: string[]) {\n    for (const id of ids) {\n      const profile = await profileOf(id)\n      await prisma.user.upsert({ where: { id }, create: { id, email: id, ...profile }, update: profile })\n    }\n  }`,
    },
    {
      given: `${prismaShop.given} alter table orders add column meta jsonb;`,
      prisma: {
        before: prismaShop.prisma.before.replace('@@index([number])', 'meta Json?\n\n    @@index([number])'),
        after: prismaShop.prisma.before.replace('@@index([number])', 'meta Json?\n\n    @@index([number])'),
      },
      title: 'Of a part of a document Prisma asks for one value at a time.',
      typescript: `export async function untold(ids: string[]) {\n    const found = []\n    for (const id of ids) {\n      const told = await prisma.order.findFirst({ where: { status: 'told', meta: { path: ['id'], equals: id } } })\n      if (!told) found.push(id)\n    }\n    return found\n  }`,
    },
    {
      ...prismaShop,
      title: 'One element of the list is meant.',
      typescript: `export async function run(phases: { kind: string }[], userId: string) {\n    for (const phase of phases) {\n      switch (phase.kind) {\n        case 'orders':\n          await prisma.order.count({ where: { userId } })\n          break\n      }\n    }\n  }`,
    },
    {
      ...prismaShop,
      title: 'Batches.',
      typescript: `for (let i = 0; i < ids.length; i += 500) await prisma.user.findMany({ where: { id: { in: ids.slice(i, i + 500) } } })`,
    },
    {
      ...prismaShop,
      title: 'A function that is called for what it does.',
      typescript: `async function sendDigest(id: string) {\n    const orders = await prisma.order.findMany({ where: { userId: id } })\n    await mail(orders)\n  }\n  export async function digests(ids: string[]) {\n    for (const id of ids) await sendDigest(id)\n  }`,
    },
    {
      ...prismaShop,
      title: 'What was found is mailed for each element.',
      typescript: `export async function remind(ids: string[]) {\n    for (const id of ids) {\n      const orders = await prisma.order.findMany({ where: { userId: id } })\n      await sendReminder(id, orders)\n    }\n  }`,
    },
    {
      ...prismaShop,
      title: 'A function that also waits for something else.',
      typescript: `async function sourceOf(id: string) {\n    const user = await prisma.user.findFirst({ where: { id } })\n    return git.show(await repositories.open(user?.name))\n  }\n  export const sources = (ids: string[]) => Promise.all(ids.map((id) => sourceOf(id)))`,
    },
    {
      ...prismaShop,
      title: 'A transaction for each element.',
      typescript: `export async function numbers(ids: string[]) {\n    for (const userId of ids) {\n      await prisma.$transaction(async (tx) => {\n        const taken = await tx.order.count({ where: { userId } })\n        await tx.order.create({ data: { id: userId, userId, number: taken + 1, status: 'new' } })\n      })\n    }\n  }`,
    },
    {
      ...prismaShop,
      title: 'The first of each under conditions of their own, all at the same time.',
      typescript: `export const sections = (ids: string[], me: string) => Promise.all(ids.map((id) => prisma.order.findMany({ where: { userId: id, user: { OR: [{ email: me }, { name: me }] } }, orderBy: { createdAt: 'desc' }, take: 16 })))`,
    },
    {
      ...prismaShop,
      title: 'The newest of two keys for each.',
      typescript: `export async function versions(userId: string, entries: { status: string }[]) {\n    for (const entry of entries) {\n      const newest = await prisma.order.findFirst({ where: { userId, status: entry.status }, orderBy: { number: 'desc' } })\n      console.log(newest?.number)\n    }\n  }`,
    },
    {
      ...prismaShop,
      title: 'A loop that looked up each element before, by another key.',
      was: `export async function load(names: string[]) {\n    for (const name of names) console.log(await prisma.user.findFirst({ where: { name } }))\n  }`,
      typescript: `export async function load(names: string[]) {\n    for (const name of names) console.log(await prisma.user.findFirst({ where: { email: name } }))\n  }`,
    },
    {
      ...prismaShop,
      title: 'A function that searches for what its parameters say, called for each search.',
      typescript: `async function idsFor(text: string, ends: boolean) {\n    let where = {}\n    if (ends) where = { name: { endsWith: text } }\n    else where = { name: { contains: text } }\n    return prisma.user.findMany({ where })\n  }\n  export async function search(filters: { text: string; ends: boolean }[]) {\n    const all = []\n    for (const filter of filters) all.push(await idsFor(filter.text, filter.ends))\n    return all\n  }`,
      rows: { users: 100 },
    },
    {
      ...prismaShop,
      title: 'A job that goes on until nothing is left.',
      typescript: `while (true) {\n    const rows = await prisma.order.findMany({ where: { userId }, take: 100 })\n    if (rows.length === 0) break\n  }`,
    },
  ],
  visit: {
    *pullRequest(ctx) {
      const said = new Set<string>()
      const textOf = ({ place }: Query): string => ctx.text(place.path)?.text ?? ''
      // What a function or a loop writes for each element needs its round trip, and what is looked up for it is a part of that.
      const writing = new Set(
        ctx.queries
          .filter((q) => q.operation !== 'select')
          .flatMap((q) => [functionOf(q), ...(q.context.loop === null ? [] : [at(q.context.loop.place)])]),
      )
      for (const query of ctx.queries) {
        if (!inService(query)) continue
        if (query.operation === 'insert' || query.call.endsWith('(nested)') || query.tables.length === 0) continue
        const name = ctx.name(query.tables[0]?.table ?? '')
        // SQLite in the process answers without a round trip.
        const embedded = ctx.dialect === 'sqlite' && ctx.project.settings.remote !== true
        if (isInProcess(query, embedded)) continue
        // Nobody waits for a job, so that only what is sure to be faster is told of one.
        const background = isBackground(query.place.path)
        if (background && (query.operation !== 'select' || takesFirst(query))) continue
        // A row of its own for each element can be read at once, but not always written at once.
        // So is what is asked for each of a few months or weeks.
        const quiet = embedded || query.operation !== 'select' || takesFirst(query) || background || isOfTime(query)
        const severity = quiet ? information : {}
        const help = helpFor(query, ctx)
        const { loop, transaction } = query.context
        // The first rows of each under conditions of their own are no one call of an ORM.
        if (takesFirst(query) && query.client !== 'sql' && query.predicates.length > 1 && keysOf(query).length !== 1)
          continue
        // There are no more elements than values of the column that tells their rows apart.
        const table = mainTable(query, ctx)
        const ofElement = keysOf(query).filter((p) => isOfElement(p, loop))
        if (table !== null && ofElement.length > 0 && ofElement.every((p) => isFlag(table, p.column ?? '', ctx)))
          continue
        if (loop !== null && loop.known !== true && query.changed && growsWithData(query, loop)) {
          if (isWork(query, loop, textOf(query)) || !hasKey(query) || followsWrites(query, loop, ctx.queries)) continue
          // What goes on after the error of one works through them one by one.
          if (background && loop.guarded) continue
          // Each round leaves out what those before it have found, or has taken its element in hand.
          if (query.predicates.some((p) => p.operator === 'not in' && p.values === undefined)) continue
          if (query.operation === 'select' && isClaimed(query, loop, ctx.queries)) continue
          if (query.operation !== 'select' && (loop.conditional || isOnItsOwn(query, loop, textOf(query), ctx.queries)))
            continue
          if (quiet && said.has(at(loop.place))) continue
          if (quiet) said.add(at(loop.place))
          yield {
            place: query.place,
            object: query.tables[0]?.table ?? '',
            alike: at(loop.place),
            ...severity,
            ...(asksTheSame(query) ? { help: 'It asks the same for each element: ask once, before the loop.' } : help),
            message: `\`${callOf(query)}\` on \`${name}\` runs once for each element of the loop in line ${loop.place.line}${loop.parallel && transaction === null ? ', all at the same time' : ', one after the other'}.`,
          }
          continue
        }
        if (query.operation !== 'select') continue
        for (const repeat of query.repeats ?? []) {
          if (
            !(repeat.changed || query.changed) ||
            !growsWithData(query, repeat.loop) ||
            !hasKey(query) ||
            // Conditions that are put together may hold no key at all.
            (query.dynamic && !query.predicates.some((p) => p.operator === '=')) ||
            (repeat.keys && query.predicates.some((p) => p.operator === 'in')) ||
            // A function that is called for what it does works for each element, and its look-ups are a part of that.
            repeat.file !== 'source' ||
            isBackground(repeat.place.path) ||
            repeat.loop.works ||
            command.test(repeat.function) ||
            repeat.occupied ||
            repeat.loop.conditional ||
            writing.has(at(repeat.loop.place)) ||
            waitsBefore(repeat.place, repeat.loop, ctx.text(repeat.place.path)?.text ?? '') ||
            writing.has(functionOf(query)) ||
            said.has(at(repeat.place))
          )
            continue
          said.add(at(repeat.place))
          yield {
            place: repeat.place,
            object: query.tables[0]?.table ?? '',
            alike: at(repeat.loop.place),
            ...severity,
            ...help,
            message: `${/^[A-Z]/.test(repeat.function) ? `\`<${repeat.function}>\` is rendered in a loop, and each rendering` : `\`${repeat.function}\` is called in a loop, and each call`} runs \`${callOf(query)}\` on \`${name}\` (${at(query.place)}).`,
          }
          break
        }
      }
    },
  },
} satisfies Rule

/** True where the round writes to the row of its element that it has begun, before it reads what it needs for the work. */
function isClaimed({ place }: Query, loop: Loop, queries: readonly Query[]): boolean {
  return queries.some(
    (other) =>
      other.operation === 'update' &&
      other.context.loop !== null &&
      at(other.context.loop.place) === at(loop.place) &&
      other.place.line < place.line &&
      other.columns?.some(({ column, use }) => use === 'write' && /^(?:status|state|phase)$/i.test(column ?? '')) ===
        true &&
      other.predicates.some((p) => p.operator === '=' && loop.names.some((name) => p.source === `${name}.id`)),
  )
}

/** Functions that are called for what they do, by their names. */
const command =
  /^(?:create|update|upsert|delete|remove|send|notify|record|report|publish|enqueue|schedule|migrate|trigger|execute|run|process|handle|perform|drain|clean(?:up)?|sync|import|export|refresh|dispatch|apply|deploy|start|stop)(?![a-z])/

/** True for the newest row, the highest number or the count of a table that the loop itself fills, and for what it has written before: each element has to ask anew. */
function followsWrites(query: Query, loop: Loop, queries: readonly Query[]): boolean {
  const sees =
    (query.limit !== null && query.ordering.length > 0) ||
    /\b(?:max|count)\s*\(|_max\b/i.test(query.statement?.text ?? query.text ?? '')
  return (
    query.operation === 'select' &&
    queries.some(
      (other) =>
        other.operation !== 'select' &&
        other.tables[0]?.table === query.tables[0]?.table &&
        other.context.loop !== null &&
        at(other.context.loop.place) === at(loop.place) &&
        (sees || other.place.line < query.place.line),
    )
  )
}

/** True where rows are found by what equals a value, so that those of a list of values are found at once. */
function hasKey(query: Query): boolean {
  const { predicates, dynamic } = query
  return (
    dynamic ||
    predicates.length === 0 ||
    asksTheSame(query) ||
    predicates.some(
      (p) =>
        (p.operator === 'in' || (p.operator === '=' && p.value === undefined)) &&
        p.expression === null &&
        p.joining !== true,
    )
  )
}

const information = { severity: 'info' } as const

function functionOf(query: Query): string {
  return `${query.place.path}\n${query.context.function ?? ''}`
}
