import type { Key } from '../schema/model.ts'
import type { Observation } from './observation.ts'
import { observe } from './observe.ts'
import type { Sent } from './observe.ts'
import { quoted, sqlError } from './session.ts'
import type { Session, SqlError } from './session.ts'
import { newlyInvalid, snapshot } from './snapshot.ts'
import type { Snapshot } from './snapshot.ts'
import type { BaseFailure, RehearsalFile, RehearsalStatement } from './types.ts'
import { missingRole, verdictOf } from './verdict.ts'
import type { Names, Verdict } from './verdict.ts'

/** What became of one step. */
export interface StepOutcome {
  readonly step: number
  readonly observation: Observation | null
  /** Why there is no observation, or why its error is not held against the statement; one sentence without its end, null where all is well. */
  readonly unrehearsed: string | null
  /** SQLSTATE of its error, also of one that is not held against it; null for none. */
  readonly code: string | null
  /** Postgres' message where it fails when it runs again just after; left out where it does not or was not tried. */
  readonly again?: string
}

/** Back to what a new connection finds, so that a `SET` of one file does not reach the next. */
const fresh = 'rollback; reset all; reset session authorization; reset role'

/** Replays what makes the schema before. Never throws for a statement that fails: it is left out, and the list says so. */
export async function runBase(session: Session, files: readonly RehearsalFile[]): Promise<readonly BaseFailure[]> {
  const failures: BaseFailure[] = []
  for (const file of files) {
    await session.send(fresh)
    const sent = file.statements.filter((statement) => statement.action === 'send')
    const plain = file.statements.every((statement) => statement.action === 'send' || statement.action === 'skip')
    if (plain && (await whole(session, sent))) continue
    failures.push(...(await replayed(session, file.statements)))
  }
  await session.send(fresh)
  return failures
}

/** Sends all statements at once in one transaction; false where that fails, with nothing left behind. */
async function whole(session: Session, statements: readonly RehearsalStatement[]): Promise<boolean> {
  if (statements.length === 0) return true
  try {
    await session.send(`begin;\n${statements.map((statement) => statement.text).join(';\n')};\ncommit`)
    return true
  } catch {
    await session.send('rollback')
    return false
  }
}

/** Sends statements one by one in a transaction that is interrupted where one needs to be outside; those that fail are left out. */
async function replayed(session: Session, statements: readonly RehearsalStatement[]): Promise<readonly BaseFailure[]> {
  const failures: BaseFailure[] = []
  await session.send('begin')
  for (const statement of statements) {
    const { path, line } = statement
    if (statement.action === 'refuse')
      failures.push({ path, line, code: '', message: statement.reason ?? 'refused', refused: true })
    if (statement.action !== 'send') continue
    const error = await sentInside(session, statement.text)
    if (error === null) continue
    const again = needsOutside.has(error.code) ? await sentOutside(session, statement.text) : error
    if (again !== null) failures.push({ path, line, code: again.code, message: again.message, refused: false })
  }
  await committed(session)
  return failures
}

/** Sends statements as `runBase` does, up to the first that fails; gives that failure, with its line. */
export async function sendAll(
  session: Session,
  statements: readonly RehearsalStatement[],
): Promise<{ readonly message: string; readonly line: number; readonly code: string } | null> {
  await session.send(fresh)
  await session.send('begin')
  for (const statement of statements) {
    if (statement.action === 'refuse') return { message: statement.reason ?? 'refused', line: statement.line, code: '' }
    if (statement.action !== 'send') continue
    const error = await sentInside(session, statement.text)
    const again = error !== null && needsOutside.has(error.code) ? await sentOutside(session, statement.text) : error
    if (again === null) continue
    await session.send('rollback')
    return { message: again.message, line: statement.line, code: again.code }
  }
  const failure = await committed(session)
  return failure === null ? null : { message: failure.message, line: statements.at(-1)?.line ?? 1, code: failure.code }
}

/** CONCURRENTLY and its like, COMMIT in a procedure, a new enum value that is used: what a transaction block stands in the way of. */
const needsOutside = new Set(['25001', '2D000', '55P04'])

async function sentInside(session: Session, text: string, makeRoles = true): Promise<SqlError | null> {
  const act = makeRoles ? withRoles : (_: Session, once: () => Promise<void>) => once()
  try {
    await act(session, async () => {
      await session.send('savepoint schemagate')
      try {
        await session.send(text)
        await session.send('release savepoint schemagate')
      } catch (thrown) {
        await session.send('rollback to savepoint schemagate; release savepoint schemagate')
        throw thrown
      }
    })
    return null
  } catch (thrown) {
    return sqlError(thrown)
  }
}

async function sentOutside(session: Session, text: string): Promise<SqlError | null> {
  await committed(session)
  try {
    await session.send(text)
    return null
  } catch (thrown) {
    return sqlError(thrown)
  } finally {
    await session.send('rollback; begin')
  }
}

/** True where nothing that the base should have made is missing: what failed was there already. */
export function baseComplete(failures: readonly BaseFailure[]): boolean {
  return failures.every((failure) => alreadyThere.has(failure.code))
}

/** A table, column, object or schema that exists. */
const alreadyThere = new Set(['42P07', '42701', '42710', '42P06'])

/** Runs `act`, makes the roles that it misses, which are no business of a migration, and runs it again. */
async function withRoles<T>(session: Session, act: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await act()
    } catch (thrown) {
      const role = missingRole(sqlError(thrown))
      if (role === null || tries === 20 || !(await madeRole(session, role))) throw thrown
    }
  }
}

/** Makes a role inside the open transaction; false where whoever the migration has become may not. */
async function madeRole(session: Session, role: string): Promise<boolean> {
  return (await sentInside(session, `create role ${quoted(role)}`, false)) === null
}

/** What is known of the base that steps run on. */
export interface Base {
  /** True where all of it is there. */
  readonly complete: boolean
  readonly texts: readonly string[]
  /** Schemas of the platform's own, of which only a part is there. */
  readonly platform: readonly string[]
}

/**
 * Sends the steps as their runner would and tells what each did. `between` is awaited before each transaction, with its first step. Keys of the relations that the steps made, and of the indexes and
 * constraints that they leave invalid in the end, are the result.
 */
export async function runSteps(
  session: Session,
  steps: readonly RehearsalStatement[],
  base: Base,
  tell: (outcome: StepOutcome) => void,
  starting: (step: number) => void,
  between: (step: RehearsalStatement) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly created: readonly Key[]; readonly invalid: readonly Key[] }> {
  const first = await snapshot(session)
  const existing = new Set(first.relations.keys())
  let whole = base.complete
  for (const group of groupsOf(steps)) {
    const begins = steps[group[0] ?? 0]
    if (begins !== undefined) await between(begins)
    const outcomes = await runGroup(session, steps, group, existing, { ...base, complete: whole }, starting)
    for (const outcome of outcomes) {
      const step = steps[outcome.step]
      const again =
        step?.repeat === true && outcome.code === null && outcome.unrehearsed === null
          ? await failsAgain(session, step.text)
          : null
      tell(again === null ? outcome : { ...outcome, again })
      if (outcome.unrehearsed !== null || outcome.observation?.error) whole = false
    }
  }
  await session.send(fresh)
  const last = await snapshot(session)
  const names = new Set([...first.relations.values()].map((relation) => relation.key))
  return {
    created: [...last.relations.values()].map((relation) => relation.key).filter((name) => !names.has(name)),
    invalid: newlyInvalid(first, last),
  }
}

/** Errors by which a statement says that it has been done already. */
const doneAlready = new Set(['42P07', '42701', '42710', '42P06', '42704', '42P01', '42703', '42P16', '42723'])

/** Tries a statement a second time; gives Postgres' message where it has been done already. Leaves the database as it was. */
async function failsAgain(session: Session, text: string): Promise<string | null> {
  try {
    await session.send('begin')
    await session.send(text)
    return null
  } catch (thrown) {
    const error = sqlError(thrown)
    if (error.code !== '25001') return doneAlready.has(error.code) ? error.message : null
  } finally {
    await session.send('rollback')
  }
  try {
    await session.send(text)
    return null
  } catch (thrown) {
    const error = sqlError(thrown)
    return doneAlready.has(error.code) ? error.message : null
  }
}

/** Indexes of the steps that share a transaction, in order. */
export function groupsOf(steps: readonly RehearsalStatement[]): readonly (readonly number[])[] {
  const groups: number[][] = []
  let last: number | null = null
  for (const [index, step] of steps.entries()) {
    const group = groups.at(-1)
    if (group !== undefined && step.transaction === last) group.push(index)
    else groups.push([index])
    last = step.transaction
  }
  return groups
}

async function runGroup(
  session: Session,
  steps: readonly RehearsalStatement[],
  group: readonly number[],
  existing: ReadonlySet<string>,
  base: Base,
  starting: (step: number) => void,
): Promise<readonly StepOutcome[]> {
  const outcomes: StepOutcome[] = []
  const alone = new Set<number>()
  let whole = base.complete
  let before: Snapshot | null = null
  await session.send('begin')
  for (const index of group) {
    const step = steps[index]
    if (step === undefined) continue
    starting(index)
    if (step.action === 'refuse') {
      whole = false
      outcomes.push({ step: index, observation: null, unrehearsed: step.reason, code: null })
      continue
    }
    if (step.action === 'rollback') {
      await session.send('rollback; begin')
      before = null
    }
    if (step.action === 'control') {
      try {
        await session.send(step.text)
      } catch {
        await session.send('rollback; begin')
      }
      before = null
    }
    if (step.action !== 'send') {
      outcomes.push({ step: index, observation: nothing(session), unrehearsed: null, code: null })
      continue
    }
    const sent: Sent = await sendStep(session, step, before ?? (await snapshot(session)), existing)
    before = sent.after
    if (before === null) alone.add(index)
    const verdict =
      sent.error === null
        ? null
        : verdictOf(sent.error, step, {
            complete: whole,
            platform: base.platform,
            texts: [...base.texts, ...steps.slice(0, index).map(({ text }) => text)],
            names: await namesIn(session),
          })
    const outcome = judged(index, sent, verdict)
    if (outcome.unrehearsed !== null || sent.error !== null) whole = false
    outcomes.push(outcome)
  }
  const failure = await committed(session)
  const lastSent = outcomes.findLast((outcome) => outcome.observation !== null)
  const until = group.at(-1) ?? 0
  return outcomes.map((outcome) => {
    const observation =
      outcome.observation === null
        ? null
        : { ...outcome.observation, heldUntil: alone.has(outcome.step) ? outcome.step : until }
    if (failure === null || outcome !== lastSent) return { ...outcome, observation }
    return {
      ...outcome,
      observation: null,
      unrehearsed: `the commit fails here: ${failure.message}`,
      code: failure.code,
    }
  })
}

/** Commits; gives the error where it cannot, which hangs on deferred checks of rows. */
async function committed(session: Session): Promise<SqlError | null> {
  try {
    await session.send('commit')
    return null
  } catch (thrown) {
    await session.send('rollback')
    return sqlError(thrown)
  }
}

async function sendStep(
  session: Session,
  step: RehearsalStatement,
  before: Snapshot,
  existing: ReadonlySet<string>,
): Promise<Sent> {
  const sending = { text: step.text, existing, before }
  let sent = await observe(session, { ...sending, inBlock: true })
  for (let tries = 0; sent.error !== null && tries < 20; tries++) {
    const role = missingRole(sent.error)
    if (role === null || !(await madeRole(session, role))) break
    sent = await observe(session, { ...sending, inBlock: true })
  }
  const outsideOnly = sent.error?.code === '25001' || sent.error?.code === '2D000'
  if (!outsideOnly || step.block === true) return sent
  await session.send('commit')
  const alone = await observe(session, { ...sending, inBlock: false })
  await session.send('begin')
  return alone
}

function judged(step: number, { error, observation }: Sent, verdict: Verdict | null): StepOutcome {
  if (error === null || verdict === null) return { step, observation, unrehearsed: null, code: null }
  return verdict === 'genuine'
    ? { step, observation, unrehearsed: null, code: error.code }
    : { step, observation: null, unrehearsed: because[verdict](error.message), code: error.code }
}

const because: Readonly<Record<Exclude<Verdict, 'genuine'>, (message: string) => string>> = {
  rows: (message) => `it depends on rows that an empty database lacks (${message})`,
  raised: (message) => `code that it sets off raises an error (${message})`,
  server: (message) => `the rehearsal's server cannot run it (${message})`,
  absent: (message) => `it needs what no migration makes (${message})`,
  consequence: (message) => `something before it could not be rehearsed (${message})`,
}

async function namesIn(session: Session): Promise<Names> {
  const [names] = await session.ask<Names>(namesSql)
  return names ?? { schemas: [], relations: [], types: [], functions: [] }
}

const namesSql = `
select
  (select pg_catalog.json_agg(n.nspname) from pg_catalog.pg_namespace n where n.nspname operator(pg_catalog.!~) '^pg_(toast|temp)') as schemas,
  (select coalesce(pg_catalog.json_agg(c.relname), '[]') from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
    where n.nspname operator(pg_catalog.<>) all (array['pg_catalog', 'information_schema']::name[]) and n.nspname operator(pg_catalog.!~) '^pg_(toast|temp)') as relations,
  (select pg_catalog.json_agg(pg_catalog.format_type(t.oid, null)) from pg_catalog.pg_type t where t.typcategory operator(pg_catalog.<>) 'A' and t.typtype operator(pg_catalog.<>) 'c') as types,
  (select pg_catalog.json_agg(distinct p.proname::text) from pg_catalog.pg_proc p) as functions`

/** The observation of a statement that touches nothing. */
function nothing(session: Session): Observation {
  return {
    postgres: session.version,
    locks: [],
    rewrites: [],
    scans: [],
    builds: [],
    invalid: [],
    heldUntil: 0,
    error: null,
    milliseconds: 0,
  }
}
