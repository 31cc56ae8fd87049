import type { Rule } from '../../src/engine/rule.ts'
import type { Column } from '../../src/schema/model.ts'

export default {
  id: 'prefer-aligned-columns',
  severity: 'info',
  summary: 'The order of the columns makes Postgres leave unused bytes in every row.',
  why: `A column of eight bytes begins at a multiple of eight, one of four at a multiple of four. A small column before a large one leaves a gap in each row, on disk and in
    memory, and the order cannot be changed later without writing the table anew.`,
  fix: 'Put columns of eight bytes first, then those of four, two and one, and those of varying length last.',
  references: [
    'https://www.postgresql.org/docs/current/storage-page-layout.html',
    'https://www.postgresql.org/docs/current/catalog-pg-type.html',
  ],
  options: { bytes: 4 },
  enabled: false,
  sources: ['atlas/PG110'],
  bad: [
    {
      sql: `create table accounts (id bigint primary key, premium boolean not null, balance integer not null, age smallint not null);`,
      message: 'leaves 8 bytes',
    },
  ],
  good: [
    {
      sql: `create table accounts (id bigint primary key, balance integer not null, age smallint not null, premium boolean not null);`,
    },
    {
      title: 'Of a length that varies nothing can be said.',
      sql: `create table accounts (id bigint primary key, name text not null, balance bigint not null);`,
    },
  ],
  visit: {
    createTable({ table, to, as }, ctx) {
      if (as !== 'definition') return
      const fixed = to.columns.map(sizeOf)
      if (fixed.some((size) => size === null)) return
      const sizes = fixed.filter((each) => each !== null)
      const now = rowLength(sizes)
      const best = rowLength([...sizes].sort((a, b) => b.align - a.align))
      if (now - best < Number(ctx.options.bytes)) return
      return {
        object: table,
        anySize: true,
        message: `The order of the columns of \`${ctx.name(table)}\` leaves ${now - best} bytes of every row unused.`,
      }
    },
  },
} satisfies Rule

interface Size {
  readonly bytes: number
  readonly align: number
}

/** Length and alignment of a type of fixed length (pg_type.typlen, typalign); null for all others. */
function sizeOf(column: Column): Size | null {
  switch ((column.type ?? '').replace(/\(\d+\)/, '')) {
    case 'bigint':
    case 'double precision':
    case 'timestamp without time zone':
    case 'timestamp with time zone':
    case 'time without time zone':
    case 'money':
      return { bytes: 8, align: 8 }
    case 'integer':
    case 'real':
    case 'date':
    case 'oid':
      return { bytes: 4, align: 4 }
    case 'smallint':
      return { bytes: 2, align: 2 }
    case 'boolean':
      return { bytes: 1, align: 1 }
    case 'uuid':
      return { bytes: 16, align: 1 }
    default:
      return null
  }
}

/** Length of a row's data, filled up to a multiple of eight as Postgres does. */
function rowLength(sizes: readonly Size[]): number {
  const end = sizes.reduce((at, { bytes, align }) => Math.ceil(at / align) * align + bytes, 0)
  return Math.ceil(end / 8) * 8
}
