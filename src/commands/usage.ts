import type { ParseArgsConfig } from 'node:util'

type Option = NonNullable<ParseArgsConfig['options']>[string] & {
  /** What stands for its value: `DIR`; missing where it takes none. */
  readonly value?: string
  readonly help: string
}

/** How a command is called: what its `--help` prints, and what it takes. */
export interface Usage {
  readonly name: string
  readonly summary: string
  /** What follows the name besides options: `[BASE..HEAD]`; '' for nothing. */
  readonly takes: string
  /** What that means, and what happens without it. */
  readonly about: string
  readonly options: Readonly<Record<string, Option>>
}

const repo = {
  type: 'string',
  default: '.',
  value: 'DIR',
  help: 'the repository, a bare one too; default: this folder',
} as const
const output = { type: 'string', value: 'FILE', help: 'writes to a file instead of standard output' } as const
const path = {
  type: 'string',
  value: 'DIR',
  help: 'one project of many: a folder of its migrations or schema, or one above them',
} as const
const reportFormat = { type: 'string', value: 'FORMAT', help: 'text (default), json, markdown, sarif, html' } as const
const failOn = { type: 'string', value: 'LEVEL', help: 'error (default), warning, never: what exits with 1' } as const
const config = { type: 'string', value: 'FILE', help: "a configuration instead of the repository's" } as const
const source = {
  type: 'string',
  value: 'SOURCE',
  help: 'prisma, drizzle, migrations; default: the declared schema',
} as const
const range =
  'A range means from the merge base of both to the second. Without one: from the merge base with the default branch to the working tree.'

/** Every command with its options, in the order in which help lists them. */
export const usages = {
  review: {
    name: 'review',
    summary: 'review a git range or the working tree',
    takes: '[BASE..HEAD]',
    about: range,
    options: {
      repo,
      format: reportFormat,
      output,
      'fail-on': failOn,
      config,
      rehearse: {
        type: 'boolean',
        default: true,
        help: 'runs the migration in an embedded Postgres (default); --no-rehearse does not',
      },
    },
  },
  lint: {
    name: 'lint',
    summary: 'lint SQL files on their own',
    takes: 'FILE...',
    about: 'Each file is judged as a migration of an existing database. `-` reads standard input.',
    options: {
      given: { type: 'string', value: 'FILE', help: 'an SQL script that makes the schema before' },
      'postgres-version': { type: 'string', value: 'N', help: '10 to 19; default 15' },
      runner: {
        type: 'string',
        value: 'NAME',
        help: 'what runs the files, with a version where it matters: prisma@6, goose, flyway',
      },
      'in-transaction': { type: 'boolean', help: 'each file is one transaction; --no-in-transaction: none is' },
      'all-rules': { type: 'boolean', default: false, help: 'also the rules that are off, as information' },
      format: reportFormat,
      output,
      'fail-on': failOn,
      config: { ...config, help: 'a configuration; none is read unless given' },
    },
  },
  schema: {
    name: 'schema',
    summary: 'print the schema of a commit',
    takes: '[REF]',
    about: 'Without a commit: HEAD.',
    options: {
      repo,
      path,
      source,
      format: { type: 'string', value: 'FORMAT', help: 'json (default), sql, mermaid' },
      output,
    },
  },
  diff: {
    name: 'diff',
    summary: 'print the schema changes of a range',
    takes: '[BASE..HEAD]',
    about: range,
    options: {
      repo,
      path,
      source,
      format: { type: 'string', value: 'FORMAT', help: 'text (default), json, sql, mermaid' },
      output,
    },
  },
  rules: {
    name: 'rules',
    summary: 'list the catalog',
    takes: '',
    about: '',
    options: { format: { type: 'string', value: 'FORMAT', help: 'text (default), json' } },
  },
  explain: {
    name: 'explain',
    summary: 'show the page of a rule',
    takes: 'RULE',
    about: 'A rule, or the id of the same check in another tool: squawk/prefer-text-field.',
    options: {},
  },
  plan: {
    name: 'plan',
    summary: 'rollback, backfill and deploy order',
    takes: '[BASE..HEAD]',
    about: range,
    options: {
      repo,
      path,
      rollback: { type: 'boolean', default: false, help: 'the way back alone, as SQL' },
      write: { type: 'string', value: 'DIR', help: "writes the plan as files for the project's runner" },
      format: { type: 'string', value: 'FORMAT', help: 'text (default), json, markdown' },
      output,
    },
  },
  stats: {
    name: 'stats',
    summary: 'print the query that measures table sizes',
    takes: '',
    about: 'Commit its result as .github/schemagate-stats.json. No database is connected to.',
    options: { 'print-query': { type: 'boolean', help: 'prints the query' } },
  },
  replay: {
    name: 'replay',
    summary: 'reproduce the decision of a recorded delivery',
    takes: 'DELIVERY.json',
    about:
      'A delivery as GitHub shows it under Recent deliveries in the settings of the app. Further options are those of review.',
    options: { repo, format: reportFormat, output },
  },
  serve: {
    name: 'serve',
    summary: 'run the server',
    takes: '',
    about:
      'It reads its settings from the environment; docs/github.md lists them. With none set, it helps to register the app.',
    options: {},
  },
} as const satisfies Readonly<Record<string, Usage>>

/** What `--help` prints for a command. */
export function usageOf({ name, summary, takes, about, options }: Usage): string {
  const named = Object.entries(options).map(
    ([option, { value, help }]) => [`--${option}${value === undefined ? '' : ` ${value}`}`, help] as const,
  )
  const width = Math.max(0, ...named.map(([option]) => option.length))
  return [
    `schemagate ${name}: ${summary}\n\nUsage: schemagate ${name}${takes === '' ? '' : ` ${takes}`}${named.length === 0 ? '' : ' [options]'}\n`,
    ...(about === '' ? [] : [`${about}\n`]),
    ...(named.length === 0 ? [] : [named.map(([option, help]) => `  ${option.padEnd(width)}  ${help}\n`).join('')]),
  ].join('\n')
}
