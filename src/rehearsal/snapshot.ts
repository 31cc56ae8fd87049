import { key, nameOf } from '../schema/model.ts'
import type { Key } from '../schema/model.ts'
import { lockModes } from './observation.ts'
import type { LockMode, Observation } from './observation.ts'
import type { Session } from './session.ts'

/** A relation of the user's at one moment. */
export interface Relation {
  readonly oid: string
  readonly key: Key
  /** `pg_class.relkind`. */
  readonly kind: string
  readonly file: string
  /** Oid of the table of an index, null for anything else. */
  readonly indexOf: string | null
  readonly valid: boolean
  /** Sequential scans of it in this transaction so far. */
  readonly scans: number
}

/** Relations, own locks and unvalidated constraints at one moment. */
export interface Snapshot {
  readonly relations: ReadonlyMap<string, Relation>
  readonly locks: ReadonlyMap<string, ReadonlySet<LockMode>>
  /** Oid of the constraint to `schema.table.constraint` and its table's oid. */
  readonly unvalidated: ReadonlyMap<string, Key>
}

type Row = {
  readonly relations: readonly (readonly [
    string,
    string,
    string,
    string,
    string,
    string | null,
    boolean | null,
    number,
  ])[]
  readonly locks: readonly (readonly [string, string])[]
  readonly unvalidated: readonly (readonly [string, string, string, string])[]
}

const snapshotSql = `
select
  (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(c.oid::text, n.nspname, c.relname, c.relkind, c.relfilenode::text, i.indrelid::text, i.indisvalid,
      pg_catalog.pg_stat_get_xact_numscans(c.oid))), '[]')
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
    left join pg_catalog.pg_index i on i.indexrelid operator(pg_catalog.=) c.oid
    where n.nspname operator(pg_catalog.<>) all (array['pg_catalog', 'information_schema']::name[])
      and n.nspname operator(pg_catalog.!~) '^pg_(toast|temp)'
      and c.relkind operator(pg_catalog.=) any (array['r', 'p', 'm', 'i', 'I', 'v', 'f']::"char"[])) as relations,
  (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(l.relation::text, l.mode)), '[]')
    from pg_catalog.pg_locks l
    where l.locktype operator(pg_catalog.=) 'relation' and l.granted and l.pid operator(pg_catalog.=) pg_catalog.pg_backend_pid()
      and l.database operator(pg_catalog.=) (select d.oid from pg_catalog.pg_database d where d.datname operator(pg_catalog.=) pg_catalog.current_database())) as locks,
  (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(c.oid::text, n.nspname, t.relname, c.conname)), '[]')
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class t on t.oid operator(pg_catalog.=) c.conrelid
    join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) t.relnamespace
    where not c.convalidated and coalesce(pg_catalog.to_jsonb(c) operator(pg_catalog.->>) 'conenforced', 'true') operator(pg_catalog.<>) 'false') as unvalidated`

const strength = new Map<string, number>(lockModes.map((mode, index) => [mode, index]))

function isLockMode(mode: string): mode is LockMode {
  return strength.has(mode)
}

/** Looks at the database without changing it. Throws where the server answers nothing, which is how a wedged embedded one shows. */
export async function snapshot(session: Session): Promise<Snapshot> {
  const [row] = await session.ask<Row>(snapshotSql)
  if (row === undefined) throw new Error('the server stopped answering')
  const relations = new Map<string, Relation>()
  for (const [oid, schema, name, kind, file, indexOf, valid, scans] of row.relations) {
    relations.set(oid, { oid, key: key(schema, name), kind, file, indexOf, valid: valid !== false, scans })
  }
  return {
    relations,
    locks: lockRows(row.locks),
    unvalidated: new Map(row.unvalidated.map(([oid, schema, table, name]) => [oid, `${key(schema, table)}.${name}`])),
  }
}

/** Lock modes by oid from pairs of oid and mode. */
export function lockRows(rows: readonly (readonly [string, string])[]): ReadonlyMap<string, ReadonlySet<LockMode>> {
  const locks = new Map<string, Set<LockMode>>()
  for (const [oid, mode] of rows) if (isLockMode(mode)) locks.set(oid, (locks.get(oid) ?? new Set()).add(mode))
  return locks
}

type Seen = Pick<Observation, 'locks' | 'rewrites' | 'scans' | 'builds' | 'invalid'>

/**
 * What happened between two snapshots. `existing` holds the oids of the relations that count (those from before the pull
 * request); `messages` are what the server said at level DEBUG1; `validated` holds the oids of tables whose foreign keys
 * were checked row by row; `truncates` says that the statement empties tables, whose new file is no rewrite.
 */
export function compareSnapshots(
  before: Snapshot,
  after: Snapshot,
  existing: ReadonlySet<string>,
  messages: readonly string[],
  validated: ReadonlySet<string>,
  truncates: boolean,
): Seen {
  const known = [...before.relations.values()].filter((relation) => existing.has(relation.oid))
  const locks: { relation: Key; mode: LockMode }[] = []
  for (const relation of known) {
    const held = before.locks.get(relation.oid)
    const taken = [...(after.locks.get(relation.oid) ?? [])].filter((mode) => held?.has(mode) !== true)
    const mode = strongest(taken)
    // Whoever waits for an index waits for its table first, unless the lock on the index is the stronger one.
    const table = relation.indexOf === null ? null : strongest(after.locks.get(relation.indexOf) ?? [])
    const least = strength.get(table ?? 'RowExclusiveLock') ?? 0
    if (mode !== null && (relation.indexOf === null || (strength.get(mode) ?? 0) > least))
      locks.push({ relation: relation.key, mode })
  }
  const tables = known.filter((relation) => ['r', 'm', 'p'].includes(relation.kind))
  const built = truncates ? new Map<string, number>() : builtOn(before, after)
  const rewrites = truncates
    ? []
    : tables.filter((table) => (after.relations.get(table.oid)?.file ?? table.file) !== table.file)
  const rewritten = new Set(rewrites.map((table) => table.oid))
  const verified = mentioned(messages, 'verifying table')
  const scans = tables.filter((table) => {
    if (truncates || rewritten.has(table.oid)) return false
    const scanned = (after.relations.get(table.oid)?.scans ?? table.scans) - table.scans
    const locked = after.locks.has(table.oid)
    return (
      scanned > (built.get(table.oid) ?? 0) || validated.has(table.oid) || (locked && verified.has(nameOf(table.key)))
    )
  })
  return {
    locks: locks.sort((a, b) => compareKeys(a.relation, b.relation)),
    rewrites: keysOf(rewrites),
    scans: keysOf(scans),
    builds: keysOf(tables.filter((table) => built.has(table.oid))),
    invalid: newlyInvalid(before, after),
  }
}

/** Indexes and constraints that are invalid or not validated, and were not before. */
export function newlyInvalid(before: Snapshot, after: Snapshot): readonly Key[] {
  const indexes = [...after.relations.values()].filter(
    (relation) => relation.indexOf !== null && !relation.valid && before.relations.get(relation.oid)?.valid !== false,
  )
  const constraints = [...after.unvalidated].filter(([oid]) => !before.unvalidated.has(oid)).map(([, name]) => name)
  return [...indexes.map((index) => index.key), ...constraints].sort(compareKeys)
}

/** The strongest of some lock modes, null for none. */
export function strongest(modes: Iterable<LockMode>): LockMode | null {
  let best: LockMode | null = null
  for (const mode of modes) if (best === null || (strength.get(mode) ?? 0) > (strength.get(best) ?? 0)) best = mode
  return best
}

/** Number of indexes that got a new file, by the oid of their table. A change of type may make an index anew around the file that it had. */
function builtOn(before: Snapshot, after: Snapshot): ReadonlyMap<string, number> {
  const files = new Set([...before.relations.values()].map((relation) => relation.file))
  const built = new Map<string, number>()
  for (const relation of after.relations.values()) {
    if (relation.indexOf === null || relation.file === '0') continue
    if (!files.has(relation.file)) built.set(relation.indexOf, (built.get(relation.indexOf) ?? 0) + 1)
  }
  return built
}

/** Names that stand quoted after a phrase in the server's messages. */
export function mentioned(messages: readonly string[], phrase: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const message of messages) {
    if (!message.startsWith(`${phrase} "`)) continue
    const end = message.lastIndexOf('"')
    names.add(message.slice(phrase.length + 2, end))
  }
  return names
}

function keysOf(relations: readonly Relation[]): readonly Key[] {
  return relations.map((relation) => relation.key).sort(compareKeys)
}

function compareKeys(a: Key, b: Key): number {
  return a < b ? -1 : a > b ? 1 : 0
}
