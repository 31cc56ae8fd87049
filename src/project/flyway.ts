import { within, type Listing } from './listing.ts'
import { baseOf } from './paths.ts'
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
