import type { Column, Table } from '../model.ts'
import type { Draft } from './draft.ts'
import { putTable } from './draft.ts'

/** A schema of which it is not known whether it is the one or the other: tables that differ are known as far as both agree. */
export function eitherOf(before: Draft['schema'], after: Draft['schema']): Draft['schema'] {
  if (before.tables === after.tables) return after
  const draft: Draft = { schema: after }
  for (const at of new Set([...before.tables.keys(), ...after.tables.keys()])) {
    const [was, is] = [before.tables.get(at), after.tables.get(at)]
    if (was === is) continue
    if (was !== undefined && is !== undefined) putTable(draft, agreed(was, is))
    else putTable(draft, { ...(is ?? was)!, complete: false })
  }
  return draft.schema
}

function agreed(was: Table, is: Table): Table {
  const both = <T>(a: readonly T[], b: readonly T[]): readonly T[] => a.filter((each) => b.includes(each))
  return {
    ...is,
    columns: columnsOf(was, is),
    primaryKey: was.primaryKey === is.primaryKey ? is.primaryKey : null,
    uniques: both(is.uniques, was.uniques),
    indexes: both(is.indexes, was.indexes),
    foreignKeys: both(is.foreignKeys, was.foreignKeys),
    checks: both(is.checks, was.checks),
    exclusions: both(is.exclusions, was.exclusions),
    complete: false,
  }
}

function columnsOf(was: Table, is: Table): readonly Column[] {
  const gone = was.columns.filter((column) => !is.columns.some(({ name }) => name === column.name))
  return [...is.columns, ...gone].map((column): Column => {
    const [a, b] = [was, is].map((table) => table.columns.find(({ name }) => name === column.name))
    if (a === b) return column
    return {
      ...column,
      type: a?.type === b?.type ? column.type : null,
      nullable: true,
      default: a?.default === b?.default ? column.default : null,
    }
  })
}
