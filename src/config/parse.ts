import type { Note } from '../finding.ts'
import { isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { parseRunner } from '../project/runners.ts'
import { didYouMean } from '../spelling.ts'
import { defaultConfig } from './types.ts'
import type { Config, ConfiguredProject, RuleSetting } from './types.ts'
import { millisecondsIn, rowsIn, shape } from './shape.ts'
import type { ConfigKey, KnownRule, RawConfig } from './shape.ts'

/** A configuration with what was wrong in it. */
export interface ParsedConfig {
  readonly config: Config
  /** Mistakes, each with the line; what they stand at has its default. */
  readonly notes: readonly Note[]
  /** Repository that `_extends` names, null without one. */
  readonly extends: string | null
}

type Path = readonly PropertyKey[]

interface Reader {
  readonly path: string
  readonly document: Document
  readonly lines: LineCounter
  readonly notes: Note[]
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
  if (value === null || value === undefined) return { config: inherited, notes: [], extends: null }
  if (typeof value !== 'object' || Array.isArray(value)) return nothing('the file has to hold keys and values')
  const reader: Reader = { path, document, lines, notes: [] }
  const raw = checkKeys(reader, value as Record<string, unknown>)
  const config = fill(reader, raw, rules, inherited)
  reader.notes.sort((a, b) => a.line - b.line)
  return { config, notes: reader.notes, extends: raw._extends ?? null }
}

function mistake(path: string, line: number, message: string): Note {
  return { kind: 'unparsed', blocking: false, path, line, message }
}

/** The line of the innermost node on a path that the document has; the key's own line where `path` ends at a key. */
function lineOf(reader: Reader, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? reader.document.contents : reader.document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1]
    if (parent !== null && typeof parent === 'object' && 'items' in parent && Array.isArray(parent.items)) {
      for (const item of parent.items as readonly unknown[]) {
        if (
          item === null ||
          typeof item !== 'object' ||
          !('key' in item) ||
          !isScalar(item.key) ||
          String(item.key.value) !== String(key)
        )
          continue
        if (item.key.range) return reader.lines.linePos(item.key.range[0]).line
      }
    }
    const node: unknown = reader.document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return reader.lines.linePos(node.range[0]).line
  }
  return 1
}

function report(reader: Reader, path: Path, message: string): void {
  reader.notes.push(mistake(reader.path, lineOf(reader, path), `${path.map(String).join('.')}: ${message}`))
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
            report(
              reader,
              [...path, name],
              `unknown key.${didYouMean(name, knownKeys(key, inner))} It was passed over.`,
            )
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

function knownKeys(key: ConfigKey, path: Path): readonly string[] {
  if (key === 'projects' && path.length > 0) return ['root', 'orm', 'runner', 'version', 'migrations', 'schema']
  if (key === 'tables') return ['rows']
  const schema: unknown = shape[key]
  return schema !== null &&
    typeof schema === 'object' &&
    'shape' in schema &&
    schema.shape !== null &&
    typeof schema.shape === 'object'
    ? Object.keys(schema.shape)
    : []
}

/** What is wrong, said with the value that is there. */
function wordsOf(issue: z.core.$ZodIssue, given: unknown): string {
  const shown = given === undefined ? 'nothing' : (JSON.stringify(given)?.slice(0, 60) ?? String(given))
  switch (issue.code) {
    case 'custom':
      return issue.message
    case 'invalid_format':
      return `${shown} ${issue.message}`
    case 'invalid_value':
      return `${shown} is not one of ${issue.values.map(String).join(', ')}${typeof given === 'string' ? `.${didYouMean(given, issue.values.map(String))}`.replace(/^\.$/, '') : ''}`
    case 'too_small':
      return `${shown} is less than ${String(issue.minimum)}`
    case 'too_big':
      return `${shown} is more than ${String(issue.maximum)}`
    case 'invalid_type':
      if (given === undefined) return 'it is missing'
      return issue.message.startsWith('Invalid')
        ? `${shown} is ${typeName(issue.expected)}`
        : `${shown} ${issue.message}`
    case 'invalid_union': {
      const inner = issue.errors
        .flat()
        .find(
          (one) =>
            one.code === 'invalid_format' ||
            one.code === 'custom' ||
            one.code === 'too_small' ||
            one.code === 'too_big',
        )
      if (inner) return wordsOf(inner, given)
      const values = issue.errors.flat().flatMap((one) => (one.code === 'invalid_value' ? one.values.map(String) : []))
      if (values.length > 0 && typeof given !== 'object')
        return `${shown} is not one of ${values.join(', ')}${typeof given === 'string' ? `.${didYouMean(given, values)}`.replace(/^\.$/, '') : ''}`
      return `${shown} cannot stand here`
    }
    default:
      return issue.message
  }
}

const typeNames: Readonly<Record<string, string>> = {
  boolean: 'not true or false',
  array: 'no list',
  object: 'no group of keys',
  record: 'no group of keys',
  int: 'no whole number',
  string: 'no text',
}

function typeName(expected: string): string {
  return typeNames[expected] ?? `no ${expected}`
}

function fill(reader: Reader, raw: RawConfig, rules: readonly (string | KnownRule)[], inherited: Config): Config {
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
    rules: { ...inherited.rules, ...rulesOf(reader, raw, rules) },
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

function rulesOf(
  reader: Reader,
  raw: RawConfig,
  rules: readonly (string | KnownRule)[],
): Readonly<Record<string, RuleSetting>> {
  const known = new Map(rules.map((rule) => (typeof rule === 'string' ? [rule, undefined] : [rule.id, rule])))
  const settings: Record<string, RuleSetting> = {}
  for (const [id, given] of Object.entries(raw.rules ?? {})) {
    if (!known.has(id)) {
      reader.notes.push(
        mistake(
          reader.path,
          lineOf(reader, ['rules', id]),
          `rules: unknown rule "${id}".${didYouMean(id, [...known.keys()])} It was passed over.`,
        ),
      )
      continue
    }
    if (typeof given !== 'object') {
      settings[id] = { severity: severityOf(given), options: {} }
      continue
    }
    const rule = known.get(id)
    const [first, ...also] = Array.isArray(given)
      ? given.map((one, i) => settingOf(reader, ['rules', id, i], one, rule))
      : [settingOf(reader, ['rules', id], given, rule)]
    if (first) settings[id] = also.length > 0 ? { ...first, also } : first
  }
  return settings
}

function settingOf(
  reader: Reader,
  path: Path,
  given: { readonly severity?: string | boolean | undefined },
  rule: KnownRule | undefined,
): RuleSetting {
  const { severity, ...options } = given
  return {
    severity: severity === undefined ? 'default' : severityOf(severity),
    options: rule ? optionsOf(reader, path, options, rule) : options,
  }
}

function severityOf(given: string | boolean): RuleSetting['severity'] {
  if (given === false || given === 'off') return 'off'
  return given === 'error' || given === 'warning' || given === 'info' ? given : 'default'
}

/** The options of a rule that it has, each of the kind of its default and with a value that the rule can use. */
function optionsOf(
  reader: Reader,
  at: Path,
  given: Readonly<Record<string, unknown>>,
  rule: KnownRule,
): Readonly<Record<string, unknown>> {
  const defaults = rule.options ?? {}
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    const expected = defaults[name]
    const path = [...at, name]
    if (!Object.hasOwn(defaults, name))
      report(
        reader,
        path,
        `unknown option.${didYouMean(name, ['severity', ...Object.keys(defaults)])} It was passed over.`,
      )
    else if (
      Array.isArray(expected)
        ? !(Array.isArray(value) && value.every((item) => typeof item === 'string'))
        : typeof value !== typeof expected
    ) {
      report(
        reader,
        path,
        `${JSON.stringify(value)?.slice(0, 60) ?? 'nothing'} is ${Array.isArray(expected) ? 'no list of texts' : typeName(typeof expected)}. The default was used.`,
      )
    } else if (Array.isArray(value)) {
      options[name] = (value as readonly string[]).filter((item, i) => {
        const wrong = wrongValue(rule, name, item)
        if (wrong !== null) report(reader, [...path, i], `${wrong} It was passed over.`)
        return wrong === null
      })
    } else {
      const wrong = typeof value === 'string' || typeof value === 'number' ? wrongValue(rule, name, value) : null
      if (wrong === null) options[name] = value
      else report(reader, path, `${wrong} The default was used.`)
    }
  }
  return options
}

/** What is wrong with one value of an option, as a sentence with its full stop; null where nothing is. */
function wrongValue(rule: KnownRule, name: string, value: string | number): string | null {
  const problem =
    typeof value === 'number' && !(value >= 0 && Number.isFinite(value))
      ? { words: 'is no number from 0 up' }
      : (rule.checkOption?.(name, value) ?? null)
  if (problem === null) return null
  const meant = 'among' in problem && problem.among ? didYouMean(String(value), problem.among) : ''
  return `${JSON.stringify(value).slice(0, 60)} ${problem.words}${meant !== '' ? `.${meant}` : problem.words.endsWith('?') ? '' : '.'}`
}
