import type { Runner } from '../project/project.ts'
import type { BackfillScript } from './backfill/script.ts'
import { byHandFirst, migrationsOf, sharesTransaction, type MigrationDraft } from './migrations.ts'
import type { Part } from './parts.ts'
import type { Plan } from './plan.ts'

/** Headings, paragraphs, lists and code of a plan, before they become text or Markdown. */
export type Block =
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
export type Detail = 'full' | 'brief' | 'order'

/** A plan as blocks, in the order in which they are read. `named` says that it is one of several. */
export function blocksOf(plan: Plan, section: Section, named: boolean, detail: Detail = 'full'): readonly Block[] {
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
      .map((s) => `\`${s.step.statement.place.path}\` line ${s.step.statement.place.line}: ${s.phase}, ${s.because}`),
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
  const shorter: readonly Block[] = shortcuts.length
    ? [
        { kind: 'text', text: 'There is a shorter way for:' },
        { kind: 'list', items: shortcuts },
      ]
    : []
  if (plan.obstacle !== null)
    return [
      ...heading,
      {
        kind: 'text',
        text: `${reason} No order of steps is offered, because these statements hang together: ${plan.obstacle}. Take it apart by hand, one pattern in each pull request; each can be planned then.`,
      },
      ...shorter,
      { kind: 'text', text: 'Where each statement belongs:' },
      why(plan.steps),
    ]
  return [
    ...heading,
    {
      kind: 'text',
      text: `${reason} Take it apart into ${plan.parts.length} steps, each once the one before is out everywhere:`,
    },
    ...(sharesTransaction(plan.runner) &&
    plan.parts.some((p) => p.items.flatMap((i) => migrationsOf(i, p.phase)).length > 1)
      ? [
          {
            kind: 'text' as const,
            text: 'All pending migrations run in one transaction: deploy one migration at a time.',
          },
        ]
      : []),
    ...shorter,
    ...plan.parts.flatMap((part, i): readonly Block[] => {
      const blocks = partBlocks(part, plan.runner)
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

/** What a part consists of; SQL as the migrations that it takes, because what runs in one transaction keeps its locks until the end. */
function partBlocks(part: Part, runner: Runner): readonly Block[] {
  const drafts = part.items.map((item) => migrationsOf(item, part.phase))
  const count = drafts.flat().length
  const first = drafts.map((_, i) => drafts.slice(0, i).flat().length)
  return part.items.flatMap((item, i) =>
    itemBlocks(item, [
      ...(item.step.look && item.step.sql.length ? [sqlBlock(item.step.sql)] : []),
      ...(drafts[i] ?? []).flatMap((draft, j) => [
        ...(count > 1
          ? [{ kind: 'text' as const, text: captionOf(draft, (first[i] ?? 0) + j + 1, count, runner) }]
          : []),
        sqlBlock(draft.together ? ['BEGIN', ...draft.up, 'COMMIT'] : draft.up),
      ]),
    ]),
  )
}

function captionOf(draft: MigrationDraft, number: number, count: number, runner: Runner): string {
  const outside = !draft.outside
    ? ''
    : byHandFirst(runner)
      ? ', which has to run by hand before, because the runner gives each migration a transaction'
      : ', outside of a transaction'
  return `Migration ${number} of ${count}${outside}:`
}

function sqlBlock(statements: readonly string[]): Block {
  return { kind: 'code', language: 'sql', text: statements.map((s) => `${s};`).join('\n') }
}

function itemBlocks({ recipe, step }: Part['items'][number], sql: readonly Block[]): readonly Block[] {
  const title = [...(recipe ? [recipe.title] : []), ...(step.title ? [step.title] : [])].join(': ')
  const { backfill } = step
  return [
    ...(title ? [{ kind: 'text' as const, text: `${title}.` }] : []),
    ...sql,
    ...(backfill
      ? [
          {
            kind: 'text' as const,
            text: `Backfill \`${backfill.name}\`, in batches (see below).${backfill.valueKnown ? '' : ' Only you know the value.'}`,
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
      text: `It walks \`${script.job.table}\` by \`${script.job.key.map((k) => k.name).join('`, `')}\`. Run it (each batch commits; stop it at any time, it goes on where it stopped), look at it, check that nothing is left, clean up:`,
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
        text: `The down migrations bring the schema back as it was: \`${downs.map((d) => d.path).join('`, `')}\`.`,
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

/** Text without line breaks and control characters. */
export function oneLine(of: string): string {
  return of.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}
