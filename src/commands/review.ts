import { resolve } from 'node:path'
import { changeSetFromGit, withDeployed } from '../changeset/git.ts'
import { readSettings } from '../settings.ts'
import type { CatalogRule } from '../engine/rule.ts'
import { SchemagateError } from '../errors.ts'
import { review } from '../review.ts'
import type { Command } from './io.ts'
import { configOf, exitStatus } from './lint.ts'
import { formatOf, oneOf, parseOptions } from './options.ts'
import { usages } from './usage.ts'
import { formats, render } from './render.ts'

/** `schemagate review [BASE..HEAD]`: reviews a git range of a repository, or its working tree. */
export function reviewCommand(rules: readonly CatalogRule[]): Command {
  return async (args, io) => {
    const { values, positionals } = parseOptions(usages.review, args)
    if (positionals.length > 1)
      throw new SchemagateError('usage', `schemagate review [BASE..HEAD]: one range, not ${positionals.length}`)
    const format = formatOf('review', values.format, formats, [])
    io.progress('reading the repository')
    const repository = resolve(io.cwd, values.repo)
    const changeSet = await changeSetFromGit(repository, positionals[0])
    const loaded =
      values.config === undefined
        ? await readSettings(changeSet, rules)
        : { config: await configOf(values.config, rules, io), notes: [] }
    const failOn = oneOf('review', 'fail-on', values['fail-on'], ['error', 'warning', 'never'], loaded.config.failOn)
    const report = await review(await withDeployed(changeSet, repository, loaded.config.deployed), {
      rules,
      settings: { ...loaded, config: { ...loaded.config, failOn } },
      rehearse: values.rehearse,
      progress: (doing) => io.progress(doing),
    })
    await render(report, format, values.output, rules, io)
    return exitStatus(report, failOn)
  }
}
