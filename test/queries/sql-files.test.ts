import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'
import { withNumbers } from '../../src/queries/sql/parameters.ts'
import { predicates, read, tables } from './support.ts'

describe('queries of .sql files', () => {
  it('reads the queries of sqlc', async () => {
    const { queries: all } = await read(null, tables, {
      'db/query.sql':
        '-- name: UserByEmail :one\nSELECT * FROM users WHERE email = $1 LIMIT 1;\n\n-- name: Old :exec\nDELETE FROM users\nWHERE deleted_at < now();',
    })
    expect(all.map((q) => [q.context.function, q.operation, q.place.line, predicates(q)])).toEqual([
      ['UserByEmail', 'select', 2, ['0:users.email =']],
      ['Old', 'delete', 5, ['0:users.deleted_at <']],
    ])
    expect(all[1]!.predicates[0]).toMatchObject({ place: { line: 6, column: 7 } })
  })

  it('reads files that hold queries alone, their named parameters as values', async () => {
    const { queries: all } = await read(null, tables, {
      'queries/users.sql': '-- Newest\nSELECT id FROM users WHERE email = :email! AND deleted_at < :day::date;',
      'report.sql': 'UPDATE users SET full_name = :name WHERE org_id = :org;',
    })
    expect(all.map((q) => [q.place.path, q.context.file, predicates(q)])).toEqual([
      ['queries/users.sql', 'source', ['0:users.email =', '0:users.deleted_at <']],
      ['report.sql', 'source', ['0:users.org_id =']],
    ])
    expect(all[0]!.predicates[1]).toMatchObject({ place: { line: 2, column: 48 } })
  })

  it('takes schemas, dumps, migrations and files of another dialect for no queries', async () => {
    const { queries: all } = await read(null, tables, {
      'db/schema.sql': 'CREATE TABLE pets (id int);\nSELECT id FROM users;',
      'db/data.sql': "INSERT INTO orgs VALUES ('1', 'a');",
      'db/seeds/users.sql': 'SELECT id FROM users;',
      'db/migrations/001_a.sql': "UPDATE users SET full_name = '';",
      'db/other.sql': 'SELECT `id` FROM `users`;',
    })
    expect(all).toEqual([])
  })

  it('reads an upsert whose DO begins a line, in a folder of data', async () => {
    const { queries: all } = await read(null, tables, {
      'src/data/orgs.sql':
        'INSERT INTO orgs (id, name) VALUES (:id, :name)\nON CONFLICT (id)\nDO UPDATE SET name = EXCLUDED.name;\nSELECT id FROM orgs WHERE name = :name;',
    })
    expect(all.map((q) => [q.operation, q.context.file])).toEqual([
      ['insert', 'source'],
      ['select', 'source'],
    ])
  })

  it('reads what sqlc spells as values and rows, which no column of that name is', async () => {
    const { queries: all } = await read(null, tables, {
      'db/query.sql':
        "-- name: UserByEmail :one\nSELECT sqlc.embed(users) FROM users WHERE email = @email::text AND (sqlc.narg('role')::text IS NULL OR role = sqlc.narg('role'));\n\n-- name: Some :many\nSELECT id FROM users WHERE id = ANY(sqlc.slice('ids')) AND org_id = sqlc.arg(org_id);\n\n-- name: Both :many\nSELECT id FROM users WHERE org_id = $1 AND role = @role;",
    })
    expect(all.map((q) => [q.context.function, predicates(q)])).toEqual([
      ['UserByEmail', ['0:users.email =', '0:users.? unknown', '1:users.email =', '1:users.role =']],
      ['Some', ['0:users.id in', '0:users.org_id =']],
      ['Both', ['0:users.org_id =', '0:users.role =']],
    ])
    expect(all.map(({ sql }) => sql?.replace(/\s+/g, ' '))).toEqual([
      'SELECT users.* FROM users WHERE email = $2 ::text AND ($3 ::text IS NULL OR role = $3 )',
      'SELECT id FROM users WHERE id = ANY($2 ) AND org_id = $3',
      'SELECT id FROM users WHERE org_id = $1 AND role = $2',
    ])
  })

  it('takes files that are run by hand for scripts', async () => {
    const { queries: all } = await read(null, tables, { 'sql/cleanup-users.sql': 'DELETE FROM users;' })
    expect(all.map((q) => q.context.file)).toEqual(['script'])
  })

  it('does not judge by indexes of a table that a migration in Go may give more', async () => {
    const folder = {
      'go.mod': 'require github.com/pressly/goose/v3 v3.20.0',
      'migrations/1_a.sql':
        '-- +goose Up\nCREATE TABLE pets (id bigint PRIMARY KEY, owner text);\nCREATE TABLE toys (id bigint PRIMARY KEY, owner text);',
      'migrations/2_b.go': 'package migrations\nvar table = "pets"',
    }
    const asked = {
      ...folder,
      'queries/own.sql':
        '-- name: Pets :many\nSELECT id FROM pets WHERE owner = $1;\n\n-- name: Toys :many\nSELECT id FROM toys WHERE owner = $1;',
    }
    const tables = { '*': { rows: 5_000_000 } }
    const { findings } = await review(await changeSetOf(memoryTree(folder), memoryTree(asked)), {
      rules: catalog,
      settings: { config: { ...defaultConfig, tables }, notes: [] },
      rehearse: false,
    })
    expect(findings.map(({ rule, message }) => [rule, message.slice(0, 6)])).toEqual([
      ['require-index-for-filter', '`toys`'],
    ])
  })
})

describe('named parameters', () => {
  it('are numbered in place, and casts, strings and comments stay', () => {
    expect(withNumbers(`SELECT :id::int, ':a', x::text /* :b */ -- :c\nFROM t WHERE a = :id AND b[1:n] = :x`)).toBe(
      `SELECT $1 ::int, ':a', x::text /* :b */ -- :c\nFROM t WHERE a = $1  AND b[1:n] = $2`,
    )
  })
})
