import { expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'

type Files = Readonly<Record<string, string>>

const users = 'create table users (id bigint primary key);\n'
const up = 'alter table users add column city text;\ncreate table notes (id bigint primary key);\n'

/** The files of a project before, and those that a migration adds to it, by runner. */
const projects: Readonly<Record<string, readonly [base: Files, added: (down: string) => Files]>> = {
  goose: [
    {
      'go.mod': 'require github.com/pressly/goose/v3 v3.20.0',
      'migrations/0001_a.sql': `-- +goose Up\n${users}-- +goose Down\ndrop table users;\n`,
    },
    (down) => ({ 'migrations/0002_b.sql': `-- +goose Up\n${up}-- +goose Down\n${down}` }),
  ],
  dbmate: [
    { 'db/migrations/20260101000000_a.sql': `-- migrate:up\n${users}-- migrate:down\ndrop table users;\n` },
    (down) => ({ 'db/migrations/20260102000000_b.sql': `-- migrate:up\n${up}-- migrate:down\n${down}` }),
  ],
  'golang-migrate': [
    {
      'go.mod': 'require github.com/golang-migrate/migrate/v4 v4.17.0',
      'migrations/0001_a.up.sql': users,
      'migrations/0001_a.down.sql': 'drop table users;',
    },
    (down) => ({ 'migrations/0002_b.up.sql': up, 'migrations/0002_b.down.sql': down }),
  ],
  sqlx: [
    {
      'Cargo.toml': '[dependencies]\nsqlx = { version = "0.8.0", features = ["postgres"] }\n',
      'migrations/20260101000000_a.up.sql': users,
      'migrations/20260101000000_a.down.sql': 'drop table users;',
    },
    (down) => ({ 'migrations/20260102000000_b.up.sql': up, 'migrations/20260102000000_b.down.sql': down }),
  ],
  diesel: [
    {
      'diesel.toml': '[migrations_directory]\ndir = "migrations"\n',
      'migrations/2026-01-01-000000_a/up.sql': users,
      'migrations/2026-01-01-000000_a/down.sql': 'drop table users;',
    },
    (down) => ({ 'migrations/2026-01-02-000000_b/up.sql': up, 'migrations/2026-01-02-000000_b/down.sql': down }),
  ],
  'node-pg-migrate': [
    {
      'package.json': '{"dependencies":{"node-pg-migrate":"7.0.0"}}',
      'migrations/1700000000000_a.sql': `-- Up Migration\n${users}-- Down Migration\ndrop table users;\n`,
    },
    (down) => ({ 'migrations/1700000000001_b.sql': `-- Up Migration\n${up}-- Down Migration\n${down}` }),
  ],
}

async function told(
  runner: string,
  down: string,
): Promise<{ readonly findings: readonly string[]; readonly proven: number | undefined }> {
  const [base, added] = projects[runner] ?? [{}, () => ({})]
  const changeSet = await changeSetOf(memoryTree(base, 'base'), memoryTree({ ...base, ...added(down) }, 'head'))
  const report = await review(changeSet, {
    rules: catalog.filter((rule) => rule.id === 'no-broken-down-migration'),
    settings: { config: { ...defaultConfig, postgres: 16 }, notes: [] },
  })
  return {
    findings: report.findings.map(
      ({ place, message }) =>
        `${place.path.split('/').at(-1) ?? ''}:${place.line}:${place.column}-${place.endColumn} ${message}`,
    ),
    proven: report.coverage.waysBack,
  }
}

test.each([
  ['goose', '0002_b.sql', 5],
  ['dbmate', '20260102000000_b.sql', 5],
  ['golang-migrate', '0002_b.down.sql', 1],
  ['sqlx', '20260102000000_b.down.sql', 1],
  ['diesel', 'down.sql', 1],
  ['node-pg-migrate', '1700000000001_b.sql', 5],
])('%s: a way back that forgets something is told where it stands', async (runner, file, line) => {
  expect(await told(runner, 'drop table notes;\n')).toEqual({
    findings: [
      `${file}:${line}:1-17 The way back does not restore the schema that was there before: the column \`users.city\` is left behind.`,
    ],
    proven: 0,
  })
})

test('a way back that fails, one that holds, and none', async () => {
  expect(await told('goose', 'drop table notes;\nalter table users drop column town;\n')).toEqual({
    findings: ['0002_b.sql:6:1-35 The way back fails: column "town" of relation "users" does not exist.'],
    proven: 0,
  })
  expect(await told('diesel', 'drop table notes;\nalter table users drop column city;\n')).toEqual({
    findings: [],
    proven: 1,
  })
  expect(await told('diesel', '-- there is no way back\n')).toEqual({ findings: [], proven: undefined })
})
