import type { GrantStmt, RoleSpec } from 'libpg-query'
import type { Problem, Rule } from '../../src/engine/rule.ts'
import { listed } from '../shared/query-words.ts'
import { ident, sql } from '../shared/sql.ts'

export default {
  id: 'no-broad-grant',
  severity: 'error',
  summary: 'A grant to PUBLIC reaches every role that there is and every one that will be.',
  why: `Roles are made for reports, for backups and for people who leave; none of them should be able to write because of a grant that nobody remembers.
    ALL also holds TRUNCATE, REFERENCES and TRIGGER, which applications do not need.`,
  fix: 'Grant the privileges that are used to the role that uses them.',
  references: ['https://www.postgresql.org/docs/current/sql-grant.html'],
  sources: ['eugene/W14'],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `grant select on users to public;`,
      message: 'to every role',
    },
    {
      given: `create table users (id bigint primary key); create role app;`,
      sql: `grant select on users to app with grant option;`,
      message: 'pass it on',
      severity: 'warning',
      unproven: 'roles are of the cluster',
    },
    {
      sql: `alter default privileges in schema public grant all on tables to public;`,
      message: 'on every table that is made later',
    },
    {
      given: `create role app;`,
      sql: `alter default privileges in schema public grant all on tables to app;`,
      message: 'every table that is made later',
      severity: 'warning',
      unproven: 'roles are of the cluster',
    },
    {
      given: `create table users (id bigint primary key); create role app;`,
      sql: `grant all on all tables in schema public to app;`,
      message: 'TRUNCATE',
      severity: 'warning',
      unproven: 'roles are of the cluster',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key); create role app;`,
      sql: `grant select, insert, update, delete on users to app;`,
      unproven: 'roles are of the cluster',
    },
    {
      given: `create role reports;`,
      sql: `alter default privileges in schema public grant select on tables to reports;`,
      unproven: 'roles are of the cluster',
    },
    {
      title: 'What everybody has anyway.',
      sql: `create function one() returns int language sql as $$ select 1 $$; grant execute on function one() to public;`,
    },
    {
      title: "Supabase's own roles are held by row level security.",
      runner: 'supabase',
      given: `create table users (id bigint primary key);`,
      sql: `grant all on table users to anon, authenticated, service_role;`,
      unproven: 'roles of the platform',
    },
  ],
  visit: {
    statement({ node, inside, text }) {
      if (inside === 'function') return null
      if ('GrantStmt' in node) return broad(node.GrantStmt)
      return 'AlterDefaultPrivilegesStmt' in node && node.AlterDefaultPrivilegesStmt.action
        ? broad(node.AlterDefaultPrivilegesStmt.action, /^[^]*?(?=\bgrant\b)/i.exec(text)?.[0] ?? '')
        : null
    },
  },
} satisfies Rule

const platformRoles = new Set([
  'postgres',
  'anon',
  'authenticated',
  'service_role',
  'supabase_admin',
  'dashboard_user',
  'supabase_auth_admin',
  'supabase_storage_admin',
  'authenticator',
])

const things = { OBJECT_TABLE: 'table', OBJECT_SEQUENCE: 'sequence', OBJECT_SCHEMA: 'schema' } as const

/** `beforeGrant` is what stands before GRANT where it is about what is made later. */
function broad(grant: GrantStmt, beforeGrant = ''): Problem | null {
  // Functions, types and languages are everybody's to begin with.
  const thing = things[grant.objtype as keyof typeof things] as (typeof things)[keyof typeof things] | undefined
  if (grant.is_grant !== true || thing === undefined) return null
  const later = grant.targtype === 'ACL_TARGET_DEFAULTS'
  const roles = (grant.grantees ?? []).flatMap((grantee): RoleSpec[] =>
    'RoleSpec' in grantee ? [grantee.RoleSpec] : [],
  )
  const privileges = (grant.privileges ?? []).flatMap((one) =>
    'AccessPriv' in one ? [(one.AccessPriv.priv_name ?? '').toUpperCase()] : [],
  )
  const all = privileges.length === 0
  if (roles.some((role) => role.roletype === 'ROLESPEC_PUBLIC')) {
    if (thing === 'schema' && !all && privileges.every((name) => name === 'USAGE')) return null
    return {
      anySize: true,
      message: `This grants ${all ? 'everything' : privileges.join(', ')}${later ? ` on every ${thing} that is made later` : ''} to every role, also to those that are made later.`,
      help: 'Name the role that needs it instead of `PUBLIC`.',
    }
  }
  const others = listed(
    roles.flatMap((role) =>
      role.roletype === 'ROLESPEC_CSTRING' && !platformRoles.has(role.rolename ?? '') ? [role.rolename ?? ''] : [],
    ),
  )
  if (others === '') return null
  if (grant.grant_option === true)
    return {
      severity: 'warning',
      message: `${others} may pass it on: who has these privileges is no longer decided by migrations.`,
      help: 'Grant without `WITH GRANT OPTION`, and to each role that needs it.',
    }
  if (!all || thing !== 'table') return null
  const many = grant.targtype === 'ACL_TARGET_ALL_IN_SCHEMA' || later
  return {
    severity: many ? 'warning' : 'info',
    message: `${others} gets everything on ${later ? 'every table that is made later' : many ? 'all tables' : 'the table'}, TRUNCATE and TRIGGER among it.`,
    help: `Grant what the role uses:\n${sql(`${beforeGrant}GRANT SELECT, INSERT, UPDATE, DELETE ON ${later ? 'TABLES' : objectsOf(grant)} TO ${roles.map((role) => ident(role.rolename ?? '')).join(', ')};`)}`,
  }
}

/** What a grant is on, as it is written. */
function objectsOf(grant: GrantStmt): string {
  const names = (grant.objects ?? []).flatMap((object) => {
    if ('String' in object) return [ident(object.String.sval ?? '')]
    if (!('RangeVar' in object)) return []
    const { schemaname, relname = '' } = object.RangeVar
    return [schemaname === undefined ? ident(relname) : `${ident(schemaname)}.${ident(relname)}`]
  })
  return `${grant.targtype === 'ACL_TARGET_ALL_IN_SCHEMA' ? 'ALL TABLES IN SCHEMA ' : ''}${names.join(', ')}`
}
