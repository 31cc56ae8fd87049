import type { CatalogRule } from '../engine/rule.ts'
import type { Command } from './io.ts'
import { formatOf, parseOptions } from './options.ts'
import { usages } from './usage.ts'

/** `schemagate rules`: the catalog. */
export function rulesCommand(catalog: readonly CatalogRule[]): Command {
  return async (args, io) => {
    const { values } = parseOptions(usages.rules, args)
    const format = formatOf('rules', values.format, ['text', 'json'], ['markdown', 'sarif', 'html'])
    if (format === 'json') {
      const base = io.environment.SCHEMAGATE_URL?.replace(/\/+$/, '')
      io.stdout(
        `${JSON.stringify(
          catalog.map((rule) => ruleToJson(rule, base)),
          null,
          2,
        )}\n`,
      )
      return 0
    }
    const width = Math.max(...catalog.map((rule) => rule.id.length))
    for (const group of new Set(catalog.map((rule) => rule.group))) {
      io.stdout(`${group}\n`)
      for (const rule of catalog.filter((rule) => rule.group === group)) {
        io.stdout(
          `  ${rule.id.padEnd(width)}  ${(rule.enabled === false ? 'off' : rule.severity).padEnd(7)}  ${rule.summary}\n`,
        )
      }
    }
    return 0
  }
}

function ruleToJson(rule: CatalogRule, base: string | undefined): Record<string, unknown> {
  return {
    id: rule.id,
    group: rule.group,
    severity: rule.severity,
    enabled: rule.enabled !== false,
    summary: rule.summary,
    sources: rule.sources,
    checklist: rule.checklist ?? null,
    claims: rule.claims ?? null,
    url: base ? `${base}/rules/${rule.id}` : null,
  }
}
