import type { Step } from '../engine/rule.ts'
import { nameOf, schemaOf } from '../schema/model.ts'
import type { Key, Schema } from '../schema/model.ts'
import { lockModes } from './observation.ts'
import type { LockMode } from './observation.ts'

/** A lock from the statement that takes it to the end of its transaction; statements are indexes into the steps. */
export interface TimelineLock {
  readonly table: Key
  readonly mode: LockMode
  readonly blocks: 'reads and writes' | 'writes' | 'schema changes' | 'nothing'
  readonly from: number
  readonly until: number
  /** What happens to the table while the lock is held, beyond a change of the catalog. */
  readonly work: readonly ('rewrite' | 'scan' | 'index build')[]
}

export interface TimelineTransaction {
  /** First and last step, both inclusive. */
  readonly from: number
  readonly until: number
  /** One clause that says why these share a transaction. */
  readonly because: string
  readonly locks: readonly TimelineLock[]
}

/** Which tables are locked in which mode from which statement until commit. */
export interface LockTimeline {
  readonly transactions: readonly TimelineTransaction[]
  /** The worst moment in one line, without its full stop: `` `users` cannot be read or written from statement 2 until commit ``; null where no lock blocks anybody. */
  readonly worst: string | null
  /** Version of the server that was watched. */
  readonly postgres: string | null
}

const rank = new Map<LockMode, number>(lockModes.map((mode, index) => [mode, index]))

/** The name that the manual has for a lock mode: `ACCESS EXCLUSIVE` ([13.3.1](https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES)). */
export function lockName(mode: LockMode): string {
  return mode.slice(0, -'Lock'.length).replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toUpperCase()
}

/** What others cannot do to a table that is locked in a mode. */
export function blockedBy(mode: LockMode): TimelineLock['blocks'] {
  const strength = rank.get(mode) ?? 0
  if (mode === 'AccessExclusiveLock') return 'reads and writes'
  if (strength >= (rank.get('ShareLock') ?? 0)) return 'writes'
  return mode === 'ShareUpdateExclusiveLock' ? 'schema changes' : 'nothing'
}

/** Builds the timeline from steps that were rehearsed. Locks that block nobody are left out. */
export function lockTimeline(steps: readonly Step[]): LockTimeline {
  const transactions: TimelineTransaction[] = []
  for (let from = 0; from < steps.length;) {
    let until = from
    while (steps[until + 1]?.transaction.id === steps[from]?.transaction.id && until + 1 < steps.length) until++
    const locks = locksOf(steps, from, until)
    if (locks.length > 0) transactions.push({ from, until, because: steps[from]?.transaction.because ?? '', locks })
    from = until + 1
  }
  const postgres = steps.find((step) => step.observation !== null)?.observation?.postgres ?? null
  return { transactions, worst: worstOf(steps, transactions), postgres }
}

function locksOf(steps: readonly Step[], from: number, until: number): readonly TimelineLock[] {
  const held = new Map<Key, TimelineLock>()
  const locks: TimelineLock[] = []
  for (let index = from; index <= until; index++) {
    const observation = steps[index]?.observation
    const schema = steps[index]?.before
    if (!observation || schema === undefined) continue
    for (const { relation, mode } of observation.locks) {
      const table = tableOf(schema, relation)
      const before = held.get(table)
      if (before !== undefined && (rank.get(before.mode) ?? 0) >= (rank.get(mode) ?? 0)) continue
      const blocks = blockedBy(mode)
      if (blocks === 'nothing') continue
      const lock: TimelineLock = { table, mode, blocks, from: index, until: Math.min(Math.max(observation.heldUntil, index), until), work: workOn(steps, table, index, until) }
      held.set(table, lock)
      locks.push(lock)
    }
  }
  return locks.filter((lock) => !locks.some((other) => other !== lock && other.table === lock.table && other.from === lock.from && (rank.get(other.mode) ?? 0) > (rank.get(lock.mode) ?? 0)))
}

/** The table that an index belongs to, as far as the schema knows it; a table is its own. */
function tableOf(schema: Schema, relation: Key): Key {
  if (schema.tables.has(relation)) return relation
  const name = nameOf(relation)
  for (const table of schema.tables.values()) {
    if (table.schema !== schemaOf(relation)) continue
    if (table.primaryKey?.name === name || table.indexes.some((index) => index.name === name) || table.uniques.some((unique) => unique.name === name)) return table.key
  }
  return relation
}

function workOn(steps: readonly Step[], table: Key, from: number, until: number): TimelineLock['work'] {
  const work = new Set<TimelineLock['work'][number]>()
  for (const step of steps.slice(from, until + 1)) {
    if (step.observation?.rewrites.includes(table) === true) work.add('rewrite')
    else if (step.observation?.builds.includes(table) === true) work.add('index build')
    if (step.observation?.scans.includes(table) === true) work.add('scan')
  }
  return [...work]
}

function worstOf(steps: readonly Step[], transactions: readonly TimelineTransaction[]): string | null {
  const all = transactions.flatMap((transaction) => transaction.locks).filter((lock) => lock.blocks === 'reads and writes' || lock.blocks === 'writes')
  const weight = (lock: TimelineLock): number => (lock.work.length > 0 ? 1000 : 0) + (lock.blocks === 'reads and writes' ? 500 : 0) + Math.min(lock.until - lock.from, 499)
  const [worst] = all.sort((a, b) => weight(b) - weight(a) || a.from - b.from)
  if (worst === undefined) return null
  const subject = `\`${shown(steps, worst.table)}\` cannot be ${worst.blocks === 'writes' ? 'written' : 'read or written'}`
  const span = worst.until > worst.from ? `from statement ${worst.from + 1} until commit (statement ${worst.until + 1})` : `while statement ${worst.from + 1} runs`
  const words = { rewrite: 'it is rewritten', scan: 'it is scanned', 'index build': 'an index is built on it' } as const
  return `${subject} ${span}, ${worst.work.length === 0 ? 'without a scan or rewrite of it' : `while ${worst.work.map((each) => words[each]).join(' and ')}`}`
}

function shown(steps: readonly Step[], table: Key): string {
  const schema = steps[0]?.before.defaultSchema ?? 'public'
  return schemaOf(table) === schema ? nameOf(table) : table
}

const maxRows = 40

/** The timeline as a Markdown table; `escape` makes a name safe where it is shown. */
export function timelineTable(timeline: LockTimeline, steps: readonly Step[], escape: (text: string) => string = escapeMarkdown): string {
  const locks = timeline.transactions.flatMap((transaction) => transaction.locks)
  if (locks.length === 0) return ''
  const rows = locks.slice(0, maxRows).map((lock) => {
    const until = lock.until > lock.from ? `commit, after statement ${lock.until + 1}` : 'it ends'
    return `| ${lock.from + 1} | ${escape(shown(steps, lock.table))} | ${lockName(lock.mode)} | ${lock.blocks} | ${until} | ${lock.work.join(', ') || 'none'} |`
  })
  const rest = locks.length > maxRows ? `\n\n${locks.length - maxRows} more locks are not shown.` : ''
  return `| Statement | Table | Lock | Blocks | Until | Work under it |\n| ---: | --- | --- | --- | --- | --- |\n${rows.join('\n')}${rest}`
}

/** The timeline as a mermaid gantt whose axis counts statements; empty where nothing is locked. */
export function timelineChart(timeline: LockTimeline, steps: readonly Step[]): string {
  const byTable = new Map<Key, TimelineLock[]>()
  for (const lock of timeline.transactions.flatMap((transaction) => transaction.locks).slice(0, maxRows)) byTable.set(lock.table, [...(byTable.get(lock.table) ?? []), lock])
  if (byTable.size === 0) return ''
  const lines = ['gantt', '  dateFormat X', '  axisFormat %s', '  tickInterval 1second']
  for (const [table, locks] of byTable) {
    lines.push(`  section ${shown(steps, table).replaceAll(/[^\p{L}\p{N}_. -]/gu, '_')}`)
    for (const lock of locks) {
      const state = lock.blocks === 'reads and writes' ? 'crit, ' : lock.blocks === 'writes' ? 'active, ' : ''
      lines.push(`  ${lockName(lock.mode)} :${state}${lock.from + 1}, ${lock.until + 2}`)
    }
  }
  return lines.join('\n')
}

function escapeMarkdown(text: string): string {
  return `\`${text.replaceAll(/[\r\n`|]/g, ' ')}\``
}
