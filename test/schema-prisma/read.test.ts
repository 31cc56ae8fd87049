import { describe, expect, it } from 'vitest'
import { prismaSql } from '../../src/schema/prisma.ts'
import { filesOf, prismaProject, readSchema } from './project.ts'

describe('readPrismaSchema', () => {
  it('tells file and line of what Prisma refuses', async () => {
    const { schema, notes } = await readSchema({
      'prisma/a.prisma': 'datasource db {\n  provider = "postgresql"\n}\nmodel A {\n  id Int @id\n}\n',
      'prisma/b.prisma': 'model B {\n  id Int @id\n  a  Missing\n}\n',
    })
    expect(schema).toBeNull()
    expect(notes).toEqual([
      {
        kind: 'unread',
        blocking: true,
        path: 'prisma/b.prisma',
        line: 3,
        message:
          'Prisma refuses this schema: Type "Missing" is neither a built-in type, nor refers to another model, composite type, or enum. Nothing of it is reviewed until `npx prisma validate` accepts it.',
      },
    ])
  })

  it('takes a quote in the name of an enum value, which the engine writes as it is', async () => {
    const { schema, notes } = await readSchema(
      `enum Mood {\n  odd @map("it's")\n}\nmodel A {\n  id   Int  @id\n  mood Mood @default(odd)\n}\n`,
    )
    expect(notes).toEqual([])
    expect(schema?.enums.get('public.Mood')?.values).toEqual(["it's"])
    expect(schema?.tables.get('public.A')?.columns[1]?.default).toBe(`'it''s'::"Mood"`)
  })

  it('tells of a line that breaks those below it once', async () => {
    const { notes } = await readSchema('enum A {\n  B\n}\nmodl C {\n  id Int @id\n  y Int\n}\n')
    expect(notes.map(({ line, message }) => [line, message])).toEqual([
      [4, expect.stringContaining('This line is invalid')],
    ])
  })

  it('takes what older versions of Prisma wrote', async () => {
    const { schema, notes } = await readSchema(`generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["metrics", "interactiveTransactions", "views", "referentialIntegrity"]
}
datasource db {
  provider             = "postgres"
  url                  = env("DATABASE_URL")
  directUrl            = env("DIRECT_URL")
  shadowDatabaseUrl    = env("SHADOW") // for migrate
  referentialIntegrity = "prisma"
}
model A {
  id Int @id
  b  B[]
}
model B {
  id  Int @id
  aId Int
  a   A   @relation(fields: [aId], references: [id])
}
view V {
  id Int @id
}
`)
    expect(notes).toEqual([])
    expect(schema?.tables.get('public.B')?.foreignKeys).toMatchObject([{ clientOnly: true }])
  })

  it('needs no datasource where the project says what it is', async () => {
    const { schema, notes } = await readSchema({ 'a.prisma': 'model A {\n  id Int @id\n}\n' })
    expect(notes).toEqual([])
    expect([...(schema?.tables.keys() ?? [])]).toEqual(['public.A'])
  })

  it('takes types of extensions that the schema does not name', async () => {
    const { schema, notes } = await readSchema(
      'model A {\n  id    Int    @id\n  email String @unique @db.Citext\n  at    Unsupported("geography")?\n  vec   Unsupported("extensions.vector(1536)")?\n}\n',
    )
    expect(notes).toEqual([])
    expect(schema?.complete).toBe(true)
    expect(schema?.extensions.size).toBe(0)
    expect(schema?.tables.get('public.A')?.columns.map((c) => c.type)).toEqual([
      'integer',
      'citext',
      'geography',
      'extensions.vector(1536)',
    ])
  })

  it('reads nothing from no files', async () => {
    expect(await readSchema({})).toEqual({ schema: null, notes: [] })
  })

  it('says what is not text, too long or too deep', async () => {
    const binary = await readSchema({ 'a.prisma': 'model A {\n\u0000\u0001' })
    const long = await readSchema({ 'a.prisma': `model A {\n${'  // nothing\n'.repeat(100_000)}}\n` })
    const deep = await readSchema(`model A {\n  id Int @id @default(${'['.repeat(5000)})\n}\n`)
    for (const [read, why] of [
      [binary, 'not a text file'],
      [long, 'more than is read'],
      [deep, 'nested'],
    ] as const) {
      expect(read.schema).toBeNull()
      expect(read.notes).toHaveLength(1)
      expect(read.notes[0]).toMatchObject({ kind: 'unread', blocking: true, message: expect.stringContaining(why) })
    }
  })

  it('says which model or number of models is too large', async () => {
    const wide = await readSchema(
      `model A {\n  id Int @id\n}\nmodel B {\n  id Int @id\n${Array.from({ length: 1600 }, (_, i) => `  f${i} Int\n`).join('')}}\n`,
    )
    const many = await readSchema(Array.from({ length: 1001 }, (_, i) => `model M${i} {\n  id Int @id\n}\n`).join(''))
    expect(wide).toMatchObject({
      schema: null,
      notes: [
        { kind: 'unread', blocking: true, line: 4, message: expect.stringContaining('`B` has more than 1600 columns') },
      ],
    })
    expect(many).toMatchObject({
      schema: null,
      notes: [
        { kind: 'unread', blocking: true, line: 3001, message: expect.stringContaining('more than 1000 tables') },
      ],
    })
  })

  it('reads CockroachDB in the words of Postgres', async () => {
    const { schema, notes } = await readSchema(
      'model A {\n  id BigInt @id @default(autoincrement())\n  s String\n  c String @db.String(20)\n  l String[]\n  b Bytes\n  f Float\n  e E @default(X)\n}\nenum E {\n  X\n  Y\n}\n',
      prismaProject('cockroachdb'),
    )
    expect(notes).toEqual([])
    expect(schema?.dialect).toBe('cockroachdb')
    expect(schema?.tables.get('public.A')?.columns.map((c) => [c.name, c.type])).toEqual([
      ['id', 'bigint'],
      ['s', 'text'],
      ['c', 'character varying(20)'],
      ['l', 'text[]'],
      ['b', 'bytea'],
      ['f', 'double precision'],
      ['e', '"E"'],
    ])
  })
})

describe('schemas for other databases', () => {
  const text = `model User {
  id      Int      @id @default(autoincrement())
  email   String   @unique @db.VarChar(100)
  bio     String?  @map("about")
  role    Role     @default(ADMIN)
  at      DateTime @default(now())
  price   Decimal  @default(1.5)
  posts   Post[]
  tags    Tag[]
  @@index([role, at(sort: Desc)])
  @@fulltext([bio])
  @@map("users")
}
model Post {
  id     String @id @default(uuid())
  userId Int?
  user   User?  @relation(fields: [userId], references: [id])
}
model Tag {
  id    Int    @id
  users User[]
}
enum Role {
  USER
  ADMIN @map("admin")
}
`

  it('are read from their text, with a note', async () => {
    const { schema, notes } = await readSchema(text, prismaProject('mysql'))
    expect(notes).toMatchObject([
      { kind: 'dialect', blocking: false, path: 'schema.prisma', message: expect.stringContaining('MySQL') },
    ])
    expect(schema?.dialect).toBe('mysql')
    const users = schema?.tables.get('.users')
    expect(users?.columns.map((c) => [c.name, c.type, c.nullable, c.default, c.identity])).toEqual([
      ['id', 'int', false, null, 'by default'],
      ['email', 'varchar(100)', false, null, null],
      ['about', 'varchar(191)', true, null, null],
      ['role', "enum('USER','admin')", false, "'admin'", null],
      ['at', 'datetime(3)', false, 'CURRENT_TIMESTAMP', null],
      ['price', 'decimal(65,30)', false, '1.5', null],
    ])
    expect(
      users?.indexes.map((i) => [i.name, i.unique, i.method, i.keys.map((k) => [k.column, k.descending])]),
    ).toEqual([
      ['users_about_idx', false, 'fulltext', [['about', false]]],
      ['users_email_key', true, 'btree', [['email', false]]],
      [
        'users_role_at_idx',
        false,
        'btree',
        [
          ['role', false],
          ['at', true],
        ],
      ],
    ])
    expect(users?.indexes.map((i) => i.declared[0]?.line)).toEqual([11, 3, 10])
    expect(schema?.tables.get('.Post')?.foreignKeys).toMatchObject([
      {
        name: 'Post_userId_fkey',
        onDelete: 'SET NULL',
        onUpdate: 'CASCADE',
        references: { table: 'users', columns: ['id'] },
      },
    ])
    expect(schema?.tables.get('._TagToUser')?.foreignKeys.map((fk) => fk.references.table)).toEqual(['Tag', 'users'])
  })

  it.each([
    ['sqlserver', 'nvarchar(1000)'],
    ['sqlite', 'text'],
  ] as const)('of %s have their own types', async (dialect, type) => {
    const { schema, notes } = await readSchema('model A {\n  id Int @id\n  s String\n}\n', prismaProject(dialect))
    expect(notes.map((n) => n.kind)).toEqual(['dialect'])
    expect([...(schema?.tables.values() ?? [])][0]?.columns[1]?.type).toBe(type)
  })

  it('of MongoDB have documents within documents and no foreign keys', async () => {
    const { schema } = await readSchema(
      'model A {\n  id String @id @default(auto()) @map("_id") @db.ObjectId\n  at Address\n  bs B[]\n}\nmodel B {\n  id String @id @map("_id") @db.ObjectId\n  aId String @db.ObjectId\n  a A @relation(fields: [aId], references: [id])\n}\ntype Address {\n  street String\n}\n',
      prismaProject('mongodb'),
    )
    expect(schema?.tables.get('.A')?.columns.map((c) => [c.name, c.type])).toEqual([
      ['_id', 'objectId'],
      ['at', null],
    ])
    expect(schema?.tables.get('.B')?.foreignKeys).toMatchObject([{ clientOnly: true }])
  })

  it('are notes where they cannot be read', async () => {
    const sqlite = await readSchema('model A {\n  id Int @id\n  x Nothing\n}\n', prismaProject('sqlite'))
    expect(sqlite).toMatchObject({ schema: null, notes: [{ kind: 'unread', blocking: true, line: 3 }] })
    const mysql = await readSchema('model A {\n  id Int @id\n  ???\n}\n', prismaProject('mysql'))
    expect(mysql).toMatchObject({ schema: null, notes: [{ kind: 'unread', blocking: true, line: 3 }] })
  })
})

describe('prismaSql', () => {
  const before = 'model A {\n  id Int @id\n  old String\n}\n'

  it('is what prisma migrate would write', async () => {
    const { sql, notes } = await prismaSql(
      filesOf(before),
      filesOf('model A {\n  id Int @id\n  new Int @default(0)\n  @@index([new])\n}\n'),
    )
    expect(notes).toEqual([])
    expect(sql).toContain('DROP COLUMN "old"')
    expect(sql).toContain('ADD COLUMN     "new" INTEGER NOT NULL DEFAULT 0')
    expect(sql).toContain('CREATE INDEX "A_new_idx" ON "A"("new")')
  })

  it('is empty where the database stays as it is', async () => {
    expect(
      await prismaSql(
        filesOf(before),
        filesOf(before.replace('old', 'named').replace('String', 'String @map("old") // renamed')),
      ),
    ).toEqual({ sql: '', notes: [] })
  })

  it('is a note where it cannot be told', async () => {
    expect(await prismaSql(filesOf(before, 'mysql'), filesOf(before, 'mysql'))).toMatchObject({
      sql: '',
      notes: [{ kind: 'dialect' }],
    })
    expect(await prismaSql(filesOf(before, 'sqlite'), filesOf(before))).toMatchObject({
      sql: '',
      notes: [{ kind: 'unsupported', message: expect.stringContaining('from SQLite to PostgreSQL') }],
    })
    expect(await prismaSql(filesOf(before), filesOf('model A {\n  id Int @id\n  x Nothing\n}\n'))).toMatchObject({
      sql: '',
      notes: [{ kind: 'unread' }],
    })
  })
})
