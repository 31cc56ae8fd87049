import { z } from 'zod'
import { globProblem } from '../changeset/globs.ts'
import { parseRunner, runnerNames } from '../project/runners.ts'
import { didYouMean } from '../spelling.ts'

const glob = z.string().superRefine((text, context) => {
  const problem = globProblem(text)
  if (problem !== null) context.addIssue({ code: 'custom', message: `"${text.slice(0, 80)}" ${problem}` })
})

const counted = /^(\d{1,15}(?:_\d{3})*(?:\.\d{1,3})?)\s*([kKmMbB]?)$/
const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9 }

/** A number of rows: `40000000`, `40_000_000`, `40M`. */
const rows = z.union([
  z.number().min(0).max(1e15),
  z.string().regex(counted, 'is no number of rows: write 40000000 or 40M'),
])

/** The number of rows that a value of `rows` says. */
export function rowsIn(value: number | string): number {
  if (typeof value === 'number') return Math.round(value)
  const [, digits = '0', unit = ''] = counted.exec(value) ?? []
  return Math.round(Number(digits.replaceAll('_', '')) * (factors[unit.toLowerCase()] ?? 1))
}

const duration = /^(\d{1,6}(?:\.\d{1,3})?)\s*(ms|s|m|h|d|w)$/
const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** Milliseconds of `30s`, `5m`, `14d`; null where the text is no duration. */
export function millisecondsIn(text: string): number | null {
  const [, digits, unit = ''] = duration.exec(text) ?? []
  return digits === undefined ? null : Number(digits) * (units[unit] ?? 0)
}

function durationBetween(from: string, to: string, example: string) {
  const within = z.string(`is no duration: write ${example}`).superRefine((text, context) => {
    const given = millisecondsIn(text)
    if (given === null)
      context.addIssue({ code: 'custom', message: `"${text.slice(0, 40)}" is no duration: write ${example}` })
    else if (given < (millisecondsIn(from) ?? 0) || given > (millisecondsIn(to) ?? 0))
      context.addIssue({ code: 'custom', message: `"${text.slice(0, 40)}" is not between ${from} and ${to}` })
  })
  return within.meta({ pattern: duration.source })
}

const relative = /^(?!\/)(?!(?:.*[\\/])?\.\.(?:[\\/]|$)).*$/
const relativeWords = 'is no path inside the repository'
const insideRepository = z.string().min(1).regex(relative, relativeWords)

/** YAML 1.2 has only `true` and `false`; people write the words of 1.1 all the same. */
const flag = z.union([
  z.boolean(),
  z.enum(['on', 'off', 'yes', 'no']).transform((word) => word === 'on' || word === 'yes'),
])
const severity = z.enum(['error', 'warning', 'info', 'off'])
const switched = z.enum(['error', 'warning', 'info', 'off', 'on'])

const ruleSetting = z.looseObject({ severity: z.union([severity, z.boolean()]).optional() })

const project = z.strictObject({
  root: z.string().regex(relative, relativeWords).describe('Folder of the project, `.` for the root.'),
  orm: z.enum(['prisma', 'drizzle']).optional().describe('What declares the schema.'),
  runner: z
    .string()
    .superRefine((text, context) => {
      if (parseRunner(text) === null)
        context.addIssue({
          code: 'custom',
          message: `"${text.slice(0, 40)}" is no runner.${didYouMean(text, runnerNames) || ` There are ${runnerNames.join(', ')}`}`,
        })
    })
    .optional()
    .meta({
      description: `What runs the migrations: ${runnerNames.join(', ')}; a version may follow, \`prisma@7.10\`.`,
      pattern: `^(?:${runnerNames.join('|')})(?:@.+)?$`,
    }),
  version: z
    .union([z.string().regex(/^\d[\w.-]*$/, 'is no version: write "6.16"'), z.number()])
    .optional()
    .describe('Version of the runner.'),
  migrations: insideRepository.optional().describe('Folder of the migrations.'),
  schema: insideRepository.optional().describe('File or folder of the schema.'),
})

/** Every key of `.github/schemagate.yml`, each checked on its own so that a mistake in one leaves the others as they are. */
export const shape = {
  _extends: z
    .string()
    .regex(/^[\w.-]+(?:\/[\w.-]+)?(?::[\w.-][\w./-]*)?$/, 'is no repository: write .github or owner/name')
    .describe('Repository whose configuration this one builds upon.'),
  postgres: z
    .union([z.number().min(10).lt(20), z.string().regex(/^1\d(?:\.\d+)?$/, 'is no version of PostgreSQL: write 16')])
    .describe('Major version of the server in production; default: what the repository says, else 15.'),
  'fail-on': z.enum(['error', 'warning', 'never']).describe('Findings from which the check fails; default error.'),
  paths: z
    .strictObject({
      include: z.array(glob).optional().describe('Globs of schema and migration files.'),
      ignore: z.array(glob).optional().describe('Globs of files that are left out.'),
    })
    .describe('Files of schema and migrations.'),
  projects: z.array(project).max(200).describe('Projects, where detection needs help.'),
  tables: z
    .record(z.string(), z.strictObject({ rows }, 'is no group of keys: write { rows: 40M }'))
    .describe('Rows by table, `*` for all others.'),
  'large-table-rows': rows.describe('Rows from which a table counts as large; default 1000000.'),
  'small-table-rows': rows.describe('Rows up to which a table counts as small; default 10000.'),
  rules: z
    .record(z.string(), z.union([switched, z.boolean(), ruleSetting, z.array(ruleSetting).min(1).max(100)]))
    .describe('Severity and options by rule; a list of them where they differ by path.'),
  comments: z
    .strictObject({
      inline: flag.optional().describe('Comment at the lines; default true.'),
      max: z.number().int().min(0).max(100).optional().describe('Inline comments at most; default 30.'),
      sticky: z
        .union([z.enum(['auto', 'always', 'never']), z.boolean()])
        .optional()
        .describe('One comment with the whole; auto: only when there is something to say.'),
    })
    .describe('What is written into the pull request.'),
  rehearsal: z
    .strictObject(
      {
        enabled: flag.optional().describe('Run migrations in an embedded Postgres; default true.'),
        timeout: durationBetween('1s', '10m', '30s').optional().describe('Time for it; default 30s.'),
      },
      'is no group of keys: write { enabled: false }',
    )
    .describe('Running the migration before it runs.'),
  drafts: flag.describe('Review draft pull requests; default true.'),
  staging: z
    .union([
      z
        .strictObject({
          environment: z.string().min(1).max(255).optional().describe('The environment, as deployments name it.'),
          label: z.string().min(1).max(50).optional().describe('Label of the pull request that stands for it.'),
        })
        .refine(({ environment, label }) => environment !== undefined || label !== undefined, {
          path: ['environment'],
          message: 'it is missing',
        })
        .meta({ minProperties: 1 }),
      z.literal('off'),
      z.literal(false),
    ])
    .describe(
      'Environment to which the head commit has to be deployed before a destructive change merges, or a label that says so; default off.',
    ),
  backup: z
    .strictObject(
      {
        require: z.union([
          z.string().regex(/^(?:approval|off|label:\S.{0,49})$/, 'is not one of approval, label:NAME, off'),
          z.literal(false),
        ]),
      },
      'is no group of keys: write { require: off }',
    )
    .describe('What says that there is a backup before a destructive change: approval (default), label:NAME or off.'),
  approvals: z
    .strictObject({
      author: flag.optional().describe('The author may approve; default false.'),
      permission: z
        .enum(['write', 'maintain', 'admin'])
        .optional()
        .describe('Permission that an approval wants; default write.'),
      teams: z
        .array(z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'is no team: write org/team'))
        .optional()
        .describe('Teams one of whose members has to approve.'),
      expires: durationBetween('1h', '365d', '14d').optional().describe('How long an approval holds; default 14d.'),
    })
    .describe('Who may approve what stops a merge.'),
  deployed: z.string().min(1).max(255).describe('Branch that production runs; default: the default branch.'),
} as const

/** The name of a key of the configuration. */
export type ConfigKey = keyof typeof shape

/** What the file holds once each of its keys has been checked. */
export type RawConfig = { readonly [K in ConfigKey]?: z.infer<(typeof shape)[K]> }

/** A rule as far as the configuration has to know it. */
export interface KnownRule {
  readonly id: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly checkOption?: (
    name: string,
    value: string | number,
  ) => { readonly words: string; readonly among?: readonly string[] } | null
}

/** JSON Schema of one option; of its texts, what a rule says of an empty one, of the words that it lists and of patterns. */
function optionSchema(
  name: string,
  value: unknown,
  check: KnownRule['checkOption'],
): Readonly<Record<string, unknown>> {
  const among = check?.(name, 'no such word')?.among
  const words =
    among === undefined
      ? {}
      : {
          anyOf: [
            { enum: check?.(name, '') === null ? [...among, ''] : among },
            ...(check?.(name, '*') === null ? [{ pattern: String.raw`\*|\{\w+\}` }] : []),
          ],
        }
  const text = { type: 'string', ...(check?.(name, '') ? { minLength: 1 } : {}), ...words }
  if (Array.isArray(value)) return { type: 'array', items: text, default: value }
  if (typeof value === 'string') return { ...text, default: value }
  return { type: typeof value, ...(typeof value === 'number' ? { minimum: 0 } : {}), default: value }
}

/** JSON Schema of `.github/schemagate.yml`, draft 2020-12; with the names of rules, so that editors complete them. */
export function configJsonSchema(rules: readonly (string | KnownRule)[] = []): Readonly<Record<string, unknown>> {
  const generated = z.toJSONSchema(z.strictObject(shape).partial(), { io: 'input' })
  const properties: Record<string, unknown> = { ...generated.properties }
  const setting = { anyOf: [{ enum: ['error', 'warning', 'info', 'off', 'on'] }, { type: 'boolean' }] }
  const known = Object.fromEntries(
    rules.map((rule) => {
      const { id, options = {}, checkOption } = typeof rule === 'string' ? { id: rule } : rule
      const own = Object.fromEntries(
        Object.entries(options).map(([name, value]) => [name, optionSchema(name, value, checkOption)]),
      )
      const object = {
        type: 'object',
        properties: {
          severity: { anyOf: [{ enum: ['error', 'warning', 'info', 'off'] }, { type: 'boolean' }] },
          ...own,
        },
        additionalProperties: false,
      }
      return [id, { anyOf: [...setting.anyOf, object, { type: 'array', minItems: 1, items: object }] }]
    }),
  )
  if (rules.length > 0)
    properties['rules'] = {
      description: 'Severity and options by rule.',
      type: 'object',
      properties: known,
      additionalProperties: false,
    }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Schemagate',
    description: 'Configuration of Schemagate: .github/schemagate.yml',
    ...generated,
    properties,
  }
}
