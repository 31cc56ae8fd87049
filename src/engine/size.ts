import type { Config } from '../config.ts'
import { nameOf, schemaOf, type Key } from '../schema/model.ts'

/** Declared rows of a table: by its full name, then its bare name, then `*`. */
export function rowsOf(config: Config, table: Key, defaultSchema: string): number | undefined {
  return namedRows(config, table, defaultSchema) ?? config.tables['*']?.rows
}

/** Rows declared for a table by its own name. */
export function namedRows(config: Config, table: Key, defaultSchema: string): number | undefined {
  const bare = schemaOf(table) === defaultSchema ? config.tables[nameOf(table)]?.rows : undefined
  return config.tables[table]?.rows ?? bare
}

/** How large a table of so many rows counts. */
export function sizeOf(config: Config, rows: number | undefined): 'small' | 'medium' | 'large' | 'unknown' {
  if (rows === undefined) return 'unknown'
  return rows >= config.largeTableRows ? 'large' : rows <= config.smallTableRows ? 'small' : 'medium'
}
