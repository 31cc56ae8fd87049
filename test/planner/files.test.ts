import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PGlite } from '@electric-sql/pglite'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { planFiles } from '../../src/planner/files/files.ts'
import { plansOf } from '../../src/planner/of-change-set.ts'
import { versionsAfter } from '../../src/planner/files/versions.ts'
import { readWriteContext } from '../../src/planner/files/write-context.ts'
import { detectProjects } from '../../src/project/detect.ts'
import { readMigrations } from '../../src/project/migrations.ts'
import { transactionsOf } from '../../src/project/transactions.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { readDrizzleSnapshot } from '../../src/schema/drizzle.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { replayHistory } from '../../src/schema/replay.ts'
import { changesToText } from '../../src/schema/show/text.ts'
import type { Settings } from '../../src/settings.ts'
import { readSettings } from '../../src/settings.ts'
import { loadParser } from '../../src/sql/parser.ts'

let db: PGlite

beforeAll(async () => {
  await loadParser()
  db = await PGlite.create()
})
afterAll(async () => {
  await db.close()
})

const given = 'CREATE TABLE users (id integer PRIMARY KEY, email text, legacy integer);\n'
const change =
  'ALTER TABLE users ADD COLUMN name text;\nCREATE INDEX users_name_idx ON users (name);\nALTER TABLE users DROP COLUMN legacy;\nALTER TABLE users ALTER COLUMN email SET NOT NULL;\n'
const now = new Date('2026-02-03T04:05:06Z')

interface Layout {
  readonly runner: string
  readonly folder: string
  /** Files of the project, without migrations. */
  readonly signs: Readonly<Record<string, string>>
  readonly first: Readonly<Record<string, string>>
  readonly second: Readonly<Record<string, string>>
  /** Names of the files that are written. */
  readonly names: readonly RegExp[]
}

const goMod = 'module example.com/app\n\ngo 1.22\n\nrequire '

const layouts: readonly Layout[] = [
  {
    runner: 'prisma',
    folder: 'prisma/migrations',
    signs: {
      'prisma/schema.prisma':
        'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\nmodel users {\n  id Int @id\n  email String\n  name String?\n  @@index([name])\n}\n',
      'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
    },
    first: { 'prisma/migrations/20260101000000_init/migration.sql': given },
    second: { 'prisma/migrations/20270101000000_next/migration.sql': change },
    names: [
      /^20270101000001_before_the_code\/migration\.sql$/,
      /^20270101000002_before_the_code_index\/migration\.sql$/,
      /^20270101000003_after_the_code\/migration\.sql$/,
      /^20270101000004_make_users_email_not_null.*\/migration\.sql$/,
      /^20270101000005_make_users_email_not_null/,
    ],
  },
  {
    runner: 'goose',
    folder: 'migrations',
    signs: { 'go.mod': `${goMod}github.com/pressly/goose/v3 v3.20.0\n` },
    first: { 'migrations/00001_init.sql': `-- +goose Up\n${given}-- +goose Down\nDROP TABLE users;\n` },
    second: {
      'migrations/00002_next.sql': `-- +goose Up\n${change}-- +goose Down\nALTER TABLE users DROP COLUMN name;\n`,
    },
    names: [
      /^00003_before_the_code\.sql$/,
      /^00004_before_the_code_index\.sql$/,
      /^00005_after_the_code\.sql$/,
      /^00006_make_users/,
      /^00007_make_users/,
    ],
  },
  {
    runner: 'dbmate',
    folder: 'db/migrations',
    signs: {},
    first: { 'db/migrations/20260101000000_init.sql': `-- migrate:up\n${given}\n-- migrate:down\nDROP TABLE users;\n` },
    second: { 'db/migrations/20260102000000_next.sql': `-- migrate:up\n${change}\n-- migrate:down\n` },
    names: [
      /^20260203040506_before/,
      /^20260203040507_before/,
      /^20260203040508_after/,
      /^20260203040509_make/,
      /^20260203040510_make/,
    ],
  },
  {
    runner: 'golang-migrate',
    folder: 'migrations',
    signs: { 'go.mod': `${goMod}github.com/golang-migrate/migrate/v4 v4.17.0\n` },
    first: { 'migrations/000001_init.up.sql': given, 'migrations/000001_init.down.sql': 'DROP TABLE users;' },
    second: { 'migrations/000002_next.up.sql': change, 'migrations/000002_next.down.sql': '' },
    names: [
      /^000003_before_the_code\.up\.sql$/,
      /^000004_before_the_code_index\.up\.sql$/,
      /^000005_after_the_code\.up\.sql$/,
      /^000006_make/,
      /^000007_make/,
    ],
  },
  {
    runner: 'sqlx',
    folder: 'migrations',
    signs: {
      'Cargo.toml': '[package]\nname = "app"\n[dependencies]\nsqlx = { version = "0.8", features = ["postgres"] }\n',
    },
    first: {
      'migrations/20260101000000_init.up.sql': given,
      'migrations/20260101000000_init.down.sql': 'DROP TABLE users;',
    },
    second: { 'migrations/20260102000000_next.up.sql': change, 'migrations/20260102000000_next.down.sql': '' },
    names: [
      /^20260203040506_before_the_code\.up\.sql$/,
      /^20260203040507_before_the_code_index\.up\.sql$/,
      /^20260203040508_after_the_code\.up\.sql$/,
      /^20260203040509_make/,
      /^20260203040510_make/,
    ],
  },
  {
    runner: 'diesel',
    folder: 'migrations',
    signs: {
      'diesel.toml': '[migrations_directory]\ndir = "migrations"\n',
      'Cargo.toml': '[package]\nname = "app"\n[dependencies]\ndiesel = { version = "2.2", features = ["postgres"] }\n',
    },
    first: {
      'migrations/2026-01-01-000000_init/up.sql': given,
      'migrations/2026-01-01-000000_init/down.sql': 'DROP TABLE users;',
    },
    second: { 'migrations/2026-01-02-000000_next/up.sql': change, 'migrations/2026-01-02-000000_next/down.sql': '' },
    names: [
      /^2026-02-03-040506_before_the_code\/up\.sql$/,
      /^2026-02-03-040507_before_the_code_index\/up\.sql$/,
      /^2026-02-03-040508_after_the_code\/up\.sql$/,
      /^2026-02-03-040509_make/,
      /^2026-02-03-040510_make/,
    ],
  },
  {
    runner: 'node-pg-migrate',
    folder: 'migrations',
    signs: {
      'package.json':
        '{"dependencies":{"node-pg-migrate":"7.0.0","pg":"8.0.0"},"scripts":{"migrate":"node-pg-migrate --no-single-transaction"}}',
    },
    first: { 'migrations/1700000000000_init.sql': `-- Up Migration\n${given}\n-- Down Migration\nDROP TABLE users;\n` },
    second: { 'migrations/1700000000001_next.sql': `-- Up Migration\n${change}\n-- Down Migration\n` },
    names: [
      /^1770091506000_before/,
      /^1770091506001_before/,
      /^1770091506002_after/,
      /^1770091506003_make/,
      /^1770091506004_make/,
    ],
  },
  {
    runner: 'flyway',
    folder: 'db/migration',
    signs: {
      'flyway.toml':
        '[flyway]\nlocations = ["filesystem:db/migration"]\n[environments.default]\nurl = "jdbc:postgresql://localhost/app"\n',
    },
    first: { 'db/migration/V1.1__init.sql': given, 'db/migration/U1.1__init.sql': 'DROP TABLE users;' },
    second: { 'db/migration/V1.9__next.sql': change },
    names: [
      /^V1\.10__before_the_code\.sql$/,
      /^V1\.11__before_the_code_index\.sql$/,
      /^V1\.12__after_the_code\.sql$/,
      /^V1\.13__make/,
      /^V1\.14__make/,
    ],
  },
  {
    runner: 'drizzle',
    folder: 'drizzle',
    signs: {
      'drizzle.config.ts': "export default { schema: './schema.ts', out: './drizzle', dialect: 'postgresql' }\n",
      'schema.ts':
        "import { pgTable, integer, text, index } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: integer('id').primaryKey(), email: text('email').notNull(), name: text('name') }, (t) => [index('users_name_idx').on(t.name)])\n",
    },
    first: {
      'drizzle/0000_init.sql': given,
      'drizzle/meta/_journal.json': journal(['0000_init']),
      'drizzle/meta/0000_snapshot.json': snapshot('a', '0', { id: true, email: false, legacy: false }),
    },
    second: {
      'drizzle/0001_next.sql': change
        .replaceAll(';\nA', ';\n--> statement-breakpoint\nA')
        .replaceAll(';\nC', ';\n--> statement-breakpoint\nC'),
      'drizzle/meta/_journal.json': journal(['0000_init', '0001_next']),
      'drizzle/meta/0001_snapshot.json': snapshot('b', 'a', { id: true, email: true, name: false }, 'users_name_idx'),
    },
    names: [
      /^0001_before_the_code\.sql$/,
      /^0002_before_the_code_index\.sql$/,
      /^0003_after_the_code\.sql$/,
      /^0004_make/,
      /^0005_make/,
    ],
  },
]

function journal(tags: readonly string[]): string {
  return JSON.stringify(
    {
      version: '7',
      dialect: 'postgresql',
      entries: tags.map((tag, idx) => ({ idx, version: '7', when: 1700000000000 + idx, tag, breakpoints: true })),
    },
    null,
    2,
  )
}

function snapshot(
  id: string,
  prevId: string,
  columns: Readonly<Record<string, boolean>>,
  index: string | null = null,
): string {
  const types = (name: string) => (name === 'id' || name === 'legacy' ? 'integer' : 'text')
  return JSON.stringify(
    {
      id,
      prevId,
      version: '7',
      dialect: 'postgresql',
      tables: {
        'public.users': {
          name: 'users',
          schema: '',
          columns: Object.fromEntries(
            Object.entries(columns).map(([name, notNull]) => [
              name,
              { name, type: types(name), primaryKey: name === 'id', notNull },
            ]),
          ),
          indexes: index
            ? {
                [index]: {
                  name: index,
                  columns: [{ expression: 'name', isExpression: false, asc: true, nulls: 'last' }],
                  isUnique: false,
                  concurrently: false,
                  method: 'btree',
                  with: {},
                },
              }
            : {},
          foreignKeys: {},
          compositePrimaryKeys: {},
          uniqueConstraints: {},
          policies: {},
          checkConstraints: {},
          isRLSEnabled: false,
        },
      },
      enums: {},
      schemas: {},
      sequences: {},
      roles: {},
      policies: {},
      views: {},
      _meta: { columns: {}, schemas: {}, tables: {} },
    },
    null,
    2,
  )
}

async function written({ signs, first, second }: Layout) {
  const base = memoryTree({ ...signs, ...first })
  const changeSet = await changeSetOf(base, memoryTree({ ...signs, ...first, ...second }))
  const settings: Settings = await readSettings(changeSet, [])
  const { plans, notes } = await plansOf(changeSet, settings)
  expect(notes.filter((n) => n.blocking)).toEqual([])
  const [{ plan, review, postgres }] = plans as [(typeof plans)[number]]
  const context = await readWriteContext(changeSet, review, postgres, now)
  return { ...planFiles(plan, context), review }
}

async function historyOf(files: Readonly<Record<string, string>>) {
  const tree = memoryTree(files)
  const { projects } = await detectProjects(tree, defaultConfig)
  const project = projects[0]!
  const { before } = await readMigrations(project, await changeSetOf(tree, tree))
  return {
    project,
    migrations: before,
    replayed: replayHistory(emptySchema(), before, {
      postgres: 18,
      source: 'migrations',
      transactions: transactionsOf(project.runner, before),
    }),
  }
}

describe.each(layouts)('for $runner', (layout) => {
  const files = async () => {
    const { migrations, others, review } = await written(layout)
    return {
      migrations,
      others,
      review,
      all: {
        ...layout.signs,
        ...layout.first,
        ...Object.fromEntries([...migrations].map(([path, text]) => [`${layout.folder}/${path}`, text])),
      },
    }
  }

  test('the migrations run in order after those that are there, and lead where the change led', async () => {
    const { migrations, review, all } = await files()
    const ups = [...migrations.keys()].filter((path) => path.endsWith('.sql') && !/down\.sql$|^U\d/.test(path))
    expect(ups).toHaveLength(layout.names.length)
    for (const [i, name] of layout.names.entries()) expect(ups[i]).toMatch(name)
    const { project, migrations: read, replayed } = await historyOf(all)
    expect(project.runner.name).toBe(layout.runner)
    expect(read).toHaveLength(layout.names.length + 1)
    expect(replayed.notes).toEqual([])
    expect(changesToText(diffSchemas(replayed.schema, review.after))).toBe('')
  })

  test('every file runs in Postgres as the runner sends it, and its way back too', async () => {
    const { all, others } = await files()
    const { project, migrations } = await historyOf(all)
    const transactions = transactionsOf(project.runner, migrations)
    await db.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    let at = 0
    const send = async (statements: readonly { readonly text: string }[], block: boolean) => {
      if (block) return void (await db.exec(`BEGIN; ${statements.map((s) => s.text).join('; ')}; COMMIT`))
      for (const s of statements) await db.query(s.text)
    }
    for (const migration of migrations) {
      const block = transactions[at]?.block !== false
      at += migration.statements.length
      await send(migration.statements, block)
    }
    const columns = async () =>
      (
        await db.query<{ c: string }>(
          "SELECT column_name || CASE is_nullable WHEN 'NO' THEN '!' ELSE '' END AS c FROM information_schema.columns WHERE table_name = 'users' AND table_schema = 'public' ORDER BY 1",
        )
      ).rows.map((r) => r.c)
    expect(await columns()).toEqual(['email!', 'id!', 'name'])
    const backs = migrations
      .slice(1)
      .toReversed()
      .map((m) => m.down?.statements.map((s) => s.text) ?? null)
    const beside = [...others]
      .filter(([path]) => path.startsWith('ways-back/'))
      .toReversed()
      .map(([, text]) => [text])
    for (const back of backs.every((b) => b === null) ? beside : backs)
      for (const text of back ?? []) await db.exec(text)
    expect(await columns()).toEqual(['email', 'id!', 'legacy'])
  })
})

test('drizzle-kit finds a journal entry and a snapshot for each, and the last snapshot is the one that the change had', async () => {
  const layout = layouts.find((l) => l.runner === 'drizzle')!
  const { migrations, others, review } = await written(layout)
  const { entries } = JSON.parse(migrations.get('meta/_journal.json')!) as {
    entries: { idx: number; tag: string; when: number }[]
  }
  expect(entries.map((e) => [e.idx, e.tag])).toEqual([
    [0, '0000_init'],
    [1, '0001_before_the_code'],
    [2, '0002_before_the_code_index'],
    [3, '0003_after_the_code'],
    [4, '0004_make_users_email_not_null'],
    [5, '0005_make_users_email_not_null_2'],
  ])
  expect(entries.every((e, i) => i === 0 || e.when > entries[i - 1]!.when)).toBe(true)
  const snapshots = ['0001', '0002', '0003', '0004', '0005'].map(
    (n) =>
      JSON.parse(migrations.get(`meta/${n}_snapshot.json`)!) as {
        id: string
        prevId: string
        tables: Record<string, { columns: object; indexes: object }>
      },
  )
  expect(snapshots.map((s) => s.prevId)).toEqual(['a', ...snapshots.slice(0, -1).map((s) => s.id)])
  expect(Object.keys(snapshots[0]!.tables['public.users']!.columns).toSorted()).toEqual([
    'email',
    'id',
    'legacy',
    'name',
  ])
  expect(Object.keys(snapshots[0]!.tables['public.users']!.indexes)).toEqual([])
  expect(snapshots[4]!.tables).toEqual(
    (JSON.parse(layout.second['drizzle/meta/0001_snapshot.json']!) as { tables: object }).tables,
  )
  const read = await readDrizzleSnapshot(migrations.get('meta/0005_snapshot.json')!, 'x')
  expect(changesToText(diffSchemas(read.schema!, review.after))).toBe('')
  expect(others.get('by-hand/0002_before_the_code_index.sql')).toContain(
    'CREATE INDEX CONCURRENTLY users_name_idx ON users (name);',
  )
  expect(migrations.get('0002_before_the_code_index.sql')).toBe(
    'CREATE INDEX IF NOT EXISTS users_name_idx ON users (name);\n',
  )
})

test('a way back that is wrong is written as a file of the runner', async () => {
  const { others } = await written(layouts.find((l) => l.runner === 'goose')!)
  expect(others.get('ways-back/00002_next.sql')).toContain('ALTER TABLE users ADD COLUMN legacy integer;')
  expect(others.get('PLAN.md')).toContain('- Step 1: `00003_before_the_code`, `00004_before_the_code_index`')
})

test.each([
  ['goose', ['00001_a', '00012_b'], '00013_x'],
  ['golang-migrate', ['1_a', '9_b'], '10_x'],
  ['prisma', ['20990101000000_a'], '20990101000001_x'],
  ['prisma', [], '20260203040506_x'],
  ['supabase', ['20260101_a'], '20260102_x'],
  ['diesel', ['00000000000000_setup', '2026-01-01-000000_a'], '2026-02-03-040506_x'],
  ['flyway', ['V1__a', 'V10__b', 'V9__c'], 'V11__x'],
  ['flyway', ['V2_03__a'], 'V2_04__x'],
  ['flyway', ['V20260101000000__a'], 'V20260203040506__x'],
  ['node-pg-migrate', [], '1770091506000_x'],
  ['node-pg-migrate', ['1700000000000-a'], '1770091506000-x'],
  ['atlas', ['20260101000000'], '20260203040506_x'],
] as const)('%s after %j: %s', (runner, names, next) => {
  expect(versionsAfter(runner, names, now).nameOf(0, 'x')).toBe(next)
})
