import { rowsOf } from '../../engine/size.ts'
import { at } from '../../location.ts'
import { fail, none, pass, places, unknown } from '../../engine/decided.ts'
import type { ChecklistAnswer } from '../../engine/decided.ts'
import type { Finding } from '../../finding.ts'
import { schemaOf } from '../../schema/model.ts'
import { growsWithData } from '../loops.ts'
import { poolingOf } from '../pooling.ts'
import type { Query } from '../query.ts'
import { fileKind } from '../typescript/features.ts'
import { some } from './seen.ts'
import { isServed, isSmall, wantsAll } from './served.ts'
import type { Answers, Seen } from './seen.ts'

/** Rules of which an answer depends on how large a table is, which nobody may have said. */
const bySize = new Set([
  'require-index-for-filter',
  'no-function-on-indexed-column',
  'require-containment-index',
  'require-limit',
  'require-search-index',
])

/** A finding that stands, or one that says only that a size is not known. */
function verdict(seen: Seen, findings: readonly Finding[]): ChecklistAnswer | null {
  const certain = findings.filter((f) => f.severity !== 'info')
  const [first] = certain
  if (first !== undefined)
    return fail(
      certain.length === 1
        ? `${first.message} ${places(certain)}`
        : `${some(certain.length, 'finding')}: ${places(certain)}`,
    )
  const unsure = findings.filter((f) => bySize.has(f.rule))
  const isSized = unsure.every(
    ({ evidence, object }) => evidence?.plan != null || rowsOf(seen.config, object, schemaOf(object)) !== undefined,
  )
  if (unsure.length > 0)
    return unknown(
      `how many rows ${isSized ? 'match is not known' : 'the table has is not declared'}: ${places(unsure)}`,
    )
  return null
}

function isForeign(seen: Seen, query: Query & { readonly project: string }): boolean {
  return seen.projects.find((p) => p.project.name === query.project)?.project.dialect !== 'postgresql'
}

/** Nobody knows what a query asks that is put together at run time; null where there is none. */
function putTogether(relevant: Seen['changed']): ChecklistAnswer | null {
  const dynamic = relevant.filter((q) => q.dynamic)
  return dynamic.length === 0
    ? null
    : unknown(
        `${dynamic.length} of ${some(relevant.length, 'query', 'queries')} ${dynamic.length === 1 ? 'is' : 'are'} put together at run time: ${places(dynamic)}`,
      )
}

/** Queries of the pull request that another library sends; null where there are none. */
function sentElsewhere({ facts: { elsewhere } }: Seen): ChecklistAnswer | null {
  return elsewhere.length === 0
    ? null
    : unknown(`${some(elsewhere.length, 'query', 'queries')} of a library that is not read: ${places(elsewhere)}`)
}

/** How the queries of the pull request and the clients behind them do. */
export const queryAnswers: Answers<
  | 'queries-use-indexes'
  | 'no-full-scans'
  | 'joins-vs-subqueries'
  | 'connection-pooling'
  | 'read-replicas'
  | 'caching'
  | 'n-plus-one'
> = {
  'queries-use-indexes'(seen) {
    const found = verdict(seen, seen.of('queries-use-indexes'))
    if (found?.status === 'fail') return found
    const relevant = seen.changed.filter(
      (q) => q.operation !== 'insert' && (q.predicates.length > 0 || q.ordering.length > 0 || q.dynamic),
    )
    if (relevant.length === 0)
      return found ?? sentElsewhere(seen) ?? none('no query of this pull request filters or sorts')
    if (found !== null) return found
    const open = putTogether(relevant) ?? sentElsewhere(seen)
    if (open !== null) return open
    const foreign = relevant.filter((q) => isForeign(seen, q))
    if (foreign.length > 0)
      return unknown(`indexes of another database than PostgreSQL are not judged: ${places(foreign)}`)
    const served = relevant.filter((q) => isSmall(seen, q) || isServed(seen, q))
    const rest = relevant.filter((q) => !served.includes(q))
    if (rest.length > 0) return unserved(seen, rest)
    return pass(`${some(relevant.length, 'query', 'queries')} with an index or on a small table: ${places(relevant)}`)
  },

  'no-full-scans'(seen) {
    const found = verdict(seen, [
      ...seen.of('no-full-scans'),
      ...seen.findings.filter((f) => f.rule === 'require-index-for-filter' && f.suppressed === null),
    ])
    if (found?.status === 'fail') return found
    const relevant = seen.changed.filter((q) => q.operation !== 'insert')
    if (relevant.length === 0)
      return found ?? sentElsewhere(seen) ?? none('no query of this pull request reads a table')
    if (found !== null) return found
    const open = putTogether(relevant) ?? sentElsewhere(seen)
    if (open !== null) return open
    const foreign = relevant.filter((q) => isForeign(seen, q))
    if (foreign.length > 0)
      return unknown(`how another database than PostgreSQL reads its tables is not judged: ${places(foreign)}`)
    const bare = relevant.filter((q) => wantsAll(q) && !isSmall(seen, q))
    if (bare.length > 0)
      return unknown(`whether all rows are read depends on what is around the query: ${places(bare)}`)
    const rest = relevant.filter((q) => !isSmall(seen, q) && !isServed(seen, q))
    if (rest.length > 0) return unserved(seen, rest)
    return pass(`${some(relevant.length, 'query', 'queries')}, none of which reads a whole table: ${places(relevant)}`)
  },

  'joins-vs-subqueries'(seen) {
    const findings = seen.of('joins-vs-subqueries')
    const found = verdict(seen, findings)
    if (found !== null) return found
    const relevant = seen.changed.filter(
      (q) => q.tables.length > 1 || (q.call.endsWith('(nested)') && q.statement === undefined),
    )
    if (relevant.length === 0) return none('no query of this pull request joins tables or holds a subquery')
    const dynamic = relevant.filter((q) => q.dynamic && !q.call.endsWith('(nested)'))
    if (dynamic.length > 0) return unknown(`put together at run time: ${places(dynamic)}`)
    if (findings.length > 0) return pass(`an EXISTS would do where a join stands: ${places(findings)}`)
    return pass(`${some(relevant.length, 'query', 'queries')} over several tables: ${places(relevant)}`)
  },

  'connection-pooling'(seen) {
    const found = verdict(seen, seen.of('connection-pooling'))
    if (found !== null) return found
    const answer = poolingOf(
      seen.facts,
      seen.projects.map(({ project }) => project.dialect),
    )
    return seen.partial === true && answer.status === 'pass'
      ? pass(`${answer.evidence}; of code that does not change, only files named after clients were read`)
      : answer
  },

  'read-replicas'(seen) {
    const [replica] = seen.facts.replicas
    if (replica === undefined) return replicaByHand(seen)
    const found = seen.of('read-replicas')
    if (found.length > 0) return fail(`${found[0]?.message ?? ''} ${places(found)}`)
    const reads = seen.changed.filter((q) => q.operation === 'select' && q.context.transaction === null)
    if (reads.length === 0) return none('no query of this pull request could be read from a replica')
    const dynamic = reads.filter((q) => q.dynamic && q.replica !== true)
    if (dynamic.length > 0)
      return unknown(
        `replicas are set up (${places([replica])}), and what these reads ask of the primary is put together at run time: ${places(dynamic)}`,
      )
    return pass(
      `replicas are set up (${places([replica])}), and ${some(reads.length, 'read')} can go to them: ${places(reads)}`,
    )
  },

  caching(seen) {
    const found = seen.of('caching')
    if (found.length > 0) return fail(`${found[0]?.message ?? ''} ${places(found)}`)
    const [cache] = seen.facts.caches
    if (cache === undefined) return none(`no cache is set up in ${whatWasRead(seen)}`)
    const shapes = seen.projects
      .flatMap((p) => p.steps)
      .flatMap((s) => s.changes)
      .filter((c) =>
        ['dropColumn', 'addColumn', 'renameColumn', 'alterColumnType', 'dropTable', 'renameTable'].includes(c.kind),
      )
    if (shapes.length === 0) return pass(`no table changes its shape under the cache (${places([cache])})`)
    const opaque = seen.facts.caches.filter(
      (c) =>
        !['unstable_cache', 'cacheStrategy', 'withAccelerate', 'use cache', 'cacheLife', 'cacheTag'].includes(c.what),
    )
    if (opaque.length > 0) return unknown(`which rows the cache keeps cannot be told: ${places(opaque)}`)
    return pass(`no row that the cache keeps changes its shape (${places([cache])})`)
  },

  'n-plus-one'(seen) {
    const found = verdict(seen, seen.of('n-plus-one'))
    if (found !== null) return found
    const broken = seen.notes.filter(
      (n) => n.kind === 'unparsed' && /\.[cm]?[jt]sx?$/.test(n.path) && fileKind(n.path) === 'source',
    )
    if (broken.length > 0) return unknown(`not parsed: ${broken.map(at).join(', ')}`)
    const looped = seen.queries.filter((q) => q.context.file === 'source' && isRepeated(q))
    if (seen.changed.length === 0 && looped.length === 0)
      return sentElsewhere(seen) ?? none('this pull request changes no query')
    if (looped.length > 0)
      return unknown(
        `${some(looped.length, 'query', 'queries')} for each element of a loop, as a part of what is done for it: ${places(looped)}`,
      )
    const other = sentElsewhere(seen)
    if (other !== null) return other
    return pass(`${some(seen.changed.length, 'query', 'queries')}, none in a loop that grows: ${places(seen.changed)}`)
  },
}

/** A replica that no extension knows: only its address is seen, not who asks it. */
function replicaByHand(seen: Seen): ChecklistAnswer {
  const { urls, clients } = seen.facts
  const isReplica = (name: string): boolean => /REPLICA|READ_?ONLY/.test(name)
  const address = urls.find(({ name }) => isReplica(name))
  const client = clients.find(({ file, variables }) => file === 'source' && variables.some(isReplica))
  const place = address ?? client?.place
  if (place === undefined) return none(`no read replica is set up in ${whatWasRead(seen)}`)
  const reads = seen.changed.filter(({ operation }) => operation === 'select')
  return reads.length === 0
    ? none('no query of this pull request could be read from a replica')
    : unknown(
        `a replica has an address (${at(place)}), and which of these reads go to it cannot be told: ${places(reads)}`,
      )
}

/** What nothing was found in: where only a part of the code was read, the rest may hold it. */
function whatWasRead(seen: Seen): string {
  return seen.partial === true ? 'the code that was read' : 'this repository'
}

/** True where the pull request puts a query into a loop that grows, or calls its function in one. */
function isRepeated(query: Query): boolean {
  const { call, context, changed, repeats = [] } = query
  // A part of another query is sent with it.
  if (call.endsWith('(nested)')) return false
  return (
    (changed && context.loop !== null && growsWithData(query, context.loop)) ||
    repeats.some((repeat) => (changed || repeat.changed) && growsWithData(query, repeat.loop))
  )
}

/** What is said of queries that no index is known to serve. */
function unserved(seen: Seen, queries: Seen['changed']): ChecklistAnswer {
  const unsized = queries.filter((q) => {
    const schema = seen.projects.find((p) => p.project.name === q.project)?.after
    return rowsOf(seen.config, q.tables[0]?.table ?? '', schema?.defaultSchema ?? 'public') === undefined
  })
  return unsized.length === queries.length
    ? unknown(`how many rows the table has is not declared: ${places(unsized)}`)
    : unknown(
        `which index serves ${queries.length === 1 ? 'the query' : 'the queries'} cannot be told: ${places(queries)}`,
      )
}
