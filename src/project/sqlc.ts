import { parse } from 'yaml'
import { globMatcher } from '../changeset/globs.ts'
import type { Listing } from './listing.ts'
import { baseOf, folderOf, isBelow, joinPath } from './paths.ts'
import { field } from './versions.ts'

/** The SQL files that sqlc generates code from: nothing in a database is made by them. */
export interface SqlcFiles {
  readonly schema: ReadonlySet<string>
  readonly queries: ReadonlySet<string>
}

/** True for a configuration of sqlc. https://docs.sqlc.dev/en/latest/reference/config.html */
export function isSqlcConfig(path: string): boolean {
  return /^sqlc(?:\.[\w-]+)?\.(?:ya?ml|json)$/.test(baseOf(path))
}

/** Reads every sqlc configuration of a tree; what cannot be read names nothing. */
export function sqlcFiles(listing: Listing): SqlcFiles {
  const schema = new Set<string>()
  const queries = new Set<string>()
  for (const path of listing.paths.filter(isSqlcConfig)) {
    const text = listing.text(path)
    if (text === undefined || text.length > 100_000) continue
    const value = parsed(text)
    for (const block of [...listOf(field(value, 'sql')), ...listOf(field(value, 'packages'))]) {
      for (const file of filesOf(listing, folderOf(path), field(block, 'schema'))) schema.add(file)
      for (const file of filesOf(listing, folderOf(path), field(block, 'queries'))) queries.add(file)
    }
  }
  return { schema, queries }
}

function parsed(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 50, logLevel: 'silent' })
  } catch {
    return null
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

function filesOf(listing: Listing, folder: string, value: unknown): readonly string[] {
  return listOf(value).flatMap((entry) => {
    const target = typeof entry === 'string' ? joinPath(folder, entry) : null
    if (target === null) return []
    const matches = /[*?[]/.test(target)
      ? globMatcher([target])
      : (path: string) => path === target || (isBelow(path, target) && folderOf(path) === target)
    return listing.paths.filter((path) => path.endsWith('.sql') && matches(path))
  })
}
