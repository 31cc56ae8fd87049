import { expect, test } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { readCode } from '../../src/queries/code.ts'
import { poolingOf } from '../../src/queries/pooling.ts'
import { readProjects } from '../../src/reading.ts'

const settings = { config: { ...defaultConfig, tables: { orders: { rows: 20_000_000 } } }, notes: [] }
const schema = {
  'migrations/0001_a.sql': 'create table orders (id bigint primary key, status text, total bigint);',
  'README.md': '',
}

/** What stood in the place of each changed query, by the query's SQL. */
async function formerOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Promise<readonly (readonly [string | null, string | null])[]> {
  const changeSet = await changeSetOf(
    memoryTree({ ...schema, ...before }, 'base'),
    memoryTree({ ...schema, ...after }, 'head'),
  )
  const { projects } = await readProjects(changeSet, settings)
  const { queries } = await readCode(changeSet, projects, settings)
  return queries.filter((query) => query.changed).map((query) => [query.sql, query.was ?? null] as const)
}

const code = (...functions: readonly string[]): string =>
  `import { Pool } from 'pg'\nconst pool = new Pool()\n${functions.join('\n')}\n`
const list = (name: string, ...queries: readonly string[]): string =>
  `export async function ${name}() {\n${queries.map((sql) => `  await pool.query('SELECT id FROM orders WHERE ${sql}')`).join('\n')}\n}`

test('a changed query knows what stood in its place', async () => {
  expect(
    await formerOf({ 'src/a.ts': code(list('one', 'id = 1')) }, { 'src/a.ts': code(list('one', 'total = 1')) }),
  ).toEqual([['SELECT id FROM orders WHERE total = 1', 'SELECT id FROM orders WHERE id = 1']])
  expect(
    await formerOf(
      { 'src/a.ts': code(list('one', 'id = 1', 'id = 2')) },
      { 'src/a.ts': code(list('one', 'id = 1', 'total = 2')) },
    ),
  ).toEqual([['SELECT id FROM orders WHERE total = 2', 'SELECT id FROM orders WHERE id = 2']])
})

test('what is new, moved to another function, or one of several has no forerunner', async () => {
  expect(await formerOf({ 'src/a.ts': code() }, { 'src/a.ts': code(list('one', 'total = 1')) })).toEqual([
    ['SELECT id FROM orders WHERE total = 1', null],
  ])
  expect(
    await formerOf({ 'src/a.ts': code(list('one', 'id = 1')) }, { 'src/a.ts': code(list('two', 'total = 1')) }),
  ).toEqual([['SELECT id FROM orders WHERE total = 1', null]])
  expect(
    (
      await formerOf(
        { 'src/a.ts': code(list('one', 'id = 1', 'id = 2')) },
        { 'src/a.ts': code(list('one', 'total = 1', 'total = 2')) },
      )
    ).map(([, was]) => was),
  ).toEqual([null, null])
})

/** Paths, functions and marks of the queries that lines of a change touch. */
async function marksOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const changeSet = await changeSetOf(
    memoryTree({ ...schema, ...before }, 'base'),
    memoryTree({ ...schema, ...after }, 'head'),
  )
  const unsized = { config: defaultConfig, notes: [] }
  const { projects } = await readProjects(changeSet, unsized)
  const { queries } = await readCode(changeSet, projects, unsized)
  return queries.map(
    ({ context, changed, familiar }) =>
      `${context.function ?? ''} ${changed ? (familiar === true ? 'familiar' : 'changed') : 'as before'}`,
  )
}

test('what was only moved, renamed or written in another form is not changed', async () => {
  const one = code(list('one', 'total = 1'))
  expect(await marksOf({ 'src/a.ts': one }, { 'src/b.ts': code(list('two', 'total = 1')) })).toEqual(['two as before'])
  expect(
    await marksOf({ 'src/a.ts': one }, { 'src/a.ts': one.replace("query('SELECT", "query(\n    'SELECT") }),
  ).toEqual(['one as before'])
})

test('a copy is new, and so is what goes into a loop', async () => {
  const one = list('one', 'total = 1')
  expect(await marksOf({ 'src/a.ts': code(one) }, { 'src/a.ts': code(one, list('two', 'total = 1')) })).toEqual([
    'one as before',
    'two changed',
  ])
  const looped = `export async function one(ids: string[]) {\n  for (const id of ids) {\n    await pool.query('SELECT id FROM orders WHERE total = 1')\n  }\n}`
  expect(await marksOf({ 'src/a.ts': code(one) }, { 'src/a.ts': code(looped) })).toEqual(['one familiar'])
})

test('a query that wants more of the rows that it finds is familiar', async () => {
  const one = code(list('one', 'total = 1'))
  expect(await marksOf({ 'src/a.ts': one }, { 'src/a.ts': one.replace('SELECT id', 'SELECT id, status') })).toEqual([
    'one familiar',
  ])
  expect(await marksOf({ 'src/a.ts': one }, { 'src/a.ts': one.replace('total = 1', 'status = $1') })).toEqual([
    'one changed',
  ])
})

test('a value that the code fixes narrows a search down and makes no new one', async () => {
  const marked = async (was: string, is: string): Promise<readonly string[]> =>
    marksOf({ 'src/a.ts': code(list('one', was)) }, { 'src/a.ts': code(list('one', is)) })
  expect(await marked('total = $1', 'total = $1 AND id <> 1')).toEqual(['one familiar'])
  expect(await marked('total = $1', 'status IS NULL AND total = $1 AND id = 1')).toEqual(['one familiar'])
  expect(await marked('total = $1 AND status IS NULL', 'total = $1')).toEqual(['one changed'])
  expect(await marked('total = $1', 'total = $1 OR status IS NULL')).toEqual(['one changed'])
  expect(await marked('total = $1', 'total = $1 AND status = NULL')).toEqual(['one changed'])
  expect(await marked('total = $1', 'total = $1 AND abs(id) = 1')).toEqual(['one changed'])
  expect(await marked('true', 'total = 1')).toEqual(['one changed'])
})

test('a loop that calls a function of another file as before is none of the change', async () => {
  const others = { 'src/b.ts': code(list('one', 'total = 1')) }
  const looped = (note: string): string =>
    `import { one } from './b'\nexport async function all(ids: string[]) {\n  for (const id of ids) {\n    await one(${note})\n  }\n}\n`
  const changeSet = await changeSetOf(
    memoryTree({ ...schema, ...others, 'src/a.ts': looped('1') }, 'base'),
    memoryTree({ ...schema, ...others, 'src/a.ts': looped('2') }, 'head'),
  )
  const { projects } = await readProjects(changeSet, settings)
  const { queries } = await readCode(changeSet, projects, settings)
  expect(queries.map(({ changed, repeats }) => [changed, repeats])).toEqual([[false, []]])
})

test('a loop that ran the query before is none of the change', async () => {
  const looped = (columns: string): string =>
    code(
      list('one', 'total = 1').replace('SELECT id', `SELECT ${columns}`),
      'export async function all(ids: string[]) {\n  for (const id of ids) await one()\n}',
    )
  const changeSet = await changeSetOf(
    memoryTree({ ...schema, 'src/a.ts': looped('id') }, 'base'),
    memoryTree({ ...schema, 'src/a.ts': looped('id, status') }, 'head'),
  )
  const { projects } = await readProjects(changeSet, settings)
  const { queries } = await readCode(changeSet, projects, settings)
  expect(queries.map(({ changed, repeats }) => [changed, repeats])).toEqual([[true, []]])
})

test('a call of Prisma keeps what it loaded, what it puts together at run time, and its page behind a cursor', async () => {
  const prisma = (body: string) => ({
    'prisma/schema.prisma': `datasource db {\n  provider = "postgresql"\n}\ngenerator client {\n  provider = "prisma-client-js"\n}\nmodel User {\n  id Int @id\n  name String\n  orders Order[]\n  parts Part[]\n}\nmodel Order {\n  id Int @id\n  user User @relation(fields: [userId], references: [id])\n  userId Int\n  parts Part[]\n}\nmodel Part {\n  id Int @id\n  order Order @relation(fields: [orderId], references: [id])\n  orderId Int\n  owner User @relation(fields: [ownerId], references: [id])\n  ownerId Int\n}\n`,
    'src/a.ts': `import { PrismaClient } from '@prisma/client'\nconst prisma = new PrismaClient()\nexport async function one(where: object, cursor?: number) {\n  return prisma.user.findMany(${body})\n}\n`,
  })
  const read = async (was: string, is: string) => {
    const changeSet = await changeSetOf(memoryTree(prisma(was), 'base'), memoryTree(prisma(is), 'head'))
    const unsized = { config: defaultConfig, notes: [] }
    const { projects } = await readProjects(changeSet, unsized)
    return (await readCode(changeSet, projects, unsized)).queries.find(({ call }) => call === 'findMany')
  }
  const loaded = '{ include: { orders: { include: { parts: true } } } }'
  const more = await read(loaded, '{ where: { name: "x" }, include: { orders: { include: { parts: true } } } }')
  expect(more?.nested?.map(({ relation, known }) => [relation, known])).toEqual([
    ['orders', true],
    ['parts', true],
  ])
  const deeper = await read('{ include: { orders: true } }', loaded)
  expect(deeper?.nested?.map(({ relation, known }) => [relation, known])).toEqual([
    ['orders', true],
    ['parts', undefined],
  ])
  expect((await read('{ where, select: { id: true } }', '{ where, select: { id: true, name: true } }'))?.familiar).toBe(
    true,
  )
  const named = async (is: string): Promise<unknown> =>
    (
      await read(
        '{ where: { parts: { some: { ownerId: cursor } } } }',
        `{ where: { parts: { some: { ownerId: cursor } }, ${is} } }`,
      )
    )?.familiar
  expect(await named('name: FIRST_NAME')).toBe(true)
  expect(await named('name: { in: ["a", "b"] }')).toBe(true)
  expect(await named('name: cursor')).toBe(undefined)
  const other = await read(
    '{ where: { id: cursor, name: "a" } }',
    '{ where: { id: cursor, name: { in: ["b", "c"] } } }',
  )
  expect(other?.familiar).toBe(true)
  const paged = '{ take: 5, cursor: cursor ? { id: cursor } : undefined, skip: cursor ? 1 : undefined }'
  expect((await read('{ take: 5 }', paged))?.offset).toBe(1)
  const limits = async (where: string): Promise<unknown> =>
    (
      await read('{ take: 5 }', `{ include: { orders: { include: { parts: { where: { ${where} } } } } } }`)
    )?.nested?.map(({ limited }) => limited)
  expect(await limits('ownerId: 1')).toEqual([false, true])
  expect(await limits('orderId: 1')).toEqual([false, false])
})

test('how often a client is made is known only where its function is called', async () => {
  const pools = async (code: string): Promise<unknown> => {
    const head = { ...schema, 'src/db.ts': `import { Pool } from 'pg'\n${code}\n` }
    const changeSet = await changeSetOf(memoryTree(schema, 'base'), memoryTree(head, 'head'))
    const { projects } = await readProjects(changeSet, settings)
    const { facts } = await readCode(changeSet, projects, settings)
    return poolingOf(facts, ['postgresql']).status
  }
  expect(await pools('class A {\n  private getPool() {\n    return new Pool({ max: 1 })\n  }\n}')).toBe('unknown')
  expect(await pools('const makePool = () => new Pool({ max: 1 })\nexport const pool = makePool()')).toBe('pass')
  expect(await pools('export const pool = new Pool({ max: 1 })')).toBe('pass')
})

test('a query that asks the same of a table under another name is not changed', async () => {
  const renaming = { 'migrations/0002_b.sql': 'alter table orders rename to purchases;' }
  const asked = (table: string, where: string) =>
    code(`export const list = () => pool.query('SELECT id FROM ${table} WHERE ${where} ORDER BY id LIMIT 10')`)
  const changed = async (where: string): Promise<number> =>
    (
      await formerOf(
        { 'src/a.ts': asked('orders', 'status = $1') },
        { ...renaming, 'src/a.ts': asked('purchases', where) },
      )
    ).length
  expect(await changed('status = $1')).toBe(0)
  expect(await changed('status > $1')).toBe(1)
})
