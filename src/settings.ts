import type { Note } from './finding.ts'
import type { ChangeSet } from './changeset/tree.ts'
import { loadConfig, type Config, type ConfigNames } from './config.ts'
import type { CatalogRule } from './engine/rule.ts'

/** The configuration that a review obeys: the base's, never the pull request's own. */
export interface Settings {
  readonly config: Config
  readonly notes: readonly Note[]
  /** What the repository's own file names; left out where there is none. */
  readonly names?: ConfigNames
}

/** Reads `.github/schemagate.yml` of the base tree. A mistake in it is a note, and what it inherits (the defaults where left out) holds. */
export async function readSettings(
  changeSet: ChangeSet,
  rules: readonly CatalogRule[],
  inherited?: Config,
): Promise<Settings> {
  const { config, notes, path, extends: parent, names } = await loadConfig(changeSet.base, rules, inherited)
  const named = names === null ? {} : { names }
  if (parent === null || inherited !== undefined || path === null) return { config, notes, ...named }
  const message = `_extends: the settings of ${parent} are not here (only the app reads another repository), so those of this file hold over the defaults.`
  return { config, notes: [...notes, { kind: 'unread', blocking: false, path, line: 1, message }], ...named }
}
