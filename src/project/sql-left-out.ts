import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import { baseOf, folderOf } from './paths.ts'

/** True for a migration that stands in one variant for each database, as those of fizz do, and is not the one for Postgres: `1_users.mysql.up.sql`. */
export function isOfOtherDialect(name: string, beside: readonly string[]): boolean {
  return (
    /\.(?:mysql|mariadb|sqlite3?|cockroach(?:db)?|mssql|sqlserver|oracle|h2)(?:\.(?:up|down))?\.sql$/i.test(name) &&
    beside.some((other) => /\.(?:postgres|postgresql|pg)(?:\.(?:up|down))?\.sql$/i.test(other))
  )
}

/** True for what graphile-migrate has not committed yet: it is run again and again until it is. https://github.com/graphile/migrate#current-migration */
export function isBeingWritten(listing: Listing, path: string): boolean {
  const folder = folderOf(path)
  const around = baseOf(path) === 'current.sql' ? folder : baseOf(folder) === 'current' ? folderOf(folder) : null
  return around !== null && listing.foldersIn(around).includes('committed')
}

/** True for what CREATE EXTENSION runs. https://www.postgresql.org/docs/current/extend-extensions.html#EXTEND-EXTENSIONS-FILES */
export function isExtensionScript(listing: Listing, folder: string, name: string): boolean {
  const [, extension] = /^(.+?)--[\w.-]+\.sql$/.exec(name) ?? []
  return (
    extension !== undefined && [folder, folderOf(folder)].some((at) => listing.has(within(at, `${extension}.control`)))
  )
}
