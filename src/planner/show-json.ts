import type { Plan } from './plan.ts'

/** A plan as data: what the text says, with the scripts. */
export function planToJson(plans: readonly Plan[]): object {
  return {
    version: 1,
    plans: plans.map((plan) => ({
      project: plan.project,
      mixed: plan.mixed,
      obstacle: plan.obstacle,
      steps: plan.steps.map((s) => ({
        path: s.step.statement.place.path,
        line: s.step.statement.place.line,
        phase: s.phase,
        because: s.because,
        sql: s.step.statement.text,
      })),
      parts: plan.parts.map((p) => ({
        title: p.title,
        phase: p.phase,
        statements: p.statements,
        code: p.items.flatMap((i) => i.step.code ?? []).join('\n') || null,
        backfills: p.items.flatMap((i) => i.step.backfill?.name ?? []),
        steps: p.items.map((i) => ({
          recipe: i.recipe?.title ?? null,
          title: i.step.title || null,
          sql: i.step.sql,
          code: i.step.code,
          backfill: i.step.backfill?.name ?? null,
        })),
      })),
      recipes: plan.recipes.map((r) => ({
        kind: r.kind,
        title: r.title,
        shortcut: r.shortcut,
        cautions: r.cautions,
        steps: r.steps.map((s) => ({
          title: s.title,
          phase: s.phase,
          sql: s.sql,
          code: s.code,
          backfill: s.backfill?.name ?? null,
        })),
      })),
      backfills: plan.backfills.map(({ job, script }) => ({
        name: job.name,
        table: job.table,
        path: job.place.path,
        line: job.place.line,
        reason: job.reason,
        valueKnown: job.valueKnown,
        obstacle: job.obstacle,
        install: script?.install ?? null,
        run: script?.run ?? null,
        psql: script?.psql ?? null,
        prisma: script?.prisma ?? null,
        drizzle: script?.drizzle ?? null,
        verify: script?.verify ?? null,
        cleanup: script?.cleanup ?? null,
      })),
      rollback: plan.rollback,
      downs: plan.downs.map(({ migration, path, state, problem, sql }) => ({ migration, path, state, problem, sql })),
      preflight: plan.preflight,
      aftercare: plan.aftercare,
    })),
  }
}
