import type { ProjectReview } from '../report/report.ts'
import type { Change, ChangeOf } from '../schema/change.ts'
import { inSchemaOf } from '../schema/sql/ddl.ts'
import {
  indexColumns,
  nameOf,
  type Check,
  type ForeignKey,
  type Key,
  type Schema,
  type Table,
} from '../schema/model.ts'
import { quoteIdent, quoteKey, quoteLiteral } from '../schema/sql/quote.ts'
import { isPlainCast } from '../schema/type-change.ts'

/** A query to run beside a migration: what it answers and what to expect. */
export interface CheckQuery {
  readonly title: string
  readonly sql: string
}

/** Queries to run before the migration: would it fail on the rows that are there, how large are the tables, who would stand in the way. */
export function preflightOf(review: ProjectReview, postgres = 15): readonly CheckQuery[] {
  const { before, after } = review
  const d = before.defaultSchema
  const changes = changesOf(review)
  const touched = touchedTables(changes, before)
  if (!changes.length) return []
  const regclass = touched
    .map((t) => quoteLiteral(quoteKey(t, d)))
    .map((t) => `(${t}::regclass)`)
    .join(', ')
  return unique([
    ...changes.flatMap((c) => wouldFail(c, before, after, postgres)),
    ...heldValues(review),
    ...changes.flatMap((c) => stillUsed(c, before)),
    ...(touched.length
      ? [
          {
            title: 'How large the touched tables are',
            sql: `SELECT oid::regclass AS "table", reltuples::bigint AS about_rows, pg_size_pretty(pg_total_relation_size(oid)) AS size FROM pg_class WHERE oid IN (SELECT * FROM (VALUES ${regclass}) AS touched) ORDER BY pg_total_relation_size(oid) DESC;`,
          },
          {
            title: 'Who holds locks on them now; expect no transaction that is old',
            sql: `SELECT a.pid, a.usename, a.state, now() - a.xact_start AS open_for, l.relation::regclass AS "table", l.mode, left(a.query, 80) AS query FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE l.relation IN (SELECT * FROM (VALUES ${regclass}) AS touched) AND a.pid <> pg_backend_pid() ORDER BY a.xact_start;`,
          },
        ]
      : []),
  ])
}

/** Queries to run after the migration: what was left half done, and how far a long build is. */
export function aftercareOf(review: ProjectReview): readonly CheckQuery[] {
  const d = review.after.defaultSchema
  const all = changesOf(review)
  // Nothing is left half done in a table that the migration itself makes.
  const made = new Set(all.flatMap((c) => (c.kind === 'createTable' ? [c.table] : [])))
  const changes = all.filter((c) => !('table' in c && made.has(c.table)))
  const touched = touchedTables(changes, review.after)
  if (!touched.length) return []
  const regclass = touched.map((t) => `(${quoteLiteral(quoteKey(t, d))}::regclass)`).join(', ')
  const analyse = touched.filter((t) =>
    changes.some(
      (c) => 'table' in c && c.table === t && ['alterColumnType', 'addIndex', 'setGenerated'].includes(c.kind),
    ),
  )
  const some = (...kinds: readonly Change['kind'][]) => changes.some((c) => kinds.includes(c.kind))
  // A second column that takes over gets indexes and constraints too.
  const builds = some('addIndex', 'addUnique', 'addPrimaryKey', 'attachIndex', 'renameColumn', 'alterColumnType')
  const constrains = some(
    'addForeignKey',
    'addCheck',
    'addNotNull',
    'setNotNull',
    'validateConstraint',
    'renameColumn',
    'alterColumnType',
  )
  return [
    ...(!builds
      ? []
      : [
          {
            title: 'Indexes that a failed build left invalid; expect none',
            sql: `SELECT indexrelid::regclass AS index, indrelid::regclass AS "table" FROM pg_index WHERE NOT indisvalid AND indrelid IN (SELECT * FROM (VALUES ${regclass}) AS touched);`,
          },
        ]),
    ...(!constrains
      ? []
      : [
          {
            title: 'Constraints that are not validated; expect none that you did not leave so',
            sql: `SELECT conname, conrelid::regclass AS "table" FROM pg_constraint WHERE NOT convalidated AND conrelid IN (SELECT * FROM (VALUES ${regclass}) AS touched);`,
          },
        ]),
    ...(changes.some((c) => c.kind === 'addIndex')
      ? [
          {
            title: 'How far an index build is',
            sql: 'SELECT pid, relid::regclass AS "table", phase, blocks_done, blocks_total, tuples_done, tuples_total FROM pg_stat_progress_create_index;',
          },
        ]
      : []),
    ...analyse.map((t) => ({ title: 'Fresh statistics for the planner', sql: `ANALYZE ${quoteKey(t, d)};` })),
  ]
}

function changesOf(review: ProjectReview): readonly Change[] {
  return review.steps.length
    ? review.steps.flatMap((s) => (s.statement.inside === 'function' ? [] : s.changes))
    : review.changes
}

function touchedTables(changes: readonly Change[], schema: Schema): readonly Key[] {
  return [...new Set(changes.flatMap((c) => ('table' in c && schema.tables.has(c.table) ? [c.table] : [])))]
}

function unique(queries: readonly CheckQuery[]): readonly CheckQuery[] {
  return queries.filter((q, i) => queries.findIndex((o) => o.sql === q.sql) === i)
}

/** Rows that hold a value which an enum loses. */
function heldValues({ before, after }: ProjectReview): readonly CheckQuery[] {
  const d = before.defaultSchema
  return [...before.enums].flatMap(([of, type]) => {
    const gone = after.enums.has(of) ? type.values.filter((v) => !after.enums.get(of)!.values.includes(v)) : []
    if (!gone.length) return []
    return [...before.tables.values()].flatMap((t) =>
      t.columns
        .filter((c) => c.type === quoteKey(of, d))
        .map((c): CheckQuery => ({
          title: `Rows of ${t.name} whose ${c.name} is ${gone.join(' or ')}; expect 0`,
          sql: `SELECT count(*) FROM ${quoteKey(t.key, d)} WHERE ${quoteIdent(c.name)}::text IN (${gone.map(quoteLiteral).join(', ')});`,
        })),
    )
  })
}

/** Whether anything still reads what goes; the counters are of this server alone. */
function stillUsed(change: Change, before: Schema): readonly CheckQuery[] {
  const d = before.defaultSchema
  if (change.kind === 'dropTable' && before.tables.has(change.table)) {
    return [
      {
        title: `How often ${nameOf(change.table)} was read and written; look twice, and expect no difference`,
        sql: `SELECT seq_scan, idx_scan, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables WHERE relid = ${quoteLiteral(quoteKey(change.table, d))}::regclass;`,
      },
    ]
  }
  if (change.kind === 'dropIndex' && before.tables.get(change.table)?.indexes.some((i) => i.name === change.name)) {
    return [
      {
        title: `How often ${change.name} was used; look at the replicas too`,
        sql: `SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelid = ${quoteLiteral(inSchemaOf(change.table, change.name, d))}::regclass;`,
      },
    ]
  }
  return []
}

function wouldFail(change: Change, before: Schema, after: Schema, postgres: number): readonly CheckQuery[] {
  const d = before.defaultSchema
  const old = 'table' in change ? before.tables.get(change.table) : undefined
  if (!old || !('table' in change)) return []
  const table = quoteKey(change.table, d)
  const has = (columns: readonly string[]) => columns.every((c) => old.columns.some((o) => o.name === c))
  switch (change.kind) {
    case 'setNotNull':
      return has([change.to.name])
        ? [
            {
              title: `Rows of ${old.name} without ${change.to.name}; expect 0`,
              sql: `SELECT count(*) FROM ${table} WHERE ${quoteIdent(change.to.name)} IS NULL;`,
            },
          ]
        : []
    case 'addColumn':
      return !change.to.nullable && change.to.default === null && !change.to.generated && !change.to.identity
        ? [
            {
              title: `Any row in ${old.name}; expect none, or ${change.to.name} cannot come NOT NULL`,
              sql: `SELECT EXISTS (SELECT FROM ${table});`,
            },
          ]
        : []
    case 'addPrimaryKey':
      return has(change.to.columns) ? [duplicates(old, change.to.columns, null, true, d)] : []
    case 'addUnique':
      return has(change.to.columns) ? [duplicates(old, change.to.columns, null, change.to.nullsNotDistinct, d)] : []
    case 'addIndex': {
      const columns = change.index.keys.flatMap((k) => k.column ?? [])
      return change.index.unique && columns.length === change.index.keys.length && has(columns)
        ? [duplicates(old, indexColumns(change.index), change.index.where, change.index.nullsNotDistinct, d)]
        : []
    }
    case 'addCheck':
      return [breaking(old, change.to, d)].filter(
        () =>
          !mentionsNew(
            change.to.expression,
            old.columns.map((c) => c.name),
            after,
            change.table,
          ),
      )
    case 'addForeignKey':
      return has(change.to.columns) && before.tables.has(`${change.to.references.schema}.${change.to.references.table}`)
        ? [orphans(old, change.to, before, d)]
        : []
    case 'alterColumnType':
      return change.from.type &&
        change.to.type &&
        !change.using &&
        /^(smallint|integer)$/.test(change.to.type) &&
        /^(bigint|integer)$/.test(change.from.type)
        ? [
            {
              title: `Values of ${old.name}.${change.from.name} that do not fit ${change.to.type}; expect 0`,
              sql: `SELECT count(*) FROM ${table} WHERE ${quoteIdent(change.from.name)} NOT BETWEEN ${change.to.type === 'integer' ? '-2147483648 AND 2147483647' : '-32768 AND 32767'};`,
            },
          ]
        : [
            ...lengthCheck(change.from.type, change.to.type, table, old.name, change.from.name),
            ...castCheck(change, table, old.name, postgres),
          ]
    default:
      return []
  }
}

function lengthCheck(
  from: string | null,
  to: string | null,
  table: string,
  name: string,
  column: string,
): readonly CheckQuery[] {
  const length = /^character varying\((\d+)\)$/.exec(to ?? '')?.[1]
  if (!length || !/^(text|character varying)/.test(from ?? '')) return []
  return [
    {
      title: `Values of ${name}.${column} longer than ${length}; expect 0`,
      sql: `SELECT count(*) FROM ${table} WHERE length(${quoteIdent(column)}) > ${length};`,
    },
  ]
}

/** Texts that are no values of the new type; Postgres can say so from 16 on. */
function castCheck(
  { from, to, using }: ChangeOf<'alterColumnType'>,
  table: string,
  name: string,
  postgres: number,
): readonly CheckQuery[] {
  if (
    postgres < 16 ||
    !to.type ||
    !/^(text|character varying)/.test(from.type ?? '') ||
    /^(text|character)/.test(to.type) ||
    (using !== null && !isPlainCast(using, from.name))
  )
    return []
  return [
    {
      title: `Values of ${name}.${from.name} that are no ${to.type}; expect none`,
      sql: `SELECT ${quoteIdent(from.name)} FROM ${table} WHERE NOT pg_input_is_valid(${quoteIdent(from.name)}, ${quoteLiteral(to.type)}) LIMIT 20;`,
    },
  ]
}

function mentionsNew(expression: string, columns: readonly string[], after: Schema, table: Key): boolean {
  return (after.tables.get(table)?.columns ?? []).some((c) => !columns.includes(c.name) && expression.includes(c.name))
}

/** Which rows break a check that is to come. */
export function breaking(table: Table, check: Check, d: string): CheckQuery {
  return {
    title: `Rows of ${table.name} that break ${check.name}; expect 0`,
    sql: `SELECT count(*) FROM ${quoteKey(table.key, d)} WHERE NOT (${check.expression});`,
  }
}

/** Which values of some columns stand in several rows; `nulls` says that NULL counts as a value. */
export function duplicates(
  table: Table,
  columns: readonly string[],
  where: string | null,
  nulls: boolean,
  d: string,
): CheckQuery {
  const list = columns.map(quoteIdent)
  const conditions = [...(where ? [`(${where})`] : []), ...(nulls ? [] : list.map((c) => `${c} IS NOT NULL`))]
  return {
    title: `Values of ${table.name} that stand in several rows; expect none`,
    sql: `SELECT ${list.join(', ')}, count(*) FROM ${quoteKey(table.key, d)}${conditions.length ? ` WHERE ${conditions.join(' AND ')}` : ''} GROUP BY ${list.join(', ')} HAVING count(*) > 1 LIMIT 20;`,
  }
}

/** How many rows point at no row of the referenced table. */
export function orphans(table: Table, key: ForeignKey, schema: Schema, d: string): CheckQuery {
  const target = `${key.references.schema}.${key.references.table}`
  const referenced = key.references.columns.length
    ? key.references.columns
    : (schema.tables.get(target)?.primaryKey?.columns ?? [])
  const on = key.columns
    .map((c, i) => `parent.${quoteIdent(referenced[i] ?? c)} = child.${quoteIdent(c)}`)
    .join(' AND ')
  return {
    title: `Rows of ${table.name} that point at no row of ${key.references.table}; expect 0`,
    sql: `SELECT count(*) FROM ${quoteKey(table.key, d)} AS child WHERE ${key.columns.map((c) => `child.${quoteIdent(c)} IS NOT NULL`).join(' AND ')} AND NOT EXISTS (SELECT FROM ${quoteKey(target, d)} AS parent WHERE ${on});`,
  }
}
