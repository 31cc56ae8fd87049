import type { Note } from './finding.ts'
import type { Tree } from './changeset/tree.ts'
import { parseConfig, type ConfigNames } from './config/parse.ts'
import type { KnownRule } from './config/shape.ts'
import { parseStats, statsPath } from './config/stats.ts'
import { defaultConfig } from './config/types.ts'
import type { Config } from './config/types.ts'

export { parseConfig } from './config/parse.ts'
export type { ConfigNames, ParsedConfig } from './config/parse.ts'
export { configJsonSchema } from './config/shape.ts'
export type { KnownRule } from './config/shape.ts'
export { parseStats, printStatsQuery, statsPath } from './config/stats.ts'
export { assumedPostgres, defaultConfig } from './config/types.ts'
export type { Config, ConfiguredProject, RuleSetting, TableSize } from './config/types.ts'

/** Where a repository keeps its configuration; the first of these that exists. */
export const configPaths = ['.github/schemagate.yml', '.github/schemagate.yaml'] as const

/** The configuration of a tree, with its text and what was wrong in it. */
export interface LoadedConfig {
  readonly config: Config
  readonly notes: readonly Note[]
  /** Text of the file; null where there is none. */
  readonly text: string | null
  /** Path of the file; null where there is none. */
  readonly path: string | null
  /** Repository that `_extends` names. */
  readonly extends: string | null
  /** What the file names in the repository; null where there is none to read. */
  readonly names: ConfigNames | null
}

/**
 * Reads `.github/schemagate.yml` and `.github/schemagate-stats.json` of a tree, in one batch. Never fails for what they hold. `inherited` is
 * what holds where the file says nothing: the organisation's configuration.
 */
export async function loadConfig(
  tree: Tree,
  rules: readonly (string | KnownRule)[],
  inherited: Config = defaultConfig,
): Promise<LoadedConfig> {
  const contents = await tree.read([...configPaths, statsPath])
  const path = configPaths.find((candidate) => contents.has(candidate)) ?? null
  const content = path === null ? undefined : contents.get(path)
  const notes: Note[] = []
  if (path !== null && content?.kind === 'unreadable')
    notes.push({
      kind: 'unread',
      blocking: false,
      path,
      line: 1,
      message: `The configuration is ${content.reason}. The defaults were used.`,
    })
  const parsed =
    path !== null && content?.kind === 'text'
      ? parseConfig(content.text, path, rules, inherited)
      : { config: inherited, notes: [], extends: null, names: null }
  notes.push(...parsed.notes)
  const statistics = contents.get(statsPath)
  let { config } = parsed
  if (statistics?.kind === 'text') {
    const stats = parseStats(statistics.text)
    notes.push(...stats.notes)
    // What a person declares holds against what was once counted.
    config = { ...config, tables: { ...stats.tables, ...config.tables } }
  } else if (statistics)
    notes.push({
      kind: 'unread',
      blocking: false,
      path: statsPath,
      line: 1,
      message: `The sizes of tables are ${statistics.reason}.`,
    })
  return {
    config,
    notes,
    text: content?.kind === 'text' ? content.text : null,
    path,
    extends: parsed.extends,
    names: parsed.names,
  }
}
