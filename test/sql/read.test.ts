import { beforeAll, describe, expect, it } from 'vitest'
import { sourceFile } from '../../src/location.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { placeInStatement } from '../../src/sql/place.ts'
import type { ReadOptions } from '../../src/sql/read.ts'
import { readSql } from '../../src/sql/read.ts'

beforeAll(loadParser)

const read = (text: string, options?: ReadOptions) => readSql(sourceFile('m.sql', text), options)
const texts = (text: string) => read(text).statements.map((s) => s.text)
const problems = (text: string) =>
  read(text).problems.map((p) => `${p.kind} ${p.place.line}:${p.place.column} ${p.message}`)

describe('splitting', () => {
  it.each<[string, string, readonly string[]]>([
    ['statements and comments', '-- a\nSELECT 1; /* b; /* c */ ; */ SELECT 2 -- d;\n;', ['SELECT 1', 'SELECT 2']],
    ['no last semicolon', 'SELECT 1;\nSELECT 2', ['SELECT 1', 'SELECT 2']],
    [
      'semicolons in strings',
      `SELECT 'a;b', E'c\\';d', "e;f" FROM (SELECT 1 AS "e;f") x;`,
      [`SELECT 'a;b', E'c\\';d', "e;f" FROM (SELECT 1 AS "e;f") x`],
    ],
    ['dollar quotes', 'SELECT $$a;b$$, $x$ $$ ; $x$; SELECT 2', ['SELECT $$a;b$$, $x$ $$ ; $x$', 'SELECT 2']],
    [
      'a rule with several commands',
      'CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2); SELECT 3',
      ['CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)', 'SELECT 3'],
    ],
    [
      'a body in SQL',
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3',
      ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END', 'SELECT 3'],
    ],
    [
      'data behind COPY',
      "COPY t (a) FROM stdin;\nit's; data\n\\N\n\\.\nSELECT 1;",
      ['COPY t (a) FROM stdin', 'SELECT 1'],
    ],
    ['breakpoints of drizzle-kit', 'SELECT 1\n--> statement-breakpoint\nSELECT 2', ['SELECT 1', 'SELECT 2']],
    [
      'statement ends of goose',
      '-- +goose Up\n-- +goose StatementBegin\nSELECT 1\n-- +goose StatementEnd\n-- +goose Down\nSELECT 2',
      ['SELECT 1', 'SELECT 2'],
    ],
    ['a byte order mark and CRLF', '\uFEFFSELECT 1;\r\n\r\nSELECT 2;\r\n', ['SELECT 1', 'SELECT 2']],
    ['empty statements', ';;\n ; SELECT 1;;', ['SELECT 1']],
    [
      'psql commands that change nothing',
      '\\set ON_ERROR_STOP on\n\\echo hi; there\nSELECT 1;\n\\timing',
      ['SELECT 1'],
    ],
  ])('%s', (_, text, expected) => {
    expect(texts(text)).toEqual(expected)
    expect(problems(text)).toEqual([])
  })

  it('reads nothing out of nothing', () => {
    for (const text of ['', ' \n', '-- only a comment', ';', '\uFEFF'])
      expect(read(text)).toMatchObject({ statements: [], problems: [], dialect: 'postgresql' })
  })

  it('reads only the range that is asked for, with places of the file', () => {
    const text = 'SELECT 1;\nSELECT 2;\nSELECT 3;'
    const [only] = read(text, { range: { start: 10, end: 19 } }).statements
    expect(only).toMatchObject({ text: 'SELECT 2', start: 10, place: { line: 2, column: 1, endColumn: 8 } })
  })
})

describe('places', () => {
  it('count UTF-16 units where Postgres counts bytes', () => {
    const statement = read('-- größe 😀\r\nCREATE TABLE "größe😀" (id int, "naïve" text);').statements[0]
    if (statement === undefined || !('CreateStmt' in statement.node)) throw new Error('no table')
    expect(statement.place).toMatchObject({ line: 2, column: 1, endLine: 2, endColumn: 45 })
    const column = statement.node.CreateStmt.tableElts?.[1]
    const location = column !== undefined && 'ColumnDef' in column ? (column.ColumnDef.location ?? -1) : -1
    expect(placeInStatement(statement, location)).toEqual({
      path: 'm.sql',
      line: 2,
      column: 33,
      endLine: 2,
      endColumn: 39,
    })
    expect(placeInStatement(statement, location, location + 13)).toMatchObject({ column: 33, endColumn: 44 })
  })

  it('keep comments for suppressions', () => {
    expect(read('-- one\nSELECT 1; /* two\nlines */').comments).toMatchObject([
      { text: 'one', start: 0, end: 6, place: { line: 1, column: 1, endColumn: 6 } },
      { text: 'two\nlines', place: { line: 2, column: 11, endLine: 3, endColumn: 8 } },
    ])
  })
})

describe('mistakes', () => {
  it.each<[string, string, readonly string[], readonly string[]]>([
    [
      'a misspelt word',
      'SELECT 1;\nCREATE TABEL x (a int);\nSELECT 2;',
      ['syntax 2:8 syntax error at or near "TABEL"'],
      ['SELECT 1', 'SELECT 2'],
    ],
    [
      'after multi-byte text',
      "SELECT '😀ä' FROM;\nSELECT 2",
      ['syntax 1:17 syntax error at end of input'],
      ['SELECT 2'],
    ],
    [
      'a missing semicolon',
      'UPDATE a SET c = 1\nALTER TABLE a ADD b int;\nSELECT 2;',
      ['syntax 1:18 a `;` is missing before `ALTER` in line 2'],
      ['UPDATE a SET c = 1', 'ALTER TABLE a ADD b int', 'SELECT 2'],
    ],
    [
      'semicolons that are missing in a row, one behind a comment',
      'CREATE TABLE a (b int) -- a\n-- next\nALTER TABLE a ADD c int\n\nDROP TABLE d;\nSELECT 2;',
      ['syntax 1:22 a `;` is missing before `ALTER` in line 3', 'syntax 3:23 a `;` is missing before `DROP` in line 5'],
      ['CREATE TABLE a (b int)', 'ALTER TABLE a ADD c int', 'DROP TABLE d', 'SELECT 2'],
    ],
    [
      'a line that begins like a statement in one that is broken',
      "CREATE TABLE a (b int)\nCOMMENT 'c';\nINSERT INTO a (b)\nSELECT b FROM c WERE x = 1;\nSELECT 2;",
      ['syntax 2:1 syntax error at or near "COMMENT"', 'syntax 4:22 syntax error at or near "x"'],
      ['SELECT 2'],
    ],
    [
      'a merge conflict',
      'SELECT 1;\n<<<<<<< HEAD\nDROP TABLE a;\n=======\nDROP TABLE b;\n>>>>>>> other\nSELECT 2;',
      ['syntax 2:1 a merge conflict is not resolved'],
      ['SELECT 1', 'DROP TABLE a', 'DROP TABLE b', 'SELECT 2'],
    ],
    [
      'a word of a body that stands there several times',
      'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  NEW.a := NEW.b\n  NEW.c := 1;\n  RETURN NEW;\nEND $$;',
      ['syntax 4:6 syntax error at or near "."'],
      [
        'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN\n  NEW.a := NEW.b\n  NEW.c := 1;\n  RETURN NEW;\nEND $$',
      ],
    ],
    [
      'an open string',
      "SELECT 1;\nINSERT INTO a VALUES ('b);\nSELECT 2;\nDROP TABLE c;",
      [`syntax 2:23 unterminated quoted string at or near "'b);…"`],
      ['SELECT 1', 'SELECT 2', 'DROP TABLE c'],
    ],
    [
      'a string that swallows others',
      "INSERT INTO a VALUES ('b);\nCREATE TABLE c (d text DEFAULT 'e');\nDROP TABLE f;",
      [`syntax 2:33 unterminated quoted string at or near "e');…"`],
      ["CREATE TABLE c (d text DEFAULT 'e')", 'DROP TABLE f'],
    ],
    [
      'an open parenthesis',
      'CREATE TABLE a (b int;\nDROP TABLE c;\nDROP TABLE d;',
      ['syntax 1:22 syntax error at or near ";"'],
      ['DROP TABLE c', 'DROP TABLE d'],
    ],
    [
      'an open comment',
      'SELECT 1;\n/* never closed\nSELECT 2;',
      ['syntax 2:1 unterminated /* comment at or near "/* never closed…"'],
      ['SELECT 1'],
    ],
  ])('%s', (_, text, expected, kept) => {
    expect(problems(text)).toEqual(expected)
    expect(texts(text)).toEqual(kept)
  })

  it('says an open dollar quote once and keeps what follows', () => {
    const text =
      'CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n  x := 1;\n  y := 2;\nEND;\nDROP TABLE c;\n'
    expect(read(text).problems).toMatchObject([{ kind: 'syntax', place: { line: 1, column: 54 } }])
    expect(texts(text)).toEqual(['DROP TABLE c'])
  })

  it('limits what it says of one file', () => {
    const found = read('SELEC 1;\n'.repeat(500)).problems
    expect(found).toHaveLength(26)
    expect(found.at(-1)).toMatchObject({ message: '475 more problems follow from here', place: { line: 26 } })
  })

  it('survives statements that nest without end, and goes on', () => {
    for (const deep of [
      `SELECT ${'('.repeat(50_000)}1${')'.repeat(50_000)}`,
      `SELECT 1${'+1'.repeat(50_000)}`,
      `SELECT ${'NOT '.repeat(50_000)} true`,
      `SELECT ${'CASE WHEN a THEN '.repeat(9000)}1`,
    ]) {
      for (let i = 0; i < 10; i++) {
        const result = read(`${deep};\nDROP TABLE a;`)
        expect(result.problems.map((p) => p.kind)).toEqual([deep.includes('CASE') ? expect.any(String) : 'unread'])
        expect(result.statements.map((s) => s.text)).toEqual(['DROP TABLE a'])
      }
    }
  })

  it('reads long statements that are flat', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `(${i}, 'some text')`).join(',\n')
    const conditions = Array.from({ length: 3000 }, (_, i) => `a = ${i}`).join(' OR ')
    expect(problems(`INSERT INTO t VALUES ${rows};\nSELECT 1 FROM t WHERE ${conditions};`)).toEqual([])
  })

  it('notes what is no text', () => {
    expect(read('SELECT 1;\n\0\0')).toMatchObject({
      statements: [],
      problems: [{ kind: 'unread', place: { line: 2, column: 1 } }],
    })
  })

  it('notes what only PostgreSQL 19 knows', () => {
    expect(read('SELECT 1;\nREPACK TABLE a;\nSELECT 2;')).toMatchObject({
      problems: [{ kind: 'unsupported', place: { line: 2, column: 1 } }],
      statements: [{ text: 'SELECT 1' }, { text: 'SELECT 2' }],
    })
  })
})

describe('what other programs fill in', () => {
  it.each([
    'CREATE TABLE {{ schema }}.a (b int)',
    'DROP TABLE ${schema}.a',
    'CREATE TABLE <%= name %> (b int)',
    'SELECT * FROM a WHERE b = :b',
    'SELECT * FROM a LIMIT %s',
    'SELECT * FROM a {} LIMIT 1',
    'CREATE INDEX i ON /* SCHEMA_NAME_SENTINEL */."A" (b)',
  ])('%s', (text) => {
    expect(read(`SELECT 1;\n${text};\nSELECT 2;`)).toMatchObject({
      problems: [{ kind: 'template', place: { line: 2 } }],
      statements: [{ text: 'SELECT 1' }, { text: 'SELECT 2' }],
    })
  })

  it('in the body of a block', () => {
    const name = '{{ index .Options "Namespace" }}'
    const text = `do $$ begin\nalter table ${name}.users add column a int;\nend $$`
    expect(read(`SELECT 1;\n${text};\nSELECT 2;`)).toMatchObject({
      problems: [{ kind: 'template', place: { line: 3 }, message: expect.stringContaining(name) as string }],
    })
  })

  it('but for a comment before the dot of a name', () => {
    expect(read('SELECT a /* of */ .b FROM a')).toMatchObject({ problems: [], statements: [{ kind: 'SelectStmt' }] })
    expect(problems('SELECT a FROM .b /* all */')).toEqual(['syntax 1:15 syntax error at or near "."'])
  })

  it('psql commands that decide what runs', () => {
    expect(problems('\\connect other\nSELECT 1;\n  \\i more.sql\n')).toEqual([
      "meta-command 1:1 psql's `\\connect` changes the database; what comes of it is not seen here.",
      "meta-command 3:3 psql's `\\i` runs another file; what comes of it is not seen here.",
    ])
    expect(texts('SELECT 1 \\gexec\nSELECT 2;')).toEqual(['SELECT 1', 'SELECT 2'])
  })
})

describe('other dialects', () => {
  it.each<[string, string]>([
    ['mysql', 'CREATE TABLE `a` (`id` INT AUTO_INCREMENT, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;'],
    ['mysql', 'ALTER TABLE a MODIFY COLUMN b VARCHAR(10);'],
    ['mysql', 'DELIMITER //\nCREATE PROCEDURE p()\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND//\nDELIMITER ;\n'],
    [
      'sqlite',
      'PRAGMA foreign_keys=OFF;\nCREATE TABLE "new_a" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT);\nDROP TABLE "a";\nALTER TABLE "new_a" RENAME TO "a";\nPRAGMA foreign_keys=ON;',
    ],
    [
      'sqlite',
      'CREATE TABLE `a` (\n\t`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL\n);\n--> statement-breakpoint\nCREATE INDEX `b` ON `a` (`id`);',
    ],
    [
      'sqlserver',
      'CREATE TABLE [dbo].[a] ([id] INT IDENTITY(1,1), [b] NVARCHAR(100));\nGO\nALTER TABLE [dbo].[a] ADD [c] DATETIME2;\nGO',
    ],
    ['clickhouse', 'CREATE TABLE a (id UUID, b LowCardinality(String)) ENGINE = MergeTree ORDER BY (id);'],
    ['clickhouse', 'ALTER TABLE a ON CLUSTER default DROP INDEX IF EXISTS b;'],
  ])('%s', (dialect, text) => {
    expect(read(text)).toMatchObject({
      dialect,
      statements: [],
      problems: [{ kind: 'dialect', place: { line: 1, column: 1 } }],
    })
  })

  it('a slip in a Postgres file stays a mistake of its own', () => {
    expect(read('CREATE TABLE a (b jsonb, c timestamptz);\nALTER TABLE `a` ADD d text;')).toMatchObject({
      dialect: 'postgresql',
      problems: [{ kind: 'syntax', place: { line: 2, column: 13 } }],
      statements: [{}],
    })
    const text = 'DROP INDEX IF EXISTS b;\nALTER TABLE a DROP COLUMN b,\nALTER TABLE a RENAME COLUMN c TO d;'
    expect(readSql(sourceFile('m.sql', text), { dialect: 'postgresql' })).toMatchObject({
      dialect: 'postgresql',
      problems: [{ kind: 'syntax', place: { line: 3 } }],
    })
  })
})

describe('blocks', () => {
  it('opens a DO block', () => {
    const text =
      "DO $$\nDECLARE r record;\nBEGIN\n  IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'role') THEN\n    CREATE TYPE role AS ENUM ('a');\n  END IF;\n  ALTER TABLE größe ADD COLUMN b int;\n" +
      "  BEGIN\n    DROP TABLE c;\n  EXCEPTION WHEN undefined_table THEN NULL;\n  END;\n  FOR r IN SELECT 1 LOOP UPDATE d SET e = 1; END LOOP;\n  EXECUTE 'DROP TABLE f';\nEND $$;\nSELECT 1;"
    expect(read(text).problems).toEqual([])
    expect(
      read(text).statements.map((s) => [s.text.split('\n')[0], s.place.line, s.place.column, s.inside, s.conditional]),
    ).toEqual([
      ['DO $$', 1, 1, null, false],
      ["CREATE TYPE role AS ENUM ('a')", 5, 5, 'do', true],
      ['ALTER TABLE größe ADD COLUMN b int', 7, 3, 'do', false],
      ['DROP TABLE c', 9, 5, 'do', true],
      ['UPDATE d SET e = 1', 12, 26, 'do', true],
      ['DROP TABLE f', 13, 12, 'do', false],
      ['SELECT 1', 15, 1, null, false],
    ])
  })

  it('notes SQL that is put together at run time', () => {
    expect(
      read("DO $$ DECLARE t text := current_user; BEGIN\n  EXECUTE format('DROP TABLE %I', t);\nEND $$").problems,
    ).toMatchObject([{ kind: 'unsupported', place: { line: 2, column: 11 } }])
  })

  it.each<[string, readonly string[]]>([
    ["EXECUTE format('DROP TABLE %I', 'Order');", ['2 DROP TABLE "Order"']],
    ["EXECUTE 'DROP TABLE ' || quote_ident('a') || ' CASCADE';", ['2 DROP TABLE a CASCADE']],
    ["EXECUTE format('COMMENT ON TABLE %1$I IS %2$L', 'a', 'it''s');", ["2 COMMENT ON TABLE a IS 'it''s'"]],
    [
      "FOREACH t IN ARRAY ARRAY['a', 'b'] LOOP\nEXECUTE format('DROP TABLE %I', t || suffix);\nUPDATE x SET y = 1;\nEND LOOP;",
      ['3 DROP TABLE a_old', '4 UPDATE x SET y = 1', '3 DROP TABLE b_old'],
    ],
    [
      "FOREACH t IN ARRAY '{a,b}'::text[] LOOP EXECUTE 'DROP TABLE ' || t; END LOOP;",
      ['2 DROP TABLE a', '2 DROP TABLE b'],
    ],
    ["FOR t IN SELECT unnest(ARRAY['a']) LOOP EXECUTE 'DROP TABLE ' || t; END LOOP;", ['2 DROP TABLE a']],
    ["FOR t IN VALUES ('a') LOOP EXECUTE 'DROP TABLE ' || t; END LOOP;", ['2 DROP TABLE a']],
  ])('puts SQL together of constants: %s', (body, wanted) => {
    const text = `DO $$ DECLARE t text; suffix constant text := '_old'; BEGIN\n${body}\nEND $$`
    expect(read(text).problems).toEqual([])
    expect(
      read(text).statements.flatMap((each) => (each.inside === null ? [] : [`${each.place.line} ${each.text}`])),
    ).toEqual(wanted)
  })

  it.each([
    "t := 'a'; EXECUTE 'DROP TABLE ' || t;",
    "SELECT 'a' INTO suffix; EXECUTE 'DROP TABLE ' || suffix;",
    "FOREACH t IN ARRAY ARRAY['a'] LOOP t := lower(t); EXECUTE 'DROP TABLE ' || t; END LOOP;",
    "FOR t IN SELECT relname FROM pg_class LOOP EXECUTE 'DROP TABLE ' || t; END LOOP;",
    "FOREACH t IN ARRAY ARRAY['a', NULL] LOOP EXECUTE 'DROP TABLE ' || t; END LOOP;",
    "EXECUTE format('DROP TABLE %10I', 'a');",
    "EXECUTE format('DROP TABLE %I %I', 'a');",
  ])('does not guess: %s', (body) => {
    const text = `DO $$ DECLARE t text; suffix text := '_old'; BEGIN\n${body}\nEND $$`
    expect(read(text).problems).toMatchObject([{ kind: 'unsupported', place: { line: 2 } }])
  })

  it('doubts what a loop over constants may leave out', () => {
    const text =
      "DO $$ DECLARE t text; BEGIN FOREACH t IN ARRAY ARRAY['a', 'b'] LOOP CONTINUE WHEN to_regclass(t) IS NULL; EXECUTE 'DROP TABLE ' || t; END LOOP; END $$"
    expect(read(text).statements.slice(1)).toMatchObject([
      { text: 'DROP TABLE a', conditional: true, undecided: true },
      { text: 'DROP TABLE b', conditional: true, undecided: true },
    ])
  })

  it('follows the call of a function that the file makes', () => {
    const text =
      "CREATE FUNCTION f(t regclass, c text) RETURNS void LANGUAGE plpgsql AS $f$\nBEGIN\n  EXECUTE format('ALTER TABLE %s ADD COLUMN %I int', t, c);\n  DELETE FROM log;\nEND $f$;\nSELECT f('a', 'B');\nSELECT f('b', 'c');\nDROP FUNCTION f;"
    expect(read(text).problems).toEqual([])
    expect(read(text).statements.map((s) => [s.text.split('\n')[0], s.inside, s.place.line])).toEqual([
      ['CREATE FUNCTION f(t regclass, c text) RETURNS void LANGUAGE plpgsql AS $f$', null, 1],
      ["SELECT f('a', 'B')", null, 6],
      ['ALTER TABLE a ADD COLUMN "B" int', 'call', 3],
      ['DELETE FROM log', 'call', 4],
      ["SELECT f('b', 'c')", null, 7],
      ['ALTER TABLE b ADD COLUMN c int', 'call', 3],
      ['DROP FUNCTION f', null, 8],
    ])
    expect(read(text.replace("f('b', 'c')", "f('other.b', 'c')")).statements.map((s) => s.inside)).toEqual([
      null,
      null,
      'call',
      'call',
      null,
      null,
    ])
    expect(
      read(text.replace("SELECT f('b', 'c')", 'SELECT f(relname, relname) FROM pg_class')).statements.map(
        (s) => s.inside,
      ),
    ).toEqual([null, null, 'call', 'call', null, null])
  })

  it('points at a mistake in a block', () => {
    expect(read('SELECT 1;\nDO $$ BEGIN\n  ALTER TABEL x ADD y int;\nEND $$;\nSELECT 2').problems).toMatchObject([
      { kind: 'syntax', place: { line: 3, column: 9, endColumn: 13 } },
    ])
  })

  it('opens functions in plpgsql and SQL', () => {
    const text =
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$\nBEGIN\n  UPDATE a SET b = NEW.b;\n  RETURN NEW;\nEND $f$;\nCREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'DELETE FROM a; SELECT 1';"
    expect(read(text).statements.map((s) => [s.text.slice(0, 22), s.inside, s.place.line])).toEqual([
      ['CREATE FUNCTION f() RE', null, 1],
      ['UPDATE a SET b = NEW.b', 'function', 3],
      ['CREATE FUNCTION g() RE', null, 6],
      ['DELETE FROM a', 'function', 6],
      ['SELECT 1', 'function', 6],
    ])
  })
})
