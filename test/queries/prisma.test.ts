import { describe, expect, it } from 'vitest'
import type { Query } from '../../src/queries/query.ts'
import { predicates, prismaSchema, read, tables } from './support.ts'

async function queries(code: string): Promise<readonly Query[]> {
  return (await read('prisma', tables, { 'src/a.ts': code }, { 'prisma/schema.prisma': prismaSchema })).queries
}

async function one(code: string): Promise<Query> {
  const [first] = await queries(code)
  if (first === undefined) throw new Error('no query')
  return first
}

describe('calls of Prisma Client', () => {
  it('maps fields to columns and numbers alternatives', async () => {
    const q = await one(
      "await prisma.user.findMany({ where: { orgId, OR: [{ fullName: { contains: s, mode: 'insensitive' } }, { deletedAt: null }] }, orderBy: [{ fullName: 'desc' }], take: 20, skip: page * 20 })",
    )
    expect(predicates(q)).toEqual([
      '0:users.org_id =',
      '0:users.full_name ilike infix',
      '1:users.org_id =',
      '1:users.deleted_at is null',
    ])
    expect(q.ordering).toMatchObject([{ column: 'full_name', descending: true }])
    expect([q.limit, q.offset, q.dynamic]).toEqual([20, 'dynamic', false])
    expect(q.sql).toBe(
      'SELECT * FROM "public"."users" WHERE ("org_id" = $1 AND "full_name" ILIKE \'%x%\') OR ("org_id" = $2 AND "deleted_at" IS NULL) ORDER BY "full_name" DESC LIMIT 20',
    )
  })

  it('writes the order of the key that Prisma adds where rows are taken', async () => {
    const q = await one('await prisma.user.findMany({ where: { orgId }, take: 20 })')
    expect(q.sql).toBe('SELECT * FROM "public"."users" WHERE "org_id" = $1 ORDER BY "id" LIMIT 20')
    const all = await one('await prisma.user.findMany({ where: { orgId } })')
    expect(all.sql).toBe('SELECT * FROM "public"."users" WHERE "org_id" = $1')
  })

  it('follows relations in where, include and select', async () => {
    const q = await one(
      'await prisma.org.findMany({ where: { users: { some: { email } } }, include: { users: { include: { posts: { take: 3 } } } } })',
    )
    expect(q.predicates).toMatchObject([{ table: 'public.users', column: 'email', operator: '=', joining: true }])
    expect(q.nested).toMatchObject([
      { table: 'public.users', depth: 1, lists: 1, limited: false },
      { table: 'public.posts', depth: 2, lists: 2, limited: true },
    ])
    expect(q.joins).toContainEqual(
      expect.objectContaining({
        from: 'public.users',
        fromColumns: ['id'],
        to: 'public.posts',
        toColumns: ['author_id'],
        many: true,
      }),
    )
  })

  it('reads compound keys, nested writes and enum values', async () => {
    const [upsert, nested] = await queries(
      'await prisma.post.upsert({ where: { authorId_title: { authorId: a, title: t } }, create: { title: t, author: { create: { email, role: Role.ADMIN } } }, update: {} })',
    )
    expect(predicates(upsert!)).toEqual(['0:posts.author_id =', '0:posts.title ='])
    expect(upsert!.writes).toEqual(['title', 'author_id'])
    expect([nested!.call, nested!.tables[0]?.table, nested!.writes]).toEqual([
      'create (nested)',
      'public.users',
      ['email', 'role'],
    ])
  })

  it('knows the columns that groups are left out by, and finds no rows by them', async () => {
    const q = await one(
      "await prisma.user.groupBy({ by: ['orgId'], _count: true, having: { fullName: { _count: { gt: 3 } } } })",
    )
    expect(predicates(q)).toEqual([])
    expect(q.columns?.filter(({ column }) => column === 'full_name')).toMatchObject([{ use: 'filter' }])
  })

  it('says dynamic for what it cannot know', async () => {
    const all = await queries(`
      export const a = (where) => prisma.user.findMany({ where })
      const filter: any = {}
      if (x) filter.orgId = x
      export const b = () => prisma.user.findMany({ where: filter })
      export const c = (o) => prisma.user.findMany({ where: { orgId: '1', ...o } })
      export const d = (x) => prisma.user.findMany({ where: { orgId: '1', ...(x ? { role: x } : {}) } })
      const fixed = { orgId: '1' }
      export const e = () => prisma.user.findMany({ where: { ...fixed } })`)
    expect(all.map((q) => q.dynamic)).toEqual([true, true, true, true, false])
    expect(all.map((q) => q.predicates.length)).toEqual([0, 0, 1, 1, 1])
  })

  it('sees loops, what bounds them, and calls of functions in them', async () => {
    const all = await queries(`
      for (const id of ids) { await prisma.user.findUnique({ where: { id } }) }
      await Promise.all(ids.map((id) => prisma.user.findUnique({ where: { id } })))
      for (const id of ['a', 'b']) await prisma.user.findUnique({ where: { id } })
      for (let i = 0; i < ids.length; i += 100) await prisma.user.findMany({ where: { id: { in: ids.slice(i, i + 100) } } })
      async function load(id) { return prisma.user.findFirst({ where: { id } }) }
      ids.forEach(async (id) => { await load(id) })`)
    expect(all.map((q) => q.context.loop?.form ?? null)).toEqual(['for-of', 'callback', 'for-of', 'for', null])
    expect(
      all.map((q) => [
        q.context.loop?.parallel ?? null,
        q.context.loop?.bounded ?? null,
        q.context.loop?.batching ?? null,
      ]),
    ).toEqual([
      [false, null, false],
      [true, null, false],
      [false, 2, false],
      [false, null, true],
      [null, null, null],
    ])
    expect(all[4]!.repeats).toMatchObject([{ function: 'load', loop: { form: 'callback' }, place: { line: 7 } }])
  })

  it('comes to an end where values are made of themselves over and over', async () => {
    const all = await queries(`
      let query = builder.start()
      ${Array.from({ length: 40 }, (_, i) => `if (x${i}) query = query.where('a', ${i}).and(query)`).join('\n')}
      await query.execute()
      function pick(n) { ${Array.from({ length: 40 }, (_, i) => `if (n === ${i}) return pick(${i}).other(pick(n))`).join('\n')} }
      await pick(1).findMany()
      await prisma.user.findUnique({ where: { id } })`)
    expect(all.map((q) => q.call)).toContain('findUnique')
  })

  it('reads comparisons of rows column by column', async () => {
    const all = await queries(
      'await prisma.$queryRaw`SELECT id FROM users WHERE (org_id, email) IN (SELECT a, b FROM unnest(${x}, ${y}) AS given (a, b))`\nawait prisma.$queryRaw`SELECT id FROM users WHERE (full_name, id) > (${n}, ${i}) LIMIT 10`',
    )
    expect(all.map(predicates)).toMatchObject([
      ['0:users.org_id in', '0:users.email in'],
      ['0:users.full_name >', '0:users.id unknown'],
    ])
  })

  it('reads raw SQL, also where fragments are put in', async () => {
    const all = await queries(
      'const where = Prisma.sql`org_id = ${o}`\nawait prisma.$queryRaw`SELECT u.id FROM users u JOIN posts p ON p.author_id = u.id WHERE ${where} AND lower(u.email) = ${e} ORDER BY u.id LIMIT 10`\nawait prisma.$queryRawUnsafe(`SELECT * FROM users ORDER BY ${order}`)',
    )
    expect(predicates(all[0]!)).toEqual([
      '0:posts.author_id =',
      '0:users.id =',
      '0:users.org_id =',
      '0:users.email = lower(email)',
    ])
    expect(all[0]!.predicates[3]).toMatchObject({ expression: 'lower(email)', place: { line: 2, column: 109 } })
    expect(all[1]).toMatchObject({ call: 'queryRawUnsafe', unsafe: [{ text: 'order' }], dynamic: true })
  })
})
