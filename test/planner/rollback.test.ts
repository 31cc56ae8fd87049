import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rollbackOf, rollbackStatements } from '../../src/planner/rollback/rollback.ts'
import { readCatalog } from '../../src/schema/catalog.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import type { Schema } from '../../src/schema/model.ts'
import { changesToText } from '../../src/schema/show/text.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'
import { sourceFile } from '../../src/location.ts'
import { reviewOf } from './review-of.ts'

let db: PGlite

beforeAll(async () => {
  await loadParser()
  db = await PGlite.create()
})
afterAll(async () => {
  await db.close()
})

async function run(sql: readonly string[]): Promise<void> {
  for (const one of sql.filter((s) => !s.startsWith('--'))) await db.query(one)
}

function statements(sql: string): readonly string[] {
  return readSql(sourceFile('x.sql', sql))
    .statements.filter((s) => s.inside === null)
    .map((s) => s.text)
}

async function inDatabase(): Promise<Schema> {
  return readCatalog(async (sql) => (await db.query<Record<string, unknown>>(sql)).rows)
}

/** Queries of views read differently as written and as Postgres prints them. */
function withoutQueries(schema: Schema): Schema {
  return { ...schema, views: new Map([...schema.views].map(([of, view]) => [of, { ...view, definition: null }])) }
}

const given = `
CREATE TYPE role AS ENUM ('member', 'admin');
CREATE TABLE organizations (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);
CREATE TABLE users (
  id serial PRIMARY KEY, email varchar(100) NOT NULL UNIQUE, legacy_id integer NOT NULL, role role NOT NULL DEFAULT 'member', age smallint CHECK (age > 0),
  org_id uuid REFERENCES organizations ON DELETE CASCADE, created_at timestamp(3) NOT NULL DEFAULT now()
);
CREATE INDEX users_org_idx ON users (org_id) WHERE age IS NOT NULL;
CREATE INDEX users_lower_idx ON users (lower(email) DESC);
CREATE VIEW adults AS SELECT id, email FROM users WHERE age >= 18;
CREATE TYPE pair AS (a integer, b integer);
CREATE FUNCTION total(p pair) RETURNS bigint LANGUAGE sql AS $$ SELECT (p).a::bigint + (p).b $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
INSERT INTO organizations (name) VALUES ('one');
INSERT INTO users (email, legacy_id, age) SELECT n || '@x', n, n FROM generate_series(1, 50) n;
`

const changes: readonly (readonly [string, string, readonly RegExp[]])[] = [
  [
    'a new table with all that belongs to it',
    "CREATE TABLE posts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id integer NOT NULL REFERENCES users, title text UNIQUE); CREATE INDEX ON posts (user_id); ALTER TABLE posts ADD CHECK (title <> '');",
    [],
  ],
  [
    'columns, indexes and constraints that come',
    'ALTER TABLE users ADD COLUMN name text, ADD COLUMN score numeric(10,2) NOT NULL DEFAULT 0; CREATE UNIQUE INDEX users_name_key ON users (name); ALTER TABLE users ADD CONSTRAINT age_max CHECK (age < 200) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT age_max;',
    [],
  ],
  [
    'a column that goes',
    'ALTER TABLE users DROP COLUMN age CASCADE;',
    [/`users\.age` loses its values: the column comes back empty/],
  ],
  [
    'a table that goes, and what hangs on it',
    'DROP VIEW adults; DROP TABLE users; DROP TYPE role;',
    [/`users` loses its rows/],
  ],
  [
    'a type that widens',
    'ALTER TABLE users ALTER COLUMN legacy_id TYPE bigint;',
    [/need not fit `integer`: going back fails/],
  ],
  [
    'a type that narrows',
    'DROP VIEW adults; ALTER TABLE users ALTER COLUMN email TYPE varchar(20); CREATE VIEW adults AS SELECT id, email FROM users WHERE age >= 18;',
    [/what is cut or cast does not come back/],
  ],
  [
    'a type under a view and an index',
    'DROP VIEW adults; ALTER TABLE users ALTER COLUMN age TYPE integer; CREATE VIEW adults AS SELECT id, email FROM users WHERE age >= 18;',
    [/need not fit `smallint`/],
  ],
  [
    'an enum value',
    "ALTER TYPE role ADD VALUE 'owner' BEFORE 'admin';",
    [/`owner` of `role` stop the way back.*Find them: SELECT count\(\*\) FROM users WHERE role::text = 'owner'/],
  ],
  [
    'renames',
    'ALTER TABLE users RENAME COLUMN legacy_id TO old_id; ALTER TABLE users ADD COLUMN legacy_id text; ALTER TABLE users RENAME TO people; ALTER INDEX users_lower_idx RENAME TO people_lower_idx; ALTER TYPE role RENAME TO kind;',
    [],
  ],
  [
    'defaults and nullability',
    "ALTER TABLE users ALTER COLUMN email DROP NOT NULL, ALTER COLUMN role DROP DEFAULT, ALTER COLUMN age SET NOT NULL, ALTER COLUMN created_at SET DEFAULT '2020-01-01';",
    [],
  ],
  [
    'keys that go',
    'ALTER TABLE users DROP CONSTRAINT users_org_id_fkey; ALTER TABLE users DROP CONSTRAINT users_email_key; DROP INDEX users_org_idx;',
    [],
  ],
  [
    'rows that change',
    "UPDATE users SET email = 'x' || id; DELETE FROM users WHERE id = 3;",
    [/UPDATE at `migrations\/1_up\.sql` line 1 overwrites values of `users`/, /DELETE at .* removes rows of `users`/],
  ],
  [
    'row security, triggers, functions, comments',
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON users USING (id > 0); DROP TRIGGER touch ON users; CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; COMMENT ON TABLE users IS 'people';",
    [],
  ],
  [
    'a composite type that a function takes',
    'DROP FUNCTION total(pair); DROP TYPE pair; CREATE TYPE pair AS (a bigint, b bigint); CREATE FUNCTION total(p pair) RETURNS bigint LANGUAGE sql AS $$ SELECT (p).a + (p).b $$;',
    [],
  ],
  [
    'concurrent builds',
    'CREATE INDEX CONCURRENTLY users_age_idx ON users (age); DROP INDEX CONCURRENTLY users_lower_idx;',
    [],
  ],
]

describe('up, the generated way back, and the schema is what it was', () => {
  test.each(changes)('%s', async (_, up, lossy) => {
    await db.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    await db.exec(given)
    const review = reviewOf(given, up)
    const before = await inDatabase()
    await run(statements(up))
    expect(changesToText(diffSchemas(withoutQueries(await inDatabase()), review.after))).toBe('')
    if (up.includes('DROP TABLE') || up.includes('DROP COLUMN')) await db.exec('DELETE FROM organizations')
    await run(rollbackStatements(review))
    expect(changesToText(diffSchemas(await inDatabase(), before))).toBe('')
    const rollback = rollbackOf(review)
    expect(rollback.lossy).toHaveLength(lossy.length)
    for (const [i, pattern] of lossy.entries()) expect(rollback.lossy[i]).toMatch(pattern)
  })
})

describe('what was saved first comes back', () => {
  test.each([
    ['a column', 'ALTER TABLE users DROP COLUMN legacy_id;', 'SELECT id, legacy_id FROM users ORDER BY id'],
    ['a table', 'DROP VIEW adults; DROP TABLE users;', 'SELECT * FROM users ORDER BY id'],
  ])('%s', async (_, up, query) => {
    await db.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    await db.exec(given)
    const { rows } = await db.query(query)
    const review = reviewOf(given, up)
    const { sql, save } = rollbackOf(review)
    await run(save ?? [])
    await run(statements(up))
    await db.exec(sql.replaceAll('-- where it was saved first: ', ''))
    expect((await db.query(query)).rows).toEqual(rows)
  })
})
