import { beforeAll, describe, expect, it } from 'vitest'
import type { ReplayOptions } from '../../src/schema/replay.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { changes, plain, steps, table } from './support.ts'

beforeAll(loadParser)

const given = `
  CREATE TYPE role AS ENUM ('a', 'b');
  CREATE TABLE orgs (id uuid PRIMARY KEY, name text NOT NULL);
  CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, org_id uuid REFERENCES orgs, age int DEFAULT 1 CHECK (age > 0), role role NOT NULL);
  CREATE INDEX users_age ON users (age);
  CREATE VIEW names AS SELECT email FROM users;`

const alone: ReplayOptions = { ...plain, alone: true }

describe('changes of one statement', () => {
  it.each<[string, readonly object[]]>([
    ['CREATE TABLE t (a int)', [{ kind: 'createTable', table: 'public.t', as: 'definition', ifNotExists: false }]],
    ['CREATE TABLE IF NOT EXISTS users (a int)', []],
    [
      'DROP TABLE users CASCADE',
      [{ kind: 'dropTable', table: 'public.users', cascade: true, from: { name: 'users' } }],
    ],
    ['ALTER TABLE users RENAME TO people', [{ kind: 'renameTable', table: 'public.users', to: 'public.people' }]],
    [
      'ALTER TABLE users ADD COLUMN b varchar(20) NOT NULL',
      [{ kind: 'addColumn', to: { name: 'b', type: 'character varying(20)', nullable: false }, ifNotExists: false }],
    ],
    ['ALTER TABLE users ADD COLUMN IF NOT EXISTS email text', []],
    [
      'ALTER TABLE users ADD COLUMN b int REFERENCES users UNIQUE CHECK (b > 1)',
      [
        { kind: 'addColumn', to: { name: 'b' } },
        {
          kind: 'addForeignKey',
          inline: true,
          to: { name: 'users_b_fkey', references: { table: 'users', columns: ['id'] } },
        },
        { kind: 'addUnique', inline: true, to: { name: 'users_b_key' } },
        { kind: 'addCheck', inline: true, to: { name: 'users_b_check' } },
      ],
    ],
    [
      'ALTER TABLE users DROP COLUMN age',
      [{ kind: 'dropColumn', from: { name: 'age', type: 'integer' }, cascade: false, ifExists: false }],
    ],
    ['ALTER TABLE users RENAME COLUMN age TO years', [{ kind: 'renameColumn', from: 'age', to: 'years' }]],
    [
      'ALTER TABLE users ALTER age TYPE bigint USING age::bigint',
      [
        {
          kind: 'alterColumnType',
          from: { type: 'integer' },
          to: { type: 'bigint' },
          using: 'age::bigint',
          collationChanges: false,
        },
      ],
    ],
    [
      'ALTER TABLE users ALTER age SET NOT NULL',
      [{ kind: 'setNotNull', from: { nullable: true }, to: { nullable: false } }],
    ],
    [
      'ALTER TABLE users ALTER role DROP NOT NULL',
      [{ kind: 'dropNotNull', from: { nullable: false }, to: { nullable: true } }],
    ],
    [
      'ALTER TABLE users ALTER age SET DEFAULT 2',
      [{ kind: 'setDefault', from: { default: '1' }, to: { default: '2' } }],
    ],
    ['ALTER TABLE users ALTER age DROP DEFAULT', [{ kind: 'dropDefault', to: { default: null } }]],
    [
      'ALTER TABLE users ADD CONSTRAINT c CHECK (age < 200) NOT VALID',
      [{ kind: 'addCheck', inline: false, to: { name: 'c', validated: false } }],
    ],
    [
      'ALTER TABLE users ADD FOREIGN KEY (org_id) REFERENCES orgs ON DELETE CASCADE',
      [{ kind: 'addForeignKey', to: { name: 'users_org_id_fkey1', onDelete: 'CASCADE', validated: true } }],
    ],
    [
      'ALTER TABLE users DROP CONSTRAINT users_org_id_fkey',
      [{ kind: 'dropConstraint', name: 'users_org_id_fkey', constraint: { type: 'foreignKey' } }],
    ],
    [
      'ALTER TABLE users RENAME CONSTRAINT users_pkey TO pk',
      [{ kind: 'renameConstraint', from: 'users_pkey', to: 'pk' }],
    ],
    [
      'ALTER TABLE users ENABLE ROW LEVEL SECURITY',
      [{ kind: 'setRowSecurity', from: { enabled: false }, to: { enabled: true } }],
    ],
    [
      'CREATE INDEX ON users (email, age DESC) WHERE age > 1',
      [
        {
          kind: 'addIndex',
          index: {
            name: 'users_email_age_idx',
            method: 'btree',
            keys: [{ column: 'email' }, { column: 'age', descending: true, nullsFirst: true }],
          },
          concurrently: false,
        },
      ],
    ],
    [
      'DROP INDEX CONCURRENTLY users_age',
      [
        {
          kind: 'dropIndex',
          table: 'public.users',
          name: 'users_age',
          index: { name: 'users_age' },
          concurrently: true,
        },
      ],
    ],
    ['DROP INDEX IF EXISTS nothing', []],
    ["ALTER TYPE role ADD VALUE 'c'", [{ kind: 'addEnumValue', object: 'public.role', value: 'c', position: 'end' }]],
    ["ALTER TYPE role RENAME VALUE 'a' TO 'z'", [{ kind: 'renameEnumValue', from: 'a', to: 'z' }]],
    ['DROP VIEW names', [{ kind: 'dropView', object: 'public.names', from: { name: 'names' } }]],
    ["COMMENT ON TABLE users IS 'x'", [{ kind: 'commentTable', to: 'x' }]],
    [
      "COMMENT ON CONSTRAINT users_pkey ON users IS 'x'",
      [{ kind: 'commentConstraint', table: 'public.users', name: 'users_pkey', from: null, to: 'x' }],
    ],
    [
      "COMMENT ON INDEX users_age IS 'x'",
      [{ kind: 'commentIndex', table: 'public.users', name: 'users_age', to: 'x' }],
    ],
    ["COMMENT ON TYPE role IS 'x'", [{ kind: 'commentType', object: 'public.role', to: 'x' }]],
    [
      'ALTER TABLE users SET (fillfactor = 70)',
      [{ kind: 'setStorage', table: 'public.users', index: null, from: [], to: ['fillfactor=70'] }],
    ],
    [
      'ALTER INDEX users_age SET (fillfactor = 70)',
      [{ kind: 'setStorage', table: 'public.users', index: 'users_age', to: ['fillfactor=70'] }],
    ],
    ['ALTER TABLE users NO INHERIT orgs', [{ kind: 'dropInherit', table: 'public.users', parent: 'public.orgs' }]],
    ['GRANT SELECT ON users TO app', []],
    [
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      [{ kind: 'createFunction', object: 'public.f', orReplace: false, to: { returns: 'integer', language: 'sql' } }],
    ],
    ['CREATE POLICY p ON users FOR SELECT USING (true)', [{ kind: 'addPolicy', to: { name: 'p', command: 'select' } }]],
    ['CREATE EXTENSION IF NOT EXISTS citext', [{ kind: 'createExtension', object: 'citext' }]],
  ])('%s', (sql, expected) => {
    const result = steps(given, sql)
    expect(result.notes).toEqual([])
    const found = result.steps.flatMap((step) => step.changes)
    expect(found).toHaveLength(expected.length)
    expected.forEach((each, i) => expect(found[i]).toMatchObject(each))
  })

  it('stand at their subcommand, or at the statement where that has one only', () => {
    const places = (sql: string) =>
      changes(given, sql).map((change) => [
        change.place.line,
        change.place.column,
        change.place.endLine,
        change.place.endColumn,
      ])
    expect(places('ALTER TABLE users\n  ADD COLUMN b numeric(10, 2),\n  DROP COLUMN age;')).toEqual([
      [2, 3, 2, 29],
      [3, 3, 3, 17],
    ])
    expect(places('\nALTER TABLE users\n  ADD COLUMN b int;')).toEqual([[2, 1, 3, 18]])
  })
})

describe('what Postgres would refuse', () => {
  it.each([
    ['ALTER TABLE nothing ADD a int', 'relation "nothing" does not exist'],
    ['ALTER TABLE users ADD email text', 'column "email" of relation "users" already exists'],
    ['ALTER TABLE users DROP nothing', 'column "nothing" of relation "users" does not exist'],
    ['CREATE TABLE users (a int)', 'relation "users" already exists'],
    ['CREATE TABLE t (a int, a text)', 'column "a" specified more than once'],
    ['CREATE TABLE t (a nothing)', 'type "nothing" does not exist'],
    ['CREATE INDEX users_age ON users (age)', 'relation "users_age" already exists'],
    ['DROP TABLE orgs', 'cannot drop table orgs because other objects depend on it'],
    ['DROP TYPE role', 'cannot drop type role because other objects depend on it'],
    ["ALTER TYPE role ADD VALUE 'a'", 'enum label "a" already exists'],
    ['ALTER TABLE users ADD PRIMARY KEY (email)', 'multiple primary keys for table "users" are not allowed'],
    [
      'ALTER TABLE users ADD FOREIGN KEY (email) REFERENCES orgs (id)',
      'key columns "email" and "id" are of incompatible types: text and uuid',
    ],
    [
      'ALTER TABLE users ADD FOREIGN KEY (email) REFERENCES orgs (name)',
      'there is no unique constraint matching given keys for referenced table "orgs"',
    ],
    ['ALTER TABLE users ALTER id DROP NOT NULL', 'column "id" is in a primary key'],
    ['INSERT INTO nothing VALUES (1)', 'relation "nothing" does not exist'],
    ['DROP INDEX users_pkey', 'cannot drop index users_pkey because constraint users_pkey on table users requires it'],
    ['ALTER TABLE users ADD a text(5)', 'type modifier is not allowed for type "text"'],
    ['ALTER TABLE users ADD a varchar(0)', 'length for type varchar must be at least 1'],
    ["ALTER TABLE users ALTER role SET DEFAULT 'nobody'", 'invalid input value for enum role: "nobody"'],
    ['ALTER TABLE users ADD a int GENERATED ALWAYS AS (nothing + 1) STORED', 'column "nothing" does not exist'],
    ['ALTER TABLE users ALTER age DROP EXPRESSION', 'column "age" of relation "users" is not a generated column'],
  ])('%s', (sql, message) => {
    const result = steps(
      given,
      `ALTER TABLE users ADD COLUMN before int;\n${sql};\nALTER TABLE users ADD COLUMN behind int;`,
    )
    expect(result.notes).toMatchObject([
      { kind: 'unresolved', blocking: false, line: 2, message: `this statement cannot succeed here: ${message}` },
    ])
    expect(result.steps.map((step) => step.changes.length)).toEqual([1, 0, 1])
    expect(table(result.after, 'public.users').columns.map((column) => column.name)).toEqual([
      'id',
      'email',
      'org_id',
      'age',
      'role',
    ])
  })
})

describe('what Postgres would refuse of tables with children, owned sequences and views', () => {
  const family =
    "CREATE TABLE a (id int, x int CHECK (x > 0)); CREATE TABLE b (own int) INHERITS (a); CREATE TABLE s (id int GENERATED ALWAYS AS IDENTITY, n serial); CREATE SCHEMA other; CREATE VIEW v AS SELECT id, x FROM a; CREATE TABLE k (id int PRIMARY KEY CHECK (id > 0)); CREATE INDEX taken ON a (id); CREATE TYPE e AS ENUM (); CREATE VIEW c AS SELECT NULL::e AS e; CREATE TABLE l (n int DEFAULT nextval('s_n_seq'), w text NOT NULL)"
  it.each([
    ['ALTER TABLE b DROP COLUMN x', 'cannot drop inherited column "x"'],
    ['ALTER TABLE b RENAME COLUMN x TO y', 'cannot rename inherited column "x"'],
    ['ALTER TABLE a RENAME COLUMN x TO own', 'column "own" of relation "b" already exists'],
    ['ALTER TABLE b ALTER x TYPE bigint', 'cannot alter inherited column "x"'],
    ['ALTER TABLE b DROP CONSTRAINT a_x_check', 'cannot drop inherited constraint "a_x_check" of relation "b"'],
    ['ALTER TABLE ONLY a ADD COLUMN y int', 'column must be added to child tables too'],
    ['ALTER TABLE ONLY a ADD CHECK (id > 0)', 'constraint must be added to child tables too'],
    ['ALTER TABLE ONLY a RENAME COLUMN id TO key', 'inherited column "id" must be renamed in child tables too'],
    ['DROP SEQUENCE s_id_seq', 'cannot drop sequence s_id_seq because column id of table s requires it'],
    ['ALTER SEQUENCE s_n_seq SET SCHEMA other', 'cannot move an owned sequence into another schema'],
    ['ALTER TABLE k RENAME CONSTRAINT k_pkey TO taken', 'relation "taken" already exists'],
    ['ALTER INDEX k_pkey RENAME TO k_id_check', 'constraint "k_id_check" for relation "k" already exists'],
    ['DROP TYPE e', 'cannot drop type e because other objects depend on it'],
    ['ALTER TABLE s ALTER id TYPE text', 'identity column type must be smallint, integer, or bigint'],
    [
      'ALTER TABLE l ADD id2 text GENERATED ALWAYS AS IDENTITY',
      'identity column type must be smallint, integer, or bigint',
    ],
    [
      'ALTER TABLE l ALTER w ADD GENERATED ALWAYS AS IDENTITY',
      'identity column type must be smallint, integer, or bigint',
    ],
    ['ALTER TABLE s DROP COLUMN n', 'cannot drop column n of table s because other objects depend on it'],
    ['DROP TABLE s', 'cannot drop table s because other objects depend on it'],
    ['ALTER VIEW nothing RENAME COLUMN id TO key', 'relation "nothing" does not exist'],
    ['ALTER VIEW k RENAME COLUMN id TO key', '"k" is not a view'],
    ["CREATE VIEW w AS SELECT 'x'::nothing", 'type "nothing" does not exist'],
    ["CREATE VIEW w AS SELECT 'x'::e", 'invalid input value for enum e: "x"'],
    ['CREATE OR REPLACE VIEW v AS SELECT id FROM a', 'cannot drop columns from view'],
    [
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'; CREATE TABLE tt (y int); CREATE TRIGGER t BEFORE UPDATE OF y ON tt EXECUTE FUNCTION f(); ALTER TABLE tt DROP COLUMN y",
      'cannot drop column y of table tt because other objects depend on it',
    ],
    [
      'CREATE TABLE p (id int, "At" int) PARTITION BY RANGE ("At", id); ALTER TABLE p ADD UNIQUE (id)',
      'unique constraint on partitioned table "p" must include all partitioning columns',
    ],
    [
      'CREATE TABLE p (id int PRIMARY KEY, at int) PARTITION BY HASH (at)',
      'unique constraint on partitioned table "p" must include all partitioning columns',
    ],
    [
      'CREATE TABLE p (id int, at int) PARTITION BY RANGE (abs(at)); CREATE UNIQUE INDEX ON p (id, at)',
      'unsupported UNIQUE constraint with partition key definition',
    ],
    [
      'CREATE TYPE pair AS (x int, y int); CREATE TABLE p (pairs pair[]); ALTER TYPE pair ALTER ATTRIBUTE y TYPE bigint CASCADE',
      'cannot alter type "pair" because column "p.pairs" uses it',
    ],
    ['CREATE OR REPLACE VIEW v AS SELECT x, id FROM a', 'cannot change name of view column "id" to "x"'],
  ])('%s', (sql, message) => {
    expect(steps(family, sql).notes).toMatchObject([
      { kind: 'unresolved', message: `this statement cannot succeed here: ${message}` },
    ])
  })
})

it('a primary key makes its columns NOT NULL in what inherits them, too', () => {
  const { after } = steps(
    'CREATE TABLE a (id int); CREATE TABLE b () INHERITS (a)',
    'ALTER TABLE a ADD PRIMARY KEY (id)',
  )
  expect(table(after, 'public.b')).toMatchObject({ primaryKey: null, columns: [{ name: 'id', nullable: false }] })
})

it('a table may go together with what counts with its sequence', () => {
  const { notes, after } = steps(
    "CREATE TABLE s (n serial); CREATE TABLE l (n int DEFAULT nextval('s_n_seq')); CREATE TABLE m (n int DEFAULT nextval('s_n_seq'))",
    'DROP TABLE m; DROP TABLE s, l',
  )
  expect(notes).toEqual([])
  expect(after.sequences.size + after.tables.size).toBe(0)
})

describe('types of extensions', () => {
  it.each([
    ['geography(Point,4326)', 'geography(Point,4326)'],
    ['geography(pointzm)', 'geography(PointZM,4326)'],
    ['geometry(MULTIPOLYGON, 3857)', 'geometry(MultiPolygon,3857)'],
    ["geometry('LineString')", 'geometry(LineString)'],
    ['geometry(geometry,4326)[]', 'geometry(Geometry,4326)[]'],
    ['geometry', 'geometry'],
    ['vector(1536)', 'vector(1536)'],
    ['halfvec(3)', 'halfvec(3)'],
  ])('%s is %s', (written, spelled) => {
    const { after } = steps('CREATE EXTENSION postgis; CREATE EXTENSION vector', `CREATE TABLE t (a ${written})`)
    expect(table(after, 'public.t').columns[0]?.type).toBe(spelled)
  })
})

describe('a file on its own', () => {
  it.each<[string, readonly object[]]>([
    ['ALTER TABLE users ADD COLUMN a int', [{ kind: 'addColumn', table: 'public.users' }]],
    ['ALTER TABLE users DROP COLUMN a', [{ kind: 'dropColumn', from: { name: 'a', type: null } }]],
    [
      'ALTER TABLE users ALTER a SET NOT NULL',
      [{ kind: 'setNotNull', from: { name: 'a', type: null, nullable: true } }],
    ],
    [
      'ALTER TABLE billing.users RENAME TO people',
      [{ kind: 'renameTable', table: 'billing.users', to: 'billing.people' }],
    ],
    ['ALTER TABLE users DROP CONSTRAINT c', [{ kind: 'dropConstraint', name: 'c', constraint: null }]],
    ['DROP INDEX i', [{ kind: 'dropIndex', table: '', index: null, name: 'i' }]],
    ['DROP TABLE users', [{ kind: 'dropTable', from: { complete: false } }]],
    ["ALTER TYPE role ADD VALUE 'a'", [{ kind: 'addEnumValue', object: 'public.role' }]],
    [
      'ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES orgs',
      [{ kind: 'addForeignKey', to: { name: 'users_a_fkey', references: { table: 'orgs', columns: [] } } }],
    ],
    ['CREATE INDEX ON users (a)', [{ kind: 'addIndex', index: { name: 'users_a_idx' } }]],
    ['ALTER TABLE users ADD b mytype', [{ kind: 'addColumn', to: { type: 'mytype' } }]],
  ])('%s', (sql, expected) => {
    const result = steps('', sql, alone)
    expect(result.notes).toEqual([])
    expect(result.steps.flatMap((step) => step.changes)).toMatchObject(expected)
  })
})

it('of the statements of a file that cannot succeed two are named and the others counted', () => {
  const sql = ['a', 'b', 'c', 'd'].map((name) => `DROP TABLE ${name};`).join('\n')
  expect(steps('', sql).notes.map(({ line, message }) => `${line} ${message}`)).toEqual([
    '1 this statement cannot succeed here: table "a" does not exist',
    '2 this statement cannot succeed here: table "b" does not exist',
    '3 2 more of this file cannot succeed, from here on: table "c" does not exist',
  ])
})
