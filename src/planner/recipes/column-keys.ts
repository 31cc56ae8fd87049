import { checkDefinition, createIndex, foreignKeyDefinition, uniqueDefinition } from '../../schema/sql/ddl.ts'
import type { Index, Table } from '../../schema/model.ts'
import { mentions } from '../../schema/sql/schema.ts'
import { quoteIdent, quoteKey } from '../../schema/sql/quote.ts'
import { renameIn } from './recipe.ts'
import { validated } from './constraints.ts'

/** The indexes, uniques, checks and foreign keys over a column, made for another one without blocking. */
export function keysOnNewColumn(table: Table, from: string, to: string, d: string): readonly string[] {
  const name = quoteKey(table.key, d)
  const renamed = (old: string) => (old.includes(from) ? old.replace(from, to) : `${old}_${to}`).slice(0, 60)
  const columns = (list: readonly string[]) => list.map((c) => (c === from ? to : c))
  const text = (sql: string) => renameIn(sql, from, to)
  const indexes = table.indexes
    .filter(
      (i) =>
        i.keys.some((k) => k.column === from || (k.expression !== null && mentions(k.expression, quoteIdent(from)))) ||
        i.include.includes(from) ||
        (i.where !== null && mentions(i.where, quoteIdent(from))),
    )
    .map((i): Index => ({
      ...i,
      name: renamed(i.name),
      include: columns(i.include),
      where: i.where === null ? null : text(i.where),
      keys: i.keys.map((k) => ({
        ...k,
        column: k.column === from ? to : k.column,
        expression: k.expression === null ? null : text(k.expression),
      })),
    }))
  return [
    ...indexes.map((i) => createIndex(table.key, i, d, { concurrently: true })),
    ...table.uniques
      .filter((u) => u.columns.includes(from))
      .flatMap((u) => {
        const unique = { ...u, name: renamed(u.name), columns: columns(u.columns), include: columns(u.include) }
        const index: Index = {
          name: unique.name,
          keys: unique.columns.map((c) => ({
            column: c,
            expression: null,
            descending: false,
            nullsFirst: false,
            opclass: null,
            collation: null,
          })),
          include: unique.include,
          unique: true,
          nullsNotDistinct: unique.nullsNotDistinct,
          method: 'btree',
          where: null,
          valid: true,
          declared: [],
        }
        return unique.deferrable
          ? [`ALTER TABLE ${name} ADD ${uniqueDefinition(unique)}`]
          : [
              createIndex(table.key, index, d, { concurrently: true }),
              `ALTER TABLE ${name} ADD CONSTRAINT ${quoteIdent(unique.name)} UNIQUE USING INDEX ${quoteIdent(unique.name)}`,
            ]
      }),
    ...table.checks
      .filter((c) => mentions(c.expression, quoteIdent(from)))
      .flatMap((c) =>
        validated(
          name,
          checkDefinition({ ...c, name: renamed(c.name), expression: text(c.expression), validated: false }),
          renamed(c.name),
        ),
      ),
    ...table.foreignKeys
      .filter((f) => !f.clientOnly && f.columns.includes(from))
      .flatMap((f) =>
        validated(
          name,
          foreignKeyDefinition({ ...f, name: renamed(f.name), columns: columns(f.columns), validated: false }, d),
          renamed(f.name),
        ),
      ),
  ]
}
