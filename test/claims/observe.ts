import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import type { CatalogRule, Claims, Example } from '../../src/engine/rule.ts'
import { detectProjects } from '../../src/project/detect.ts'
import { readMigrations } from '../../src/project/migrations.ts'
import { transactionsOf } from '../../src/project/transactions.ts'
import type { LockMode, Observation } from '../../src/rehearsal/observation.ts'
import { rehearsalRequest } from '../../src/rehearsal/request.ts'
import { runBase, runSteps } from '../../src/rehearsal/run.ts'
import type { StepOutcome } from '../../src/rehearsal/run.ts'
import type { Session } from '../../src/rehearsal/session.ts'
import { snapshot, strongest } from '../../src/rehearsal/snapshot.ts'
import type { RehearsalRequest } from '../../src/rehearsal/types.ts'
import type { Key } from '../../src/schema/model.ts'
import { treesOf } from '../example.ts'
import { fillTables } from './rows.ts'

/** What an example did, all of its statements together. */
export interface Seen {
  /** The strongest lock on a table that existed; null for none, `'unseen'` where it could not be looked at. */
  readonly lock: LockMode | 'unseen' | null
  /** Every lock mode that was taken on one. */
  readonly locks: readonly LockMode[]
  readonly rewrites: boolean
  /** Read from end to end, for checking or for building an index. */
  readonly scans: boolean
  /** Read from end to end for checking alone. */
  readonly checks: boolean
  /** SQLSTATE of the first statement that failed on empty tables, and on tables with rows. */
  readonly error: string | null
  readonly errorWithRows: string | null
  /** What of `given` could not be made. */
  readonly broken: string | null
  /** Number of statements that ran. */
  readonly statements: number
}

const everything = `
do $$ declare r record; begin
  for r in select evtname as name from pg_event_trigger loop execute format('drop event trigger %I', r.name); end loop;
  for r in select pubname as name from pg_publication loop execute format('drop publication %I', r.name); end loop;
  for r in select extname as name from pg_extension where extname <> 'plpgsql' loop execute format('drop extension %I cascade', r.name); end loop;
  for r in select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop execute format('drop schema %I cascade', r.name); end loop;
  for r in select rolname as name from pg_roles where rolname !~ '^pg_' and not rolsuper loop execute format('drop owned by %I cascade', r.name); execute format('drop role %I', r.name); end loop;
end $$;
create schema public; grant all on schema public to public`

/** Empties a database. */
export async function emptyDatabase(session: Session): Promise<void> {
  await session.send('rollback; reset all; reset session authorization; reset role')
  await session.send(everything)
}

/** The rehearsal that an example stands for; null where it has no SQL of its own. */
export async function exampleRequest(example: Example): Promise<RehearsalRequest | null> {
  if (example.sql === undefined || example.alone === true) return null
  const { base, head } = treesOf(example)
  const changeSet = await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head'))
  const {
    projects: [project],
  } = await detectProjects(
    changeSet.head,
    defaultConfig,
    changeSet.files.map((file) => file.path),
  )
  if (project === undefined) return null
  const migrations = await readMigrations(project, changeSet)
  const transactions = transactionsOf(project.runner, migrations.fresh)
  const statements = migrations.fresh.flatMap((migration) => migration.statements)
  return rehearsalRequest({
    base: migrations.before,
    steps: statements.flatMap((statement, index) => {
      const transaction = transactions[index]
      return transaction === undefined ? [] : [{ statement, transaction }]
    }),
  })
}

/** The same for a text that cannot be parsed into statements: it goes to the server as it stands. */
export function rawRequest(example: Example): RehearsalRequest {
  const texts = example.sql === undefined ? [] : typeof example.sql === 'string' ? [example.sql] : example.sql
  return {
    base: [],
    complete: true,
    extensions: [],
    platform: null,
    downs: [],
    queries: [],
    rows: {},
    steps: texts.map((text, id) => ({
      text,
      path: 'example.sql',
      line: 1,
      transaction: id,
      block: false,
      action: 'send',
      reason: null,
      outcome: 'definitions',
      partOf: null,
      repeat: false,
    })),
  }
}

/** Runs an example, once on empty tables and once on tables with rows. */
export async function observeExample(session: Session, request: RehearsalRequest): Promise<Seen> {
  const empty = await run(session, request, false)
  const filled = await run(session, request, true)
  const seen = empty.outcomes.flatMap((outcome) => (outcome.observation === null ? [] : [outcome.observation]))
  const modes = seen.flatMap((observation) => tableLocks(observation, empty.indexes))
  return {
    lock:
      modes.length === 0 && seen.some((observation) => observation.locksUnseen === true) ? 'unseen' : strongest(modes),
    locks: [...new Set(modes)],
    rewrites: seen.some((observation) => observation.rewrites.length > 0),
    checks: seen.some((observation) => observation.scans.length > 0),
    scans: seen.some(
      (observation) => observation.scans.length > 0 || observation.builds.length > 0 || observation.rewrites.length > 0,
    ),
    error: empty.outcomes.find((outcome) => outcome.code !== null)?.code ?? null,
    errorWithRows: filled.outcomes.find((outcome) => outcome.code !== null)?.code ?? null,
    broken:
      empty.broken ??
      empty.outcomes.find((outcome) => outcome.unrehearsed !== null && outcome.code === null)?.unrehearsed ??
      null,
    statements: seen.length,
  }
}

function tableLocks(observation: Observation, indexes: ReadonlySet<Key>): readonly LockMode[] {
  return observation.locks
    .filter((lock) => !indexes.has(lock.relation))
    .map((lock) => lock.mode)
    .filter((mode) => mode !== 'AccessShareLock')
}

interface Run {
  readonly outcomes: readonly StepOutcome[]
  readonly broken: string | null
  readonly indexes: ReadonlySet<Key>
}

async function run(session: Session, request: RehearsalRequest, rows: boolean): Promise<Run> {
  await emptyDatabase(session)
  const failed = await runBase(session, request.base)
  if (rows) await fillTables(session)
  const indexes = new Set(
    [...(await snapshot(session)).relations.values()].flatMap((relation) =>
      relation.indexOf === null ? [] : [relation.key],
    ),
  )
  const outcomes: StepOutcome[] = []
  await runSteps(
    session,
    request.steps,
    { complete: true, texts: [], platform: [] },
    (outcome) => void outcomes.push(outcome),
    () => undefined,
  )
  return { outcomes, indexes, broken: failed[0] === undefined ? null : `given: ${failed[0].message}` }
}

/** The claims of a rule that hold on a major version. */
export function claimsFor(rule: CatalogRule, major: number): readonly Claims[] {
  const claims: readonly Claims[] =
    rule.claims === undefined
      ? []
      : Array.isArray(rule.claims)
        ? (rule.claims as readonly Claims[])
        : [rule.claims as Claims]
  return claims.filter((claim) => major >= (claim.from ?? 0) && major <= (claim.to ?? 99))
}

/** True for an example that this test can run on a version. */
export function provable(example: Example, major: number): boolean {
  const unproven = example.unproven !== undefined && !example.unproven.startsWith('others speak')
  return !unproven && (example.postgres === undefined || example.postgres === major)
}

/** Runs a bad example and tells where it does something else than the claims say. A text that Postgres cannot parse is sent as it stands. */
export async function proof(session: Session, claims: readonly Claims[], example: Example): Promise<readonly string[]> {
  const seen = await seenIn(session, claims, example)
  return seen === null ? ['nothing in it runs'] : disagreements(claims, seen)
}

/** What an example did; null where nothing in it runs. */
export async function seenIn(session: Session, claims: readonly Claims[], example: Example): Promise<Seen | null> {
  const request = await exampleRequest(example)
  const parsed = request !== null && request.steps.length > 0 ? await observeExample(session, request) : null
  if (claims.some((claim) => claim.fails === '42601') && (parsed === null || parsed.error === null))
    return observeExample(session, rawRequest(example))
  return parsed
}

/** What a bad example did against what its rule claims: one sentence each. */
export function disagreements(claims: readonly Claims[], seen: Seen): readonly string[] {
  if (seen.broken !== null) return [`could not run: ${seen.broken}`]
  const fails = claims.some((claim) => claim.fails !== undefined)
  const wrong: string[] = []
  if (!fails && seen.error !== null) wrong.push(`fails with ${seen.error}, which is not claimed`)
  const met = claims.some((claim) => disagreementsWith(claim, seen).length === 0)
  if (!met && claims[0] !== undefined) wrong.push(...disagreementsWith(claims[0], seen))
  return wrong
}

/** Why a good example is none: it does not run, or it fails on tables with rows as the rule says that bad ones do. */
export function failures(claims: readonly Claims[], seen: Seen): readonly string[] {
  if (seen.broken !== null) return [`could not run: ${seen.broken}`]
  if (seen.error !== null) return [`fails with ${seen.error}`]
  const claimed = claims.some((claim) => claim.fails !== undefined && claim.fails === seen.errorWithRows)
  return claimed ? [`fails with ${seen.errorWithRows} on tables with rows`] : []
}

function disagreementsWith(claim: Claims, seen: Seen): readonly string[] {
  const wrong: string[] = []
  if (claim.fails !== undefined && seen.error !== claim.fails && seen.errorWithRows !== claim.fails) {
    wrong.push(
      `claims to fail with ${claim.fails}, seen ${seen.error ?? 'no error'} on empty tables and ${seen.errorWithRows ?? 'no error'} on tables with rows`,
    )
  }
  if (claim.lock !== undefined && seen.lock !== 'unseen') {
    const held = seen.statements === 1 ? seen.lock === claim.lock : seen.locks.includes(claim.lock)
    if (!held) wrong.push(`claims ${claim.lock}, seen ${seen.locks.join(' and ') || 'none'}`)
  }
  if (claim.rewrites !== undefined && claim.rewrites !== seen.rewrites)
    wrong.push(`claims that it ${claim.rewrites ? 'rewrites' : 'does not rewrite'} the table, seen otherwise`)
  if (claim.scans === true && !seen.scans) wrong.push('claims that it reads the table from end to end, seen otherwise')
  if (claim.scans === false && seen.checks) wrong.push('claims that it does not read the table, seen otherwise')
  return wrong
}
