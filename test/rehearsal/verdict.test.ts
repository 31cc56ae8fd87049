import { describe, expect, test } from 'vitest'
import { verdictOf } from '../../src/rehearsal/verdict.ts'
import type { Known } from '../../src/rehearsal/verdict.ts'

const known: Known = {
  complete: true,
  platform: ['auth'],
  texts: [
    'create table users (id bigint, email text)',
    'create table old_things (id int)',
    'drop table old_things',
    'alter table notes rename to "Remarks"',
    'create function audit() returns trigger language plpgsql as $$ begin end $$',
    'create policy "Own rows" on users',
    'create schema billing',
  ],
  names: {
    schemas: ['public', 'billing', 'pg_catalog'],
    relations: ['users', 'Remarks', 'invoices'],
    types: ['integer', 'status'],
    functions: ['lower', 'audit'],
  },
}

function verdict(
  code: string,
  message: string,
  text = '',
  more: Partial<Known> = {},
  outcome: 'definitions' | 'rows' | 'server' = 'definitions',
): string {
  return verdictOf(
    { code, message, detail: null, hint: null, position: null },
    { text: text === '' ? message : text, outcome },
    { ...known, ...more },
  )
}

describe('an error is held against a statement only where it fails in production too', () => {
  test.each([
    ['42P01', 'relation "audit_log" does not exist'],
    ['42P01', 'relation "tenant_1.users" does not exist'],
    ['42P01', 'relation "billing.users" does not exist'],
    ['3F000', 'schema "tenant_1" does not exist'],
    ['42704', 'type "citext" does not exist'],
    ['42704', 'type "vector" does not exist'],
    ['42883', 'function uuid_generate_v4() does not exist'],
    ['42883', 'function auth.uid() does not exist'],
    ['42704', 'policy "Anyone" for table "users" does not exist'],
    ['42704', 'trigger "touch" for table "users" does not exist'],
    ['42704', 'index "by_hand" does not exist'],
    ['42704', 'publication "supabase_realtime" does not exist'],
    ['42704', 'extension "postgis" does not exist'],
    ['42704', 'data type bigint has no default operator class for access method "gin"'],
  ])('%s %s: no migration makes it', (code, message) => expect(verdict(code, message)).not.toBe('genuine'))

  test.each([
    ['42P01', 'relation "old_things" does not exist'],
    ['42P01', 'relation "notes" does not exist', ['create table notes (id int)']],
    ['42P01', 'relation "userz" does not exist'],
    ['42P01', 'relation "billing.invoice" does not exist'],
    ['3F000', 'schema "biling" does not exist'],
    ['42704', 'type "statuss" does not exist'],
    ['42883', 'function lower(integer) does not exist'],
    ['42883', 'operator does not exist: bigint = text'],
    ['42703', 'column "nope" of relation "users" does not exist'],
    ['42704', 'constraint "users_email_unique" of relation "users" does not exist'],
    ['42704', 'policy "Own rows" for table "users" does not exist'],
    ['42P07', 'relation "users" already exists'],
    ['42P01', 'missing FROM-clause entry for table "x"'],
  ])('%s %s: certain', (code, message, texts: readonly string[] = []) =>
    expect(verdict(code, message, '', { texts: [...known.texts, ...texts] })).toBe('genuine'),
  )

  test.each([
    ['42704', 'server "other" does not exist'],
    ['42704', 'unrecognized configuration parameter "x"'],
    ['42501', 'permission denied'],
    ['42710', 'constraint "users_email_not_null" for relation "users" already exists'],
    ['42704', 'role "app" does not exist'],
    ['42704', 'text search configuration "german" does not exist'],
  ])('%s %s: of the server', (code, message) => expect(verdict(code, message)).toBe('server'))

  test('what stands in the body of a function that is called, tables of the platform, roles, and all that follows what was not rehearsed', () => {
    expect(verdict('42883', 'function my_norm(text) does not exist', 'create index on users (norm(email))')).toBe(
      'absent',
    )
    expect(verdict('42703', 'column "plan" does not exist', 'create view v as select plan from auth.users')).toBe(
      'absent',
    )
    expect(verdict('42703', 'column "plan" does not exist', 'create policy p on users using (auth.uid() = plan)')).toBe(
      'genuine',
    )
    expect(
      verdict(
        '2BP01',
        'cannot drop objects owned by role postgres because they are required by the database system',
        'drop owned by current_user',
        {},
        'server',
      ),
    ).toBe('server')
    expect(verdict('42710', 'role "app" already exists', 'create role app', {}, 'server')).toBe('server')
    expect(verdict('42P01', 'relation "old_things" does not exist', '', { complete: false })).toBe('consequence')
    expect(verdict('23505', 'duplicate key', '', {}, 'rows')).toBe('rows')
    expect(verdict('P0001', 'no user is left', 'do $$ … $$', {}, 'rows')).toBe('rows')
    expect(verdict('P0001', 'no DDL today', 'alter table users add column a int')).toBe('raised')
  })
})
