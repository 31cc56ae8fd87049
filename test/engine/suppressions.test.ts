import { expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

type Files = Readonly<Record<string, string>>

async function reviewed(base: Files, head: Files, ignore: readonly string[] = []) {
  const report = await review(await changeSetOf(memoryTree(base), memoryTree({ ...base, ...head })), {
    rules: catalog,
    settings: { config: { ...defaultConfig, paths: { ...defaultConfig.paths, ignore } }, notes: [] },
    rehearse: false,
  })
  return report.findings
}

const silenced = (findings: Awaited<ReturnType<typeof reviewed>>) =>
  findings.filter(({ suppressed }) => suppressed).map(({ rule }) => rule)

it('above a model or a table of an ORM speaks of its fields too, and of no other', async () => {
  const head = 'datasource db {\n  provider = "postgresql"\n}\n\nmodel User {\n  id BigInt @id\n'
  const prisma = await reviewed(
    { 'prisma/schema.prisma': `${head}}\n`, 'package.json': '{"dependencies":{"prisma":"6.0.0"}}' },
    {
      'prisma/schema.prisma': `${head}  orders Order[]\n  seen Boolean?\n}\n\n// schemagate-ignore require-foreign-key-index, no-nullable-boolean: a few rows\nmodel Order {\n  id BigInt @id\n  paid Boolean?\n  userId BigInt\n  user User @relation(fields: [userId], references: [id])\n}\n`,
    },
  )
  expect(silenced(prisma)).toEqual(['require-foreign-key-index', 'no-nullable-boolean'])
  expect(prisma.filter(({ rule }) => rule === 'no-nullable-boolean')).toHaveLength(2)

  const table = (rest: string) =>
    `import { bigint, pgTable } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })\n${rest}`
  const drizzle = await reviewed(
    {
      'src/schema.ts': table(''),
      'drizzle.config.ts': "export default { dialect: 'postgresql', out: './drizzle', schema: './src/schema.ts' }",
    },
    {
      'src/schema.ts': table(
        "// schemagate-ignore require-foreign-key-index: a few rows\nexport const orders = pgTable('orders', {\n  id: bigint('id', { mode: 'number' }).primaryKey(),\n  userId: bigint('user_id', { mode: 'number' }).references(() => users.id),\n})\n",
      ),
    },
  )
  expect(silenced(drizzle)).toEqual(['require-foreign-key-index'])
})

it('that names no rule says which was meant, and what other tools write is none', async () => {
  const findings = await reviewed(
    { 'db/migrations/1.sql': 'create table users (id bigint primary key);' },
    {
      'db/migrations/2.sql':
        '-- squawk-ignore ban-drop-table\n-- atlas:nolint destructive\n-- schemagate-ignore no-drop-tabel: agreed\ndrop table users;',
    },
  )
  expect(
    findings.filter(({ severity }) => severity !== 'info').map(({ rule, message }) => `${rule}: ${message}`),
  ).toEqual([
    'no-drop-table: Dropping `users` loses its data and breaks running instances that still use it.',
    'no-unused-suppression: `no-drop-tabel` is no rule, so this suppression silences nothing. Did you mean `no-drop-table`?',
  ])
})

it('may stand behind the statement, and has no effect with a day that is none', async () => {
  const findings = await reviewed(
    {
      'db/migrations/1.sql':
        'create table users (id bigint primary key, a text, b text, c text); create index users_a on users (a); create index users_b on users (b); create index users_c on users (c);',
    },
    {
      'db/migrations/2.sql': [
        `drop index users_a; -- schemagate-ignore require-concurrent-index-drop, require-lock-timeout: at night until=2099-01-01`,
        `/* schemagate-ignore require-concurrent-index-drop until=2099-01-01: at night */`,
        `drop index users_b;`,
        `-- schemagate-ignore require-concurrent-index-drop: at night until=tomorrow`,
        `drop index users_c;`,
      ].join('\n'),
      'db/migrations/3.sql': [
        `-- schemagate-ignore require-lock-timeout: said once for all, and meant here too`,
        `alter table users add column d text not null default '';`,
      ].join('\n'),
    },
  )
  expect(findings.filter(({ suppressed }) => suppressed?.until === '2099-01-01')).toHaveLength(3)
  const told = findings.filter(({ suppressed }) => !suppressed)
  expect(told.map(({ rule, place }) => `${rule} ${place.path.slice(-5)}:${place.line}`)).toEqual([
    'no-expired-suppression 2.sql:4',
    'require-concurrent-index-drop 2.sql:5',
  ])
})

it('is not asked for where the configuration leaves the file out', async () => {
  const findings = await reviewed(
    { 'db/migrations/1.sql': 'create table users (id bigint primary key);' },
    { 'db/migrations/2.sql': '-- schemagate-ignore no-drop-table: agreed\nselect 1;' },
    ['db/**'],
  )
  expect(findings).toEqual([])
})

it('on the line of one column speaks of that one, and of nothing else that is told with it', async () => {
  const sql = await reviewed(
    { 'db/migrations/1.sql': 'create table users (id bigint primary key);' },
    {
      'db/migrations/2.sql': [
        'create table orders (',
        '  id bigint generated always as identity primary key,',
        '  -- schemagate-ignore no-nullable-boolean, prefer-timestamptz: the shop says so',
        '  paid boolean, placed_at timestamp,',
        '  seen boolean,',
        '  sent_at timestamp,',
        '  gift boolean, -- schemagate-ignore no-nullable-boolean: unknown until asked',
        '  old boolean, got_at timestamp);',
      ].join('\n'),
    },
  )
  const told = sql.filter(({ rule }) => /no-nullable|timestamptz|suppression/.test(rule))
  expect(
    told.map(({ place, message, suppressed }) => `${place.line}${suppressed ? ' silent' : ''}: ${message}`),
  ).toEqual([
    '4 silent: `placed_at` does not say which moment it means: it has no time zone.',
    '6: `sent_at` and `got_at` do not say which moment they mean: they have no time zone.',
    '4 silent: `paid` has three values: true, false and unknown.',
    '5: `seen` and `old` have three values: true, false and unknown.',
    '7 silent: `gift` has three values: true, false and unknown.',
  ])

  const head = 'datasource db {\n  provider = "postgresql"\n}\n\nmodel User {\n  id BigInt @id\n'
  const prisma = await reviewed(
    { 'prisma/schema.prisma': `${head}}\n`, 'package.json': '{"dependencies":{"prisma":"6.0.0"}}' },
    {
      'prisma/schema.prisma': `${head}  a DateTime\n  // schemagate-ignore prefer-timestamptz: local\n  b DateTime\n  c DateTime\n}\n`,
    },
  )
  expect(prisma.filter(({ rule }) => /timestamptz|suppression/.test(rule)).map((each) => each.place.line)).toEqual([
    7, 9,
  ])
})
