import type { Migration } from '../step.ts'
import { sourceFile } from '../location.ts'
import { readSql } from '../sql/read.ts'
import { nhost } from './nhost-platform.ts'
import type { Project } from './project.ts'
import { supabase } from './supabase-platform.ts'

/** Where the database runs, if that puts things of its own into every database. */
export interface Host {
  readonly name: string
  /** What is there before the first migration, as far as migrations refer to it. */
  readonly sql: string
  /** What a new connection finds. */
  readonly searchPath: string
  /** Its own schemas, of which `sql` makes only a part. */
  readonly schemas: readonly string[]
}

/** Supabase is known by its runner, Nhost by its folder: it runs migrations as Hasura does. */
export function hostOf({ runner, migrations }: Project): Host | null {
  if (runner.name === 'supabase') return supabase
  return migrations !== null && /(?:^|\/)nhost\/migrations(?:\/|$)/.test(migrations.folder) ? nhost : null
}

const read = new Map<Host, Migration>()

/** What the host makes, as the migration before all others. The parser must have been loaded. */
export function migrationOf(host: Host): Migration {
  const known = read.get(host)
  if (known) return known
  const { name, sql } = host
  // No tree holds this file.
  const path = `${name} (platform)`
  const { statements } = readSql(sourceFile(path, sql))
  const migration: Migration = { name, path, statements, down: null, isNew: false }
  read.set(host, migration)
  return migration
}
