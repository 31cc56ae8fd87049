import type { ChangedFile, ChangeSet } from '../changeset/tree.ts'
import type { CodeFacts } from './facts.ts'
import { isFixedSource } from './fixed.ts'
import { readQueries, type QueriesRead } from './read.ts'
import type { NestedRead, Predicate, Query, OutsideCall, Repeat } from './query.ts'
import type { QueriedProject, ReadQueriesRequest } from './request.ts'
import { isCode } from './typescript/features.ts'

type ProjectQuery = QueriesRead['queries'][number]

/**
 * What was read, held against the same files of the base: code that was only moved, renamed or written in another form is not changed, a
 * query that looks for its rows as before is `familiar`, and where a plan may be asked for, a changed query knows what stood in its place.
 */
export async function withFormer(
  read: QueriesRead,
  request: ReadQueriesRequest,
  given: { readonly plans: boolean },
): Promise<QueriesRead> {
  const { changeSet } = request
  const files = changeSet.files.filter(
    ({ path, previousPath, status }) =>
      status !== 'added' && (isCode(previousPath ?? path, null) || path.endsWith('.sql')),
  )
  const isTouched =
    read.queries.some(
      ({ changed, repeats = [], outside = [] }) => changed || [...repeats, ...outside].some((call) => call.changed),
    ) || [...read.facts.clients, ...read.facts.remoteCalls].some(({ changed }) => changed)
  if (files.length === 0 || !isTouched) return read
  const former = await readQueries({
    ...request,
    changeSet: backwards(changeSet, files),
    tables: new Map(),
    changedOnly: true,
    // A loop or a transaction of a changed file may have called functions of others.
    besides: new Set(
      read.queries
        .filter(({ repeats = [], outside = [] }) => [...repeats, ...outside].some(({ changed }) => changed))
        .map(({ place }) => place.path),
    ),
  })
  const then = former.queries.filter(({ changed }) => changed)
  const paths = new Set(files.map(({ path }) => path))
  const queries = withoutKnownCalls(
    heldAgainst(read.queries, then, former.queries, paths, replacedTables(request.projects)),
    await textsBefore(changeSet, files),
  )
  return {
    ...read,
    facts: factsAgainst(read.facts, former.facts),
    queries: given.plans ? withSql(queries, then, files) : queries,
  }
}

async function textsBefore({ base }: ChangeSet, files: readonly ChangedFile[]): Promise<ReadonlyMap<string, string>> {
  const before = new Map(files.map(({ path, previousPath }) => [previousPath ?? path, path]))
  const contents = await base.read([...before.keys()])
  return new Map(
    [...contents].flatMap(([path, content]) =>
      content.kind === 'text' ? [[before.get(path) ?? path, content.text] as const] : [],
    ),
  )
}

/** Queries without the loops of a file that called a function of that name before as a part of something else: `orders.owner(id)`. */
function withoutKnownCalls(
  queries: readonly ProjectQuery[],
  before: ReadonlyMap<string, string>,
): readonly ProjectQuery[] {
  const isKnown = ({ place, function: name }: Repeat): boolean =>
    new RegExp(String.raw`\.${name.replaceAll('$', String.raw`\$`)}\s*\(`).test(before.get(place.path) ?? '')
  return queries.map((query) =>
    query.repeats === undefined ? query : { ...query, repeats: query.repeats.filter((repeat) => !isKnown(repeat)) },
  )
}

/** The base as if it were the head, with all lines of some files changed. */
function backwards(changeSet: ChangeSet, files: readonly ChangedFile[]): ChangeSet {
  return {
    ...changeSet,
    head: changeSet.base,
    files: files.map((file): ChangedFile => ({
      path: file.previousPath ?? file.path,
      previousPath: null,
      status: 'modified',
      hunks: null,
    })),
  }
}

function heldAgainst(
  now: readonly ProjectQuery[],
  then: readonly ProjectQuery[],
  allThen: readonly ProjectQuery[],
  paths: ReadonlySet<string>,
  replaced: ReplacedTables,
): readonly ProjectQuery[] {
  const untouched = now.filter(({ changed, place }) => !changed && paths.has(place.path))
  const asked = remaining(then, untouched, asks)
  const found = remaining(then, untouched, looksFor)
  const foundFixed = remaining(then, untouched, looksForFixed)
  const repeated = repeatsOf(allThen)
  const loads = loadsOf(then)
  const renamed = remaining(
    then.filter((query) => replaced.gone.has(mainOf(query))),
    [],
    roleOf,
  )
  const looped = remaining(
    then.filter(({ context }) => context.loop !== null),
    untouched.filter(({ context }) => context.loop !== null),
    callOf,
  )
  return now.map((query) => {
    const own = {
      ...query,
      ...(query.repeats === undefined ? {} : { repeats: newCalls(query, query.repeats, repeated) }),
      ...(query.outside === undefined ? {} : { outside: newCalls(query, query.outside, repeated) }),
    }
    if (!query.changed) return own
    const isFound =
      take(found, looksFor(query)) ||
      wider(query).some((kind) => take(found, kind)) ||
      take(foundFixed, looksForFixed(query))
    if (take(asked, asks(query)) || (replaced.made.has(mainOf(query)) && take(renamed, roleOf(query))))
      return { ...own, changed: false }
    const isLooped = query.context.loop !== null && take(looped, callOf(query))
    const loaded = withKnown(isLooped ? withKnownLoop(own) : own, loads)
    return isFound ? { ...loaded, familiar: true } : loaded
  })
}

/** Tables that only the base has, and those that only the head has. */
interface ReplacedTables {
  readonly gone: ReadonlySet<string>
  readonly made: ReadonlySet<string>
}

function replacedTables(projects: readonly QueriedProject[]): ReplacedTables {
  const then = new Set(projects.flatMap(({ before }) => [...(before?.tables.keys() ?? [])]))
  const now = new Set(
    projects.flatMap(({ after, declared }) => [...after.tables.keys(), ...(declared?.tables.keys() ?? [])]),
  )
  return {
    gone: new Set([...then].filter((table) => !now.has(table))),
    made: new Set([...now].filter((table) => !then.has(table))),
  }
}

function mainOf({ tables }: Query): string {
  return tables.find(({ role }) => role === 'main')?.table ?? ''
}

/** What a query is to its function, whichever names its tables and columns have. */
function roleOf({ call, context, predicates, ordering, limit, offset, dynamic, tables }: Query): string {
  return JSON.stringify([
    call,
    context.function,
    context.loop !== null,
    predicates.map(({ operator, branch }) => [operator, branch]),
    [ordering.length, limit === null, offset === null, dynamic, tables.length],
  ])
}

/** How many queries of each kind the base has beyond those that no line of the pull request touches. */
function remaining(
  then: readonly Query[],
  untouched: readonly Query[],
  kindOf: (query: Query) => string,
): Map<string, number> {
  const counts = new Map<string, number>()
  for (const query of then) {
    const kind = kindOf(query)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  for (const query of untouched) take(counts, kindOf(query))
  return counts
}

function take(counts: Map<string, number>, kind: string): boolean {
  const count = counts.get(kind) ?? 0
  counts.set(kind, count - 1)
  return count > 0
}

/** From so many on it is another search. */
const mostFixed = 4

/**
 * What the query would look for without some of the values that it fixes: they narrow down what is found and find nothing by themselves.
 * The other way round, without a value that a partial index wants, rows are found in another way.
 */
function wider(query: Query): readonly string[] {
  const named = ({ table, column, operator, value, values, source }: Predicate): string =>
    JSON.stringify([table, column, operator, value ?? values ?? source])
  const fixed = [...new Set(query.predicates.filter(isFixed).map(named))]
  if (fixed.length === 0 || fixed.length > mostFixed) return []
  const branches = new Set(query.predicates.map(({ branch }) => branch))
  return subsets(fixed).flatMap((left) => {
    const others = query.predicates.filter((p) => !left.has(named(p)))
    return new Set(others.map(({ branch }) => branch)).size < branches.size ? [] : looksFor(query, others)
  })
}

function isFixed({ column, expression, operator, value, values = [], source = '' }: Predicate): boolean {
  if (column === null || expression !== null) return false
  const isConstant = (value !== undefined && value !== null) || values.length > 0 || isFixedSource(source)
  return (
    operator === 'is null' ||
    operator === 'is not null' ||
    (['=', '<>', 'in', 'not in'].includes(operator) && isConstant)
  )
}

/** What a query looks for, whichever values it fixes: other ones find their rows in the same way. */
function looksForFixed(query: Query): string {
  const { predicates } = query
  const isEqual = ({ operator }: Predicate): boolean => operator === '=' || operator === 'in'
  return looksFor(
    query,
    predicates.map((p) => (isFixed(p) && isEqual(p) ? { ...p, operator: '=', value: null } : p)),
  )
}

/** All but the empty one, the small ones first. */
function subsets(of: readonly string[]): readonly ReadonlySet<string>[] {
  const all = of.reduce<readonly (readonly string[])[]>(
    (before, one) => [...before, ...before.map((set) => [...set, one])],
    [[]],
  )
  return all
    .slice(1)
    .map((set) => new Set(set))
    .toSorted((a, b) => a.size - b.size)
}

/** How a query finds its rows. What it returns of them is left out. */
function looksFor(query: Query, predicates: readonly Predicate[] = query.predicates): string {
  const { client, operation, tables, ordering, limit, offset, dynamic, statement } = query
  return JSON.stringify([
    client,
    operation,
    tables.find(({ role }) => role === 'main')?.table,
    predicates.map((p) => [p.table, p.column, p.expression, p.operator, p.pattern, p.branch, p.value, p.joining]),
    ordering.map((o) => [o.table, o.column, o.descending, o.nullsFirst]),
    tables.filter(({ role }) => role === 'join').map(({ table }) => table),
    limit === null,
    offset === null,
    // What of SQL cannot be told stands in its conditions, and the tables of those are known; what of a call cannot be told, its function puts together.
    dynamic &&
      (statement === undefined ? [query.call, query.context.function] : tables.map(({ table, role }) => [table, role])),
  ])
}

/** All that rules judge of a query. */
function asks(query: Query): string {
  const { context, nested = [], unsafe = [], writes, dynamic } = query
  const { loop, transaction } = context
  return JSON.stringify([
    looksFor(query),
    query.call,
    query.tables.map(({ table, role }) => [table, role]),
    writes,
    nested.map((n) => [n.table, n.relation, n.depth, n.limited, n.lists]),
    unsafe.map((u) => [u.text, u.from, u.quoted]),
    [query.limit, query.offset, query.locks, query.replica, query.cached, query.grouped, query.filtered],
    loop === null ? null : [loop.parallel, loop.together, loop.batching, loop.bounded],
    transaction === null ? null : transaction.usesOwnClient,
    context.file,
    (dynamic || query.statement !== undefined) && squeezed(query),
  ])
}

function squeezed({ statement, text = '' }: Query): string {
  return (statement?.text ?? text).replaceAll(/\s+/g, '')
}

/** What a call is to a function, whatever it asks for. */
function callOf({ call, tables, context }: Query): string {
  return JSON.stringify([call, tables[0]?.table, context.function])
}

function withKnownLoop(query: ProjectQuery): ProjectQuery {
  const { context } = query
  return context.loop === null ? query : { ...query, context: { ...context, loop: { ...context.loop, known: true } } }
}

/** The relations that queries of the base load, by where they stand. */
function loadsOf(then: readonly Query[]): ReadonlySet<string> {
  return new Set(then.flatMap((query) => (query.nested ?? []).map((one) => loadOf(query, one))))
}

function loadOf({ call, tables, context }: Query, { relation, table, depth, limited }: NestedRead): string {
  return JSON.stringify([call, tables[0]?.table, context.function, relation, table, depth, limited])
}

function withKnown(query: ProjectQuery, loads: ReadonlySet<string>): ProjectQuery {
  if (query.nested === undefined) return query
  return {
    ...query,
    nested: query.nested.map((one) => (loads.has(loadOf(query, one)) ? { ...one, known: true } : one)),
  }
}

/** The functions that loops and transactions call, by how the queries in them find their rows. */
function repeatsOf(then: readonly Query[]): ReadonlyMap<string, ReadonlySet<string>> {
  const functions = new Map<string, Set<string>>()
  for (const query of then) {
    const calls = [...(query.repeats ?? []), ...(query.outside ?? [])]
    if (calls.length === 0) continue
    const kind = looksFor(query)
    const known = functions.get(kind) ?? new Set()
    for (const call of calls) known.add(call.function)
    functions.set(kind, known)
  }
  return functions
}

/** The calls that do not run such a query in the base. */
function newCalls<T extends Repeat | OutsideCall>(
  query: Query,
  calls: readonly T[],
  known: ReadonlyMap<string, ReadonlySet<string>>,
): readonly T[] {
  const functions = known.get(looksFor(query))
  return functions === undefined ? calls : calls.filter((call) => !functions.has(call.function))
}

function factsAgainst(now: CodeFacts, then: CodeFacts): CodeFacts {
  return {
    ...now,
    clients: moved(now.clients, then.clients, (c) =>
      JSON.stringify([c.library, c.file, c.options, c.kept, c.perCall, c.host?.what]),
    ),
    remoteCalls: moved(now.remoteCalls, then.remoteCalls, (c) => JSON.stringify([c.call, c.file])),
  }
}

function moved<T extends { readonly changed: boolean }>(
  now: readonly T[],
  then: readonly T[],
  kindOf: (one: T) => string,
): readonly T[] {
  const counts = new Map<string, number>()
  for (const one of then) counts.set(kindOf(one), (counts.get(kindOf(one)) ?? 0) + 1)
  for (const one of now) if (!one.changed) take(counts, kindOf(one))
  return now.map((one) => (one.changed && take(counts, kindOf(one)) ? { ...one, changed: false } : one))
}

/** The SQL of the forerunner that is beyond doubt: the only other query of the same kind, on the same table, in the function of the same name of the same file. */
function withSql(
  queries: readonly ProjectQuery[],
  then: readonly ProjectQuery[],
  files: readonly ChangedFile[],
): readonly ProjectQuery[] {
  const moved = new Map(files.map((file) => [file.previousPath ?? file.path, file.path]))
  const paired = pairs(queries, then, moved)
  return queries.map((query) => {
    const was = paired.get(query)?.sql
    return typeof was === 'string' ? { ...query, was } : query
  })
}

function pairs(
  now: readonly Query[],
  then: readonly Query[],
  moved: ReadonlyMap<string, string>,
): ReadonlyMap<Query, Query> {
  const before = byRole(then, (path) => moved.get(path) ?? path)
  const found = new Map<Query, Query>()
  for (const [role, queries] of byRole(now, (path) => path)) {
    const others = before.get(role) ?? []
    const fresh = queries.filter(({ changed, sql }) => changed && !others.some((other) => other.sql === sql))
    const gone = others.filter(({ sql }) => !queries.some((query) => query.sql === sql))
    if (fresh.length === 1 && gone.length === 1 && fresh[0] && gone[0]) found.set(fresh[0], gone[0])
  }
  return found
}

function byRole(queries: readonly Query[], pathOf: (path: string) => string): ReadonlyMap<string, readonly Query[]> {
  const groups = new Map<string, Query[]>()
  for (const query of queries) {
    const table = query.tables.find(({ role }) => role === 'main')?.table
    if (table === undefined || query.sql === null) continue
    const role = JSON.stringify([pathOf(query.place.path), query.context.function, query.operation, table])
    groups.set(role, [...(groups.get(role) ?? []), query])
  }
  return groups
}
