import type { Migration, Step } from '../step.ts'
import type { Group, Severity, Suggestion } from '../finding.ts'
import type { Place, SourceFile } from '../location.ts'
import type { SqlProblem, Statement } from '../sql/statement.ts'
import type { Change, ChangeKind, ChangeOf } from '../schema/change.ts'
import type { SchemaEdit } from '../schema/edit.ts'
import type { Key, Schema } from '../schema/model.ts'
import type { Dialect } from '../schema/dialect.ts'
import type { Project, Runner } from '../project/project.ts'
import type { Query } from '../queries/query.ts'
import type { CodeFacts } from '../queries/facts.ts'
import type { LockMode, Observation } from '../rehearsal/observation.ts'
import type { Rerun, RoundTrip } from '../rehearsal/types.ts'
import type { ChangedFile } from '../changeset/tree.ts'
import type { ChecklistItem } from './checklist.ts'
import type { Suppression } from './suppressions.ts'
import type { DrizzleJournal } from '../schema/drizzle/journal.ts'
import type { NamedProvider } from '../schema/prisma/lock.ts'

/** What a rule says at one place. The engine adds the rest. */
export interface Problem {
  /** One sentence in the present tense that says the effect, with the user's names in backticks. */
  readonly message: string
  /** What to do, with complete SQL in a fenced block where SQL helps. The rule's `fix` stands where it is left out. */
  readonly help?: string
  /** Defaults to the change's, statement's or query's place. */
  readonly place?: Place
  /** New text for the lines of `place` (or of `suggestion.place`); only where applying it leaves a file that works. */
  readonly suggestion?: Suggestion
  /** Where it differs from the rule's default. A configured severity caps it, it never raises it. */
  readonly severity?: Severity
  /** Table, type or other object that it is about; defaults to the change's. Its size decides over lock findings, its name is in the fingerprint. */
  readonly object?: Key | string
  /** True where it says that Postgres refuses the statement, so that nothing else has to. */
  readonly fails?: boolean
  /** True where the number of rows does not matter: the statement fails, or what it breaks is not a matter of waiting. */
  readonly anySize?: boolean
  /** Decisive line of a plan. */
  readonly plan?: string
  /** What a plan of the query has to show of `object`, or of the query where that is a sort: where it shows otherwise, the problem is not told. */
  readonly expects?: 'scan' | 'sort'
  /** Problems of the rule that share it are told once: at the loudest and first of them, the places of the others in its help. */
  readonly alike?: string
  /** With `alike`, what is said of several together, by their objects in the order of their places; left out where the first one's words do. */
  readonly together?: (objects: readonly string[]) => Pick<Problem, 'message' | 'help' | 'suggestion'>
  /** True where few rows match, by what the columns are: the walk of another index for its order reads most of the table until it finds one. */
  readonly isSelective?: boolean
  /** The `CREATE INDEX` that `help` gives: it is tried where sizes are declared, and not given where the planner would not use it. */
  readonly index?: string
  /** Columns with their tables, `public.orders.user_id`, each of which an index would have to begin with: one that a rule of the schema misses is not missed again by a query. */
  readonly unindexed?: readonly string[]
  /** Those of the rule's sources that say nothing of this shape. */
  readonly notIn?: readonly string[]
  /** True where the effect hangs on what neither the schema nor a rehearsal shows, so that the rule's claims are not held against an observation. */
  readonly uncertain?: boolean
}

type Problems = Problem | Iterable<Problem> | null | undefined | void

/** What a rule may ask. Everything in it is data or a look-up; nothing does I/O. */
export interface RuleContext<Options = Readonly<Record<string, unknown>>> {
  readonly project: Project
  readonly dialect: Dialect
  /** Major version of the server in production. */
  readonly postgres: number
  /** True where nobody names that version, and 15 is taken. */
  readonly postgresAssumed: boolean
  /** The 2 of 14.2; null where nobody names it. */
  readonly postgresMinor: number | null
  readonly runner: Runner
  /** The schema before and after the pull request, as its migrations make it (or as declared, where there are none). */
  readonly before: Schema
  readonly after: Schema
  /** The schema that the ORM declares at the head; null without an ORM. */
  readonly declared: Schema | null
  /** The same at the base; null where there was none or it could not be read. */
  readonly declaredBefore: Schema | null
  /** The step at hand; in `schema` and `pullRequest` visits null. `step.before` is the schema just before the statement. */
  readonly step: Step | null
  /** All steps of the pull request, in the order in which they run. */
  readonly steps: readonly Step[]
  /** The steps that share the transaction of the step at hand, itself among them. */
  readonly transaction: readonly Step[]
  /** All migrations, new ones among them, oldest first. */
  readonly history: readonly Migration[]
  readonly queries: readonly Query[]
  /** What code and configuration of the head tree say about connections, replicas and caches; left out where no code was read. */
  readonly code?: CodeFacts
  readonly files: readonly ChangedFile[]
  /** What the migrations make, at the base and at the head; null where there are none. `before` and `after` follow the declared schema where no migration says what changes. */
  readonly migrated: {
    readonly before: Schema
    /** What a database of the base becomes. */
    readonly after: Schema
    /** What an empty one becomes, which differs where migrations that have run are edited or deleted. */
    readonly anew: Schema
  } | null
  /** Drizzle's journal at the base and at the head, held against the files. */
  readonly journal: { readonly before: DrizzleJournal | null; readonly after: DrizzleJournal | null }
  /** Provider of Prisma's `migration_lock.toml` at the base and at the head, and of the schema at the head; left out where there is no lock. */
  readonly lock?: {
    readonly before: NamedProvider | null
    readonly after: NamedProvider | null
    readonly schema: NamedProvider | null
  }
  /** Whether the ways back of the new migrations hold, as a rehearsal saw it. */
  readonly roundTrips: readonly RoundTrip[]
  /** Steps that stay when a later one fails and that fail when they run again, as a rehearsal saw it; left out without one. */
  readonly reruns?: readonly Rerun[]
  /** SQL files among the migrations that the runner never takes. */
  readonly orphans: readonly { readonly path: string; readonly isNew: boolean }[]
  /** What of the new migrations could not be read as SQL. */
  readonly sqlProblems: readonly SqlProblem[]
  /** Old migrations merged into `files` that make another schema than they did; `missing` leads from `schema` to what they made. Left out where there are none. */
  readonly merged?: {
    readonly files: readonly Migration[]
    readonly stoodFor: number
    readonly schema: Schema
    readonly missing: readonly Change[]
  }
  /** Migrations of the base that the pull request edits, renames or deletes; none where they are merged. */
  readonly migrationsChanged: readonly {
    readonly path: string
    readonly status: ChangedFile['status']
    readonly sameSql?: boolean
  }[]
  /** True for a table that the pull request itself creates, so that nobody waits for its locks. By its name at this moment. */
  isNew(table: Key): boolean
  /** True for a column that the pull request itself adds. */
  isNewColumn(table: Key, column: string): boolean
  /** Declared number of rows; undefined where unknown. */
  rows(table: Key): number | undefined
  /** True where those rows are declared for this table, not for all that nobody names. */
  isSized(table: Key): boolean
  /** How large a table counts: by its declared rows and the configured thresholds. */
  size(table: Key): 'small' | 'medium' | 'large' | 'unknown'
  /** A changed file of the head tree, for what only its text tells, such as a comment beside a declaration. */
  text(path: string): SourceFile | undefined
  /**
   * How the ORM's schema spells a change of it, and the suggestion that makes it where the diff shows its lines and the result would be
   * exactly right; null without an ORM or a word for it. `rules/shared/declare.ts` makes help of it.
   */
  edit(edit: SchemaEdit): { readonly spelled: string; readonly suggestion: Suggestion | null } | null
  /** `users`, or `billing.users` outside the default schema: how messages name a table. */
  name(table: Key): string
  readonly options: Options
  /** True where the steps come from the difference of the declared schemas, because no migration says it. */
  readonly generated: boolean
  /** True where files are linted on their own: existing objects are there, but their shape is not known. */
  readonly alone: boolean
}

type ChangeVisitor = { readonly [K in ChangeKind]?: (change: ChangeOf<K>, ctx: RuleContext) => Problems }

export type Visitor = ChangeVisitor & {
  /** Once for each new statement. */
  readonly statement?: (statement: Statement, ctx: RuleContext & { readonly step: Step }) => Problems
  /** Once for each piece of a new migration that could not be read as SQL. */
  readonly sqlProblem?: (problem: SqlProblem, ctx: RuleContext) => Problems
  /** Once for each new statement that was rehearsed. */
  readonly observation?: (observation: Observation, ctx: RuleContext & { readonly step: Step }) => Problems
  /** Once for each suppression in a changed file, after all other rules. */
  readonly suppression?: (suppression: Suppression, ctx: RuleContext) => Problems
  /** Once for each query that the pull request adds or changes. */
  readonly query?: (query: Query, ctx: RuleContext) => Problems
  /** Once for a project, with the changes between its schemas: those of the migrations, or those that the ORM schema declares. */
  readonly schema?: (changes: readonly Change[], ctx: RuleContext) => Problems
  /** Once for a project. */
  readonly pullRequest?: (ctx: RuleContext) => Problems
}

/** What a rule says Postgres does with its bad examples; proven on real servers. */
export interface Claims {
  /** Strongest lock on an existing table. */
  readonly lock?: LockMode
  readonly rewrites?: boolean
  readonly scans?: boolean
  /** The statement fails, on a table that holds a row or at all; the code is Postgres' SQLSTATE. */
  readonly fails?: string
  /** Versions for which it holds, both ends inclusive; all supported ones where left out. */
  readonly from?: number
  readonly to?: number
}

export interface Example {
  readonly title?: string
  /** SQL of the database before. */
  readonly given?: string
  /** The migration; several files are several migrations, in this order. */
  readonly sql?: string | readonly string[]
  /** Whole schema files before and after. `sql` beside it is the migration. */
  readonly prisma?: { readonly before: string; readonly after: string }
  readonly drizzle?: { readonly before: string; readonly after: string }
  /** Code that queries, added by the pull request; the schema is `given`, `prisma.after` or `drizzle.after`. */
  readonly typescript?: string
  /** The same code before the pull request, where it is not new. */
  readonly was?: string
  /** Further files of the head tree, by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly runner?: string
  readonly postgres?: number
  /** Declared rows by table. */
  readonly rows?: Readonly<Record<string, number>>
  readonly options?: Readonly<Record<string, unknown>>
  /** Text that the message of a bad example has to contain. */
  readonly message?: string
  /** Severity of the finding in a bad example, where it differs from the rule's; in a good one, findings of `info` are allowed. */
  readonly severity?: Severity
  /** Number of findings of this rule in a bad example, where it is not one. */
  readonly count?: number
  /** What keeps the example from the claims test: data that the example lacks, a server setting, a missing extension. */
  readonly unproven?: string
  /** True where the example has to run in an embedded Postgres for its finding to appear. */
  readonly rehearse?: boolean
  /** The files are linted on their own: what exists is not known. */
  readonly alone?: boolean
}

/** What is wrong with the value of an option: `words` follow the value, `among` are the words that could have been meant. */
export interface OptionProblem {
  readonly words: string
  readonly among?: readonly string[]
}

type RuleId = `${'no' | 'require' | 'prefer'}-${string}`

/** A rule: words, claims, examples, detection, in this order. Its group is its folder, its id the name of its file. */
export interface Rule {
  readonly id: string
  readonly severity: Severity
  /** The effect, in one sentence. */
  readonly summary: string
  readonly why: string
  readonly fix: string
  /** Links to the manuals of Postgres, Prisma, Drizzle that the rule rests on. */
  readonly references: readonly string[]
  /** Defaults of its options. */
  readonly options?: Readonly<Record<string, string | number | boolean | readonly string[]>>
  /** What is wrong with one value of an option that has the kind of its default; of a list each text is asked for. Numbers are never negative. */
  readonly checkOption?: (name: string, value: string | number) => OptionProblem | null
  /** False for rules of taste, which are off until switched on. */
  readonly enabled?: boolean
  /** True for what a schema change does to code: it holds where no migration makes the change yet as well. */
  readonly ofCode?: true
  /** `'review'` for what is said once, at its first place. */
  readonly once?: 'review'
  /** True where an approval lifts it. */
  readonly approvable?: boolean
  /** Who says it better, so that this rule is silent about the same statement: rules of these groups, these rules, or a problem that says that it fails. */
  readonly yieldsTo?: readonly (Group | RuleId)[] | 'fails'
  /** Dialects for which it holds; where left out PostgreSQL, and CockroachDB for groups that do not speak of locks and transactions. */
  readonly dialects?: readonly Dialect[] | 'all'
  /** The same check in other tools, `tool/id`. */
  readonly sources: readonly string[]
  readonly checklist?: ChecklistItem
  readonly claims?: Claims | readonly Claims[]
  readonly bad: readonly Example[]
  readonly good: readonly Example[]
  readonly visit: Visitor
}

/** A rule with the group that its folder gives it. */
export type CatalogRule = Rule & { readonly group: Group }
