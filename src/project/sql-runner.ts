import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import type { Runner, RunnerName, RunnerOptions } from './project.ts'
import type { SqlTraits } from './sql-text.ts'
import { flywayOptions } from './flyway.ts'
import { crateVersion, flywayVersion, goVersion, npmVersion } from './versions.ts'

/** A runner, and the file or folder that told. */
export type FoundRunner = Runner & { readonly evidence: string }

function found(name: RunnerName, version: string | null, evidence: string, options?: RunnerOptions): FoundRunner {
  return { name, version, evidence, ...(options ? { options } : {}) }
}

/** What runs files that nothing says a runner of: each as it stands, in the order of the names. */
export const assumed = (evidence: string): FoundRunner => ({ name: 'psql', version: null, assumed: true, evidence })

/** The runner of a folder of migrations, as its files and the manifests around it tell. */
export function runnerOf(
  listing: Listing,
  folder: string,
  signs: {
    readonly marker: SqlTraits['marker']
    readonly flyway: boolean
    readonly upDown: boolean
    readonly golangMigrate: boolean
  },
): FoundRunner {
  const go = (module: string) => goVersion(listing, folder, module)
  if (/(?:^|\/)supabase\/migrations$/.test(folder))
    return found('supabase', npmVersion(listing, folder, 'supabase') ?? null, folder)
  if (signs.marker === 'goose') return found('goose', go('github.com/pressly/goose') ?? null, folder)
  if (signs.marker === 'dbmate')
    return found('dbmate', npmVersion(listing, folder, 'dbmate') ?? go('github.com/amacneil/dbmate') ?? null, folder)
  if (signs.marker === 'graphile-migrate')
    return found('graphile-migrate', npmVersion(listing, folder, 'graphile-migrate') ?? null, folder)
  if (signs.marker === 'sql-migrate') return assumed(folder)
  if (listing.has(within(folder, 'atlas.sum')) && !signs.upDown && !signs.flyway)
    return found('atlas', null, within(folder, 'atlas.sum'), atlasOptions(listing, folder))
  // Liquibase takes any names.
  if (signs.flyway && /(?:^|\/)(?:liquibase|changelogs?)(?:\/|$)/i.test(folder)) return assumed(folder)
  const refinery = signs.flyway ? crateVersion(listing, folder, 'refinery') : undefined
  if (refinery !== undefined) return found('refinery', refinery, folder)
  if (signs.flyway)
    return found('flyway', flywayVersion(listing, folder) ?? null, folder, flywayOptions(listing, folder))
  const sqlx = crateVersion(listing, folder, 'sqlx')
  if (sqlx !== undefined) return found('sqlx', sqlx, folder)
  const nodePgMigrate = npmVersion(listing, folder, 'node-pg-migrate')
  if (nodePgMigrate !== undefined || signs.marker === 'node-pg-migrate')
    return found('node-pg-migrate', nodePgMigrate ?? null, folder, nodePgMigrateOptions(listing, folder))
  if (signs.golangMigrate) {
    const version = go('github.com/golang-migrate/migrate')
    const other = ['github.com/uptrace/bun', 'github.com/gobuffalo/pop'].some((module) => go(module) !== undefined)
    if (version !== undefined || !other)
      return found('golang-migrate', version ?? null, folder, golangMigrateOptions(listing, folder))
  }
  return assumed(folder)
}

/** The runner of a folder whose folders each hold an `up.sql`. */
export function runnerOfFolders(listing: Listing, folder: string): FoundRunner {
  const diesel = crateVersion(listing, folder, 'diesel')
  const config = listing.nearest(folder, 'diesel.toml')
  if (diesel !== undefined || config !== null)
    return found('diesel', diesel ?? null, config === null ? folder : within(config, 'diesel.toml'))
  return assumed(folder)
}

/** `tx-mode` of an atlas.hcl around the folder. */
function atlasOptions(listing: Listing, folder: string): RunnerOptions | undefined {
  const at = listing.nearest(folder, 'atlas.hcl')
  const mode =
    at === null
      ? undefined
      : /\btx[-_]mode\s*=\s*"?(file|all|none)\b/i.exec(listing.text(within(at, 'atlas.hcl')) ?? '')?.[1]?.toLowerCase()
  return mode === 'file' || mode === 'all' || mode === 'none' ? { txMode: mode } : undefined
}

/** Where a repository writes down how golang-migrate is called, and so the database address that it is given. */
export const golangMigrateCallers: readonly string[] = [
  'Makefile',
  'makefile',
  'justfile',
  'Taskfile.yml',
  'Taskfile.yaml',
  'docker-compose.yml',
  'docker-compose.yaml',
  'compose.yml',
  'compose.yaml',
  '.env.example',
]

function golangMigrateOptions(listing: Listing, folder: string): RunnerOptions | undefined {
  const isMulti = golangMigrateCallers.some((name) => {
    const at = listing.nearest(folder, name)
    return at !== null && /\bx-multi-statement=true\b/.test(listing.text(within(at, name)) ?? '')
  })
  return isMulti ? { multiStatement: true } : undefined
}

function nodePgMigrateOptions(listing: Listing, folder: string): RunnerOptions | undefined {
  const at = listing.nearest(folder, 'package.json')
  const text = at === null ? '' : (listing.text(within(at, 'package.json')) ?? '')
  return /--no-single-transaction\b|"single-transaction"\s*:\s*false/.test(text)
    ? { singleTransaction: false }
    : undefined
}
