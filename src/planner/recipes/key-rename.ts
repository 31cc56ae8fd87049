import { createIndex, foreignKeyDefinition, targetOf } from '../../schema/sql/ddl.ts'
import { indexOf } from '../../schema/unique-index.ts'
import type { Column, ForeignKey, Schema, Table } from '../../schema/model.ts'
import { quoteIdent, quoteKey } from '../../schema/sql/quote.ts'
import { validated } from './constraints.ts'
import { handOver } from './key-swap.ts'

/** What becomes of a key when its column gets another name, and of the foreign keys that point at it. */
export interface RenamedKey {
  /** Built beside running code: the index of the key, and foreign keys that point at the new column. */
  readonly built: readonly string[]
  /**
   * First in the transaction of the last step: code that writes takes the table first and then what it points at, and so has this. Empty
   * where nothing points at the column.
   */
  readonly first: readonly string[]
  /** In that transaction, before the old column goes. */
  readonly before: readonly string[]
  /** And after it. */
  readonly after: readonly string[]
}

/** Moves the primary key over a column, its sequence and what points at it to the column that takes its place. */
export function renamedKey(table: Table, from: Column, to: string, schema: Schema, d: string): RenamedKey {
  const name = quoteKey(table.key, d)
  const columns = (list: readonly string[]) => list.map((c) => (c === from.name ? to : c))
  const beside = (old: string) => `${old.slice(0, 62 - to.length)}_${to}`
  const primary = table.primaryKey?.columns.includes(from.name) ? table.primaryKey : null
  const pointing = [...schema.tables.values()].flatMap((other) =>
    other.foreignKeys
      .filter((f) => !f.clientOnly && targetOf(f) === table.key && referencedBy(f, table).includes(from.name))
      .map((f) => ({ alter: `ALTER TABLE ${quoteKey(other.key, d)}`, other, f })),
  )
  const owns =
    from.identity !== null ||
    [...schema.sequences.values()].some(({ ownedBy }) => ownedBy?.table === table.key && ownedBy.column === from.name)
  return {
    built: [
      ...(primary === null
        ? []
        : [
            createIndex(
              table.key,
              {
                ...indexOf({ ...primary, columns: columns(primary.columns), nullsNotDistinct: false }),
                name: beside(primary.name),
              },
              d,
              { concurrently: true },
            ),
          ]),
      ...pointing.flatMap(({ other, f }) => {
        const references = { ...f.references, columns: columns(referencedBy(f, table)) }
        const second = { ...f, name: beside(f.name), references, validated: false }
        return validated(quoteKey(other.key, d), foreignKeyDefinition(second, d), second.name)
      }),
    ],
    first: pointing.map(({ alter, f }) => `${alter} DROP CONSTRAINT ${quoteIdent(f.name)}`),
    before: [
      ...(primary === null
        ? []
        : [
            `ALTER TABLE ${name} DROP CONSTRAINT ${quoteIdent(primary.name)}`,
            `ALTER TABLE ${name} ADD CONSTRAINT ${quoteIdent(primary.name)} PRIMARY KEY USING INDEX ${quoteIdent(beside(primary.name))}`,
          ]),
      ...(owns ? handOver(from, { now: to, old: from.name }, table, from.type ?? '', schema, d) : []),
    ],
    after: pointing.map(
      ({ alter, f }) => `${alter} RENAME CONSTRAINT ${quoteIdent(beside(f.name))} TO ${quoteIdent(f.name)}`,
    ),
  }
}

function referencedBy({ references }: ForeignKey, target: Table): readonly string[] {
  return references.columns.length > 0 ? references.columns : (target.primaryKey?.columns ?? [])
}
