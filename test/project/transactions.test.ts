import type { Migration } from '../../src/step.ts'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { sourceFile } from '../../src/location.ts'
import { refusesTransaction } from '../../src/sql/transaction-block.ts'
import { parseRunner, runnerNames, runners, runnersPage } from '../../src/project/runners.ts'
import { transactionsOf } from '../../src/project/transactions.ts'
import type { TransactionOptions } from '../../src/project/transactions.ts'
import type { RunnerOptions } from '../../src/project/project.ts'
import { commonVersion, isAtLeast } from '../../src/project/versions.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'

beforeAll(loadParser)

const migration = (sql: string, name = 'm', transactional?: boolean): Migration => ({
  name,
  path: `${name}.sql`,
  statements: readSql(sourceFile(`${name}.sql`, sql)).statements,
  down: null,
  isNew: true,
  ...(transactional === undefined ? {} : { transactional }),
})

interface Setting extends TransactionOptions {
  readonly runner?: string
  readonly set?: RunnerOptions
  readonly transactional?: boolean
}

/** Each statement as its transaction (`1`, `2`, …) and `b` in a block, `?` where that is not known, `+` where it outlives a later failure. */
const shape = (setting: Setting, ...files: readonly string[]) => {
  const runner = setting.runner === undefined ? null : parseRunner(setting.runner)
  if (setting.runner !== undefined && runner === null) throw new Error(`no such runner: ${setting.runner}`)
  const all = transactionsOf(
    runner && { ...runner, ...(setting.set ? { options: setting.set } : {}) },
    files.map((sql, i) => migration(sql, `m${i}`, setting.transactional)),
    setting,
  )
  const ids = [...new Set(all.map(({ id }) => id))]
  return all
    .map(
      ({ id, block, survivesFailure }) =>
        `${ids.indexOf(id) + 1}${block === null ? '?' : block ? 'b' : ''}${survivesFailure ? '+' : ''}`,
    )
    .join(' ')
}

const index = 'CREATE INDEX CONCURRENTLY i ON t (a);'
const drop = 'DROP INDEX CONCURRENTLY i;'
const add = 'ALTER TABLE t ADD COLUMN b text;'
const detach = 'ALTER TABLE t DETACH PARTITION p CONCURRENTLY;'
const more = 'ALTER TABLE t ADD COLUMN c text;'

describe('without a runner', () => {
  test('a changelog of Liquibase has a transaction for each changeset, or none', () => {
    const changelog = `--liquibase formatted sql\n--changeset me:1\n${add}${more}\n--changeset me:2 runInTransaction:false\n${index}${add}\n--changeset me:3\n${more}`
    expect(shape({}, changelog)).toBe('1b+ 1b+ 2+ 3+ 4b')
    expect(shape({ runner: 'psql' }, changelog)).toBe('1+ 2+ 3+ 4+ 5')
  })

  test('a file is one transaction', () => {
    expect(shape({}, add + more)).toBe('1b 1b')
    expect(shape({}, add, more)).toBe('1b 2b')
    expect(shape({}, index + add)).toBe('1b 1b')
  })
  test('unless its only statement cannot run in one', () => {
    expect(shape({}, index)).toBe('1')
    expect(shape({}, 'VACUUM t;')).toBe('1')
    expect(shape({}, add)).toBe('1b')
    expect(shape({ postgres: 11 }, "ALTER TYPE e ADD VALUE 'x';")).toBe('1')
  })
  test('and BEGIN and COMMIT count', () => {
    expect(shape({}, `${index} BEGIN; ${add} COMMIT; ${drop}`)).toBe('1+ 2b+ 2b+ 2b+ 3')
    expect(shape({}, `${add} COMMIT; ${index}`)).toBe('1b+ 1b+ 2')
  })
  test('the flags decide', () => {
    expect(shape({ inTransaction: true }, index)).toBe('1b')
    expect(shape({ inTransaction: false }, add + index)).toBe('1+ 2')
    expect(shape({ inTransaction: false, runner: 'prisma@6' }, `BEGIN; ${add} COMMIT; ${index}`)).toBe('1b+ 1b+ 1b+ 2')
  })
})

describe('each runner', () => {
  const cases: readonly (readonly [string, Setting, readonly string[], string])[] = [
    ['graphile-migrate', { runner: 'graphile-migrate' }, [`--! Previous: -\n--! Hash: a\n\n${add}${more}`], '1b 1b'],
    [
      'graphile-migrate without a transaction',
      { runner: 'graphile-migrate' },
      [`--! Previous: -\n--! Hash: a\n\n--! no-transaction\n${index}`],
      '1',
    ],
    ['refinery', { runner: 'refinery' }, [add + more, index], '1b 1b 2b'],
    ['Prisma 6 sends a file whole', { runner: 'prisma@6' }, [add + more], '1b 1b'],
    ['Prisma 6, alone', { runner: 'prisma@6.16.2' }, [index, add], '1 2'],
    [
      'Prisma 6, COMMIT makes no room for CONCURRENTLY',
      { runner: 'prisma@6' },
      [`${add} COMMIT; ${index}`],
      '1b+ 1b+ 2b',
    ],
    ['Prisma 7.3.9', { runner: 'prisma@7.3.9' }, [index + add], '1b 1b'],
    ['Prisma 7.4 sends each statement', { runner: 'prisma@7.4.0' }, [index + add + more], '1+ 2+ 3'],
    ['Prisma 7.10', { runner: 'prisma@7.10' }, [`BEGIN; ${add} COMMIT; ${index}`], '1b+ 1b+ 1b+ 2'],
    ['Prisma 7.10 cannot split a file with DROP INDEX CONCURRENTLY', { runner: 'prisma@7.10' }, [drop + add], '1b 1b'],
    ['Prisma 7.10, dropping alone', { runner: 'prisma@7.10' }, [drop], '1'],
    ['Prisma of an unknown version', { runner: 'prisma' }, [index + add, index], '1?+ 2? 3'],
    ['Prisma 7 without more', { runner: 'prisma@7' }, [index + add], '1?+ 2?'],
    ['Prisma of an unknown version, dropping', { runner: 'prisma' }, [drop + add], '1?+ 2?'],
    [
      'Drizzle spans all files',
      { runner: 'drizzle' },
      [`${add}\n--> statement-breakpoint\n${index}`, more],
      '1b 1b 1b',
    ],
    [
      'Drizzle after COMMIT',
      { runner: 'drizzle' },
      [`${add}\n--> statement-breakpoint\nCOMMIT;\n--> statement-breakpoint\n${index}`, more],
      '1b+ 1b+ 2 3',
    ],
    [
      'Drizzle after COMMIT, two statements in one piece',
      { runner: 'drizzle' },
      [`COMMIT;\n--> statement-breakpoint\n${index}${more}\n--> statement-breakpoint\n${drop}`],
      '1b+ 2b+ 2b+ 3',
    ],
    ['Supabase, first in its file', { runner: 'supabase' }, [index, index + add], '1 2+ 3b'],
    ['Supabase, later in its file', { runner: 'supabase@2.80.0' }, [add + index], '1b 1b'],
    ['Supabase, later, unknown version', { runner: 'supabase' }, [add + index + more], '1b+ 2?+ 3b'],
    ['Supabase 2.109 and a drop', { runner: 'supabase@2.109.0' }, [add + drop + more], '1b+ 2?+ 3b'],
    ['Supabase 2.80 and a drop', { runner: 'supabase@2.80.0' }, [add + drop], '1b 1b'],
    [
      'Supabase 2.109, in its own BEGIN',
      { runner: 'supabase@2.109.0' },
      [`BEGIN; ${index} COMMIT; ${more}`],
      '1b+ 1b+ 1b+ 2b',
    ],
    ['Supabase and a detach', { runner: 'supabase@2.109.0' }, [add + detach], '1b 1b'],
    ['Supabase 2.109 sends it alone', { runner: 'supabase@2.109.0' }, [add + index + more], '1b+ 2+ 3b'],
    ['goose', { runner: 'goose' }, [`-- +goose Up\n${add}${index}`], '1b 1b'],
    ['goose NO TRANSACTION', { runner: 'goose' }, [`-- +goose NO TRANSACTION\n-- +goose Up\n${add}${index}`], '1+ 2'],
    ['goose, two files', { runner: 'goose' }, [add, more], '1b 2b'],
    ['dbmate', { runner: 'dbmate' }, [`-- migrate:up\n${index}`], '1b'],
    ['dbmate transaction:false, alone', { runner: 'dbmate' }, [`-- migrate:up transaction:false\n${index}`], '1'],
    [
      'dbmate transaction:false is still one query',
      { runner: 'dbmate' },
      [`-- migrate:up transaction:false\n${index}${add}`],
      '1b 1b',
    ],
    ['golang-migrate', { runner: 'golang-migrate' }, [index, add + index], '1 2b 2b'],
    ['golang-migrate, its own BEGIN', { runner: 'golang-migrate' }, [`BEGIN; ${add} COMMIT;`], '1b 1b 1b'],
    [
      'golang-migrate x-multi-statement',
      { runner: 'golang-migrate', set: { multiStatement: true } },
      [add + index],
      '1+ 2',
    ],
    ['Flyway', { runner: 'flyway' }, [add + more], '1b 1b'],
    ['Flyway, nothing but', { runner: 'flyway' }, [index + drop], '1+ 2'],
    ['Flyway, both kinds', { runner: 'flyway' }, [add + index], '1b 1b'],
    ['Flyway mixed', { runner: 'flyway', set: { mixed: true } }, [add + index], '1+ 2'],
    ['Flyway executeInTransaction=false', { runner: 'flyway', transactional: false }, [add + more], '1+ 2'],
    ['Flyway group', { runner: 'flyway', set: { group: true } }, [add, more], '1b 1b'],
    ['sqlx', { runner: 'sqlx' }, [index], '1b'],
    ['sqlx no-transaction, alone', { runner: 'sqlx' }, [`-- no-transaction\n${index}`], '1'],
    ['sqlx no-transaction is still one query', { runner: 'sqlx' }, [`-- no-transaction\n${index}${add}`], '1b 1b'],
    ['sqlx no-transaction has to come first', { runner: 'sqlx' }, [`\n-- no-transaction\n${index}`], '1b'],
    ['Diesel', { runner: 'diesel' }, [index], '1b'],
    ['Diesel run_in_transaction = false', { runner: 'diesel', transactional: false }, [index, index + add], '1 2b 2b'],
    ['Atlas', { runner: 'atlas' }, [add + index, more], '1b 1b 2b'],
    ['Atlas txmode none', { runner: 'atlas' }, [`-- atlas:txmode none\n\n${add}${index}`], '1+ 2'],
    ['Atlas tx-mode all', { runner: 'atlas', set: { txMode: 'all' } }, [add, more], '1b 1b'],
    ['node-pg-migrate', { runner: 'node-pg-migrate' }, [add, more], '1b 1b'],
    [
      'node-pg-migrate --no-single-transaction',
      { runner: 'node-pg-migrate', set: { singleTransaction: false } },
      [add, more],
      '1b 2b',
    ],
    ['psql', { runner: 'psql' }, [add + index], '1+ 2'],
    [
      'psql, BEGIN',
      { runner: 'psql' },
      [`BEGIN; ${add} COMMIT AND CHAIN; ${more} COMMIT; ${index}`],
      '1b+ 1b+ 1b+ 2b+ 2b+ 3',
    ],
    [
      'a savepoint ends nothing',
      { runner: 'psql' },
      [`BEGIN; SAVEPOINT s; ${add} ROLLBACK TO s; ${more} END;`],
      '1b 1b 1b 1b 1b 1b',
    ],
  ]
  test.each(cases)('%s', (_, setting, files, expected) => {
    expect(shape(setting, ...files)).toBe(expected)
  })

  test('statements in a DO block share the transaction of the block', () => {
    const block = 'DO $$ BEGIN ALTER TABLE t ADD COLUMN a int; ALTER TABLE t ADD COLUMN b int; END $$;'
    expect(shape({ runner: 'psql' }, block + add)).toBe('1+ 1+ 1+ 2')
    expect(shape({ runner: 'golang-migrate' }, block)).toBe('1 1 1')
  })

  test('where none is known, a single transaction is not taken for granted', () => {
    const assumed = transactionsOf({ name: 'psql', version: null, assumed: true }, [migration(add + index)])
    expect(assumed.map(({ block }) => block)).toEqual([null, null])
  })

  test('an empty file has none', () => {
    for (const name of runnerNames) expect(shape({ runner: name }, '', '-- nothing\n')).toBe('')
  })
})

describe('what refuses a transaction', () => {
  const kindOf = (sql: string, postgres?: number) => {
    const [statement] = migration(sql).statements
    if (!statement) throw new Error(`not parsed: ${sql}`)
    return refusesTransaction(statement, postgres)
  }
  test.each([
    ['CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)', 'CREATE INDEX CONCURRENTLY'],
    ['DROP INDEX CONCURRENTLY i', 'DROP INDEX CONCURRENTLY'],
    ['REINDEX INDEX CONCURRENTLY i', 'REINDEX CONCURRENTLY'],
    ['REINDEX (CONCURRENTLY) TABLE t', 'REINDEX CONCURRENTLY'],
    ['REINDEX SCHEMA s', 'REINDEX SCHEMA'],
    ['REINDEX DATABASE d', 'REINDEX DATABASE'],
    ['VACUUM (FULL) t', 'VACUUM'],
    ['CLUSTER', 'CLUSTER'],
    ['ALTER TABLE t DETACH PARTITION p CONCURRENTLY', 'DETACH PARTITION CONCURRENTLY'],
    ['CREATE DATABASE d', 'CREATE DATABASE'],
    ['ALTER SYSTEM SET work_mem = 1', 'ALTER SYSTEM'],
    ['DISCARD ALL', 'DISCARD ALL'],
  ])('%s', (sql, expected) => expect(kindOf(sql)).toBe(expected))
  test.each([
    'CREATE INDEX i ON t (a)',
    'DROP INDEX i',
    'REINDEX TABLE t',
    'ANALYZE t',
    'CLUSTER t USING i',
    'ALTER TABLE t DETACH PARTITION p',
    "ALTER TYPE e ADD VALUE 'x'",
    'REFRESH MATERIALIZED VIEW CONCURRENTLY v',
    'DISCARD TEMP',
    'DROP TABLE t',
  ])('%s does not', (sql) => expect(kindOf(sql)).toBeNull())
  test('enum values below 12', () => {
    expect(kindOf("ALTER TYPE e ADD VALUE 'x'", 11)).toBe('ALTER TYPE … ADD VALUE')
    expect(kindOf("ALTER TYPE e RENAME VALUE 'x' TO 'y'", 11)).toBeNull()
  })
})

test('versions are compared as far as they are known', () => {
  expect(['7.4.0', '7.4', '7.10', '8', '8.0.1'].map((version) => isAtLeast(version, '7.4.0'))).toEqual([
    true,
    true,
    true,
    true,
    true,
  ])
  expect(['7.3.9', '6', '7.4.0-dev.3'].map((version) => isAtLeast(version, '7.4.0'))).toEqual([false, false, false])
  expect(['7', null].map((version) => isAtLeast(version, '7.4.0'))).toEqual([null, null])
})

test('a range tells what all its versions have in common', () => {
  const versions = {
    '^6.2.0': '6',
    '~7.3.1': '7.3',
    '7.4.2': '7.4.2',
    '^7.2.0': '7',
    '^7.5.0': '7.5',
    '6.x': '6',
    '7': '7',
    '^0.45.1': '0.45',
    'v5.1.0': '5.1.0',
    '>=6': null,
    latest: null,
    'workspace:*': null,
  }
  expect(Object.fromEntries(Object.keys(versions).map((range) => [range, commonVersion(range, 'prisma')]))).toEqual(
    versions,
  )
})

describe('the table of runners', () => {
  test('names each with its links', () => {
    for (const name of runnerNames) {
      const facts = runners[name]
      expect(facts.name).toBe(name)
      expect(facts.references.length).toBeGreaterThan(0)
      for (const url of facts.references) expect(url).toMatch(/^https:\/\//)
      expect(runnersPage()).toContain(`## ${facts.title}\n`)
    }
  })
  test('is the page in docs', () => {
    expect(readFileSync(new URL('../../docs/runners.md', import.meta.url), 'utf8')).toBe(runnersPage())
  })
  test('reads names with and without a version', () => {
    expect(parseRunner('prisma@7.10')).toEqual({ name: 'prisma', version: '7.10' })
    expect(parseRunner('golang-migrate')).toEqual({ name: 'golang-migrate', version: null })
    expect(['rails', 'prisma@', 'prisma@latest', '', 'toString'].map(parseRunner)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
  })
})

test('what stands in a block without a transaction around it is said to be one', () => {
  const of = (sql: string) => transactionsOf(parseRunner('psql'), [migration(sql)], {}).map(({ because }) => because)
  expect(of('DO $$ BEGIN DROP TABLE a; END $$;')).toEqual([
    expect.stringContaining('psql'),
    'a `DO` block is one transaction',
  ])
  expect(of('BEGIN; DO $$ BEGIN DROP TABLE a; END $$; COMMIT;')[2]).toBe('`BEGIN` opens a transaction in the file')
})

test('a file of sqlx whose name says that it commits by itself is run in a way that is not known', () => {
  const files = ['20230316_index_autocommit', '20230317_index'].map((name) => migration(`SELECT 1; ${index}`, name))
  expect(transactionsOf(parseRunner('sqlx'), files).map(({ block }) => block)).toEqual([null, null, true, true])
})
