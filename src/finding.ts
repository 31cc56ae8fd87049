import type { Place } from './location.ts'
import type { Evidence } from './rehearsal/observation.ts'

/** One scale for all: `error` stops a merge, `warning` wants a look, `info` is for the record. */
export type Severity = 'error' | 'warning' | 'info'

export type Group =
  | 'locking'
  | 'data-loss'
  | 'compatibility'
  | 'transactions'
  | 'consistency'
  | 'design'
  | 'indexes'
  | 'queries'
  | 'operations'
  | 'process'
  | 'access'

/** Replaces whole lines `line` to `endLine` (1-based, inclusive) of `path` by `text`, which ends without a line break. */
export interface Suggestion {
  readonly path: string
  readonly line: number
  readonly endLine: number
  readonly text: string
}

/** One thing to say at one place. */
export interface Finding {
  readonly rule: string
  readonly group: Group
  readonly severity: Severity
  /** Name of the project, null where a file was linted on its own. */
  readonly project: string | null
  readonly place: Place
  readonly message: string
  readonly help: string
  readonly suggestion: Suggestion | null
  readonly sources: readonly string[]
  readonly evidence: Evidence | null
  /** What the header that Prisma wrote above the migration says of the same statement; null or left out where it says nothing. */
  readonly warned?: Warned | null
  /** 16 hex digits; see `engine/fingerprint.ts` for what is in it. */
  readonly fingerprint: string
  /** True where an approval lifts it. */
  readonly approvable: boolean
  readonly approval: Approval | null
  readonly suppressed: Suppressed | null
  /** Table, type or other object that it is about; '' where there is none. */
  readonly object: string
}

/** What a migration's own header says of a finding: the line of the header, and its words. */
export interface Warned {
  readonly line: number
  readonly message: string
}

/** `until` is a date, `2026-12-31`. */
export interface Approval {
  readonly state: 'needed' | 'given'
  readonly by: string | null
  readonly reason: string | null
  readonly until: string | null
  /** Label of the pull request that stands for the approval, where one is configured and missing. */
  readonly label?: string
  /** True where the reason has to say that there is a backup. */
  readonly wantsBackup?: boolean
  /** An approval that it had and that no longer counts. */
  readonly fallen?: FallenApproval
}

/** Who approved something, and why that does not count any more. */
export interface FallenApproval {
  readonly by: string
  readonly why: 'statement changed' | 'comment edited' | 'expired'
  /** Day of the expiry; null where it fell otherwise. */
  readonly until: string | null
}

export interface Suppressed {
  readonly reason: string
  readonly until: string | null
  /** Line of the comment that suppresses. */
  readonly line: number
}

export type NoteKind = 'unparsed' | 'unread' | 'truncated' | 'dialect' | 'unsupported' | 'unresolved' | 'unrehearsed'

/** One thing that could not be seen, at one place. */
export interface Note {
  readonly kind: NoteKind
  /** True where the review could not look at what it has to look at; the conclusion is a failure then. */
  readonly blocking: boolean
  readonly path: string
  readonly line: number
  readonly message: string
}

/** What a review comes to; see `engine/conclusion.ts`. */
export type Conclusion = 'success' | 'neutral' | 'failure' | 'action_required'
