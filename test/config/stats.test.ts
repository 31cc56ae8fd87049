import { PGlite } from '@electric-sql/pglite'
import { expect, test } from 'vitest'
import { parseStats, printStatsQuery } from '../../src/config.ts'
import { run } from '../../src/commands/stats.ts'
import type { Io } from '../../src/commands/io.ts'
import { memoryTree } from '../../src/changeset/memory.ts'
import { serverVersionOf } from '../../src/project/server-version.ts'

test('the printed query gives the file of statistics', async () => {
  const db = new PGlite()
  try {
    const empty = await db.exec(printStatsQuery())
    expect(parseStats(JSON.stringify(empty.at(-1)?.rows)).tables).toEqual({})
    await db.exec(`
      CREATE TABLE users (id int PRIMARY KEY);
      INSERT INTO users SELECT generate_series(1, 1000);
      CREATE TABLE "Odd Name" (a int);
      CREATE SCHEMA billing;
      CREATE TABLE billing.invoices (id int, month int) PARTITION BY LIST (month);
      CREATE TABLE billing.invoices_1 PARTITION OF billing.invoices FOR VALUES IN (1) PARTITION BY LIST (id);
      CREATE TABLE billing.invoices_1_1 PARTITION OF billing.invoices_1 FOR VALUES IN (1);
      CREATE TABLE billing.invoices_2 PARTITION OF billing.invoices FOR VALUES IN (2);
      INSERT INTO billing.invoices SELECT 1, 1 FROM generate_series(1, 30);
      INSERT INTO billing.invoices SELECT g, 2 FROM generate_series(1, 70) g;
      CREATE TEMP TABLE gone (a int);
      ANALYZE;`)
    const results = await db.exec(printStatsQuery())
    const { tables, date, notes } = parseStats(JSON.stringify(results.at(-1)?.rows))
    expect(notes).toEqual([])
    expect(date).toBe(new Date().toISOString().slice(0, 10))
    expect(Object.fromEntries(Object.entries(tables).map(([name, { rows }]) => [name, rows]))).toEqual({
      users: 1000,
      'Odd Name': 0,
      'billing.invoices': 100,
      'billing.invoices_1': 30,
      'billing.invoices_1_1': 30,
      'billing.invoices_2': 70,
    })
    expect(tables['users']?.bytes).toBeGreaterThan(8192)
  } finally {
    await db.close()
  }
})

test('the command prints it, and nothing else', async () => {
  const written: string[] = []
  const io: Io = {
    cwd: '/',
    isTerminal: false,
    environment: {},
    stdout: (text) => {
      written.push(text)
    },
    stderr: () => {},
    progress: () => {},
    readStdin: async () => '',
    writeFile: async () => {},
  }
  expect(await run(['--print-query'], io)).toBe(0)
  expect(written.join('')).toBe(printStatsQuery())
  await expect(run([], io)).rejects.toThrow(/never connects to a database/)
})

test('the version of the server is what the repository says, with its place', async () => {
  const version = async (files: Readonly<Record<string, string>>, near?: string) => {
    const found = await serverVersionOf(memoryTree(files), near)
    return found && `${found.postgres} ${found.path}:${found.line} (${found.source})`
  }
  const statistics = { '.github/schemagate-stats.json': '{\n  "tables": {},\n  "postgres": 13\n}' }
  expect(await version({ ...statistics, 'compose.yml': 'image: postgres:16' })).toBe(
    '13 .github/schemagate-stats.json:3 (the statistics of the database)',
  )
  const minor = async (image: string) =>
    (await serverVersionOf(memoryTree({ 'compose.yml': `image: ${image}` })))?.minor
  expect([await minor('postgres:14.2'), await minor('postgres:14'), await minor('postgres:14.2-alpine')]).toEqual([
    2,
    null,
    2,
  ])
  const compose = (image: string) => `services:\n  db:\n    image: ${image}\n`
  expect(await version({})).toBeNull()
  for (const [image, expected] of Object.entries({
    'postgres:16-alpine': 16,
    '"postgres:14.5"': 14,
    'docker.io/library/postgres:17': 17,
    'postgis/postgis:15-3.4': 15,
    'pgvector/pgvector:pg16': 16,
    'timescale/timescaledb:latest-pg15': 15,
    'timescale/timescaledb:2.14.2-pg16': 16,
    'bitnami/postgresql:16.1.0': 16,
    'supabase/postgres:15.1.0.117': 15,
    'postgres:${PG_VERSION:-14}-alpine': 14,
    'registry.example.com:5000/x/postgres:13': 13,
  }))
    expect(await version({ 'docker-compose.yml': compose(image) }), image).toBe(
      `${expected} docker-compose.yml:3 (the compose file)`,
    )
  for (const image of [
    'postgres:latest',
    'postgres',
    'mysql:16',
    'redis:16',
    'postgres-exporter:15',
    'postgres:${PG_VERSION}',
    'postgres:9.6',
  ])
    expect(await version({ 'compose.yaml': compose(image) }), image).toBeNull()
  const all = {
    'docker-compose.yml': compose('postgres:16'),
    'apps/api/compose.yaml': compose('postgres:14'),
    '.github/workflows/ci.yml': 'matrix:\n  services:\n    image: postgres:13\n  x:\n    image: postgres:12\n',
  }
  expect(await version(all)).toBe('16 docker-compose.yml:3 (the compose file)')
  expect(await version(all, 'apps/api')).toBe('14 apps/api/compose.yaml:3 (the compose file)')
  expect(await version({ '.github/workflows/ci.yml': all['.github/workflows/ci.yml'] })).toBe(
    '12 .github/workflows/ci.yml:5 (the CI workflow)',
  )
  for (const [list, line] of [
    ['services:\n  - redis:7\n  - postgres:14\n', 3],
    ['services:\n  - name: postgres:14-alpine\n', 2],
  ] as const)
    expect(await version({ '.gitlab-ci.yml': list })).toBe(`14 .gitlab-ci.yml:${line} (the CI workflow)`)
  expect(await version({ ...all, 'supabase/config.toml': '[db]\nmajor_version = 15\n' })).toBe(
    '15 supabase/config.toml:2 (the Supabase configuration)',
  )
  expect(
    await version({
      ...all,
      'infra/db.tf': 'resource "aws_db_instance" "x" {\n  engine = "postgres"\n  engine_version = "15.4"\n}\n',
    }),
  ).toBe('15 infra/db.tf:3 (the Terraform configuration)')
  expect(await version({ 'infra/db.tf': 'engine = "mysql"\nengine_version = "15.4"\n' })).toBeNull()
})
