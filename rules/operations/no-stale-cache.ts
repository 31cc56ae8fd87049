import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { nameOf } from '../../src/schema/model.ts'
import type { Query } from '../../src/queries/query.ts'
import type { Key, Schema } from '../../src/schema/model.ts'
import { at } from '../shared/query-words.ts'

const given = `create table users (id text primary key, email text not null, name text);`
const before = `model User {\n    id    String  @id\n    email String\n    name  String?\n\n    @@map("users")\n  }`
const after = `model User {\n    id    String  @id\n    email String\n    name  String?\n    age   Int?\n\n    @@map("users")\n  }`

export default {
  id: 'no-stale-cache',
  severity: 'info',
  summary: 'Rows of a table whose shape changes are kept in a cache, from which code will read the old shape.',
  why: 'What was cached before the deploy has the columns of before. Code that expects the new ones reads undefined, until the entry expires.',
  fix: 'Put a version into the key of the cache and raise it with the change, or empty the cache with the deploy.',
  references: [
    'https://nextjs.org/docs/app/api-reference/functions/unstable_cache',
    'https://www.prisma.io/docs/accelerate/caching',
  ],
  sources: [],
  checklist: 'caching',
  bad: [
    {
      title: 'One cache is told once, whatever changes.',
      given,
      prisma: { before, after },
      sql: `ALTER TABLE users ADD COLUMN age integer; ALTER TABLE users ADD COLUMN height integer;`,
      files: {
        'src/users.ts': `import { unstable_cache } from 'next/cache'\n  export const one = unstable_cache(async (id: string) => prisma.user.findUnique({ where: { id } }), ['user'])`,
      },
    },
    {
      given,
      prisma: { before, after },
      sql: `ALTER TABLE users ADD COLUMN age integer;`,
      files: {
        'src/users.ts': `import { unstable_cache } from 'next/cache'\n  export const one = unstable_cache(async (id: string) => prisma.user.findUnique({ where: { id } }), ['user'])`,
      },
      message: '`src/users.ts:2`',
    },
    {
      title: 'A function that says itself that it is cached.',
      given,
      prisma: { before, after },
      sql: `ALTER TABLE users ADD COLUMN age integer;`,
      files: {
        'src/users.ts': `export async function one(id: string) {\n  'use cache'\n  return prisma.user.findUnique({ where: { id } })\n}`,
      },
      message: '`src/users.ts:3`',
    },
    {
      title: 'Redis.',
      given,
      prisma: { before, after },
      sql: `ALTER TABLE users ADD COLUMN age integer;`,
      files: {
        'src/users.ts': `import { redis } from './redis'\n  export async function one(id: string) {\n  const user = await prisma.user.findUnique({ where: { id } })\n  await redis.set(id, JSON.stringify(user), 'EX', 86400)\n  return user\n}`,
      },
      message: '`src/users.ts:3`',
    },
  ],
  good: [
    {
      title: 'What is kept for a minute is gone when the deploy is through.',
      given,
      prisma: { before, after },
      sql: `ALTER TABLE users ADD COLUMN age integer;`,
      files: {
        'src/users.ts': `import { redis } from './redis'\n  import { unstable_cache } from 'next/cache'\n  export async function one(id: string) {\n  const user = await prisma.user.findUnique({ where: { id } })\n  await redis.setex(id, 60, JSON.stringify(user))\n  return user\n}\n  export const all = unstable_cache(async (id: string) => prisma.user.findUnique({ where: { id } }), ['user'], { revalidate: 60 })`,
      },
    },
    {
      given: `CREATE TABLE users (id text PRIMARY KEY, email varchar(200) NOT NULL);`,
      prisma: {
        before: before.replace('email String', 'email String @db.VarChar(200)'),
        after: before,
      },
      sql: `ALTER TABLE users ALTER COLUMN email TYPE text;`,
      title: 'Another type of text: the code gets a string as before.',
      files: {
        'src/users.ts': `import { unstable_cache } from 'next/cache'\n  export const one = unstable_cache(async (id: string) => prisma.user.findUnique({ where: { id } }), ['user'])`,
      },
    },
    {
      given,
      prisma: { before, after },
      sql: `ALTER TABLE users ADD COLUMN age integer;`,
      title: 'One value of the row is kept.',
      files: {
        'src/users.ts': `import { redis } from './redis'\n  export async function one(id: string) {\n  const user = await prisma.user.findUnique({ where: { id } })\n  await redis.set(id, JSON.stringify(user?.email))\n}`,
      },
    },
    {
      given,
      prisma: { before, after },
      sql: `ALTER TABLE users ADD COLUMN age integer;`,
      files: { 'src/users.ts': `export const one = (id: string) => prisma.user.findUnique({ where: { id } })` },
    },
    {
      given,
      prisma: { before, after },
      sql: `ALTER TABLE users ADD COLUMN age integer;`,
      title: 'Only other columns are cached.',
      files: {
        'src/users.ts': `import { unstable_cache } from 'next/cache'\n  export const one = unstable_cache(async (id: string) => prisma.user.findUnique({ where: { id }, select: { email: true } }), ['user'])`,
      },
    },
  ],
  visit: {
    addColumn: ({ table }, ctx) => cached(table, null, ctx),
    dropColumn: ({ table, from }, ctx) => cached(table, from.name, ctx),
    alterColumnType: ({ table, from, to }, ctx) =>
      isText(from.type, ctx.step?.before ?? ctx.before) && isText(to.type, ctx.step?.after ?? ctx.after)
        ? null
        : cached(table, from.name, ctx),
  },
} satisfies Rule

/** True for what reaches the code as a string: texts and the values of enums. */
function isText(type: string | null, schema: Schema): boolean {
  const name = (type ?? '').replaceAll('"', '').split('.').at(-1) ?? ''
  return /^(?:text|character|varchar|citext)/.test(name) || [...schema.enums.keys()].some((key) => nameOf(key) === name)
}

function cached(table: Key, column: string | null, ctx: RuleContext) {
  if (ctx.isNew(table)) return null
  for (const query of ctx.queries) {
    if (query.context.file !== 'source' || query.operation !== 'select' || query.cached !== true) continue
    const read = query.tables.find(
      (t) =>
        t.table === table &&
        (t.role === 'main' || t.role === 'include') &&
        (t.columns === null || (column !== null && t.columns.includes(column))),
    )
    if (read === undefined || (query.predicates.length === 0 && query.call.startsWith('count')) || isShort(query, ctx))
      continue
    return {
      object: table,
      alike: `${table} ${at(query.place)}`,
      message: `\`${at(query.place)}\` keeps rows of \`${ctx.name(table)}\` in a cache, which has their shape from before this change.`,
    }
  }
  return null
}

/** Seconds after which what was kept is gone before anybody has looked for it. */
const short = 300

/** True where the code says of what it keeps that it is kept for a short time. */
function isShort({ place }: Query, ctx: RuleContext): boolean {
  const around = (ctx.text(place.path)?.text ?? '')
    .split('\n')
    .slice(place.line - 1, place.endLine + 12)
    .join('\n')
  const seconds = lifetime
    .exec(around)
    ?.slice(1)
    .find((one) => one !== undefined)
  return seconds !== undefined && Number(seconds) <= short
}

const lifetime =
  /\bsetex\(\s*[^,]+,\s*(\d+)\s*,|['"]ex['"]\s*,\s*(\d+)|\b(?:ex|ttl|revalidate|expirationTtl|maxAge)\s*:\s*(\d+)\b(?!\s*\*)/i
