import { fenced, sentence, sentenceHtml } from '../report/markdown-escape.ts'
import type { BackfillScript } from './backfill/script.ts'
import type { Part } from './parts.ts'
import type { Plan } from './plan.ts'

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

/** How much of it: `full`, `brief` without the scripts of backfills, `order` with what to do and the way back alone. */
type Detail = 'full' | 'brief' | 'order'

/** A plan as Markdown within a number of characters: scripts are left out first, then queries and reasons; what is cut says so. */
export function planToComment(plans: readonly Plan[], limit: number): string {
  const all = '`schemagate plan` prints all of it, `schemagate plan --write DIR` writes migrations and scripts.'
  const full = planToMarkdown(plans)
  if (full.length <= limit) return full
  for (const detail of ['brief', 'order'] as const) {
    const shorter = `${plans
      .flatMap((p) => blocksOf(p, 'all', plans.length > 1, detail))
      .map(markdown)
      .join('\n\n')}\n\n${all}\n`
    if (shorter.length <= limit) return shorter
  }
  const kept: string[] = []
  let length = all.length + 40
  for (const block of plans.flatMap((p) => blocksOf(p, 'all', plans.length > 1, 'order')).map(markdown)) {
    if (length + block.length + 2 > limit) break
    kept.push(block)
    length += block.length + 2
  }
  return `${[...kept, `The plan is longer than a comment can be. ${all}`].join('\n\n')}\n`
}

/** A plan as Markdown for a comment or a file; names and SQL of the change cannot end their place in it. */
export function planToMarkdown(plans: readonly Plan[], section: Section = 'all'): string {
  return `${plans
    .flatMap((p) => blocksOf(p, section, plans.length > 1))
    .map(markdown)
    .join('\n\n')}\n`
}

/** A plan as plain text for a terminal. */
export function planToText(plans: readonly Plan[], section: Section = 'all'): string {
  return `${plans
    .flatMap((p) => blocksOf(p, section, plans.length > 1))
    .map((b) => text(b))
    .join('\n\n')}\n`
}

/** A plan as data: what the text says, with the scripts. */
export function planToJson(plans: readonly Plan[]): object {
  return {
    version: 1,
    plans: plans.map((plan) => ({
      project: plan.project,
      mixed: plan.mixed,
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

function blocksOf(plan: Plan, section: Section, named: boolean, detail: Detail = 'full'): readonly Block[] {
  const title: readonly Block[] = named ? [{ kind: 'heading', level: 1, text: plan.project }] : []
  if (section === 'rollback') return [...title, ...rollbackBlocks(plan)]
  if (!plan.steps.length && !plan.rollback.sql)
    return [...title, { kind: 'text', text: 'No schema changes: there is nothing to plan.' }]
  const rest = detail === 'order' ? [] : [...backfillBlocks(plan, detail), ...checkBlocks(plan)]
  return [...title, ...orderBlocks(plan, detail), ...rest, ...rollbackBlocks(plan)]
}

/** What cannot run as it is written; the rest of the plan is about what is left. */
function refusedBlocks({ steps }: Plan): readonly Block[] {
  const items = steps.flatMap(({ step: { refused, statement } }) =>
    refused === undefined ? [] : [`${statement.place.path} line ${statement.place.line}: ${refused}`],
  )
  return items.length === 0
    ? []
    : [
        { kind: 'text', text: 'This fails as it is written. Mend it first; the plan leaves it out:' },
        { kind: 'list', items },
      ]
}

function orderBlocks(plan: Plan, detail: Detail): readonly Block[] {
  if (!plan.steps.length && !plan.recipes.length) return []
  const heading: readonly Block[] = [{ kind: 'heading', level: 2, text: 'Deploy order' }, ...refusedBlocks(plan)]
  const why = (steps: Plan['steps']): Block => ({
    kind: 'list',
    items: steps
      .filter((s) => s.step.refused === undefined)
      .map((s) => `${s.step.statement.place.path} line ${s.step.statement.place.line}: ${s.phase}, ${s.because}`),
  })
  if (!plan.needsSplit) {
    const breaks = plan.steps.filter((s) => s.phase === 'contract')
    const code = plan.parts.flatMap((p) =>
      p.items.flatMap((i) => (i.step.phase === 'code' && i.step.code ? [i.step.code] : [])),
    )
    return [
      ...heading,
      { kind: 'text', text: plan.parts[0]?.title ?? 'There is nothing to split.' },
      ...(breaks.length ? [why(breaks)] : []),
      ...(code.length
        ? [
            { kind: 'text' as const, text: 'The code that goes out before it:' },
            { kind: 'code' as const, language: 'diff', text: code.join('\n') },
          ]
        : []),
    ]
  }
  const shortcuts = plan.recipes.flatMap((r) => (r.shortcut ? [`${r.title}: ${r.shortcut}`] : []))
  const reason = plan.mixed
    ? 'Statements that belong before the code and statements that belong after it stand in one change: no single deploy is safe for both.'
    : 'No single deploy of this is safe.'
  return [
    ...heading,
    {
      kind: 'text',
      text: `${reason} Take it apart into ${plan.parts.length} steps, each once the one before is out everywhere:`,
    },
    ...(shortcuts.length
      ? [
          { kind: 'text' as const, text: 'There is a shorter way for:' },
          { kind: 'list' as const, items: shortcuts },
        ]
      : []),
    ...plan.parts.flatMap((part, i): readonly Block[] => {
      const blocks = part.items.flatMap((item) => itemBlocks(item))
      return [
        { kind: 'heading', level: 3, text: `Step ${i + 1}, ${kinds[part.phase]}: ${part.title}` },
        ...(isLong(plan) ? [{ kind: 'folded' as const, title: summaryOf(part), blocks }] : blocks),
      ]
    }),
    ...plan.recipes.flatMap((r): Block[] =>
      r.cautions.length
        ? [
            { kind: 'text', text: `${r.title}, what to know:` },
            { kind: 'list', items: r.cautions },
          ]
        : [],
    ),
    ...(detail === 'order'
      ? []
      : [{ kind: 'folded' as const, title: 'Which statement belongs where, and why', blocks: [why(plan.steps)] }]),
  ]
}

/** True where the steps together are more than a screen or three. */
function isLong(plan: Plan): boolean {
  return (
    plan.parts.reduce(
      (sum, p) => sum + p.items.reduce((n, i) => n + i.step.sql.join('').length + (i.step.code?.length ?? 0), 0),
      0,
    ) > 5000
  )
}

function summaryOf(part: Part): string {
  const recipes = [...new Set(part.items.map((i) => i.recipe?.title ?? 'As it is written'))].join('; ')
  const count = part.statements.length
  return count ? `${recipes} (${count} statement${count > 1 ? 's' : ''})` : recipes
}

/** What a part is to whoever does it. */
const kinds: Readonly<Record<Part['phase'], string>> = {
  expand: 'a pull request',
  code: 'a pull request',
  contract: 'a pull request',
  data: 'a run',
  neutral: 'any time',
}

function itemBlocks({ recipe, step }: Part['items'][number]): readonly Block[] {
  const title = [...(recipe ? [recipe.title] : []), ...(step.title ? [step.title] : [])].join(': ')
  const { backfill } = step
  return [
    ...(title ? [{ kind: 'text' as const, text: `${title}.` }] : []),
    ...(step.sql.length
      ? [{ kind: 'code' as const, language: 'sql', text: step.sql.map((s) => `${s};`).join('\n') }]
      : []),
    ...(backfill
      ? [
          {
            kind: 'text' as const,
            text: `Backfill ${backfill.name}, in batches (see below).${backfill.valueKnown ? '' : ' Only you know the value.'}`,
          },
        ]
      : []),
    ...(step.code
      ? [
          isSentence(step.code)
            ? { kind: 'text' as const, text: step.code }
            : { kind: 'code' as const, language: 'diff', text: step.code },
        ]
      : []),
  ]
}

/** Code is a diff, or a sentence that says what it has to do. */
function isSentence(code: string): boolean {
  return /^[A-Z][^\n]*\.$/.test(code)
}

function backfillBlocks({ backfills, orm }: Plan, detail: Detail): readonly Block[] {
  if (!backfills.length) return []
  return [
    { kind: 'heading', level: 2, text: 'Backfills in batches' },
    ...backfills.flatMap(({ job, script }): readonly Block[] => [
      { kind: 'heading', level: 3, text: job.name },
      { kind: 'text', text: job.reason },
      ...(job.valueKnown
        ? []
        : [{ kind: 'text' as const, text: 'Only you know the value: write it where the script says so.' }]),
      ...(script
        ? scriptBlocks(script, orm, detail)
        : [
            {
              kind: 'text' as const,
              text: job.obstacle ?? 'The name of its schema has no place in a script: write the batches by hand.',
            },
          ]),
    ]),
  ]
}

function scriptBlocks(script: BackfillScript, orm: Plan['orm'], detail: Detail): readonly Block[] {
  const other = orm === 'prisma' ? script.prisma : orm === 'drizzle' ? script.drizzle : null
  return [
    ...(detail === 'full'
      ? [
          {
            kind: 'folded' as const,
            title: 'Install: progress, one batch, all batches',
            blocks: [{ kind: 'code' as const, language: 'sql', text: script.install.trimEnd() }],
          },
        ]
      : []),
    {
      kind: 'text',
      text: `It walks ${script.job.table} by ${script.job.key.map((k) => k.name).join(', ')}. Run it (each batch commits; stop it at any time, it goes on where it stopped), look at it, check that nothing is left, clean up:`,
    },
    {
      kind: 'code',
      language: 'sql',
      text: [script.run, script.progress, script.verify, script.cleanup.trimEnd()].join('\n'),
    },
    ...(detail === 'full'
      ? [
          {
            kind: 'folded' as const,
            title: `The same from a shell${orm ? `, from ${orm === 'prisma' ? 'Prisma' : 'Drizzle'}` : ''}`,
            blocks: [
              { kind: 'code' as const, language: 'bash', text: script.psql.trimEnd() },
              ...(other ? [{ kind: 'code' as const, language: 'ts', text: other.trimEnd() }] : []),
            ],
          },
        ]
      : []),
  ]
}

function checkBlocks(plan: Plan): readonly Block[] {
  const queries = (list: Plan['preflight']): Block => ({
    kind: 'code',
    language: 'sql',
    text: list.map((q) => `-- ${oneLine(q.title)}\n${q.sql}`).join('\n\n'),
  })
  return [
    ...(plan.preflight.length
      ? [
          { kind: 'heading' as const, level: 2 as const, text: 'Before: what to ask the database' },
          queries(plan.preflight),
        ]
      : []),
    ...(plan.aftercare.length
      ? [
          { kind: 'heading' as const, level: 2 as const, text: 'After: what to ask the database' },
          queries(plan.aftercare),
        ]
      : []),
  ]
}

function rollbackBlocks(plan: Plan): readonly Block[] {
  const { rollback, downs } = plan
  const wrong = downs.filter((d) => d.state !== 'right')
  const lossy: readonly Block[] = rollback.lossy.length
    ? [
        { kind: 'text', text: 'What does not come back:' },
        { kind: 'list', items: rollback.lossy },
      ]
    : []
  if (downs.length && !wrong.length) {
    return [
      { kind: 'heading', level: 2, text: 'Rollback' },
      {
        kind: 'text',
        text: `The down migrations bring the schema back as it was: ${downs.map((d) => d.path).join(', ')}.`,
      },
      ...lossy,
    ]
  }
  const save: readonly Block[] = rollback.save?.length
    ? [
        { kind: 'text', text: 'Save first, before the migration runs:' },
        { kind: 'code', language: 'sql', text: rollback.save.map((s) => `${s};`).join('\n') },
      ]
    : []
  if (wrong.length) {
    const offered = wrong.flatMap((d): readonly Block[] => [
      {
        kind: 'text',
        text: `${d.path}: ${d.problem}. ${d.state === 'missing' ? 'This would be one:' : 'This one leads back:'}`,
      },
      ...(d.sql ? [{ kind: 'code' as const, language: 'sql', text: d.sql.trimEnd() }] : []),
    ])
    return [{ kind: 'heading', level: 2, text: 'Rollback' }, ...offered, ...save, ...lossy]
  }
  return [
    { kind: 'heading', level: 2, text: 'Rollback' },
    ...save,
    ...(rollback.sql
      ? [{ kind: 'code' as const, language: 'sql', text: rollback.sql.trimEnd() }]
      : [{ kind: 'text' as const, text: 'The schema does not change: there is nothing to take back.' }]),
    ...lossy,
  ]
}

function oneLine(of: string): string {
  return of.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}

function markdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level + 1)} ${sentence(block.text)}`
    case 'text':
      return sentence(block.text)
    case 'step':
      return `**${block.number}.** ${sentence(block.text)}`
    case 'list':
      return block.items.map((i) => `- ${sentence(i)}`).join('\n')
    case 'code':
      return fenced(block.text, block.language)
    case 'folded':
      return `<details><summary>${sentenceHtml(block.title)}</summary>\n\n${block.blocks.map(markdown).join('\n\n')}\n\n</details>`
  }
}

function text(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${oneLine(block.text)}\n${(block.level < 3 ? '=' : '-').repeat(Math.min(72, block.text.length))}`
    case 'text':
      return oneLine(block.text)
    case 'step':
      return `${block.number}. ${oneLine(block.text)}`
    case 'list':
      return block.items.map((i) => `- ${oneLine(i)}`).join('\n')
    case 'code':
      return block.text
        .split('\n')
        .map((l) => `  ${l.replaceAll(/(?!\t)\p{Cc}/gu, ' ')}`)
        .join('\n')
    case 'folded':
      return `${oneLine(block.title)}:\n\n${block.blocks.map((b) => text(b)).join('\n\n')}`
  }
}
