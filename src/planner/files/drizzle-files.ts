import type { Schema } from '../../schema/model.ts'
import { snapshotBetween, snapshotId } from './drizzle-snapshot.ts'
import type { PlannedMigration } from './runner-files.ts'
import { stamp } from './versions.ts'

/** What drizzle-kit keeps beside migrations: the journal and the last snapshot, on both sides of the change. */
export interface DrizzleFiles {
  readonly layout: 'journal' | 'folders'
  readonly journal: { readonly base: string | null; readonly head: string | null }
  readonly snapshot: { readonly base: string | null; readonly head: string | null }
  readonly now: Date
  /** The name of the nth new migration, counted from 0. */
  nameOf(n: number, title: string): string
}

interface Entry {
  readonly idx: number
  readonly version?: string
  readonly when: number
  readonly tag: string
  readonly breakpoints: boolean
}

interface Journal {
  readonly version?: string
  readonly dialect?: string
  readonly entries: readonly Entry[]
}

/** How new migrations of Drizzle are called: the next number, or the time, as the journal has it. */
export function drizzleNames(
  journal: string | null,
  names: readonly string[],
  layout: DrizzleFiles['layout'],
  now: Date,
): DrizzleFiles['nameOf'] {
  const seconds = Math.floor(now.getTime() / 1000)
  if (layout === 'folders') {
    const last = names
      .flatMap((n) => /^(\d{14})_/.exec(n)?.[1] ?? [])
      .toSorted()
      .at(-1)
    return (n, title) => `${later(last, seconds, n)}_${title}`
  }
  const entries = readJournal(journal).entries
  const [prefix = '0000'] = entries.at(-1)?.tag.split('_') ?? []
  if (/^\d{14}$/.test(prefix)) return (n, title) => `${later(prefix, seconds, n)}_${title}`
  if (/^\d{10}$/.test(prefix)) return (n, title) => `${Math.max(Number(prefix) + 1, seconds) + n}_${title}`
  const next = (entries.at(-1)?.idx ?? -1) + 1
  return (n, title) => `${String(next + n).padStart(4, '0')}_${title}`
}

function later(last: string | undefined, seconds: number, n: number): string {
  const own = stamp(seconds + n)
  return last === undefined || own > last ? own : String(BigInt(last) + BigInt(n) + 1n)
}

/**
 * What `drizzle-kit migrate` needs to run the migrations and `generate` to go on from them: an entry of the journal and a snapshot for each.
 * They follow those of the base, so those that the change itself added are gone. https://orm.drizzle.team/docs/drizzle-kit-generate
 */
export function drizzleMeta(
  files: DrizzleFiles,
  planned: readonly (PlannedMigration & { readonly name: string })[],
  around: { readonly before: Schema; readonly after: Schema },
): ReadonlyMap<string, string> {
  const written = new Map<string, string>()
  const journal = readJournal(files.journal.base)
  const all = [...journal.entries, ...readJournal(files.journal.head).entries]
  let when = Math.max(files.now.getTime(), ...all.map((e) => e.when + 1))
  let idx = (journal.entries.at(-1)?.idx ?? -1) + 1
  let previous = snapshotId(files.snapshot.base) ?? '00000000-0000-0000-0000-000000000000'
  const entries: Entry[] = []
  for (const { name, after } of planned) {
    entries.push({
      idx,
      version: journal.version ?? readJournal(files.journal.head).version ?? '7',
      when,
      tag: name,
      breakpoints: true,
    })
    const snapshot = snapshotBetween(after, { ...files.snapshot, ...around }, previous, name)
    if (snapshot) {
      written.set(`meta/${name.split('_')[0]}_snapshot.json`, snapshot.text)
      previous = snapshot.id
    }
    idx++
    when++
  }
  if (files.layout === 'folders') return new Map()
  written.set(
    'meta/_journal.json',
    JSON.stringify(
      {
        version: journal.version ?? '7',
        dialect: journal.dialect ?? 'postgresql',
        entries: [...journal.entries, ...entries],
      },
      null,
      2,
    ),
  )
  return written
}

function readJournal(text: string | null): Journal {
  try {
    const value = JSON.parse(text ?? '{}') as {
      readonly version?: string
      readonly dialect?: string
      readonly entries?: unknown
    }
    const isEntry = (e: unknown): e is Entry =>
      typeof e === 'object' &&
      e !== null &&
      typeof (e as Entry).idx === 'number' &&
      typeof (e as Entry).tag === 'string' &&
      typeof (e as Entry).when === 'number'
    return {
      ...(value.version === undefined ? {} : { version: value.version }),
      ...(value.dialect === undefined ? {} : { dialect: value.dialect }),
      entries: Array.isArray(value.entries) ? value.entries.filter(isEntry) : [],
    }
  } catch {
    return { entries: [] }
  }
}
