import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PGlite } from '@electric-sql/pglite'
import { compareSchemas } from '../../scripts/corpus/compare.ts'
import { freshDatabase } from '../../scripts/corpus/database.ts'
import { readCatalog } from '../../src/schema/catalog.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { applyStatement } from '../../src/schema/replay.ts'
import { printSchema } from '../../src/schema/sql/schema.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { migration } from './support.ts'

let database: PGlite

beforeAll(async () => {
  await loadParser()
  database = await freshDatabase()
  await database.exec('CREATE ROLE app')
})
afterAll(() => database.close())

const table = fc.constantFrom('t', 'u', '"W"')
const column = fc.constantFrom('a', 'b', 'c', '"D"')
const type = fc.constantFrom(
  'int',
  'bigint',
  'text',
  'varchar(10)',
  'e',
  'boolean',
  'timestamptz',
  'serial',
  'int[]',
  'numeric(8,2)',
)
const name = fc.constantFrom(
  't_a_key',
  't_pkey',
  'u_pkey',
  'u_a_fkey',
  't_b_fkey',
  't_a_check',
  'n1',
  'n2',
  't_a_idx',
  'u_b_idx',
  't_a_b_idx',
  'W_pkey',
  '"W_a_key"',
)
const condition = fc
  .tuple(column, column)
  .chain(([a, b]) =>
    fc.constantFrom(
      `${a} IS NOT NULL`,
      `${a} IS NULL OR ${b} IS NOT NULL`,
      `${a} = ${a}`,
      `NOT (${a} IS DISTINCT FROM ${a})`,
    ),
  )
const cascade = fc.constantFrom('', '', ' CASCADE')
const columns = fc.uniqueArray(column, { minLength: 1, maxLength: 2 }).map((each) => each.join(', '))
const inline = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  fc.constantFrom(' NOT NULL', ' PRIMARY KEY', ' UNIQUE', ' DEFAULT NULL'),
  table.map((to) => ` REFERENCES ${to}`),
  condition.map((check) => ` CHECK (${check})`),
)
const definition = fc.tuple(column, type, inline).map(([at, of, more]) => `${at} ${of}${more}`)
const constraint = fc.oneof(
  columns.map((of) => `PRIMARY KEY (${of})`),
  columns.map((of) => `UNIQUE (${of})`),
  condition.map((check) => `CHECK (${check})`),
  fc.tuple(column, table, column).map(([at, to, key]) => `FOREIGN KEY (${at}) REFERENCES ${to} (${key})`),
  fc.tuple(name, columns).map(([of, at]) => `CONSTRAINT ${of} UNIQUE (${at})`),
)
const subcommand = fc.oneof(
  definition.map((each) => `ADD COLUMN ${each}`),
  fc.tuple(column, cascade).map(([at, how]) => `DROP COLUMN ${at}${how}`),
  fc.tuple(column, fc.constantFrom('bigint', 'text', 'varchar(20)', 'int')).map(([at, to]) => `ALTER ${at} TYPE ${to}`),
  fc
    .tuple(column, fc.constantFrom('SET NOT NULL', 'DROP NOT NULL', 'DROP DEFAULT', 'SET DEFAULT NULL'))
    .map(([at, what]) => `ALTER ${at} ${what}`),
  constraint.map((each) => `ADD ${each}`),
  fc.tuple(name, cascade).map(([of, how]) => `DROP CONSTRAINT ${of}${how}`),
  fc.constantFrom('ENABLE ROW LEVEL SECURITY', 'NO FORCE ROW LEVEL SECURITY'),
)
const statement = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        table,
        fc.array(fc.oneof({ weight: 3, arbitrary: definition }, constraint), { minLength: 1, maxLength: 5 }),
      )
      .map(([of, parts]) => `CREATE TABLE ${of} (${parts.join(', ')})`),
  },
  { weight: 8, arbitrary: fc.tuple(table, subcommand).map(([of, what]) => `ALTER TABLE ${of} ${what}`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        table,
        subcommand,
        constraint.map((each) => `ADD ${each}`),
      )
      .map(([of, one, two]) => `ALTER TABLE ${of} ${one}, ${two}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(table, column, column)
      .map(([of, from, to]) => `ALTER TABLE ${of} RENAME COLUMN ${from} TO ${to}`),
  },
  fc.tuple(table, table).map(([from, to]) => `ALTER TABLE ${from} RENAME TO ${to}`),
  fc.tuple(table, name, name).map(([of, from, to]) => `ALTER TABLE ${of} RENAME CONSTRAINT ${from} TO ${to}`),
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('', 'UNIQUE '), table, columns)
      .map(([unique, of, at]) => `CREATE ${unique}INDEX ON ${of} (${at})`),
  },
  fc
    .tuple(name, table, column, condition)
    .map(([of, on, at, where]) => `CREATE INDEX ${of} ON ${on} (${at}, (${at} IS NULL)) WHERE ${where}`),
  fc.tuple(name, cascade).map(([of, how]) => `DROP INDEX ${of}${how}`),
  fc.tuple(name, name).map(([from, to]) => `ALTER INDEX ${from} RENAME TO ${to}`),
  fc.tuple(table, cascade).map(([of, how]) => `DROP TABLE ${of}${how}`),
  fc.tuple(column, table).map(([at, of]) => `CREATE VIEW v AS SELECT ${at} FROM ${of}`),
  fc.tuple(table, table).map(([of, and]) => `CREATE VIEW w AS SELECT x.*, y.a AS n FROM ${of} x, ${and} y`),
  fc.tuple(table, column).map(([of, by]) => `CREATE VIEW w AS SELECT * FROM ${of} WHERE ${by} IS NULL`),
  fc
    .tuple(fc.constantFrom('v', 'w', 'm'), column, column)
    .map(([of, from, to]) => `ALTER VIEW ${of} RENAME COLUMN ${from} TO ${to}`),
  fc.constantFrom(
    'DROP VIEW v',
    'DROP VIEW IF EXISTS v',
    'DROP VIEW w',
    'CREATE VIEW w AS SELECT * FROM v',
    'CREATE MATERIALIZED VIEW m AS SELECT * FROM t',
    'CREATE UNIQUE INDEX ON m (a)',
    'DROP MATERIALIZED VIEW m',
    'CREATE OR REPLACE VIEW v AS SELECT b, a FROM t',
    'ALTER VIEW w RENAME TO v',
    "CREATE VIEW w AS SELECT 'x'::e AS a, NULL::e[] AS b",
  ),
  fc.constantFrom(
    "CREATE TYPE e AS ENUM ('x', 'y')",
    "ALTER TYPE e ADD VALUE 'z'",
    "ALTER TYPE e RENAME VALUE 'x' TO 'w'",
    'ALTER TYPE e RENAME TO f',
    'ALTER TYPE f RENAME TO e',
    'DROP TYPE e',
    'DROP TYPE e CASCADE',
    'DROP TYPE IF EXISTS f',
    'CREATE SEQUENCE t_a_seq',
    'DROP SEQUENCE t_a_seq',
  ),
  fc.tuple(table, condition).map(([of, using]) => `CREATE POLICY own ON ${of} USING (${using})`),
  fc.tuple(fc.constantFrom('own', 'other'), table).map(([of, on]) => `DROP POLICY ${of} ON ${on}`),
  fc
    .tuple(fc.constantFrom('SELECT', 'ALL', 'INSERT, UPDATE'), table)
    .map(([what, on]) => `GRANT ${what} ON ${on} TO app`),
  fc.tuple(table, column).map(([of, at]) => `ALTER TABLE ${of} ALTER ${at} ADD GENERATED BY DEFAULT AS IDENTITY`),
  fc.tuple(table, column).map(([of, at]) => `CREATE TABLE child (${at} int) INHERITS (${of})`),
  fc.constantFrom(
    'CREATE TABLE p (a int, b text) PARTITION BY RANGE (a)',
    'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (5)',
    'CREATE TABLE p2 PARTITION OF p DEFAULT',
    'ALTER TABLE p DETACH PARTITION p1',
    'ALTER TABLE p ADD PRIMARY KEY (a)',
    'CREATE INDEX ON p (b)',
    'DROP TABLE child',
    'DROP TABLE p',
    'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app',
    'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO app',
    'ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM app',
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'",
    'CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()',
    'DROP TRIGGER touched ON t',
    'DROP FUNCTION touch()',
    'DROP FUNCTION touch() CASCADE',
  ),
)

const empty = () =>
  database.exec(
    'DROP SCHEMA public CASCADE; CREATE SCHEMA public; ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM app',
  )
const shown = () => readCatalog(async (query) => (await database.query<Record<string, unknown>>(query)).rows)

describe('random histories', () => {
  it('are refused where Postgres refuses, and leave what Postgres leaves', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { minLength: 10, maxLength: 50 }), async (history) => {
        await empty()
        let schema = emptySchema()
        const log: string[] = []
        for (const sql of [
          "CREATE TYPE e AS ENUM ('x', 'y')",
          'CREATE TABLE t (a int PRIMARY KEY, b text)',
          "CREATE TABLE u (a int REFERENCES t, b text UNIQUE, c e DEFAULT 'x')",
          'CREATE TABLE "W" ("D" serial PRIMARY KEY, a bigint REFERENCES t CHECK (a IS NOT NULL), b varchar(10), c e[])',
          'CREATE VIEW v AS SELECT b FROM t',
          ...history,
        ]) {
          const refusal = await database.exec(sql).then(
            () => null,
            (error: unknown) => (error instanceof Error ? error.message : 'error'),
          )
          const [first] = migration('m', sql).statements
          if (first === undefined) throw new Error(sql)
          const applied = applyStatement(schema, first, { postgres: 18, source: 'migrations' })
          log.push(refusal === null ? sql : `-- ${sql} -- ${refusal}`)
          if ((refusal === null) !== (applied.refused === null))
            throw new Error(
              `Postgres: ${refusal ?? 'accepts'}; replayed: ${applied.refused ?? 'accepts'}\n${log.join(';\n')}`,
            )
          schema = applied.schema
        }
        const { differences } = compareSchemas(schema, await shown())
        if (differences.length > 0) throw new Error(`${JSON.stringify(differences, null, 1)}\n${log.join(';\n')}`)
        const printed = printSchema(schema)
        await empty()
        await database.exec(printed).catch((error: unknown) => {
          throw new Error(`${String(error)}\n${printed}\n${log.join(';\n')}`)
        })
        const again = compareSchemas(schema, await shown()).differences
        if (again.length > 0) throw new Error(`${JSON.stringify(again, null, 1)}\n${printed}\n${log.join(';\n')}`)
      }),
      { numRuns: 15 },
    )
    expect(database.closed).toBe(false)
  }, 300_000)
})
