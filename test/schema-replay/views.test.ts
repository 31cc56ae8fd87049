import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../scripts/corpus/database.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { printSchema } from '../../src/schema/sql/schema.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { changes, schemaOf } from './support.ts'

let database: PGlite

beforeAll(async () => {
  await loadParser()
  database = await freshDatabase()
})
afterAll(() => database.close())

const tables = `
  CREATE SCHEMA s;
  CREATE TABLE t (id int PRIMARY KEY, n int, "Ünit" text);
  CREATE TABLE u (t int, k int, m int);
  CREATE TYPE mood AS ENUM ('fine', 'bad');
  CREATE FUNCTION twice(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a * 2';`
const rows = (t: string, u: string) =>
  `INSERT INTO ${t} VALUES (1, 5, 'x'), (2, 1, 'y'); INSERT INTO ${u} VALUES (1, 7, 3), (2, 8, 4);`

async function viewAfter(sql: string): Promise<unknown> {
  await database.exec('DROP SCHEMA IF EXISTS s CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  await database.exec(sql)
  const { fields, rows: found } = await database.query('SELECT * FROM v')
  return { columns: fields.map((field) => field.name), found }
}

test.each<[string, string, string?, string?]>([
  ['SELECT * FROM t WHERE n > 1', 'ALTER TABLE t RENAME n TO amount'],
  [
    'SELECT * FROM t',
    'ALTER TABLE t RENAME n TO amount; ALTER TABLE t ADD later int; ALTER TABLE t RENAME amount TO "To tal"',
  ],
  [`SELECT 'ünï n' AS c, n FROM t ORDER BY n DESC`, 'ALTER TABLE t RENAME n TO amount'],
  [
    'SELECT DISTINCT ON (n) n AS n, "Ünit" FROM t ORDER BY n',
    'ALTER TABLE t RENAME n TO amount; ALTER TABLE t RENAME "Ünit" TO unit',
  ],
  ['SELECT x.n + sum(k) AS total FROM t x JOIN u ON u.t = x.id GROUP BY n', 'ALTER TABLE t RENAME n TO amount'],
  ['SELECT q.n FROM (SELECT n FROM t) q WHERE n > 1', 'ALTER TABLE t RENAME n TO amount'],
  ['WITH q AS (SELECT * FROM t) SELECT n, id FROM q', 'ALTER TABLE t RENAME n TO amount'],
  [
    'SELECT k FROM u WHERE EXISTS (SELECT 1 FROM t WHERE id = u.t AND n > 1)',
    'ALTER TABLE t RENAME n TO amount; ALTER TABLE u RENAME t TO id_of_t',
  ],
  [
    'SELECT k AS n FROM u UNION SELECT n FROM t ORDER BY n',
    'ALTER TABLE t RENAME n TO amount; ALTER TABLE u RENAME k TO kk',
  ],
  ['SELECT t.*, k FROM t, u WHERE t.id = u.t', 'ALTER TABLE t RENAME n TO amount; ALTER TABLE t RENAME TO z', 'z'],
  [
    'SELECT n, (SELECT max(k) FROM public.u) FROM t',
    'ALTER TABLE u RENAME TO t2; ALTER TABLE t SET SCHEMA s; ALTER TABLE s.t RENAME n TO a',
    's.t',
    't2',
  ],
  ['SELECT n * 2 AS n2 FROM (VALUES (1)) AS o (n)', 'ALTER TABLE t RENAME n TO amount'],
  ['SELECT * FROM t', 'ALTER VIEW v RENAME COLUMN n TO m; ALTER TABLE t ADD later int'],
  [
    'SELECT * FROM w',
    'ALTER VIEW w RENAME COLUMN a TO b; CREATE OR REPLACE VIEW w (b, k) AS SELECT n, n FROM t; ALTER TABLE t RENAME n TO amount',
  ],
  [
    'SELECT *, 1 AS one FROM u JOIN (SELECT id AS t, n FROM t) x USING (t)',
    'ALTER TABLE u ADD later int; ALTER TABLE u RENAME k TO kk',
  ],
  ['SELECT u.*, x.n FROM t x JOIN u ON u.t = x.id', 'ALTER TABLE u ADD later int; ALTER TABLE t ADD k int'],
  ['SELECT * FROM t x (a, b), (SELECT k FROM u) y', 'ALTER TABLE t ADD later int; ALTER TABLE u ADD later int'],
  ['WITH q AS (SELECT * FROM t) SELECT *, (SELECT count(*) FROM u) AS c FROM q', 'ALTER TABLE t ADD later int'],
  [
    'SELECT * FROM t WHERE EXISTS (SELECT * FROM u WHERE u.t = t.id)',
    'ALTER TABLE t ADD later int; DROP TABLE IF EXISTS z',
  ],
  [
    `SELECT 'fine'::mood AS a, CAST(NULL AS public.mood[]) AS b FROM t`,
    `ALTER TYPE mood RENAME TO "Mood"; ALTER TYPE "Mood" SET SCHEMA s; ALTER TYPE s."Mood" RENAME VALUE 'fine' TO 'good'`,
  ],
  ['SELECT twice(n) AS twice FROM t', 'ALTER FUNCTION twice RENAME TO double; ALTER FUNCTION double SET SCHEMA s'],
])('a view goes on reading what was renamed: %s', async (query, change, t = 't', u = 'u') => {
  const script = `${tables} CREATE VIEW w AS SELECT n AS a FROM t; CREATE VIEW v AS ${query}; ${change};`
  const printed = printSchema(schemaOf(script))
  expect(await viewAfter(printed + rows(t, u)), printed).toEqual(await viewAfter(script + rows(t, u)))
})

test('a view with a star is the one that is written for it', () => {
  const schema = schemaOf(
    `${tables} CREATE VIEW v AS WITH q AS (SELECT k, t FROM u) SELECT t.*, q.k FROM t JOIN q ON q.t = t.id;`,
  )
  const printed = printSchema(schema)
  expect(printed).toContain('SELECT t.id, t.n, t."Ünit", q.k FROM t')
  expect(diffSchemas(schema, schemaOf(printed))).toEqual([])
})

test('a join that puts columns together gives them once, and first', () => {
  const { views } = schemaOf(
    `CREATE TABLE a (x int, id int, y int); CREATE TABLE b (id int, z int, y int);
     CREATE VIEW v AS SELECT * FROM a JOIN b USING (id, y); CREATE VIEW w AS SELECT b.* FROM a NATURAL JOIN b;
     ALTER TABLE a ADD later int;`,
  )
  expect(views.get('public.v')).toMatchObject({
    expanded: 'SELECT id, y, a.x, b.z FROM a JOIN b USING (id, y)',
    columns: ['id', 'y', 'x', 'z'],
  })
  expect(views.get('public.w')).toMatchObject({
    expanded: 'SELECT b.id, b.z, b.y FROM a NATURAL JOIN b',
    columns: ['id', 'z', 'y'],
  })
})

test('a constant that is a value of an enum or a text is not given the new name of the value', () => {
  const { views } = schemaOf(
    `${tables} CREATE TABLE p (m mood); CREATE VIEW v AS SELECT 1 AS one FROM p WHERE m = 'fine';
     ALTER TYPE mood RENAME VALUE 'fine' TO 'good';`,
  )
  expect(views.get('public.v')?.definition).toBeNull()
})

test('a view is not written where the meaning of its names is not followed', () => {
  const { views } = schemaOf(
    `${tables} CREATE VIEW v AS SELECT n FROM t NATURAL JOIN u; ALTER TABLE t RENAME n TO amount;`,
  )
  expect(views.get('public.v')?.definition).toBeNull()
})

test('a column of a view that gets another name is a change of the view', () => {
  expect(changes(`${tables} CREATE VIEW v AS SELECT * FROM t;`, 'ALTER VIEW v RENAME COLUMN n TO m;')).toMatchObject([
    { kind: 'renameColumn', table: 'public.v', from: 'n', to: 'm' },
  ])
})

test.each([
  'SELECT * FROM t WHERE missing IS NULL',
  'SELECT x.missing FROM t x',
  'SELECT id FROM t ORDER BY missing',
  'SELECT n FROM t WHERE EXISTS (SELECT 1 FROM u WHERE missing = id)',
])('a view that takes a column from nothing is refused: %s', (query) => {
  expect(() => schemaOf(`${tables} CREATE VIEW v AS ${query};`)).toThrow(/column "?(?:x\.)?missing"? does not exist/)
  expect(() => schemaOf(`${tables} CREATE TABLE v AS ${query};`)).toThrow(/missing"? does not exist/)
})

test.each([
  'SELECT n AS m FROM t GROUP BY m ORDER BY m',
  'SELECT t, ctid FROM t',
  'SELECT g FROM t, generate_series(1, n) g',
  'SELECT q.a FROM (SELECT n FROM t) q (a)',
  'WITH RECURSIVE q (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM q WHERE i < 3) SELECT i FROM q',
  'SELECT x FROM t, LATERAL (SELECT k AS x FROM u WHERE u.t = t.id) y',
  'SELECT relname FROM pg_class',
])('a view is not refused for a name that means something: %s', async (query) => {
  const sql = `${tables} CREATE VIEW v AS ${query};`
  await viewAfter(sql)
  expect(schemaOf(sql).views.has('public.v')).toBe(true)
})
