import { parseRunner } from '../project/runners.ts'
import { report, type Reader } from './reader.ts'
import { ruleSettings } from './rule-settings.ts'
import { millisecondsIn, rowsIn } from './shape.ts'
import type { KnownRule, RawConfig } from './shape.ts'
import type { Config, ConfiguredProject } from './types.ts'

/** The configuration that a checked file makes of the one that it builds upon. */
export function fill(
  reader: Reader,
  raw: RawConfig,
  rules: readonly (string | KnownRule)[],
  inherited: Config,
): Config {
  const source = reader.path
  const tables = Object.fromEntries(
    Object.entries(raw.tables ?? {}).map(([name, size]) => [
      name.replaceAll('"', ''),
      { rows: rowsIn(size.rows), source },
    ]),
  )
  const thresholds = thresholdsOf(reader, raw, inherited)
  const { comments, rehearsal, approvals } = inherited
  const sticky = raw.comments?.sticky
  const timeout = raw.rehearsal?.timeout
  const expires = raw.approvals?.expires
  return {
    postgres: raw.postgres === undefined ? inherited.postgres : Math.floor(Number(raw.postgres)),
    failOn: raw['fail-on'] ?? inherited.failOn,
    paths: {
      include: raw.paths?.include ?? inherited.paths.include,
      ignore: raw.paths?.ignore ?? inherited.paths.ignore,
    },
    projects: raw.projects?.map(projectOf) ?? inherited.projects,
    tables: { ...inherited.tables, ...tables },
    ...thresholds,
    rules: { ...inherited.rules, ...ruleSettings(reader, raw, rules) },
    comments: {
      inline: raw.comments?.inline ?? comments.inline,
      max: raw.comments?.max ?? comments.max,
      sticky: sticky === true ? 'always' : sticky === false ? 'never' : (sticky ?? comments.sticky),
    },
    rehearsal: {
      enabled: raw.rehearsal?.enabled ?? rehearsal.enabled,
      timeout: timeout === undefined ? rehearsal.timeout : (millisecondsIn(timeout) ?? rehearsal.timeout),
    },
    drafts: raw.drafts ?? inherited.drafts,
    staging:
      raw.staging === undefined
        ? inherited.staging
        : raw.staging === 'off' || raw.staging === false
          ? null
          : { environment: raw.staging.environment ?? null, label: raw.staging.label ?? null },
    backup: raw.backup === undefined ? inherited.backup : { require: backupOf(raw.backup.require) },
    approvals: {
      author: raw.approvals?.author ?? approvals.author,
      permission: raw.approvals?.permission ?? approvals.permission,
      teams: raw.approvals?.teams ?? approvals.teams,
      expiresDays: expires === undefined ? approvals.expiresDays : (millisecondsIn(expires) ?? 0) / 86_400_000,
    },
    deployed: raw.deployed ?? inherited.deployed,
  }
}

function thresholdsOf(
  reader: Reader,
  raw: RawConfig,
  inherited: Config,
): Pick<Config, 'largeTableRows' | 'smallTableRows'> {
  const large = raw['large-table-rows'] === undefined ? inherited.largeTableRows : rowsIn(raw['large-table-rows'])
  const small = raw['small-table-rows'] === undefined ? inherited.smallTableRows : rowsIn(raw['small-table-rows'])
  if (small < large) return { largeTableRows: large, smallTableRows: small }
  report(
    reader,
    [raw['small-table-rows'] === undefined ? 'large-table-rows' : 'small-table-rows'],
    `a table of ${small} rows would be small and large at once. The defaults were used.`,
  )
  return { largeTableRows: inherited.largeTableRows, smallTableRows: inherited.smallTableRows }
}

function backupOf(require: string | false): Config['backup']['require'] {
  if (require === false || require === 'off') return 'off'
  return require.startsWith('label:') ? { label: require.slice('label:'.length) } : 'approval'
}

function projectOf(raw: NonNullable<RawConfig['projects']>[number]): ConfiguredProject {
  const runner = raw.runner === undefined ? null : parseRunner(raw.runner)
  const version = raw.version === undefined ? runner?.version : String(raw.version)
  return {
    root: raw.root.replace(/^\.\/?|\/+$/g, ''),
    ...(raw.orm ? { orm: raw.orm } : {}),
    ...(runner ? { runner: runner.name } : {}),
    ...(version ? { version } : {}),
    ...(raw.migrations ? { migrations: raw.migrations } : {}),
    ...(raw.schema ? { schema: raw.schema } : {}),
  }
}
