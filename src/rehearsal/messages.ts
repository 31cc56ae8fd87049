import type { Key } from '../schema/model.ts'
import type { StepOutcome } from './run.ts'
import type { BaseFailure, QueryPlan, RehearsalRequest, RoundTrip } from './types.ts'

/** What the child process is asked to do; it does one job and ends. */
export type Job =
  /** Makes an empty database and saves it. */
  | { readonly kind: 'template'; readonly save: string; readonly deadline: number }
  | {
      readonly kind: 'rehearse'
      readonly request: RehearsalRequest
      /** Archive to start the embedded server from, or the address of an empty database on a real one. */
      readonly start: { readonly archive: string } | { readonly url: string }
      /** What could not be replayed of a base that is in the archive already; null where it has to be replayed. */
      readonly atBase: { readonly failed: readonly BaseFailure[] } | null
      /** Where to save the database once the base is in it; null for not at all. */
      readonly save: string | null
      /** Milliseconds after which the child ends itself, should nobody be there to end it. */
      readonly deadline: number
    }

/** What the child process tells, in this order. */
export type Told =
  | { readonly kind: 'booted'; readonly postgres: string }
  | { readonly kind: 'base'; readonly failed: readonly BaseFailure[]; readonly saved: boolean }
  | { readonly kind: 'starting'; readonly step: number }
  | { readonly kind: 'outcome'; readonly outcome: StepOutcome }
  | { readonly kind: 'created'; readonly created: readonly Key[]; readonly invalid: readonly Key[] }
  | { readonly kind: 'roundTrips'; readonly roundTrips: readonly RoundTrip[] }
  | { readonly kind: 'plans'; readonly plans: readonly QueryPlan[] }
  /** `peak` is resident memory in bytes, `cpu` milliseconds of processor time. */
  | { readonly kind: 'done'; readonly peak: number; readonly cpu: number }
  | { readonly kind: 'broken'; readonly message: string }
