import { describe, expect, it } from 'vitest'
import { indexColumns } from '../../src/schema/model.ts'
import { tablesOf } from './support.ts'

describe('tables and columns', () => {
  it('spells types as Postgres does and keeps names, nullability and identity', async () => {
    const { table } = await tablesOf(`export const users = pg.pgTable('users', {
      id: pg.integer().primaryKey().generatedByDefaultAsIdentity(), name: pg.varchar('full_name', { length: 40 }).notNull(), at: pg.timestamp({ precision: 3, withTimezone: true }),
      price: pg.numeric({ precision: 10, scale: 2 }), n: pg.serial(), tags: pg.text().array(),
    })`)
    const { columns, primaryKey } = table('users')
    expect(columns.map((it) => [it.name, it.type, it.nullable, it.identity, it.property])).toEqual([
      ['id', 'integer', false, 'by default', undefined],
      ['full_name', 'character varying(40)', false, null, 'name'],
      ['at', 'timestamp(3) with time zone', true, null, undefined],
      ['price', 'numeric(10,2)', true, null, undefined],
      ['n', 'integer', false, null, undefined],
      ['tags', 'text[]', true, null, undefined],
    ])
    expect(columns.find((it) => it.name === 'n')?.default).toContain('nextval')
    expect(primaryKey).toMatchObject({ name: 'users_pkey', columns: ['id'] })
  })

  it('takes a foreign key that is declared twice under one name for one, as drizzle-kit does', async () => {
    const { table, read } = await tablesOf(`
      export const users = pg.pgTable('users', { id: pg.text().primaryKey() })
      export const sites = pg.pgTable('sites', { by: pg.text().references(() => users.id) }, (t) => [
        pg.foreignKey({ columns: [t.by], foreignColumns: [users.id], name: 'sites_by_users_id_fk' }).onDelete('cascade'),
      ])`)
    expect(read.notes).toEqual([])
    expect(table('sites')).toMatchObject({ complete: true, foreignKeys: [{ onDelete: 'CASCADE' }] })
  })

  it('writes values into indexes, checks and policies, and leaves out what depends on the environment', async () => {
    const { table, read } = await tablesOf(`
      export const t = pg.pgTable('t', { a: pg.text(), b: pg.integer() }, (t) => [
        pg.uniqueIndex('i').on(t.a).where(eq(t.a, "it's")), pg.uniqueIndex('j').on(t.a).where(eq(t.a, process.env.KIND)),
        pg.check('c', sql\`\${t.b} > \${5n}\`), pg.check('d', sql\`\${t.b} > \${Number(process.env.LIMIT)}\`), pg.pgPolicy('p', { using: eq(t.b, 4) }),
      ])`)
    expect(table('t')).toMatchObject({
      indexes: [{ name: 'i', where: "(a = 'it''s'::text)" }],
      checks: [{ name: 'c', expression: '(b > 5)' }],
      policies: [{ using: '(b = 4)' }],
    })
    expect(read.notes.map((it) => it.message)).toEqual([
      'The index `j` of `t` depends on `process.env.KIND`, which is not known without running the project.',
      expect.stringContaining('The check `d` of `t` depends on'),
    ])
  })

  it("tells the client's defaults from the server's", async () => {
    const { table } = await tablesOf(
      `export const t = pg.pgTable('t', { a: pg.text().$defaultFn(() => 'x'), b: pg.timestamp().$onUpdate(() => new Date()), c: pg.text().default('x') })`,
    )
    expect(table('t').columns.map((it) => [it.clientDefault, it.default !== null])).toEqual([
      ['$defaultFn', false],
      ['$onUpdateFn', false],
      [undefined, true],
    ])
  })

  it('takes schemas, creators, enums and custom types', async () => {
    const { table, schema } = await tablesOf(`
      const app = pg.pgSchema('app')
      export const mood = app.enum('mood', ['sad', 'happy'])
      const bytes = pg.customType({ dataType: () => 'bytea' })
      export const a = app.table('a', { m: mood().default('sad'), raw: bytes('raw_bytes') })
      export const b = pg.pgTableCreator((name) => \`acme_\${name}\`)('b', { id: pg.uuid().primaryKey() })`)
    expect(table('app.a').columns.map((it) => [it.name, it.type])).toEqual([
      ['m', 'app.mood'],
      ['raw_bytes', 'bytea'],
    ])
    expect(table('acme_b').columns).toHaveLength(1)
    expect([...schema.enums.values()]).toMatchObject([
      {
        schema: 'app',
        name: 'mood',
        values: ['sad', 'happy'],
        declared: [{ path: 'schema.ts', line: 5, source: 'drizzle' }],
      },
    ])
  })

  it('reads the functions of v1 that the installed version lacks', async () => {
    const { table } = await tablesOf(
      `export const a = pg.snakeCase.table('a', { createdAt: pg.timestamp() }); export const b = pg.pgTable.withRLS('b', { id: pg.integer() })`,
    )
    expect(table('a').columns[0]?.name).toBe('created_at')
    expect(table('b').rowSecurity.enabled).toBe(true)
  })

  it.each([
    ['0.45.4', {}, 'b_a_a_id_fk'],
    ['1.0.0-rc.5', {}, 'b_a_a_id_fkey'],
    ['1.0.0-rc.5', { drizzleLayout: 'folders' }, 'b_a_a_id_fkey'],
    ['1.0.0-beta.1', { drizzleLayout: 'journal' }, 'b_a_a_id_fk'],
  ] as const)('names constraints as %s with %o does', async (version, settings, name) => {
    const { table } = await tablesOf(
      `export const a = pg.pgTable('a', { id: pg.integer().primaryKey() }); export const b = pg.pgTable('b', { a: pg.integer().references(() => a.id) })`,
      { runner: { name: 'drizzle', version }, settings },
    )
    expect(table('b').foreignKeys.map((it) => it.name)).toEqual([name])
  })

  it('applies the casing of the project', async () => {
    const { table } = await tablesOf(
      `export const a = pg.pgTable('a', { createdAt: pg.timestamp(), own: pg.text('Own') }, (t) => [pg.index().on(t.createdAt)])`,
      { settings: { casing: 'snake_case' } },
    )
    expect(table('a').columns.map((it) => it.name)).toEqual(['created_at', 'Own'])
    expect(table('a').indexes[0]?.name).toBe('a_created_at_index')
  })

  it('leaves to push projects only the schemas that they name', async () => {
    const { schema } = await tablesOf(
      `export const a = pg.pgTable('a', { id: pg.integer() }); export const b = pg.pgSchema('other').table('b', { id: pg.integer() })`,
      { settings: { push: true, schemas: ['public'] } },
    )
    expect([...schema.tables.keys()]).toEqual(['public.a'])
  })

  it('leaves to push projects only the tables that their filter lets through', async () => {
    const code = ['app_a', 'app_old', 'other'].map(
      (name) => `export const ${name} = pg.pgTable('${name}', { id: pg.integer() });`,
    )
    const names = async (tables: readonly string[], push = true) => {
      const { schema } = await tablesOf(code.join(''), { settings: { ...(push ? { push } : {}), tables } })
      return [...schema.tables.values()].map(({ name }) => name)
    }
    expect(await names(['app_*'])).toEqual(['app_a', 'app_old'])
    expect(await names(['app_*', '!app_old'])).toEqual(['app_a', 'other'])
    expect(await names(['!app_*'])).toEqual(['other'])
    expect(await names(['app_*'], false)).toEqual(['app_a', 'app_old', 'other'])
  })
})

describe('constraints and indexes', () => {
  it('names what has no name as Drizzle does', async () => {
    const { table } = await tablesOf(`
      export const o = pg.pgTable('o', { id: pg.integer().primaryKey(), x: pg.text().unique() })
      export const p = pg.pgTable('p', { a: pg.integer().references(() => o.id, { onDelete: 'set null' }), b: pg.integer() },
        (t) => [pg.primaryKey({ columns: [t.a, t.b] }), pg.unique().on(t.b).nullsNotDistinct(), pg.index().on(t.b.desc(), t.a), pg.check('b_ok', sql\`\${t.b} > 0\`)])`)
    const p = table('p')
    expect(table('o').uniques.map((it) => it.name)).toEqual(['o_x_unique'])
    expect(p.primaryKey).toMatchObject({ name: 'p_a_b_pk', columns: ['a', 'b'] })
    expect(p.uniques).toMatchObject([{ name: 'p_b_unique', nullsNotDistinct: true }])
    expect(p.foreignKeys).toMatchObject([
      {
        name: 'p_a_o_id_fk',
        columns: ['a'],
        references: { schema: 'public', table: 'o', columns: ['id'] },
        onDelete: 'SET NULL',
        onUpdate: 'NO ACTION',
      },
    ])
    expect(p.indexes).toMatchObject([
      {
        name: 'p_b_a_index',
        method: 'btree',
        keys: [
          { column: 'b', descending: true, nullsFirst: false },
          { column: 'a', descending: false },
        ],
      },
    ])
    expect(p.checks.map((it) => it.name)).toEqual(['b_ok'])
  })

  it('reads expressions, predicates, methods and operator classes', async () => {
    const { table } =
      await tablesOf(`export const t = pg.pgTable('t', { a: pg.text(), j: pg.jsonb(), on: pg.boolean() }, (t) => ({
      one: pg.uniqueIndex('one').on(sql\`lower(\${t.a})\`).where(sql\`\${t.on}\`), two: pg.index('two').using('gin', t.j.op('jsonb_path_ops')) }))`)
    const [one, two] = table('t').indexes.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    expect(one).toMatchObject({ name: 'one', unique: true })
    expect(one?.where).not.toBeNull()
    expect(one && indexColumns(one)[0]).toContain('lower')
    expect(two).toMatchObject({ method: 'gin', keys: [{ column: 'j', opclass: 'jsonb_path_ops' }] })
  })

  it('reads self references, foreignKey() and tables that refer to each other', async () => {
    const { table } = await tablesOf(`
      export const a = pg.pgTable('a', { id: pg.integer().primaryKey(), parent: pg.integer().references(() => a.id), b: pg.integer().references(() => b.id) })
      export const b = pg.pgTable('b', { id: pg.integer().primaryKey(), a: pg.integer() }, (t) => [pg.foreignKey({ name: 'b_to_a', columns: [t.a], foreignColumns: [a.id] }).onDelete('cascade')])`)
    expect(
      table('a')
        .foreignKeys.map((it) => it.name)
        .toSorted(),
    ).toEqual(['a_b_b_id_fk', 'a_parent_a_id_fk'])
    expect(table('b').foreignKeys).toMatchObject([{ name: 'b_to_a', onDelete: 'CASCADE' }])
  })

  it('reads generated columns, policies, row security, views and sequences', async () => {
    const { table, schema } = await tablesOf(`
      export const t = pg.pgTable('t', { a: pg.text(), up: pg.text().generatedAlwaysAs(sql\`upper(a)\`) }, (t) => [pg.pgPolicy('mine', { for: 'update', to: 'app', using: sql\`true\` })])
      export const extra = pg.pgPolicy('linked', { using: sql\`false\` }).link(t)
      export const bare = pg.pgTable('bare', { id: pg.integer() }).enableRLS()
      export const v = pg.pgView('v').as((qb) => qb.select({ a: t.a }).from(t).where(eq(t.a, 'x')))
      export const m = pg.pgMaterializedView('m').as((qb) => qb.select({ a: t.a }).from(t))
      export const old = pg.pgView('old', { id: pg.integer() }).existing()
      export const s = pg.pgSequence('s', { startWith: 5 })`)
    expect(table('t').columns[1]?.generated).toMatchObject({ stored: true })
    expect(table('t').policies.map((it) => [it.name, it.command])).toEqual([
      ['mine', 'update'],
      ['linked', 'all'],
    ])
    expect([table('t').rowSecurity.enabled, table('bare').rowSecurity.enabled]).toEqual([true, true])
    expect(
      [...schema.views.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((it) => [it.name, it.materialized]),
    ).toEqual([
      ['m', true],
      ['v', false],
    ])
    expect(schema.sequences.has('public.s')).toBe(true)
  })
})

describe('places', () => {
  it('are not moved by characters that take two units', async () => {
    const { table } = await tablesOf(
      `export const flags = ['${'\u{1F1E9}\u{1F1EA}'.repeat(60)}']\nexport const other = '${'\u00e9\u4e2d'.repeat(60)}'\nexport const a = pg.pgTable('a', {\n  id: pg.integer(),\n})`,
    )
    expect(table('a').declared).toMatchObject([{ line: 5, endLine: 7 }])
    expect(table('a').columns[0]?.declared).toMatchObject([{ line: 6, column: 3 }])
  })

  it('points at the declaration that a reader would point at', async () => {
    const { table } = await tablesOf(`
const stamps = {
  createdAt: pg.timestamp('created_at'),
}
export const users = pg.pgTable('users', {
  id: pg.integer('id')
    .primaryKey(),
  orgId: pg.integer('org_id').references(() => users.id),
  ...stamps,
}, (t) => [
  pg.index('by_org').on(t.orgId),
  pg.unique('one').on(t.orgId),
])`)
    const users = table('users')
    const at = (
      it:
        | { readonly declared: readonly { readonly line: number; readonly column: number; readonly endLine: number }[] }
        | undefined,
    ): readonly (number | undefined)[] => [it?.declared[0]?.line, it?.declared[0]?.column, it?.declared[0]?.endLine]
    expect(at(users)).toEqual([7, 1, 15])
    expect(users.columns.map(at)).toEqual([
      [8, 3, 9],
      [10, 3, 10],
      [5, 3, 5],
    ])
    expect(at(users.indexes[0])).toEqual([13, 3, 13])
    expect(at(users.uniques[0])).toEqual([14, 3, 14])
    expect(at(users.foreignKeys[0])).toEqual([10, 3, 10])
    expect(at(users.primaryKey ?? undefined)).toEqual([8, 3, 9])
  })
})
