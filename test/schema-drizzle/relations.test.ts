import { expect, test } from 'vitest'
import { tablesOf } from './support.ts'

const tables = `
export const users = pg.pgTable('users', { id: pg.integer().primaryKey(), bossId: pg.integer('boss_id') })
export const posts = pg.pgTable('posts', { id: pg.integer().primaryKey(), authorId: pg.integer('author_id'), editorId: pg.integer('editor_id').references(() => users.id) })
`
const summary = (table: Awaited<ReturnType<typeof tablesOf>>, name: string) =>
  table
    .table(name)
    .foreignKeys.map((it) => [
      it.columns.join(),
      it.references.table,
      it.references.columns.join(),
      it.clientOnly === true,
      it.declared[0]?.line,
    ])

test("relations without a foreign key are known as the client's alone, on the line of their column", async () => {
  const read = await tablesOf(`${tables}
    export const postRelations = relations(posts, ({ one }) => ({
      author: one(users, { fields: [posts.authorId], references: [users.id] }),
      editor: one(users, { fields: [posts.editorId], references: [users.id] }),
    }))
    export const userRelations = relations(users, ({ one, many }) => ({ posts: many(posts), boss: one(users, { fields: [users.bossId], references: [users.id] }) }))`)
  expect(summary(read, 'posts')).toEqual([
    ['editor_id', 'users', 'id', false, 5],
    ['author_id', 'users', 'id', true, 5],
  ])
  expect(summary(read, 'users')).toEqual([['boss_id', 'users', 'id', true, 4]])
  expect(read.read.notes).toEqual([])
})

test('defineRelations of v1 says the same', async () => {
  const read = await tablesOf(`import { defineRelations } from 'drizzle-orm'
    ${tables}
    export const all = defineRelations({ users, posts }, (r) => ({
      users: { posts: r.many.posts(), boss: r.one.users({ from: r.users.bossId, to: r.users.id }), far: r.many.posts({ from: r.users.id.through(r.posts.authorId), to: r.posts.id.through(r.posts.editorId) }) },
      posts: { author: r.one.users({ from: r.posts.authorId, to: r.users.id, optional: false }), broken: r.one.nothing({ from: r.posts.id, to: r.nothing?.id }) },
    }))`)
  expect(summary(read, 'posts').map((it) => it.slice(0, 4))).toEqual([
    ['editor_id', 'users', 'id', false],
    ['author_id', 'users', 'id', true],
  ])
  expect(summary(read, 'users').map((it) => it.slice(0, 4))).toEqual([['boss_id', 'users', 'id', true]])
})

test('a relation that throws leaves the tables as they are', async () => {
  const read = await tablesOf(`import { defineRelations } from 'drizzle-orm'
    ${tables}
    export const postRelations = relations(posts, () => { throw new Error('no') })
    export const all = defineRelations({ posts }, () => { throw new Error('no') })`)
  expect(summary(read, 'posts')).toHaveLength(1)
})
