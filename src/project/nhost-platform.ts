import type { Host } from './host.ts'

/**
 * What every Nhost database holds before its first migration, as far as migrations refer to it. https://docs.nhost.io/products/auth/overview; the
 * tables are those that its auth and storage services make for themselves when they start.
 */
const sql = `
CREATE SCHEMA auth;
CREATE SCHEMA storage;
CREATE EXTENSION pgcrypto;
CREATE EXTENSION citext;
CREATE DOMAIN auth.email AS citext;
CREATE FUNCTION auth.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at = now(); RETURN NEW; END';
CREATE FUNCTION storage.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at = now(); RETURN NEW; END';
CREATE TABLE auth.roles (role text NOT NULL PRIMARY KEY);
CREATE TABLE auth.providers (id text NOT NULL PRIMARY KEY);
CREATE TABLE auth.users (
  id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  last_seen timestamp with time zone,
  disabled boolean NOT NULL DEFAULT false,
  display_name text NOT NULL DEFAULT '',
  avatar_url text NOT NULL DEFAULT '',
  locale character varying(2) NOT NULL,
  email auth.email UNIQUE,
  phone_number text UNIQUE,
  password_hash text,
  email_verified boolean NOT NULL DEFAULT false,
  phone_number_verified boolean NOT NULL DEFAULT false,
  new_email auth.email,
  default_role text NOT NULL DEFAULT 'user' REFERENCES auth.roles (role) ON UPDATE CASCADE ON DELETE RESTRICT,
  is_anonymous boolean NOT NULL DEFAULT false,
  totp_secret text,
  active_mfa_type text,
  metadata jsonb
);
CREATE TABLE auth.user_roles (
  id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  user_id uuid NOT NULL REFERENCES auth.users (id) ON UPDATE CASCADE ON DELETE CASCADE,
  role text NOT NULL REFERENCES auth.roles (role) ON UPDATE CASCADE ON DELETE RESTRICT,
  UNIQUE (user_id, role)
);
CREATE TABLE auth.user_providers (
  id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  user_id uuid NOT NULL REFERENCES auth.users (id) ON UPDATE CASCADE ON DELETE CASCADE,
  access_token text NOT NULL,
  refresh_token text,
  provider_id text NOT NULL REFERENCES auth.providers (id) ON UPDATE CASCADE ON DELETE RESTRICT,
  provider_user_id text NOT NULL,
  UNIQUE (provider_id, provider_user_id)
);
CREATE TABLE storage.buckets (
  id text NOT NULL PRIMARY KEY,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  download_expiration integer NOT NULL DEFAULT 30,
  min_upload_file_size integer NOT NULL DEFAULT 1,
  max_upload_file_size integer NOT NULL DEFAULT 50000000,
  cache_control text DEFAULT 'max-age=3600',
  presigned_urls_enabled boolean NOT NULL DEFAULT true
);
CREATE TABLE storage.files (
  id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  updated_at timestamp with time zone NOT NULL DEFAULT now(),
  bucket_id text NOT NULL DEFAULT 'default' REFERENCES storage.buckets (id) ON UPDATE CASCADE ON DELETE CASCADE,
  name text,
  size integer,
  mime_type text,
  etag text,
  is_uploaded boolean DEFAULT false,
  uploaded_by_user_id uuid REFERENCES auth.users (id) ON DELETE SET NULL,
  metadata jsonb
);
`

export const nhost: Host = {
  name: 'nhost',
  sql,
  searchPath: '"$user", public',
  // Those that hold more than is made here.
  schemas: ['auth', 'storage', 'graphql', 'hdb_catalog'],
}
