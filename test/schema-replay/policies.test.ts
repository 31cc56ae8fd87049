import { beforeAll, expect, test } from 'vitest'
import type { Policy } from '../../src/schema/model.ts'
import { createPolicy } from '../../src/schema/sql/ddl.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { schemaOf } from './support.ts'

beforeAll(() => loadParser())

function policyOf(sql: string): Policy {
  const { tables } = schemaOf(
    `create table users (id uuid, name text); create table notes (id bigint, author uuid, title text);\n${sql}`,
  )
  const policy = tables.get('public.notes')?.policies[0]
  if (!policy) throw new Error('no policy')
  return policy
}

test('a condition with a subquery is written as it was', () => {
  const policy = policyOf(
    `create policy own on notes for all to authenticated
       using ((select auth.uid()) = author /* ) */) with check (author in (select u.id from users u where u.name <> ')'));`,
  )
  expect(createPolicy('public.notes', policy, 'public')).toBe(
    "CREATE POLICY own ON notes TO authenticated USING ((select auth.uid()) = author /* ) */) WITH CHECK (author in (select u.id from users u where u.name <> ')'))",
  )
})

test('what ALTER POLICY leaves alone stays, what it sets is new', () => {
  const policy = policyOf(
    `create policy own on notes using ((select auth.uid()) = author) with check (exists (select 1));
     alter policy own on notes with check (title is not null);`,
  )
  expect(createPolicy('public.notes', policy, 'public')).toBe(
    'CREATE POLICY own ON notes TO public USING ((select auth.uid()) = author) WITH CHECK ((title IS NOT NULL))',
  )
})
