import { beforeAll, expect, it } from 'vitest'
import type { Declaration, Schema } from '../../src/schema/model.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readFiles } from '../schema-drizzle/support.ts'
import { readSchema } from '../schema-prisma/project.ts'
import { schemaOf } from '../schema-replay/support.ts'

beforeAll(() => loadParser())

/** Every object of a schema and the line where it is declared: `column users.id` to 3. */
function linesOf(schema: Schema): Readonly<Record<string, number | undefined>> {
  const lines: Record<string, number | undefined> = {}
  const add = (word: string, name: string, declared: readonly Declaration[]) => {
    lines[`${word} ${name}`] = declared[0]?.line
  }
  for (const table of schema.tables.values()) {
    const within = (
      word: string,
      list: readonly { readonly name: string; readonly declared: readonly Declaration[] }[],
    ) => list.forEach(({ name, declared }) => add(word, word === 'column' ? `${table.name}.${name}` : name, declared))
    within('table', [table])
    within('column', table.columns)
    within('key', table.primaryKey === null ? [] : [table.primaryKey])
    within('unique', table.uniques)
    within('index', table.indexes)
    within('foreign', table.foreignKeys)
    within('check', table.checks)
    within('exclusion', table.exclusions)
    within('trigger', table.triggers)
    within('policy', table.policies)
  }
  for (const type of schema.enums.values()) {
    add('enum', type.name, type.declared)
    for (const [value, declared] of type.valuesDeclared ?? []) add('value', `${type.name}.${value}`, [declared])
  }
  for (const [word, map] of [
    ['domain', schema.domains],
    ['type', schema.types],
    ['view', schema.views],
    ['sequence', schema.sequences],
    ['extension', schema.extensions],
  ] as const)
    for (const { name, declared } of map.values()) add(word, name, declared)
  for (const each of [...schema.functions.values()].flat()) add('function', each.name, each.declared)
  return lines
}

/** The same out of the text: what stands behind `^` on a line is declared there. */
function marked(text: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    text.split('\n').flatMap((line, i) =>
      (line.split('^ ')[1] ?? '')
        .split(', ')
        .filter(Boolean)
        .map((name) => [name, i + 1]),
    ),
  )
}

const sql = `CREATE EXTENSION btree_gist; -- ^ extension btree_gist
CREATE TYPE role AS ENUM ( -- ^ enum role
  'reader', -- ^ value role.reader
  'writer'
);
ALTER TYPE role ADD VALUE 'owner'; -- ^ value role.owner
ALTER TYPE role RENAME VALUE 'writer' TO 'author'; -- ^ value role.author
CREATE DOMAIN positive AS int -- ^ domain positive
  CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b int); -- ^ type pair
CREATE SEQUENCE counter; -- ^ sequence counter
CREATE TABLE users ( -- ^ table users
  id serial -- ^ column users.id, sequence users_id_seq
    PRIMARY KEY, -- ^ key users_pkey
  email text UNIQUE, -- ^ column users.email, unique users_email_key
  age int, -- ^ column users.age
  CONSTRAINT adult -- ^ check adult
    CHECK (age > 17),
  EXCLUDE USING gist (age WITH =) -- ^ exclusion users_age_excl
);
CREATE TABLE posts ( -- ^ table posts
  id int NOT NULL, -- ^ column posts.id
  user_id int -- ^ column posts.user_id
) PARTITION BY RANGE (id);
CREATE TABLE posts_1 PARTITION OF posts FOR VALUES FROM (0) TO (9); -- ^ table posts_1, column posts_1.id, column posts_1.user_id
ALTER TABLE posts
  ADD COLUMN title text, -- ^ column posts.title, column posts_1.title
  ADD CONSTRAINT long CHECK (length(title) > 3); -- ^ check long
CREATE TABLE logs ( -- ^ table logs
  user_id int -- ^ column logs.user_id
    REFERENCES users (id) -- ^ foreign logs_user_id_fkey
);
CREATE INDEX by_title ON posts (title); -- ^ index by_title, index posts_1_title_idx
CREATE VIEW titles AS SELECT title FROM posts; -- ^ view titles
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; -- ^ function touch
CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch(); -- ^ trigger touched
CREATE POLICY own ON users USING (true); -- ^ policy own
`

const prisma = `generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["postgresqlExtensions", "views"]
}
datasource db {
  provider   = "postgresql"
  extensions = [citext] // ^ extension citext
}
model User { // ^ table User
  id    Int    @id @default(autoincrement()) // ^ column User.id, key User_pkey, sequence User_id_seq
  email String @unique // ^ column User.email, index User_email_key
  role  Role // ^ column User.role
  posts Post[]
  tags  Tag[] // ^ column _TagToUser.B, foreign _TagToUser_B_fkey

  @@index([role, email]) // ^ index User_role_email_idx
}
model Post { // ^ table Post
  a      Int // ^ column Post.a
  b      Int // ^ column Post.b
  userId Int // ^ column Post.userId
  user   User @relation(fields: [userId], references: [id]) // ^ foreign Post_userId_fkey

  @@id([a, b]) // ^ key Post_pkey
  @@unique([b, userId], map: "one") // ^ index one
}
model Tag { // ^ table Tag
  id    Int    @id // ^ column Tag.id, key Tag_pkey
  users User[] // ^ table _TagToUser, column _TagToUser.A, key _TagToUser_AB_pkey, foreign _TagToUser_A_fkey, index _TagToUser_B_index
}
view Titles { // ^ view Titles
  id Int @unique
}
enum Role { // ^ enum Role
  READER // ^ value Role.READER
  WRITER @map("writer") // ^ value Role.writer
}
`

const drizzle = `import { sql } from 'drizzle-orm'
import * as pg from 'drizzle-orm/pg-core'
export const role = pg.pgEnum('role', [ // ^ enum role
  'reader', // ^ value role.reader
  'writer', // ^ value role.writer
])
export const counter = pg.pgSequence('counter') // ^ sequence counter
export const users = pg.pgTable( // ^ table users
  'users',
  {
    id: pg.serial('id').primaryKey(), // ^ column users.id, key users_pkey, sequence users_id_seq
    email: pg.text('email').unique(), // ^ column users.email, unique users_email_unique
    role: role('role'), // ^ column users.role
    age: pg.integer(), // ^ column users.age
  },
  (t) => [
    pg.index('by_role').on(t.role), // ^ index by_role
    pg.check('adult', sql\`\${t.age} > 17\`), // ^ check adult
    pg.pgPolicy('own', { using: sql\`true\` }), // ^ policy own
  ],
)
export const posts = pg.pgTable('posts', { // ^ table posts
  a: pg.integer(), // ^ column posts.a
  b: pg.integer() // ^ column posts.b, foreign posts_b_users_id_fk
    .references(() => users.id),
}, (t) => [
  pg.primaryKey({ columns: [t.a, t.b] }), // ^ key posts_a_b_pk
  pg.foreignKey({ columns: [t.a], foreignColumns: [users.id] }), // ^ foreign posts_a_users_id_fk
  pg.unique('one').on(t.b), // ^ unique one
])
export const titles = pg.pgView('titles').as((query) => query.select().from(posts)) // ^ view titles
`

it.each<[string, string, (text: string) => Schema | Promise<Schema | null>]>([
  ['SQL', sql, schemaOf],
  ['Prisma', prisma, async (text) => (await readSchema(text)).schema],
  ['Drizzle', drizzle, async (text) => (await readFiles({ 'schema.ts': text })).schema],
])('every object of %s stands on the line that a reviewer points at', async (_, text, read) => {
  const schema = await read(text)
  expect(schema).not.toBeNull()
  expect(linesOf(schema!)).toEqual(marked(text))
})
