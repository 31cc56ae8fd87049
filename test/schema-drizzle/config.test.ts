import { describe, expect, it } from 'vitest'
import { drizzlePaths, isDrizzleConfig, readDrizzleConfig } from '../../src/schema/drizzle/config.ts'

function one(text: string, path = 'drizzle.config.ts') {
  const { configs, notes } = readDrizzleConfig(text, path)
  expect(notes).toEqual([])
  return configs[0]
}

describe('readDrizzleConfig', () => {
  it('reads defineConfig with constants, casts and templates', () => {
    const config = one(`
      import { defineConfig } from 'drizzle-kit'
      const base = './src' as const
      const common = { casing: 'snake_case' } satisfies object
      export default defineConfig({
        ...common, dialect: 'postgresql', schema: [\`\${base}/a.ts\`, base + '/b/*.ts'], out: './migrations',
        dbCredentials: { url: process.env.DATABASE_URL! }, schemaFilter: 'app', tablesFilter: ['app_*'],
        migrations: { table: 'applied', schema: 'ops' },
      })`)
    expect(config).toMatchObject({
      dialect: 'postgresql',
      schema: ['./src/a.ts', './src/b/*.ts'],
      out: './migrations',
      outGiven: true,
      casing: 'snake_case',
      schemaFilter: ['app'],
      tablesFilter: ['app_*'],
      migrations: { table: 'applied', schema: 'ops' },
    })
    expect(config?.place).toMatchObject({ path: 'drizzle.config.ts', line: 5, column: 22 })
  })

  it('reads a plain object, module.exports, an old driver and JSON', () => {
    expect(one(`export default { schema: 'a.ts', driver: 'pg' } satisfies Config`)).toMatchObject({
      dialect: 'postgresql',
      out: './drizzle',
      outGiven: false,
    })
    expect(one(`module.exports = { schema: 'a.ts', driver: 'mysql2' }`, 'drizzle.config.js')).toMatchObject({
      dialect: 'mysql',
    })
    expect(one(`{ "schema": "a.ts", "dialect": "sqlite" }`, 'drizzle.config.json')).toMatchObject({
      dialect: 'sqlite',
      schema: ['a.ts'],
      place: { line: 1 },
    })
    expect(one(`const c: Config = { schema: 'a.ts', dialect: 'turso' }; export default c`)).toMatchObject({
      dialect: 'sqlite',
    })
  })

  it('takes the default of an environment variable, and nothing where there is none', () => {
    expect(
      one(`export default { schema: process.env.SCHEMA ?? './s.ts', out: process.env.OUT, dialect: process.env.D }`),
    ).toMatchObject({ schema: ['./s.ts'], out: null, dialect: null })
  })

  it('reads several configurations from one file', () => {
    expect(
      readDrizzleConfig(`export default [{ schema: 'a.ts' }, { schema: 'b.ts' }]`, 'drizzle.config.ts').configs.map(
        (it) => it.schema,
      ),
    ).toEqual([['a.ts'], ['b.ts']])
  })

  it('takes what two branches have in common', () => {
    const text = `const common = { out: './drizzle', schema: './app/schema.ts', casing: 'snake_case', dialect: 'postgresql' }
      export default process.env.URL ? defineConfig({ ...common, dbCredentials: { url: process.env.URL } }) : defineConfig({ ...common, driver: 'pglite' })`
    expect(readDrizzleConfig(text, 'drizzle.config.ts').configs).toMatchObject([
      { out: './drizzle', schema: ['./app/schema.ts'], casing: 'snake_case', dialect: 'postgresql' },
    ])
    const apart = `export default process.env.URL ? { schema: 'a.ts', out: 'a' } : { schema: 'b.ts', out: 'b' }`
    expect(readDrizzleConfig(apart, 'drizzle.config.ts').configs).toMatchObject([{ schema: null, out: null }])
  })

  it.each([
    ['export default make()', 'computed'],
    ['const a = b; const b = a; export default a', 'computed'],
    ['export const a = 1', 'no default export'],
    [`export default ${'('.repeat(9000)}`, 'nested'],
    ['export default {', ''],
    ['{', ''],
  ])('says in a note what it cannot read: %.40s', (text, reason) => {
    const { configs, notes } = readDrizzleConfig(text, 'drizzle.config.ts')
    expect(configs).toEqual([])
    expect(notes).toHaveLength(1)
    expect(notes[0]?.message).toContain(reason)
  })

  it('ends on constants that double at every step', () => {
    const text = Array.from({ length: 60 }, (_, i) => `const a${i} = [...a${i + 1}, ...a${i + 1}]`).join('\n')
    expect(
      readDrizzleConfig(`${text}\nconst a60 = ['x']\nexport default { schema: a0 }`, 'drizzle.config.ts').configs,
    ).toHaveLength(1)
  })

  it('knows the names of configurations', () => {
    for (const name of [
      'drizzle.config.ts',
      'a/drizzle-dev.config.ts',
      'drizzle.config.prod.ts',
      'drizzle.config.json',
      'drizzle.config.mts',
      'db/app-drizzle.config.ts',
    ])
      expect(isDrizzleConfig(name)).toBe(true)
    for (const name of ['drizzle.ts', 'config.ts', 'drizzle.config.md', 'drizzle/x.ts'])
      expect(isDrizzleConfig(name)).toBe(false)
  })
})

describe('drizzlePaths', () => {
  function paths(schema: string, path: string, files: readonly string[]) {
    return drizzlePaths(
      one(
        `import path from 'path'; export default { schema: ${schema}, out: './migrations', dialect: 'postgresql' }`,
        path,
      ) as never,
      files,
    )
  }

  it('is relative to the folder of the configuration, then to those above', () => {
    expect(
      paths(`'./src/schema.ts'`, 'packages/db/drizzle.config.ts', ['packages/db/src/schema.ts', 'src/schema.ts']),
    ).toEqual({
      root: 'packages/db',
      schemaFiles: ['packages/db/src/schema.ts'],
      out: 'packages/db/migrations',
      guessed: false,
    })
    expect(
      paths(`'./server/db/schema.ts'`, 'app/server/db/drizzle.config.ts', ['app/server/db/schema.ts']),
    ).toMatchObject({ root: 'app', out: 'app/migrations' })
    expect(
      paths(`path.join(__dirname, 'schema.ts')`, 'db/drizzle.config.ts', ['db/schema.ts', 'schema.ts']),
    ).toMatchObject({ schemaFiles: ['db/schema.ts'] })
  })

  it('expands globs and folders', () => {
    const files = ['src/a/a.table.ts', 'src/b/b.table.ts', 'src/schema/x.ts', 'src/schema/deep/y.ts']
    expect(paths(`'./src/**/*.table.ts'`, 'drizzle.config.ts', files).schemaFiles).toEqual([
      'src/a/a.table.ts',
      'src/b/b.table.ts',
    ])
    expect(paths(`'./src/schema'`, 'drizzle.config.ts', files).schemaFiles).toEqual(['src/schema/x.ts'])
  })

  it('finds the source of a build folder and of what is computed beside it', () => {
    expect(paths(`'./dist/db/schema.js'`, 'drizzle.config.ts', ['src/db/schema.ts'])).toMatchObject({
      schemaFiles: ['src/db/schema.ts'],
      guessed: true,
    })
    expect(
      paths(`'./dist/schema/*.js'`, 'p/drizzle.config.ts', ['p/src/schema/a.ts', 'p/src/schema/b.ts']),
    ).toMatchObject({ schemaFiles: ['p/src/schema/a.ts', 'p/src/schema/b.ts'], guessed: true })
    expect(paths(`'./src/schema.js'`, 'drizzle.config.ts', ['src/schema.ts'])).toMatchObject({
      schemaFiles: ['src/schema.ts'],
      guessed: true,
    })
    expect(
      paths(`env.SCHEMA`, 'p/drizzle.config.ts', [
        'p/src/db/schema.ts',
        'q/schema.ts',
        'p/migrations/meta/_journal.json',
      ]),
    ).toMatchObject({ schemaFiles: ['p/src/db/schema.ts'], guessed: true, root: 'p' })
  })
})
