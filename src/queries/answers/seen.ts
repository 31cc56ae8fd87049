import type { ChangedFile } from '../../changeset/tree.ts'
import type { Config } from '../../config.ts'
import type { ChecklistItem } from '../../engine/checklist.ts'
import type { ChecklistAnswer } from '../../engine/decided.ts'
import type { CatalogRule } from '../../engine/rule.ts'
import type { Finding, Note } from '../../finding.ts'
import type { Project } from '../../project/project.ts'
import type { Schema } from '../../schema/model.ts'
import type { Step } from '../../step.ts'
import type { CodeFacts } from '../facts.ts'
import type { Query } from '../query.ts'

/** What the checklist is answered from. */
export interface ChecklistRequest {
  /** The rules that were run; each says which item it serves. */
  readonly rules: readonly Pick<CatalogRule, 'id' | 'checklist'>[]
  readonly findings: readonly Finding[]
  readonly queries: readonly (Query & { readonly project: string })[]
  readonly facts: CodeFacts
  readonly projects: readonly {
    readonly project: Project
    readonly before: Schema
    readonly after: Schema
    readonly declared?: Schema | null
    readonly steps: readonly Step[]
  }[]
  readonly config: Config
  readonly files: readonly ChangedFile[]
  readonly notes: readonly Note[]
  /** True where not all code was read, so that nothing follows from what was not found. */
  readonly partial?: boolean
  /** Whether the head commit runs in the staging environment; left out where nobody asked. */
  readonly staging?: 'deployed' | 'missing'
}

/** What an answer looks at. */
export interface Seen extends ChecklistRequest {
  /** Queries of the pull request in code that serves users. */
  readonly changed: ChecklistRequest['queries']
  of(item: ChecklistItem): readonly Finding[]
}

/** Answers to some items of the checklist. */
export type Answers<Item extends ChecklistItem> = Readonly<Record<Item, (seen: Seen) => ChecklistAnswer>>

/** `1 query`, `2 queries`. */
export function some(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
