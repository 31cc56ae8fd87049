import { describe, expect, it } from 'vitest'
import { memoryTree } from '../../src/changeset/memory.ts'
import { readDrizzleSnapshot, readLatestSnapshot } from '../../src/schema/drizzle.ts'
import { projectOf } from './support.ts'

const id = { name: 'id', type: 'uuid', primaryKey: true, notNull: true, default: 'gen_random_uuid()' }

async function read(data: object): Promise<NonNullable<Awaited<ReturnType<typeof readDrizzleSnapshot>>['schema']>> {
  const { schema, notes } = await readDrizzleSnapshot(JSON.stringify(data), 'drizzle/meta/0000_snapshot.json')
  expect(notes).toEqual([])
  if (!schema) throw new Error('no schema')
  return schema
}

describe('readDrizzleSnapshot', () => {
  it('reads format 5, with values of enums as an object and columns of indexes as names', async () => {
    const schema = await read({
      version: '5',
      dialect: 'pg',
      schemas: {},
      enums: { role: { name: 'role', values: { member: 'member', admin: 'admin' } } },
      tables: {
        users: {
          name: 'users',
          schema: '',
          columns: {
            id,
            role: { name: 'role', type: 'role', primaryKey: false, notNull: true, default: "'member'" },
            org: { name: 'org', type: 'uuid', primaryKey: false, notNull: false },
          },
          indexes: { users_role: { name: 'users_role', columns: ['role', 'org'], isUnique: false } },
          foreignKeys: {
            users_org: {
              name: 'users_org',
              tableFrom: 'users',
              tableTo: 'users',
              columnsFrom: ['org'],
              columnsTo: ['id'],
              onDelete: 'cascade',
              onUpdate: 'no action',
            },
          },
          compositePrimaryKeys: {},
          uniqueConstraints: { one: { name: 'one', columns: ['org'] } },
        },
      },
    })
    const users = schema.tables.get('public.users')
    expect(schema.enums.get('public.role')?.values).toEqual(['member', 'admin'])
    expect(users?.columns.map((it) => it.type)).toEqual(['uuid', 'role', 'uuid'])
    expect(users?.indexes).toMatchObject([
      { name: 'users_role', keys: [{ column: 'role' }, { column: 'org' }], method: 'btree' },
    ])
    expect(users?.foreignKeys).toMatchObject([{ name: 'users_org', onDelete: 'CASCADE' }])
    expect(users?.uniques).toMatchObject([{ name: 'one', columns: ['org'] }])
  })

  it('reads format 6, with schemas and unique constraints that take nulls as equal', async () => {
    const schema = await read({
      version: '6',
      dialect: 'postgresql',
      schemas: { app: 'app' },
      enums: { 'app.mood': { name: 'mood', schema: 'app', values: ['sad', 'happy'] } },
      tables: {
        'app.notes': {
          name: 'notes',
          schema: 'app',
          columns: { id, mood: { name: 'mood', type: 'mood[]', typeSchema: 'app', primaryKey: false, notNull: false } },
          indexes: {},
          foreignKeys: {},
          compositePrimaryKeys: {},
          uniqueConstraints: { one: { name: 'one', columns: ['mood'], nullsNotDistinct: true } },
        },
      },
    })
    expect(schema.tables.get('app.notes')?.columns[1]?.type).toBe('app.mood[]')
    expect(schema.tables.get('app.notes')?.uniques).toMatchObject([{ nullsNotDistinct: true }])
  })

  it("keeps a table whose constraint clashes with another's, and says so", async () => {
    const table = (name: string): object => ({
      name,
      schema: '',
      columns: { id: { ...id, primaryKey: false } },
      compositePrimaryKeys: { same: { name: 'same', columns: ['id'] } },
    })
    const { schema, notes } = await readDrizzleSnapshot(
      JSON.stringify({ version: '7', dialect: 'postgresql', tables: { a: table('a'), b: table('b') } }),
      's.json',
    )
    expect([...(schema?.tables.values() ?? [])].map((it) => [it.name, it.primaryKey?.name, it.complete])).toEqual([
      ['a', 'same', true],
      ['b', undefined, false],
    ])
    expect(notes).toMatchObject([{ kind: 'unresolved', blocking: false, path: 's.json' }])
  })

  it('keeps what is SQL of a table that is not', async () => {
    const columns = {
      id,
      odd: { name: 'odd', type: 'text', default: "'it's'" },
      none: { name: 'none', type: 'in-valid(' },
    }
    const checkConstraints = {
      fine: { name: 'fine', value: 'id is not null' },
      broken: { name: 'broken', value: 'id >' },
    }
    const { schema, notes } = await readDrizzleSnapshot(
      JSON.stringify({
        version: '7',
        dialect: 'postgresql',
        tables: { a: { name: 'a', schema: '', columns, checkConstraints } },
      }),
      's.json',
    )
    const a = schema?.tables.get('public.a')
    expect(a?.columns.map((it) => [it.name, it.type])).toEqual([
      ['id', 'uuid'],
      ['odd', 'text'],
      ['none', null],
    ])
    expect(a?.checks.map((it) => it.name)).toEqual(['fine'])
    expect(a?.complete).toBe(false)
    expect(notes.map((it) => it.message)).toEqual([
      'The default of column `odd` of `a` is not SQL that Postgres reads.',
      'The type of column `none` of `a` is not SQL that Postgres reads.',
      'Check `broken` of `a` is not SQL that Postgres reads.',
    ])
  })

  it.each([
    ['', 1, 'is not JSON'],
    ['{"version":"7",\n<<<<<<< HEAD\n"a":1}', 2, 'merge conflict'],
    ['{"version":"4","dialect":"pg","tables":{}}', 1, 'format 4'],
    ['{"version":"7","dialect":"postgresql"}', 1, 'format'],
    ['[]', 1, 'no dialect'],
    ['{"dialect":"gel","version":"1"}', 1, 'for gel'],
    ['null', 1, 'no dialect'],
    ['['.repeat(100_000), 1, 'is not JSON'],
  ])('is a note where it is no snapshot: %.30s', async (text, line, reason) => {
    const { schema, notes } = await readDrizzleSnapshot(text, 's.json')
    expect(schema).toBeNull()
    expect(notes).toMatchObject([{ kind: 'unread', blocking: false, path: 's.json', line }])
    expect(notes[0]?.message).toContain(reason)
  })

  it.each([
    '{"version":"7","dialect":"postgresql","tables":{"a":null,"b":[],"c":1,"d":{"name":5,"columns":"x","indexes":[null],"foreignKeys":{"a":[]}}}}',
    '{"version":"8","dialect":"postgres","ddl":[null,1,{"entityType":"tables"},{"entityType":"columns","table":"a"}]}',
    '{"version":"7","dialect":"mysql","tables":{"__proto__":{"name":"x","columns":{"constructor":{}}}}}',
  ])('never throws for what it holds: %.60s', async (text) => {
    expect(await readDrizzleSnapshot(text, 's.json')).toHaveProperty('notes')
  })
})

describe('readLatestSnapshot', () => {
  it('takes the newest folder of v1', async () => {
    const snapshot = (name: string): string =>
      JSON.stringify({
        version: '8',
        dialect: 'postgres',
        ddl: [
          { entityType: 'tables', schema: 'public', name },
          { entityType: 'columns', schema: 'public', table: name, name: 'id', type: 'integer', notNull: true },
        ],
      })
    const tree = memoryTree({
      'drizzle/20250101_a/migration.sql': '',
      'drizzle/20250101_a/snapshot.json': snapshot('old'),
      'drizzle/20260101_b/migration.sql': '',
      'drizzle/20260101_b/snapshot.json': snapshot('current'),
      'drizzle/20270101_c/migration.sql': '',
    })
    const { schema, from } = await readLatestSnapshot(
      tree,
      projectOf({ migrations: { folder: 'drizzle', layout: 'drizzle-folders' } }),
    )
    expect(from).toBe('snapshot')
    expect([...(schema?.tables.keys() ?? [])]).toEqual(['public.current'])
  })
})
