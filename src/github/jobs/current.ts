import type { ReviewJob } from '../../queue/jobs.ts'
import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { expectDecisions } from '../people/decisions.ts'
import { permissionsIn } from '../people/permissions.ts'
import type { Permissions } from '../people/permissions.ts'
import { blobLoader, selectBlobs } from '../reading/blobs.ts'
import { prefetch } from '../reading/prefetch.ts'
import { readPull } from '../reading/pull-request.ts'
import type { PullState } from '../reading/pull-request.ts'
import { readChange } from '../reading/tree.ts'
import type { RemoteChange } from '../reading/tree.ts'

/** A pull request as it is now. */
export interface Current {
  readonly pull: PullState
  /** Of those who speak in it. */
  readonly permissions: Permissions
  readonly change: RemoteChange
}

/** Reads pull request and changes: at once where the event told head and base, and again while the head has moved. */
export async function readCurrent(
  place: Place,
  job: Pick<ReviewJob, 'pull' | 'head' | 'base' | 'before'>,
  context: Context,
): Promise<Current> {
  let { head, base } = job
  const asked = [job.head, job.before ?? null].filter((sha) => sha !== null)
  const permissions = permissionsIn(place)
  for (let tries = 0; ; tries++) {
    const known =
      head === null || base === null
        ? (await readPull(place, job.pull, context.app?.id ?? null, null, asked)).pull
        : null
    if (known !== null) expectDecisions(known, permissions, context.app?.slug)
    const at = { head: known?.head ?? head ?? '', base: known?.base ?? base ?? '' }
    const loader = blobLoader(place, context.cache)
    const change = await readChange(place, at.base, at.head, loader, job.pull)
    const ahead = await prefetch(place, change, loader, context.log)
    if (known !== null) {
      await Promise.all([loader.load(ahead.page), ahead.rest()])
      return { pull: known, change, permissions }
    }
    const selection = selectBlobs(ahead.page)
    const [{ pull, blobs }] = await Promise.all([
      readPull(place, job.pull, context.app?.id ?? null, ahead.page.length === 0 ? null : selection, asked),
      ahead.rest(),
    ])
    await loader.put(blobs, selection)
    if ((pull.head === at.head && pull.base === at.base) || !pull.isOpen || tries === 3)
      return { pull, change, permissions }
    head = pull.head
    base = pull.base
  }
}
