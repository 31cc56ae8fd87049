import type { Client } from './client.ts'
import type { Report } from '../report/report.ts'
import type { Core } from './core.ts'
import type { Job } from '../queue/jobs.ts'

/** Keeps contents between reviews, by blob id or by commit and path: what either names never changes. */
export interface BlobCache {
  readBlobs(oids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Those of `oids` that are not kept. */
  lacking(oids: readonly string[]): Promise<ReadonlySet<string>>
  keepBlobs(blobs: ReadonlyMap<string, string>): Promise<void>
}

export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What all jobs share. */
export interface Context {
  readonly core: Core
  readonly cache: BlobCache
  readonly log: Log
  /** Id and name of the app; null where an Action's token speaks. */
  readonly app: { readonly id: number; readonly slug: string } | null
  /** Public address of this server without a slash at its end; null where it has none. */
  readonly server: string | null
  /** Address of GitHub's pages: `https://github.com`. */
  readonly web: string
  /** A review that takes more milliseconds shows that it is running. */
  readonly patience: number
  /** Until when GitHub refuses what an installation (null: the app itself) asks; told by the first job that it refused. */
  readonly limits: Map<number | null, Date>
  now(): Date
  /** A client that speaks for an installation; for the app itself where null. */
  client(installation: number | null): Promise<Client>
  enqueue(job: Job, options?: { readonly id?: string; readonly after?: Date }): Promise<void>
  /** Hears of a review that was published. */
  readonly onReviewed?: (event: {
    /** As it is published, with what the conversation decided. */
    readonly report: Report
    readonly seconds: number
    readonly conclusion: string
    readonly rules: readonly string[]
    readonly wrote: boolean
  }) => void
}
