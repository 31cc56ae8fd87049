import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { freshDatabase } from '../../scripts/corpus/database.ts'
import { sourceFile } from '../../src/location.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'
import { reviewExample } from '../example.ts'

let database: PGlite

beforeAll(async () => {
  await loadParser()
  database = await freshDatabase()
})
afterAll(() => database.close())

/** The statements that a rule's help gives. */
async function helpOf(id: string, given: string, sql: string, postgres: number): Promise<readonly string[]> {
  const rule = catalog.find((each) => each.id === id)
  expect.assert(rule !== undefined)
  const { findings } = await reviewExample({ given, sql, postgres, runner: 'psql' }, rule, catalog)
  const help = findings.find((each) => each.rule === id)?.help ?? ''
  return [...help.matchAll(/```sql\n(.*?)```/gs)].flatMap((match) =>
    readSql(sourceFile('help.sql', match[1] ?? '')).statements.flatMap(({ inside, text }) =>
      inside === null && !/^set /i.test(text) ? [text] : [],
    ),
  )
}

/** What is answered after statements ran on a database that holds what `given` makes. */
async function after(given: string, statements: readonly string[], question: string): Promise<unknown> {
  await database.exec(`ROLLBACK; DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${given}`)
  for (const each of statements) await database.exec(each)
  return (await database.query(question)).rows
}

describe('the form for an older server does what the newer one does', () => {
  const given = `
    CREATE TABLE users (id bigint PRIMARY KEY, email text, hits int NOT NULL DEFAULT 1);
    CREATE TABLE news (id bigint PRIMARY KEY, email text, gone boolean);
    INSERT INTO users (id, email) VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');
    INSERT INTO news VALUES (2, 'B', false), (3, 'C', true), (4, NULL, false), (5, 'E', false), (6, 'F', true);`
  const question = 'SELECT * FROM users ORDER BY id'

  test.each([
    ['MERGE INTO users u USING news AS n ON u.id = n.id WHEN MATCHED THEN UPDATE SET email = n.email'],
    [
      `MERGE INTO users USING news n ON users.id = n.id
        WHEN MATCHED AND n.gone THEN DELETE -- first
        WHEN MATCHED AND n.email IS NULL THEN DO NOTHING
        WHEN MATCHED THEN UPDATE SET email = n.email, hits = users.hits + 1
        WHEN NOT MATCHED AND n.gone THEN DO NOTHING
        WHEN NOT MATCHED THEN INSERT (id, email) VALUES (n.id, CASE WHEN n.email = 'E' THEN lower(n.email) END)`,
    ],
    [
      `WITH fresh AS (SELECT * FROM news WHERE NOT gone)
      MERGE INTO users AS u USING (SELECT f.* FROM fresh f JOIN news ON f.id = news.id) s ON u.id = s.id
        WHEN MATCHED THEN UPDATE SET id = u.id + 100
        WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.email, 7)`,
    ],
  ])('%s', async (merge) => {
    const older = await helpOf('no-newer-syntax', given, merge, 14)
    expect(older).toHaveLength(1)
    expect(older[0]).not.toMatch(/merge into/i)
    expect(await after(given, older, question)).toEqual(await after(given, [merge], question))
  })

  test.each([
    ['CREATE UNIQUE INDEX i ON t (a, b) NULLS NOT DISTINCT'],
    ['ALTER TABLE t ADD CONSTRAINT i UNIQUE NULLS NOT DISTINCT (a, b)'],
    ['CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT'],
    ['CREATE UNIQUE INDEX i ON t (a, c) NULLS NOT DISTINCT'],
  ])('%s', async (unique) => {
    const table = 'CREATE TABLE t (id bigint PRIMARY KEY, a int, b int, c int NOT NULL DEFAULT 1);'
    const values = [null, 1, 2]
    const taken = async (statements: readonly string[]) => {
      await after(table, statements, 'SELECT 1')
      const passed: unknown[] = []
      for (const [i, [a, b]] of [0, 1].flatMap(() => values.flatMap((x) => values.map((y) => [x, y]))).entries())
        await database.query('INSERT INTO t VALUES ($1, $2, $3)', [i, a, b]).then(
          () => passed.push([i, a, b]),
          () => {},
        )
      return passed
    }
    const older = await helpOf('no-newer-syntax', table, unique, 14)
    expect(older.length).toBeGreaterThan(1)
    expect(await taken(older)).toEqual(await taken([unique]))
  })

  test.each([
    ['UPDATE users SET email = upper(email) WHERE id < 3 RETURNING old.email, new.email AS now, id'],
    ['DELETE FROM users u WHERE id = 2 RETURNING old.email'],
  ])('%s', async (statement) => {
    const [older = ''] = await helpOf('no-newer-syntax', given, statement, 17)
    expect(older).not.toMatch(/returning old|new\./i)
    const both = async (sql: string) => [
      await after(given, [], sql.replace(/(RETURNING .*), id/s, '$1')),
      (await database.query(question)).rows,
    ]
    expect(await both(older.replace(', id', ''))).toEqual(await both(statement))
  })

  test('a view with the rights of whoever reads it', async () => {
    const rights = `${given} DROP ROLE IF EXISTS reader; CREATE ROLE reader; GRANT USAGE ON SCHEMA public TO reader;`
    const view = 'CREATE VIEW emails WITH (security_invoker = true) AS SELECT id, email FROM users'
    const older = await helpOf('no-newer-syntax', given, view, 14)
    for (const statements of [older, [view]]) {
      await after(rights, [...statements, 'GRANT SELECT ON emails TO reader', 'SET ROLE reader'], 'SELECT 1')
      await expect(database.query('SELECT * FROM emails')).rejects.toThrow('permission denied for table users')
      await database.exec('RESET ROLE; GRANT SELECT ON users TO reader; SET ROLE reader')
      expect((await database.query('SELECT email FROM emails WHERE id = 1')).rows).toEqual([{ email: 'a' }])
      await database.exec('RESET ROLE; DROP OWNED BY reader')
    }
  })

  test('uuidv7()', async () => {
    const table = 'CREATE TABLE t (id uuid PRIMARY KEY DEFAULT uuidv7())'
    const [older = ''] = await helpOf('no-newer-syntax', '', table, 17)
    const [row] = (await after(
      '',
      [older],
      `SELECT uuid_extract_version(id) AS version, abs(extract(epoch FROM now() - uuid_extract_timestamp(id))) < 60 AS now
        FROM (SELECT public.uuidv7() AS id) made`,
    )) as unknown[]
    expect(row).toEqual({ version: 7, now: true })
  })
})

test('an enum is found under both names until the old one goes', async () => {
  const given = `CREATE TYPE role AS ENUM ('member', 'admin');
    CREATE TABLE users (id bigint PRIMARY KEY, role role NOT NULL DEFAULT 'member');`
  const lines = await helpOf('no-rename-type', given, 'ALTER TYPE role RENAME TO user_role', 16)
  const later = lines.findIndex((line) => line.startsWith('DROP'))
  const old = [
    `INSERT INTO users VALUES (1, 'admin'::role), (2, CAST('member' AS public.role)), (3, 'admin')`,
    `UPDATE users SET role = 'member'::role WHERE role = 'admin'::role AND id = 1`,
    `DELETE FROM users WHERE role = ANY ('{member}'::role[]) AND role IN ('member'::role) AND id = 2`,
  ]
  expect(
    await after(given, [...lines.slice(0, later), ...old], `SELECT * FROM users WHERE role <> 'admin'::role`),
  ).toEqual([{ id: 1, role: 'member' }])
  for (const line of lines.slice(later)) await database.exec(line)
  expect((await database.query(`SELECT id FROM users WHERE role = 'admin'::user_role`)).rows).toEqual([{ id: 3 }])
  await expect(database.query(`SELECT 'admin'::role`)).rejects.toThrow('does not exist')
})

test('an identity that takes the place of a sequence goes on with its numbers', async () => {
  const given = `CREATE TABLE orders (code text PRIMARY KEY); INSERT INTO orders SELECT n FROM generate_series(1, 7) n;`
  const change = 'ALTER TABLE orders ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY'
  const lines = await helpOf('no-auto-increment-column', given, change, 16)
  const wanted = `SELECT array_agg(number ORDER BY number) AS numbers, (SELECT attidentity FROM pg_attribute
    WHERE attrelid = 'orders'::regclass AND attname = 'number') AS identity FROM orders`
  const after8 = [...lines, `INSERT INTO orders VALUES ('8')`]
  expect(await after(given, after8, wanted)).toEqual(
    await after(given, [change, `INSERT INTO orders VALUES ('8')`], wanted),
  )
})

describe('batches do what the statement does', () => {
  const given = `
    CREATE TABLE users (id bigint PRIMARY KEY, name text, seen date);
    CREATE TABLE names (user_id bigint PRIMARY KEY, name text);
    CREATE TABLE old_users (id bigint PRIMARY KEY, name text, seen date);
    INSERT INTO users SELECT n, CASE WHEN n % 3 = 0 THEN 'x' || n END, date '2019-01-01' + (n / 20)::int FROM generate_series(1, 12001) n;
    INSERT INTO names SELECT n, 'n' || n FROM generate_series(1, 12001, 2) n;
    INSERT INTO old_users VALUES (5, 'there', NULL);`
  const question = `SELECT 'u' AS t, count(*), sum(hashtext(u::text)) FROM users u UNION ALL
    SELECT 'o', count(*), sum(hashtext(o::text)) FROM old_users o ORDER BY 1`

  test.each([
    ['UPDATE users u SET name = n.name FROM names n WHERE n.user_id = u.id AND u.name IS NULL'],
    ['UPDATE users SET name = (SELECT n.name FROM names n WHERE n.user_id = users.id) WHERE id > 10'],
    ['WITH named AS (SELECT user_id FROM names) DELETE FROM users USING named WHERE users.id = named.user_id'],
    [
      `WITH gone AS (DELETE FROM users WHERE id > 5 AND seen < '2020-06-01' RETURNING *) INSERT INTO old_users SELECT * FROM gone`,
    ],
    [
      'INSERT INTO old_users SELECT u.id, n.name FROM users u JOIN names n ON n.user_id = u.id ON CONFLICT (id) DO NOTHING',
    ],
    [
      `MERGE INTO users USING names AS n ON users.id = n.user_id + 1 WHEN MATCHED THEN UPDATE SET name = n.name
      WHEN NOT MATCHED THEN INSERT (id, name) VALUES (n.user_id + 1, n.name)`,
    ],
  ])('%s', async (statement) => {
    const lines = await helpOf('no-backfill-in-migration', given.replaceAll(/INSERT INTO .*/g, ''), statement, 18)
    const [next, batch] = lines.length > 1 ? lines : [null, lines[0] ?? '']
    expect.assert(batch !== undefined)
    await after(given, [], 'SELECT 1')
    let times = 0
    for (let last: unknown = 0; ; times++) {
      const [row] = next === null ? [] : (await database.query<object>(next, [last])).rows
      const to: unknown = Object.values(row ?? {})[0]
      if (next !== null && to === undefined) break
      const values = batch.includes('$1') ? [last, ...(next === null ? [] : [to])] : []
      const { affectedRows, rows } = await database.query<{ id: number }>(batch, values)
      if (next === null && affectedRows === 0) break
      last = next === null ? Math.max(...rows.map(({ id }) => id)) : to
    }
    expect(times).toBeGreaterThan(1)
    const inBatches = (await database.query(question)).rows
    expect(inBatches).toEqual(await after(given, [statement], question))
  })
})
