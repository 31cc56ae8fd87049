import { describe, expect, it } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import type { Config } from '../../src/config.ts'
import { readQueries } from '../../src/queries/read.ts'
import { prismaSchema, projectOf, read, tables } from './support.ts'

const base = { 'prisma/schema.prisma': prismaSchema }

async function found(files: Record<string, string>): Promise<string[]> {
  const { queries } = await read('prisma', tables, files, base)
  return queries.map((q) => `${q.place.path}:${q.place.line} ${q.call} ${q.tables[0]?.table ?? ''}`)
}

describe('finding the client', () => {
  it('through the output path of the generator', async () => {
    expect(
      await found({
        'src/db.ts': "import { PrismaClient } from './generated/client'\nexport const store = new PrismaClient()",
        'src/a.ts': "import { store } from './db'\nexport const all = () => store.user.create({ data: {} })",
      }),
    ).toEqual(['src/a.ts:2 create public.users'])
  })

  it('through an alias of tsconfig, a default export and a singleton on globalThis', async () => {
    expect(
      await found({
        'tsconfig.json': '{ // comment\n "compilerOptions": { "baseUrl": ".", "paths": { "~/*": ["./src/*"], }, } }',
        'src/server/db.ts':
          "import { PrismaClient } from '@prisma/client'\nconst make = () => new PrismaClient()\nconst store = globalThis as unknown as { p?: PrismaClient }\nconst client = store.p ?? make()\nexport default client",
        'src/a.ts': "import q from '~/server/db'\nawait q.org.delete({ where: { id } })",
      }),
    ).toEqual(['src/a.ts:2 delete public.orgs'])
  })

  it('through the alias of a framework whose tsconfig is generated', async () => {
    expect(
      await found({
        'web/package.json': '{}',
        'web/tsconfig.json': '{ "extends": "./.svelte-kit/tsconfig.json" }',
        'web/src/lib/server/db/index.ts':
          "import { PrismaClient } from '@prisma/client'\nexport const store = new PrismaClient()",
        'web/src/routes/a/+server.ts':
          "import { store } from '$lib/server/db'\nawait store.org.delete({ where: { id } })",
      }),
    ).toEqual(['web/src/routes/a/+server.ts:2 delete public.orgs'])
  })

  it('through a workspace package and its re-exports', async () => {
    expect(
      await found({
        'packages/db/package.json':
          '{ "name": "@acme/db", "exports": { ".": { "types": "./dist/index.d.ts", "import": "./dist/index.js" } } }',
        'packages/db/src/index.ts': "export * from './client.js'",
        'packages/db/src/client.ts':
          "import { PrismaClient } from '@prisma/client'\nexport const client = new PrismaClient().$extends({ name: 'x' })",
        'apps/web/a.ts':
          "import { client as c } from '@acme/db'\nawait c.user.update({ where: { id }, data: { fullName: 'x' } })",
      }),
    ).toEqual(['apps/web/a.ts:2 update public.users'])
  })

  it('through members, classes and types', async () => {
    expect(
      await found({
        'src/prisma.service.ts':
          "import { PrismaClient } from '@prisma/client'\nexport class PrismaService extends PrismaClient {}",
        'src/users.ts':
          "import { PrismaService } from './prisma.service'\nexport class Users {\n  constructor(private readonly store: PrismaService) {}\n  all() { return this.store.user.count({ where: { orgId: '1' } }) }\n}",
        'src/typed.ts':
          "import type { Prisma } from '@prisma/client'\nexport async function f(t: Prisma.TransactionClient) { await t.post.create({ data: { title: 'x' } }) }",
        'src/trpc.ts': 'export const r = p.query(({ ctx }) => ctx.prisma.post.findMany({ take: 5 }))',
      }),
    ).toEqual([
      'src/trpc.ts:1 findMany public.posts',
      'src/typed.ts:2 create public.posts',
      'src/users.ts:4 count public.users',
    ])
  })

  it('not by a word alone', async () => {
    expect(
      await found({
        'src/a.ts':
          "import Stripe from 'stripe'\nconst stripe = new Stripe('')\nawait stripe.user.create({ email })\nconst api = { user: { update() {} } }\napi.user.update({ where: 1 })\nmap.post.delete('x')",
      }),
    ).toEqual([])
  })

  it('knows the client of a transaction from the one outside', async () => {
    const { queries } = await read(
      'prisma',
      tables,
      {
        'src/db.ts': "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()",
        'src/a.ts':
          "import { prisma } from './db'\nawait prisma.$transaction(async (tx) => {\n  await tx.user.findMany({ take: 1 })\n  await prisma.user.findMany({ take: 1 })\n})",
      },
      base,
    )
    expect(queries.map((q) => q.context.transaction?.usesOwnClient)).toEqual([true, false])
  })

  it('leaves tests out that the pull request does not change, and marks what it does', async () => {
    const { queries, counts } = await read(
      'prisma',
      tables,
      { 'src/b.ts': 'await prisma.user.findMany()' },
      { ...base, 'src/a.test.ts': 'await prisma.user.findMany()', 'src/c.ts': 'await prisma.user.findMany()' },
    )
    expect(queries.map((q) => [q.place.path, q.changed])).toEqual([
      ['src/b.ts', true],
      ['src/c.ts', false],
    ])
    expect(counts).toMatchObject({ calls: 2, judged: 2, dynamic: 0 })
  })

  it('and takes no procedure of tRPC for it', async () => {
    expect(
      await found({
        'src/caller.ts':
          "import { createCallerFactory } from '@trpc/server'\nexport const caller = createCallerFactory(router)({})",
        'src/a.ts':
          "import { caller } from './caller'\nawait caller.user.deleteMany({ ids })\nawait caller.user.upsert({ id, name })",
      }),
    ).toEqual([])
  })

  it('by the package that each of several is generated into, and never one of them by a guess', async () => {
    const schema = (name: string): string =>
      prismaSchema.replace('../src/generated/client', `../node_modules/.prisma/${name}`)
    const files = {
      'prisma/shop.prisma': schema('shop'),
      'prisma/mail.prisma': schema('mail'),
      'src/a.ts':
        "import { PrismaClient } from '.prisma/mail'\nconst mail = new PrismaClient()\nawait mail.user.findMany()\nawait anyClient.user.findMany()",
    }
    const projects = ['shop', 'mail'].map((name) => ({
      project: { ...projectOf('prisma', [`prisma/${name}.prisma`]), name },
      declared: tables,
      after: tables,
    }))
    const { queries, counts } = await readQueries({
      changeSet: await changeSetOf(memoryTree({}), memoryTree(files)),
      projects,
      config: {} as Config,
    })
    expect(queries.map((q) => [q.place.line, q.project])).toEqual([[3, 'mail']])
    expect(counts.calls).toBe(1)
  })
})
