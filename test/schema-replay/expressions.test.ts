import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../../src/sql/parser.ts'
import type { RealDatabase } from './real.ts'
import { differences, realDatabase } from './real.ts'
import { schemaOf, table } from './support.ts'

let real: RealDatabase

beforeAll(async () => {
  await loadParser()
  real = await realDatabase()
})
afterAll(() => real.close())

const base = `CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN pos AS int CHECK (VALUE > 0); CREATE EXTENSION citext;
CREATE FUNCTION f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'select a';
CREATE TABLE t (a int, b bigint, s smallint, x text, v varchar(20), c char(3), n numeric(10,2), d double precision, r real, m mood, p pos, ts timestamp, tz timestamptz, da date, ti time,
  iv interval, u uuid, j json, jb jsonb, bo boolean, ar text[], ia int[], ma mood[], ci citext, by bytea, "Q" text, ip inet, va varchar(5)[]);
`

const checks: readonly string[] = [
  'a > 0', 'a > 0 AND b < 5 OR NOT bo', "x IN ('a','b')", "v IN ('a','b')", "v IN ('a')", "x NOT IN ('a','b')", "m IN ('sad','ok')", "m = 'sad'",
  'a IN (1,2,3)', 'b IN (1,2,3)', 'n IN (1,2.5)', 'd IN (1,2)', 's IN (1,2)', "x LIKE 'a%' AND v LIKE 'b%'",
  "x ILIKE 'a%' OR x NOT LIKE 'q' OR x NOT ILIKE 'z'", 'a BETWEEN 1 AND 10', 'a NOT BETWEEN 1 AND 10', 'length(x) > 3', 'char_length(v) <= 20',
  "x ~ '^[a-z]+$'", "v ~* '^[a-z]+$'", 'a IS NOT NULL', '(a IS NULL) = (b IS NULL)', '(a IS NULL) <> (b IS NULL)', 'num_nonnulls(a, b) = 1',
  'a IS DISTINCT FROM b', 'a IS NOT DISTINCT FROM 3', 'coalesce(a, 0) > 0', "coalesce(x, '') <> ''", "coalesce(v, '') <> ''",
  "nullif(x, '') IS NOT NULL", 'greatest(a, b) > 1', 'CASE WHEN a > 1 THEN true ELSE false END', 'CASE WHEN a > 1 THEN b > 2 WHEN bo THEN a < 3 END',
  "CASE m WHEN 'sad' THEN a > 1 ELSE true END", "CASE x WHEN 'q' THEN 1 WHEN 'r' THEN 2 ELSE 3 END > 1", 'n >= 0', 'n > 0.5', 'n >= 0 AND n <= 100',
  'd >= 0', 'd > 0.5', 'r < 1.5', 'b > 0', 's > 0', 'a > -1', 'n > -1.5', 'b > 10000000000', "ts > '2020-01-01'", "tz > '2020-01-01 00:00:00+00'",
  'tz > now()', "da >= '2020-01-01'", 'ts < tz', "tz - ts > interval '1 day'", "iv > '1 hour'", 'extract(year from ts) > 2000',
  "date_trunc('day', ts) = ts", "date_part('year', da) > 1", "jb ? 'a'", "jb ->> 'a' = 'b'", "jb -> 'a' -> 'b' IS NOT NULL",
  "jsonb_typeof(jb) = 'object'", "json_typeof(j) = 'array'", "(jb ->> 'n')::int > 3", `jb @> '{"b":1,"aa":2}'`, "ar @> ARRAY['a']", "ar @> '{a,b}'",
  "'a' = ANY(ar)", "x = ANY('{a,b}')", "x = ANY(ARRAY['a','b'])", "v = ANY(ARRAY['a','b'])", "v = ANY(ARRAY['a','b']::text[])",
  'array_length(ar, 1) > 0', 'cardinality(ar) < 5', 'ia[1] > 0', "ar <@ ARRAY['a','b']::text[]", 'a = b', 'a = s', 'a = n', 'a = d', 'x = v',
  "c = 'abc'", 'c = x', 'v = c', "ci = 'abc'", "ci ~ '^a'", "ci::text = 'a'", 'p > 3', 'f(a) > 1', 'bo', 'NOT bo', 'bo IS TRUE', 'bo IS NOT FALSE',
  'bo = true', "x IS NULL OR x <> ''", 'lower(x) = x', 'lower(v) = v', 'upper("Q") = "Q"', "trim(x) <> ''", "btrim(x) <> ''",
  "substring(x from 1 for 2) = 'ab'", "substring(x, 1, 2) = 'ab'", "position('a' in x) > 0", "x || v = 'ab'", "x || a = 'ab1'",
  "concat(x, 'a') = 'q'", 'a + b * 2 > 3', 'a % 2 = 0', '- a < 0', 'abs(a) > 0', "a::text = '1'", 'a::bigint = b', 'a::numeric(5,1) = n',
  "x::varchar(5) = 'a'", "'5'::int = a", "u = '00000000-0000-0000-0000-000000000000'", "u <> '00000000-0000-0000-0000-00000000000A'::uuid",
  '(x, v) IS NOT NULL', "ip << '10.0.0.0/8'", 'octet_length(by) = 32', `x COLLATE "C" > 'a'`, "x SIMILAR TO 'a%'", 'round(n, 2) = n',
  'round(d::numeric, 2) > 1', "starts_with(x, 'a')", "regexp_replace(x, 'a', 'b', 'g') = x", "string_to_array(x, ',') IS NOT NULL",
  "to_tsvector('english', x) @@ to_tsquery('a')", "x <> ALL (ARRAY['a','b'])", 'mod(a, 2) = 1', 'power(a, 2) > 4', 'floor(d) = d', 'a & 1 = 1',
  'a << 2 > 1', "ar[1] = 'x'", "m::text = 'sad'", "m > 'sad'", "ma @> ARRAY['sad']::mood[]", "'sad' = ANY(ma)", "x = 'it''s'",
  String.raw`x = E'a\\b'`, 'a::boolean', "age(tz) > '1 year'", "ts + interval '30 days' > ts", 'ts + iv > ts', 'da + 1 > da',
  "tz AT TIME ZONE 'UTC' > ts", 'b > a + 1', 'n * 2 > 1', 'd * 2 > 1', 'a / 2.0 > 1', "ti > '10:00'", 'a = 1 IS TRUE', '(a > 1) IS NOT TRUE',
  'row_to_json(null) is null', "(jb #>> '{a,b}') = 'x'", "jb ? 'a' AND jb ?& array['x','y']", 'isfinite(tz)', "x > 'a' AND (x < 'b' AND v = 'q')",
  "(x > 'a' AND x < 'b') AND v = 'q'", "x > 'a' OR (x < 'b' OR v = 'q')",
]

const indexes: readonly string[] = [
  'lower(x)', 'lower(v)', 'lower(x) text_pattern_ops', '(a + b)', '((a + b))', '(x || v)', "coalesce(x, '')", "(jb ->> 'a')", "((jb ->> 'a'))",
  "((jb ->> 'a')::int)", "date_trunc('day', ts)", '(ts::date)', '(lower(x)), a', 'x COLLATE "C"', '(a IS NULL)', '(CASE WHEN a > 1 THEN 1 END)',
  'x text_pattern_ops', '(x)', 'greatest(a, b)', 'f(a)', 'md5(x)', '(a::text)', '(extract(year from da))', "(tz AT TIME ZONE 'UTC')",
  'date(da)', 'date(ts)', 'int4(a)', 'upper(x), lower(v)', '((a % 2))', "to_tsvector('english', x)", "(x = 'a')", 'substring(x from 1 for 2)',
]

const predicates: readonly string[] = [
  'a > 0', "a IS NOT NULL AND x = 'b'", 'bo', 'NOT bo', 'bo = false', "m = 'sad'", "m IN ('sad', 'ok')", "m <> 'sad'", 'x IS NULL',
  "v = 'x' AND (a > 1 OR b > 2)", "ts IS NULL AND m NOT IN ('sad','ok')", "jb IS NOT NULL AND jb <> '{}'", "v IN ('a', 'b', 'c')",
  "tz > '2024-01-01'", 'length(x) > 1', "ar = '{}'", "x <> '' AND v <> ''",
]

const columns: readonly string[] = [
  'int GENERATED ALWAYS AS (a * 2) STORED', "text GENERATED ALWAYS AS (x || ' ' || v) STORED",
  "tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(x, ''))) STORED",
  "tsvector GENERATED ALWAYS AS (setweight(to_tsvector('english', coalesce(x, '')), 'A') || setweight(to_tsvector('english', coalesce(v, '')), 'B')) STORED",
  'bigint GENERATED ALWAYS AS (a) STORED', 'varchar(10) GENERATED ALWAYS AS (lower(x)) STORED', 'numeric(5,2) GENERATED ALWAYS AS (a / 2) STORED',
  'timestamptz NOT NULL DEFAULT now()', 'timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP', "varchar(10) DEFAULT 'x'", 'numeric(10,2) DEFAULT 0',
  "char DEFAULT 'x'", "bit(3) DEFAULT B'101'", 'interval day to second(3)', 'time(3) with time zone', 'float', 'float(20)', 'dec(5)', 'int4[]',
  'int[3][3]', '"char"', 'national character varying(5)', 'bit varying(5)', 'bit', 'interval(3)', 'numeric(5,-2)', 'mood[]', 'oid', 'name', '_text',
  'pg_catalog.int8', 'serial8', 'smallserial', 'bpchar', 'timestamp with time zone', 'int8range', 'int GENERATED BY DEFAULT AS IDENTITY (START 10)',
  'character(5)', 'xml', 'regclass', "bool DEFAULT 'no'", 'text[] DEFAULT array[]::text[]', 'money DEFAULT 5', "citext DEFAULT 'A'",
  'double precision DEFAULT 1.0', 'jsonb DEFAULT jsonb_build_array()', 'text COLLATE "C"', 'int CHECK (g > 1) DEFAULT 3', 'point',
  "date DEFAULT ('now'::text)::date", "timestamptz DEFAULT (now() + '1 day'::interval)", "text DEFAULT ('a'::text || 'b'::text)",
  'int DEFAULT (1)::int',
]

const defaults: readonly (readonly [column: string, expression: string])[] = [
  ['a', '1'], ['a', '-1'], ['a', "'1'"], ['a', '1 + 1'], ['b', '0'], ['b', "'0'"], ['b', '-5'], ['s', '1'], ['x', "'a'"], ['x', '1'], ['v', "'a'"],
  ['v', "'a'::varchar"], ['v', "'a'::text"], ['v', "lower('A')"], ['c', "'a'"], ['n', '0'], ['n', '0.0'], ['n', '1.50'], ['n', '-1.5'],
  ['n', "'1.5'"], ['d', '0'], ['d', '0.5'], ['d', "'0.5'"], ['d', '1e3'], ['r', '0'], ['m', "'sad'"], ['m', "'sad'::mood"], ['p', '5'], ['p', "'5'"],
  ['ts', 'now()'], ['ts', 'CURRENT_TIMESTAMP'], ['ts', 'CURRENT_TIMESTAMP(3)'], ['ts', "'2020-01-01'"], ['ts', "now() AT TIME ZONE 'utc'"],
  ['ts', "timezone('utc', now())"], ['ts', "(now() at time zone 'utc'::text)"], ['tz', 'now()'], ['tz', 'CURRENT_TIMESTAMP'],
  ['tz', "now() + interval '30 days'"], ['tz', "now() + '7 days'"], ['tz', "now() + '1 month'::interval"], ['tz', 'clock_timestamp()'],
  ['da', 'CURRENT_DATE'], ['da', 'now()'], ['da', "'2020-01-01'"], ['ti', "'10:00'"], ['iv', "'1 day'"], ['iv', "interval '90 minutes'"],
  ['iv', "'1 year 2 months 3 days 04:05:06'"], ['u', 'gen_random_uuid()'], ['u', "'00000000-0000-0000-0000-00000000000A'"], ['j', "'{}'"],
  ['jb', "'{}'"], ['jb', "'[]'"], ['jb', `'{"b": 1,"a":[1, 2],"c":null}'`], ['jb', "'{}'::jsonb"], ['jb', "'{}'::json"],
  ['jb', "jsonb_build_object('a', 1)"], ['jb', "json_build_object('a', 1)"], ['bo', 'true'], ['bo', "'t'"], ['bo', "'false'"], ['bo', 'FALSE'],
  ['ar', "'{}'"], ['ar', 'ARRAY[]::text[]'], ['ar', "ARRAY['a','b']"], ['ar', "ARRAY['a','b']::text[]"], ['ar', `'{a,"b c",NULL}'`],
  ['ar', 'ARRAY[]::varchar[]'], ['ia', "'{1,2}'"], ['ia', 'ARRAY[1,2]'], ['ma', "'{sad}'"], ['ma', "ARRAY['sad']::mood[]"], ['va', "'{}'"],
  ['va', "ARRAY['a']::varchar(5)[]"], ['ci', "'a'"], ['by', String.raw`'\x00'`], ['by', "''"], ['x', 'NULL'], ['x', 'NULL::text'],
  ['x', 'gen_random_uuid()'], ['x', 'gen_random_uuid()::text'], ['x', 'md5(random()::text)'],
  ['x', 'md5(random()::text || clock_timestamp()::text)'], ['x', 'current_user'], ['x', 'CURRENT_USER'], ['x', "concat('a_', gen_random_uuid())"],
  ['x', 'substr(md5(random()::text), 0, 25)'], ['x', "'a' || 'b'"], ['x', 'upper(substr(md5(random()::text), 1, 8))'],
  ['x', "to_char(now(), 'YYYY')"], ['x', "encode(sha256('a'), 'hex')"], ['x', "current_setting('app.x', true)"], ['b', 'extract(epoch from now())'],
  ['b', '(extract(epoch from now()) * 1000)::bigint'], ['b', 'floor(random() * 100)::int'], ['a', 'array_length(ARRAY[1,2], 1)'],
  ['ts', "date_trunc('day', now())"], ['ip', "'127.0.0.1'"], ['ts', "'epoch'"], ['x', String.raw`E'a\nb'`], ['x', "'it''s'"], ['n', "'NaN'"],
  ['ts', 'localtimestamp'], ['x', 'version()'],
]

const types: Readonly<Record<string, string>> = {
  a: 'int', b: 'bigint', s: 'smallint', x: 'text', v: 'varchar(20)', n: 'numeric(10,2)', d: 'double precision', r: 'real', ts: 'timestamp', tz: 'timestamptz', da: 'date', ti: 'time', iv: 'interval',
  u: 'uuid', j: 'json', jb: 'jsonb', bo: 'boolean', ar: 'text[]', ia: 'int[]', by: 'bytea', ip: 'inet', va: 'varchar(5)[]',
}

describe('expressions read as Postgres prints them', () => {
  it.each<[string, string]>([
    ['checks', checks.map((each, i) => `ALTER TABLE t ADD CONSTRAINT c${i} CHECK (${each});`).join('\n')],
    ['keys of indexes', indexes.map((each, i) => `CREATE INDEX i${i} ON t (${each});`).join('\n')],
    ['predicates of indexes', predicates.map((each, i) => `CREATE INDEX i${i} ON t (a) WHERE ${each};`).join('\n')],
    ['types, defaults and generated columns', columns.map((each, i) => `ALTER TABLE t ADD COLUMN g${i} ${each.replace('(g >', `(g${i} >`)};`).join('\n')],
    ['policies', predicates.map((each, i) => `CREATE POLICY p${i} ON t USING (${each}) WITH CHECK (${each});`).join('\n')],
    ['defaults', defaults.map(([column, expression], i) => `CREATE TABLE t${i} (LIKE t); ALTER TABLE t${i} ALTER COLUMN ${column} SET DEFAULT (${expression});`).join('\n')],
    ['defaults of new columns', defaults.filter(([column]) => !['m', 'p', 'ma', 'ci', 'c'].includes(column)).map(([column, expression], i) => `ALTER TABLE t ADD COLUMN n${i} ${types[column] ?? 'text'} DEFAULT (${expression});`).join('\n')],
  ])('%s', async (_, sql) => {
    expect(await differences(real, base + sql)).toEqual([])
  }, 240_000)

  it('marks what only a running server can tell', () => {
    const known = table(schemaOf(`${base}ALTER TABLE t ALTER ts SET DEFAULT 'now', ALTER x SET DEFAULT 'now'; CREATE INDEX i ON t ((unknown_function(a)));`), 'public.t')
    expect(known.columns.filter((column) => column.approximate === true).map((column) => column.name)).toEqual(['ts'])
    expect(known.indexes[0]).toMatchObject({ approximate: true, keys: [{ expression: 'unknown_function(a)' }] })
  })
})
