import { didYouMean } from '../spelling.ts'
import { lineOf, mistake, report, type Path, type Reader } from './reader.ts'
import type { KnownRule, RawConfig } from './shape.ts'
import type { RuleSetting } from './types.ts'
import { typeName } from './words.ts'

/** Severities and options by rule; a rule, option or value that does not exist is told and passed over. */
export function ruleSettings(
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
        // Without any path a policy would hold for all files.
        const stays = wrong === null || name === 'paths'
        if (wrong !== null)
          report(reader, [...path, i], `${wrong} ${stays ? 'It fits no file' : 'It was passed over'}.`)
        return stays
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
