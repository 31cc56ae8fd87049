import type { ProjectReview } from '../../report/report.ts'
import type { Plan } from '../plan.ts'
import { migrationsOf, sharesTransaction } from '../migrations.ts'
import { replayStatements } from '../trial.ts'
import { rollbackStatements } from '../rollback/rollback.ts'
import { migrationFiles, type PlannedMigration } from './runner-files.ts'
import { planToMarkdown } from '../show.ts'
import { versionsAfter } from './versions.ts'
import { drizzleMeta, type DrizzleFiles } from './drizzle-files.ts'

/** What the files of a plan are written for. */
export interface WriteContext {
  readonly review: ProjectReview
  readonly postgres: number
  /** Names of the migrations that are there, before and after the change, without extensions. */
  readonly names: readonly string[]
  /** Paths of the migrations that the change adds. */
  readonly fresh: readonly string[]
  readonly drizzle: DrizzleFiles | null
  readonly now: Date
}

/** The files of a plan by path: migrations, in the layout of the runner, and what belongs beside them. */
export interface PlanFiles {
  readonly migrations: ReadonlyMap<string, string>
  readonly others: ReadonlyMap<string, string>
}

/**
 * The files of a plan: for one that takes several deploys the migrations, named so that they run in order and after those that are there, with
 * their ways back where the runner has such; backfill scripts, the rollback, and the plan itself, which says what is deployed with what.
 */
export function planFiles(plan: Plan, context: WriteContext): PlanFiles {
  const { runner } = context.review.project
  const migrations = new Map<string, string>()
  const others = new Map<string, string>()
  const lists: string[] = []
  const planned: (PlannedMigration & { readonly name: string })[] = []
  const versions = versionsAfter(runner.name, context.names, context.now)
  let schema = context.review.before
  const used = new Map<string, number>()
  const titleOf = (title: string): string => {
    const plain = plainTitle(title)
    const n = (used.get(plain) ?? 0) + 1
    used.set(plain, n)
    return n === 1 ? plain : `${plain}_${n}`
  }
  let fileAt = 0
  for (const [at, part] of (plan.needsSplit ? plan.parts : []).entries()) {
    const names: string[] = []
    for (const one of part.items.flatMap((item) => migrationsOf(item, part.phase))) {
      const title = titleOf(one.title)
      const name = context.drizzle ? context.drizzle.nameOf(fileAt, title) : versions.nameOf(fileAt, title)
      fileAt++
      const applied = replayStatements(schema, one.up, context.postgres)
      const migration: PlannedMigration = {
        ...one,
        down: rollbackStatements({ before: schema, after: applied.after, steps: applied.steps }),
        before: schema,
        after: applied.after,
      }
      planned.push({ ...migration, name })
      schema = applied.after
      names.push(name)
      for (const file of migrationFiles(context.review.project, name, migration, context.names))
        (file.beside ? others : migrations).set(file.path, file.text)
    }
    const runs = [
      ...(part.items.some((i) => i.step.backfill) ? ['the backfills'] : []),
      ...(part.items.some((i) => i.step.look) ? ['the queries'] : []),
    ]
    lists.push(`- Step ${at + 1}: ${[...names.map((n) => `\`${n}\``), ...runs].join(', ') || 'code alone'}`)
  }
  if (context.drizzle && planned.length) {
    for (const [path, text] of drizzleMeta(context.drizzle, planned, {
      before: context.review.before,
      after: context.review.after,
    }))
      migrations.set(path, text)
  }
  for (const check of plan.downs)
    if (check.state !== 'right' && check.file) others.set(check.file.path, check.file.text)
  if (plan.rollback.sql) others.set('rollback.sql', plan.rollback.sql)
  if (plan.rollback.save?.length) others.set('save-first.sql', plan.rollback.save.map((s) => `${s};\n`).join(''))
  for (const { job, script } of plan.backfills) {
    if (!script) continue
    others.set(
      `backfills/${job.name}.sql`,
      `${script.install}\n-- ${script.run}\n-- ${script.progress}\n-- ${script.verify.replaceAll('\n', '\n-- ')}\n`,
    )
    others.set(`backfills/${job.name}.sh`, script.psql)
    if (plan.orm) others.set(`backfills/${job.name}.ts`, script[plan.orm])
  }
  others.set(
    'PLAN.md',
    [
      planToMarkdown([plan]),
      ...(planned.length
        ? [
            '### Files',
            '',
            ...(context.fresh.length
              ? [
                  `The migrations take the place of ${context.fresh.map((p) => `\`${p.replaceAll('`', "'")}\``).join(', ')}: take that out.`,
                  '',
                ]
              : []),
            ...lists,
            '',
            ...(sharesTransaction(runner)
              ? ['All pending migrations run in one transaction: deploy one file at a time.', '']
              : []),
            ...(runner.name === 'atlas' ? ['Then run `atlas migrate hash`.', ''] : []),
          ]
        : []),
    ].join('\n'),
  )
  return { migrations, others }
}

function plainTitle(title: string): string {
  return (
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_+|_+$/g, '')
      .replace(/^(.{0,44})(_.*)?$/, '$1')
      .slice(0, 44) || 'plan'
  )
}
