import type { Key, Schema } from '../../src/schema/model.ts'

/** The partition that takes what no other takes; null where a table has none. */
export function defaultPartition(table: Key, schema: Schema): Key | null {
  for (const { key, partition } of schema.tables.values()) {
    if (partition.of?.parent === table && /^DEFAULT$/i.test(partition.of.bound.trim())) return key
  }
  return null
}
