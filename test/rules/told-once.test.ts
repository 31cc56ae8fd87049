import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'
import { reviewExample } from '../example.ts'

test('a required column that is dropped and added again is one finding, not that of a new column too', async () => {
  const rule = catalog.find(({ id }) => id === 'no-drop-and-recreate-column')
  if (rule === undefined) throw new Error('no such rule')
  const given = 'create table users (id bigint primary key, age text not null);'
  const sql = 'alter table users drop column age, add column age integer not null;'
  const { findings } = await reviewExample({ given, sql }, rule, catalog)
  expect(findings.filter(({ severity }) => severity === 'error').map((each) => each.rule)).toEqual([rule.id])
})

test('an index that a foreign key lacks is not missed again by a query over the same column', async () => {
  const rule = catalog.find(({ id }) => id === 'require-foreign-key-index')
  if (rule === undefined) throw new Error('no such rule')
  const given = 'create table users (id bigint primary key);'
  const sql = `create table reviews (id bigint primary key, user_id bigint not null references users (id), sku text not null);`
  const typescript = `import { Pool } from 'pg'
    const pool = new Pool()
    export const of = (id: string) => pool.query('SELECT id FROM reviews WHERE user_id = $1 LIMIT 9', [id])
    export const about = (sku: string) => pool.query('SELECT id FROM reviews WHERE sku = $1 LIMIT 9', [sku])`
  const told = async (ddl: string, rules: typeof catalog): Promise<readonly string[]> => {
    const { findings } = await reviewExample({ given, sql: ddl, typescript }, rule, rules)
    return findings
      .filter((each) => each.group !== 'operations')
      .map((each) => `${each.rule} ${/`(?:user_id|sku)`/.exec(each.message)?.[0] ?? ''}`)
  }
  const pair = catalog.filter(({ id }) => id === rule.id || id === 'require-index-for-filter')
  expect(await told(sql, pair)).toEqual(['require-foreign-key-index `user_id`', 'require-index-for-filter `sku`'])
  expect(
    await told(
      sql,
      pair.filter((each) => each !== rule),
    ),
  ).toEqual(['require-index-for-filter `user_id`'])
})

test('a constraint that waits to be validated is told of at the next change of its table, and not at each one after', async () => {
  const added = {
    'db/migrations/0001_made.sql': 'create table orders (id bigint primary key, total numeric);',
    'db/migrations/0002_checked.sql':
      'alter table orders add constraint orders_total check (total >= 0) not valid;\ncreate index concurrently on orders (total);',
  }
  const next = { ...added, 'db/migrations/0003_note.sql': 'alter table orders add column note text;' }
  const later = { ...next, 'db/migrations/0004_place.sql': 'alter table orders add column place text;' }
  const told = async (base: Readonly<Record<string, string>>, head: Readonly<Record<string, string>>) => {
    const { findings } = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
      rules: catalog,
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
    })
    return findings.filter(({ rule }) => rule === 'require-validation').map(({ place }) => place.path)
  }
  expect(await told(added, next)).toEqual(['db/migrations/0003_note.sql'])
  expect(await told(next, later)).toEqual([])
})

test('a MERGE that the server does not know is not held against its locks as well', async () => {
  const rule = catalog.find(({ id }) => id === 'no-newer-syntax')
  if (rule === undefined) throw new Error('no such rule')
  const given = 'create table users (id bigint primary key, name text); create table names (id bigint primary key);'
  const sql = `merge into users using names on users.id = names.id when matched then update set name = 'x';`
  const { findings } = await reviewExample({ given, sql, postgres: 14 }, rule, catalog)
  expect(findings.map((each) => each.rule)).toEqual([rule.id])
})

test('an index that is dropped and built anew is one finding, whose help takes the drop along', async () => {
  const rule = catalog.find(({ id }) => id === 'require-concurrent-index')
  if (rule === undefined) throw new Error('no such rule')
  const given = `create table orders (id bigint primary key, user_id bigint, region text); create index orders_user_id on orders (user_id);`
  const sql = `drop index orders_user_id; create index orders_user_id on orders (user_id, region);`
  const { findings } = await reviewExample({ given, sql, runner: 'goose' }, rule, catalog)
  expect(findings.filter(({ group }) => group !== 'transactions').map((each) => each.rule)).toEqual([rule.id])
})

test('a row that is looked for before it is inserted is told of the question, not of the insert too', async () => {
  const rule = catalog.find(({ id }) => id === 'no-query-in-loop')
  if (rule === undefined) throw new Error('no such rule')
  const typescript = `import { Pool } from 'pg'
    const pool = new Pool()
    export async function sync(rows: { sku: string; total: number }[]) {
      for (const { sku, total } of rows) {
        const { rows: found } = await pool.query('SELECT id FROM orders WHERE sku = $1', [sku])
        if (found.length === 0) await pool.query('INSERT INTO orders (sku, total) VALUES ($1, $2)', [sku, total])
      }
    }`
  const given = 'create table orders (id bigint generated always as identity primary key, sku text, total numeric);'
  const { findings } = await reviewExample({ given, typescript }, rule, catalog)
  const told = findings.map((each) => each.rule)
  expect(told).toContain(rule.id)
  expect(told).not.toContain('prefer-bulk-insert')
})

test('a schema that only a snapshot tells is judged at the lines of the migrations', async () => {
  const id = (name: string) => ({ name, type: 'integer', primaryKey: name === 'id', notNull: true })
  const table = (name: string, ...columns: string[]) => ({
    name,
    schema: '',
    columns: Object.fromEntries(columns.map((column) => [column, id(column)])),
    indexes: {},
    foreignKeys:
      name === 'orders'
        ? {
            orders_team_id_fk: {
              name: 'orders_team_id_fk',
              tableFrom: 'orders',
              tableTo: 'teams',
              columnsFrom: ['team_id'],
              columnsTo: ['id'],
              onDelete: 'cascade',
              onUpdate: 'no action',
            },
          }
        : {},
    compositePrimaryKeys: {},
    uniqueConstraints: {},
    policies: {},
    checkConstraints: {},
    isRLSEnabled: false,
  })
  const snapshot = {
    id: 'a',
    prevId: 'b',
    version: '7',
    dialect: 'postgresql',
    tables: { 'public.teams': table('teams', 'id'), 'public.orders': table('orders', 'id', 'team_id') },
    enums: {},
    schemas: {},
    sequences: {},
    roles: {},
    policies: {},
    views: {},
  }
  const base = { 'package.json': '{"dependencies":{"drizzle-orm":"0.44.0"}}' }
  const head = {
    ...base,
    'drizzle/meta/_journal.json': JSON.stringify({
      version: '7',
      dialect: 'postgresql',
      entries: [{ idx: 0, version: '7', when: 1, tag: '0000_first', breakpoints: true }],
    }),
    'drizzle/meta/0000_snapshot.json': JSON.stringify(snapshot),
    'drizzle/0000_first.sql': `CREATE TABLE "teams" ("id" integer PRIMARY KEY NOT NULL);
--> statement-breakpoint
CREATE TABLE "orders" ("id" integer PRIMARY KEY NOT NULL, "team_id" integer NOT NULL);
--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_team_id_fk" FOREIGN KEY ("team_id") REFERENCES "teams"("id") ON DELETE cascade ON UPDATE no action;`,
  }
  const { findings } = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
    rules: catalog,
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  const [missing] = findings.filter(({ rule }) => rule === 'require-foreign-key-index')
  expect(missing?.place).toMatchObject({ path: 'drizzle/0000_first.sql' })
})

test('a rename is told once: by the rule that knows which code still says the old name, if there is any', async () => {
  const rule = catalog.find(({ id }) => id === 'no-rename-column')
  if (rule === undefined) throw new Error('no such rule')
  const given = `create type mood as enum ('sad', 'ok'); create table users (id bigint primary key, name text, mood mood); create table orders (id bigint primary key);`
  const typescript = `import { Pool } from 'pg'
    const pool = new Pool()
    export const one = (id: string) => pool.query("SELECT name FROM users WHERE mood = 'ok' AND id = $1", [id])
    export const other = (id: string) => pool.query('SELECT id FROM orders WHERE id = $1', [id])`
  const sql = `set lock_timeout = '3s'; alter table users rename column name to title; alter table orders rename to sales; alter type mood rename value 'ok' to 'fine';`
  const told = async (example: Parameters<typeof reviewExample>[0]) => {
    const { findings } = await reviewExample(example, rule, catalog)
    return findings.flatMap((each) => (each.severity === 'error' && !each.suppressed ? [each.rule] : []))
  }
  const renames = ['no-rename-column', 'no-rename-table', 'no-rename-enum-value']
  expect(await told({ given, sql })).toEqual(renames)
  expect(await told({ given, sql, typescript })).toEqual([
    'no-used-column-drop',
    'no-used-table-drop',
    'no-used-enum-value-drop',
  ])
  const silenced = `-- schemagate-ignore-file no-used-column-drop, no-used-table-drop, no-used-enum-value-drop: the old code goes first\n${sql}`
  const { findings } = await reviewExample({ given, sql: silenced, typescript }, rule, catalog)
  expect(findings.filter(({ severity, rule: id }) => severity === 'error' && renames.includes(id))).toHaveLength(3)
})

test('a trigger that locks without a timeout is told once, with the line that mends it', async () => {
  const rule = catalog.find(({ id }) => id === 'no-blocking-trigger')
  const example = rule?.bad[0]
  if (rule === undefined || example === undefined) throw new Error('no such rule')
  const { findings } = await reviewExample(example, rule, catalog)
  expect(findings.map((each) => each.rule)).toEqual([rule.id])
  expect(findings[0]?.suggestion?.text).toMatch(/^SET lock_timeout = '3s';\ncreate trigger/)
})

test.each([
  [
    'no-drop-table',
    'a key that goes with its table',
    {
      given: 'create table users (id bigint, constraint users_pkey primary key (id));',
      sql: 'alter table users drop constraint users_pkey; drop table users;',
    },
  ],
  [
    'require-concurrent-index',
    'an index that is dropped where it may be and built anew',
    {
      given: 'create table users (id bigint primary key, name text);',
      sql: 'drop index if exists users_name; create index users_name on users (name);',
    },
  ],
  ['prefer-bigint-primary-key', 'a key that is too narrow', { sql: 'create table orders (id serial primary key);' }],
  [
    'no-repeated-version',
    'two migrations of one version',
    {
      runner: 'flyway',
      given: 'create table users (id bigint generated always as identity primary key);',
      files: {
        'src/main/resources/db/migration/V0001__early.sql':
          'create table early (id bigint generated always as identity primary key);',
      },
    },
  ],
])('%s alone tells of %s', async (id, _, example) => {
  const rule = catalog.find((each) => each.id === id)
  if (rule === undefined) throw new Error('no such rule')
  const { findings } = await reviewExample(example, rule, catalog)
  expect(findings.map((each) => each.rule).filter((each) => each !== 'require-lock-timeout')).toEqual([id])
})

test('a second client is one too many, and not also one that a hot reload makes anew', async () => {
  const client = `import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n`
  const base = {
    'package.json': '{ "dependencies": { "next": "15.0.0", "@prisma/client": "6.5.0", "prisma": "6.5.0" } }',
    'next.config.js': 'module.exports = {}',
    'prisma/schema.prisma':
      'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\ngenerator client {\n  provider = "prisma-client-js"\n}\nmodel User {\n  id String @id\n}\n',
    'src/db.ts': client,
  }
  const head = { ...base, 'src/stats.ts': client }
  const { findings } = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
    rules: catalog,
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  expect(findings.map(({ rule, place }) => [rule, place.path])).toEqual([['require-single-client', 'src/stats.ts']])
})
