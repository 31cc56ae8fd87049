import type { Finding, Group, Note } from '../finding.ts'
import type { ChangeSet } from '../changeset/tree.ts'
import { sourceFile, type Place, type SourceFile } from '../location.ts'
import type { CodeFacts } from '../queries/facts.ts'
import type { Query } from '../queries/query.ts'
import type { ProjectReading } from '../reading.ts'
import type { Settings } from '../settings.ts'
import { disagreementNotes } from './agreement.ts'
import type { Draft } from './draft.ts'
import { isRepeatable } from '../project/migrations.ts'
import { joinPrismaWarnings } from './prisma-warnings.ts'
import type { CatalogRule } from './rule.ts'
import type { RuleInput } from './rule-input.ts'
import { runRules, runSuppressionRules } from './run.ts'
import { settle, type Settling } from './settle.ts'
import { globMatcher } from '../changeset/globs.ts'
import { readSuppressions, type Suppression } from './suppressions.ts'

export interface Judged {
  readonly findings: readonly Finding[]
  readonly notes: readonly Note[]
  /** Text of the changed files, by path. */
  readonly texts: ReadonlyMap<string, SourceFile>
}

/** Groups that may speak of a schema change that no migration makes yet. */
const withoutMigration: ReadonlySet<Group> = new Set([
  'design',
  'indexes',
  'access',
  'consistency',
  'queries',
  'operations',
  'process',
])

const readable = /\.(sql|prisma|[cm]?[jt]sx?|ya?ml|json)$/i

/** Runs the rules over every project and settles what they say. */
export async function judge(
  changeSet: ChangeSet,
  projects: readonly ProjectReading[],
  code: { readonly queries: readonly (Query & { readonly project: string })[]; readonly facts?: CodeFacts },
  settings: Settings,
  options: { readonly rules: readonly CatalogRule[]; readonly today?: string; readonly allRules?: boolean },
): Promise<Judged> {
  const texts = await changedTexts(changeSet)
  const inputs = projects.map((reading) =>
    inputOf(reading, changeSet, code, settings, texts, options.allRules ?? false),
  )
  const results = inputs.map((input) =>
    runRules(
      options.rules.filter((rule) => appliesTo(rule, input)),
      input,
    ),
  )
  const suppressions = new Map<string, readonly Suppression[]>()
  const added = new Map(
    changeSet.files.map((file) => [
      file.path,
      file.hunks === null ? null : new Set(file.hunks.flatMap((hunk) => hunk.added)),
    ]),
  )
  const ignored = globMatcher(settings.config.paths.ignore)
  for (const [path, file] of texts) {
    if (ignored(path)) continue
    const lines = added.get(path)
    suppressions.set(
      path,
      readSuppressions(file, (line) => lines === null || lines?.has(line) === true),
    )
  }
  const again = new Set(projects.flatMap((reading) => repeatedFiles(reading, changeSet)))
  // Of what runs again, what stood there has been there before.
  const isOld = ({ rule, place: { path, line, endLine } }: Draft) =>
    rule.group !== 'consistency' &&
    again.has(path) &&
    ![...(added.get(path) ?? [])].some((each) => each >= line && each <= endLine)
  // Ignored files count in the history; nothing is said of them.
  const heard = (drafts: readonly Draft[]) => drafts.filter((draft) => !ignored(draft.place.path) && !isOld(draft))
  const headers = inputs.map((input, i) =>
    joinPrismaWarnings(
      results[i]?.drafts ?? [],
      input.project.runner.name === 'prisma' && !input.generated ? input.steps : [],
    ),
  )
  const warned = new Map(headers.flatMap((header) => [...header.warned]))
  const settling: Settling = {
    config: settings.config,
    suppressions,
    warned,
    muted: heard(results.flatMap((result) => result.muted)),
    today: options.today ?? new Date().toISOString().slice(0, 10),
    ruleIds: new Set(options.rules.map((rule) => rule.id)),
  }
  const drafts = heard(results.flatMap((result) => result.drafts))
  const first = settle(drafts, settling)
  const [input] = inputs
  const about =
    input && first.suppressions.length > 0 ? runSuppressionRules(options.rules, first.suppressions, input) : []
  const { findings } = about.length > 0 ? settle([...drafts, ...about], settling) : first
  const disagreements = results.flatMap((result, i) =>
    disagreementNotes(result.drafts, inputs[i]?.steps ?? [], inputs[i]?.postgres ?? 0),
  )
  return { findings, notes: [...[...results, ...headers].flatMap((result) => result.notes), ...disagreements], texts }
}

/** Migrations that run a second time: those that do whenever their text changes, and those that get another name. */
function repeatedFiles({ project, migrations }: ProjectReading, { files }: ChangeSet): readonly string[] {
  const renamed = new Set(migrations?.changed.flatMap(({ status, to }) => (status === 'renamed' && to ? to : [])))
  return files.flatMap(({ path, status }) =>
    renamed.has(path) || (status === 'modified' && isRepeatable(project, path)) ? path : [],
  )
}

/** What the rules may look at of one project. */
function inputOf(
  reading: ProjectReading,
  changeSet: ChangeSet,
  code: { readonly queries: readonly (Query & { readonly project: string })[]; readonly facts?: CodeFacts },
  settings: Settings,
  texts: ReadonlyMap<string, SourceFile>,
  allRules: boolean,
): RuleInput {
  return {
    project: reading.project,
    label: reading.project.name,
    config: settings.config,
    postgres: reading.postgres,
    postgresAssumed: reading.postgresAssumed,
    postgresMinor: reading.postgresMinor,
    before: reading.before,
    after: reading.after,
    declared: reading.declared,
    declaredBefore: reading.declaredBefore,
    steps: reading.steps,
    undeployed: reading.undeployed,
    history: reading.migrations?.history ?? [],
    queries: code.queries.filter((query) => query.project === reading.project.name),
    ...(code.facts ? { code: code.facts } : {}),
    files: changeSet.files,
    sqlProblems: reading.problems,
    migrated: reading.migrated,
    journal: reading.journal,
    ...(reading.lock ? { lock: reading.lock } : {}),
    orphans: reading.migrations?.orphans ?? [],
    roundTrips: reading.roundTrips ?? [],
    ...(reading.reruns ? { reruns: reading.reruns } : {}),
    migrationsChanged: reading.merged ? [] : (reading.migrations?.changed ?? []),
    ...(reading.merged && reading.merged.missing.length > 0 ? { merged: reading.merged } : {}),
    generated: reading.generated,
    texts,
    alone: false,
    allRules,
  }
}

/** The indexes that rules would advise for queries, before any plan is made: they are worth trying. */
export function suggestedIndexes(
  changeSet: ChangeSet,
  projects: readonly ProjectReading[],
  code: { readonly queries: readonly (Query & { readonly project: string })[]; readonly facts?: CodeFacts },
  settings: Settings,
  rules: readonly CatalogRule[],
): ReadonlyMap<Query, string> {
  const ofQueries = rules.flatMap((rule): CatalogRule[] =>
    rule.visit.query === undefined ? [] : [{ ...rule, visit: { query: rule.visit.query } }],
  )
  const suggested = new Map<Query, string>()
  const at = ({ path, line, column }: Place): string => `${path}:${line}:${column}`
  for (const reading of projects) {
    const input = inputOf(reading, changeSet, code, settings, new Map(), false)
    const byPlace = new Map(input.queries.map((query) => [at(query.place), query]))
    for (const { problem, place } of runRules(ofQueries, input).drafts) {
      const query = byPlace.get(at(place))
      if (query !== undefined && problem.index !== undefined && !suggested.has(query))
        suggested.set(query, problem.index)
    }
  }
  return suggested
}

function appliesTo(rule: CatalogRule, input: RuleInput): boolean {
  return (
    !input.generated || input.project.settings.push === true || rule.ofCode === true || withoutMigration.has(rule.group)
  )
}

async function changedTexts(changeSet: ChangeSet): Promise<ReadonlyMap<string, SourceFile>> {
  const paths = changeSet.files
    .filter((file) => file.status !== 'deleted' && readable.test(file.path))
    .map((file) => file.path)
  const texts = new Map<string, SourceFile>()
  for (const [path, content] of await changeSet.head.read(paths))
    if (content.kind === 'text') texts.set(path, sourceFile(path, content.text))
  return texts
}
