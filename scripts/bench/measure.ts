/** One measurement, as people read it. */
export interface Measure {
  readonly name: string
  readonly result: string
  /** What it may be; null where nothing is promised. */
  readonly budget: string | null
  readonly over: boolean
}
