import { beforeAll, describe, expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { spelledIndex, type ShapedIndex } from '../../src/schema/edit/index-words.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { reviewExample } from '../example.ts'
import { sameIndex } from '../../src/schema/diff/same.ts'
import { schemaOf } from '../schema-replay/support.ts'
import { readFiles as readDrizzle } from '../schema-drizzle/support.ts'
import { readSchema as readPrisma } from '../schema-prisma/project.ts'

beforeAll(loadParser)

const drizzle = (...indexes: readonly string[]) => `
  import { sql } from 'drizzle-orm'
  import { bigint, index, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core'
  export const users = pgTable('users', {
    id: bigint('id', { mode: 'number' }).primaryKey(),
    mail: text('email').notNull(),
    fullName: text('fullName'),
    goneAt: timestamp('gone_at'),
  }, (table) => [${indexes.join(', ')}])`

const prisma = (...lines: readonly string[]) => `
  model User {
    id       BigInt    @id
    mail     String    @map("email")
    fullName String?
    goneAt   DateTime? @map("gone_at") @db.Timestamp(6)
    ${lines.join('\n    ')}
    @@map("users")
  }`

const given = {
  drizzle: `CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL, "email" text NOT NULL, "fullName" text, "gone_at" timestamp);`,
  prisma: `CREATE TABLE "users" ("id" BIGINT NOT NULL, "email" TEXT NOT NULL, "fullName" TEXT, "gone_at" TIMESTAMP(6), CONSTRAINT "users_pkey" PRIMARY KEY ("id"));`,
}

const on = (column: string) => ({ column, expression: null })
const of = (expression: string) => ({ column: null, expression })

const shapes: readonly (readonly [sql: string, ShapedIndex, drizzle: string, prisma: string | null])[] = [
  [
    'CREATE INDEX users_lower ON users (lower(email))',
    { name: 'users_lower', keys: [of('lower(email)')] },
    "index('users_lower').on(sql`lower(${table.mail})`)",
    null,
  ],
  [
    'CREATE INDEX users_day ON users (((gone_at)::date), "fullName")',
    { name: 'users_day', keys: [of('(gone_at)::date'), on('fullName')] },
    "index('users_day').on(sql`((${table.goneAt})::date)`, table.fullName)",
    null,
  ],
  [
    `CREATE UNIQUE INDEX users_live ON users (email) WHERE gone_at IS NULL AND "fullName" <> 'a\`b'`,
    { name: 'users_live', unique: true, keys: [on('email')], where: `gone_at IS NULL AND "fullName" <> 'a\`b'` },
    "uniqueIndex('users_live').on(table.mail).where(sql`${table.goneAt} IS NULL AND ${table.fullName} <> 'a\\`b'`)",
    null,
  ],
  [
    'CREATE INDEX users_newest ON users (gone_at DESC, email DESC NULLS LAST, "fullName" NULLS FIRST)',
    {
      name: 'users_newest',
      keys: [
        { ...on('gone_at'), descending: true },
        { ...on('email'), descending: true, nullsFirst: false },
        { ...on('fullName'), nullsFirst: true },
      ],
    },
    "index('users_newest').on(table.goneAt.desc().nullsFirst(), table.mail.desc().nullsLast(), table.fullName.asc().nullsFirst())",
    '@@index([goneAt(sort: Desc), mail(sort: Desc), fullName], map: "users_newest")',
  ],
  [
    'CREATE INDEX users_email_idx ON users USING gin (email gin_trgm_ops)',
    { name: 'users_email_idx', method: 'gin', keys: [{ ...on('email'), opclass: 'gin_trgm_ops' }] },
    "index('users_email_idx').using('gin', table.mail.op('gin_trgm_ops'))",
    '@@index([mail(ops: raw("gin_trgm_ops"))], type: Gin)',
  ],
]

describe('an index as the ORM spells it agrees with the one that a migration builds', () => {
  test.each(shapes)('%s', async (sql, shape, inDrizzle, inPrisma) => {
    const declared = {
      drizzle: (await readDrizzle({ 'schema.ts': drizzle() })).schema,
      prisma: (await readPrisma(prisma())).schema,
    }
    const users = (orm: 'drizzle' | 'prisma') => {
      const table = declared[orm]?.tables.get('public.users')
      expect.assert(table !== undefined)
      return table
    }
    expect(spelledIndex(shape, users('drizzle'))?.text).toBe(inDrizzle)
    expect(spelledIndex(shape, users('prisma'))?.text ?? null).toBe(inPrisma)
    const drift = async (orm: 'drizzle' | 'prisma', lines: readonly string[]) => {
      const text = orm === 'drizzle' ? drizzle : prisma
      const rule = catalog.find(({ id }) => id === 'no-schema-drift')
      expect.assert(rule !== undefined)
      const example = {
        given: `${given[orm]} CREATE EXTENSION pg_trgm;`,
        sql: `${sql};`,
        [orm]: { before: text(), after: text(...lines) },
      }
      const { findings, notes } = await reviewExample(example, rule, catalog)
      expect(notes.map(({ message }) => message)).toEqual([])
      return findings.filter(({ group }) => group === 'consistency').map(({ message }) => message)
    }
    expect(await drift('drizzle', [inDrizzle])).toEqual([])
    const read = (await readDrizzle({ 'schema.ts': drizzle(inDrizzle) })).schema
    const made = schemaOf(`CREATE EXTENSION pg_trgm; ${given.drizzle} ${sql};`).tables.get('public.users')
    const [mine, theirs] = [read?.tables.get('public.users')?.indexes[0], made?.indexes[0]]
    expect.assert(mine !== undefined && theirs !== undefined)
    expect([mine.name, sameIndex(mine, theirs)]).toEqual([theirs.name, true])
    if (shape.keys.every(({ expression }) => expression === null) && shape.where === undefined)
      expect(await drift('drizzle', [])).not.toEqual([])
    expect(await drift('prisma', inPrisma === null ? [] : [inPrisma])).toEqual([])
  })
})
