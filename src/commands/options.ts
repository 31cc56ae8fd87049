import { parseArgs, type ParseArgsConfig } from 'node:util'
import { SchemagateError } from '../errors.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/** Parses the arguments of a command; what it does not know is a usage error that names the command. */
export function parseOptions<const T extends Options>(command: string, args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true, strict: true })
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error)
    throw new SchemagateError('usage', `schemagate ${command}: ${message}`, { cause: error })
  }
}

/** One of the values that an option takes; a usage error lists them. */
export function oneOf<const T extends string>(command: string, option: string, value: string | undefined, values: readonly T[], fallback: T): T {
  if (value === undefined) return fallback
  const found = values.find((candidate) => candidate === value)
  if (found === undefined) throw new SchemagateError('usage', `schemagate ${command}: --${option} ${value}: it is one of ${values.join(', ')}`)
  return found
}

/** The formats of a command: a word that other commands know but this version of this one does not is told apart from a misspelling. */
export function formatOf<const T extends string>(command: string, value: string | undefined, available: readonly T[], planned: readonly string[]): T {
  if (value !== undefined && planned.includes(value) && !available.some((format) => format === value)) {
    throw new SchemagateError('unavailable', `schemagate ${command}: --format ${value} is not available in this version`)
  }
  const [first] = available
  if (first === undefined) throw new SchemagateError('unavailable', `schemagate ${command} is not available in this version`)
  return oneOf(command, 'format', value, available, first)
}

/** A PostgreSQL major version, 10 to 19. */
export function postgresVersion(command: string, value: string | undefined): number | null {
  if (value === undefined) return null
  const major = /^(\d{2})(?:\.\d+)*$/.exec(value)?.[1]
  const number = Number(major)
  if (!major || number < 10 || number > 19) throw new SchemagateError('usage', `schemagate ${command}: --postgres-version ${value}: it is a major version from 10 to 19`)
  return number
}
