import { describe, expect, it } from 'vitest'
import type { Query } from '../../src/queries/query.ts'
import { predicates, drizzleSchema, read, tables } from './support.ts'

const head =
  "import { db } from './db'\nimport { users, posts } from './schema'\nimport * as schema from './schema'\nimport { and, desc, eq, ilike, inArray, or, sql, isNull } from 'drizzle-orm'\n"

async function queries(code: string): Promise<readonly Query[]> {
  const { queries } = await read(
    'drizzle',
    tables,
    { 'src/a.ts': head + code },
    {
      'src/schema.ts': drizzleSchema,
      'src/db.ts':
        "import { drizzle } from 'drizzle-orm/node-postgres'\nimport * as schema from './schema'\nexport const db = drizzle(process.env.URL!, { schema })",
    },
  )
  return queries
}

describe('Drizzle', () => {
  it('reads selects with joins, conditions, order and limit', async () => {
    const [q] = await queries(
      'await db.select({ id: users.id, n: posts.title }).from(users).leftJoin(posts, eq(posts.authorId, users.id)).where(and(eq(users.orgId, o), or(isNull(users.deletedAt), ilike(users.fullName, `%${s}%`)))).orderBy(desc(users.fullName)).limit(10)',
    )
    expect(predicates(q!)).toEqual([
      '0:posts.author_id =',
      '0:users.id =',
      '0:users.org_id =',
      '0:users.deleted_at is null',
      '1:posts.author_id =',
      '1:users.id =',
      '1:users.org_id =',
      '1:users.full_name ilike infix',
    ])
    expect(q!.predicates.at(-1)).toMatchObject({ pattern: 'infix' })
    expect(q).toMatchObject({
      limit: 10,
      ordering: [{ column: 'full_name', descending: true }],
      dynamic: false,
      joins: [{ from: 'public.posts', to: 'public.users' }],
    })
  })

  it('reads sql templates as Postgres reads them', async () => {
    const [q] = await queries(
      'await db.select().from(schema.users).where(sql`lower(${schema.users.email}) = ${e} and ${schema.users.orgId} = ${o}`)',
    )
    expect(predicates(q!)).toEqual(['0:users.email = lower(email)', '0:users.org_id ='])
  })

  it('reads relational queries, with callbacks and relations', async () => {
    const [q] = await queries(
      'await db.query.users.findMany({ where: (u, { eq }) => eq(u.orgId, o), with: { posts: { limit: 5 }, org: true }, orderBy: (u, { desc }) => [desc(u.fullName)], columns: { id: true } })',
    )
    expect(predicates(q!)).toEqual(['0:users.org_id ='])
    expect(q!.nested).toMatchObject([
      { table: 'public.posts', many: true, limited: true },
      { table: 'public.orgs', many: false },
    ])
    expect(q!.joins).toContainEqual(
      expect.objectContaining({
        from: 'public.users',
        fromColumns: ['id'],
        to: 'public.posts',
        toColumns: ['author_id'],
      }),
    )
    expect(q!.tables[0]).toMatchObject({ columns: ['id'] })
    expect(q!.ordering).toMatchObject([{ column: 'full_name', descending: true }])
  })

  it('reads writes and the transaction they stand in', async () => {
    const all = await queries(
      "await db.transaction(async (tx) => {\n  await tx.insert(users).values({ email: 'e', orgId: o })\n  await tx.update(users).set({ fullName: n }).where(eq(users.id, i))\n  await db.delete(posts)\n})",
    )
    expect(all.map((q) => [q.operation, q.writes, q.context.transaction?.usesOwnClient])).toEqual([
      ['insert', ['email', 'org_id'], true],
      ['update', ['full_name'], true],
      ['delete', null, false],
    ])
    expect(all[2]!.predicates).toEqual([])
  })

  it('takes a builder that goes on elsewhere for dynamic', async () => {
    const all = await queries(
      'const conditions = [eq(users.orgId, o)]\nif (x) conditions.push(eq(users.id, x))\nawait db.select().from(users).where(and(...conditions))\nlet q = db.select().from(users).$dynamic()',
    )
    expect(all.map((q) => q.dynamic)).toEqual([true, true])
  })

  it('reads raw SQL of the pool', async () => {
    const { queries: all } = await read(null, tables, {
      'src/a.ts':
        "import { Pool } from 'pg'\nconst pool = new Pool()\nawait pool.query('SELECT id FROM users WHERE email = $1', [e])\nawait other.query('SELECT id FROM users')",
    })
    expect(all.map((q) => [q.call, predicates(q)])).toEqual([['query SELECT', ['0:users.email =']]])
  })
})
