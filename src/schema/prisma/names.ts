import type { Dialect } from '../dialect.ts'

/** Longest name in bytes, as Prisma counts it for each database. */
const longest: Readonly<Record<Dialect, number>> = {
  postgresql: 63,
  cockroachdb: 63,
  mysql: 64,
  sqlserver: 128,
  sqlite: 10_000,
  mongodb: 127,
}

/**
 * The name that Prisma gives to an index (`_idx`), a unique index (`_key`) or a foreign key (`_fkey`) without one:
 * table and columns, cut so that the suffix still fits
 * (https://www.prisma.io/docs/orm/prisma-schema/data-model/database-mapping).
 */
export function defaultName(
  table: string,
  columns: readonly string[],
  suffix: '_idx' | '_key' | '_fkey',
  dialect: Dialect,
): string {
  return `${cut(`${table}_${columns.join('_')}`, longest[dialect] - suffix.length)}${suffix}`
}

/** The name that Prisma gives to a primary key; MySQL and SQLite know only one. */
export function primaryKeyName(table: string, dialect: Dialect): string {
  if (dialect === 'mysql' || dialect === 'sqlite') return 'PRIMARY'
  return `${cut(table, longest[dialect] - '_pkey'.length)}_pkey`
}

/** The first bytes of a name, never half a character. */
export function cut(name: string, bytes: number): string {
  const buffer = Buffer.from(name)
  if (buffer.length <= bytes) return name
  let end = bytes
  while (end > 0 && ((buffer[end] ?? 0) & 0xc0) === 0x80) end--
  return buffer.subarray(0, end).toString()
}
