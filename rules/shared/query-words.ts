import type { Severity } from '../../src/finding.ts'
import type { RuleContext } from '../../src/engine/rule.ts'
import type { Place } from '../../src/location.ts'
import type { Predicate, Query } from '../../src/queries/query.ts'
import { nameOf, schemaOf } from '../../src/schema/model.ts'
import type { Key, Table } from '../../src/schema/model.ts'
import { builtBy, concurrently } from './concurrently.ts'
import { singular, snake, withSuffix } from './names.ts'
import { declare, type Declared } from './declare.ts'
import type { PlanSummary } from '../../src/rehearsal/types.ts'

/** True for code that serves users: not tests, seeds, scripts, what goes once through a whole table and what runs as the service starts. */
export function inService({ context, place }: Pick<Query, 'context' | 'place'>): boolean {
  return (
    context.file === 'source' &&
    !/^(?:backfill|migrate|seed|reindex|bootstrap)(?![a-z])/.test(context.function ?? '') &&
    !/(?:^|\/)(?:bootstrap|instrumentation)\.[cm]?[jt]s$/.test(place.path)
  )
}

/** True for code that serves users where the pull request decides how the query finds its rows: not where it only wants more of what was found. */
export function isNewSearch(query: Pick<Query, 'context' | 'familiar' | 'place'>): boolean {
  return inService(query) && query.familiar !== true
}

const background =
  /(?:^|\/)(?:jobs?|workers?|crons?|cron-?jobs?|queues?|background|consumers?|processors?|outbox|schedulers?|schedules?|trigger|inngest|(?:[\w-]+-)?(?:scrapers?|importers?|crawlers?|pipelines?))\/|(?:^|[-._/])(?:jobs?|worker|cron|queue|processor|consumer|outbox|scheduler)\.[cm]?[jt]s$|(?:Job|Worker|Cron|Queue|Processor|Consumer|Scheduler)s?\.[cm]?[jt]s$/

/** True for code that only those who run the service wait for, by the habits of naming. */
export function isForOperators(path: string): boolean {
  return (
    isBackground(path) ||
    /(?:^|[/.[(_-])(?:admin|superadmin|backoffice|control-panel|playground|debug|db-test|test-db|health|healthz|healthcheck|migrate)(?:[/.\])_-]|$)/i.test(
      path,
    )
  )
}

/** True for code that works through lists while nobody waits for it: jobs, workers and what a clock starts, by the habits of naming. */
export function isBackground(path: string): boolean {
  return background.test(path)
}

/** The main table of a query with its place in the schema; null where the schema does not hold it. */
export function mainTable(query: Query, ctx: Pick<RuleContext, 'after' | 'declared'>): Table | null {
  const name = query.tables.find((t) => t.role === 'main')?.table
  return name === undefined ? null : (ctx.after.tables.get(name) ?? ctx.declared?.tables.get(name) ?? null)
}

/**
 * The table that a query of PostgreSQL looks for rows in, and how grave it is where no index serves it; null where there is nothing to say:
 * the table or the query is not wholly known, the table is small, or the pull request does not decide how the rows are found.
 */
export function searchIn(
  query: Query,
  ctx: RuleContext,
): { readonly table: Table; readonly severity: Severity } | null {
  const table = mainTable(query, ctx)
  if (table?.complete !== true || query.dynamic || !isNewSearch(query) || ctx.project.dialect !== 'postgresql')
    return null
  const severity = bySize(ctx, table.key, 'warning')
  return severity === null ? null : { table, severity }
}

/** The severity of a rule for a table of a size: null for a small one, one lower where the size is not known. */
export function bySize(ctx: Pick<RuleContext, 'size'>, table: Key, severity: Severity): Severity | null {
  const size = ctx.size(table)
  if (size === 'small') return null
  return size === 'unknown' && severity === 'error' ? 'warning' : size === 'unknown' ? 'info' : severity
}

/** True for a table that refers to none and that none refers to: settings, flags, a state of the whole. */
export function standsAlone(table: Table, ctx: Pick<RuleContext, 'after'>): boolean {
  return (
    table.foreignKeys.length === 0 &&
    [...ctx.after.tables.values()].every((other) =>
      other.foreignKeys.every((key) => key.references.table !== table.name || key.references.schema !== table.schema),
    )
  )
}

/** True for a table of users, and for one whose rows belong to others, by its keys and its columns: what belongs to nobody is what somebody configures. */
export function grows(table: Table): boolean {
  return (
    users.test(snake(table.name)) ||
    table.foreignKeys.length > 0 ||
    table.columns.some(({ name }) => /._id$/.test(snake(name)) && table.primaryKey?.columns.join() !== name)
  )
}

/** True for a table of users, and for one whose every row belongs to one of them: it grows with them. */
export function growsWithUsers(table: Table): boolean {
  return (
    users.test(snake(table.name)) ||
    table.foreignKeys.some(
      ({ columns, references }) =>
        users.test(snake(references.table)) &&
        references.table !== table.name &&
        columns.every((column) => table.columns.find(({ name }) => name === column)?.nullable === false),
    )
  )
}

/**
 * How many rows of a table one of their owners has on average, where conditions ask for one owner: by the declared sizes of both tables,
 * few for a person of whom nobody says how many there are, null where it is not known.
 */
export function rowsOfOwner(
  table: Table,
  own: readonly Predicate[],
  ctx: Pick<RuleContext, 'rows' | 'after'>,
): number | null {
  const all = ctx.rows(table.key)
  const each = own.flatMap(({ operator, expression, column }) => {
    if (operator !== '=' || expression !== null || column === null) return []
    const owner = ownerOf(table, column, ctx)
    const owners = owner === null ? undefined : ctx.rows(owner)
    if (owners === undefined)
      return users.test(snake(owner === null ? '' : nameOf(owner))) || (owner === null && person.test(stem(column)))
        ? [0]
        : []
    return all === undefined || owners === 0 ? [] : [all / owners]
  })
  return each.length === 0 ? null : Math.min(...each)
}

/** The table whose rows a column names: that of its foreign key, or the one that it is called after. */
function ownerOf(table: Table, column: string, { after }: Pick<RuleContext, 'after'>): Key | null {
  const key = table.foreignKeys.find(({ columns }) => columns.join() === column)
  if (key !== undefined) return `${key.references.schema}.${key.references.table}`
  const owner = stem(column)
  if (owner === snake(column)) return null
  return [...after.tables.values()].find(({ name }) => singular(snake(name)) === singular(owner))?.key ?? null
}

/** The name of a column without what says that it holds a key: `trace` of `traceId`. */
function stem(column: string): string {
  return snake(column).replace(/_(?:u?id|ids|uuid|guid|cuid|key|ref|reference)$/, '')
}

/** Users under any name; the accounts of a ledger or a bank are none. */
const users =
  /(?:^|_)(?:users?|customers?|members?|people|profiles?|contacts?|subscribers?)$|^(?:(?:app|auth|client|customer|member|oauth|user)_)?accounts?$/
const person =
  /(?:^|_)(?:user|owner|author|creator|account|customer|member|person|profile|contact|subscriber)$|^(?:created|owned|sent)_by$/

/** True for a column that tells rows apart, by what it refers to or by its name: few rows share a value. */
export function tellsApart(table: Table, column: string): boolean {
  return (
    table.foreignKeys.some((key) => key.columns.includes(column)) ||
    /(?:^|_)(?:u?id|ids|uuid|guid|cuid|key|ref|reference)$/.test(snake(column)) ||
    identity.test(snake(column))
  )
}

/** What people and machines know a thing by. */
export const identity =
  /(?:^|_)(?:e?mail|slug|handle|user_?name|login|name|phone|number|domain|host|url|uri|path|code|key|sku|token|hash|fingerprint|identifier|external_id)$/

/**
 * True for conditions that ask for the rows of one thing that is no row of a table: of a trace, a delivery, a mail address. Few share it.
 * How many belong to a user, to a tenant or to what another table holds is not known.
 */
export function isOfOneThing(table: Table, own: readonly Predicate[], { after }: Pick<RuleContext, 'after'>): boolean {
  const isOwner = (column: string): boolean =>
    table.foreignKeys.some((key) => key.columns.includes(column)) ||
    ofMany.test(stem(column)) ||
    [...after.tables.values()].some(({ name }) => `_${singular(snake(name))}`.endsWith(`_${singular(stem(column))}`))
  return own.some(
    ({ operator, expression, column }) =>
      operator === '=' && expression === null && column !== null && tellsApart(table, column) && !isOwner(column),
  )
}

/** Users and tenants under any name, and what visitors come by or ask for. */
const ofMany =
  /(?:^|_)(?:user|owner|author|creator|member|customer|client|account|actor|sender|receiver|recipient|tenant|org|organi[sz]ation|workspace|team|company|project|group|shop|store|site|app|bot|agent|channel|room|guild|server|source|provider|category|type|parent|resource|entity|domain|host|url|uri|path)$/

/** True for a table of what somebody configures for the whole, by its name and by what it refers to. */
export function isSettings(table: Table, ctx: Pick<RuleContext, 'after'>): boolean {
  return (
    /(?:^|_)(?:configs?|configurations?|settings?|preferences|flags)$/.test(snake(table.name)) &&
    standsAlone(table, ctx) &&
    !table.columns.some((column) => /._id$/.test(snake(column.name)))
  )
}

/** True for a table of the values that others choose from, by its name and as it refers to none: it holds a handful, unless somebody says that it is large. */
export function isChoice(table: Table, ctx: Pick<RuleContext, 'isSized'>): boolean {
  return (
    !ctx.isSized(table.key) &&
    table.foreignKeys.length === 0 &&
    /_(?:types?|codes?|status(?:es)?|kinds?)$/.test(snake(table.name))
  )
}

/** True for rows in an order that somebody has given them by hand, one by one: there are few. */
export function isArranged({ ordering }: Pick<Query, 'ordering'>): boolean {
  return /^(?:(?:sort|display)_)?(?:order|index|idx|position|rank|priority)$|^sort$/.test(
    snake(ordering[0]?.column ?? ''),
  )
}

/** True where values for some columns leave at most one row of a table. */
export function matchesOne(table: Table, columns: readonly string[]): boolean {
  return [
    table.primaryKey?.columns ?? [],
    ...table.uniques.map((u) => u.columns),
    ...table.indexes.filter((i) => i.unique && i.where === null).map((i) => i.keys.map((k) => k.column ?? '\0')),
  ].some((key) => key.length > 0 && key.every((column) => columns.includes(column)))
}

/** The conditions of each alternative. */
export function branchesOf(query: Query): readonly (readonly Predicate[])[] {
  const found = new Map<number, Predicate[]>()
  for (const predicate of query.predicates) {
    const list = found.get(predicate.branch) ?? []
    list.push(predicate)
    found.set(predicate.branch, list)
  }
  return [...found.values()]
}

/**
 * A query without the joins that follow required foreign keys of a table: each of its rows has its counterpart there, so that they leave none
 * out, and where none of the others is filtered or gives the order, the rows are found in the table itself.
 */
export function withoutFollowed(query: Query, table: Table): Query {
  // What Prisma says of a related row is a condition: its joins stand for themselves.
  if (query.client === 'prisma') return query
  const follows = ({ from, fromColumns, to, toColumns }: Query['joins'][number]): boolean => {
    const [own, other, columns, references] =
      from === table.key ? [from, to, fromColumns, toColumns] : [to, from, toColumns, fromColumns]
    return (
      own === table.key &&
      // A condition on a row of the query around this one is what finds the rows.
      query.tables.some((one) => one.table === other && one.role === 'join') &&
      table.foreignKeys.some(
        (key) =>
          other === `${key.references.schema}.${key.references.table}` &&
          key.columns.join() === columns.join() &&
          key.references.columns.join() === references.join() &&
          key.columns.every((name) => table.columns.find((column) => column.name === name)?.nullable === false),
      )
    )
  }
  const followed = query.joins
    .filter(follows)
    .flatMap((join) => [
      ...join.fromColumns.map((column) => `${join.from}.${column}`),
      ...join.toColumns.map((column) => `${join.to}.${column}`),
    ])
  const isFollowed = (p: Predicate): boolean => p.joining === true && followed.includes(`${p.table}.${p.column ?? ''}`)
  if (followed.length === 0 || query.ordering.some((order) => order.table !== table.key)) return query
  return { ...query, predicates: query.predicates.filter((p) => !isFollowed(p)) }
}

/** `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and `c` ``. */
export function listed(names: readonly string[]): string {
  return inWords([...new Set(names)].map((n) => `\`${n}\``))
}

/** `a`, `a and b`, `a, b and c`. */
export function inWords(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`
}

/** `12 million rows` of a declared number. */
export function rowsOf(ctx: Pick<RuleContext, 'rows'>, table: Key): string {
  const rows = ctx.rows(table)
  if (rows === undefined) return ''
  const text =
    rows >= 1_000_000
      ? `${Math.round(rows / 100_000) / 10} million`
      : rows >= 1000
        ? `${Math.round(rows / 100) / 10} thousand`
        : String(rows)
  return ` (${text} rows)`
}

/** The statement that builds an index on columns, the way of each as SQL says it. */
export function indexStatement(
  table: Table,
  columns: readonly string[],
  ctx: RuleContext,
  directions: ReadonlyMap<string, string> = new Map(),
): string {
  const on = columns.map((column) => `${quote(column)}${directions.get(column) ?? ''}`).join(', ')
  return createIndex(table, { name: indexName(table, columns), on: `(${on})` }, ctx)
}

/** The statement that builds an index on what stands behind its table, `USING gin ("tags")`. Without a name Postgres gives one. */
export function createIndex(
  table: Table,
  { name, on }: { readonly name?: string; readonly on: string },
  ctx: RuleContext,
): string {
  const target =
    schemaOf(table.key) === ctx.after.defaultSchema ? quote(table.name) : `${quote(table.schema)}.${quote(table.name)}`
  return `CREATE INDEX ${concurrently(table.key, ctx)}${name === undefined ? '' : `${quote(name)} `}ON ${target} ${on};`
}

/** How Prisma and people call an index on columns, with a number where the table has another of that name, as Postgres does it. */
export function indexName(table: Table, columns: readonly string[]): string {
  const words = `${table.name}_${columns.join('_')}`
  const taken = new Set([...table.indexes, ...table.uniques].map(({ name }) => name))
  const free = ['_idx', '_idx1', '_idx2'].find((suffix) => !taken.has(withSuffix(words, suffix)))
  return withSuffix(words, free ?? '_idx3')
}

/**
 * Help that builds indexes, each on a list of columns, as this runner can, with the spelling of the ORM, and the suggestion that declares them
 * where the diff shows the schema's lines. `lead` is a clause that stands before.
 */
export function indexAdvice(
  table: Table,
  [first = [], ...others]: readonly (readonly string[])[],
  ctx: RuleContext,
  lead: string,
): { readonly help: string; readonly offer: Declared['offer'] } {
  const named = (columns: readonly string[]) => ({ columns, name: indexName(table, columns) })
  const { words, spelling, offer } = declare(
    { kind: 'addIndex', table: table.key, ...named(first), more: others.map(named) },
    ctx,
  )
  const statements = [first, ...others].map((columns) => indexStatement(table, columns, ctx))
  const built = builtBy(table.key, statements, ctx, lead)
  const declared = ctx.isNew(table.key) ? words.trimEnd() : spelling
  return { help: declared === '' ? built : `${built}\n\n${declared}`, offer }
}

/** The line of a place with its file, `src/db.ts:12`. */
export function at(place: Place): string {
  return `${place.path}:${place.line}`
}

/** A name in double quotes where it needs them. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The name of a table as code calls it: the call with its client. */
export function callOf(query: Query): string {
  return query.client === 'sql' ? query.call : query.call.replace(/ .*/, '')
}

/** The words for what sends a query: Prisma's methods, Drizzle, or SQL, also where Prisma or Drizzle hand it on. */
export function byClient<T>(
  { client, statement, call }: Pick<Query, 'client' | 'statement' | 'call'>,
  words: { readonly prisma: T; readonly drizzle: T; readonly sql: T },
): T {
  return words[statement !== undefined || call.endsWith('Raw') ? 'sql' : client]
}

/** The plain name of a table. */
export function plain(table: Key): string {
  return nameOf(table)
}

/** True where a plan costs more than another by the planner's own estimate, which knows that a LIMIT ends a scan early. */
export function isCostlier(after: PlanSummary, before: PlanSummary): boolean {
  return after.cost > before.cost
}
