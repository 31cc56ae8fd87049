import type { Statement } from '../../sql/statement.ts'
import type { Schema } from '../model.ts'

/** Where a transaction goes back to: the schema as it was there, and the number of the first statement behind it. */
export interface BackTo<S extends Schema> {
  readonly schema: S
  readonly first: number
}

/** Keeps the points to which `ROLLBACK` and `ROLLBACK TO SAVEPOINT` can take a transaction back, while its statements are replayed in order. */
export function undoing<S extends Schema>(): {
  /** Says that a transaction begins with the statement of this number. */
  begin(schema: S, first: number): void
  /** Where a statement goes back to, and null for all that takes nothing back. */
  backTo(statement: Statement, schema: S, number: number): BackTo<S> | null
} {
  let start: BackTo<S> | null = null
  let saved: (BackTo<S> & { readonly name: string })[] = []
  return {
    begin(schema, first) {
      start = { schema, first }
      saved = []
    },
    backTo({ node, inside }, schema, number) {
      if (inside !== null || !('TransactionStmt' in node)) return null
      const { kind, savepoint_name: name = '' } = node.TransactionStmt
      const at = saved.findLastIndex((each) => each.name === name)
      switch (kind) {
        case 'TRANS_STMT_ROLLBACK':
          return start
        case 'TRANS_STMT_SAVEPOINT':
          saved.push({ name, schema, first: number + 1 })
          return null
        case 'TRANS_STMT_ROLLBACK_TO':
          if (at >= 0) saved = saved.slice(0, at + 1)
          return saved[at] ?? null
        case 'TRANS_STMT_RELEASE':
          if (at >= 0) saved = saved.slice(0, at)
          return null
        default:
          return null
      }
    },
  }
}
