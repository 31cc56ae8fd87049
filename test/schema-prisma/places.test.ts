import { describe, expect, it } from 'vitest'
import type { Declaration, Schema } from '../../src/schema/model.ts'
import { prismaProject, readSchema } from './project.ts'

const blog = `generator client {
  provider = "prisma-client-js"
}

/// Somebody.
model User {
  id        Int      @id @default(autoincrement())
  email     String   @unique
  fullName  String?  @map("full_name")
  role      Role     @default(READER)
  updatedAt DateTime @updatedAt
  posts     Post[]
  secret    String?  @ignore

  @@index([role, email])
  @@map("users")
}

model Post {
  id       String @id @default(cuid())
  authorId Int
  author   User   @relation(fields: [authorId], references: [id], onDelete: Cascade)
  tags     Tag[]
}

model Tag {
  a     Int
  b     Int
  posts Post[]
  key   Int    @unique

  @@id([a, b])
  @@ignore
}

enum Role {
  READER
  WRITER

  @@map("user_role")
}
`

function lines(declared: readonly Declaration[]): readonly number[] {
  return declared.map((d) => d.line)
}

async function read(text: string): Promise<Schema> {
  const { schema, notes } = await readSchema(text)
  expect(notes).toEqual([])
  if (schema === null) throw new Error('the schema was not read')
  return schema
}

describe('places of a Prisma schema', () => {
  const text = blog.replace('  tags     Tag[]\n', '').replace('  posts Post[]\n  key', '  key')

  it('are the lines that declare each object', async () => {
    const schema = await read(text)
    const users = schema.tables.get('public.users')
    expect(users?.declared).toEqual([
      { path: 'schema.prisma', line: 6, column: 1, endLine: 6, endColumn: 10, source: 'prisma' },
    ])
    expect(users?.columns.map((c) => [c.name, ...lines(c.declared)])).toEqual([
      ['id', 7],
      ['email', 8],
      ['full_name', 9],
      ['role', 10],
      ['updatedAt', 11],
      ['secret', 13],
    ])
    expect(users?.columns[2]?.declared[0]).toMatchObject({ column: 3, endLine: 9, endColumn: 38 })
    expect(lines(users?.primaryKey?.declared ?? [])).toEqual([7])
    expect(users?.indexes.map((i) => [i.name, ...lines(i.declared)])).toEqual([
      ['users_email_key', 8],
      ['users_role_email_idx', 15],
    ])
    const posts = schema.tables.get('public.Post')
    expect(posts?.foreignKeys.map((fk) => [fk.name, ...lines(fk.declared)])).toEqual([['Post_authorId_fkey', 22]])
    expect(lines(schema.tables.get('public.Tag')?.primaryKey?.declared ?? [])).toEqual([30])
    expect(lines(schema.enums.get('public.user_role')?.declared ?? [])).toEqual([34])
    expect(lines(schema.sequences.get('public.users_id_seq')?.declared ?? [])).toEqual([7])
  })

  it('come with what only the client knows', async () => {
    const schema = await read(text)
    const users = schema.tables.get('public.users')
    expect(users?.columns.map((c) => c.clientDefault)).toEqual([null, null, null, null, '@updatedAt', null])
    expect(users?.columns.map((c) => c.property)).toEqual([
      undefined,
      undefined,
      'fullName',
      undefined,
      undefined,
      undefined,
    ])
    expect(users?.columns.map((c) => c.ignored)).toEqual([undefined, undefined, undefined, undefined, undefined, true])
    expect(schema.tables.get('public.Post')?.columns[0]).toMatchObject({
      clientDefault: 'cuid()',
      default: null,
      nullable: false,
      type: 'text',
    })
    expect(schema.tables.get('public.Tag')?.ignored).toBe(true)
    expect(users?.ignored).toBeUndefined()
  })

  it('of an implicit many-to-many table are the two lists', async () => {
    const schema = await read(
      'model Tag {\n  id Int @id\n  posts Post[]\n}\nmodel Post {\n  id Int @id\n  tags Tag[]\n}\n',
    )
    const join = schema.tables.get('public._PostToTag')
    expect(lines(join?.declared ?? [])).toEqual([7, 3])
    expect(join?.columns.map((c) => [c.name, ...lines(c.declared)])).toEqual([
      ['A', 7],
      ['B', 3],
    ])
    expect(join?.foreignKeys.map((fk) => [fk.references.table, ...lines(fk.declared)])).toEqual([
      ['Post', 7],
      ['Tag', 3],
    ])
    expect(join?.primaryKey).toMatchObject({ name: '_PostToTag_AB_pkey', columns: ['A', 'B'] })
  })

  it('gives join tables the key that the Prisma of the project gives them', async () => {
    const text = 'model Tag {\n  id Int @id\n  posts Post[]\n}\nmodel Post {\n  id Int @id\n  tags Tag[]\n}\n'
    const { schema } = await readSchema(text, prismaProject('postgresql', '5.22.0'))
    const join = schema?.tables.get('public._PostToTag')
    expect(join?.primaryKey).toBeNull()
    expect(join?.indexes.map((i) => [i.name, i.unique, i.keys.map((k) => k.column)])).toEqual([
      ['_PostToTag_AB_unique', true, ['A', 'B']],
      ['_PostToTag_B_index', false, ['B']],
    ])
  })

  it('finds relations that only the client keeps', async () => {
    const schema = await read(`datasource db {
  provider = "postgresql"
  relationMode = "prisma"
}
model A {
  id Int @id
  b  B[]
}
model B {
  id  Int  @id
  aId Int?
  a   A?   @relation(fields: [aId], references: [id])
}
`)
    expect(schema.tables.get('public.B')?.foreignKeys).toMatchObject([
      {
        name: 'B_aId_fkey',
        columns: ['aId'],
        references: { schema: 'public', table: 'A', columns: ['id'] },
        onDelete: 'SET NULL',
        onUpdate: 'CASCADE',
        clientOnly: true,
        declared: [{ line: 12 }],
      },
    ])
  })

  it('names the file of each object', async () => {
    const { schema } = await readSchema({
      'db/schema/base.prisma': 'datasource db {\n  provider = "postgresql"\n  url = env("X")\n}\n',
      'db/schema/a.prisma': 'model A {\n  id Int @id\n  b  B[]\n}\n',
      'db/schema/b.prisma':
        '\nmodel B {\n  id Int @id\n  a  A   @relation(fields: [aId], references: [id])\n  aId Int\n}\n',
    })
    expect(schema?.tables.get('public.A')?.declared).toMatchObject([{ path: 'db/schema/a.prisma', line: 1 }])
    expect(schema?.tables.get('public.B')?.foreignKeys[0]?.declared).toMatchObject([
      { path: 'db/schema/b.prisma', line: 4 },
    ])
  })

  it('shows views with the columns that the schema gives them', async () => {
    const schema = await read(
      'generator client {\n  provider = "prisma-client"\n  previewFeatures = ["views"]\n}\nview Totals {\n  id Int @id\n  sum Int @map("total")\n  @@map("totals")\n}\n',
    )
    expect([...schema.tables.keys()]).toEqual([])
    expect(schema.views.get('public.totals')).toMatchObject({
      name: 'totals',
      columns: ['id', 'total'],
      definition: null,
      declared: [{ line: 5 }],
    })
  })
})
