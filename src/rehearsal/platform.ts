import type { RehearsalRequest } from './types.ts'

/** What a platform has in a database before the first migration. */
export interface Platform {
  readonly sql: string
  readonly extensions: readonly string[]
  readonly searchPath: string
  /** Schemas that hold more than is set up here. */
  readonly schemas: readonly string[]
}

/**
 * What Supabase's own services set up, as far as migrations refer to it: roles, schemas, users, storage, the publication
 * (https://supabase.com/docs/guides/database/postgres/roles, https://supabase.com/docs/guides/auth/managing-user-data,
 * https://supabase.com/docs/guides/storage/schema/design).
 */
const supabase: Platform = {
  extensions: ['pgcrypto', 'uuid-ossp'],
  searchPath: '"$user", public, extensions',
  schemas: [
    'auth',
    'storage',
    'extensions',
    'realtime',
    'vault',
    'graphql',
    'graphql_public',
    'cron',
    'net',
    'pgmq',
    'supabase_functions',
    'supabase_migrations',
  ],
  sql: `
create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls; create role authenticator noinherit;
create role supabase_admin; create role supabase_auth_admin; create role supabase_storage_admin; create role dashboard_user;
grant anon, authenticated, service_role to authenticator;
create schema auth; create schema storage; create schema extensions; create schema realtime; create schema vault; create schema graphql; create schema graphql_public;
create extension pgcrypto with schema extensions; create extension "uuid-ossp" with schema extensions;
grant usage on schema public, auth, storage, extensions to anon, authenticated, service_role;
create table auth.users (
  instance_id uuid, id uuid primary key, aud character varying(255), role character varying(255), email character varying(255), encrypted_password character varying(255),
  email_confirmed_at timestamptz, invited_at timestamptz, confirmation_token character varying(255), confirmation_sent_at timestamptz, recovery_token character varying(255),
  recovery_sent_at timestamptz, email_change_token_new character varying(255), email_change character varying(255), email_change_sent_at timestamptz, last_sign_in_at timestamptz,
  raw_app_meta_data jsonb, raw_user_meta_data jsonb, is_super_admin boolean, created_at timestamptz, updated_at timestamptz, phone text unique, phone_confirmed_at timestamptz,
  confirmed_at timestamptz, banned_until timestamptz, is_sso_user boolean not null default false, deleted_at timestamptz, is_anonymous boolean not null default false);
create table auth.identities (
  id uuid primary key default gen_random_uuid(), provider_id text not null, user_id uuid not null references auth.users (id) on delete cascade, identity_data jsonb not null,
  provider text not null, email text, last_sign_in_at timestamptz, created_at timestamptz, updated_at timestamptz);
create table auth.sessions (id uuid primary key, user_id uuid not null references auth.users (id) on delete cascade, created_at timestamptz, updated_at timestamptz);
create function auth.uid() returns uuid language sql stable as 'select nullif(current_setting(''request.jwt.claim.sub'', true), '''')::uuid';
create function auth.role() returns text language sql stable as 'select nullif(current_setting(''request.jwt.claim.role'', true), '''')::text';
create function auth.email() returns text language sql stable as 'select nullif(current_setting(''request.jwt.claim.email'', true), '''')::text';
create function auth.jwt() returns jsonb language sql stable as 'select nullif(current_setting(''request.jwt.claims'', true), '''')::jsonb';
create table storage.buckets (
  id text primary key, name text not null unique, owner uuid, created_at timestamptz default now(), updated_at timestamptz default now(), public boolean default false,
  avif_autodetection boolean default false, file_size_limit bigint, allowed_mime_types text[], owner_id text);
create table storage.objects (
  id uuid primary key default gen_random_uuid(), bucket_id text references storage.buckets (id), name text, owner uuid, created_at timestamptz default now(),
  updated_at timestamptz default now(), last_accessed_at timestamptz default now(), metadata jsonb, path_tokens text[], version text, owner_id text, user_metadata jsonb);
alter table storage.buckets enable row level security; alter table storage.objects enable row level security; alter table auth.users enable row level security;
create function storage.foldername(name text) returns text[] language sql immutable as 'select (string_to_array(name, ''/''))[1 : greatest(array_length(string_to_array(name, ''/''), 1) - 1, 0)]';
create function storage.filename(name text) returns text language sql immutable as 'select (string_to_array(name, ''/''))[array_length(string_to_array(name, ''/''), 1)]';
create function storage.extension(name text) returns text language sql immutable as 'select (regexp_match(name, ''[.]([^.]*)$''))[1]';
create publication supabase_realtime`,
}

/** The platform of a request; null where the server alone is what there is. */
export function platformOf(request: Pick<RehearsalRequest, 'platform'>): Platform | null {
  return request.platform === 'supabase' ? supabase : null
}
