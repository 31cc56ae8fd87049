import { definitions, differences, type Definition } from './fingerprint.ts'
import { sendAll } from './run.ts'
import type { Session } from './session.ts'
import type { RehearsalDown, RoundTrip } from './types.ts'

/**
 * Tries the ways back of migrations that have just gone up: all down, newest first, and all up again. After each way back
 * the definitions have to be what they were before its migration; `before` holds these by the migration's path.
 */
export async function roundTrips(
  session: Session,
  downs: readonly RehearsalDown[],
  before: ReadonlyMap<string, ReadonlyMap<string, Definition>>,
): Promise<readonly RoundTrip[]> {
  const trips = new Map<RehearsalDown, RoundTrip>()
  // What one way back leaves is not held against those before it.
  const told = new Set<string>()
  const rest = (why: string): readonly RoundTrip[] =>
    downs.map((each) => trips.get(each) ?? tripOf(each, 'unknown', why, null))
  for (const down of [...downs].reverse()) {
    const expected = before.get(down.upPath)
    if (expected === undefined) return rest(`the schema before ${down.name} is not known`)
    const failure = await sendAll(session, down.down)
    if (failure === null) {
      const found = [...differences(expected, await definitions(session))].filter(([key]) => !told.has(key))
      for (const [key] of found) told.add(key)
      const [first] = found
      if (first === undefined) continue
      const more = found.length > 1 ? `, and ${found.length - 1} more` : ''
      trips.set(down, tripOf(down, 'differs', `${first[1]}${more}`, down.down[0]?.line ?? null))
      continue
    }
    if (cannotBeTried.has(failure.code))
      return rest(`the way back of ${down.name} could not be tried: ${failure.message}`)
    trips.set(down, tripOf(down, 'down-fails', failure.message, failure.line))
    return rest(`the way back of ${down.name} fails`)
  }
  const [lost] = trips.keys()
  if (lost !== undefined) return rest(`the way back of ${lost.name} leads elsewhere`)
  for (const down of downs) {
    const failure = await sendAll(session, down.up)
    if (failure !== null && cannotBeTried.has(failure.code))
      return rest(`${down.name} could not be tried again: ${failure.message}`)
    trips.set(
      down,
      failure === null
        ? tripOf(down, 'proven', null, null)
        : { ...tripOf(down, 'up-fails', failure.message, failure.line), path: down.upPath },
    )
    if (failure !== null) return rest(`${down.name} does not go up again`)
  }
  return rest('')
}

/** What was refused, and what a migration raises itself to say that there is no way back. */
const cannotBeTried: ReadonlySet<string> = new Set(['', 'P0001'])

function tripOf(
  down: RehearsalDown,
  result: RoundTrip['result'],
  detail: string | null,
  line: number | null,
): RoundTrip {
  return { name: down.name, path: down.path, result, detail, line }
}
