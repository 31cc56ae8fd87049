import { definitions, difference } from './fingerprint.ts'
import { sendAll } from './run.ts'
import { sqlError } from './session.ts'
import type { Session } from './session.ts'
import type { RehearsalDown, RehearsalStatement, Rerun, RoundTrip } from './types.ts'

/**
 * Tries the ways back of migrations that have just gone up: all down, newest first, and all up again. After each way back
 * the definitions have to be what they were before its migration; `before` holds these by the migration's path.
 */
export async function roundTrips(session: Session, downs: readonly RehearsalDown[], before: ReadonlyMap<string, ReadonlySet<string>>): Promise<readonly RoundTrip[]> {
  const trips = new Map<RehearsalDown, RoundTrip>()
  const rest = (why: string): readonly RoundTrip[] => downs.map((each) => trips.get(each) ?? tripOf(each, 'unknown', why, null))
  for (const down of [...downs].reverse()) {
    const expected = before.get(down.upPath)
    if (expected === undefined) return rest(`the schema before ${down.name} is not known`)
    const failure = await sendAll(session, down.down)
    const differs = failure === null ? difference(expected, await definitions(session)) : null
    if (failure === null && differs === null) continue
    trips.set(down, failure === null ? tripOf(down, 'differs', differs, null) : tripOf(down, 'down-fails', failure.message, failure.line))
    return rest(`the way back of ${down.name} ${failure === null ? 'leads elsewhere' : 'fails'}`)
  }
  for (const down of downs) {
    const failure = await sendAll(session, down.up)
    trips.set(down, failure === null ? tripOf(down, 'proven', null, null) : tripOf(down, 'up-fails', failure.message, failure.line))
    if (failure !== null) return rest(`${down.name} does not go up again`)
  }
  return rest('')
}

function tripOf(down: RehearsalDown, result: RoundTrip['result'], detail: string | null, line: number | null): RoundTrip {
  return { name: down.name, path: down.path, result, detail, line }
}

/** Errors by which a statement says that it has been done already. */
const doneAlready = new Set(['42P07', '42701', '42710', '42P06', '42704', '42P01', '42703', '42P16', '42723'])

/**
 * Sends the files whose statements each commit on their own a second time and tells which statements then fail: after a
 * failure half way, the runner would stop at these. Leaves the database as it was, where that is possible.
 */
export async function reruns(session: Session, steps: readonly RehearsalStatement[]): Promise<readonly Rerun[]> {
  const files = new Map<string, number[]>()
  for (const [index, step] of steps.entries()) {
    if (step.partOf === null && step.block === false && step.action === 'send') files.set(step.path, [...(files.get(step.path) ?? []), index])
  }
  const found: Rerun[] = []
  for (const [path, indexes] of files) {
    if (indexes.length < 2) continue
    const fails: { step: number; message: string }[] = []
    for (const index of indexes.slice(0, -1)) {
      const message = await failsAgain(session, steps[index]?.text ?? '')
      if (message !== null) fails.push({ step: index, message })
    }
    if (fails.length > 0) found.push({ path, fails })
  }
  return found
}

async function failsAgain(session: Session, text: string): Promise<string | null> {
  try {
    await session.send('begin')
    await session.send(text)
    return null
  } catch (thrown) {
    const error = sqlError(thrown)
    if (doneAlready.has(error.code)) return error.message
    if (error.code !== '25001') return null
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
