import type { Migration, Step } from '../../src/step.ts'
import { catalog } from '../../rules/index.ts'
import { defaultConfig } from '../../src/config.ts'
import { compareClaims } from '../../src/engine/agreement.ts'
import { runRules } from '../../src/engine/run.ts'
import type { Draft } from '../../src/engine/draft.ts'
import { transactionsOf } from '../../src/project/transactions.ts'
import { startEmbedded } from '../../src/rehearsal/embedded.ts'
import { templateArchive, usableCache } from '../../src/rehearsal/files.ts'
import type { Observation } from '../../src/rehearsal/observation.ts'
import { rehearsalRequest } from '../../src/rehearsal/request.ts'
import { runSteps, sendAll } from '../../src/rehearsal/run.ts'
import type { StepOutcome } from '../../src/rehearsal/run.ts'
import type { Session } from '../../src/rehearsal/session.ts'
import { emptySchema } from '../../src/schema/model.ts'
import type { Schema } from '../../src/schema/model.ts'
import { replaySteps } from '../../src/schema/replay.ts'
import { loadParser } from '../../src/sql/parser.ts'
import type { CorpusOptions } from './options.ts'
import { corpusProjects } from './projects.ts'
import type { CorpusProject } from './projects.ts'

const postgres = 18

interface Tally {
  statements: number
  rehearsed: number
  claims: number
  agreed: number
  /** Statements that rewrite, scan or build under a lock that stops writes; those of them that a rule foresees, and those that the rehearsal alone finds. */
  heavy: number
  foreseen: number
  found: number
  readonly lines: string[]
}

/**
 * Rehearses every migration of every history as if it were a pull request of its own, and compares what the rules claim of each
 * statement with what it did. Lists what fails, what disagrees, and what no rule speaks about.
 */
export async function run(options: CorpusOptions): Promise<boolean> {
  await loadParser()
  const total: Tally = { statements: 0, rehearsed: 0, claims: 0, agreed: 0, heavy: 0, foreseen: 0, found: 0, lines: [] }
  for (const project of await corpusProjects(options.corpus)) {
    const tally: Tally = {
      statements: 0,
      rehearsed: 0,
      claims: 0,
      agreed: 0,
      heavy: 0,
      foreseen: 0,
      found: 0,
      lines: [],
    }
    const extensions = rehearsalRequest({ base: project.migrations.before, steps: [] }).extensions
    const session = await startEmbedded(await templateArchive(await usableCache()), extensions)
    await history(project, session, tally)
    await session.close()
    console.log(
      `${project.name}: ${tally.rehearsed} of ${tally.statements} statements rehearsed, ${tally.agreed} of ${tally.claims} claims agree, of ${tally.heavy} heavy statements ${tally.foreseen} are foreseen and ${tally.found} found`,
    )
    for (const line of tally.lines) console.log(`  ${line}`)
    for (const each of ['statements', 'rehearsed', 'claims', 'agreed', 'heavy', 'foreseen', 'found'] as const)
      total[each] += tally[each]
  }
  console.log(
    `all: ${total.rehearsed} of ${total.statements} statements rehearsed, ${total.agreed} of ${total.claims} claims agree, of ${total.heavy} heavy statements ${total.foreseen} are foreseen and ${total.found} found`,
  )
  return total.agreed === total.claims
}

async function history({ project, migrations }: CorpusProject, session: Session, tally: Tally): Promise<void> {
  let schema: Schema = emptySchema(project.dialect)
  for (const [index, migration] of migrations.before.entries()) {
    const fresh: Migration = { ...migration, isNew: true }
    const replayed = replaySteps(schema, [fresh], transactionsOf(project.runner, [fresh]), {
      postgres,
      source: 'migrations',
    })
    const { outcomes, observations } = await rehearsed(
      session,
      replayed.steps,
      migrations.before.slice(0, index).flatMap(({ statements }) => statements.map((statement) => statement.text)),
    )
    tally.statements += replayed.steps.filter((step) => step.statement.inside === null).length
    tally.rehearsed += outcomes.filter((outcome) => outcome.observation !== null).length
    for (const outcome of outcomes) {
      const step = replayed.steps[outcome.step]
      const why = outcome.unrehearsed ?? outcome.observation?.error?.message
      if (step !== undefined && why !== undefined)
        tally.lines.push(
          `${migration.path}:${step.statement.place.line} ${outcome.unrehearsed === null ? 'fails' : 'not rehearsed'}: ${why}`,
        )
    }
    if (outcomes.some((outcome) => outcome.code !== null))
      await sendAll(
        session,
        rehearsalRequest({ base: [{ path: migration.path, statements: migration.statements }], steps: [] }).base[0]
          ?.statements ?? [],
      )
    const steps = replayed.steps.map((step) => ({ ...step, observation: observations.get(step) ?? null }))
    const { drafts } = runRules(catalog, {
      project,
      label: project.name,
      config: defaultConfig,
      postgres,
      postgresAssumed: false,
      postgresMinor: null,
      before: schema,
      after: replayed.after,
      declared: null,
      declaredBefore: null,
      steps,
      history: [...migrations.before.slice(0, index), fresh],
      queries: [],
      files: [],
      sqlProblems: [],
      migrationsChanged: [],
      migrated: null,
      journal: { before: null, after: null },
      orphans: [],
      roundTrips: [],
      generated: false,
      texts: new Map(),
      alone: false,
      allRules: false,
    })
    compare(steps, drafts, tally)
    schema = replayed.after
  }
}

async function rehearsed(
  session: Session,
  steps: readonly Step[],
  texts: readonly string[],
): Promise<{ readonly outcomes: readonly StepOutcome[]; readonly observations: ReadonlyMap<Step, Observation> }> {
  const outcomes: StepOutcome[] = []
  await runSteps(
    session,
    rehearsalRequest({ base: [], steps }).steps,
    { complete: true, texts, platform: [] },
    (outcome) => void outcomes.push(outcome),
    () => undefined,
  )
  const observations = new Map<Step, Observation>()
  for (const outcome of outcomes) {
    const step = steps[outcome.step]
    if (step !== undefined && outcome.observation !== null && step.statement.inside === null)
      observations.set(step, outcome.observation)
  }
  return { outcomes: outcomes.filter((outcome) => steps[outcome.step]?.statement.inside === null), observations }
}

function compare(steps: readonly Step[], drafts: readonly Draft[], tally: Tally): void {
  const where = (step: Step): string => `${step.statement.place.path}:${step.statement.place.line}`
  const text = (step: Step): string => step.statement.text.replaceAll(/\s+/g, ' ').slice(0, 160)
  for (const { draft, step, disagreement } of compareClaims(drafts, steps, postgres)) {
    tally.claims++
    if (disagreement === null) tally.agreed++
    else
      tally.lines.push(
        `${where(step)} ${draft.rule.id} expects ${disagreement}: ${step.observation ? seenIn(step.observation) : ''}: ${text(step)}`,
      )
  }
  const foreseen = new Set<Step>()
  const found = new Set<Step>()
  for (const draft of drafts) {
    const outer =
      draft.step?.statement.inside === 'do'
        ? steps.slice(0, steps.indexOf(draft.step)).findLast((step) => step.statement.inside === null)
        : draft.step
    if (!outer) continue
    if (draft.rule.id === 'no-observed-rewrite') found.add(outer)
    else if (['locking', 'data-loss', 'transactions', 'compatibility'].includes(draft.rule.group)) foreseen.add(outer)
  }
  for (const step of steps) {
    const { observation } = step
    const blocks =
      observation?.locks.some(({ mode }) =>
        ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'].includes(mode),
      ) === true
    if (
      !observation ||
      !blocks ||
      (observation.rewrites.length === 0 && observation.scans.length === 0 && observation.builds.length === 0)
    )
      continue
    tally.heavy++
    if (foreseen.has(step)) tally.foreseen++
    else if (found.has(step)) tally.found++
    if (!foreseen.has(step))
      tally.lines.push(
        `${where(step)} ${found.has(step) ? 'the rehearsal alone finds' : 'nothing is said'}: ${seenIn(observation)}: ${text(step)}`,
      )
  }
}

function seenIn(seen: Observation): string {
  return [
    seen.locks.map(({ relation, mode }) => `${mode} on ${relation}`).join(', ') || 'no lock',
    ...(seen.rewrites.length > 0 ? [`rewrites ${seen.rewrites.join(', ')}`] : []),
    ...(seen.scans.length > 0 ? [`scans ${seen.scans.join(', ')}`] : []),
    ...(seen.builds.length > 0 ? [`builds on ${seen.builds.join(', ')}`] : []),
  ].join('; ')
}
