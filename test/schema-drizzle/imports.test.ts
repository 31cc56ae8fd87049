import { describe, expect, it } from 'vitest'
import { readFiles } from './support.ts'

const table = (name: string): string =>
  `import { pgTable, integer } from 'drizzle-orm/pg-core'\nexport const ${name} = pgTable('${name}', { id: integer().primaryKey() })\n`

async function names(files: Readonly<Record<string, string>>, entries: readonly string[]): Promise<readonly string[]> {
  const { schema, notes } = await readFiles(files, { schemaFiles: entries })
  expect(notes).toEqual([])
  return [...(schema?.tables.values() ?? [])]
    .map((it) => `${it.name} ${it.declared[0]?.path}:${it.declared[0]?.line}`)
    .toSorted()
}

describe('what a schema imports', () => {
  it('follows re-exports, with and without an ending, and .js for .ts', async () => {
    expect(
      await names(
        {
          'db/index.ts': `export * from './a'\nexport { b as renamed } from './b.js'\nexport * as nested from './c/index.ts'`,
          'db/a.ts': table('a'),
          'db/b.ts': table('b'),
          'db/c/index.ts': table('c'),
        },
        ['db/index.ts', 'db/c/index.ts'],
      ),
    ).toEqual(['a db/a.ts:2', 'b db/b.ts:2', 'c db/c/index.ts:2'])
  })

  it('follows the aliases of tsconfig, its parents and what it extends', async () => {
    expect(
      await names(
        {
          'tsconfig.base.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
          'app/tsconfig.json':
            '{ // comments and trailing commas are fine\n "extends": "../tsconfig.base.json", "compilerOptions": { "baseUrl": "./src", "paths": { "~/*": ["./*"], }, }, }',
          'app/src/schema.ts': `export * from '~/one'\nexport * from '@lib/two'\nexport * from 'three'`,
          'app/src/one.ts': table('one'),
          'lib/two.ts': table('two'),
          'app/src/three.ts': table('three'),
        },
        ['app/src/schema.ts'],
      ),
    ).toEqual(['one app/src/one.ts:2', 'three app/src/three.ts:2', 'two lib/two.ts:2'])
  })

  it('follows packages of the same repository, to their sources', async () => {
    expect(
      await names(
        {
          'package.json': '{ "name": "root", "workspaces": ["packages/*"] }',
          'apps/web/package.json':
            '{ "name": "web", "dependencies": { "@acme/db": "workspace:*", "odd-name": "workspace:*" }, "imports": { "#own/*": "./src/*.ts" } }',
          'apps/web/schema.ts': `export * from '@acme/db/schema'\nexport * from '@acme/db'\nexport * from 'odd-name'\nexport * from '#own/mine'`,
          'apps/web/src/mine.ts': table('mine'),
          'packages/db/package.json':
            '{ "name": "@acme/db", "exports": { ".": { "types": "./dist/index.d.ts", "import": "./dist/index.js" }, "./*": { "default": "./dist/*.js" } } }',
          'packages/db/src/index.ts': table('main'),
          'packages/db/src/schema.ts': table('deep'),
          'packages/strange/package.json': '{ "name": "odd-name", "main": "lib/entry.ts" }',
          'packages/strange/lib/entry.ts': table('odd'),
        },
        ['apps/web/schema.ts'],
      ),
    ).toEqual([
      'deep packages/db/src/schema.ts:2',
      'main packages/db/src/index.ts:2',
      'mine apps/web/src/mine.ts:2',
      'odd packages/strange/lib/entry.ts:2',
    ])
  })

  it('takes Drizzle itself through a module of the project', async () => {
    expect(
      await names(
        {
          'kit.ts': `export * from 'drizzle-orm/pg-core'\nexport { sql } from 'drizzle-orm'`,
          'schema.ts': `import { integer, pgTable, sql } from './kit'\nexport const a = pgTable('a', { id: integer().default(sql\`1\`) })`,
        },
        ['schema.ts'],
      ),
    ).toEqual(['a schema.ts:2'])
  })

  it('lets everything else answer anything', async () => {
    const { schema, notes } = await readFiles({
      'schema.ts': `import { nanoid, customAlphabet } from 'nanoid'\nimport { createInsertSchema } from 'drizzle-zod'\nimport z, { type ZodType } from 'zod'\nimport auth from './missing'\nimport data from './data.json'\nimport './side.css'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
class Store extends auth.Base { static all = new Store() }
export const a = pgTable(data.name, { id: integer().primaryKey(), key: text().$defaultFn(() => nanoid()) })
export const insert = createInsertSchema(a, { key: (it) => it.min(3).max(5) }).omit({ id: true }).extend({ more: z.enum(['x']).array().parse(1) })
export const short = customAlphabet('abc', 8)
for (const it of auth.list) console.log(it)
const { one, ...rest } = auth.parts
if (!process.env.DATABASE_URL) throw new Error('DATABASE_URL is not set')
export const settings = await auth.load({ ...rest })`,
      'data.json': '{ "name": "from_json" }',
    })
    expect(notes).toEqual([])
    expect([...(schema?.tables.keys() ?? [])]).toEqual(['public.from_json'])
  })

  it('says what depends on a value from outside', async () => {
    const { schema, notes } = await readFiles({
      'schema.ts': `import { TABLE, kinds, size } from 'elsewhere'\nimport { check, customType, integer, pgTable, text } from 'drizzle-orm/pg-core'\nimport { sql } from 'drizzle-orm'
const odd = customType({ dataType: () => size.name })
export const lost = pgTable(TABLE, { id: integer() })
export const kept = pgTable('kept', {
  id: integer().primaryKey(),
  kind: text().default(kinds.first),
  shape: odd(),
}, (t) => [check('ok', sql\`\${t.kind} in (\${sql.raw(kinds.list)})\`)])`,
    })
    expect(notes.map((it) => [it.kind, it.blocking, it.line, it.message])).toEqual([
      [
        'unresolved',
        false,
        5,
        'The name of a table depends on `elsewhere.TABLE`, which is not known without running the project.',
      ],
      [
        'unresolved',
        false,
        8,
        'The default of `kept.kind` depends on `elsewhere.kinds.first`, which is not known without running the project.',
      ],
      [
        'unresolved',
        false,
        9,
        'The type of `kept.shape` depends on `elsewhere.size.name`, which is not known without running the project.',
      ],
      [
        'unresolved',
        false,
        10,
        'The check `ok` of `kept` depends on `elsewhere.kinds.list`, which is not known without running the project.',
      ],
    ])
    const kept = schema?.tables.get('public.kept')
    expect(schema?.tables.size).toBe(1)
    expect(kept?.complete).toBe(false)
    expect(kept?.columns.map((it) => it.type)).toEqual(['integer', 'text', null])
  })
})
