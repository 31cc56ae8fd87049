import type { Note } from './finding.ts'
import type { ChangeSet } from './changeset/tree.ts'
import { loadConfig, type Config } from './config.ts'
import type { CatalogRule } from './engine/rule.ts'

/** The configuration that a review obeys: the base's, never the pull request's own. */
export interface Settings {
  readonly config: Config
  readonly notes: readonly Note[]
}

/** Reads `.github/schemagate.yml` of the base tree. A mistake in it is a note, and what it inherits (the defaults where left out) holds. */
export async function readSettings(
  changeSet: ChangeSet,
  rules: readonly CatalogRule[],
  inherited?: Config,
): Promise<Settings> {
  const { config, notes } = await loadConfig(changeSet.base, rules, inherited)
  return { config, notes }
}
