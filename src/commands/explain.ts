import { SchemagateError } from '../errors.ts'
import type { CatalogRule } from '../engine/rule.ts'
import { readRulePage } from '../rule-pages.ts'
import { didYouMean } from '../spelling.ts'
import type { Command } from './io.ts'
import { parseOptions } from './options.ts'
import { usages } from './usage.ts'

/** `schemagate explain RULE`: one rule's page; a foreign tool's id finds the rule that does the same. */
export function explainCommand(catalog: readonly CatalogRule[]): Command {
  return async (args, io) => {
    const { positionals } = parseOptions(usages.explain, args)
    const [id] = positionals
    if (id === undefined)
      throw new SchemagateError('usage', 'schemagate explain RULE: which rule? `schemagate rules` lists them')
    const rules = catalog.filter((rule) => rule.id === id || rule.sources.includes(id))
    if (rules.length === 0) {
      throw new SchemagateError(
        'usage',
        `schemagate explain: unknown rule "${id}".${didYouMean(
          id,
          catalog.map((rule) => rule.id),
        )} \`schemagate rules\` lists them`,
      )
    }
    io.stdout(rules.map((rule) => readRulePage(rule.id)).join('\n'))
    return 0
  }
}
