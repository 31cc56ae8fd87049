import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../../scripts/corpus/database.ts'
import type { Schema } from '../../src/schema/model.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { replayHistory } from '../../src/schema/replay.ts'
import { isPlainCast, typeChange, typeLoss } from '../../src/schema/type-change.ts'
import { sourceFile } from '../../src/location.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'

const own = `
  create type mood as enum ('sad', 'ok'); create type mood_more as enum ('sad', 'ok', 'glad'); create type mood_less as enum ('ok');
  create domain whole as integer; create domain positive as integer check (value > 0); create domain short as varchar(20); create domain nested as whole;`

/** Types as `format_type` spells them, each with values at the edge of what it holds. */
const values: Readonly<Record<string, readonly string[]>> = {
  smallint: ['-32768', '7'],
  integer: ['-2147483648', '16777217'],
  bigint: ['-9223372036854775808', '9007199254740993'],
  oid: ['0', '4294967295'],
  real: ['1.2345679', '3.4e38'],
  'double precision': ['1.0000000000000002', '-1.7976931348623157e+308'],
  numeric: ['12345678901234567890.123456789', '-0.5'],
  'numeric(10,2)': ['12345678.91', '-0.25'],
  'numeric(12,3)': ['123456789.123'],
  'numeric(4,0)': ['9999', '-5'],
  money: ['92233720368547758.07'],
  text: ['a text that is longer than any limit that another type has', '-', '12.5'],
  'character varying': ['a text that is longer than any limit that another type has', '-'],
  'character varying(20)': ['twenty characters...'],
  'character varying(50)': ['a much longer text than twenty characters'],
  'character(20)': ['twenty characters...'],
  citext: ['A Text that is longer than any limit that another type has'],
  uuid: ['2f1c9b8e-8c9e-4f57-9d53-5a0b8d1d6f11'],
  boolean: ['true', 'false'],
  date: ['9999-12-31'],
  'timestamp without time zone': ['2026-02-28 12:34:56.789123'],
  'timestamp(3) without time zone': ['2026-02-28 12:34:56.789'],
  'timestamp with time zone': ['2026-02-28 12:34:56.789123+00'],
  'timestamp(3) with time zone': ['2026-02-28 12:34:56.789+00'],
  'time without time zone': ['12:34:56.789123'],
  'time(3) without time zone': ['12:34:56.789'],
  'time with time zone': ['12:34:56.789123+02:30'],
  interval: ['-1 years -2 mons +1 day 00:00:01.789123'],
  'interval(3)': ['-1 years -2 mons +1 day 00:00:01.789'],
  json: ['{"name": "a text of some length"}'],
  jsonb: ['{"name": "a text of some length"}'],
  inet: ['2001:db8:1111:2222:3333:4444:5555:6666/64'],
  cidr: ['2001:db8:1111:2222:3333:4444:5555:6666/128'],
  'bit(5)': ['10101'],
  'bit varying': ['10101010101010101010101'],
  'bit varying(5)': ['101'],
  'text[]': ['{"a much longer text than most"}'],
  'character varying[]': ['{"a much longer text than most"}'],
  'character varying(20)[]': ['{short}'],
  'integer[]': ['{-2147483648}'],
  'numeric(10,2)[]': ['{-12345678.91}'],
  mood: ['sad'],
  mood_more: ['glad'],
  mood_less: ['ok'],
  whole: ['-2147483648', '16777217'],
  positive: ['2147483647', '16777217'],
  short: ['twenty characters...'],
  nested: ['-2147483648', '16777217'],
}

/**
 * Changes a column of each type to each other one and back. `here` and `elsewhere` say whether the file was written anew with the
 * session in UTC and in Berlin, null where Postgres has no such change without a USING; `kept` whether all values came back as they were.
 */
const matrix = `
  create function changed(source text, target text, zone text) returns boolean language plpgsql as $$
  declare before oid; after oid;
  begin
    perform set_config('timezone', zone, true);
    execute format('create table t (c %s)', source);
    before := pg_relation_filenode('t');
    execute format('alter table t alter column c type %s', target);
    after := pg_relation_filenode('t');
    execute 'drop table t';
    return before <> after;
  exception when others then return null;
  end $$;
  create function kept(source text, target text, given text) returns boolean language plpgsql as $$
  declare before text; after text;
  begin
    execute format('create table t (c %s)', source);
    execute format('insert into t values (%L)', given);
    select c::text into before from t;
    execute format('alter table t alter column c type %s', target);
    execute format('alter table t alter column c type %s using c::%s', source, source);
    select c::text into after from t;
    execute 'drop table t';
    return before = after;
  exception when others then return false;
  end $$;
  create function base(name text) returns oid language sql as $$ select case when typtype = 'd' then typbasetype else oid end from pg_type where oid = name::regtype $$;
  create table seen as
    select a.name as source, b.name as target, changed(a.name, b.name, 'UTC') as here,
      case when a.name ~ '^timestamp' and b.name ~ '^timestamp' then changed(a.name, b.name, 'Europe/Berlin') else null end as elsewhere
    from types a cross join types b
    where base(a.name) = base(b.name) or b.name in ('text', 'character varying(20)') or a.name ~ ']$' and b.name ~ ']$'
      or exists (select from pg_cast where castsource = base(a.name) and casttarget = base(b.name) and castcontext <> 'e');
  alter table seen add column kept boolean;
  update seen set kept = (select bool_and(kept(source, target, each)) from types, unnest(given) as each where name = source) where here is not null;`

interface Pair {
  readonly source: string
  readonly target: string
  readonly here: boolean
  readonly elsewhere: boolean | null
  readonly kept: boolean
}

let database: PGlite
let schema: Schema
let pairs: readonly Pair[]

beforeAll(async () => {
  await loadParser()
  database = await freshDatabase()
  await database.exec(
    `create extension citext; ${own} set client_min_messages = warning; create table types (name text, given text[])`,
  )
  for (const [name, given] of Object.entries(values))
    await database.query('insert into types values ($1, $2)', [name, given])
  await database.exec(matrix)
  pairs = (await database.query<Pair>('select * from seen where here is not null')).rows
  const { statements } = readSql(sourceFile('own.sql', own))
  schema = replayHistory(
    emptySchema('postgresql', true),
    [{ name: 'own', path: 'own.sql', statements, down: null, isNew: false }],
    { postgres: 18, source: 'migrations' },
  ).schema
}, 120_000)
afterAll(() => database.close())

test('the table is rewritten as Postgres does it', () => {
  const wrong = pairs.flatMap(({ source, target, here, elsewhere }) => {
    const said = typeChange(source, target, null, 'c', schema)
    const truth = here ? 'rewrite' : elsewhere === true ? 'utc' : 'free'
    return said === truth || said === 'unknown' ? [] : [`${source} to ${target}: says ${said}, Postgres ${truth}`]
  })
  expect(pairs.length).toBeGreaterThan(200)
  expect(wrong).toEqual([])
})

test('values are lost where they are said to be, and nowhere else', () => {
  const wrong = pairs.flatMap(({ source, target, kept }) => {
    const said = typeLoss(source, target, schema)
    if (source.endsWith('with time zone') && target.endsWith('without time zone'))
      return said === 'cut' ? [] : [`${source} to ${target}: says ${said}, but which moment it was is gone`]
    return said === 'unknown' || (said === null) === kept
      ? []
      : [`${source} to ${target}: says ${said ?? 'harmless'}, Postgres ${kept ? 'kept all' : 'lost some'}`]
  })
  expect(wrong).toEqual([])
})

test.each([
  ['integer', 'bigint', null],
  ['bigint', 'integer', 'fails'],
  ['integer', 'numeric(10,2)', 'fails'],
  ['integer', 'numeric(12,2)', null],
  ['numeric(10,2)', 'numeric(12,1)', 'cut'],
  ['numeric(10,2)', 'numeric(9,2)', 'fails'],
  ['numeric(10,2)', 'integer', 'cut'],
  ['numeric(10,2)', 'double precision', null],
  ['numeric(20,4)', 'double precision', 'cut'],
  ['character varying(20)', 'text', null],
  ['text', 'character varying(20)', 'fails'],
  ['timestamp(6) without time zone', 'timestamp(3) without time zone', 'cut'],
  ['timestamp with time zone', 'timestamp without time zone', 'cut'],
  ['uuid', 'character varying(36)', null],
  ['uuid', 'character varying(20)', 'fails'],
  ['mood', 'mood_less', 'fails'],
  ['mood', 'mood_more', null],
  ['mood', 'character varying(3)', null],
  ['text', 'mood', 'fails'],
  ['text', 'uuid', 'fails'],
  ['whole', 'bigint', null],
  ['integer', 'positive', 'fails'],
  ['text', 'text[]', 'unknown'],
  ['vector(3)', 'vector(4)', 'unknown'],
  [null, 'text', 'unknown'],
])('from %s to %s: %s', (from, to, loss) => {
  expect(typeLoss(from, to, schema)).toBe(loss)
})

test.each([
  ['c', true],
  ['"c"', true],
  ['c::text', true],
  ['("c")::character varying(20)', true],
  ['(c::text)', true],
  ['c::text::mood', false],
  ["c AT TIME ZONE 'UTC'", false],
  ['c + 1', false],
  ['d', false],
])('USING %s is a plain cast: %s', (using, plain) => {
  expect(isPlainCast(using, 'c')).toBe(plain)
})
