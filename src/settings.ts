import type { ChangeSet } from './changeset/tree.ts'
import { loadConfig, type Config } from './config.ts'
import type { Note } from './engine/finding.ts'
import type { CatalogRule } from './engine/rule.ts'

/** The configuration that a review obeys: the base's, never the pull request's own. */
export interface Settings {
  readonly config: Config
  readonly notes: readonly Note[]
}

/** Reads `.github/schemagate.yml` of the base tree. A mistake in it is a note, and the defaults hold. */
export async function readSettings(changeSet: ChangeSet, rules: readonly CatalogRule[]): Promise<Settings> {
  const { config, notes } = await loadConfig(changeSet.base, rules)
  return { config, notes }
}
