import { within, type Listing } from './listing.ts'
import { baseOf, folderOf, isBelow } from './paths.ts'
import type { RunnerOptions } from './project.ts'
import { flywayName } from './sql-folders.ts'

/** Files in which a repository sets Flyway up: its own, the build's, Spring's, and those that call it. */
const configName =
  /^(?:flyway\.(?:conf|toml)|pom\.xml|build\.gradle(?:\.kts)?|application[\w-]*\.(?:ya?ml|properties)|(?:docker-)?compose[\w.-]*\.ya?ml|Dockerfile[\w.-]*|Makefile|\.env[\w.-]*|\w*Flyway\w*\.(?:java|kt))$/
const workflow = /^\.github\/workflows\/[^/]+\.ya?ml$/
const mostFiles = 100

/** The files that may set Flyway up; none where no migration is named as Flyway names them. */
export function flywayConfigs(listing: Listing): readonly string[] {
  if (!listing.paths.some((path) => flywayName.test(baseOf(path)))) return []
  return listing.paths
    .filter((path) => configName.test(baseOf(path)) || workflow.test(path))
    .sort((a, b) => a.split('/').length - b.split('/').length)
    .slice(0, mostFiles)
}

/** What the repository sets. The files of `flywayConfigs` must have been read. */
export function flywayOptions(listing: Listing, folder: string): RunnerOptions | undefined {
  const own = ['flyway.conf', 'flyway.toml']
    .map((name) => {
      const at = listing.nearest(folder, name)
      return at === null ? '' : (listing.text(within(at, name)) ?? '')
    })
    .join('\n')
  const isOn = (name: string) => new RegExp(`^\\s*(?:flyway\\.)?${name}\\s*[=:]\\s*true\\b`, 'm').test(own)
  const [group, mixed] = [isOn('group'), isOn('mixed')]
  const outOfOrder = outOfOrderIn(flywayConfigs(listing).map((path) => listing.text(path) ?? ''))
  return group || mixed || outOfOrder !== undefined
    ? { ...(group || mixed ? { group, mixed } : {}), ...(outOfOrder === undefined ? {} : { outOfOrder }) }
    : undefined
}

/**
 * Whether Flyway takes migrations that sort before those it has run; it does not by itself. Undefined where no file sets Flyway up, or one
 * leaves it open. https://github.com/flyway/flyway/issues/1363
 */
function outOfOrderIn(texts: readonly string[]): boolean | undefined {
  const settings = texts.filter((text) => /flyway/i.test(text))
  const said = settings.flatMap((text) =>
    [...text.matchAll(/^(?!\s*(?:#|\/\/)).*?out[-_.]?of[-_.]?order[\s"'>=:(]*(\$?\w*)/gim)].map((match) =>
      match[1]?.toLowerCase(),
    ),
  )
  if (said.includes('true')) return true
  return settings.length === 0 || said.some((value) => value !== 'false') ? undefined : false
}

/** One history of Flyway that lies in several folders. */
export interface FlywayHistory {
  /** The folder around all of them. */
  readonly folder: string
  readonly within: readonly string[]
}

/**
 * The histories of Flyway that lie in more than one of `folders`, by the `locations` that the repository sets, `{vendor}` being PostgreSQL, or by the
 * default, `db/migration` and all below it. `isOther` tells folders for other databases.
 * https://documentation.red-gate.com/fd/flyway-locations-setting-277579008.html
 */
export function flywayHistories(
  listing: Listing,
  folders: readonly string[],
  isOther: (folder: string) => boolean,
): readonly FlywayHistory[] {
  const left = new Set(folders.filter((folder) => !isOther(folder)))
  const histories: FlywayHistory[] = []
  const take = (within: readonly string[]) => {
    const held = [...left].filter((folder) => within.some((at) => isBelow(folder, at)))
    const versions = held.flatMap((folder) =>
      listing.filesIn(folder).flatMap((name) => /^V(\d[\d._]*)__/.exec(name)?.[1]?.replaceAll('_', '.') ?? []),
    )
    // Two migrations of one version are of two databases.
    if (held.length < 2 || new Set(versions).size < versions.length) return
    for (const folder of held) left.delete(folder)
    histories.push({ folder: commonFolder(held), within })
  }
  for (const text of flywayConfigs(listing).map((path) => listing.text(path) ?? '')) {
    const locations = locationsIn(text)
    for (const root of rootsOf(locations, folders)) take(locations.map((location) => `${root}${location}`))
  }
  for (const folder of folders) {
    const root = /^(?:.*\/)?db\/migration(?=\/|$)/.exec(folder)?.[0]
    if (root !== undefined) take([root])
  }
  return histories
}

/** `db/migration/common` and the like, as written behind `classpath:` or `filesystem:`. */
function locationsIn(text: string): readonly string[] {
  return [
    ...new Set(
      [...text.matchAll(/(?:classpath|filesystem):\/?([\w./{}-]*\w[}]?)/g)].map((match) =>
        (match[1] ?? '').replace(/^\.\//, '').replace('{vendor}', 'postgresql'),
      ),
    ),
  ]
}

/** What stands before the locations where they lie: `app/src/main/resources/`. */
function rootsOf(locations: readonly string[], folders: readonly string[]): readonly string[] {
  const roots = locations.flatMap((location) =>
    folders.flatMap((folder) => {
      const at = `/${folder}/`.indexOf(`/${location}/`)
      return at < 0 ? [] : [folder.slice(0, at)]
    }),
  )
  return [...new Set(roots)]
}

function commonFolder(folders: readonly string[]): string {
  let common = folders[0] ?? ''
  while (!folders.every((folder) => isBelow(folder, common))) common = folderOf(common)
  return common
}
