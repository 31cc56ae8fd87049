import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { defaultConfig, parseConfig, type Config } from '../config.ts'
import { stops } from '../engine/conclusion.ts'
import type { CatalogRule } from '../engine/rule.ts'
import { SchemagateError } from '../errors.ts'
import { lint } from '../lint.ts'
import { sourceFile, type SourceFile } from '../location.ts'
import { parseRunner, runnerNames } from '../project/runners.ts'
import type { Runner } from '../project/project.ts'
import type { Report } from '../report/report.ts'
import type { Command, Io } from './io.ts'
import { formatOf, oneOf, parseOptions, postgresVersion } from './options.ts'
import { usages } from './usage.ts'
import { formats, render } from './render.ts'

/** `schemagate lint FILE...`: lints SQL files on their own. */
export function lintCommand(rules: readonly CatalogRule[]): Command {
  return async (args, io) => {
    const { values, positionals } = parseOptions(usages.lint, args)
    if (positionals.length === 0)
      throw new SchemagateError('usage', 'schemagate lint FILE...: which files? `-` reads standard input')
    const format = formatOf('lint', values.format, formats, [])
    const config = await configOf(values.config, rules, io)
    const failOn = oneOf('lint', 'fail-on', values['fail-on'], ['error', 'warning', 'never'], config.failOn)
    const files: SourceFile[] = []
    for (const path of positionals) files.push(await read(path, io))
    const report = await lint(files, {
      rules,
      config: { ...config, failOn },
      postgres: postgresVersion('lint', values['postgres-version']) ?? config.postgres,
      runner: values.runner === undefined ? null : runnerOf(values.runner),
      inTransaction: values['in-transaction'] ?? null,
      given: values.given === undefined ? null : await read(values.given, io),
      allRules: values['all-rules'],
      today: new Date().toISOString().slice(0, 10),
    })
    await render(report, format, values.output, rules, io)
    return exitStatus(report, failOn)
  }
}

function runnerOf(text: string): Runner {
  const runner = parseRunner(text)
  if (!runner)
    throw new SchemagateError(
      'usage',
      `schemagate lint: --runner ${text}: it is one of ${runnerNames.join(', ')}, with a version where it matters: prisma@6`,
    )
  return runner
}

/** 1 where something unapproved is at the fail level or could not be looked at, else 0. */
export function exitStatus(report: Report, failOn: Config['failOn']): number {
  if (failOn === 'never') return 0
  return report.conclusion === 'failure' || report.findings.some((finding) => stops(finding, failOn)) ? 1 : 0
}

/** The configuration of `--config FILE`; the defaults without one. A mistake in it ends the command. */
export async function configOf(path: string | undefined, rules: readonly CatalogRule[], io: Io): Promise<Config> {
  if (path === undefined) return defaultConfig
  const text = (await read(path, io)).text
  const { config, notes } = parseConfig(text, path, rules)
  const [mistake] = notes
  if (mistake)
    throw new SchemagateError('bad-configuration', `reading ${path}: line ${mistake.line}: ${mistake.message}`)
  return config
}

async function read(path: string, io: Io): Promise<SourceFile> {
  if (path === '-') return sourceFile('<stdin>', await io.readStdin())
  try {
    const bytes = await readFile(resolve(io.cwd, path))
    return sourceFile(path, new TextDecoder('utf-8').decode(bytes))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder; name its files' : message
    throw new SchemagateError('unreadable-file', `reading ${path}: ${why}`, { cause: error })
  }
}
