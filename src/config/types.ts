import type { Severity } from '../finding.ts'
import type { RunnerName } from '../project/project.ts'

/** `.github/schemagate.yml` with its defaults filled in. */
export interface Config {
  /** Major version of the server in production; null where the file does not say (then what the repository says, else `assumedPostgres`). */
  readonly postgres: number | null
  readonly failOn: 'error' | 'warning' | 'never'
  readonly paths: { readonly include: readonly string[]; readonly ignore: readonly string[] }
  readonly projects: readonly ConfiguredProject[]
  /** Rows by table name, qualified or not; `*` for all others. */
  readonly tables: Readonly<Record<string, TableSize>>
  readonly largeTableRows: number
  readonly smallTableRows: number
  readonly rules: Readonly<Record<string, RuleSetting>>
  readonly comments: { readonly inline: boolean; readonly max: number; readonly sticky: 'auto' | 'always' | 'never' }
  /** Time limit in milliseconds. */
  readonly rehearsal: { readonly enabled: boolean; readonly timeout: number }
  readonly drafts: boolean
  /** What stands for a test on staging: a deployment of the head commit to an environment, or a label. */
  readonly staging: { readonly environment: string | null; readonly label: string | null } | null
  readonly backup: { readonly require: 'approval' | 'off' | { readonly label: string } }
  readonly approvals: {
    readonly author: boolean
    readonly permission: 'write' | 'maintain' | 'admin'
    readonly teams: readonly string[]
    readonly expiresDays: number
  }
  readonly deployed: string | null
}

/** One entry of `projects`: where detection needs help. Paths are relative to `root`, or to the repository. */
export interface ConfiguredProject {
  readonly root: string
  readonly orm?: 'prisma' | 'drizzle'
  readonly runner?: RunnerName
  readonly version?: string
  readonly migrations?: string
  readonly schema?: string
}

/** How large a table is. */
export interface TableSize {
  readonly rows: number
  /** With its indexes; left out where only rows are declared. */
  readonly bytes?: number
  /** Where that stands: `.github/schemagate.yml`, or the file of statistics with its date. */
  readonly source?: string
}

export interface RuleSetting {
  /** `'default'` where only options are set. */
  readonly severity: Severity | 'off' | 'default'
  readonly options: Readonly<Record<string, unknown>>
  /** The further entries where the file gives a rule a list of settings, such as a policy for each path; the rule runs once with each. */
  readonly also?: readonly RuleSetting[]
}

/** Major version of the server that a review judges for where nothing names one. */
export const assumedPostgres = 15

/** What holds where `.github/schemagate.yml` says nothing. */
export const defaultConfig: Config = {
  postgres: null,
  failOn: 'error',
  paths: {
    include: [
      '**/prisma/**',
      '**/*.prisma',
      '**/drizzle/**',
      '**/{migrations,db,database,sql}/**',
      '**/*.sql',
      '**/{prisma,drizzle}.config.*',
    ],
    ignore: [],
  },
  projects: [],
  tables: {},
  largeTableRows: 1_000_000,
  smallTableRows: 10_000,
  rules: {},
  comments: { inline: true, max: 30, sticky: 'auto' },
  rehearsal: { enabled: true, timeout: 30_000 },
  drafts: true,
  staging: null,
  backup: { require: 'approval' },
  approvals: { author: false, permission: 'write', teams: [], expiresDays: 14 },
  deployed: null,
}
