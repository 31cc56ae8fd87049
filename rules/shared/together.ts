import type { RuleContext } from '../../src/engine/rule.ts'
import { takesFirst } from '../../src/queries/loops.ts'
import type { Loop, Predicate, Query } from '../../src/queries/query.ts'
import type { Dialect } from '../../src/schema/dialect.ts'
import { at, byClient, listed, mainTable } from './query-words.ts'
import { ident } from './sql.ts'
import { uniquesOf } from './unique-keys.ts'

/** What takes the place of a write for each element; where it is not plain what a read looks for, the words of the rule stand. */
export function helpFor(query: Query, ctx: RuleContext): { readonly help?: string } {
  const words = byClient(query, together(ctx.dialect))
  const key = keyOf(query, ctx) ?? keyOfElement(query, ctx)
  if (isOfTime(query)) return { help: 'Ask for the whole time once, and group what is found by its day or month.' }
  if (counts(query)) {
    const ranged = keysOf(query).some(
      (p) => p.operator !== '=' && p.operator !== 'in' && p.value === undefined && isMadeInLoop(p, query, ctx),
    )
    return {
      help: `${sumsUp(query) ? 'Sum up' : 'Count'} all groups at once: ${ranged ? 'join what gives the elements, compare with its columns, and group by its key' : words.count}.`,
    }
  }
  if (takesFirst(query)) return { help: `Take the first rows of each in one query: ${words.first}.` }
  const upsert = upsertFor(query, ctx)
  if (upsert !== null) return { help: upsert }
  if (query.operation === 'select')
    return {
      help: `Collect the keys and ask once: ${key === null ? words.read : `\`${words.select(key)}\`${query.predicates.length > 1 ? ', with the other conditions as they are' : ''}`}${query.locks === undefined ? '' : ', sorted by the key, so that the locks are taken in one order'}.`,
    }
  if (query.operation !== 'update' && query.operation !== 'delete') return {}
  if (query.operation === 'delete')
    return { help: `Collect the keys and delete once: \`${words.delete(key ?? '…')}\`.` }
  return { help: `All elements get the same values: ${words.update(key ?? '…')} does it at once.` }
}

/**
 * What takes the place of a look for the row of each element and a write of what came of it: one statement for all of them; null where the
 * loop does not insert what it has looked for, or no unique key tells those rows apart.
 */
function upsertFor(query: Query, ctx: RuleContext): string | null {
  const { loop } = query.context
  const table = mainTable(query, ctx)
  if (loop === null || table === null || ctx.dialect === 'mysql') return null
  const inLoop = (operation: Query['operation']): boolean =>
    ctx.queries.some(
      (other) =>
        other.operation === operation &&
        mainTable(other, ctx)?.key === table.key &&
        other.context.loop !== null &&
        at(other.context.loop.place) === at(loop.place),
    )
  const compared = query.predicates.flatMap((p) => (p.operator === '=' && p.column !== null ? [p.column] : []))
  const key = [table.primaryKey, ...uniquesOf(table)].find(
    (one) => one != null && one.columns.length > 0 && one.columns.every((column) => compared.includes(column)),
  )
  if (query.operation !== 'select' || key == null || !inLoop('insert')) return null
  const updates = inLoop('update')
  const columns = listed(key.columns)
  if (query.client === 'prisma' && query.statement === undefined)
    return updates || ctx.dialect !== 'postgresql' || query.predicates.length !== key.columns.length
      ? null
      : `Collect the rows and create them at once, without a look before: \`createMany({ data, skipDuplicates: true })\`: ${columns} ${key.columns.length > 1 ? 'are' : 'is'} unique.`
  const spelled =
    query.statement === undefined && query.client === 'drizzle'
      ? `\`insert(…).values(rows).${updates ? 'onConflictDoUpdate' : 'onConflictDoNothing'}(…)\` with ${columns} as its \`target\``
      : `\`INSERT … ON CONFLICT (${key.columns.map(ident).join(', ')}) DO ${updates ? 'UPDATE' : 'NOTHING'}\``
  return `Collect the rows and write them at once, without a look before: ${spelled}, which ${key.columns.length > 1 ? 'are' : 'is'} unique.`
}

/** True where what happened between two moments is asked for, by the moments of each element. */
export function isOfTime({ operation, predicates, context }: Query): boolean {
  const ends = (operators: readonly string[]) =>
    predicates.filter(
      (p) => operators.includes(p.operator) && /date|time|(?:^|_)(?:at|day|month)$|At$/i.test(p.column ?? ''),
    )
  return (
    operation === 'select' &&
    // Where a function asks for one of several within a time, the time may be the same for all of them.
    !predicates.some(
      (p) => p.operator === '=' && (context.loop === null ? p.value === undefined : isOfElement(p, context.loop)),
    ) &&
    ends(['>', '>=']).some((from) =>
      ends(['<', '<=']).some((to) => to.column === from.column && to.source !== undefined && from.source !== undefined),
    )
  )
}

/** True for a number of rows, or what is summed up of them, and nothing else. */
function counts(query: Query): boolean {
  const { call, client, statement, grouped } = query
  if (client === 'prisma' && statement === undefined) return call === 'count' || call === 'aggregate'
  if (call === '$count') return true
  // Without groups nothing stands beside a computed number that is not computed, too.
  const selected = selectedBy(query)
  return grouped !== true && /\b(?:count|sum|avg|min|max)\s*\(/i.test(selected) && !/\bover\s*\(/i.test(selected)
}

function sumsUp(query: Query): boolean {
  return query.call === 'aggregate' || /\b(?:sum|avg|min|max)\s*\(/i.test(selectedBy(query))
}

/** What a query gives, as its source says it. */
function selectedBy({ statement, text = '' }: Query): string {
  return (
    (statement === undefined
      ? /\.select\w*\(([^]*?)\)\s*\.from\(/.exec(text)?.[1]
      : /^\s*select\b(.*?)\bfrom\b/is.exec(statement.text)?.[1]) ?? ''
  )
}

/** What a read compares with what is not a literal. */
export function keysOf({ predicates }: Query): readonly Predicate[] {
  return predicates.filter((p) => p.operator !== '=' || p.value === undefined)
}

/** The one column that a read compares with what is not a literal, in the words of the code; null for a part of a compound key, which Prisma has no list for. */
function keyOf(query: Query, ctx: RuleContext): string | null {
  const [only, ...others] = keysOf(query)
  if (only?.operator !== '=' || only.column === null || only.expression !== null || others.length > 0) return null
  // A column of a related row is named with the way to it.
  if (query.client === 'prisma' && only.table !== mainTable(query, ctx)?.key) return null
  return spelledIn(only, query, ctx)
}

/** The column of a condition in the words of the code; null for a part of a compound key, of which Prisma takes no list. */
function spelledIn({ place, column }: Predicate, { client }: Query, ctx: RuleContext): string | null {
  if (client === 'sql') return column
  const condition = linesOf(place.path, ctx)[place.line - 1]?.slice(place.column - 1) ?? ''
  const word =
    client === 'prisma' ? /^([\w$]+)\s*(?:[,}]|$|:(?!\s*\{(?!\s*equals\b)))/ : /^\w+\(\s*((?:[\w$]+\.)+[\w$]+)\s*,/
  return word.exec(condition)?.[1] ?? null
}

function linesOf(path: string, ctx: RuleContext): readonly string[] {
  return ctx.text(path)?.text.split('\n') ?? []
}

/** The one column that a read compares with the element of the loop around it, or with what is made of that element. */
function keyOfElement(query: Query, ctx: RuleContext): string | null {
  const { loop } = query.context
  const others = query.predicates.filter((p) => !isMadeInLoop(p, query, ctx))
  return loop === null ||
    loop.names.length === 0 ||
    query.dynamic ||
    others.some((p) => p.value === undefined && p.source === undefined)
    ? null
    : keyOf({ ...query, predicates: query.predicates.filter((p) => !others.includes(p)) }, ctx)
}

/** True for a comparison with the element of a loop, or with something of that element. */
export function isOfElement({ source = '' }: Predicate, loop: Loop | null): boolean {
  return (loop?.names ?? []).some((name) =>
    new RegExp(String.raw`(?<![.\w$])${name.replaceAll('$', String.raw`\$`)}(?![\w$])`).test(source),
  )
}

/** The same, and for what the loop makes before it asks. */
function isMadeInLoop(predicate: Predicate, { context: { loop }, place }: Query, ctx: RuleContext): boolean {
  if (loop === null || isOfElement(predicate, loop)) return true
  const before = linesOf(place.path, ctx).slice(loop.place.line - 1, place.line)
  const made = before.join('\n').matchAll(/(?:const|let|var)\s+(?:([\w$]+)|[{[]([^}\]=]*)[}\]])/g)
  const names = new Set([...made].flatMap(([, one, several = '']) => [one ?? '', ...several.split(/[^\w$]+/)]))
  return (predicate.source ?? '').split(/[^\w$]+/).some((name) => name !== '' && names.has(name))
}

interface Together {
  readonly read: string
  readonly count: string
  readonly first: string
  readonly select: (key: string) => string
  readonly delete: (key: string) => string
  readonly update: (key: string) => string
}

const together = (dialect: Dialect): { readonly [K in Query['client']]: Together } => ({
  prisma: {
    read: '`findMany({ where: { …: { in: keys } } })`, or `include` in the query that gives the elements',
    count: '`groupBy` with the keys in `where`, and what is counted or summed up',
    first: '`include` with `take` in the query that gives the elements',
    select: (key: string) => `findMany({ where: { ${key}: { in: keys } } })`,
    delete: (key: string) => `deleteMany({ where: { ${key}: { in: keys } } })`,
    update: (key: string) => `\`updateMany({ where: { ${key}: { in: keys } }, data })\``,
  },
  drizzle: {
    read: '`.where(inArray(…))`, or `with` or a join in the query that gives the elements',
    count: '`.where(inArray(…))` with `.groupBy(…)`',
    first: '`with` and its `limit` in the query that gives the elements',
    select: (key: string) => `.where(inArray(${key}, keys))`,
    delete: (key: string) => `.where(inArray(${key}, keys))`,
    update: (key: string) => `one \`.where(inArray(${key}, keys))\``,
  },
  sql: inSql(dialect),
})

function inSql(dialect: Dialect): Together {
  const hasArrays = dialect === 'postgresql' || dialect === 'cockroachdb'
  const among = hasArrays ? '= ANY($1)' : 'IN (…)'
  const spelled = (key: string): string => (dialect === 'mysql' || key === '…' ? key : ident(key))
  return {
    read: `\`WHERE … ${among}\`, or a join in the query that gives the elements`,
    count: `\`SELECT …, count(*) … WHERE … ${among} GROUP BY …\``,
    first: hasArrays
      ? '`unnest($1::text[]) AS given (id) CROSS JOIN LATERAL (SELECT … WHERE … = given.id … LIMIT …)`'
      : '`row_number() OVER (PARTITION BY …)`',
    select: (key: string) => `WHERE ${spelled(key)} ${among}`,
    delete: (key: string) => `DELETE FROM … WHERE ${spelled(key)} ${among}`,
    update: (key: string) => `one \`UPDATE … WHERE ${spelled(key)} ${among}\``,
  }
}
