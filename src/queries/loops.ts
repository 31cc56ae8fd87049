import type { Place } from '../location.ts'
import type { Loop, Query } from './query.ts'

/** Elements that a list of the code has: it does not grow with the data. */
const fixed = 12

/** True for a loop over a list that the code fixes. */
export function isShort({ bounded }: Loop): boolean {
  return bounded !== null && bounded <= fixed
}

/** True where a loop sends the query as often as there are elements of a list that grows with the data. */
export function growsWithData(query: Query, loop: Loop): boolean {
  if (loop.batching || isShort(loop) || (loop.together && query.operation !== 'select')) return false
  // Each element is a group of keys.
  if (query.predicates.some((p) => p.operator === 'in' && loop.names.includes(p.source ?? ''))) return false
  // Prisma puts these together by itself.
  return !(loop.parallel && query.call.startsWith('findUnique'))
}

/** True for what answers without a round trip: SQLite in the process, which is not waited for. */
export function isInProcess(query: Query, embedded: boolean): boolean {
  return query.awaited !== true && (embedded || /\.(?:run|all|get|values)\(\)$/.test(query.text ?? ''))
}

/**
 * True where the query is a part of what is done for each element: a mail, a payment, a transaction of its own, an error that must not stop the
 * others, or a database of its own. `text` is the source of its file.
 */
export function isWork(query: Query, loop: Loop, text: string): boolean {
  const { transaction } = query.context
  return (
    loop.works ||
    asksElsewhere(query, loop, text) ||
    (loop.guarded && query.operation !== 'select') ||
    (transaction !== null && transaction.place.line > loop.place.line) ||
    waitsBefore(query.place, loop, text)
  )
}

/** True where the round makes the client that is asked. */
function asksElsewhere({ place, text: call = '' }: Query, loop: Loop, text: string): boolean {
  const client = /^(?:await\s+)?([A-Za-z_]\w*)/.exec(call)?.[1]
  const before = text
    .split('\n')
    .slice(loop.place.line - 1, place.line)
    .join('\n')
  return client !== undefined && new RegExp(`\\b(?:const|let)\\s+${client}\\b`).test(before)
}

/** True for a write that has no plain bulk form: each element gets its own values, related rows go with it, or more than one key finds it. */
export function isOnItsOwn(query: Query, loop: Loop, text: string, queries: readonly Query[]): boolean {
  if (query.predicates.length !== 1 || query.predicates[0]?.operator !== '=') return true
  if (query.operation !== 'update') return false
  const { place, columns = [] } = query
  const table = query.tables[0]?.table
  const isWithin = (inner: Query): boolean =>
    inner.place.path === place.path && inner.place.line >= place.line && inner.place.endLine <= place.endLine
  return (
    !setsTheSame(query, loop, text) ||
    columns.some((c) => c.table !== table) ||
    queries.some((inner) => inner.call.endsWith('(nested)') && isWithin(inner))
  )
}

/** Waiting for something else than the database, as far as the names of clients tell. */
export const elsewhere =
  /\bawait\s+(?!(?:this\.)?#?\w*(?:prisma|db|tx|trx|Promise)\b)(?!(?:[\w$#?]+\.)*(?:query|\$queryRaw|\$executeRaw)\()[\w$.?!#]+\(/gi

/** True where the round waits for something else than the database before it comes to the query. */
export function waitsBefore(place: Place, loop: Loop, text: string): boolean {
  const lines = text.split('\n').slice(loop.place.line - 1, place.line - 1)
  return lines.some((line) => (line.match(elsewhere) ?? []).length > 0)
}

/** True for a read that takes the first rows of each element: it has no plain form for all of them. */
export function takesFirst({ operation, limit, ordering }: Query): boolean {
  return operation === 'select' && limit !== null && (limit !== 1 || ordering.length > 0)
}

/** True where nothing that a read compares with comes from the element. */
export function asksTheSame({ operation, dynamic, predicates }: Query): boolean {
  return (
    operation === 'select' &&
    !dynamic &&
    predicates.length > 0 &&
    predicates.every(
      (p) => p.operator === '=' && (p.value !== undefined || /^(?:this\.[\w.]+|[A-Z][A-Z0-9_]+)$/.test(p.source ?? '')),
    )
  )
}

/** True where nothing that an update sets comes from the element. */
function setsTheSame({ writes, values = {}, place, text: call = '' }: Query, loop: Loop, text: string): boolean {
  const lines = text.split('\n').slice(loop.place.line - 1, place.line)
  const around = [...lines.slice(0, -1), (lines.at(-1) ?? '').slice(0, place.column - 1)].join('\n')
  const isOutside = (name: string): boolean => !new RegExp(`\\b${name}\\b`).test(around)
  // What a function gives for the call is spelled elsewhere.
  const spread = [...call.matchAll(/\.\.\.\s*([A-Za-z_$][\w$]*)([\w$.?]*\()?/g)]
  return (
    writes !== null &&
    writes.length > 0 &&
    spread.every(([, name = '', called]) => called === undefined && isOutside(name)) &&
    writes.every((column) => {
      const source = values[column]
      return source !== undefined && !everyTimeAnother.test(source) && namesIn(source).every(isOutside)
    })
  )
}

/** Functions that give another value for each call. */
const everyTimeAnother = /(?:random|uuid|nanoid|cuid|ulid|createId|newId|generate)\w*\s*\(/i

/** The names that an expression begins with: `input` of `input.status`. */
function namesIn(source: string): readonly string[] {
  return (source.replaceAll(/'[^']*'|"[^"]*"/g, '').match(/(?<![\w$.])[A-Za-z_]\w*(?!\s*:)/g) ?? []).filter(
    (name) => !/^(?:new|await|typeof|true|false|null|undefined|Date|Math|Number|String|Boolean)$/.test(name),
  )
}
