import { expect, test } from 'vitest'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

const files = (more: { readonly posts?: string; readonly users?: string } = {}) => ({
  'package.json': '{"dependencies":{"drizzle-orm":"0.45.4"}}',
  'drizzle.config.ts': "export default { dialect: 'postgresql', schema: './schema.ts', out: './drizzle' }\n",
  'schema.ts': `import { bigint, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
export const posts = pgTable('posts', {
  id: bigint({ mode: 'number' }).primaryKey(),
  title: text(),${more.posts ?? ''}
})
export const accounts = pgTable('accounts', {
  id: bigint({ mode: 'number' }),
}, (t) => [primaryKey({ name: 'accounts_pkey', columns: [t.id] })])
export const users = pgTable('users', {
  id: bigint({ mode: 'number' }),${more.users ?? ''}
}, (t) => [primaryKey({ name: 'accounts_pkey', columns: [t.id] })])
`,
})

test('what the schema has that cannot be known is told where the change edits it, and nowhere else', async () => {
  const notes = async (more: Parameters<typeof files>[0]) => {
    const changeSet = await changeSetOf(memoryTree(files(), 'base'), memoryTree(files(more), 'head'))
    const { notes } = await review(changeSet, { rules: [], settings: { config: defaultConfig, notes: [] } })
    return notes.map(({ path, message }) => `${path}: ${message}`)
  }
  const unknown = 'schema.ts: Table `users` is not known as it is declared: relation "accounts_pkey" already exists.'
  expect(await notes({ posts: '\n  body: text(),' })).toEqual([])
  expect(await notes({ users: '\n  name: text(),' })).toEqual([unknown])
})
