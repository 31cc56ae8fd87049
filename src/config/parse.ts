import type { Note } from '../finding.ts'
import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { didYouMean } from '../spelling.ts'
import { fill } from './fill.ts'
import { lineOf, mistake, report, type Path, type Reader } from './reader.ts'
import { shape } from './shape.ts'
import type { ConfigKey, KnownRule, RawConfig } from './shape.ts'
import { defaultConfig } from './types.ts'
import type { Config } from './types.ts'
import { wordsOf } from './words.ts'

/** A configuration with what was wrong in it. */
export interface ParsedConfig {
  readonly config: Config
  /** Mistakes, each with the line; what they stand at has its default. */
  readonly notes: readonly Note[]
  /** Repository that `_extends` names, null without one. */
  readonly extends: string | null
  /** What the file names in the repository; null where it could not be read. */
  readonly names: ConfigNames | null
}

/** Tables and folders that a configuration names, each with its line: whether they exist is known once the repository is read. */
export interface ConfigNames {
  readonly path: string
  /** As they are looked up: without quotes. */
  readonly tables: readonly { readonly name: string; readonly line: number }[]
  readonly projects: readonly { readonly root: string; readonly line: number }[]
}

const longest = 200_000

/**
 * Reads `.github/schemagate.yml`. Never fails: a mistake is a note with its line, and the key that it stands at has its default (that of
 * `inherited`, where the file builds upon another). `rules` are the ids that exist, or the rules themselves so that their options are checked.
 */
export function parseConfig(
  text: string,
  path: string,
  rules: readonly (string | KnownRule)[],
  inherited: Config = defaultConfig,
): ParsedConfig {
  const nothing = (message: string, line = 1): ParsedConfig => ({
    config: inherited,
    notes: [mistake(path, line, `${message}. The defaults were used.`)],
    extends: null,
    names: null,
  })
  if (text.length > longest) return nothing('the file is larger than 200 kB')
  const lines = new LineCounter()
  let document: Document
  let value: unknown
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      maxAliasCount: 50,
    } as Parameters<typeof parseDocument>[1])
    const [error] = document.errors
    if (error) return nothing(`not YAML: ${error.message.replace(/\.$/, '')}`, lines.linePos(error.pos[0]).line)
    value = document.toJS({ maxAliasCount: 50 })
  } catch (error) {
    return nothing(`not YAML: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (value === null || value === undefined) return { config: inherited, notes: [], extends: null, names: null }
  if (typeof value !== 'object' || Array.isArray(value)) return nothing('the file has to hold keys and values')
  const reader: Reader = { path, document, lines, notes: [] }
  const raw = checkKeys(reader, value as Record<string, unknown>)
  const config = fill(reader, raw, rules, inherited)
  reader.notes.sort((a, b) => a.line - b.line)
  return { config, notes: reader.notes, extends: raw._extends ?? null, names: namesIn(reader, raw, value) }
}

function namesIn(reader: Reader, raw: RawConfig, value: object): ConfigNames {
  // An entry that was cut out moves those behind it, so that a line is looked for by what the file has.
  const entries = 'projects' in value && Array.isArray(value.projects) ? (value.projects as readonly unknown[]) : []
  return {
    path: reader.path,
    tables: Object.keys(raw.tables ?? {}).map((name) => ({
      name: name.replaceAll('"', ''),
      line: lineOf(reader, ['tables', name]),
    })),
    projects: (raw.projects ?? []).map(({ root }) => ({
      root: root.replace(/^\.\/|\/+$/g, ''),
      line: lineOf(reader, ['projects', entries.findIndex((entry) => at(entry, ['root']) === root), 'root']),
    })),
  }
}

/** Checks each key on its own; what is wrong in one is cut out of it where the rest still says something. */
function checkKeys(reader: Reader, value: Record<string, unknown>): RawConfig {
  const raw: Record<string, unknown> = {}
  const names = Object.keys(shape)
  for (const [key, given] of Object.entries(value)) {
    if (!Object.hasOwn(shape, key)) {
      report(reader, [key], `unknown key.${didYouMean(key, names)} It was passed over.`)
      continue
    }
    const checked = check(reader, key as ConfigKey, given)
    if (checked !== undefined) raw[key] = checked
  }
  return raw as RawConfig
}

function check(reader: Reader, key: ConfigKey, given: unknown): unknown {
  let value: unknown = structuredClone(given)
  for (let round = 0; round < 4; round++) {
    const result = shape[key].safeParse(value)
    if (result.success) return result.data
    for (const { issue, path: inner } of result.error.issues.flatMap((one) => leaves(one, [], at(given, one.path)))) {
      const path = [key, ...inner]
      // A key that is not known is told by the name it has; what is missing, by what it is missing from.
      if (issue.code === 'unrecognized_keys') {
        for (const name of issue.keys) {
          if (round === 0)
            report(reader, [...path, name], `unknown key.${meantOf(name, knownKeys(key, inner))} It was passed over.`)
          value = without(value, [...inner, name])
        }
        continue
      }
      const words = wordsOf(issue, at(given, inner))
      if (round === 0)
        report(
          reader,
          path,
          `${words}${words.endsWith('?') ? '' : '.'} ${inner.length === 0 ? 'The default was used.' : 'It was passed over.'}`,
        )
      value = without(value, at(value, inner) === undefined ? inner.slice(0, -1) : inner)
    }
    if (value === undefined) return undefined
  }
  return undefined
}

/** An issue with its whole path; of a choice between shapes, what is wrong inside the one that fits best. */
function leaves(
  issue: z.core.$ZodIssue,
  around: Path,
  given: unknown,
): readonly { readonly issue: z.core.$ZodIssue; readonly path: Path }[] {
  const path = [...around, ...issue.path]
  if (issue.code === 'invalid_union' && given !== null && typeof given === 'object') {
    const inside = issue.errors.find((branch) => branch.length > 0 && branch.every((one) => one.path.length > 0))
    if (inside) return inside.flatMap((one) => leaves(one, path, at(given, one.path)))
  }
  return [{ issue, path }]
}

function at(value: unknown, path: Path): unknown {
  let found = value
  for (const part of path) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, part)) return undefined
    found = (found as Record<PropertyKey, unknown>)[part]
  }
  return found
}

/** A value without what stands at a path; undefined without the whole. */
function without(value: unknown, path: Path): unknown {
  const [first, ...rest] = path
  if (first === undefined) return undefined
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) {
    if (rest.length === 0) return (value as readonly unknown[]).filter((_, i) => i !== first)
    return (value as readonly unknown[]).map((item, i) => (i === first ? without(item, rest) : item))
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      if (name !== first) return [[name, item]]
      return rest.length === 0 ? [] : [[name, without(item, rest)]]
    }),
  )
}

/** What was meant, or else what there is. */
function meantOf(name: string, known: readonly string[]): string {
  return didYouMean(name, known) || (known.length > 0 ? ` There is ${known.join(', ')}.` : '')
}

function knownKeys(key: ConfigKey, path: Path): readonly string[] {
  if (key === 'projects' && path.length > 0) return ['root', 'orm', 'runner', 'version', 'migrations', 'schema']
  if (key === 'tables') return ['rows']
  const schema: unknown = shape[key]
  const options = isObject(schema) && Array.isArray(schema['options']) ? (schema['options'] as readonly unknown[]) : []
  return [schema, ...options].flatMap((one) =>
    isObject(one) && isObject(one['shape']) ? Object.keys(one['shape']) : [],
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
