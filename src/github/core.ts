import type { ChangeSet } from '../changeset/tree.ts'
import { parseConfig } from '../config.ts'
import type { Config } from '../config.ts'
import type { CatalogRule } from '../engine/rule.ts'
import type { Report } from '../report/report.ts'
import { fenced } from '../report/markdown-escape.ts'
import { flow } from '../report/rule-page.ts'
import { review } from '../review.ts'
import { readRulePage } from '../rule-pages.ts'
import { readSettings } from '../settings.ts'
import type { Settings } from '../settings.ts'
import type { ParseConfig } from './reading/config.ts'

/** The part of Schemagate that knows nothing of GitHub, as this folder uses it. */
export interface Core {
  readonly ruleIds: readonly string[]
  readSettings(changeSet: ChangeSet, inherited?: Config): Promise<Settings>
  parseConfig: ParseConfig
  review(changeSet: ChangeSet, options: { readonly settings: Settings; readonly signal: AbortSignal }): Promise<Report>
  /** What a comment says of a rule, in Markdown; null where there is no such rule. */
  explain(rule: string): string | null
  /** The page of a rule in Markdown, the list of all where the id is ''; null where there is no such rule. */
  page(rule: string): string | null
}

/** The core with a catalog of rules. */
export function coreOf(rules: readonly CatalogRule[]): Core {
  const byId = new Map(rules.map((rule) => [rule.id, rule]))
  return {
    ruleIds: rules.map((rule) => rule.id),
    readSettings: (changeSet, inherited) => readSettings(changeSet, rules, inherited),
    parseConfig: (text, path, inherited) => parseConfig(text, path, rules, inherited),
    review: (changeSet, options) => review(changeSet, { rules, ...options }),
    explain(id) {
      const rule = byId.get(id)
      const example = rule?.bad.find((e) => e.sql !== undefined)?.sql
      if (rule === undefined) return null
      return [
        `**\`${rule.id}\`**: ${rule.summary}`,
        flow(rule.why),
        flow(rule.fix),
        ...(example === undefined
          ? []
          : [
              `It speaks of such as this:\n${fenced(flow(typeof example === 'string' ? example : example.join('\n')), 'sql')}`,
            ]),
        ...(rule.references.length === 0 ? [] : [rule.references.map((link) => `- <${link}>`).join('\n')]),
      ].join('\n\n')
    },
    page: (id) => (id === '' || byId.has(id) ? readRulePage(id) : null),
  }
}
