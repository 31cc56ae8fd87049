import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backfillScript } from '../../src/planner/backfill/script.ts'
import { planOf } from '../../src/planner/plan.ts'
import { recipesOf } from '../../src/planner/recipes/recognise.ts'
import { planToJson } from '../../src/planner/show-json.ts'
import { planToComment, planToMarkdown, planToText } from '../../src/planner/show.ts'
import { replayStatements } from '../../src/planner/trial.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { caseName, nextStatement, recipeCases } from './recipe-cases.ts'
import { reviewOf } from './review-of.ts'

let db: PGlite

beforeAll(async () => {
  await loadParser()
  db = await PGlite.create()
})
afterAll(async () => {
  await db.close()
})

describe('a recipe, statement by statement, with the code of each moment between them', () => {
  test.each(recipeCases.map((each) => ({ ...each, name: caseName(each) })))(
    '$name',
    async ({ kind, given, up, clients, value, done }) => {
      await db.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${given}`)
      const recipe = recipesOf(reviewOf(given, up)).find((r) => r.kind === kind)!
      expect(recipe).toBeDefined()
      let codes = 0
      const state = { next: 0 }
      const runClients = async () => {
        for (const client of clients) {
          if (codes < client.from || codes >= client.until) continue
          for (const sql of client.statements) await db.query(nextStatement(sql, state))
        }
      }
      await runClients()
      for (const step of recipe.steps) {
        if (step.phase === 'code') codes = Math.floor(codes) + 1
        if (step.phase === 'contract' && Number.isInteger(codes)) codes += 0.5
        await runClients()
        for (const sql of step.sql) {
          await db.query(sql)
          if (!step.together) await runClients()
        }
        if (step.backfill) {
          const job = step.backfill.valueKnown
            ? step.backfill
            : { ...step.backfill, set: step.backfill.set.replace(/= NULL \/\*.*\*\//, `= ${value}`) }
          const script = backfillScript(job)!
          await db.exec(script.install)
          for (let more = true; more;) {
            more = (await db.query<{ more: boolean }>(`SELECT backfill_${job.name}_step(60) AS more`)).rows[0]!.more
            await runClients()
          }
          expect(Object.values((await db.query<Record<string, unknown>>(script.verify)).rows[0]!)).toEqual([0])
          await db.exec(script.cleanup)
        }
        await runClients()
      }
      expect(Object.values((await db.query<Record<string, unknown>>(done)).rows[0]!)).toEqual([true])
    },
  )
})

describe('a plan', () => {
  const given = 'CREATE TABLE users (id integer PRIMARY KEY, email text, legacy integer);'
  const mixed =
    'ALTER TABLE users ADD COLUMN name text; UPDATE users SET email = lower(email); CREATE INDEX CONCURRENTLY i ON users (name); ALTER TABLE users DROP COLUMN legacy;'

  test('splits a change that mixes what belongs before the code and after it', () => {
    const plan = planOf(reviewOf(given, mixed))
    expect(plan.steps.map((s) => s.phase)).toEqual(['expand', 'data', 'expand', 'contract'])
    expect(plan.mixed).toBe(true)
    expect(plan.parts.map((p) => [p.phase, p.statements])).toEqual([
      ['expand', ['ALTER TABLE users ADD COLUMN name text', 'CREATE INDEX CONCURRENTLY i ON users (name)']],
      ['data', []],
      ['code', []],
      ['contract', ['ALTER TABLE users DROP COLUMN legacy']],
    ])
    expect(planOf(reviewOf(given, 'ALTER TABLE users ADD COLUMN name text;')).mixed).toBe(false)
    expect(
      planOf(
        reviewOf(
          given,
          'CREATE TABLE a (id integer PRIMARY KEY); ALTER TABLE a ADD COLUMN n integer NOT NULL; ALTER TABLE a DROP COLUMN n;',
        ),
      ).steps.map((s) => s.phase),
    ).toEqual(['expand', 'expand', 'expand'])
  })

  test('builds the index of a unique constraint beside running writes, also on a column that takes the place of another', () => {
    const plan = planOf(
      reviewOf(
        'CREATE TABLE users (id integer PRIMARY KEY, mail text);',
        'ALTER TABLE users RENAME COLUMN mail TO email; ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);',
      ),
    )
    expect(plan.parts.at(-1)?.statements.slice(-2)).toEqual([
      'CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email)',
      'ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key',
    ])
  })

  test('leaves what stands behind the new name of a table behind it; all of it runs in order', async () => {
    const tables =
      'CREATE TABLE user_temp (id integer PRIMARY KEY, email text, legacy integer, CONSTRAINT user_temp_email UNIQUE (email)); CREATE TABLE account (id integer PRIMARY KEY, user_id integer CONSTRAINT account_user REFERENCES user_temp);'
    const up = (rename: string) =>
      `ALTER TABLE user_temp ADD COLUMN seen date; ALTER TABLE user_temp DROP COLUMN legacy; ${rename}; ALTER TABLE "user" DROP CONSTRAINT user_temp_email; ALTER TABLE account ADD COLUMN note text; CREATE TABLE session (id integer PRIMARY KEY, user_id integer REFERENCES "user"); CREATE INDEX ON session (user_id); ALTER TABLE "user" ADD CONSTRAINT user_email UNIQUE (email);`
    const { parts } = planOf(reviewOf(tables, up('ALTER TABLE user_temp RENAME TO "user"')))
    expect(parts.map(({ phase }) => phase)).toEqual(['expand', 'code', 'contract'])
    const code = parts.flatMap(({ items }) => items.flatMap(({ step }) => step.code ?? []))
    expect(new Set(code).size).toBe(code.length)
    const taken = planOf(
      reviewOf(
        `${tables} CREATE TABLE "user" (id integer PRIMARY KEY);`,
        up('ALTER TABLE "user" RENAME TO user_old; ALTER TABLE user_temp RENAME TO "user"'),
      ),
    ).parts
    for (const [given, all] of [
      [tables, parts],
      [`${tables} CREATE TABLE "user" (id integer PRIMARY KEY);`, taken],
    ] as const) {
      await db.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${given}`)
      for (const sql of all.flatMap(({ statements }) => statements)) await db.query(sql)
      const { rows } = await db.query<{ all: string }>(
        `SELECT string_agg(column_name, ',' ORDER BY ordinal_position) AS all FROM information_schema.columns WHERE table_name = 'user'`,
      )
      expect(rows).toEqual([{ all: 'id,email,seen' }])
    }
  })

  test('builds an index behind the recipe that adds its column; all of it runs in order', async () => {
    const { parts } = planOf(
      reviewOf(given, 'ALTER TABLE users ADD COLUMN plan text NOT NULL; CREATE INDEX users_plan ON users (plan);'),
    )
    const sql = parts.flatMap((p) => p.statements)
    expect(sql.indexOf('CREATE INDEX CONCURRENTLY users_plan ON users (plan)')).toBeGreaterThan(
      sql.indexOf('ALTER TABLE users ADD COLUMN plan text'),
    )
    await db.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${given}`)
    for (const statement of sql) await db.query(statement)
  })

  test('makes again on a renamed column, under their new names, the keys that the change makes again; the end is that of the change', () => {
    const review = reviewOf(
      'CREATE TABLE orgs (id integer PRIMARY KEY); CREATE TABLE users (id integer PRIMARY KEY, mail text NOT NULL, org integer CONSTRAINT users_org_fk REFERENCES orgs, note text); CREATE UNIQUE INDEX users_mail_key ON users (mail); CREATE INDEX users_mail_note_idx ON users (mail, note);',
      'DROP INDEX users_mail_key; DROP INDEX users_mail_note_idx; ALTER TABLE users RENAME COLUMN mail TO email; CREATE UNIQUE INDEX users_email_key ON users (email);',
    )
    const plan = planOf(review)
    const sql = plan.parts.flatMap((p) => p.statements)
    expect(sql.filter((s) => s.includes('INDEX'))).toEqual([
      'DROP INDEX users_mail_note_idx',
      'CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email)',
    ])
    expect(diffSchemas(replayStatements(review.before, sql, 15).after, review.after)).toEqual([])
  })

  test.each([
    ['CREATE INDEX users_mail_idx ON users ((mail + 1)) WHERE mail IS NOT NULL;', 'mail'],
    ['ALTER TABLE users ADD CONSTRAINT u UNIQUE (mail, id); ALTER TABLE users ADD CHECK (mail > 9);', 'mail'],
    ['CREATE TABLE logins (m integer REFERENCES users (mail)); CREATE INDEX ON logins (m);', 'mail'],
    ['CREATE TABLE logins (u bigint REFERENCES users); ALTER TABLE users ADD boss bigint REFERENCES users;', 'id'],
    ['ALTER TABLE users ADD FOREIGN KEY (org) REFERENCES users (mail); CREATE INDEX u ON users (org, id);', 'org'],
  ])('ends where a rename ends, with the names that stay: %s', async (more, column) => {
    const start = `CREATE TABLE users (id bigserial PRIMARY KEY, mail integer UNIQUE, org integer NOT NULL); ${more}`
    const review = reviewOf(start, `ALTER TABLE users RENAME COLUMN ${column} TO fresh;`)
    const sql = planOf(review).parts.flatMap((p) => p.statements)
    expect(sql.length).toBeGreaterThan(3)
    expect(diffSchemas(replayStatements(review.before, sql, 15).after, review.after)).toEqual([])
    await db.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${start}`)
    for (const statement of sql) await db.query(statement)
  })

  test('runs what moves rows in the order of the change', () => {
    const { parts } = planOf(
      reviewOf(
        given,
        'ALTER TABLE users ADD COLUMN was integer; CREATE TABLE notes (user_id integer, n integer); UPDATE users SET was = legacy WHERE legacy > 0; INSERT INTO notes SELECT id, was FROM users; ALTER TABLE users DROP COLUMN was, DROP COLUMN legacy;',
      ),
    )
    expect(parts.map((p) => [p.phase, p.statements])).toEqual([
      ['expand', ['ALTER TABLE users ADD COLUMN was integer', 'CREATE TABLE notes (user_id integer, n integer)']],
      ['data', ['ALTER TABLE users DROP COLUMN was']],
      ['code', []],
      ['contract', ['ALTER TABLE users DROP COLUMN legacy']],
    ])
    expect(parts[1]?.items.map(({ step }) => step.backfill?.table ?? step.sql)).toEqual([
      'public.users',
      'public.users',
      ['ALTER TABLE users DROP COLUMN was'],
    ])
  })

  test('makes a table that is dropped and made anew, with its indexes, once the old one is gone', () => {
    const { parts } = planOf(
      reviewOf(
        given,
        'DROP TABLE users; CREATE TABLE users (id integer PRIMARY KEY, n integer); CREATE INDEX i ON users (n);',
      ),
    )
    expect(parts.map((p) => [p.phase, p.statements.length])).toEqual([
      ['code', 0],
      ['contract', 3],
    ])
  })

  test('offers no steps that would fail or end elsewhere, and says what stands in the way', () => {
    const plan = planOf(
      reviewOf(
        'CREATE TABLE users (mail text); CREATE MATERIALIZED VIEW mails AS SELECT mail FROM users;',
        'ALTER TABLE users RENAME COLUMN mail TO email;',
      ),
    )
    expect(plan.parts).toEqual([])
    expect(plan.backfills).toEqual([])
    expect(planToText([plan])).toContain(
      'No order of steps is offered, because these statements hang together: ALTER TABLE users DROP COLUMN mail would fail: cannot drop column mail of table users because other objects depend on it.',
    )
  })

  test('says what the schema of the ORM gets with the migration: fields with their types, indexes', () => {
    const review = reviewOf(
      given,
      'ALTER TABLE users ADD COLUMN plan varchar(20), DROP COLUMN legacy; CREATE INDEX CONCURRENTLY i ON users (plan, email); CREATE INDEX CONCURRENTLY j ON users (lower(email));',
    )
    const plan = planOf({ ...review, project: { ...review.project, orm: 'prisma' } })
    expect(plan.parts[0]?.items.map(({ step }) => step.code)).toEqual([
      '  model users\n+ plan String? @db.VarChar(20)\n+ @@index([plan, email])',
    ])
  })

  test('prints each migration apart, as it has to be deployed', () => {
    const up = 'ALTER TABLE users ADD COLUMN plan text NOT NULL; CREATE INDEX ON users (email);'
    const text = planToText([planOf(reviewOf(given, up))])
    expect(text).toContain(
      'Migration 1 of 2, outside of a transaction:\n\n  CREATE INDEX CONCURRENTLY users_email_idx ON users (email);',
    )
    expect(text).toMatch(
      /NOT VALID;\n\nMigration 2 of 2:\n\n {2}SET lock_timeout = '2s';\n {2}ALTER TABLE users VALIDATE/,
    )
  })

  test('says what cannot run as it is written, and leaves it out', () => {
    const plan = planOf(
      reviewOf(
        `${given} CREATE VIEW mails AS SELECT email FROM users;`,
        'ALTER TABLE users ALTER COLUMN email TYPE varchar(9); ALTER TABLE users ADD COLUMN name text; ALTER TABLE users DROP COLUMN legacy;',
      ),
    )
    expect(plan.parts.flatMap((p) => p.statements).join()).not.toContain('varchar')
    expect(planToText([plan])).toContain('migrations/1_up.sql line 1: cannot alter type of a column used by a view')
  })

  test('checks the down migration that is there, and says what it leaves', () => {
    const down = (sql: string) =>
      planOf(reviewOf(given, 'ALTER TABLE users ADD COLUMN name text, ADD COLUMN n integer;', { down: sql })).downs
    expect(down('ALTER TABLE users DROP COLUMN name, DROP COLUMN n;')).toMatchObject([{ state: 'right', problem: '' }])
    expect(down('ALTER TABLE users DROP COLUMN name;')).toMatchObject([
      { state: 'wrong', problem: 'it leaves out: users: − n' },
    ])
    expect(down('ALTER TABLE users DROP COLUMN nam;')).toMatchObject([
      { state: 'wrong', problem: expect.stringContaining('line 1 fails: ') as string },
    ])
    expect(planOf(reviewOf(given, 'ALTER TABLE users ADD COLUMN name text;')).downs).toMatchObject([
      { state: 'missing' },
    ])
  })

  test('asks what would fail before, and what was left after; the queries run', async () => {
    const orders = `${given} CREATE TABLE orders (id integer PRIMARY KEY, user_id integer, code varchar(20), amount bigint);`
    const plan = planOf(
      reviewOf(
        orders,
        `ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users, ADD CONSTRAINT u UNIQUE (code, user_id), ALTER COLUMN amount TYPE integer, ALTER COLUMN code TYPE varchar(10), ADD CHECK (amount > 0); ALTER TABLE users ALTER COLUMN email SET NOT NULL; CREATE UNIQUE INDEX e ON users (email) WHERE legacy IS NULL;`,
      ),
    )
    await db.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${orders}`)
    expect(plan.preflight.map((q) => q.title)).toEqual([
      'Rows of orders that point at no row of users; expect 0',
      'Values of orders that stand in several rows; expect none',
      'Values of orders.amount that do not fit integer; expect 0',
      'Values of orders.code longer than 10; expect 0',
      'Rows of orders that break orders_amount_check; expect 0',
      'Rows of users without email; expect 0',
      'Values of users that stand in several rows; expect none',
      'How large the touched tables are',
      'Who holds locks on them now; expect no transaction that is old',
    ])
    for (const { sql } of [...plan.preflight, ...plan.aftercare]) await db.query(sql)
    await db.exec("INSERT INTO orders VALUES (1, 5, 'a', 3000000000)")
    expect((await db.query(plan.preflight[0]!.sql)).rows).toEqual([{ count: 1 }])
    expect((await db.query(plan.preflight[2]!.sql)).rows).toEqual([{ count: 1 }])
  })

  test('says one line, and asks little, where nothing has to be split', () => {
    const plan = planOf(reviewOf(given, 'ALTER TABLE users ADD COLUMN name text;'))
    expect(planToText([plan]).split('\n').slice(0, 4)).toEqual([
      'Deploy order',
      '============',
      '',
      'Run the migration before the code that needs it; there is nothing to split.',
    ])
    expect(plan.preflight.map((q) => q.title)).toEqual([
      'How large the touched tables are',
      'Who holds locks on them now; expect no transaction that is old',
    ])
    expect(plan.aftercare).toEqual([])
    expect(planOf(reviewOf(given, 'CREATE INDEX i ON users (email);')).aftercare.map((q) => q.title)).toEqual([
      'Indexes that a failed build left invalid; expect none',
      'How far an index build is',
      'Fresh statistics for the planner',
    ])
  })

  test('fits into a comment: scripts go first, then reasons, and what is cut says so', () => {
    const tables = Array.from({ length: 12 }, (_, i) => `t${i}`)
    const plan = planOf(
      reviewOf(
        tables.map((t) => `CREATE TABLE ${t} (id integer PRIMARY KEY, a text, b integer);`).join('\n'),
        tables.map((t) => `ALTER TABLE ${t} RENAME COLUMN a TO c; UPDATE ${t} SET b = 1;`).join('\n'),
      ),
    )
    const full = planToComment([plan], 1e6)
    expect(full).toBe(planToMarkdown([plan]))
    let limit = full.length - 1
    for (const [holds, lacks] of [
      ['### Backfills in batches', 'Install: progress'],
      ['### Rollback', '### Backfills in batches'],
      ['longer than a comment can be', '### Rollback'],
    ] as const) {
      const comment = planToComment([plan], limit)
      expect(comment.length).toBeLessThanOrEqual(limit)
      expect(comment).toContain('### Deploy order')
      expect(comment).toContain(holds)
      expect(comment).not.toContain(lacks)
      expect(comment).toContain('`schemagate plan` prints all of it')
      expect(comment.match(/^```/gm)?.length ?? 0).toSatisfy((n: number) => n % 2 === 0)
      expect(comment.split('<details>').length).toBe(comment.split('</details>').length)
      limit = holds.startsWith('### Rollback') ? 3000 : comment.length - 1
    }
  })

  test.each<readonly [string, string, string]>([
    ...recipeCases.map((each) => [caseName(each), each.given, each.up] as const),
    [
      'what goes',
      `${given} CREATE INDEX old_idx ON users (legacy); CREATE TABLE gone (id integer);`,
      'DROP INDEX old_idx; DROP TABLE gone; ALTER TABLE users DROP COLUMN legacy;',
    ],
    [
      'a cast',
      "CREATE TABLE t (id integer PRIMARY KEY, u text); INSERT INTO t VALUES (1, 'no'), (2, '00000000-0000-0000-0000-000000000000');",
      'ALTER TABLE t ALTER COLUMN u TYPE uuid USING u::uuid;',
    ],
  ])('every query runs, before and after: %s', async (_, before, up) => {
    await db.exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${before}`)
    const plan = planOf(reviewOf(before, up), 18)
    expect(plan.preflight.length).toBeGreaterThan(1)
    for (const { sql } of plan.preflight) await db.query(sql)
    const cast = plan.preflight.find((q) => q.title.includes('are no uuid'))
    if (cast) expect((await db.query(cast.sql)).rows).toEqual([{ u: 'no' }])
    await db.exec(
      "DO $$ BEGIN IF to_regclass('t') IS NOT NULL THEN DELETE FROM t; END IF; IF to_regtype('status') IS NOT NULL THEN DELETE FROM orders; END IF; END $$",
    )
    await db.exec(up).catch((error: Error) => {
      expect(error.message).toMatch(/contains null values/)
    })
    for (const { sql } of plan.aftercare) await db.query(sql)
  })

  test('reads as text, Markdown and JSON, in which names of the change keep their place', () => {
    const hostile = 'CREATE TABLE "a``` \n# b" (id integer PRIMARY KEY, "<img>" integer);'
    const plan = planOf(
      reviewOf(hostile, 'ALTER TABLE "a``` \n# b" DROP COLUMN "<img>"; UPDATE "a``` \n# b" SET id = id + 1;'),
    )
    const markdown = planToMarkdown([plan])
    const outside = markdown
      .replaceAll(/\\[^\n]/g, '')
      .replaceAll(/^(`{3,})[a-z]*\n[^]*?\n\1$/gm, '')
      .replaceAll(/(`+)[^`][^]*?\1/g, '')
    expect(outside).not.toContain('<img>')
    expect(outside).not.toMatch(/^# b/m)
    expect(outside).toContain('### Rollback')
    expect(planToText([plan])).toContain('Rollback')
    expect(JSON.parse(JSON.stringify(planToJson([plan])))).toMatchObject({
      version: 1,
      plans: [{ project: '.', mixed: true, rollback: { lossy: expect.any(Array) as unknown[] } }],
    })
  })
})

describe('a block and the statements in it', () => {
  const given = 'CREATE TABLE users (id bigint PRIMARY KEY, name text, email text)'
  const statementsOf = (up: string) => planOf(reviewOf(given, up)).parts.flatMap(({ statements }) => statements)

  test('are taken apart where the block only puts them together', () => {
    const up = 'DO $$ BEGIN ALTER TABLE users ADD COLUMN age int; ALTER TABLE users DROP COLUMN email; END $$;'
    expect(statementsOf(up)).toEqual(['ALTER TABLE users ADD COLUMN age int', 'ALTER TABLE users DROP COLUMN email'])
  })

  test('stay one statement where the block decides, and all of it belongs to one phase', () => {
    const block = `DO $$ BEGIN IF true THEN ALTER TABLE users ADD COLUMN age int; END IF; END $$`
    expect(statementsOf(`${block}; ALTER TABLE users DROP COLUMN email;`)).toEqual([
      block,
      'ALTER TABLE users DROP COLUMN email',
    ])
  })
})
