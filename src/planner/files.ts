import type { Project, RunnerName } from '../project/project.ts'
import type { Plan } from './plan.ts'
import type { RecipeStep } from './recipe.ts'
import { planToMarkdown } from './show.ts'

/** One migration of a plan: statements that run in one file. */
interface PlannedMigration {
  readonly title: string
  readonly up: readonly string[]
  /** True where a statement cannot run in a transaction block. */
  readonly outside: boolean
}

/**
 * The files of a plan by path, relative to the folder that they are written to: the migrations in the layout of the project's
 * runner, backfill scripts, the rollback and the plan itself. `stamp` is the first version, `20260131120000`.
 */
export function planFiles(plan: Plan, project: Project, stamp: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>([['PLAN.md', planToMarkdown([plan])]])
  if (plan.rollback.sql) files.set('rollback.sql', plan.rollback.sql)
  if (plan.rollback.save?.length) files.set('save-first.sql', plan.rollback.save.map((s) => `${s};\n`).join(''))
  for (const { job, script } of plan.backfills) {
    if (!script) continue
    files.set(`backfills/${job.name}.sql`, `${script.install}\n-- ${script.run}\n-- ${script.progress}\n-- ${script.verify.replaceAll('\n', '\n-- ')}\n`)
    files.set(`backfills/${job.name}.sh`, script.psql)
    const orm = project.orm ?? 'prisma'
    if (project.orm) files.set(`backfills/${job.name}.ts`, script[orm])
  }
  let version = BigInt(stamp)
  for (const one of migrationsOf(plan)) {
    for (const [path, content] of migrationFiles(project.runner.name, `${version}`, one)) files.set(path, content)
    version += 1n
  }
  return files
}

function migrationsOf(plan: Plan): readonly PlannedMigration[] {
  const parts = plan.mixed ? plan.parts.map((p) => ({ ...p, statements: p.statements.filter((s) => !s.startsWith('--')) })).filter((p) => p.statements.length && p.phase !== 'data') : []
  return [
    ...parts.flatMap((p) => cut({ title: p.phase === 'contract' ? 'contract after the code' : 'expand before the code', phase: 'expand', sql: p.statements, together: false, code: null, backfill: null })),
    ...plan.recipes.flatMap((r) => r.steps.flatMap((s) => s.sql.length ? cut(s) : []).map((m, i) => ({ ...m, title: `${r.title.slice(0, 34)} ${i + 1}` }))),
  ]
}

/** A concurrent build runs alone, and a validation not in the transaction that holds the lock of what it validates. */
function cut(step: RecipeStep): readonly PlannedMigration[] {
  if (step.together) return [{ title: step.title, up: step.sql.filter((s) => s !== 'BEGIN' && s !== 'COMMIT'), outside: false }]
  const result: PlannedMigration[] = []
  const timeouts = step.sql.filter((s) => s.startsWith('SET lock_timeout'))
  let open: string[] = []
  const close = () => {
    if (open.length) result.push({ title: step.title, up: [...timeouts, ...open], outside: false })
    open = []
  }
  for (const sql of step.sql) {
    if (timeouts.includes(sql)) continue
    if (/\bCONCURRENTLY\b/i.test(sql.split('(')[0] ?? '')) {
      close()
      result.push({ title: step.title, up: [sql], outside: true })
    } else {
      if (step.apart || / VALIDATE CONSTRAINT /.test(sql)) close()
      open.push(sql)
    }
  }
  close()
  return result
}

function migrationFiles(runner: RunnerName, version: string, { title, up, outside }: PlannedMigration): readonly (readonly [string, string])[] {
  const name = `${version}_${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '').slice(0, 40)}`
  const sql = up.map((s) => `${s};\n`).join('')
  switch (runner) {
    case 'prisma': return [[`${name}/migration.sql`, sql]]
    case 'drizzle': return [[`${name}.sql`, up.map((s) => `${s};`).join('\n--> statement-breakpoint\n') + '\n']]
    case 'goose': return [[`${name}.sql`, `${outside ? '-- +goose NO TRANSACTION\n' : ''}-- +goose Up\n${up.map((s) => s.includes('$') ? `-- +goose StatementBegin\n${s};\n-- +goose StatementEnd\n` : `${s};\n`).join('')}`]]
    case 'dbmate': return [[`${name}.sql`, `-- migrate:up${outside ? ' transaction:false' : ''}\n${sql}\n-- migrate:down\n`]]
    case 'node-pg-migrate': return [[`${name}.sql`, `-- Up Migration\n${sql}\n-- Down Migration\n`]]
    case 'golang-migrate': return [[`${name}.up.sql`, sql]]
    case 'sqlx': return [[`${name}.sql`, `${outside ? '-- no-transaction\n' : ''}${sql}`]]
    case 'diesel': return [[`${name}/up.sql`, sql], ...(outside ? [[`${name}/metadata.toml`, 'run_in_transaction = false\n'] as const] : [])]
    case 'flyway': return [[`V${version}__${name.slice(version.length + 1)}.sql`, sql], ...(outside ? [[`V${version}__${name.slice(version.length + 1)}.sql.conf`, 'executeInTransaction=false\n'] as const] : [])]
    case 'atlas': return [[`${name}.sql`, `${outside ? '-- atlas:txmode none\n\n' : ''}${sql}`]]
    default: return [[`${name}.sql`, sql]]
  }
}
