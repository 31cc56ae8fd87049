import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { changeSetFromGit } from '../changeset/git.ts'
import { SchemagateError } from '../errors.ts'
import { planFiles } from '../planner/files/files.ts'
import { plansOf } from '../planner/of-change-set.ts'
import { planToJson } from '../planner/show-json.ts'
import { planToMarkdown, planToText } from '../planner/show.ts'
import { readWriteContext } from '../planner/files/write-context.ts'
import { readSettings } from '../settings.ts'
import type { Command } from './io.ts'
import { formatOf, parseOptions } from './options.ts'
import { usages } from './usage.ts'
import { projectsIn } from './project-choice.ts'
import { showNotes } from './schema.ts'

/** `schemagate plan [BASE..HEAD]`: rollback, backfills, deploy order, what to check before and after. */
export const planCommand: Command = async (args, io) => {
  const { values, positionals } = parseOptions(usages.plan, args)
  if (positionals.length > 1)
    throw new SchemagateError('usage', `schemagate plan [BASE..HEAD]: one range, not ${positionals.length}`)
  const format = formatOf('plan', values.format, ['text', 'json', 'markdown'], [])
  io.progress('reading the repository')
  const changeSet = await changeSetFromGit(resolve(io.cwd, values.repo), positionals[0])
  const { plans, notes } = await plansOf(changeSet, await readSettings(changeSet, []))
  const wanted = projectsIn(
    plans.map((p) => p.project),
    values.path,
  )
  const chosen = plans.filter((p) => wanted.includes(p.project))
  if (!chosen.length && plans.length)
    throw new SchemagateError('usage', `schemagate plan: --path ${values.path}: no project that changes lies there`)
  if (values.write !== undefined) {
    const folder = resolve(io.cwd, values.write)
    for (const { project, plan, review, postgres } of chosen) {
      const own = chosen.length > 1 ? join(folder, project.name.replaceAll(/[^\w.-]+/g, '_')) : folder
      const context = await readWriteContext(changeSet, review, postgres, new Date())
      const { migrations, others } = planFiles(plan, context)
      // A runner takes what it finds in its folder for a migration, so the rest goes beside it.
      const source = project.migrations && resolve(io.cwd, values.repo, project.migrations.folder)
      const beside = source && (own === source || own.startsWith(`${source}${sep}`)) ? `${source}-plan` : own
      for (const [path, content] of [
        ...[...migrations].map(([p, c]) => [join(own, p), c] as const),
        ...[...others].map(([p, c]) => [join(beside, p), c] as const),
      ]) {
        await mkdir(dirname(path), { recursive: true })
        await io.writeFile(path, content)
        io.stderr(`wrote ${path}\n`)
      }
      if (migrations.size && context.fresh.length) io.stderr(`they take the place of ${context.fresh.join(', ')}\n`)
    }
    return 0
  }
  if (format !== 'json') showNotes(notes, io)
  const all = chosen.map((p) => p.plan)
  const section = values.rollback ? ('rollback' as const) : ('all' as const)
  const shown =
    format === 'json'
      ? `${JSON.stringify(planToJson(all), null, 2)}\n`
      : !all.length
        ? notes.length > 0
          ? 'No schema changes in what could be read: there is nothing to plan.\n'
          : 'No schema changes: there is nothing to plan.\n'
        : format === 'markdown'
          ? planToMarkdown(all, section)
          : values.rollback
            ? all.map((p) => rollbackScript(p.rollback.sql, p.rollback.lossy, p.rollback.save ?? [])).join('\n')
            : planToText(all)
  if (values.output === undefined) io.stdout(shown)
  else await io.writeFile(values.output, shown)
  return 0
}

/** The rollback alone is SQL that can be handed to psql; what a person has to know stands in comments. */
function rollbackScript(sql: string, lossy: readonly string[], save: readonly string[]): string {
  const comment = (text: string) => `-- ${text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')}\n`
  return [
    ...(save.length ? [comment('Save first, before the migration runs:'), ...save.map((s) => comment(`${s};`))] : []),
    ...lossy.map(comment),
    sql || comment('The schema does not change: there is nothing to take back.'),
  ].join('')
}
