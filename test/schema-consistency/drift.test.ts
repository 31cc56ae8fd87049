import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

const rules = catalog.filter((rule) => rule.group === 'consistency')

let database: PGlite
beforeAll(async () => {
  database = await PGlite.create()
})
afterAll(() => database.close())

async function reviewed(base: Record<string, string>, head: Record<string, string>) {
  const report = await review(await changeSetOf(memoryTree(base), memoryTree({ ...base, ...head })), {
    rules,
    settings: { config: defaultConfig, notes: [] },
    rehearse: false,
  })
  return report.findings
}

/** The SQL of all findings, one after the other. */
function closing(findings: Awaited<ReturnType<typeof reviewed>>): string {
  return findings.flatMap(({ help }) => /```sql\n([\s\S]*?)```/.exec(help)?.[1] ?? []).join('\n')
}

const init = `CREATE TYPE "Role" AS ENUM ('A', 'B');
CREATE TABLE "User" ("id" INTEGER NOT NULL, "email" TEXT NOT NULL, "old" TEXT, "age" INTEGER, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE TABLE "Gone" ("id" INTEGER NOT NULL, CONSTRAINT "Gone_pkey" PRIMARY KEY ("id"));`
const datasource = 'datasource db {\n  provider = "postgresql"\n}\n\n'
const before =
  'enum Role {\n  A\n  B\n}\n\nmodel User {\n  id    Int     @id\n  email String  @unique\n  old   String?\n  age   Int?\n}\n\nmodel Gone {\n  id Int @id\n}\n'
const after =
  'enum Role {\n  A\n  B\n  C\n}\n\nmodel User {\n  id    Int     @id\n  email String  @unique\n  age   BigInt  @default(5)\n  posts Post[]\n}\n\nmodel Post {\n  id       Int  @id\n  authorId Int\n  author   User @relation(fields: [authorId], references: [id])\n\n  @@index([authorId])\n}\n'
const prisma = {
  'package.json': '{"dependencies":{"prisma":"6.0.0"}}',
  'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
  'prisma/migrations/1_init/migration.sql': init,
}

describe('where a finding stands', () => {
  const model = `model User {\n  id    Int     @id\n  email String  @unique\n  name  String?\n  age   Int?\n\n  @@index([name])\n}\n\nmodel Post {\n  id Int @id\n}\n`
  const push = { 'package.json': '{"dependencies":{"prisma":"6.0.0"}}', 'prisma/schema.prisma': datasource + model }
  async function placesOf(from: string, to: string, wanted: string) {
    const head = { 'prisma/schema.prisma': datasource + model.replace(from, to) }
    const report = await review(await changeSetOf(memoryTree(push), memoryTree({ ...push, ...head })), {
      rules: catalog,
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
    })
    const lines = head['prisma/schema.prisma'].split('\n')
    return report.findings
      .filter(({ rule }) => rule === wanted)
      .map(({ place: { path, line } }) => [path, lines[line - 1]?.trim()])
  }

  it.each([
    ['a column that goes: the line above', '  age   Int?\n', '', 'no-drop-column', 'name  String?'],
    [
      'a column that gets another name: its line',
      'age   Int?',
      'age   Int? @map("years")',
      'no-drop-column',
      'age   Int? @map("years")',
    ],
    ['an index that goes', '  @@index([name])\n', '', 'require-concurrent-index-drop', ''],
    [
      'an index over other columns',
      '@@index([name])',
      '@@index([age])',
      'require-concurrent-index-drop',
      '@@index([age])',
    ],
    [
      'a unique column that is none any more',
      'email String  @unique',
      'email String',
      'require-concurrent-index-drop',
      'email String',
    ],
    ['a column that becomes required', 'age   Int?', 'age   Int', 'no-set-not-null-scan', 'age   Int'],
    ['a model that goes', '\nmodel Post {\n  id Int @id\n}\n', '', 'no-drop-table', '}'],
  ])('%s', async (_, from, to, rule, line) => {
    expect(await placesOf(from, to, rule)).toEqual([['prisma/schema.prisma', line]])
  })

  it('is the migration, where it alone says what the schema does not', async () => {
    const base = { ...prisma, 'prisma/schema.prisma': datasource + before }
    const findings = await reviewed(base, {
      'prisma/migrations/2_more/migration.sql': '-- More.\nALTER TABLE "User" ADD COLUMN "more" TEXT;',
    })
    expect(findings.map(({ rule, place: { path, line } }) => [rule, path, line])).toEqual([
      ['no-schema-drift', 'prisma/migrations/2_more/migration.sql', 2],
    ])
  })
})

describe('the SQL that closes a gap', () => {
  it.each([
    ['the schema is ahead', before, after],
    ['the migrations are ahead', after, before],
  ])('applies, and leaves nothing to say: %s', async (_, from, to) => {
    const made =
      from === before
        ? init
        : `${init}\nALTER TYPE "Role" ADD VALUE 'C';\nDROP TABLE "Gone";\nALTER TABLE "User" DROP COLUMN "old", ALTER COLUMN "age" SET DATA TYPE BIGINT, ALTER COLUMN "age" SET DEFAULT 5, ALTER COLUMN "age" SET NOT NULL;
CREATE TABLE "Post" ("id" INTEGER NOT NULL, "authorId" INTEGER NOT NULL, CONSTRAINT "Post_pkey" PRIMARY KEY ("id"));\nCREATE INDEX "Post_authorId_idx" ON "Post"("authorId");
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;`
    const base = {
      ...prisma,
      'prisma/migrations/1_init/migration.sql': made,
      'prisma/schema.prisma': datasource + from,
    }
    const findings = await reviewed(base, { 'prisma/schema.prisma': datasource + to })
    expect(findings.map(({ rule }) => rule)).toEqual(['require-migration'])
    const sql = closing(findings)
    await database.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    await database.exec(made)
    for (const statement of sql.split(/;\n/).filter((each) => each.trim() !== '')) await database.exec(statement)
    expect(
      await reviewed(base, { 'prisma/schema.prisma': datasource + to, 'prisma/migrations/2_close/migration.sql': sql }),
    ).toEqual([])
  })

  it('is given for each disagreement beside a migration', async () => {
    const base = { ...prisma, 'prisma/schema.prisma': datasource + before }
    const half = `ALTER TABLE "User" DROP COLUMN "old";\nALTER TYPE "Role" ADD VALUE 'C';`
    const to = before
      .replace('  old   String?\n', '')
      .replace('age   Int?', 'age   BigInt?\n  nick  String  @unique')
      .replace('  B\n', '  B\n  C\n')
    const findings = await reviewed(base, {
      'prisma/schema.prisma': datasource + to,
      'prisma/migrations/2_half/migration.sql': half,
    })
    expect(findings.map(({ rule, message }) => `${rule}: ${message}`)).toEqual([
      expect.stringContaining('`bigint` in the schema and `integer`'),
      expect.stringContaining('`nick`'),
      expect.stringContaining('`User_nick_key`'),
    ])
    await database.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    await database.exec(init)
    for (const statement of `${half}\n${closing(findings)}`.split(/;\n/).filter((each) => each.trim() !== ''))
      await database.exec(statement)
    expect(
      await reviewed(base, {
        'prisma/schema.prisma': datasource + to,
        'prisma/migrations/2_half/migration.sql': `${half}\n${closing(findings)}`,
      }),
    ).toEqual([])
  })
})

describe('a history that is touched', () => {
  const base = { ...prisma, 'prisma/schema.prisma': datasource + before }
  const said = (findings: Awaited<ReturnType<typeof reviewed>>) =>
    findings.map(({ rule, severity, place }) => `${severity} ${rule} ${place.path}`)

  it('asks whether a field or a model has got another name, where it was', async () => {
    const model = 'model User {\n  id    Int     @id\n  title String?\n  age   Int?\n}\n'
    const base = {
      ...prisma,
      'prisma/migrations/1_init/migration.sql':
        'CREATE TABLE "User" ("id" INTEGER NOT NULL, "title" TEXT, "age" INTEGER, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));',
      'prisma/schema.prisma': datasource + model,
    }
    const asked = async (from: string, to: string) =>
      (await reviewed(base, { 'prisma/schema.prisma': datasource + model.replace(from, to) })).map(
        ({ rule, place, help }) => [rule, place.line, help.split('\nOtherwise')[0]],
      )
    expect(await asked('title String?', 'headline String?')).toEqual([
      [
        'require-migration',
        7,
        'Is `headline` the new name of `title`? Then keep the name in the database, which needs no migration: `@map("title")`. Or rename it in a migration by hand:\n```sql\nALTER TABLE "User" RENAME COLUMN title TO headline;\n```',
      ],
    ])
    expect(await asked('model User', 'model Person')).toEqual([
      ['require-migration', 5, expect.stringContaining('Is `Person` the new name of `User`?')],
    ])
  })

  it('is told once where an applied file is edited along with the schema', async () => {
    const edited = init.replace('"old" TEXT, ', '')
    expect(
      said(
        await reviewed(base, {
          'prisma/schema.prisma': datasource + before.replace('  old   String?\n', ''),
          'prisma/migrations/1_init/migration.sql': edited,
        }),
      ),
    ).toEqual(['error no-edited-migration prisma/migrations/1_init/migration.sql'])
  })

  it('also says what the edit does not bring', async () => {
    const to = before.replace('  old   String?\n', '').replace('  age   Int?', '  age   Int?\n  nick  String?')
    expect(
      said(
        await reviewed(base, {
          'prisma/schema.prisma': datasource + to,
          'prisma/migrations/1_init/migration.sql': init.replace('"old" TEXT, ', ''),
        }),
      ),
    ).toEqual([
      'error no-edited-migration prisma/migrations/1_init/migration.sql',
      'error require-migration prisma/schema.prisma',
    ])
  })

  it('is told where the whole history goes', async () => {
    const base = { ...prisma, 'prisma/schema.prisma': datasource + before }
    const { 'prisma/migrations/1_init/migration.sql': _, ...head } = base
    const report = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
      rules,
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
    })
    expect(report.findings.map(({ rule, message }) => [rule, message])).toEqual([
      ['no-edited-migration', expect.stringContaining('is deleted')],
    ])
  })

  it('is not out of order for what only the databases of developers have run', async () => {
    const at = 'src/main/resources/db'
    const flyway = {
      'src/main/resources/application-local.yml': 'spring.flyway.locations: classpath:db/migration,classpath:db/local',
      [`${at}/migration/V1_1__a.sql`]: 'create table a (id bigint primary key);',
      [`${at}/local/V99_1__users.sql`]: 'insert into a values (1);',
    }
    const told = async (base: Record<string, string>) =>
      (await reviewed(base, { [`${at}/migration/V1_2__b.sql`]: 'alter table a add b text;' })).map(({ rule }) => rule)
    expect(await told(flyway)).toEqual([])
    expect(await told({ ...flyway, [`${at}/migration/V1_3__c.sql`]: 'alter table a add c text;' })).toEqual([
      'no-out-of-order-migration',
    ])
  })

  it('is given up with its schema', async () => {
    const base = { ...prisma, 'prisma/schema.prisma': datasource + before }
    const head = Object.fromEntries(Object.entries(base).filter(([path]) => !path.startsWith('prisma/')))
    const report = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
      rules,
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
    })
    expect(report.findings.filter(({ rule }) => rule === 'no-edited-migration')).toEqual([])
  })

  it('is untouched where its folder moves as a whole', async () => {
    const moved = Object.fromEntries(
      Object.entries(base).map(([path, text]) => [path === 'package.json' ? path : `packages/db/${path}`, text]),
    )
    const report = await review(await changeSetOf(memoryTree(base), memoryTree(moved)), {
      rules,
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
    })
    expect(report.findings.map(({ rule, message }) => [rule, message])).toEqual([])
  })

  it('is one finding where it gets another name, also where that name is rehearsed', async () => {
    const { 'prisma/migrations/1_init/migration.sql': text, ...rest } = base
    const head = { ...rest, 'prisma/migrations/3_init/migration.sql': text }
    const report = await review(await changeSetOf(memoryTree(base), memoryTree(head)), {
      rules: catalog,
      settings: { config: defaultConfig, notes: [] },
      rehearse: true,
    })
    expect(report.findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule)).toEqual([
      'no-edited-migration',
    ])
  })

  it('is a note where old files are merged into one that makes the same, and what comes behind is new', async () => {
    const files = (names: Record<string, string>) =>
      Object.fromEntries(Object.entries(names).map(([name, sql]) => [`prisma/migrations/${name}/migration.sql`, sql]))
    const { 'prisma/migrations/1_init/migration.sql': _, ...rest } = {
      ...base,
      'prisma/schema.prisma': datasource + before,
    }
    const old = files({
      '1_init': init,
      '2_more': 'ALTER TABLE "User" ADD COLUMN "more" TEXT;',
      '3_less': 'ALTER TABLE "User" DROP COLUMN "more";',
    })
    const merged = async (names: Record<string, string>) => {
      const change = await changeSetOf(memoryTree({ ...rest, ...old }), memoryTree({ ...rest, ...files(names) }))
      const { findings, notes, coverage } = await review(change, {
        rules,
        settings: { config: defaultConfig, notes: [] },
        rehearse: false,
      })
      return {
        rules: findings.map(({ rule }) => rule),
        notes: notes.map(({ message }) => message),
        statements: coverage.statements,
      }
    }
    const note = expect.stringMatching(/make the same schema.*`npx prisma migrate resolve --applied 4_all`\.$/)
    expect(await merged({ '4_all': init })).toEqual({ rules: [], notes: [note], statements: 0 })
    const more = await merged({ '4_all': init, '5_bio': 'ALTER TABLE "User" ADD COLUMN "bio" TEXT;' })
    expect(more).toEqual({ rules: ['no-schema-drift'], notes: [note], statements: 1 })
    const lost = init.replace('"old" TEXT, ', '')
    expect(await merged({ '4_all': lost })).toEqual({ rules: ['no-edited-migration'], notes: [], statements: 0 })
    expect(await merged({ '1_init': `${init} SELECT 1;` })).toEqual({
      rules: [],
      notes: [expect.stringContaining('merged into `1_init`')],
      statements: 0,
    })
  })

  it('is one finding where files are merged into one that makes something else', async () => {
    const path = (name: string) => `prisma/migrations/${name}/migration.sql`
    const rest = { ...prisma, 'prisma/schema.prisma': datasource + before }
    const old = { ...rest, [path('2_age')]: 'ALTER TABLE "User" ALTER COLUMN "age" SET DEFAULT 1;' }
    const merged = init.replace('"old" TEXT, ', '')
    const lost = { ...rest, [path('1_init')]: merged }
    const report = await review(await changeSetOf(memoryTree(old), memoryTree(lost)), {
      rules,
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
    })
    const [finding, ...others] = report.findings
    expect([others, report.notes, finding?.rule, finding?.place.path]).toEqual([
      [],
      [],
      'no-edited-migration',
      path('1_init'),
    ])
    expect(finding?.message).toContain('`User` has no column `old`, and 1 more')
    await database.exec(`CREATE SCHEMA merged; SET search_path = merged; ${merged}`)
    await database.exec(closing(report.findings).replace(/;\s*$/, ''))
    expect(
      (
        await database.query(
          'SELECT column_default FROM information_schema.columns WHERE table_schema = $1 AND column_name IN ($2, $3) ORDER BY 1',
          ['merged', 'old', 'age'],
        )
      ).rows,
    ).toEqual([{ column_default: '1' }, { column_default: null }])
    await database.exec('DROP SCHEMA merged CASCADE; RESET search_path')
  })

  it('is one finding where many files go', async () => {
    const many = Object.fromEntries(
      [2, 3, 4, 5, 6].map((n) => [
        `prisma/migrations/${n}_more/migration.sql`,
        `CREATE TABLE "t${n}" ("id" INTEGER NOT NULL);`,
      ]),
    )
    const report = await review(await changeSetOf(memoryTree({ ...base, ...many }), memoryTree(base)), {
      rules,
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
    })
    expect(report.findings.map(({ rule, message }) => [rule, message])).toEqual([
      ['no-edited-migration', expect.stringContaining('These 5 migrations have run already and are deleted')],
    ])
  })

  it('says what differs by name alone once, with the statement that renames', async () => {
    const named = `${init}\nALTER TABLE "User" ADD COLUMN "nick" TEXT;\nCREATE INDEX "by_nick" ON "User"("nick");`
    const findings = await reviewed(base, {
      'prisma/schema.prisma':
        datasource + before.replace('  age   Int?\n', '  age   Int?\n  nick  String?\n\n  @@index([nick])\n'),
      'prisma/migrations/2_nick/migration.sql': named.slice(init.length),
    })
    expect(findings.map(({ rule, severity, help }) => [rule, severity, help])).toEqual([
      ['no-schema-drift', 'warning', expect.stringContaining('ALTER INDEX by_nick RENAME TO "User_nick_idx";')],
    ])
  })
})

describe('a journal', () => {
  const journal = (...tags: readonly string[]) =>
    JSON.stringify({
      version: '7',
      dialect: 'postgresql',
      entries: tags.map((tag, idx) => ({ idx, version: '7', when: 1_700_000_000_000 + idx, tag, breakpoints: true })),
    })
  const base = {
    'package.json': '{"dependencies":{"drizzle-orm":"0.45.0"}}',
    'drizzle.config.ts': `export default { dialect: 'postgresql', out: './drizzle', schema: './schema.ts' }`,
    'schema.ts': `import { integer, pgTable } from 'drizzle-orm/pg-core'\nexport const a = pgTable('a', { id: integer() })\n`,
    'drizzle/0000_a.sql': 'CREATE TABLE "a" ("id" integer);',
    'drizzle/meta/_journal.json': journal('0000_a'),
  }
  const said = (findings: Awaited<ReturnType<typeof reviewed>>) => findings.map(({ rule, message }) => [rule, message])

  it('without the file, and a file without it, are told, and nothing twice', async () => {
    expect(said(await reviewed(base, { 'drizzle/meta/_journal.json': journal('0000_a', '0001_gone') }))).toEqual([
      ['require-journal-entry', expect.stringContaining('`0001_gone`')],
    ])
    expect(
      said(
        await reviewed(base, {
          'drizzle/0001_lost.sql': 'ALTER TABLE "a" ADD COLUMN "b" integer;',
          'schema.ts': base['schema.ts'].replace('id: integer()', 'id: integer(), b: integer()'),
        }),
      ),
    ).toEqual([['require-journal-entry', expect.stringContaining('never runs')]])
  })

  it('that lists few of many files is no journal', async () => {
    const many = {
      ...base,
      ...Object.fromEntries([1, 2, 3, 4].map((n) => [`drizzle/000${n}_by_hand.sql`, 'SELECT 1;'])),
    }
    const findings = await reviewed(many, {
      'drizzle/0005_by_hand.sql': 'SELECT 1;',
      'drizzle/0006_by_hand.sql': 'SELECT 1;',
    })
    expect(findings.map(({ rule, severity, message }) => [rule, severity, message])).toEqual([
      ['require-journal-entry', 'info', expect.stringContaining('lists 1 of 7 migrations')],
    ])
  })

  it('that lists none of the files that are there is none either', async () => {
    const { 'drizzle/0000_a.sql': _, ...without } = base
    const findings = await reviewed(
      { ...without, 'drizzle/0001_by_hand.sql': 'SELECT 1;' },
      { 'drizzle/0002_by_hand.sql': 'SELECT 1;' },
    )
    expect(findings.map(({ rule, severity, message }) => [rule, severity, message])).toEqual([
      ['require-journal-entry', 'info', expect.stringContaining('lists 0 of 2 migrations')],
    ])
  })

  it('with a number twice, and out of order', async () => {
    const two = JSON.stringify({
      version: '7',
      dialect: 'postgresql',
      entries: [
        { idx: 0, when: 20, tag: '0000_a' },
        { idx: 1, when: 10, tag: '0000_b' },
      ],
    })
    const findings = await reviewed(base, {
      'drizzle/0000_b.sql': 'CREATE TABLE "b" ("id" integer);',
      'drizzle/meta/_journal.json': two,
      'schema.ts': `${base['schema.ts']}export const b = pgTable('b', { id: integer() })\n`,
    })
    expect(findings.map(({ rule, severity, message }) => [rule, severity, message])).toEqual(
      expect.arrayContaining([
        ['require-journal-entry', 'warning', expect.stringContaining('forgets what `0000_a` or `0000_b` does')],
        ['no-out-of-order-migration', 'error', expect.stringContaining('`0000_b` never runs')],
      ]),
    )
  })

  it('that is broken stops the review from being green', async () => {
    const report = await review(
      await changeSetOf(memoryTree(base), memoryTree({ ...base, 'drizzle/meta/_journal.json': '{{{' })),
      { rules, settings: { config: defaultConfig, notes: [] }, rehearse: false },
    )
    expect(report.notes).toContainEqual(
      expect.objectContaining({ kind: 'unparsed', blocking: true, path: 'drizzle/meta/_journal.json' }),
    )
    expect(report.conclusion).toBe('failure')
  })
})

it('a lock of another provider than the schema is told, also where the lock is new', async () => {
  const { 'prisma/migrations/migration_lock.toml': _, ...base } = {
    ...prisma,
    'prisma/schema.prisma': datasource + before,
  }
  const findings = await reviewed(base, { 'prisma/migrations/migration_lock.toml': '# by hand\nprovider = "sqlite"\n' })
  expect(findings.map(({ rule, place, message }) => [rule, place.line, message])).toEqual([
    ['no-provider-change', 2, expect.stringContaining('P3019')],
  ])
})
