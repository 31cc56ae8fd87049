import { describe, expect, test } from 'vitest'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { printChanges } from '../../src/schema/sql/changes.ts'
import { printSchema } from '../../src/schema/sql/schema.ts'
import type { Schema } from '../../src/schema/model.ts'
import { at, column, enumOf, enums, foreignKey, index, schema, table } from './build.ts'

const id = column('id', 'integer', { nullable: false })
const key = { name: 'users_pkey', columns: ['id'], include: [], deferrable: false, declared: [] }
const users = table('users', [id, column('email', 'text')], { primaryKey: key })

function sqlOf(before: Schema, after: Schema): string {
  return printChanges(diffSchemas(before, after), before, after)
}

describe('a diff', () => {
  test('of equal schemas is empty, also where expressions are spaced and bracketed differently', () => {
    const a = schema([table('users', [column('n', 'integer', { default: "(( 'a  b'::text ))" })])])
    const b = schema([table('users', [column('n', 'integer', { default: "'a  b'::text" })])])
    expect(diffSchemas(a, b)).toEqual([])
    const c = schema([table('users', [column('n', 'integer', { default: "'a b'::text" })])])
    expect(diffSchemas(a, c).map((x) => x.kind)).toEqual(['setDefault'])
  })

  test('says nothing of a type that one side does not know', () => {
    expect(
      diffSchemas(schema([table('users', [column('id', null)])]), schema([table('users', [column('id', 'uuid')])])),
    ).toEqual([])
  })

  test('says nothing of what stands only on the side that is known as a whole', () => {
    const partly = schema([{ ...users, complete: false }])
    const wholly = schema([{ ...users, columns: [...users.columns, column('name', 'text')] }])
    expect(diffSchemas(partly, wholly)).toEqual([])
    expect(diffSchemas(wholly, partly)).toEqual([])
  })

  test('takes nothing for a rename', () => {
    const before = schema([users])
    const after = schema([{ ...users, columns: [id, column('mail', 'text')] }])
    expect(diffSchemas(before, after).map((c) => c.kind)).toEqual(['dropColumn', 'addColumn'])
  })

  test('points where the object is declared: the ORM schema before the migration, the old place for a drop', () => {
    const before = schema([{ ...users, columns: [id, column('old', 'text', { declared: [at(4)] })] }])
    const after = schema([
      { ...users, columns: [id, column('name', 'text', { declared: [at(7), at(2, 'migrations', 'm.sql')] })] },
    ])
    const [drop, add] = diffSchemas(before, after)
    expect(drop?.place).toEqual({ path: 'prisma/schema.prisma', line: 4, column: 1, endLine: 4, endColumn: 10 })
    expect(add?.place).toMatchObject({ path: 'prisma/schema.prisma', line: 7 })
  })

  test('leaves out relations that only the client library knows', () => {
    const after = schema([
      { ...users, foreignKeys: [foreignKey('users_org_fkey', ['org_id'], 'orgs', { clientOnly: true })] },
    ])
    expect(diffSchemas(schema([users]), after)).toEqual([])
  })
})

describe('the SQL of a diff', () => {
  test('drops a foreign key before the table that it points at', () => {
    const posts = table('posts', [id], { foreignKeys: [foreignKey('posts_user_fkey', ['user_id'], 'users')] })
    expect(sqlOf(schema([users, posts]), schema([{ ...posts, foreignKeys: [] }]))).toBe(
      'ALTER TABLE posts DROP CONSTRAINT posts_user_fkey;\nDROP TABLE users;\n',
    )
  })

  test('adds an enum value where it belongs and makes the type again where one goes', () => {
    const of = (...values: string[]) =>
      schema([table('users', [column('role', 'role', { default: "'b'::role" })])], {
        enums: enums(enumOf('role', values)),
      })
    expect(sqlOf(of('a', 'b'), of('0', 'a', 'a2', 'b', 'z'))).toBe(
      "ALTER TYPE role ADD VALUE '0' BEFORE 'a';\nALTER TYPE role ADD VALUE 'a2' AFTER 'a';\nALTER TYPE role ADD VALUE 'z';\n",
    )
    expect(sqlOf(of('a', 'b', 'c'), of('a', 'b'))).toBe(
      [
        'ALTER TYPE role RENAME TO role_old;',
        "CREATE TYPE role AS ENUM ('a', 'b');",
        'ALTER TABLE users ALTER COLUMN role DROP DEFAULT;',
        'ALTER TABLE users ALTER COLUMN role TYPE role USING role::text::role;',
        "ALTER TABLE users ALTER COLUMN role SET DEFAULT 'b'::role;",
        'DROP TYPE role_old;',
        '',
      ].join('\n'),
    )
  })

  test('takes a view away while a column under it changes its type', () => {
    const view = {
      schema: 'public',
      name: 'v',
      materialized: false,
      definition: 'SELECT email FROM users',
      columns: ['email'],
      reads: [{ table: 'public.users', columns: ['email'] }],
      indexes: [],
      securityInvoker: false,
      declared: [],
    }
    const views = new Map([['public.v', view]])
    const after = schema([{ ...users, columns: [id, column('email', 'character varying(20)')] }], { views })
    expect(sqlOf(schema([users], { views }), after)).toBe(
      [
        'DROP VIEW v;',
        'ALTER TABLE users ALTER COLUMN email TYPE character varying(20);',
        'CREATE VIEW v (email) AS',
        'SELECT email FROM users;',
        '',
      ].join('\n'),
    )
  })

  test('quotes what has to be quoted', () => {
    const odd = table('Order "x"', [column('select', 'text', { default: "'it''s'::text" })], {
      indexes: [index('my index', ['select'], { where: '("select" <> \'\'::text)' })],
    })
    expect(printSchema(schema([odd]))).toBe(
      [
        'CREATE TABLE "Order ""x""" (',
        "  \"select\" text DEFAULT 'it''s'::text",
        ');',
        'CREATE INDEX "my index" ON "Order ""x""" ("select") WHERE ("select" <> \'\'::text);',
        '',
      ].join('\n'),
    )
  })

  test('sees inheritance, storage, names of NOT NULL, comments of parts and privileges', () => {
    const grants = (...privileges: string[]) => [{ role: 'app', privileges, grantable: [] }]
    const parent = table('base', [id])
    const before = schema([
      parent,
      { ...users, with: ['fillfactor=70', 'parallel_workers=2'], grants: grants('insert', 'select') },
    ])
    const named = { ...id, notNull: { name: 'there', validated: true } }
    const after = schema([
      parent,
      {
        ...users,
        columns: [named, users.columns[1]!],
        inherits: [parent.key],
        primaryKey: { ...key, comment: "it's" },
        with: ['fillfactor=80'],
        grants: grants('select', 'select (email)'),
      },
    ])
    expect(sqlOf(before, after).trim().split('\n').toSorted()).toEqual(
      [
        "COMMENT ON CONSTRAINT users_pkey ON users IS 'it''s';",
        'ALTER TABLE users INHERIT base;',
        'ALTER TABLE users RENAME CONSTRAINT users_id_not_null TO there;',
        'ALTER TABLE users RESET (parallel_workers);',
        'ALTER TABLE users SET (fillfactor=80);',
        'GRANT SELECT (email) ON users TO app;',
        'REVOKE INSERT ON users FROM app;',
      ].toSorted(),
    )
    expect(sqlOf(after, before)).toContain('ALTER TABLE users NO INHERIT base;')
  })
})
