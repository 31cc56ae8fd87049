import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { hasEndedRun, startRun } from '../publishing/publish.ts'

/** A run in progress, and the commit that it is on. */
export interface StartedRun {
  readonly id: number
  readonly head: string
}

/** Shows on a commit that a review runs, once it has run for a while. */
export interface Progress {
  /** Names the commit; a run that has been started stays where it is. */
  on(head: string, externalId: string): void
  /** Starts none from now on, and gives the one that was started. */
  end(): Promise<StartedRun | null>
}

/**
 * Begins to watch a review; where it is done before `context.patience` is over, no run in progress is ever written. Nor is one where
 * the commit has a verdict already, which holds until there is another, unless somebody asked for a new run (`again`).
 */
export function watchProgress(place: Place, context: Context, again: boolean): Progress {
  let target: { readonly head: string; readonly externalId: string } | null = null
  let isLate = false
  let started: Promise<StartedRun | null> | null = null
  const begin = async (head: string, externalId: string): Promise<StartedRun | null> =>
    !again && (await hasEndedRun(place, context.app?.id ?? null, head))
      ? null
      : { id: await startRun(place, head, externalId), head }
  const start = () => {
    if (!isLate || target === null || started !== null) return
    const { head, externalId } = target
    started = begin(head, externalId).catch(() => null)
  }
  const timer = setTimeout(() => {
    isLate = true
    start()
  }, context.patience)
  return {
    on(head, externalId) {
      target = { head, externalId }
      start()
    },
    async end() {
      clearTimeout(timer)
      isLate = false
      return started
    },
  }
}
