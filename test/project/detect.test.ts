import { describe, expect, test } from 'vitest'
import { memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import type { Config } from '../../src/config.ts'
import { detectProjects } from '../../src/project/detect.ts'
import type { Project } from '../../src/project/project.ts'
import type { IgnoredSql } from '../../src/project/sql-project.ts'

type Files = Readonly<Record<string, string>>

const detect = (files: Files, config: Partial<Config> = {}) =>
  detectProjects(memoryTree(files), { ...defaultConfig, ...config })

/** One line a project: what the report and the rules need to know of it. */
const lines = (projects: readonly Project[]) =>
  projects.map((project) =>
    [
      project.name,
      project.orm ?? '-',
      project.dialect,
      `${project.runner.name}@${project.runner.version ?? '?'}${project.runner.assumed ? ' (assumed)' : ''}`,
      project.migrations ? `${project.migrations.folder}:${project.migrations.layout}` : '-',
    ].join(' '),
  )

const found = async (files: Files, config: Partial<Config> = {}) => lines((await detect(files, config)).projects)

const prisma = (provider: string, rest = '') =>
  `datasource db {\n  provider = "${provider}"\n  url = env("DATABASE_URL") // provider = "mysql"\n${rest}}\n\nmodel User {\n  id Int @id\n}\n`
const table = 'CREATE TABLE users (id bigint PRIMARY KEY);\n'

describe('Prisma', () => {
  test('a draft beside the schema does not take its migrations as well', async () => {
    const files = {
      'prisma/schema.draft.prisma': prisma('postgresql'),
      'prisma/schema.prisma': prisma('postgresql'),
      'prisma/migrations/1_init/migration.sql': table,
    }
    expect(
      (await detect(files)).projects.map(({ evidence, migrations }) => [evidence, migrations?.folder ?? null]),
    ).toEqual([
      ['prisma/schema.draft.prisma', null],
      ['prisma/schema.prisma', 'prisma/migrations'],
    ])
  })

  test('at the root, with the version of the lockfile', async () => {
    expect(
      await found({
        'prisma/schema.prisma': prisma('postgresql'),
        'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
        'prisma/migrations/20260101000000_init/migration.sql': table,
        'package.json': '{"devDependencies": {"prisma": "^6.2.0"}}',
        'package-lock.json': '{"packages": {"node_modules/prisma": {"version": "6.16.2"}}}',
      }),
    ).toEqual(['. prisma postgresql prisma@6.16.2 prisma/migrations:prisma'])
  })

  test('of variants, and not the template that a program makes them of', async () => {
    expect(
      lines(
        (
          await detect({
            'prisma/template.prisma': prisma('{{PRISMA_PROVIDER}}'),
            'prisma/postgres/schema.prisma': prisma('postgresql'),
            'prisma/sqlite/schema.prisma': prisma('sqlite'),
          })
        ).projects,
      ).map((line) => line.split(' ')[2]),
    ).toEqual(['postgresql', 'sqlite'])
  })

  test('several in a monorepo, one configured in TypeScript that is never run', async () => {
    const { projects, notes } = await detect({
      'package.json': '{}',
      'packages/db/package.json': '{"dependencies": {"@prisma/client": "7.5.0", "prisma": "~7.4.1"}}',
      'packages/db/prisma.config.ts': `import path from 'node:path'
        import { defineConfig, env } from 'prisma/config'
        const root = 'data'
        throw new Error('never run')
        export default defineConfig({ schema: path.join(root, 'models'), migrations: { path: \`\${root}/history\` }, datasource: { url: env('X') } } satisfies unknown)`,
      'packages/db/data/models/main.prisma': prisma('cockroachdb', '  schemas = ["public", "billing"]\n'),
      'packages/db/data/models/user.prisma': 'model Post {\n  id Int @id\n}\n',
      'packages/db/data/history/20260101_init/migration.sql': table,
      'apps/legacy/prisma/schema.prisma': prisma('mysql'),
      'apps/legacy/package.json': '{"prisma": {"schema": "prisma/schema.prisma"}}',
      'node_modules/x/prisma/schema.prisma': prisma('postgresql'),
    })
    expect(lines(projects)).toEqual([
      'apps/legacy prisma mysql prisma@? -',
      'packages/db prisma cockroachdb prisma@7.4 packages/db/data/history:prisma',
    ])
    expect(projects[1]).toMatchObject({
      schemaFiles: ['packages/db/data/models/main.prisma', 'packages/db/data/models/user.prisma'],
      settings: { schemas: ['public', 'billing'] },
      evidence: 'packages/db/prisma.config.ts',
    })
    expect(projects[0]?.settings.push).toBe(true)
    expect(notes).toEqual([])
  })

  test('with the schema in a folder and migrations beside it, and several databases under one root', async () => {
    const { projects } = await detect({
      'package.json': '{"devDependencies": {"prisma": "^7.2.0"}}',
      'prisma/schema/schema.prisma': prisma('postgresql'),
      'prisma/schema/user.prisma': 'model A { id Int @id }',
      'prisma/migrations/1_init/migration.sql': table,
      'db/mysql/schema.prisma': prisma('mysql'),
      'db/mysql/migrations/1_init/migration.sql': 'CREATE TABLE `a` (id int);',
    })
    expect(lines(projects)).toEqual([
      'db/mysql prisma mysql prisma@7 db/mysql/migrations:prisma',
      'prisma prisma postgresql prisma@7 prisma/migrations:prisma',
    ])
    expect(projects[1]?.schemaFiles).toEqual(['prisma/schema/schema.prisma', 'prisma/schema/user.prisma'])
  })

  test('whose configuration cannot be followed is a note', async () => {
    const { projects, notes } = await detect({
      'prisma.config.ts': 'export default makeIt()',
      'prisma/schema.prisma': prisma('postgresql'),
    })
    expect(lines(projects)).toEqual(['. prisma postgresql prisma@? -'])
    expect(notes).toMatchObject([{ kind: 'unresolved', blocking: false, path: 'prisma.config.ts' }])
  })
})

describe('Drizzle', () => {
  const journal = (...tags: string[]) =>
    JSON.stringify({ version: '7', dialect: 'postgresql', entries: tags.map((tag, idx) => ({ idx, tag, when: idx })) })

  test('takes paths of its configuration from the folder it is started in', async () => {
    const { projects } = await detect({
      'apps/web/package.json': '{"dependencies": {"drizzle-orm": "^0.45.1"}}',
      'pnpm-lock.yaml':
        "lockfileVersion: '9.0'\n\nimporters:\n\n  apps/web:\n    dependencies:\n      drizzle-orm:\n        specifier: ^0.45.1\n        version: 0.45.4(pg@8.0.0)\n\npackages:\n\n  drizzle-orm@0.30.0:\n    resolution: {}\n",
      'apps/web/server/db/drizzle.config.ts': `export default { schema: ['./server/db/schema/*.ts'], out: 'drizzle', dialect: 'postgresql', casing: 'snake_case', schemaFilter: ['app'], dbCredentials: { url: process.env.URL! } } satisfies Config`,
      'apps/web/server/db/schema/users.ts': 'export const x = 1',
      'apps/web/server/db/schema/posts.ts': 'export const y = 1',
      'apps/web/drizzle/meta/_journal.json': journal('0000_init'),
      'apps/web/drizzle/0000_init.sql': table,
    })
    expect(lines(projects)).toEqual(['apps/web drizzle postgresql drizzle@0.45.4 apps/web/drizzle:drizzle'])
    expect(projects[0]).toMatchObject({
      schemaFiles: ['apps/web/server/db/schema/posts.ts', 'apps/web/server/db/schema/users.ts'],
      settings: { casing: 'snake_case', schemas: ['app'], drizzleLayout: 'journal' },
    })
  })

  test("a schema that a configuration names is no other folder's", async () => {
    const { projects } = await detect({
      'drizzle.config.ts': "export default { dialect: 'postgresql', schema: './src/schema.ts', out: './drizzle' }",
      'src/schema.ts': "import { pgTable } from 'drizzle-orm/pg-core'",
      'drizzle/meta/_journal.json': journal('0000_a'),
      'drizzle/0000_a.sql': table,
      'samples/old/meta/_journal.json': journal('0000_b'),
      'samples/old/0000_b.sql': table,
    })
    expect(projects.map((it) => [it.migrations?.folder, it.schemaFiles])).toEqual([
      ['drizzle', ['src/schema.ts']],
      ['samples/old', []],
    ])
  })

  test('is known by its journal, by the folders of v1, and by a push-only configuration', async () => {
    expect(
      await found({
        'db/meta/_journal.json': journal('0000_a'),
        'db/0000_a.sql': table,
        'schema.ts': "import { pgTable } from 'drizzle-orm/pg-core'",
      }),
    ).toEqual(['db drizzle postgresql drizzle@? db:drizzle'])
    expect(
      await found({
        'drizzle.config.ts': "export default { dialect: 'postgresql', out: './drizzle' }",
        'drizzle/2026_a/migration.sql': table,
        'drizzle/2026_a/snapshot.json': '{}',
      }),
    ).toEqual(['. drizzle postgresql drizzle@? drizzle:drizzle-folders'])
    expect(
      await found({
        'drizzle.config.ts': "export default defineConfig({ dialect: 'turso', schema: './s.ts' })",
        's.ts': '',
      }),
    ).toEqual(['. drizzle sqlite drizzle@? -'])
  })

  test('is configured under any name, and not by tests or a second way to the same schema', async () => {
    const pg = "import { pgTable } from 'drizzle-orm/pg-core'"
    const config = (out: string) =>
      `import type { Config } from 'drizzle-kit'\nexport default { dialect: 'postgresql', schema: './schema.ts', ${out} } satisfies Config`
    expect(
      await found({
        'package.json': '{}',
        'schema.ts': pg,
        'configs/postgresql.config.ts': config("out: './sql'"),
        'drizzle.config.ts': config('out: somewhere()'),
        'drizzle.config.test.ts': config("out: './x'"),
        'configs/vite.config.ts': "import { defineConfig } from 'vite'\nexport default defineConfig({})",
        'sql/meta/_journal.json': journal('0000_a'),
        'sql/0000_a.sql': table,
      }),
    ).toEqual(['. drizzle postgresql drizzle@? sql:drizzle'])
  })

  test('of several dialects in one folder has the schema of its own', async () => {
    const files = { 'schema/index.ts': '', 'schema/mysql.ts': '', 'schema/postgresql.ts': '', 'schema/sqlite.ts': '' }
    const { projects } = await detect({
      ...files,
      'drizzle.config.ts': "export default { dialect: 'postgresql', schema: './schema' }",
    })
    expect(projects[0]?.schemaFiles).toEqual(['schema/postgresql.ts'])
    const one = await detect({
      'schema/users.ts': '',
      'schema/pg.ts': '',
      'drizzle.config.ts': "export default { dialect: 'postgresql', schema: './schema' }",
    })
    expect(one.projects[0]?.schemaFiles).toEqual(['schema/pg.ts', 'schema/users.ts'])
  })

  test('whose files are not there is a note where nothing else is found or the change touches it', async () => {
    const files = { 'app/drizzle.config.ts': "export default { dialect: 'postgresql', schema: './gone.ts' }" }
    expect((await detect(files)).notes).toMatchObject([{ kind: 'unresolved', path: 'app/drizzle.config.ts' }])
    const tree = memoryTree({ ...files, 'app/package.json': '{}', 'app/prisma/schema.prisma': prisma('postgresql') })
    expect((await detectProjects(tree, defaultConfig, ['app/x.ts'])).notes).toEqual([])
    expect((await detectProjects(tree, defaultConfig, ['app/drizzle.config.ts'])).notes).toHaveLength(1)
    expect((await detectProjects(memoryTree(files), defaultConfig, ['app/x.ts'])).notes).toHaveLength(1)
    expect((await detectProjects(memoryTree(files), defaultConfig, ['other/x.ts'])).notes).toEqual([])
  })

  test('that generates for Supabase is run by Supabase', async () => {
    expect(
      await found({
        'drizzle.config.ts': "export default { dialect: 'postgresql', out: './supabase/migrations', schema: './s.ts' }",
        's.ts': '',
        'supabase/config.toml': '',
        'supabase/migrations/20260101000000_a.sql': table,
        'supabase/migrations/meta/_journal.json': journal('20260101000000_a'),
      }),
    ).toEqual(['. drizzle postgresql supabase@? supabase/migrations:plain'])
  })
})

describe('runners of SQL', () => {
  const cases: readonly (readonly [string, Files, string])[] = [
    [
      'Supabase',
      {
        'supabase/config.toml': 'x',
        'supabase/migrations/20260101000000_init.sql': table,
        'supabase/seed.sql': 'INSERT INTO users VALUES (1);',
      },
      '. - postgresql supabase@? supabase/migrations:plain',
    ],
    [
      'goose',
      {
        'go.mod': 'module x\n\nrequire (\n\tgithub.com/pressly/goose/v3 v3.24.1\n)\n',
        'migrations/00001_init.sql': `-- +goose Up\n${table}-- +goose Down\nDROP TABLE users;\n`,
      },
      '. - postgresql goose@3.24.1 migrations:sections',
    ],
    [
      'dbmate',
      {
        'db/migrations/20260101_init.sql': `-- migrate:up\n${table}\n-- migrate:down\nDROP TABLE users;`,
        'db/schema.sql': table,
      },
      '. - postgresql dbmate@? db/migrations:sections',
    ],
    [
      'golang-migrate',
      {
        'go.mod': 'module x\nrequire github.com/golang-migrate/migrate/v4 v4.18.1\n',
        'db/migrations/000001_init.up.sql': table,
        'db/migrations/000001_init.down.sql': 'DROP TABLE users;',
      },
      '. - postgresql golang-migrate@4.18.1 db/migrations:up-down',
    ],
    [
      'Flyway',
      {
        'pom.xml':
          '<dependency><groupId>org.flywaydb</groupId><artifactId>flyway-core</artifactId><version>10.21.0</version></dependency>',
        'src/main/resources/db/migration/V1__init.sql': table,
        'src/main/resources/db/migration/R__views.sql': 'CREATE VIEW v AS SELECT 1;',
      },
      '. - postgresql flyway@10.21.0 src/main/resources/db/migration:flyway',
    ],
    [
      'sqlx',
      {
        'Cargo.toml': '[dependencies]\nsqlx = { version = "0.8", features = ["postgres"] }\n',
        'Cargo.lock': '[[package]]\nname = "sqlx"\nversion = "0.8.6"\n',
        'migrations/20260101_init.sql': table,
      },
      '. - postgresql sqlx@0.8.6 migrations:plain',
    ],
    [
      'Diesel',
      {
        'diesel.toml': '',
        'Cargo.toml': '[dependencies]\ndiesel = "2.2"\n',
        'migrations/2026-01-01-000000_init/up.sql': table,
        'migrations/2026-01-01-000000_init/down.sql': 'DROP TABLE users;',
      },
      '. - postgresql diesel@2.2 migrations:up-down-folders',
    ],
    [
      'Atlas',
      {
        'atlas.hcl': 'env "prod" {\n  migration {\n    tx_mode = "none"\n  }\n}\n',
        'migrations/atlas.sum': 'h1:x',
        'migrations/20260101_init.sql': table,
      },
      '. - postgresql atlas@? migrations:plain',
    ],
    [
      'node-pg-migrate',
      {
        'package.json': '{"dependencies": {"node-pg-migrate": "^7.9.0"}}',
        'migrations/1700000000000_init.sql': `-- Up Migration\n${table}-- Down Migration\nDROP TABLE users;`,
      },
      '. - postgresql node-pg-migrate@7 migrations:sections',
    ],
    [
      'graphile-migrate, without what is being written',
      {
        'package.json': '{"devDependencies": {"graphile-migrate": "^1.4.1"}}',
        'migrations/committed/000001.sql': `--! Previous: -\n--! Hash: sha1:0a\n\n${table}`,
        'migrations/current.sql': '-- Enter migration here\n',
      },
      '. - postgresql graphile-migrate@1 migrations/committed:plain',
    ],
    [
      'refinery, whose files are named as those of Flyway',
      {
        'Cargo.toml': '[dependencies]\nrefinery = { version = "0.8", features = ["tokio-postgres"] }\n',
        'migrations/V1__init.sql': table,
        'migrations/V2__more.sql': 'ALTER TABLE users ADD COLUMN a text;',
      },
      '. - postgresql refinery@0.8 migrations:flyway',
    ],
    [
      'Sqitch',
      {
        'sqitch.plan': '%syntax-version=1.0.0\n%project=app\n\nusers 2026-01-01T00:00:00Z Ann <a@b.c> # made\n',
        'sqitch.conf': '[core]\n\tengine = pg\n',
        'deploy/users.sql': `BEGIN;\n${table}COMMIT;\n`,
        'revert/users.sql': 'DROP TABLE users;',
        'verify/users.sql': 'SELECT id FROM users WHERE false;',
      },
      '. - postgresql psql@? deploy:plain',
    ],
    [
      'CockroachDB, by what only it says',
      {
        'db/migrations/00001_init.sql':
          '-- +goose Up\nCREATE TABLE users (\n  id UUID PRIMARY KEY,\n  name STRING NOT NULL\n);\n-- +goose Down\nDROP TABLE users;\n',
      },
      '. - cockroachdb goose@? db/migrations:sections',
    ],
    [
      'variants for each database, of which the one for Postgres counts',
      {
        'migrations/1_init.postgres.up.sql': table,
        'migrations/1_init.mysql.up.sql': table,
        'migrations/1_init.sqlite3.up.sql': table,
      },
      '. - postgresql golang-migrate@? migrations:up-down',
    ],
    [
      'what golang-migrate would pass over today is not run by it',
      { 'migrations/201701_init.up.sql': table, 'migrations/202101_more.sql': 'ALTER TABLE users ADD COLUMN a text;' },
      '. - postgresql psql@? (assumed) migrations:up-down',
    ],
    [
      'nothing known',
      { 'migrations/001_init.sql': table, 'migrations/002_more.sql': 'ALTER TABLE users ADD COLUMN a text;' },
      '. - postgresql psql@? (assumed) migrations:plain',
    ],
    [
      'names that golang-migrate passes over',
      { 'db/migrations/0001.init.up.sql': table, 'db/migrations/0002.more.up.sql': 'CREATE TABLE b (id bigint);' },
      '. - postgresql psql@? (assumed) db/migrations:up-down',
    ],
  ]
  test.each(cases)('%s', async (_, files, expected) => {
    expect(await found(files)).toEqual([expected])
    const inPackage = await found(
      Object.fromEntries(Object.entries(files).map(([path, text]) => [`packages/api/${path}`, text])),
    )
    expect(inPackage).toHaveLength(1)
    expect(inPackage[0]?.split(' ').slice(1, 4)).toEqual(expected.split(' ').slice(1, 4))
    expect(inPackage[0]).toContain(`packages/api/${expected.split(' ').at(-1)}`)
  })

  test('options of Atlas, Flyway and node-pg-migrate are read', async () => {
    const optionsOf = async (files: Files) => (await detect(files)).projects[0]?.runner.options
    expect(await optionsOf(cases[7]?.[1] ?? {})).toEqual({ txMode: 'none' })
    expect(
      await optionsOf({
        Makefile: 'up:\n\tmigrate -path db/migrations -database "$(URL)?x-multi-statement=true" up\n',
        'db/migrations/000001_init.up.sql': table,
        'db/migrations/000001_init.down.sql': 'DROP TABLE users;',
      }),
    ).toEqual({ multiStatement: true })
    expect(
      await optionsOf({ 'flyway.conf': 'flyway.mixed=true\n# flyway.group=true\n', 'sql/V1__a.sql': table }),
    ).toEqual({ group: false, mixed: true, outOfOrder: false })
    expect(
      await optionsOf({
        'package.json':
          '{"scripts": {"m": "node-pg-migrate up --no-single-transaction"}, "dependencies": {"node-pg-migrate": "7.0.0"}}',
        'migrations/1_a.sql': table,
      }),
    ).toEqual({ singleTransaction: false })
  })
})

describe('loose SQL', () => {
  test('in the folders that databases live in', async () => {
    for (const folder of ['db', 'database', 'sql', '', 'packages/x/sql', 'services/api/database']) {
      const path = folder === '' ? 'add_users.sql' : `${folder}/add_users.sql`
      const { projects } = await detect({ [path]: 'ALTER TABLE users ADD COLUMN a text;\n', 'README.md': '' })
      expect(projects, folder).toMatchObject([
        { runner: { name: 'psql', assumed: true }, migrations: { layout: 'plain', files: [path] } },
      ])
    }
  })

  test('that declares the whole schema is told from scripts, and belongs to migrations beside it', async () => {
    const { projects } = await detect({
      'db/schema.sql': `${table}CREATE INDEX i ON users (id);`,
      'db/patch.sql': 'ALTER TABLE users ADD COLUMN a text;',
    })
    expect(projects).toMatchObject([{ sqlSchema: ['db/schema.sql'], migrations: { files: ['db/patch.sql'] } }])
    const beside = await detect({
      'db/schema.sql': table,
      'db/migrations/001_a.sql': 'ALTER TABLE users ADD COLUMN a text;',
    })
    expect(beside.projects).toMatchObject([
      { sqlSchema: ['db/schema.sql'], migrations: { folder: 'db/migrations', layout: 'plain' } },
    ])
  })

  test('that is no schema is left out', async () => {
    const { projects, notes, ignored } = await detect({
      'queries/users.sql': '-- name: GetUser :one\nSELECT * FROM users WHERE id = $1;\n',
      'sql/report.sql': 'SELECT count(*) FROM users;',
      'db/seed.sql': `${table}INSERT INTO users VALUES (1);`,
      'db/load.sql': 'INSERT INTO users VALUES (1);',
      'db/reset.sql': 'TRUNCATE users;',
      'test/schema.sql': table,
      'app/src/test-only-migrations/V2__rows.sql': `${table}UPDATE users SET id = 1;`,
      'app/src/test/resources/db/migration/V3__rows.sql': table,
      'clickhouse/001_events.sql': 'CREATE TABLE events (id UInt64) ENGINE = MergeTree ORDER BY id;',
      'legacy/mysql.sql': 'CREATE TABLE `a` (`id` int unsigned NOT NULL AUTO_INCREMENT) ENGINE=InnoDB;',
      'models/orders.sql': "select * from {{ ref('raw') }}",
      'audit.control': "default_version = '1.1'\n",
      'audit--1.0.sql': 'CREATE TABLE audit (id bigint PRIMARY KEY);',
      'audit--1.0--1.1.sql': 'ALTER TABLE audit ADD COLUMN at timestamptz;',
    })
    expect(lines(projects)).toEqual([])
    expect(notes).toEqual([])
    expect(Object.fromEntries(ignored.map(({ path, reason }) => [path, reason]))).toEqual({
      'queries/users.sql': 'queries',
      'sql/report.sql': 'data',
      'db/seed.sql': 'data',
      'db/load.sql': 'data',
      'db/reset.sql': 'data',
      'test/schema.sql': 'tests',
      'app/src/test-only-migrations/V2__rows.sql': 'tests',
      'app/src/test/resources/db/migration/V3__rows.sql': 'tests',
      'clickhouse/001_events.sql': 'another dialect',
      'legacy/mysql.sql': 'another dialect',
      'models/orders.sql': 'data',
      'audit--1.0.sql': 'extension',
      'audit--1.0--1.1.sql': 'extension',
    })
  })

  test('of another dialect that Prisma knows keeps its dialect', async () => {
    expect(
      await found({
        'mysql/migrations/001_a.sql':
          'CREATE TABLE `a` (`id` int NOT NULL AUTO_INCREMENT, PRIMARY KEY (`id`)) ENGINE=InnoDB;',
      }),
    ).toEqual(['mysql - mysql psql@? (assumed) mysql/migrations:plain'])
  })
})

describe('the configuration', () => {
  test('leaves out what it ignores', async () => {
    const files = {
      'prisma/schema.prisma': prisma('postgresql'),
      'old/schema.prisma': prisma('postgresql'),
      'old/1_a.sql': table,
    }
    expect(await found(files, { paths: { include: defaultConfig.paths.include, ignore: ['old/**'] } })).toEqual([
      '. prisma postgresql prisma@? -',
    ])
    expect(await found(files, { paths: { include: ['prisma/**'], ignore: [] } })).toEqual([
      '. prisma postgresql prisma@? -',
    ])
  })

  test('helps where detection does not find it', async () => {
    const files = {
      'services/api/package.json': '{}',
      'services/api/changes/a.txt': '',
      'services/api/store/001_a.sql': table,
      'services/api/store/002_b.sql': table,
    }
    expect(await found(files)).toEqual(['services/api - postgresql psql@? (assumed) services/api/store:plain'])
    expect(await found(files, { projects: [{ root: 'services/api', runner: 'goose', version: '3.20' }] })).toEqual([
      'services/api - postgresql goose@3.20 services/api/store:plain',
    ])
    expect(await found(files, { projects: [{ root: 'services/api', runner: 'psql', migrations: 'store' }] })).toEqual([
      'services/api - postgresql psql@? services/api/store:plain',
    ])
    expect(
      await found(
        { 'lib/x.prisma': 'model A { id Int @id }' },
        { projects: [{ root: 'lib', orm: 'prisma', runner: 'prisma', version: '7.10', schema: 'x.prisma' }] },
      ),
    ).toEqual(['lib prisma postgresql prisma@7.10 -'])
  })
})

test('an empty tree holds nothing', async () => {
  expect(await detect({})).toEqual({ projects: [], notes: [], ignored: [] })
})

describe('a file that is not named as the migrations beside it', () => {
  const added = 'ALTER TABLE users ADD COLUMN phone text;\n'
  const goMod = 'module x\n\nrequire github.com/golang-migrate/migrate/v4 v4.17.0\n'
  test.each<[string, Files, IgnoredSql['runner'] | undefined]>([
    ['supabase/migrations/add_phone.sql', { 'supabase/migrations/20240101000000_a.sql': table }, 'supabase'],
    ['migrations/add_phone.sql', { 'migrations/1_a.sql': `-- +goose Up\n${table}` }, 'goose'],
    ['migrations/add_phone.up.sql', { 'go.mod': goMod, 'migrations/1_a.up.sql': table }, 'golang-migrate'],
    ['m/v2__add_phone.sql', { 'm/V1__a.sql': table }, 'flyway'],
    ['migrations/create_phones.sql', { 'migrations/001_a.sql': table }, null],
    ['migrations/schema.sql', { 'migrations/001_a.sql': table }, undefined],
    ['migrations/rollback_phone.sql', { 'migrations/001_a.sql': table }, undefined],
    ['migrations/seed-phones.sql', { 'migrations/001_a.sql': table }, undefined],
    ['migrations/add_phone.sql', { 'migrations/001_a.sql': table, 'migrations/atlas.sum': 'h1:x' }, undefined],
  ])('%s is told where it would be one', async (path, files, runner) => {
    const { ignored } = await detect({ ...files, [path]: added })
    expect(ignored).toEqual(runner === undefined ? [] : [{ path, reason: 'no number', runner }])
  })

  test('a callback of Flyway is none', async () => {
    const path = 'm/afterMigrate__views.sql'
    const { ignored } = await detect({ 'm/V1__a.sql': table, [path]: 'CREATE OR REPLACE VIEW v AS SELECT 1;' })
    expect(ignored).toEqual([{ path, reason: 'callback' }])
  })

  test('neither is a file beside the folders of migrations', async () => {
    const { ignored } = await detect({
      'diesel.toml': '',
      'migrations/2024-01-01-000000_a/up.sql': table,
      'migrations/add_phone.sql': added,
      'migrations/seed.sql': added,
    })
    expect(ignored).toEqual([
      { path: 'migrations/add_phone.sql', reason: 'no folder', runner: 'diesel' },
      { path: 'migrations/seed.sql', reason: 'no migration' },
    ])
  })
})

test('migrations of sqlx are for the database that its crate names', async () => {
  const crate = (name: string, feature: string) => ({
    [`crates/${name}/Cargo.toml`]: `[dependencies]\nsqlx = { workspace = true, features = ["${feature}", "regexp"] }\n`,
    [`crates/${name}/migrations/0001_history.sql`]: 'create table history (id text primary key, command text);\n',
  })
  const { projects } = await detectProjects(
    memoryTree({ ...crate('client', 'sqlite'), ...crate('server', 'postgres') }),
    defaultConfig,
  )
  expect(projects.map(({ root, dialect, runner }) => [root, dialect, runner.name])).toEqual([
    ['crates/client', 'sqlite', 'sqlx'],
    ['crates/server', 'postgresql', 'sqlx'],
  ])
})
