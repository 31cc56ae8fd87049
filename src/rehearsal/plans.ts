import { key } from '../schema/model.ts'
import type { Key } from '../schema/model.ts'
import type { Embedded } from './embedded.ts'
import { rootOf, summarize } from './plan-summary.ts'
import { sqlError } from './session.ts'
import type { PlanRequest, PlanSummary, RehearsalRequest } from './types.ts'

/** One query planned on one schema. */
export interface Planned {
  readonly id: number
  readonly plan: PlanSummary | null
  readonly error: string | null
}

const unknownRows = 1_000_000
const pageBytes = 8192
/** The largest file that is pretended: Postgres splits tables into files of a gigabyte. */
const largestFile = 1024 * 1024 * 1024 - pageBytes

type SizedRelation = {
  readonly oid: string
  readonly table_schema: string
  readonly table_name: string
  readonly path: string
  readonly width: number
  readonly is_table: boolean
}

const relationsSql = `
select c.oid::text as oid, n.nspname as table_schema, t.relname as table_name, pg_catalog.pg_relation_filepath(c.oid) as path, c.oid operator(pg_catalog.=) t.oid as is_table,
  (select coalesce(sum(case when a.attlen operator(pg_catalog.>) 0 then a.attlen else 32 end), 0)::int from pg_catalog.pg_attribute a
    where a.attrelid operator(pg_catalog.=) c.oid and a.attnum operator(pg_catalog.>) 0 and not a.attisdropped) as width
from pg_catalog.pg_class c
left join pg_catalog.pg_index i on i.indexrelid operator(pg_catalog.=) c.oid
join pg_catalog.pg_class t on t.oid operator(pg_catalog.=) coalesce(i.indrelid, c.oid)
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) t.relnamespace
where c.relkind operator(pg_catalog.=) any (array['r', 'm', 'i']::"char"[]) and c.relpersistence operator(pg_catalog.=) 'p'
  and n.nspname operator(pg_catalog.<>) all (array['pg_catalog', 'information_schema']::name[]) and n.nspname operator(pg_catalog.!~) '^pg_(toast|temp)'`

/** Declared rows of a table, by its qualified or its plain name. */
export function rowsOf(rows: RehearsalRequest['rows'], schema: string, name: string): number {
  return rows[key(schema, name)] ?? rows[name] ?? rows['*'] ?? unknownRows
}

/**
 * Plans queries on the schema as it is, with every table at its declared size: the planner takes the number of pages from
 * the length of a table's file and the rows for each page from `pg_class`
 * (https://www.postgresql.org/docs/current/row-estimation-examples.html). Leaves nothing behind.
 */
export async function planQueries(
  session: Embedded,
  queries: readonly PlanRequest[],
  rows: RehearsalRequest['rows'],
): Promise<readonly Planned[]> {
  if (queries.length === 0) return []
  return await atSize(session, rows, null, () => planAll(session, queries, rows))
}

/** Makes an index, plans one query with it, and takes it away again. Null where the index cannot be made or the query not be planned. */
export async function planWithIndex(
  session: Embedded,
  query: PlanRequest,
  rows: RehearsalRequest['rows'],
): Promise<{ readonly plan: PlanSummary; readonly index: Key | null } | null> {
  const { index } = query
  if (index === undefined) return null
  try {
    const known = new Set((await session.ask<SizedRelation>(relationsSql)).map((relation) => relation.oid))
    return await atSize(session, rows, index.replace(/\bconcurrently\b/i, ''), async () => {
      const made = (
        await session.ask<{ readonly schema: string; readonly name: string; readonly oid: string }>(
          `select n.nspname as schema, c.relname as name, c.oid::text as oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'i'`,
        )
      ).find((relation) => !known.has(relation.oid) && !relation.schema.startsWith('pg_'))
      const [planned] = await planAll(session, [query], rows)
      const name = made === undefined ? null : key(made.schema, made.name)
      if (planned?.plan == null) return null
      return { plan: planned.plan, index: name !== null && planned.plan.indexes.includes(name) ? name : null }
    })
  } catch {
    return null
  }
}

/** Runs `act` in a transaction that is undone, with `first` done in it and every table pretended at its size. */
async function atSize<T>(
  session: Embedded,
  rows: RehearsalRequest['rows'],
  first: string | null,
  act: () => Promise<T>,
): Promise<T> {
  const undo: (() => void)[] = []
  await session.send('rollback; begin')
  try {
    if (first !== null) await session.send(first)
    const relations = await session.ask<SizedRelation>(relationsSql)
    const updates: string[] = []
    for (const relation of relations) {
      const tuples = rowsOf(rows, relation.table_schema, relation.table_name)
      const pages = Math.max(
        1,
        Math.ceil((tuples * (relation.width + (relation.is_table ? 28 : 12))) / (pageBytes * 0.9)),
      )
      const bytes = Math.min(pages * pageBytes, largestFile)
      try {
        undo.push(session.pretendSize(relation.path, bytes))
        updates.push(`(${relation.oid}::oid, ${bytes / pageBytes}, ${tuples})`)
      } catch {
        // without a file, as after a failed statement, the table keeps the planner's own guess
      }
    }
    if (updates.length > 0) {
      await session.send(
        `update pg_catalog.pg_class c set relpages = v.pages, reltuples = v.tuples from (values ${updates.join(', ')}) v (oid, pages, tuples) where c.oid = v.oid`,
      )
    }
    return await act()
  } finally {
    for (const each of undo) each()
    await session.send('rollback')
  }
}

async function planAll(
  session: Embedded,
  queries: readonly PlanRequest[],
  rows: RehearsalRequest['rows'],
): Promise<readonly Planned[]> {
  const planned: Planned[] = []
  const size = (table: Key): number =>
    rowsOf(rows, table.slice(0, table.indexOf('.')), table.slice(table.indexOf('.') + 1))
  for (const { id, sql } of queries) {
    try {
      await session.send('savepoint schemagate; set local enable_seqscan = on')
      const root = rootOf(await session.explain(`explain (generic_plan, verbose, format json) ${sql}`))
      await session.send('set local enable_seqscan = off')
      const indexed = rootOf(await session.explain(`explain (generic_plan, verbose, format json) ${sql}`))
      await session.send('release savepoint schemagate')
      planned.push({ id, plan: root === null || indexed === null ? null : summarize(root, indexed, size), error: null })
    } catch (thrown) {
      await session.send('rollback to savepoint schemagate')
      planned.push({ id, plan: null, error: sqlError(thrown).message })
    }
  }
  return planned
}
