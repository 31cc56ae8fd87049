import type { Migration, Transaction } from '../step.ts'
import type { Statement } from '../sql/statement.ts'
import { changesetsOf, isLiquibase } from './liquibase.ts'
import type { Runner } from './project.ts'
import { endsTransactions, refusesTransaction } from '../sql/transaction-block.ts'
import { isAtLeast } from './versions.ts'

/** For files judged on their own: the answer of `--in-transaction` and `--no-in-transaction`. */
export interface TransactionOptions {
  readonly inTransaction?: boolean
  /** Major version of the server, default 15: what refuses a transaction depends on it. */
  readonly postgres?: number
}

/** How a runner sends a file. */
interface Sending {
  /** The transaction that the runner opens around its queries: none, one a file, one for all pending files. */
  readonly around: 'none' | 'file' | 'all'
  /** What goes to the server in one query: a statement, the whole file, what stands between breakpoints. Several statements in one query are an implicit transaction. */
  readonly query: 'statement' | 'file' | 'piece'
  readonly because: string
  /** True where it is not known whether the statements of a file share a transaction. */
  readonly unknown?: true
  /** A pipeline: one implicit transaction whose first statement may be one that refuses it; `splits` says that any such is sent alone (null: not known). */
  readonly pipeline?: { readonly splits: boolean | null }
}

interface State {
  id: number
  /** The transaction around all pending files, once it is open. */
  shared: number | null
  /** True once a COMMIT ended it. */
  ended: boolean
}

type Draft = { -readonly [K in keyof Transaction]: Transaction[K] }

/**
 * The transaction of each statement, in the order of the migrations and their statements. The migrations count as pending together. `BEGIN` and
 * `COMMIT` in a file and the switches of each runner count. Without a runner a file is one transaction, except one whose only statement
 * cannot run in one, and one that begins its transactions itself.
 */
export function transactionsOf(
  runner: Runner | null,
  migrations: readonly Migration[],
  options: TransactionOptions = {},
): readonly Transaction[] {
  const state: State = { id: 0, shared: null, ended: false }
  return migrations.flatMap((migration) => {
    const drafts = partsOf(runner, migration, options).flatMap(([part, sending]) =>
      sending.pipeline
        ? pipelined(part, sending, sending.pipeline.splits, state, options.postgres ?? 15)
        : sent(part, sending, state),
    )
    const final = drafts.at(-1)?.id
    for (const draft of drafts) draft.survivesFailure = draft.id !== final
    return drafts
  })
}

/** True where more statements at the end of a file would each be sent and committed alone, be they of the kind that refuses a transaction or not. */
export function commitsEach(runner: Runner | null, migration: Migration, options: TransactionOptions = {}): boolean {
  const [first] = migration.statements
  if (first === undefined) return false
  const select: Statement = { ...first, inside: null, kind: 'SelectStmt', node: { SelectStmt: {} } }
  const drop: Statement = { ...select, kind: 'DropStmt', node: { DropStmt: { concurrent: true } } }
  const longer = { ...migration, statements: [...migration.statements, select, drop] }
  return transactionsOf(runner, [longer], options).every(({ block }) => block === false)
}

/** A file, or the parts of it that are sent in ways of their own. */
function partsOf(
  runner: Runner | null,
  migration: Migration,
  options: TransactionOptions,
): readonly (readonly [Migration, Sending])[] {
  const isNamed = options.inTransaction !== undefined || (runner !== null && runner.assumed !== true)
  if (isNamed || !isLiquibase(textOf(migration))) return [[migration, sendingOf(runner, migration, options)]]
  return changesetsOf(textOf(migration), migration.statements).map(({ statements, transaction }) => [
    { ...migration, statements },
    transaction
      ? { around: 'file', query: 'statement', because: 'Liquibase runs a changeset in one transaction' }
      : each('`runInTransaction:false` lets each statement of the changeset commit alone'),
  ])
}

function sent(migration: Migration, sending: Sending, state: State): readonly Draft[] {
  const queries = queriesOf(migration, sending.query)
  const drafts: Draft[] = []
  let ended = sending.around === 'all' && state.ended
  let around: number | null = null
  if (sending.around === 'all' && !ended) around = state.shared ??= ++state.id
  if (sending.around === 'file') around = ++state.id
  let explicit: number | null = null
  let implicit = null as { readonly query: number; readonly id: number } | null
  let last: Draft | null = null
  for (const statement of migration.statements) {
    if (statement.inside !== null && last) {
      drafts.push(within(last, statement))
      continue
    }
    const query = queries.of(statement)
    const control = controlOf(statement)
    if (around === null && explicit === null && control === 'begin') explicit = ++state.id
    let draft: Draft
    if (around !== null) draft = { id: around, block: true, because: sending.because, survivesFailure: false }
    else if (explicit !== null)
      draft = { id: explicit, block: true, because: '`BEGIN` opens a transaction in the file', survivesFailure: false }
    else if (queries.size(query) > 1 && !sending.unknown) {
      // A query of several statements is no place for one that refuses a transaction, even after a COMMIT in it.
      if (implicit?.query !== query) implicit = { query, id: ++state.id }
      draft = {
        id: implicit.id,
        block: true,
        because: ended ? 'several statements in one query are one transaction' : sending.because,
        survivesFailure: false,
      }
    } else {
      const block = sending.unknown && queries.count > 1 ? null : false
      draft = {
        id: ++state.id,
        block,
        because: ended ? '`COMMIT` ended the transaction before it' : sending.because,
        survivesFailure: false,
      }
    }
    last = draft
    drafts.push(draft)
    if (control !== 'end' && control !== 'chain') continue
    if (around !== null) ended = true
    around = null
    explicit = control === 'chain' ? ++state.id : null
    implicit = null
  }
  if (sending.around === 'all') state.ended = ended
  return drafts
}

/** The transaction of what stands in a body: that of its statement, which is one by itself where nothing is open around it. */
function within(around: Draft, { inside }: Statement): Draft {
  return (inside === 'do' || inside === 'call') && around.block !== true
    ? { ...around, because: inside === 'do' ? 'a `DO` block is one transaction' : 'a function runs in one transaction' }
    : around
}

/** A pipeline without an end between its statements: the implicit transaction lasts from the first to the last. */
function pipelined(
  migration: Migration,
  sending: Sending,
  splits: boolean | null,
  state: State,
  postgres: number,
): readonly Draft[] {
  const drafts: Draft[] = []
  let pipe: number | null = null
  let explicit: number | null = null
  let last: Draft | null = null
  for (const statement of migration.statements) {
    if (statement.inside !== null && last) {
      drafts.push(within(last, statement))
      continue
    }
    const control = controlOf(statement)
    if (control === 'begin') explicit ??= ++state.id
    if (explicit !== null) {
      last = { id: explicit, block: true, because: '`BEGIN` opens a transaction in the file', survivesFailure: false }
      drafts.push(last)
      if (control === 'end') [explicit, pipe] = [null, null]
      continue
    }
    const form = refusesTransaction(statement, postgres)
    const alone = form === null ? false : sentAlone(form, splits)
    if (form !== null && (drafts.length === 0 || alone !== false)) {
      last = {
        id: ++state.id,
        block: drafts.length === 0 || alone === true ? false : null,
        because: sending.because,
        survivesFailure: false,
      }
      pipe = null
    } else {
      pipe ??= ++state.id
      last = { id: pipe, block: true, because: sending.because, survivesFailure: false }
    }
    drafts.push(last)
    if (control === 'end') pipe = null
  }
  return drafts
}

/**
 * Whether the Supabase CLI takes a statement out of its pipeline: those of its list, on which `DROP INDEX CONCURRENTLY` came later; null where the
 * version is not known. https://github.com/supabase/cli/pull/5671, https://github.com/supabase/cli/pull/6276
 */
function sentAlone(form: string, splits: boolean | null): boolean | null {
  if (form === 'DROP INDEX CONCURRENTLY') return splits === false ? false : null
  return /^(?:CREATE INDEX CONCURRENTLY|REINDEX CONCURRENTLY|VACUUM|ALTER SYSTEM|CLUSTER)$/.test(form) ? splits : false
}

interface Queries {
  readonly count: number
  of(statement: Statement): number
  /** Number of statements in a query. */
  size(query: number): number
}

const breakpoint = '--> statement-breakpoint'

/** Which statements of a file go to the server in one query. */
function queriesOf(migration: Migration, kind: Sending['query']): Queries {
  const top = migration.statements.filter(({ inside }) => inside === null)
  const numbers = new Map<Statement, number>()
  const text = textOf(migration)
  let piece = 0
  let next = text.indexOf(breakpoint)
  for (const [i, statement] of top.entries()) {
    for (; next >= 0 && next < statement.start; next = text.indexOf(breakpoint, next + breakpoint.length)) piece++
    numbers.set(statement, kind === 'statement' ? i : kind === 'piece' ? piece : 0)
  }
  const sizes = new Map<number, number>()
  for (const number of numbers.values()) sizes.set(number, (sizes.get(number) ?? 0) + 1)
  return { count: top.length, of: (statement) => numbers.get(statement) ?? 0, size: (query) => sizes.get(query) ?? 0 }
}

/** What a statement does to the transaction around it. */
function controlOf(statement: Statement): 'begin' | 'end' | 'chain' | null {
  if (!('TransactionStmt' in statement.node)) return null
  const { kind, chain } = statement.node.TransactionStmt
  if (kind === 'TRANS_STMT_BEGIN' || kind === 'TRANS_STMT_START') return 'begin'
  if (kind !== 'TRANS_STMT_COMMIT' && kind !== 'TRANS_STMT_ROLLBACK') return null
  return chain ? 'chain' : 'end'
}

function textOf(migration: Migration): string {
  return migration.statements[0]?.file.text ?? ''
}

function each(because: string): Sending {
  return { around: 'none', query: 'statement', because }
}

function whole(because: string): Sending {
  return { around: 'none', query: 'file', because }
}

function sendingOf(runner: Runner | null, migration: Migration, options: TransactionOptions): Sending {
  const postgres = options.postgres ?? 15
  if (options.inTransaction === true)
    return { around: 'file', query: 'statement', because: 'the file runs in a transaction (`--in-transaction`)' }
  if (options.inTransaction === false) return each('the file runs without a transaction (`--no-in-transaction`)')
  if (runner === null || runner.assumed) return unnamed(migration, runner?.assumed === true, postgres)
  const text = textOf(migration)
  switch (runner.name) {
    case 'prisma':
      return prisma(migration, runner)
    case 'drizzle':
      return { around: 'all', query: 'piece', because: 'Drizzle runs all pending migrations in one transaction' }
    case 'supabase':
      return {
        around: 'none',
        query: 'file',
        because: 'the Supabase CLI sends a file as one implicit transaction',
        pipeline: { splits: isAtLeast(runner.version, '2.109.0') },
      }
    case 'goose':
      if (/^-- *\+goose +no +transaction\s*$/im.test(text))
        return each('`-- +goose NO TRANSACTION` lets each statement commit alone')
      return { around: 'file', query: 'statement', because: 'goose runs a file in one transaction' }
    case 'dbmate': {
      const up = /^--\s*migrate:up\b([^\n]*)/m.exec(text)?.[1] ?? ''
      if (/\stransaction:false(?:\s|$)/.test(up))
        return whole('dbmate sends the file as one query (`transaction:false`)')
      return { around: 'file', query: 'file', because: 'dbmate runs a file in one transaction' }
    }
    case 'golang-migrate':
      return runner.options?.multiStatement
        ? each('golang-migrate sends each statement alone (`x-multi-statement`)')
        : whole('golang-migrate sends a file as one query')
    case 'flyway':
      return flyway(migration, runner, postgres)
    case 'sqlx':
      if (text.startsWith('-- no-transaction')) return whole('sqlx sends the file as one query (`-- no-transaction`)')
      if (/auto_?commit|no_?transaction/i.test(migration.name))
        return {
          around: 'none',
          query: 'statement',
          because: 'its name says that it commits by itself, and what heeds that is not known',
          unknown: true,
        }
      return { around: 'file', query: 'file', because: 'sqlx runs a file in one transaction' }
    case 'diesel':
      if (migration.transactional === false)
        return whole('Diesel sends the file as one query (`run_in_transaction = false`)')
      return { around: 'file', query: 'file', because: 'Diesel runs a file in one transaction' }
    case 'atlas':
      return atlas(text, runner)
    case 'node-pg-migrate':
      if (runner.options?.singleTransaction === false)
        return { around: 'file', query: 'file', because: 'node-pg-migrate runs a migration in one transaction' }
      return { around: 'all', query: 'file', because: 'node-pg-migrate runs all pending migrations in one transaction' }
    case 'graphile-migrate':
      if (/^--! *no-transaction\b/m.test(text))
        return whole('graphile-migrate sends the file as one query (`--! no-transaction`)')
      return { around: 'file', query: 'file', because: 'graphile-migrate runs a file in one transaction' }
    case 'refinery':
      return { around: 'file', query: 'file', because: 'refinery runs a file in one transaction' }
    case 'psql':
      return each('psql sends each statement alone')
  }
}

/** Of a file that nothing is known of: one transaction, unless the file says otherwise. */
function unnamed(migration: Migration, assumed: boolean, postgres: number): Sending {
  const top = migration.statements.filter(({ inside }) => inside === null)
  const only = top.length === 1 ? top[0] : undefined
  if (only && (refusesTransaction(only, postgres) !== null || endsTransactions(only)))
    return each('it is the only statement of its file')
  const said = optOut(textOf(migration))
  if (said !== null) return each(`\`${said}\` switches its transaction off`)
  if (top.some((statement) => controlOf(statement) === 'begin')) return each('the file begins its transactions itself')
  if (assumed) return { around: 'none', query: 'statement', because: 'what runs the file is not known', unknown: true }
  return { around: 'file', query: 'statement', because: 'a file counts as one transaction' }
}

/** The line of a file by which its runner leaves out the transaction, whichever runner that is; null where there is none. */
function optOut(text: string): string | null {
  const marks =
    /^-- *\+goose +no +transaction\s*$|^--\s*migrate:up\b[^\n]*\stransaction:false(?=\s|$)|^-- *atlas:txmode +none\s*$|^-- no-transaction\b/im
  return marks.exec(text.slice(0, 60_000))?.[0].trim() ?? null
}

/** https://github.com/prisma/prisma-engines/pull/5767 came with 7.4.0; its splitter gives up on DROP INDEX CONCURRENTLY, https://github.com/prisma/prisma-engines/pull/5847 */
function prisma(migration: Migration, runner: Runner): Sending {
  const splits = isAtLeast(runner.version, '7.4.0')
  const named = runner.version === null ? 'Prisma' : `Prisma ${runner.version}`
  if (splits === false) return whole(`${named} runs a file in one transaction`)
  const drops = migration.statements.some((statement) => refusesTransaction(statement) === 'DROP INDEX CONCURRENTLY')
  const splitsDrops = isAtLeast(runner.version, '7.11.0')
  if (drops && splitsDrops === false)
    return whole(`${named} sends a file with \`DROP INDEX CONCURRENTLY\` as one query`)
  if (splits === true && (!drops || splitsDrops === true)) return each(`${named} sends each statement alone`)
  return {
    around: 'none',
    query: 'statement',
    because: 'whether Prisma runs a file in one transaction depends on its version',
    unknown: true,
  }
}

function flyway(migration: Migration, runner: Runner, postgres: number): Sending {
  if (migration.transactional === false) return each('`executeInTransaction=false` lets each statement commit alone')
  const top = migration.statements.filter(({ inside }) => inside === null)
  const refused = top.filter((statement) => refusesTransaction(statement, postgres) !== null).length
  if (refused > 0 && migration.transactional !== true) {
    if (refused === top.length || runner.options?.mixed) return each('Flyway runs the file without a transaction')
    return {
      around: 'file',
      query: 'statement',
      because: 'Flyway refuses a file that mixes statements which can and cannot run in a transaction',
    }
  }
  if (runner.options?.group)
    return {
      around: 'all',
      query: 'statement',
      because: 'Flyway runs all pending migrations in one transaction (`group`)',
    }
  return { around: 'file', query: 'statement', because: 'Flyway runs a file in one transaction' }
}

function atlas(text: string, runner: Runner): Sending {
  // Directives stand in the first comments of a file.
  const head = /^(?:--[^\n]*\n|[ \t\r]*\n)*/.exec(text)?.[0] ?? ''
  const own = /^--\s*atlas:txmode\s+(\w+)\s*$/m.exec(head)?.[1]
  const mode = own ?? runner.options?.txMode ?? 'file'
  if (mode === 'none') return each(`Atlas uses no transaction (\`${own ? 'atlas:txmode' : 'tx-mode'} none\`)`)
  if (mode === 'all')
    return {
      around: 'all',
      query: 'statement',
      because: 'Atlas runs all pending migrations in one transaction (`tx-mode all`)',
    }
  return { around: 'file', query: 'statement', because: 'Atlas runs a file in one transaction' }
}
