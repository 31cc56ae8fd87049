import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'
import { prismaShop } from '../../rules/shared/query-examples.ts'
import { reviewExample } from '../example.ts'

/** The findings of one rule where migrations come on top of one that is there. */
async function said(rule: string, given: string, files: Readonly<Record<string, string>>) {
  const base = { 'db/migrations/0001_given.sql': given, 'package.json': '{"dependencies":{"node-pg-migrate":"7.0.0"}}' }
  const changeSet = await changeSetOf(memoryTree(base), memoryTree({ ...base, ...files }))
  const { findings } = await review(changeSet, {
    rules: catalog,
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  return findings.filter((finding) => finding.rule === rule)
}

/** The helps of one rule for code that asks Drizzle for orders. */
async function helpsOfOrders(id: string, code: string): Promise<readonly string[]> {
  const rule = catalog.find((each) => each.id === id)
  if (rule === undefined) throw new Error(`no rule ${id}`)
  const schema = `import { integer, pgTable, text } from 'drizzle-orm/pg-core'
    export const orders = pgTable('orders', { id: integer('id').primaryKey(), userId: integer('user_id'), mark: integer('mark'), slug: text('slug'), status: text('status') })`
  const { findings } = await reviewExample(
    {
      drizzle: { before: schema, after: schema },
      given:
        'CREATE TABLE orders (id integer PRIMARY KEY NOT NULL, user_id integer, mark integer, slug text, status text);',
      rows: { orders: 5_000_000 },
      typescript: `import { drizzle } from 'drizzle-orm/node-postgres'
        import { and, count, eq, sql } from 'drizzle-orm'
        import { orders } from './schema'
        const db = drizzle(process.env.URL!)
        ${code}`,
    },
    rule,
    [rule],
  )
  return findings.map(({ help }) => help)
}

test('a change of type that something blocks is given all statements around it', async () => {
  const [finding] = await said(
    'no-type-change-blocked',
    `create table users (id bigint primary key, name varchar(9), upper_name text generated always as (upper(name)) stored);
     create policy named on users using (name <> ''); create view names as select name from users;`,
    { 'db/migrations/0002_wide.sql': 'alter table users alter column name type text;' },
  )
  const statements = /```sql\n([^`]*)```/
    .exec(finding?.help ?? '')?.[1]
    ?.split('\n')
    .filter(Boolean)
  expect(statements?.map((each) => /^[A-Za-z]+ \w+/.exec(each)?.[0])).toEqual([
    'DROP VIEW',
    'ALTER TABLE',
    'DROP POLICY',
    'alter table',
    'CREATE VIEW',
    'select name',
    'ALTER TABLE',
    'CREATE POLICY',
  ])
})

test('a lock of another file is told with its name', async () => {
  const [finding] = await said(
    'no-slow-statement-under-lock',
    'create table users (id bigint primary key); create table orders (id bigint primary key, total numeric);',
    {
      'db/migrations/0002_users.sql': 'alter table users add column name text;',
      'db/migrations/0003_orders.sql': 'alter table orders add constraint total check (total > 0);',
    },
  )
  expect(finding?.message).toContain('the lock of line 1 of `0002_users` is held')
})

test('node-pg-migrate leaves its transaction in JavaScript only', async () => {
  const [finding] = await said(
    'no-concurrently-in-transaction',
    'create table users (id bigint primary key, name text);',
    {
      'db/migrations/0002_index.sql': 'create index concurrently users_name on users (name);',
    },
  )
  expect(finding?.help).toContain('`pgm.noTransaction()`')
})

test.each([
  "(ids: number[]) {\n  for (const id of ids) await prisma.order.findMany({ where: { userId: id, status: 'open' } })\n}\n",
  '(rows: { user: number }[], status: string) {\n  for (const row of rows) await prisma.order.findMany({ where: { status, userId: row.user } })\n}\n',
])('a query for each element is given the key that changes, and keeps its other conditions: %s', async (load) => {
  const files = {
    'package.json': '{"dependencies":{"@prisma/client":"6.0.0"}}',
    'prisma/schema.prisma':
      'datasource db {\n  provider = "postgresql"\n}\n\nmodel Order {\n  id Int @id\n  userId Int @map("user_id")\n  status String\n\n  @@index([userId])\n}\n',
    'prisma/migrations/1_init/migration.sql':
      'CREATE TABLE "Order" ("id" INTEGER PRIMARY KEY, "user_id" INTEGER NOT NULL, "status" TEXT NOT NULL); CREATE INDEX "Order_user_id_idx" ON "Order"("user_id");',
  }
  const code = `import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport async function load${load}`
  const { findings } = await review(
    await changeSetOf(memoryTree(files), memoryTree({ ...files, 'src/load.ts': code })),
    { rules: catalog, settings: { config: defaultConfig, notes: [] }, rehearse: false },
  )
  expect(findings.find((finding) => finding.rule === 'no-query-in-loop')?.help).toBe(
    'Collect the keys and ask once: `findMany({ where: { userId: { in: keys } } })`, with the other conditions as they are.',
  )
})

test.each([
  [
    'a time that is the same for all',
    '(ids: number[], from: Date) {\n  for (const id of ids) await prisma.order.count({ where: { userId: id, at: { gte: from } } })\n}\n',
    'Count all groups at once: `groupBy` with the keys in `where`, and what is counted or summed up.',
  ],
  [
    'a time of each',
    '(users: { id: number; seen: Date }[]) {\n  for (const user of users) {\n    const from = user.seen\n    await prisma.order.count({ where: { userId: user.id, at: { gte: from } } })\n  }\n}\n',
    'Count all groups at once: join what gives the elements, compare with its columns, and group by its key.',
  ],
  [
    'a function that is given one user and a month',
    '(ids: number[], from: Date, to: Date) {\n  for (const id of ids) console.log(await ordersOf(id, from, to))\n}\nexport async function ordersOf(userId: number, from: Date, to: Date) {\n  return prisma.order.findMany({ where: { userId, at: { gte: from, lt: to } } })\n}\n',
    'Collect the keys and ask once: `findMany({ where: { …: { in: keys } } })`, or `include` in the query that gives the elements.',
  ],
])('a query for each element with %s', async (_, load, help) => {
  const files = {
    'package.json': '{"dependencies":{"@prisma/client":"6.0.0"}}',
    'prisma/schema.prisma':
      'datasource db {\n  provider = "postgresql"\n}\n\nmodel Order {\n  id Int @id\n  userId Int\n  at DateTime @db.Timestamptz\n\n  @@index([userId])\n}\n',
    'prisma/migrations/1_init/migration.sql':
      'CREATE TABLE "Order" ("id" INTEGER PRIMARY KEY, "userId" INTEGER NOT NULL, "at" TIMESTAMPTZ NOT NULL); CREATE INDEX "Order_userId_idx" ON "Order"("userId");',
  }
  const code = `import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport async function load${load}`
  const { findings } = await review(
    await changeSetOf(memoryTree(files), memoryTree({ ...files, 'src/load.ts': code })),
    { rules: catalog, settings: { config: defaultConfig, notes: [] }, rehearse: false },
  )
  expect(findings.find((finding) => finding.rule === 'no-query-in-loop')?.help).toBe(help)
})

test('the first of many rows is found by an index in its order, under the name that Prisma gives it', async () => {
  const name = 'MembershipOfAnOrganizationOrTeam'
  const files = {
    'package.json': '{"dependencies":{"@prisma/client":"6.0.0"}}',
    'prisma/schema.prisma': `datasource db {\n  provider = "postgresql"\n}\n\nmodel ${name} {\n  id Int @id\n  statusOfMember String\n  timeOfCreation DateTime @db.Timestamptz\n}\n`,
    'prisma/migrations/1_init/migration.sql': `CREATE TABLE "${name}" ("id" INTEGER PRIMARY KEY, "statusOfMember" TEXT NOT NULL, "timeOfCreation" TIMESTAMPTZ NOT NULL);`,
  }
  const code =
    "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport const oldest = (statusOfMember: string) => prisma.membershipOfAnOrganizationOrTeam.findFirst({ where: { statusOfMember }, orderBy: { timeOfCreation: 'asc' } })\n"
  const { findings } = await review(
    await changeSetOf(memoryTree(files), memoryTree({ ...files, 'src/load.ts': code })),
    {
      rules: catalog,
      settings: { config: { ...defaultConfig, tables: { '*': { rows: 5_000_000 } } }, notes: [] },
      rehearse: false,
    },
  )
  expect(findings.find(({ rule }) => rule === 'require-index-for-filter')?.help).toContain(
    '"MembershipOfAnOrganizationOrTeam_statusOfMember_timeOfCreat_idx" ON "MembershipOfAnOrganizationOrTeam" ("statusOfMember", "timeOfCreation");',
  )
})

test.each([
  [
    'a compound key',
    'export async function load(ids: number[], shop: number) {\n  for (const id of ids) await prisma.stock.findUnique({ where: { itemId_shopId: { itemId: id, shopId: shop } } })\n}\n',
    'no-query-in-loop',
    'Collect the keys and ask once: `findMany({ where: { …: { in: keys } } })`',
  ],
  [
    'times after a number of the code, of rows without another time',
    'export const eager = (since: Date) => prisma.stock.findMany({ where: { soldAt: null, hits: { gte: 3 }, seenAt: { gte: since } } })\n',
    'require-index-for-filter',
    'ON "Stock" ("seenAt");',
  ],
  [
    'a key beside a kind that other queries ask for',
    "export const one = (countryId: number) => prisma.maker.findMany({ where: { kind: 'main', countryId } })\nexport const all = (area: string) => prisma.maker.findMany({ where: { kind: 'main', area } })\nexport const most = (kind: string) => prisma.maker.findMany({ where: { kind } })\n",
    'require-index-for-filter',
    'ON "Maker" ("countryId", "kind");',
  ],
  [
    'an index whose usual name another has',
    'export const seen = (hits: number) => prisma.maker.findMany({ where: { countryId: hits } })\n',
    'require-index-for-filter',
    'CREATE INDEX CONCURRENTLY "Maker_countryId_idx1" ON "Maker" ("countryId");',
  ],
  [
    'pages of rows that have a key of their own',
    "export const page = (n: number) => prisma.maker.findMany({ orderBy: { brand: 'asc' }, skip: n * 20, take: 20 })\n",
    'no-offset-pagination',
    '`cursor: { brand: last }, skip: 1`',
  ],
  [
    'pages of rows with a compound key',
    "export const page = (n: number) => prisma.stock.findMany({ orderBy: { itemId: 'asc' }, skip: n * 20, take: 20 })\n",
    'no-offset-pagination',
    '`cursor` with its key, and `skip: 1`',
  ],
])('the help for %s', async (_, code, rule, help) => {
  const files = {
    'package.json': '{"dependencies":{"@prisma/client":"6.0.0"}}',
    'prisma/schema.prisma':
      'datasource db {\n  provider = "postgresql"\n}\n\nmodel Stock {\n  itemId Int\n  shopId Int\n  hits Int\n  seenAt DateTime @db.Timestamptz\n  soldAt DateTime? @db.Timestamptz\n\n  @@id([itemId, shopId])\n}\n\nmodel Maker {\n  brand String @id @map("brand_name")\n  countryId Int\n  kind String\n  area String\n  code String\n\n  @@index([brand, countryId], map: "Maker_countryId_idx")\n}\n',
    'prisma/migrations/1_init/migration.sql':
      'CREATE TABLE "Stock" ("itemId" INTEGER NOT NULL, "shopId" INTEGER NOT NULL, "hits" INTEGER NOT NULL, "seenAt" TIMESTAMPTZ NOT NULL, "soldAt" TIMESTAMPTZ, CONSTRAINT "Stock_pkey" PRIMARY KEY ("itemId", "shopId")); CREATE TABLE "Maker" ("brand_name" TEXT PRIMARY KEY, "countryId" INTEGER NOT NULL, "kind" TEXT NOT NULL, "area" TEXT NOT NULL, "code" TEXT NOT NULL); CREATE INDEX "Maker_countryId_idx" ON "Maker"("brand_name", "countryId");',
  }
  const { findings } = await review(
    await changeSetOf(
      memoryTree(files),
      memoryTree({
        ...files,
        'src/load.ts': `import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\n${code}`,
      }),
    ),
    {
      rules: catalog,
      settings: { config: { ...defaultConfig, tables: { '*': { rows: 5_000_000 } } }, notes: [] },
      rehearse: false,
    },
  )
  expect(findings.flatMap((finding) => (finding.rule === rule ? [finding.help] : [])).join('\n')).toContain(help)
})

test('a relation is spelled as Prisma spells it, with both of its fields', async () => {
  const schema = (more: string) =>
    `datasource db {\n  provider = "postgresql"\n}\n\nmodel Team {\n  id      Int    @id\n  ownerId Int    @map("owner_id")\n  owner   Person @relation(fields: [ownerId], references: [id])\n\n  @@map("teams")\n}\n\nmodel Person {\n  id    Int    @id\n  teams Team[]\n\n  @@map("persons")\n}\n${more}`
  const base = { 'package.json': '{"dependencies":{"prisma":"6.0.0"}}', 'prisma/schema.prisma': schema('') }
  const head = schema(
    '\nmodel StarredMessage {\n  id       Int @id\n  personId Int @map("person_id")\n\n  @@map("starred_messages")\n}\n',
  )
  const { findings } = await review(
    await changeSetOf(memoryTree(base), memoryTree({ ...base, 'prisma/schema.prisma': head })),
    { rules: catalog, settings: { config: defaultConfig, notes: [] }, rehearse: false },
  )
  expect(findings.find(({ rule }) => rule === 'require-foreign-key')?.help).toContain(
    '`person Person @relation(fields: [personId], references: [id])` to `StarredMessage` and `starredMessage StarredMessage[]` to `Person`',
  )
})

test.each([
  ['mysql', 'mysql2', '`.ignore()`, or `.onDuplicateKeyUpdate(…)`'],
  ['sqlite', 'better-sqlite3', '`.onConflictDoNothing()`'],
])('an insert that may find its row is named as Drizzle names it for %s', async (dialect, driver, words) => {
  const table = dialect === 'mysql' ? 'mysqlTable' : 'sqliteTable'
  const base = {
    'package.json': `{"dependencies":{"drizzle-orm":"0.44.0"}}`,
    'drizzle.config.ts': `export default { dialect: '${dialect}', schema: './src/schema.ts', out: './drizzle' }`,
    'src/schema.ts': `import { ${dialect === 'mysql' ? 'int' : 'integer as int'}, text, ${table} } from 'drizzle-orm/${dialect}-core'
      export const users = ${table}('users', { id: int('id').primaryKey(), email: text('email').notNull() })`,
  }
  const code = `import { eq } from 'drizzle-orm'
    import { drizzle } from 'drizzle-orm/${driver}'
    import { users } from './schema'
    const db = drizzle(process.env.URL)
    export async function join(email: string) {
      const [existing] = await db.select().from(users).where(eq(users.email, email)).limit(1)
      if (!existing) await db.insert(users).values({ email })
    }`
  const changeSet = await changeSetOf(memoryTree(base), memoryTree({ ...base, 'src/join.ts': code }))
  const { findings } = await review(changeSet, {
    rules: catalog,
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  const finding = findings.find((each) => each.rule === 'no-find-then-create')
  expect(finding?.help).toBe(`Create a unique constraint on \`email\`, and insert with ${words}.`)
})

test('an extension that is there is not created again', async () => {
  const rule = catalog.find(({ id }) => id === 'require-search-index')
  expect.assert(rule !== undefined)
  const [example] = rule.bad
  expect.assert(example !== undefined)
  const helpOf = async (before: string) => {
    const { findings } = await reviewExample({ ...example, given: before + (example.given ?? '') }, rule, catalog)
    return findings.find((each) => each.rule === rule.id)?.help ?? ''
  }
  expect(await helpOf('')).toMatch(/CREATE EXTENSION[^]*CREATE INDEX/)
  expect(await helpOf('CREATE EXTENSION pg_trgm;')).toMatch(/^An index of trigrams does;[^]*CREATE INDEX/)
  expect(await helpOf('CREATE EXTENSION pg_trgm;')).not.toContain('CREATE EXTENSION')
})

test.each([
  ['{ count: count() }', 'Count'],
  ['{ best: sql<number>`coalesce(avg(${orders.mark}), 0)`, count: count() }', 'Sum up'],
])('numbers of rows that a loop asks for are asked for in groups: %s', async (selected, words) => {
  const code = `export async function totals(ids: number[]) {
    for (const id of ids) console.log(await db.select(${selected}).from(orders).where(eq(orders.userId, id)))
  }`
  expect(await helpsOfOrders('no-query-in-loop', code)).toEqual([
    expect.stringContaining(`${words} all groups at once`),
  ])
})

test('what is asked in a loop differs where alternatives are put together', async () => {
  const rule = catalog.find(({ id }) => id === 'no-query-in-loop')
  if (rule === undefined) throw new Error('no such rule')
  const { findings } = await reviewExample(
    {
      ...prismaShop,
      typescript: `export async function check(rows: { email?: string; name?: string }[]) {
          for (const { email, name } of rows) {
            const found = await prisma.user.findFirst({ where: { OR: [email ? { email } : {}, name ? { name } : {}].filter((o) => Object.keys(o).length > 0), plan: 'paid' } })
            if (found) console.log(found.id)
          }
        }`,
    },
    rule,
    [rule],
  )
  expect(findings.map(({ help }) => help)).toEqual([expect.stringContaining('Collect the keys and ask once')])
})

test('a key that the loop makes of its element is the one to collect, in the words of the code', async () => {
  const code = `export async function check(hooks: { task?: string; other: string }[], user: number) {
    for (const hook of hooks) {
      const wanted = hook.task ?? hook.other
      const found = await db.select().from(orders).where(and(eq(orders.userId, user), eq(orders.slug, wanted)))
      if (found.length === 0) throw new Error(wanted)
    }
  }`
  expect(await helpsOfOrders('no-query-in-loop', code)).toEqual([
    expect.stringContaining('`.where(inArray(orders.slug, keys))`, with the other conditions as they are'),
  ])
})

test('batches of what a block computes are not written out: its variables are known nowhere else', async () => {
  const of = (set: string) =>
    said('no-backfill-in-migration', 'create table users (id bigint primary key, name text, plan text);', {
      'db/migrations/0002_plan.sql': `do $$ declare standard text := 'a'; begin update users set plan = ${set} where name = 'x'; end $$;`,
    })
  const [[known], [unknown]] = await Promise.all([of(`'b'`), of('standard')])
  expect([known?.help?.includes('```sql'), unknown?.help?.includes('```sql')]).toEqual([true, false])
})

test('of a changelog, what stands in another changeset is not run again', async () => {
  const changelog = (mark: string) =>
    `--liquibase formatted sql\n--changeset me:1\ncreate table users (id bigint primary key, name text);\n--changeset me:2 runInTransaction:false\nalter table users add column email text;\n${mark}create unique index concurrently users_email on users (name);\n`
  const told = async (mark: string) => {
    const base = { 'db/changelog.sql': changelog('').split('--changeset me:2')[0] ?? '' }
    const report = await review(
      await changeSetOf(memoryTree(base), memoryTree({ 'db/changelog.sql': changelog(mark) })),
      {
        rules: catalog,
        settings: { config: defaultConfig, notes: [] },
      },
    )
    return report.findings.filter(({ rule }) => rule === 'require-repeatable-migration').length
  }
  expect(await told('')).toBe(1)
  expect(await told('--changeset me:3 runInTransaction:false\n')).toBe(0)
})

test('the condition of the only number that is counted belongs into the query', async () => {
  const numbers = (...states: string[]) => {
    const selected = states.map(
      (state) => `${state}: sql<number>\`count(*) filter (where \${orders.status} = '${state}')::int\``,
    )
    return helpsOfOrders(
      'no-count-all',
      `export const numbers = () => db.select({ ${selected.join(', ')} }).from(orders)`,
    )
  }
  const advice = expect.stringContaining('Put the condition of `FILTER` into `WHERE`')
  expect(await numbers('draft')).toEqual([advice])
  expect(await numbers('draft', 'done')).toEqual([expect.not.stringContaining('`FILTER`')])
})

test('an index that one query lacks for its filter and another for its order is missed once', async () => {
  const pair = catalog.filter(({ id }) => id === 'require-index-for-filter' || id === 'require-index-for-order')
  const [rule] = pair
  if (rule === undefined) throw new Error('no such rule')
  const { findings } = await reviewExample(
    {
      given: 'create table visits (id bigint primary key, user_id bigint, seen_at timestamptz not null);',
      rows: { visits: 9_000_000 },
      typescript: `import { Pool } from 'pg'
        const pool = new Pool()
        export const since = (day: Date) => pool.query('SELECT id FROM visits WHERE seen_at > $1', [day])
        export const newest = () => pool.query('SELECT id FROM visits ORDER BY seen_at DESC LIMIT 9')`,
    },
    rule,
    pair,
  )
  expect(findings.map((each) => each.rule)).toEqual(['require-index-for-filter'])
  expect(findings[0]?.help).toContain('The same index serves one more query')
})
