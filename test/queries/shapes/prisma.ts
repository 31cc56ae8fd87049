import type { Shape } from './shape.ts'

/** Shapes of real code, read in reviews of public repositories and told in words of our own, with the rules of queries and operations that have to speak; no others may warn. */
export const prisma: readonly Shape[] = [
  [
    'a page with its total',
    'export async function page(userId: string, n: number) {\n  const where = { userId }\n  const [rows, total] = await Promise.all([prisma.order.findMany({ where, orderBy: { createdAt: "desc" }, skip: n * 50, take: 50 }), prisma.order.count({ where })])\n  return { rows, total }\n}',
    'no-offset-pagination',
  ],
  [
    'a page in a transaction list',
    'export const page = (userId: string, n: number) => prisma.$transaction([prisma.order.findMany({ where: { userId }, orderBy: { createdAt: "desc" }, take: 50 }), prisma.order.count({ where: { userId } })])',
  ],
  [
    'the member of a tenant by two keys',
    'export const one = (id: string, userId: string) => prisma.order.findFirst({ where: { id, userId } })',
  ],
  [
    'a filter by a status that no index has',
    'export const failed = () => prisma.order.findMany({ where: { status: { in: ["failed", "lost"] } }, take: 100 })',
    'require-index-for-filter',
  ],
  [
    'a filter that is built step by step',
    'export function find(o: { note?: string }) {\n  const where: Record<string, unknown> = {}\n  if (o.note) where.note = o.note\n  return prisma.order.findMany({ where, take: 10 })\n}',
  ],
  [
    'a conditional spread in a filter',
    'export const find = (userId: string, note?: string) => prisma.order.findMany({ where: { userId, ...(note ? { note } : {}) }, take: 10 })',
  ],
  [
    'a key per element, at once',
    'export const users = (ids: string[]) => Promise.all(ids.map((id) => prisma.user.findUnique({ where: { id } })))',
  ],
  [
    'a look-up per element of rows',
    'export async function owners(rows: { userId: string }[]) {\n  return Promise.all(rows.map(async (row) => ({ ...row, user: await prisma.user.findFirst({ where: { id: row.userId } }) })))\n}',
    'no-query-in-loop',
  ],
  [
    'a count per element',
    'export async function counts(ids: string[]) {\n  const out: Record<string, number> = {}\n  for (const id of ids) out[id] = await prisma.order.count({ where: { userId: id } })\n  return out\n}',
    'no-query-in-loop',
  ],
  [
    'pages of a job',
    'export async function sweep(userId: string) {\n  let cursor: string | undefined\n  do {\n    const rows = await prisma.order.findMany({ where: { userId }, take: 500, orderBy: { id: "asc" }, ...(cursor ? { cursor: { id: cursor }, skip: 1 } : {}) })\n    cursor = rows.at(-1)?.id\n  } while (cursor)\n}',
  ],
  [
    'chunks of a list',
    'export async function load(ids: string[]) {\n  for (const chunk of chunks(ids, 100)) await prisma.user.findMany({ where: { id: { in: chunk } } })\n}',
  ],
  [
    'a slug that is tried until it is free',
    'export async function slug(name: string) {\n  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {\n    const taken = await prisma.user.findUnique({ where: { email: `${name}-${attempt}` } })\n    if (!taken) return `${name}-${attempt}`\n  }\n}',
  ],
  [
    'a buffer that is flushed',
    'export async function run(stream: AsyncIterable<{ id: string }>) {\n  let buffer: string[] = []\n  for await (const row of stream) {\n    buffer.push(row.id)\n    if (buffer.length >= 1000) {\n      await prisma.user.findMany({ where: { id: { in: buffer } } })\n      buffer = []\n    }\n  }\n}',
  ],
  [
    'a handler that is registered in a loop',
    'export function start(names: string[]) {\n  for (const name of names) scheduleJob(name, async () => {\n    await prisma.user.findFirst({ where: { id: name } })\n  })\n}',
  ],
  [
    'a factory of handlers in a loop',
    'function processor(name: string) {\n  return async () => prisma.user.findFirst({ where: { id: name } })\n}\nexport function start(names: string[]) {\n  names.forEach((name) => register(name, processor(name)))\n}',
  ],
  [
    'a cache in front of a loop',
    'export async function price(rows: { id: string }[]) {\n  const { getUser } = createUserCache()\n  for (const row of rows) await getUser(row.id)\n}\nfunction createUserCache() {\n  const getUser = async (id: string) => prisma.user.findFirst({ where: { id } })\n  return { getUser }\n}',
  ],
  [
    'rows that are written one by one',
    'export async function save(rows: { id: string; email: string }[]) {\n  await Promise.all(rows.map(({ id, email }) => prisma.user.create({ data: { id, email } })))\n}',
    'prefer-bulk-insert',
  ],
  [
    'rows of which each may fail',
    'export async function save(rows: { id: string; email: string }[]) {\n  for (const row of rows) {\n    try {\n      await prisma.user.create({ data: { id: row.id, email: row.email } })\n    } catch (error) {\n      report(error)\n    }\n  }\n}',
  ],
  ['all rows of a configuration', 'export const all = () => prisma.user.findMany()', 'require-limit'],
  [
    'the rows of a list of keys',
    'export const some = (ids: string[]) => prisma.user.findMany({ where: { id: { in: ids } } })',
  ],
  [
    'a search without regard to case',
    'export const search = (q: string) => prisma.user.findMany({ where: { OR: [{ name: { contains: q, mode: "insensitive" } }, { email: { contains: q, mode: "insensitive" } }] }, take: 10 })',
    'require-search-index',
  ],
  [
    'a search among the rows of one user',
    'export const search = (userId: string, q: string) => prisma.order.findMany({ where: { userId, note: { contains: q, mode: "insensitive" } }, take: 10 })',
  ],
  [
    'a purge of a table',
    'export async function purge() {\n  await prisma.order.deleteMany({})\n}',
    'no-unfiltered-mutation',
  ],
  [
    'old rows that are deleted',
    'export const clean = (before: Date, userId: string) => prisma.order.deleteMany({ where: { userId, createdAt: { lt: before } } })',
  ],
  [
    'raw SQL with values',
    'export const find = (userId: string) => prisma.$queryRaw<{ id: string }[]>`SELECT id FROM orders WHERE user_id = ${userId} ORDER BY created_at DESC LIMIT 10`',
  ],
  [
    'a fragment that is put in',
    'export const find = (userId: string) => {\n  const only = Prisma.sql`user_id = ${userId}`\n  return prisma.$queryRaw`SELECT id FROM orders WHERE ${only} LIMIT 10`\n}',
  ],
  [
    'a list of keys in raw SQL',
    'export const find = (ids: string[]) => prisma.$queryRaw`SELECT id FROM orders WHERE id IN (${Prisma.join(ids)})`',
  ],
  [
    'an order that a request chooses',
    'export const list = (req: Request) => prisma.$queryRawUnsafe(`SELECT id FROM orders ORDER BY ${req.query.sort} LIMIT 10`)',
    'no-unsafe-sql',
  ],
  [
    'a schema name from the settings',
    'export const use = () => {\n  const schema = getSchema()\n  return prisma.$executeRawUnsafe(`SET search_path TO "${schema}"`)\n}',
  ],
  [
    'the outer client by mistake',
    'import { PrismaClient } from "@prisma/client"\nconst prisma = new PrismaClient()\nexport const pay = (id: string) => prisma.$transaction(async (tx) => {\n  await tx.order.update({ where: { id }, data: { status: "paid" } })\n  await prisma.user.update({ where: { id }, data: { name: "x" } })\n})',
    'no-outer-client-in-transaction',
  ],
  [
    'a mail while a transaction is open',
    'export const join = (id: string) => prisma.$transaction(async (tx) => {\n  const user = await tx.user.update({ where: { id }, data: { name: "x" } })\n  await resend.emails.send({ to: user.email })\n})',
    'no-remote-call-in-transaction',
  ],
  [
    'a row that is looked for before it is made',
    'export async function add(userId: string, number: number, id: string) {\n  const found = await prisma.order.findFirst({ where: { userId, number } })\n  if (found) return found\n  return prisma.order.create({ data: { id, userId, number, status: "new" } })\n}',
    'no-find-then-create',
  ],
  [
    'a row that no element changes, asked for with each',
    'export const invite = (userId: string, emails: string[]) => Promise.all(emails.map(async (email) => {\n  const user = await prisma.user.findFirst({ where: { id: userId }, select: { name: true } })\n  return { email, from: user?.name }\n}))',
    'no-query-in-loop',
  ],
  [
    'a permission that is asked for element by element',
    'const seen = (ids: string[]) => prisma.order.findMany({ where: { userId: { in: ids } }, take: 100 })\nexport const visible = (users: { id: string }[]) => Promise.all(users.map(async (user) => ({ user, orders: await seen([user.id]) })))',
    'no-query-in-loop',
  ],
  [
    'copies that are made one statement each',
    "export const copy = (userId: string, rows: { number: number }[]) => Promise.all(rows.map((row) => prisma.order.create({ data: { id: crypto.randomUUID(), userId, number: row.number, status: 'copied' } })))",
    'prefer-bulk-insert',
  ],
  [
    'a webhook that looks its customer up',
    'export const customer = (note: string) => prisma.order.findFirst({ where: { note }, select: { id: true } })',
    'require-index-for-filter',
  ],
  [
    'rows that are not deleted',
    "export const alive = () => prisma.user.findMany({ where: { deletedAt: null }, orderBy: { id: 'asc' }, take: 50 })",
  ],
  [
    'a transaction callback without a client',
    "import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport const importAll = (rows: { id: string; email: string }[]) => prisma.$transaction(async () => {\n  for (const row of rows) await prisma.user.upsert({ where: { id: row.id }, create: row, update: row })\n})",
    'no-outer-client-in-transaction',
  ],
  [
    'a quota that is counted first',
    "export async function add(userId: string) {\n  const taken = await prisma.order.count({ where: { userId } })\n  if (taken >= 5) throw new Error('full')\n  return taken\n}",
  ],
  [
    'a filter that a helper makes',
    'const own = (userId: string) => ({ userId })\nexport const mine = (userId: string) => prisma.order.findMany({ where: own(userId), take: 20 })',
  ],
  [
    'a filter without an index that a helper makes',
    "const open = () => ({ status: 'open' })\nexport const list = () => prisma.order.findMany({ where: open(), take: 20 })",
    'require-index-for-filter',
  ],
  [
    'settings that are written back one by one',
    'export async function save(values: { id: string; note: string }[]) {\n  for (const { id, note } of values) await prisma.order.update({ where: { id }, data: { note } })\n}',
  ],
  [
    'numbers for each status of one user',
    "export const numbers = (userId: string) => prisma.order.groupBy({ by: ['status'], where: { userId }, _count: true })",
  ],
  [
    'a search over two columns',
    "export const find = (text: string) => prisma.user.findMany({ where: { OR: [{ name: { contains: text, mode: 'insensitive' } }, { email: { contains: text, mode: 'insensitive' } }] }, take: 10 })",
    'require-search-index',
  ],
  [
    'the next page by a key',
    "export const next = (userId: string, after?: string) => prisma.order.findMany({ where: { userId }, orderBy: { createdAt: 'desc' }, take: 26, ...(after ? { cursor: { id: after }, skip: 1 } : {}) })",
  ],
  [
    'a list with the newest of each',
    "export const withNewest = (ids: string[]) => prisma.user.findMany({ where: { id: { in: ids } }, include: { orders: { orderBy: { createdAt: 'desc' }, take: 1 } } })",
  ],
  [
    'a mail in a transaction',
    "export const close = (id: string) => prisma.$transaction(async (tx) => {\n  const order = await tx.order.update({ where: { id }, data: { status: 'closed' } })\n  await fetch('https://mail.example.com', { method: 'POST', body: order.userId })\n})",
    'no-remote-call-in-transaction',
  ],
  [
    'a column that a pattern lets through',
    "const plain = /^[a-z_]+$/\nexport const by = (column: string, value: string) => {\n  if (!plain.test(column)) throw new Error('no such column')\n  return prisma.$queryRawUnsafe(`SELECT id FROM users WHERE id = $1 ORDER BY ${column}`, value)\n}",
  ],
  [
    'the parts of one WITH',
    'export const board = (userId: string) => prisma.$queryRaw`WITH mine AS (SELECT status FROM orders WHERE user_id = ${userId}) SELECT status, count(*) FROM mine GROUP BY status`',
  ],
  [
    'a WITH over a column without an index',
    'export const noted = (note: string) => prisma.$queryRaw`WITH noted AS (SELECT id FROM orders WHERE note = ${note}) SELECT count(*) FROM noted`',
    'require-index-for-filter',
  ],
  [
    'the projects of an organisation, found through the team',
    'export const ofOwner = (email: string) => prisma.order.findMany({ where: { user: { email } }, select: { id: true } })',
  ],
  [
    'attachments that are looked up before they are waited for',
    'export async function names(ids: { id: string }[]) {\n  const asked = ids.map(async ({ id }) => {\n    const user = await prisma.user.findUnique({ where: { id } })\n    return user?.name\n  })\n  return Promise.all(asked)\n}',
  ],
  [
    'templates that a map remembers',
    'export async function render(rows: { userId: string }[]) {\n  const seen = new Map<string, string>()\n  for (const { userId } of rows) {\n    let name = seen.get(userId)\n    if (!name) {\n      const user = await prisma.user.findFirst({ where: { id: userId } })\n      name = user?.name ?? ""\n      seen.set(userId, name)\n    }\n  }\n}',
  ],
  [
    'a function that transcribes, and looks its settings up',
    'async function transcribe(path: string, id: string) {\n  const user = await prisma.user.findFirst({ where: { id } })\n  return speech.toText(await files.read(path), user?.name)\n}\nexport async function all(paths: string[], id: string) {\n  const out = []\n  for (const path of paths) out.push(await transcribe(path, id))\n  return out\n}',
  ],
  [
    'an order in a page that a cursor goes through',
    "export const feed = (after?: string) => prisma.order.findMany({ take: 51, cursor: after ? { id: after } : undefined, orderBy: { createdAt: 'desc' } })",
  ],
  [
    'the account of a login by its name',
    'export const login = (name: string) => prisma.user.findFirst({ where: { name } })',
    'require-index-for-filter',
  ],
  [
    'rows that expire, deleted one by one',
    'export async function drop(rows: { id: string }[]) {\n  for (const row of rows) {\n    console.log(row.id)\n    await prisma.order.delete({ where: { id: row.id } })\n  }\n}',
  ],
  [
    'a migration of documents that is run once',
    'export async function backfillNames() {\n  const users = await prisma.user.findMany()\n  for (const user of users) await prisma.user.update({ where: { id: user.id }, data: { name: user.name?.trim() } })\n}',
  ],
  [
    'tags that are connected to many rows',
    'export const tag = (ids: string[], orders: string[]) => Promise.all(ids.map((id) => prisma.user.update({ where: { id }, data: { orders: { connect: orders.map((one) => ({ id: one })) } } })))',
  ],
  [
    'values of a new flag in each environment',
    "export const flags = (users: { id: string }[]) => prisma.$transaction(async (tx) => Promise.all(users.map((user) => tx.order.create({ data: { id: crypto.randomUUID(), userId: user.id, number: 1, status: 'new' } }))))",
    'prefer-bulk-insert',
  ],
  [
    'a transaction on a client of an unknown make, and a query beside it',
    "import { clients } from '@acme/clients'\nconst { dbWrite } = clients()\nexport const rate = (id: string) => dbWrite.$transaction(async (tx) => {\n  await tx.order.update({ where: { id }, data: { status: 'rated' } })\n  await dbWrite.user.updateMany({ where: { id }, data: { name: 'x' } })\n})",
    'no-outer-client-in-transaction',
  ],
  [
    'a look-up while a transaction waits for another server',
    'export const follow = (url: string, id: string) => prisma.$transaction(async (tx) => {\n  const site = await axios.get(url)\n  await tx.order.update({ where: { id }, data: { note: site.data.name } })\n})',
    'no-remote-call-in-transaction',
  ],
  [
    'an order that is placed once',
    "export async function place(number: number, userId: string) {\n  const known = await prisma.order.findFirst({ where: { userId, number } })\n  if (known) return 'already'\n  return prisma.order.create({ data: { id: crypto.randomUUID(), userId, number, status: 'open' } })\n}",
    'no-find-then-create',
  ],
  [
    'a note that is kept once: nothing says that it tells a row from others',
    "export async function keep(note: string, userId: string) {\n  const known = await prisma.order.findFirst({ where: { note } })\n  if (known) return 'already'\n  return prisma.order.create({ data: { id: crypto.randomUUID(), note, userId, number: 1, status: 'open' } })\n}",
    'require-index-for-filter',
  ],
  [
    'a search by the beginning, without regard to case',
    "export const suggest = (input: string) => prisma.user.findMany({ where: { name: { startsWith: input, mode: 'insensitive' } }, take: 10 })",
    'require-search-index',
  ],
  [
    'the next keys of a list, page by page',
    'export const page = (ids: string[], n: number) => prisma.order.findMany({ where: { id: { in: ids } }, orderBy: { id: "asc" }, skip: n * 20, take: 20 })',
  ],
]
