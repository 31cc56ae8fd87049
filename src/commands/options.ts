import { parseArgs } from 'node:util'
import { SchemagateError } from '../errors.ts'
import { didYouMean } from '../spelling.ts'
import type { Usage } from './usage.ts'

/** Parses the arguments of a command; what it does not know is a usage error that names the command. */
export function parseOptions<const T extends Usage>({ name, options }: T, args: readonly string[]) {
  const known: T['options'] = options
  try {
    return parseArgs({ args: [...args], options: known, allowPositionals: true, allowNegative: true, strict: true })
  } catch (error) {
    throw new SchemagateError(
      'usage',
      `schemagate ${name}: ${problemOf(error, Object.keys(options))} \`schemagate ${name} --help\` lists the options`,
      { cause: error },
    )
  }
}

/** What Node says about arguments, as a sentence of ours. */
function problemOf(error: unknown, options: readonly string[]): string {
  const message = error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error)
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1]
  if (unknown !== undefined)
    return `there is no option ${unknown}.${didYouMean(
      unknown,
      options.map((option) => `--${option}`),
    )}`
  const missing = /^Option '(--[\w-]+)[^']*' argument (?:missing|is ambiguous)/.exec(message)?.[1]
  return missing === undefined ? `${message}.` : `${missing} needs a value.`
}

/** One of the values that an option takes; a usage error lists them. */
export function oneOf<const T extends string>(
  command: string,
  option: string,
  value: string | undefined,
  values: readonly T[],
  fallback: T,
): T {
  if (value === undefined) return fallback
  const found = values.find((candidate) => candidate === value)
  if (found === undefined)
    throw new SchemagateError('usage', `schemagate ${command}: --${option} ${value}: it is one of ${values.join(', ')}`)
  return found
}

/** The formats of a command: a word that other commands know but this version of this one does not is told apart from a misspelling. */
export function formatOf<const T extends string>(
  command: string,
  value: string | undefined,
  available: readonly T[],
  planned: readonly string[],
): T {
  if (value !== undefined && planned.includes(value) && !available.some((format) => format === value)) {
    throw new SchemagateError(
      'unavailable',
      `schemagate ${command}: --format ${value} is not available in this version`,
    )
  }
  const [first] = available
  if (first === undefined)
    throw new SchemagateError('unavailable', `schemagate ${command} is not available in this version`)
  return oneOf(command, 'format', value, available, first)
}

/** A PostgreSQL major version, 10 to 19. */
export function postgresVersion(command: string, value: string | undefined): number | null {
  if (value === undefined) return null
  const major = /^(\d{2})(?:\.\d+)*$/.exec(value)?.[1]
  const number = Number(major)
  if (!major || number < 10 || number > 19)
    throw new SchemagateError(
      'usage',
      `schemagate ${command}: --postgres-version ${value}: it is a major version from 10 to 19`,
    )
  return number
}
