import type { Migration, Step } from '../../src/step.ts'
import { PGlite } from '@electric-sql/pglite'
import { transform } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sourceFile } from '../../src/location.ts'
import { backfillsOf, type BackfillJob } from '../../src/planner/backfill/backfill.ts'
import { backfillScript, type BackfillScript } from '../../src/planner/backfill/script.ts'
import type { Project } from '../../src/project/project.ts'
import type { Change } from '../../src/schema/change.ts'
import type { Schema } from '../../src/schema/model.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'
import { at, column, schema, table } from '../schema-diff/build.ts'

const project: Project = {
  root: '',
  name: '.',
  orm: 'prisma',
  dialect: 'postgresql',
  runner: { name: 'prisma', version: null },
  schemaFiles: [],
  migrations: null,
  evidence: '',
  settings: {},
}
const primary = (...columns: string[]) => ({ name: 'k', columns, include: [], deferrable: false, declared: [] })
const users = table(
  'users',
  [column('id', 'integer', { nullable: false }), column('email', 'text'), column('status', 'text')],
  { primaryKey: primary('id') },
)
const members = table(
  'Members',
  [column('Org', 'uuid', { nullable: false }), column('no', 'integer', { nullable: false }), column('n', 'integer')],
  { primaryKey: primary('Org', 'no') },
)
const before = schema([users, members])

function review(sql: string, changes: readonly Change[] = [], of: Schema = before) {
  const migration: Migration = { name: 'm', path: 'm.sql', statements: [], down: null, isNew: true }
  const steps = readSql(sourceFile('m.sql', sql)).statements.map((statement): Step => ({
    statement,
    migration,
    changes,
    before: of,
    after: of,
    observation: null,
    transaction: { id: 1, block: true, because: '', survivesFailure: false },
  }))
  return { project, before: of, after: of, changes, steps }
}

function jobs(sql: string, changes?: readonly Change[]): readonly BackfillJob[] {
  return backfillsOf(review(sql, changes))
}

function scriptOf(sql: string): BackfillScript {
  return backfillScript(jobs(sql)[0]!)!
}

let db: PGlite

beforeAll(async () => {
  await loadParser()
  db = await PGlite.create()
})
afterAll(async () => {
  await db.close()
})

async function rows<T>(sql: string): Promise<readonly T[]> {
  return (await db.query<T>(sql)).rows
}

describe('which statements need a backfill in batches', () => {
  test('an UPDATE of an existing table does, one of a single row or of a new table does not', () => {
    expect(jobs("UPDATE users SET status = 'new'")).toMatchObject([
      { name: 'users_status', key: [{ name: 'id', type: 'integer' }], set: "status = 'new'", where: null },
    ])
    expect(jobs("UPDATE users SET status = 'new' WHERE id = 7")).toEqual([])
    expect(jobs("UPDATE nobody SET status = 'new'")).toEqual([])
  })

  test('clauses are told apart, whatever stands in strings and parentheses', () => {
    expect(
      jobs(
        "UPDATE users u SET status = (SELECT 'a from b where c' FROM users WHERE id = u.id), email = 'x' FROM orgs o WHERE o.id = u.id AND u.email IS DISTINCT FROM 'y' RETURNING 1",
      ),
    ).toMatchObject([
      {
        target: 'users u',
        alias: 'u',
        set: "status = (SELECT 'a from b where c' FROM users WHERE id = u.id), email = 'x'",
        from: 'orgs o',
        where: "o.id = u.id AND u.email IS DISTINCT FROM 'y'",
      },
    ])
  })

  test('a column that becomes NOT NULL without any UPDATE needs one', () => {
    const change: Change = {
      kind: 'setNotNull',
      table: 'public.users',
      from: users.columns[1]!,
      to: { ...users.columns[1]!, nullable: false },
      place: at(1),
    }
    expect(jobs('SELECT 1', [change])).toMatchObject([
      { name: 'users_email', valueKnown: false, where: 'email IS NULL' },
    ])
    expect(jobs("UPDATE users SET email = '' WHERE email IS NULL", [change])).toHaveLength(1)
  })
})

describe('what else can be walked, and what cannot', () => {
  test('rows that are removed or copied, and statements with a WITH', () => {
    expect(jobs('DELETE FROM users u USING orgs o WHERE o.id = u.id')).toMatchObject([
      {
        kind: 'delete',
        name: 'users_delete',
        target: 'users u',
        alias: 'u',
        from: 'orgs o',
        where: 'o.id = u.id',
        obstacle: null,
      },
    ])
    expect(jobs('DELETE FROM users WHERE id = 3')).toEqual([])
    expect(
      jobs(
        'INSERT INTO "Members" (no) SELECT u.id FROM users u JOIN orgs o ON o.id = u.id WHERE u.email <> \'\' ORDER BY 1 ON CONFLICT DO NOTHING',
      ),
    ).toMatchObject([
      {
        kind: 'insert',
        table: 'public.users',
        key: [{ name: 'id' }],
        target: '"Members" (no)',
        alias: 'u',
        select: 'u.id',
        from: 'users u JOIN orgs o ON o.id = u.id',
        where: "u.email <> ''",
        conflict: 'ON CONFLICT DO NOTHING',
      },
    ])
    expect(
      jobs('WITH x AS (SELECT id AS i FROM orgs) UPDATE users SET status = i::text FROM x WHERE i = users.id'),
    ).toMatchObject([{ with: 'WITH x AS (SELECT id AS i FROM orgs)', from: 'x', obstacle: null }])
  })

  test.each([
    [
      'WITH gone AS (DELETE FROM orgs RETURNING id) UPDATE users SET status = gone.id::text FROM gone',
      'changes other rows in its WITH',
    ],
    [
      'WITH x AS (SELECT status, count(*) AS n FROM users GROUP BY status) UPDATE users SET status = x.n::text FROM x WHERE x.status = users.status',
      'reads a column that it changes',
    ],
    [
      'WITH twice AS (SELECT email FROM users GROUP BY email HAVING count(*) > 1) DELETE FROM users USING twice WHERE twice.email = users.email',
      'looks at other rows of `users`',
    ],
    ['DELETE FROM users a USING users b WHERE a.email = b.email AND a.id > b.id', 'looks at other rows of `users`'],
    [
      'UPDATE users SET status = (SELECT max(o.status) FROM users o WHERE o.email = users.email)',
      'reads a column that it changes',
    ],
    ['INSERT INTO "Members" (no, n) SELECT id, count(*) FROM users GROUP BY id', 'sums rows up'],
    ['INSERT INTO "Members" (no, n) SELECT 1, max(id) FROM users', 'sums rows up'],
    ['INSERT INTO "Members" (no) SELECT id FROM users LIMIT 5', 'takes some rows only'],
    ['INSERT INTO "Members" (no) SELECT id FROM users UNION ALL SELECT 1', null],
    ['INSERT INTO "Members" (no) VALUES (1)', null],
    ['INSERT INTO "Members" (no) SELECT 1', null],
  ])('%s', (sql, obstacle) => {
    const found = jobs(sql)
    if (obstacle === null) return void expect(found.filter((j) => j.obstacle === null)).toEqual([])
    expect(found).toHaveLength(1)
    expect(found[0]!.obstacle).toContain(obstacle)
    expect(backfillScript(found[0]!)).toBeNull()
  })

  test('a table without a key is told so', () => {
    const bare = schema([table('users', [column('id', 'integer'), column('status', 'text')])])
    expect(backfillsOf(review("UPDATE users SET status = ''", [], bare))[0]!.obstacle).toContain(
      '`users` has no primary key',
    )
  })
})

describe('a backfill', () => {
  async function fill(count: number): Promise<void> {
    await db.exec(`DROP TABLE IF EXISTS users, "Members" CASCADE;
      CREATE TABLE users (id integer PRIMARY KEY, email text, status text);
      CREATE TABLE "Members" ("Org" uuid, no integer, n integer, PRIMARY KEY ("Org", no));
      INSERT INTO users SELECT n * 3, 'User' || n FROM generate_series(1, ${count}) n;
      INSERT INTO "Members" SELECT md5((n % 7)::text)::uuid, n, 0 FROM generate_series(1, ${count}) n;`)
  }

  test('stops at any moment, goes on where it stopped, is complete, and does nothing when it runs again', async () => {
    await fill(2500)
    const script = scriptOf('UPDATE users SET status = lower(email) WHERE email IS NOT NULL')
    await db.exec(script.install)
    await db.exec('CALL backfill_users_status(batch => 100, pause => 0, most => 3)')
    const [part] = await rows<{ n: number }>('SELECT count(*)::integer AS n FROM users WHERE status IS NOT NULL')
    expect(part!.n).toBeGreaterThan(0)
    expect(part!.n).toBeLessThan(2500)

    await db.exec(
      "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 6600 THEN RAISE 'stopped'; END IF; RETURN NEW; END $$; CREATE TRIGGER fail BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION fail();",
    )
    await expect(db.exec('CALL backfill_users_status(pause => 0, batch => 100)')).rejects.toThrow('stopped')
    const [more] = await rows<{ n: number }>('SELECT count(*)::integer AS n FROM users WHERE status IS NOT NULL')
    expect(more!.n).toBeGreaterThan(part!.n)
    expect(more!.n).toBeLessThan(2500)
    await db.exec('DROP FUNCTION fail CASCADE')

    await db.exec(script.install)
    await db.exec(script.run)
    expect(await rows(script.verify)).toEqual([{ rows_left: 0 }])
    expect(await rows('SELECT count(*)::integer AS n FROM users WHERE status = lower(email)')).toEqual([{ n: 2500 }])
    expect(await rows(script.progress)).toMatchObject([{ rows_changed: 2500, last_1: 7500 }])

    const [xmin] = await rows('SELECT max(xmin::text::bigint) AS x FROM users')
    await db.exec(script.run)
    expect(await rows('SELECT max(xmin::text::bigint) AS x FROM users')).toEqual([xmin])
    await db.exec(script.cleanup)
    expect(
      await rows(
        "SELECT 1 FROM pg_class WHERE relname LIKE 'backfill%' UNION SELECT 1 FROM pg_proc WHERE proname LIKE 'backfill%'",
      ),
    ).toEqual([])
  })

  test('comes to an end while rows are added behind it', async () => {
    await fill(100)
    const script = scriptOf("UPDATE users SET status = 'a'")
    await db.exec(script.install)
    let batches = 0
    for (let more = true; more; batches++) {
      await db.exec(`INSERT INTO users (id, status) SELECT max(id) + 1, 'new code' FROM users`)
      more = (await rows<{ more: boolean }>('SELECT backfill_users_status_step(10) AS more'))[0]!.more
    }
    expect(batches).toBe(12)
    expect(await rows("SELECT count(*)::integer AS n FROM users WHERE status = 'a'")).toEqual([{ n: 101 }])
    await db.exec(script.cleanup)
  })

  test('walks a key of several columns with odd names and changes every row exactly once', async () => {
    await fill(1000)
    const script = scriptOf('UPDATE "Members" AS m SET n = m.n + 1')
    await db.exec(script.install)
    for (let more = true; more;)
      more = (await rows<{ more: boolean }>('SELECT backfill_members_n_step(37) AS more'))[0]!.more
    expect(await rows('SELECT n, count(*)::integer AS rows FROM "Members" GROUP BY n')).toEqual([{ n: 1, rows: 1000 }])
    expect(await rows(script.verify)).toEqual([{ rows_changed: 1000, finished: true }])
    await db.exec(script.cleanup)
  })

  test('takes an UPDATE with another table and comments in it', async () => {
    await fill(50)
    const script = scriptOf(
      'UPDATE users u SET status = m.n::text -- from members\n FROM "Members" m -- all\n WHERE m.no = u.id / 3 -- joined',
    )
    await db.exec(script.install)
    await db.exec(script.run)
    expect(await rows("SELECT count(*)::integer AS n FROM users WHERE status = '0'")).toEqual([{ n: 50 }])
    expect(await rows(script.verify)).toEqual([{ rows_left: 0 }])
    await db.exec(script.cleanup)
  })

  test.each([
    ['uuid', 'md5(n::text)::uuid'],
    ['text', "'k' || n"],
    ['varchar(20) COLLATE "C"', "CASE WHEN n % 2 = 0 THEN 'K' ELSE 'k' END || n"],
    ['timestamptz', "timestamptz '2020-01-01' + n * interval '1 second'"],
    ['numeric(10,2)', 'n / 100.0'],
    ['bigint', '-n'],
  ])('walks a key of %s', async (type, value) => {
    await db.exec(
      `DROP TABLE IF EXISTS users CASCADE; CREATE TABLE users (id ${type} PRIMARY KEY, email text, status text); INSERT INTO users (id) SELECT ${value} FROM generate_series(1, 500) n;`,
    )
    const of = schema([
      table(
        'users',
        [
          column('id', type.replace(' COLLATE "C"', ''), { nullable: false }),
          column('email', 'text'),
          column('status', 'text'),
        ],
        { primaryKey: primary('id') },
      ),
    ])
    const script = backfillScript(
      backfillsOf(review("UPDATE users SET status = coalesce(status, '') || 'x'", [], of))[0]!,
    )!
    await db.exec(script.install)
    await db.exec('CALL backfill_users_status(batch => 77, pause => 0, most => 3)')
    await db.exec('CALL backfill_users_status(batch => 77, pause => 0)')
    expect(await rows('SELECT status, count(*)::integer AS n FROM users GROUP BY 1')).toEqual([{ status: 'x', n: 500 }])
    expect(await rows(script.progress)).toMatchObject([{ rows_read: 500, rows_changed: 500 }])
    await db.exec(script.cleanup)
  })

  test('removes, and copies, each row once', async () => {
    await fill(400)
    const clear = scriptOf('DELETE FROM users WHERE id % 2 = 0')
    await db.exec(clear.install)
    for (let more = true; more;)
      more = (await rows<{ more: boolean }>('SELECT backfill_users_delete_step(30) AS more'))[0]!.more
    expect(
      await rows('SELECT count(*)::integer AS n, count(*) FILTER (WHERE id % 2 = 0)::integer AS even FROM users'),
    ).toEqual([{ n: 200, even: 0 }])
    expect(await rows(clear.verify)).toEqual([{ rows_left: 0 }])
    await db.exec(clear.cleanup)

    const copy = scriptOf(
      'INSERT INTO "Members" ("Org", no, n) SELECT md5(u.email)::uuid, u.id, 7 FROM users AS u WHERE u.id > 9 -- not the first\n',
    )
    await db.exec(copy.install)
    await db.exec('CALL backfill_members_copy(batch => 13, pause => 0, most => 4)')
    expect((await rows<{ n: number }>('SELECT count(*)::integer AS n FROM "Members" WHERE n = 7'))[0]!.n).toBe(52 - 2)
    await db.exec('CALL backfill_members_copy(batch => 13, pause => 0)')
    await db.exec('CALL backfill_members_copy(batch => 13, pause => 0)')
    expect(
      await rows('SELECT count(*)::integer AS n, count(DISTINCT no)::integer AS ids FROM "Members" WHERE n = 7'),
    ).toEqual([{ n: 198, ids: 198 }])
    await db.exec(copy.cleanup)
  })

  test('takes a WITH along', async () => {
    await fill(90)
    const script = scriptOf(
      'WITH lengths AS (SELECT no, length(no::text) AS l FROM "Members") UPDATE users SET status = l::text FROM lengths WHERE lengths.no * 3 = users.id',
    )
    await db.exec(script.install)
    await db.exec('CALL backfill_users_status(batch => 20, pause => 0)')
    expect(await rows('SELECT status, count(*)::integer AS n FROM users GROUP BY 1 ORDER BY 1')).toEqual([
      { status: '1', n: 9 },
      { status: '2', n: 81 },
    ])
    await db.exec(script.cleanup)
  })

  test('no transaction changes more rows than a batch, and after one that took too long it changes fewer', async () => {
    await fill(1000)
    const script = scriptOf("UPDATE users SET status = 'a'")
    const sizes = () =>
      rows<{ n: number }>(
        'SELECT count(*)::integer AS n FROM users WHERE status IS NOT NULL GROUP BY xmin ORDER BY xmin::text::bigint',
      ).then((r) => r.map((x) => x.n))
    await db.exec(script.install)
    await db.exec('CALL backfill_users_status(batch => 128, pause => 0, budget => 1000)')
    expect(await sizes()).toEqual([128, 128, 128, 128, 128, 128, 128, 104])
    await db.exec(script.cleanup)
    await fill(1000)
    await db.exec(script.install)
    // No batch is quick enough, so each is half of the one before.
    await db.exec('CALL backfill_users_status(batch => 128, pause => 0, budget => -1, most => 9)')
    expect(await sizes()).toEqual([128, 64, 32, 16, 8, 4, 2, 1, 1])
    expect(
      await rows(
        "SELECT mode FROM pg_locks WHERE relation = 'users'::regclass AND pid = pg_backend_pid() AND mode <> 'AccessShareLock'",
      ),
    ).toEqual([])
    await db.exec(script.cleanup)
  })

  test.each(['prisma', 'drizzle'] as const)('runs from TypeScript for %s', async (orm) => {
    await fill(120)
    const script = scriptOf("UPDATE users SET status = 'a'")
    await db.exec(script.install)
    const { code } = await transform(script[orm], { loader: 'ts', format: 'esm' })
    const calls: string[] = []
    const query = async (text: string, ...values: unknown[]) => {
      calls.push(text)
      return db.query(text, values)
    }
    const prelude = code
      .replaceAll(/^import .*$/gm, '')
      .replace('process.env.BATCH', "'25'")
      .replace('process.env.PAUSE_MS', "'0'")
    const run = new Function(
      'PrismaClient',
      'sql',
      'db',
      'setTimeout',
      'console',
      `return (async () => { ${prelude} })()`,
    ) as (...of: unknown[]) => Promise<void>
    class Client {
      async $queryRawUnsafe(text: string, ...values: unknown[]) {
        return (await query(text, ...values)).rows
      }
      async $disconnect() {}
    }
    await run(Client, { raw: (text: string) => text }, { execute: query }, async () => {}, { log() {} })
    expect(calls.filter((c) => c.includes('_step('))).toHaveLength(6)
    expect(await rows("SELECT count(*)::integer AS n FROM users WHERE status = 'a'")).toEqual([{ n: 120 }])
    await db.exec(script.cleanup)
  })

  test('is not written for a table without a key', () => {
    const bare = schema([table('users', [column('id', 'integer'), column('status', 'text')])])
    expect(backfillScript(backfillsOf(review("UPDATE users SET status = ''", [], bare))[0]!)).toBeNull()
  })
})
