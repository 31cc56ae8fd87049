import type { Step } from '../step.ts'
import { nameOf, schemaOf } from '../schema/model.ts'
import type { Key, Schema } from '../schema/model.ts'
import { lockModes } from './observation.ts'
import type { LockMode } from './observation.ts'

/** A lock from the statement that takes it to the end of its transaction. */
export interface TimelineLock {
  readonly table: Key
  /** As it is shown: without the default schema. */
  readonly name: string
  readonly mode: LockMode
  readonly blocks: 'reads and writes' | 'writes' | 'schema changes'
  readonly from: TimelineMoment
  readonly until: TimelineMoment
  /** What happens to the table while the lock is held, beyond a change of the catalog. */
  readonly work: readonly TimelineWork[]
  /** Another table whose rows are worked on meanwhile, as it is shown; null for none. */
  readonly meanwhile: string | null
}

export type TimelineWork = 'rewrite' | 'scan' | 'index build'

/** A statement of the timeline. */
export interface TimelineMoment {
  /** From 1 on, over all new migrations of the project in the order in which they run; what stands in the body of another is not counted. */
  readonly number: number
  readonly path: string
  readonly line: number
}

/** Which tables are locked in which mode from which statement until commit. */
export interface LockTimeline {
  /** Locks that block anybody, of the transactions that work on rows under such a lock; in the order in which they are taken. */
  readonly locks: readonly TimelineLock[]
  /** The worst moment in one line, without its full stop: `` `users` cannot be read or written from statement 2 until commit ``; null where nobody waits for longer than a moment. */
  readonly worst: string | null
  /** Number of statements. */
  readonly statements: number
  /** Version of the server that was watched. */
  readonly postgres: string | null
}

const rank = new Map<LockMode, number>(lockModes.map((mode, index) => [mode, index]))

/** What others cannot do to a table that is locked in a mode; null for what blocks nobody. */
export function blockedBy(mode: LockMode): TimelineLock['blocks'] | null {
  const strength = rank.get(mode) ?? 0
  if (mode === 'AccessExclusiveLock') return 'reads and writes'
  if (strength >= (rank.get('ShareLock') ?? 0)) return 'writes'
  return mode === 'ShareUpdateExclusiveLock' ? 'schema changes' : null
}

/** Builds the timeline from steps that were rehearsed. Transactions whose locks are gone in a moment are left out. */
export function lockTimeline(steps: readonly Step[]): LockTimeline {
  const moments = momentsOf(steps)
  const tables = tableFinder()
  const work = workIn(steps)
  const locks: TimelineLock[] = []
  for (let from = 0; from < steps.length;) {
    let until = from
    while (until + 1 < steps.length && steps[until + 1]?.transaction.id === steps[from]?.transaction.id) until++
    const own = locksOf(steps, moments, tables, work, from, until)
    if (own.some(keepsWaiting)) locks.push(...own)
    from = until + 1
  }
  const postgres = steps.find((step) => step.observation !== null)?.observation?.postgres ?? null
  return {
    locks,
    worst: worstOf(locks, new Set(moments.map(({ path }) => path)).size > 1),
    statements: moments.at(-1)?.number ?? 0,
    postgres,
  }
}

function momentsOf(steps: readonly Step[]): readonly TimelineMoment[] {
  let number = 0
  let at: TimelineMoment = { number, path: '', line: 1 }
  return steps.map(({ statement: { inside, place } }) => {
    if (inside === null) at = { number: ++number, path: place.path, line: place.line }
    return at
  })
}

/** True where somebody waits while rows are worked on. */
function keepsWaiting(lock: TimelineLock): boolean {
  return lock.blocks !== 'schema changes' && (lock.work.length > 0 || lock.meanwhile !== null)
}

function locksOf(
  steps: readonly Step[],
  moments: readonly TimelineMoment[],
  tableOf: (schema: Schema, relation: Key) => Key,
  work: readonly WorkEvent[],
  first: number,
  last: number,
): readonly TimelineLock[] {
  const held = new Map<Key, LockMode>()
  const locks = new Map<string, TimelineLock>()
  for (let index = first; index <= last; index++) {
    const step = steps[index]
    const from = moments[index]
    if (!step?.observation || step.statement.inside !== null || from === undefined) continue
    const end = Math.min(Math.max(step.observation.heldUntil, index), last)
    for (const { relation, mode } of step.observation.locks) {
      const table = tableOf(step.before, relation)
      const before = held.get(table)
      const blocks = blockedBy(mode)
      if (blocks === null || (before !== undefined && (rank.get(before) ?? 0) >= (rank.get(mode) ?? 0))) continue
      held.set(table, mode)
      locks.set(`${index} ${table}`, {
        table,
        name: shown(steps, table),
        mode,
        blocks,
        from,
        until: moments[end] ?? from,
        ...workUnder(steps, work, table, index, end),
      })
    }
  }
  return [...locks.values()]
}

/** Finds the table that an index belongs to, as far as the schema knows it; a table is its own. */
function tableFinder(): (schema: Schema, relation: Key) => Key {
  const known = new Map<Key, Key>()
  return (schema, relation) => {
    if (schema.tables.has(relation)) return relation
    const found = known.get(relation)
    if (found !== undefined) return found
    const name = nameOf(relation)
    for (const table of schema.tables.values()) {
      if (table.schema !== schemaOf(relation)) continue
      if (
        table.primaryKey?.name === name ||
        table.indexes.some((index) => index.name === name) ||
        table.uniques.some((unique) => unique.name === name)
      ) {
        known.set(relation, table.key)
        return table.key
      }
    }
    return relation
  }
}

/** One piece of work on the rows of a table. */
interface WorkEvent {
  readonly index: number
  readonly table: Key
  readonly kind: TimelineWork
}

function workIn(steps: readonly Step[]): readonly WorkEvent[] {
  return steps.flatMap(({ observation, statement }, index): WorkEvent[] => {
    if (!observation || statement.inside !== null) return []
    const { rewrites, scans, builds } = observation
    return [
      ...rewrites.map((table) => ({ index, table, kind: 'rewrite' as const })),
      ...scans.map((table) => ({ index, table, kind: 'scan' as const })),
      ...builds
        .filter((table) => !rewrites.includes(table))
        .map((table) => ({ index, table, kind: 'index build' as const })),
    ]
  })
}

function workUnder(
  steps: readonly Step[],
  work: readonly WorkEvent[],
  table: Key,
  from: number,
  until: number,
): Pick<TimelineLock, 'work' | 'meanwhile'> {
  const under = work.filter(({ index }) => index >= from && index <= until)
  const other = under.find((event) => event.table !== table)
  return {
    work: [...new Set(under.filter((event) => event.table === table).map(({ kind }) => kind))],
    meanwhile: other === undefined ? null : shown(steps, other.table),
  }
}

const workWords: Readonly<Record<TimelineWork, string>> = {
  rewrite: 'it is rewritten',
  scan: 'it is scanned',
  'index build': 'an index is built on it',
}

/** The line of a statement as a reader finds it, with its file where there are several. */
function lineOf({ path, line }: TimelineMoment, isOneOfMany: boolean): string {
  const [folder, file = ''] = path.split('/').slice(-2)
  const name = /^(?:migration|up|down)\.sql$/.test(file) ? `${folder}/${file}` : file || (folder ?? '')
  return isOneOfMany ? `line ${line} of \`${name.replaceAll('`', '')}\`` : `line ${line}`
}

function worstOf(locks: readonly TimelineLock[], hasFiles: boolean): string | null {
  const weight = (lock: TimelineLock): number =>
    (lock.work.includes('rewrite') ? 2000 : lock.work.length > 0 ? 1000 : 0) +
    (lock.blocks === 'reads and writes' ? 500 : 0) +
    Math.min(lock.until.number - lock.from.number, 499)
  const [worst] = locks.filter(keepsWaiting).sort((a, b) => weight(b) - weight(a) || a.from.number - b.from.number)
  if (worst === undefined) return null
  const subject = `\`${worst.name.replaceAll('`', '')}\` cannot be ${worst.blocks === 'writes' ? 'written' : 'read or written'}`
  const span =
    worst.until.number > worst.from.number
      ? `from ${lineOf(worst.from, hasFiles)} until commit, after ${lineOf(worst.until, hasFiles && worst.until.path !== worst.from.path)}`
      : `while ${lineOf(worst.from, hasFiles)} runs`
  const work =
    worst.work.length > 0
      ? worst.work.map((each) => workWords[each]).join(' and ')
      : `\`${(worst.meanwhile ?? '').replaceAll('`', '')}\` is worked on`
  return worst.until.number > worst.from.number || worst.work.length === 0
    ? `${subject} ${span}, while ${work}`
    : `${subject} ${span}: ${work}`
}

function shown(steps: readonly Step[], table: Key): string {
  const schema = steps[0]?.before.defaultSchema ?? 'public'
  return schemaOf(table) === schema ? nameOf(table) : table
}
