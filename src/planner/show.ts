import { fenced, sentence } from '../report/markdown-escape.ts'
import type { Plan, PlannedBackfill } from './plan.ts'
import type { Recipe, RecipeStep } from './recipe.ts'

/** Headings, paragraphs, lists and code of a plan, before they become text or Markdown. */
type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'step'; readonly number: number; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'code'; readonly language: string; readonly text: string }
  /** Folded where the output can fold. */
  | { readonly kind: 'folded'; readonly title: string; readonly blocks: readonly Block[] }

/** Which part of a plan to show. */
export type Section = 'all' | 'rollback'

/** A plan as Markdown for a comment or a file; names and SQL of the change cannot end their place in it. */
export function planToMarkdown(plans: readonly Plan[], section: Section = 'all'): string {
  return `${plans.flatMap((p) => blocksOf(p, section, plans.length > 1)).map(markdown).join('\n\n')}\n`
}

/** A plan as plain text for a terminal. */
export function planToText(plans: readonly Plan[], section: Section = 'all'): string {
  return `${plans.flatMap((p) => blocksOf(p, section, plans.length > 1)).map((b) => text(b)).join('\n\n')}\n`
}

/** A plan as data: what the text says, with the scripts. */
export function planToJson(plans: readonly Plan[]): object {
  return {
    version: 1,
    plans: plans.map((plan) => ({
      project: plan.project,
      mixed: plan.mixed,
      steps: plan.steps.map((s) => ({ path: s.step.statement.place.path, line: s.step.statement.place.line, phase: s.phase, because: s.because, sql: s.step.statement.text })),
      parts: plan.parts,
      recipes: plan.recipes.map((r) => ({
        kind: r.kind, title: r.title, shortcut: r.shortcut, cautions: r.cautions,
        steps: r.steps.map((s) => ({ title: s.title, phase: s.phase, sql: s.sql, code: s.code, backfill: s.backfill?.name ?? null })),
      })),
      backfills: plan.backfills.map(({ job, script }) => ({
        name: job.name, table: job.table, path: job.place.path, line: job.place.line, reason: job.reason, valueKnown: job.valueKnown,
        install: script?.install ?? null, run: script?.run ?? null, psql: script?.psql ?? null, prisma: script?.prisma ?? null, drizzle: script?.drizzle ?? null,
        verify: script?.verify ?? null, cleanup: script?.cleanup ?? null,
      })),
      rollback: plan.rollback,
      downs: plan.downs,
      preflight: plan.preflight,
      aftercare: plan.aftercare,
    })),
  }
}

function blocksOf(plan: Plan, section: Section, named: boolean): readonly Block[] {
  const title: readonly Block[] = named ? [{ kind: 'heading', level: 1, text: plan.project }] : []
  if (section === 'rollback') return [...title, ...rollbackBlocks(plan)]
  if (!plan.steps.length && !plan.rollback.sql) return [...title, { kind: 'text', text: 'No schema changes: there is nothing to plan.' }]
  return [...title, ...orderBlocks(plan), ...plan.recipes.flatMap(recipeBlocks), ...backfillBlocks(plan.backfills), ...checkBlocks(plan), ...rollbackBlocks(plan)]
}

function orderBlocks(plan: Plan): readonly Block[] {
  if (!plan.steps.length) return []
  const heading: Block = { kind: 'heading', level: 2, text: 'Deploy order' }
  const list: Block = { kind: 'list', items: plan.steps.map((s) => `${s.step.statement.place.path} line ${s.step.statement.place.line}: ${s.phase}, ${s.because}`) }
  if (!plan.mixed) {
    const phase = plan.parts[0]?.phase ?? 'neutral'
    const when = { expand: 'All of it runs before the code that needs it.', contract: 'All of it runs once no code that it breaks is running any more.', data: 'It changes rows only.', neutral: 'It can run at any time.' }[phase]
    return [heading, { kind: 'text', text: when }, list]
  }
  return [
    heading,
    { kind: 'text', text: `Statements that belong before the code and statements that belong after it stand in one change: no single deploy is safe for both. Split it into ${plan.parts.length} pull requests:` },
    ...plan.parts.flatMap((part, i): readonly Block[] => [
      { kind: 'step', number: i + 1, text: part.title },
      { kind: 'code', language: 'sql', text: part.statements.map((s) => s.startsWith('--') ? s : `${s};`).join('\n') },
    ]),
    list,
  ]
}

function recipeBlocks(recipe: Recipe): readonly Block[] {
  return [
    { kind: 'heading', level: 2, text: recipe.title },
    ...(recipe.shortcut ? [{ kind: 'text' as const, text: recipe.shortcut }] : []),
    ...recipe.steps.flatMap((s, i) => stepBlocks(s, i + 1)),
    ...(recipe.cautions.length ? [{ kind: 'list' as const, items: recipe.cautions }] : []),
  ]
}

function stepBlocks(step: RecipeStep, n: number): readonly Block[] {
  return [
    { kind: 'step', number: n, text: step.title },
    ...(step.sql.length ? [{ kind: 'code' as const, language: 'sql', text: step.sql.map((s) => `${s};`).join('\n') }] : []),
    ...(step.code ? [{ kind: 'code' as const, language: 'diff', text: step.code }] : []),
    ...(step.backfill ? [{ kind: 'text' as const, text: step.backfill.valueKnown ? `Backfill ${step.backfill.name}: ${step.backfill.reason}` : `Backfill ${step.backfill.name}: ${step.backfill.reason} Only you know the value.` },
      { kind: 'code' as const, language: 'sql', text: `UPDATE ${step.backfill.target} SET ${step.backfill.set}${step.backfill.from ? ` FROM ${step.backfill.from}` : ''}${step.backfill.where ? ` WHERE ${step.backfill.where}` : ''}; -- in batches, see schemagate plan --write` }] : []),
  ]
}

function backfillBlocks(backfills: readonly PlannedBackfill[]): readonly Block[] {
  if (!backfills.length) return []
  return [
    { kind: 'heading', level: 2, text: 'Backfills in batches' },
    ...backfills.flatMap(({ job, script }): readonly Block[] => [
      { kind: 'heading', level: 3, text: job.name },
      { kind: 'text', text: job.reason },
      ...(job.valueKnown ? [] : [{ kind: 'text' as const, text: 'Only you know the value: write it where the script says so.' }]),
      ...(script ? [
        { kind: 'folded' as const, title: 'Install: progress, one batch, all batches', blocks: [{ kind: 'code' as const, language: 'sql', text: script.install.trimEnd() }] },
        { kind: 'text' as const, text: 'Run it (each batch commits; stop it at any time, it goes on where it stopped), look at it, check that nothing is left, clean up:' },
        { kind: 'code' as const, language: 'sql', text: [script.run, script.progress, script.verify, script.cleanup.trimEnd()].join('\n') },
        { kind: 'folded' as const, title: 'The same from a shell, from Prisma, from Drizzle', blocks: [
          { kind: 'code' as const, language: 'bash', text: script.psql.trimEnd() }, { kind: 'code' as const, language: 'ts', text: script.prisma.trimEnd() }, { kind: 'code' as const, language: 'ts', text: script.drizzle.trimEnd() },
        ] },
      ] : [{ kind: 'text' as const, text: 'The table has no primary key or unique key over NOT NULL columns to walk by: give it one first.' }]),
    ]),
  ]
}

function checkBlocks(plan: Plan): readonly Block[] {
  const queries = (list: Plan['preflight']): Block => ({ kind: 'code', language: 'sql', text: list.map((q) => `-- ${oneLine(q.title)}\n${q.sql}`).join('\n\n') })
  return [
    ...(plan.preflight.length ? [{ kind: 'heading' as const, level: 2 as const, text: 'Before: what to ask the database' }, queries(plan.preflight)] : []),
    ...(plan.aftercare.length ? [{ kind: 'heading' as const, level: 2 as const, text: 'After: what to ask the database' }, queries(plan.aftercare)] : []),
  ]
}

function rollbackBlocks(plan: Plan): readonly Block[] {
  const { rollback, downs } = plan
  const wrong = downs.filter((d) => d.state !== 'right')
  const lossy: readonly Block[] = rollback.lossy.length ? [{ kind: 'text', text: 'What does not come back:' }, { kind: 'list', items: rollback.lossy }] : []
  if (downs.length && !wrong.length) {
    return [{ kind: 'heading', level: 2, text: 'Rollback' }, { kind: 'text', text: `The down migrations bring the schema back as it was: ${downs.map((d) => d.path).join(', ')}.` }, ...lossy]
  }
  return [
    { kind: 'heading', level: 2, text: 'Rollback' },
    ...(wrong.length ? [{ kind: 'list' as const, items: wrong.map((d) => `${d.path}: ${d.problem}`) }] : []),
    ...(rollback.save?.length ? [{ kind: 'text' as const, text: 'Save first, before the migration runs:' }, { kind: 'code' as const, language: 'sql', text: rollback.save.map((s) => `${s};`).join('\n') }] : []),
    ...(rollback.sql ? [{ kind: 'code' as const, language: 'sql', text: rollback.sql.trimEnd() }] : [{ kind: 'text' as const, text: 'The schema does not change: there is nothing to take back.' }]),
    ...lossy,
  ]
}

function oneLine(of: string): string {
  return of.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}

function markdown(block: Block): string {
  switch (block.kind) {
    case 'heading': return `${'#'.repeat(block.level + 1)} ${sentence(block.text)}`
    case 'text': return sentence(block.text)
    case 'step': return `**${block.number}.** ${sentence(block.text)}`
    case 'list': return block.items.map((i) => `- ${sentence(i)}`).join('\n')
    case 'code': return fenced(block.text, block.language)
    case 'folded': return `<details><summary>${sentence(block.title)}</summary>\n\n${block.blocks.map(markdown).join('\n\n')}\n\n</details>`
  }
}

function text(block: Block): string {
  switch (block.kind) {
    case 'heading': return `${oneLine(block.text)}\n${(block.level < 3 ? '=' : '-').repeat(Math.min(72, block.text.length))}`
    case 'text': return oneLine(block.text)
    case 'step': return `${block.number}. ${oneLine(block.text)}`
    case 'list': return block.items.map((i) => `- ${oneLine(i)}`).join('\n')
    case 'code': return block.text.split('\n').map((l) => `  ${l.replaceAll(/(?!\t)\p{Cc}/gu, ' ')}`).join('\n')
    case 'folded': return `${oneLine(block.title)}:\n\n${block.blocks.map((b) => text(b)).join('\n\n')}`
  }
}
