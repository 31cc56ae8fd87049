import type { Statement } from '../sql/statement.ts'

/** https://docs.liquibase.com/concepts/changelogs/sql-format.html */
const header = /^\s*--[ \t]*(?:liquibase[ \t]+formatted[ \t]+sql\b|changeset[ \t]+\S+:\S)/i
const changeset = /^[ \t]*--[ \t]*changeset[ \t]+[^\n]*$/gim

/** True for a changelog of Liquibase in SQL, which grows by the changesets that are added to it. */
export function isLiquibase(text: string): boolean {
  return header.test(text)
}

/** Statements of one changeset, and whether Liquibase runs it in a transaction. */
export interface Changeset {
  readonly statements: readonly Statement[]
  readonly transaction: boolean
}

/** The changesets of a changelog, in their order. What stands before the first is one of its own. */
export function changesetsOf(text: string, statements: readonly Statement[]): readonly Changeset[] {
  const marks = [...text.matchAll(changeset)]
  const bounds = [0, ...marks.map(({ index }) => index), text.length]
  return bounds.slice(0, -1).map((from, i) => ({
    statements: statements.filter(({ start }) => start >= from && start < (bounds[i + 1] ?? text.length)),
    transaction: !/\brunInTransaction:"?false\b/i.test(marks[i - 1]?.[0] ?? ''),
  }))
}
