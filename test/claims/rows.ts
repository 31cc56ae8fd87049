import { quoted } from '../../src/rehearsal/session.ts'
import type { Session } from '../../src/rehearsal/session.ts'

type Column = {
  readonly schema: string
  readonly table: string
  readonly name: string
  readonly type: string
  readonly category: string
  readonly required: boolean
  readonly single: boolean
  readonly label: string | null
}

const columnsSql = `
select n.nspname as schema, c.relname as table, a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, t.typcategory as category, a.attnotnull as required,
  exists (select 1 from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisunique and a.attnum = any (i.indkey::smallint[])) as single,
  (select e.enumlabel from pg_catalog.pg_enum e where e.enumtypid = t.oid order by e.enumsortorder limit 1) as label
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
where c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'
order by c.oid, a.attnum`

/**
 * Puts three rows into every table that takes them: the first has NULL where that is allowed, the other two have equal values
 * where nothing is unique. A table that wants more than a type says stays empty.
 */
export async function fillTables(session: Session): Promise<void> {
  const columns = await session.ask<Column>(columnsSql)
  const tables = [...new Set(columns.map((column) => `${quoted(column.schema)}.${quoted(column.table)}`))]
  await session.send('begin')
  const filled = new Set<string>()
  for (let pass = 0; pass < 3; pass++) {
    for (const table of tables.filter((each) => !filled.has(each))) {
      const own = columns.filter((column) => `${quoted(column.schema)}.${quoted(column.table)}` === table)
      for (const row of [1, 2, 3]) {
        await session.send('savepoint row')
        try {
          await session.send(
            `insert into ${table} (${own.map((column) => quoted(column.name)).join(', ')}) overriding system value values (${own.map((column) => valueOf(column, row)).join(', ')})`,
          )
          await session.send('release savepoint row')
          filled.add(table)
        } catch {
          await session.send('rollback to savepoint row; release savepoint row')
        }
      }
    }
  }
  await session.send('commit')
}

function valueOf(column: Column, row: number): string {
  if (row === 1 && !column.required) return 'null'
  const value = column.single ? row : Math.min(row, 2)
  const text = textOf(column, value)
  return text === null ? 'null' : `'${text.replaceAll("'", "''")}'::${column.type}`
}

function textOf(column: Column, value: number): string | null {
  if (column.label !== null) return column.label
  if (column.type === 'uuid') return `00000000-0000-0000-0000-00000000000${value}`
  if (column.type.startsWith('json')) return '{}'
  if (column.type === 'bytea') return `\\x0${value}`
  switch (column.category) {
    case 'N':
    case 'S':
      return String(value)
    case 'B':
      return 'true'
    case 'D':
      return column.type.startsWith('time ') ? `00:00:0${value}` : `2026-01-0${value}`
    case 'T':
      return `${value} days`
    case 'A':
      return '{}'
    case 'R':
      return 'empty'
    case 'I':
      return `10.0.0.${value}`
    default:
      return null
  }
}
