import type { Node } from 'libpg-query'
import type { Place } from '../location.ts'
import type { QueryPlan } from '../rehearsal/types.ts'
import type { Key } from '../schema/model.ts'

/** One query of the code or of an `.sql` file, as far as it can be told without running anything. */
export interface Query {
  readonly place: Place
  readonly client: 'prisma' | 'drizzle' | 'sql'
  /** What the query is to its client: `findMany`, `select`, `queryRaw`, ... ; `SELECT`, `UPDATE`, ... in SQL. */
  readonly call: string
  readonly operation: 'select' | 'insert' | 'update' | 'delete' | 'other'
  readonly tables: readonly QueryTable[]
  readonly predicates: readonly Predicate[]
  readonly ordering: readonly Order[]
  readonly joins: readonly {
    readonly from: Key
    readonly fromColumns: readonly string[]
    readonly to: Key
    readonly toColumns: readonly string[]
    readonly many: boolean
    readonly place: Place
  }[]
  /** Columns that an insert or update sets, where all are known. */
  readonly writes: readonly string[] | null
  /** A number; `'dynamic'` where a limit stands that is not a literal; null for none. */
  readonly limit: number | 'dynamic' | null
  readonly offset: number | 'dynamic' | null
  /** SQL with `$1` for values, where it can be written; what a plan is asked for. */
  readonly sql: string | null
  /** The SQL that stood in its place before the pull request, where it changes the query; left out where there is none or sizes are not declared. */
  readonly was?: string
  /** What EXPLAIN says of it before and after the pull request, with tables at their declared size; left out where it was not planned. */
  readonly plan?: QueryPlan
  /** True where something of the query is not known: a spread, a variable as `where`, a computed column. Rules that need all of it stay silent. */
  readonly dynamic: boolean
  /** What stands around the call in the code. */
  readonly context: QueryContext
  /** True where the pull request adds or changes the query: its lines are in a hunk of the diff, and the base does not ask the same elsewhere. */
  readonly changed: boolean
  /** True where a changed query finds its rows as it did before, and returns others of their columns or does more with them. */
  readonly familiar?: boolean
  /** Relations that the call loads, the nested ones after their parents. */
  readonly nested?: readonly NestedRead[]
  /** SQL as written, values as `$1`, and its parse tree. */
  readonly statement?: { readonly text: string; readonly node: Node }
  /** Source text of what is written to a column, where that is one expression. */
  readonly values?: Readonly<Record<string, string>>
  /** Every column that the query names, by any clause, with its place. */
  readonly columns?: readonly ColumnUse[]
  /** Loops elsewhere that call the function in which the query stands, without those that do so in the base. */
  readonly repeats?: readonly Repeat[]
  /** Calls of the function in which the query stands, from inside of a transaction that it is then no part of. */
  readonly outside?: readonly OutsideCall[]
  /** Interpolations into raw SQL that reach the server as text and not as values. */
  readonly unsafe?: readonly {
    readonly text: string
    readonly place: Place
    readonly from: 'request' | 'parameter' | 'unknown'
    readonly quoted: boolean
  }[]
  /** Conditions around the call, innermost first. */
  readonly branches?: readonly string[]
  /** Conditions on which the function is left before it comes to the call. */
  readonly left?: readonly string[]
  /** Name of the variable that takes the result. */
  readonly variable?: string | null
  /** True where the code waits for the result there and then. */
  readonly awaited?: boolean
  /** Source text of the call. */
  readonly text?: string
  /** True where the call goes to a read replica, false where it asks for the primary. */
  readonly replica?: boolean
  /** True where something is asked of a cache in front of the database: `cacheStrategy`, `unstable_cache`, `$withCache`. */
  readonly cached?: boolean
  /** True for a GROUP BY. */
  readonly grouped?: boolean
  /** True where the call has a `where`, whether or not it could be read. */
  readonly filtered?: boolean
  /** Rows are locked: `FOR UPDATE`, and whether rows that others have locked are waited for. */
  readonly locks?: 'waits' | 'skips'
  /** Name of the project whose tables it names. */
  readonly project?: string
}

/** One relation that a call loads with its main table. */
export interface NestedRead {
  readonly table: Key
  readonly relation: string
  readonly many: boolean
  /** 1 for a relation of the main table. */
  readonly depth: number
  readonly limited: boolean
  readonly selects: boolean
  /** Lists of related rows on the way from the main table to here, itself included. */
  readonly lists: number
  readonly place: Place
  /** True where the query loaded it before the pull request, too. */
  readonly known?: boolean
}

export interface ColumnUse {
  readonly table: Key
  /** Null for the table as a whole. */
  readonly column: string | null
  readonly use: 'read' | 'write' | 'filter' | 'order' | 'join'
  readonly place: Place
  /** Texts that it is compared with or set to, as far as they are literals; names of enum values among them. */
  readonly values?: readonly string[]
}

/** A call inside of a transaction. */
export interface OutsideCall {
  readonly place: Place
  readonly changed: boolean
  readonly function: string
  /** Where the transaction begins. */
  readonly transaction: Place
}

/** A loop that calls the function in which a query stands. */
export interface Repeat {
  readonly place: Place
  readonly changed: boolean
  readonly function: string
  readonly loop: Loop
  readonly file: QueryContext['file']
  /** True where the function waits for something else than its queries. */
  readonly occupied: boolean
  /** True where each call takes a list of keys. */
  readonly keys: boolean
}

export interface QueryTable {
  readonly table: Key
  /** How the query reaches it: the main table, a join, a nested relation, a subquery. */
  readonly role: 'main' | 'join' | 'include' | 'subquery'
  /** Columns read of it; null for all. */
  readonly columns: readonly string[] | null
}

/** One column of ORDER BY. */
export interface Order {
  readonly table: Key
  readonly column: string
  readonly descending: boolean
  /** Where nothing is said, Postgres takes nulls as greater than all else: last in ascending order, first in descending. */
  readonly nullsFirst: boolean
  readonly place: Place
}

export interface Predicate {
  readonly table: Key
  readonly column: string | null
  /** Expression around the column as Postgres would print it, `lower(email)`; null for the plain column. */
  readonly expression: string | null
  readonly operator:
    | '='
    | '<>'
    | '<'
    | '<='
    | '>'
    | '>='
    | 'in'
    | 'not in'
    | 'between'
    | 'is null'
    | 'is not null'
    | 'like'
    | 'ilike'
    | 'contains'
    | 'has'
    | 'json'
    | 'text search'
    | 'exists'
    | 'unknown'
  /** Pattern of a LIKE that is known: does it begin with a wildcard. */
  readonly pattern?: 'prefix' | 'suffix' | 'infix' | 'exact'
  /** Predicates of different numbers are alternatives (OR); those of equal number hold together (AND). */
  readonly branch: number
  readonly place: Place
  /** The literal it compares with, where that is one. */
  readonly value?: string | number | boolean | null
  /** Every text of a list, a choice or an enum that it compares with. */
  readonly values?: readonly string[]
  /** The column that a subquery lists, where it compares with one and the subquery lets NULL through. */
  readonly among?: { readonly table: Key; readonly column: string }
  /** Source text of what it compares with. */
  readonly source?: string
  /** Type of a literal or cast on the other side, where SQL says it: `text`, `integer`. */
  readonly comparedType?: string
  /** True for a comparison of two columns, and for one that decides which related rows count. */
  readonly joining?: boolean
}

export interface QueryContext {
  /** The nearest loop or array callback that runs the call once an element. */
  readonly loop: Loop | null
  /** The transaction callback around it, and whether the call uses that transaction's own client. */
  readonly transaction: { readonly place: Place; readonly usesOwnClient: boolean } | null
  /** True where it has one connection that was lent to it: the client of a transaction, by its name, or what a pool gave away. */
  readonly borrowed: boolean
  readonly file: 'source' | 'test' | 'seed' | 'script'
  /** Name of the function around it, null at the top of the module. */
  readonly function: string | null
  /** How many parameters that function has; 0 where there is none. */
  readonly parameters: number
  /** True where every call of that function comes by the query: no condition, error or earlier result decides. */
  readonly certain: boolean
}

export interface Loop {
  readonly place: Place
  readonly form: 'for' | 'for-of' | 'while' | 'callback'
  /** Names of what holds one element, or the parts that it is taken apart into; empty where elements are counted. */
  readonly names: readonly string[]
  readonly parallel: boolean
  /** True where the calls of all elements are handed over as one list: `$transaction(xs.map(…))`. */
  readonly together: boolean
  /** How many elements there are; null where that is not known. */
  readonly bounded: number | null
  /** True for a loop over groups of elements, pages or attempts. */
  readonly batching: boolean
  /** True where the error of each element is caught. */
  readonly guarded: boolean
  /** True where a condition decides for each element. */
  readonly conditional: boolean
  /** True where the same function of the base makes such a call on the table in a loop already. */
  readonly known?: boolean
  /** True where the body waits for something that it has done for the element: a mail, a payment, a run. */
  readonly works: boolean
}
