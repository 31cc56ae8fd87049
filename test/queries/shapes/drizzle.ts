import type { Shape } from './shape.ts'

/** Shapes of real code, read in reviews of public repositories and told in words of our own, with the rules of queries and operations that have to speak; no others may warn. */
export const drizzle: readonly Shape[] = [
  [
    'rows of an organisation without an index',
    'export const list = (s: string) => db.query.orders.findMany({ where: eq(orders.status, s), with: { user: true }, limit: 10 })',
    'require-index-for-filter',
  ],
  [
    'one row by its key, with relations',
    'export const one = (id: string) => db.query.orders.findFirst({ where: eq(orders.id, id), with: { user: { columns: { name: true } } } })',
  ],
  [
    'conditions that are collected',
    'export function list(userId: string, status?: string) {\n  const conditions = [eq(orders.userId, userId)]\n  if (status) conditions.push(eq(orders.status, status))\n  return db.select().from(orders).where(and(...conditions)).limit(10)\n}',
  ],
  [
    'a total beside a page',
    'export const total = (id: string) => db.select({ n: sql<number>`count(*)` }).from(orders).where(eq(orders.userId, id))',
  ],
  [
    'a search with ILIKE',
    'export const search = (q: string) => db.select().from(users).where(ilike(users.name, `%${q}%`)).limit(10)',
    'require-search-index',
  ],
  [
    'an update that forgot its condition',
    'export const all = () => db.update(users).set({ plan: "free" })',
    'no-unfiltered-mutation',
  ],
  [
    'a query per organisation',
    'export async function all(ids: string[]) {\n  const out = []\n  for (const id of ids) out.push(...await db.query.orders.findMany({ where: eq(orders.userId, id) }))\n  return out\n}',
    'no-query-in-loop',
  ],
  [
    'a builder that goes on',
    'export function list(s?: string) {\n  let query = db.select().from(orders).$dynamic()\n  if (s) query = query.where(eq(orders.status, s))\n  return query.limit(10)\n}',
  ],
  [
    'a condition in a callback',
    'export const list = (id: string) => db.query.orders.findMany({ where: (o, { eq, and }) => and(eq(o.userId, id), eq(o.status, "open")), limit: 5 })',
  ],
  [
    'an address that one path of a function leaves out',
    'function asked(text: string) {\n  if (text) return { email: text }\n  return { email: null }\n}\nexport async function user(text: string) {\n  const { email } = asked(text)\n  const context = asked(text)\n  if (!context.email) return null\n  return db.select().from(users).where(eq(users.email, context.email)).limit(1)\n}',
  ],
  [
    'conditions that are collected',
    'export function list(userId: string, note?: string) {\n  const conditions = [eq(orders.userId, userId)]\n  if (note) conditions.push(eq(orders.note, note))\n  return db.select().from(orders).where(and(...conditions)).limit(50)\n}',
  ],
  [
    'a check for each value',
    'export async function taken(values: string[]) {\n  const found: string[] = []\n  for (const value of values) {\n    const [row] = await db.select({ id: orders.id }).from(orders).where(eq(orders.userId, value)).limit(1)\n    if (row) found.push(value)\n  }\n  return found\n}',
    'no-query-in-loop',
  ],
  [
    'a count of one user',
    'export const total = (userId: string) => db.select({ n: sql`count(*)` }).from(orders).where(eq(orders.userId, userId))',
  ],
  [
    'members by a column without an index',
    'export const noted = (note: string) => db.select({ id: orders.id }).from(orders).where(eq(orders.note, note))',
    'require-index-for-filter',
  ],
  [
    'a set that is replaced',
    "export const replace = (userId: string, rows: { id: string; number: number }[]) => db.transaction(async (tx) => {\n  await tx.delete(orders).where(eq(orders.userId, userId))\n  await tx.insert(orders).values(rows.map((row) => ({ ...row, userId, status: 'new' })))\n})",
  ],
  [
    'a user with his orders',
    'export const joined = (id: string) => db.select({ id: users.id, number: orders.number }).from(users).leftJoin(orders, eq(orders.userId, users.id)).where(eq(users.id, id))',
  ],
  [
    'a flag beside a key',
    "export const open = (userId: string) => db.select().from(orders).where(and(eq(orders.userId, userId), eq(orders.status, 'open'))).limit(20)",
  ],
  [
    'a number as text',
    'export const first = (n: number) => db.execute(sql`SELECT id FROM orders WHERE number = 1 LIMIT ${sql.raw(String(Number(n)))}`)',
  ],
  [
    'a subquery in a condition',
    'export const buyers = () => db.select({ id: users.id }).from(users).where(inArray(users.id, db.select({ id: orders.userId }).from(orders))).limit(10)',
  ],
  [
    'the targets of each resource of each site',
    'export const peers = (ids: string[]) => Promise.all(ids.map(async (id) => {\n  const rows = await db.query.orders.findMany({ where: eq(orders.userId, id) })\n  return rows.map((row) => row.number)\n}))',
    'no-query-in-loop',
  ],
  [
    'the place behind the last row of a list',
    'export async function next(ids: string[]) {\n  for (const id of ids) {\n    const last = await db.query.orders.findFirst({ columns: { number: true }, where: eq(orders.userId, id), orderBy: [desc(orders.number)] })\n    console.log(last?.number)\n  }\n}',
    'no-query-in-loop',
  ],
  [
    'usage that is counted up for each peer',
    'export async function count(rows: { id: string; n: number }[]) {\n  for (const { id, n } of rows) {\n    const order = await db.query.orders.findFirst({ where: eq(orders.id, id) })\n    if (!order) continue\n    await db.update(orders).set({ number: order.number + n }).where(eq(orders.id, id))\n  }\n}',
    'no-query-in-loop',
  ],
  [
    'rows that are inserted at random',
    'export async function generate() {\n  for (let i = 0; i < 1000; i++) await db.insert(users).values({ id: String(i), email: String(i) })\n}',
    'prefer-bulk-insert',
  ],
]
