import type { Report } from '../../report/report.ts'
import { codeSpan } from '../../report/markdown-escape.ts'
import type { Settings } from '../../settings.ts'
import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { blobLoader } from '../reading/blobs.ts'
import { readPull } from '../reading/pull-request.ts'
import type { PullState } from '../reading/pull-request.ts'
import { readChange } from '../reading/tree.ts'
import type { RemoteChange } from '../reading/tree.ts'

/**
 * Adds what goes wrong only once the base branch as it is now is merged in: colliding or reordered migrations, schemas that
 * disagree together. Looks at the merge that GitHub made for a try, where the branch has moved on and the change touches a schema.
 */
export async function withTip(
  place: Place,
  context: Context,
  pull: PullState,
  change: RemoteChange,
  alone: Report,
  options: { readonly settings: Settings; readonly signal: AbortSignal },
): Promise<{ readonly report: Report; readonly isUnsure: boolean }> {
  const hasSchema = alone.coverage.statements > 0 || alone.projects.some((p) => p.changes.length > 0)
  if (!hasSchema || change.tip === change.changeSet.base.commit) return { report: alone, isUnsure: false }
  const merge = await mergeOnto(place, pull, change.tip)
  if (merge === 'conflict' || merge === 'not tried') return { report: alone, isUnsure: merge === 'not tried' }
  const together = await readChange(place, change.tip, merge, blobLoader(place, context.cache), pull.number)
  const { deployed } = change.changeSet
  const report = await context.core.review({ ...together.changeSet, ...(deployed ? { deployed } : {}) }, options)
  const known = new Set(alone.findings.map((f) => f.fingerprint))
  const changed = new Set(change.changeSet.files.map((f) => f.path))
  const merged = <T extends { readonly message: string }>(said: T): T => ({
    ...said,
    message: `Merged into ${codeSpan(pull.base)} as it is now: ${said.message.replace(/^[A-Z](?=[a-z ])/, (first) => first.toLowerCase())}`,
  })
  const more = report.findings.filter((f) => !known.has(f.fingerprint) && f.severity !== 'info').map(merged)
  const notes = report.notes
    .filter(
      (n) =>
        n.blocking && changed.has(n.path) && !alone.notes.some((m) => m.path === n.path && m.message === n.message),
    )
    .map(merged)
  if (more.length + notes.length === 0) return { report: alone, isUnsure: false }
  return {
    report: { ...alone, findings: [...more, ...alone.findings], notes: [...alone.notes, ...notes] },
    isUnsure: false,
  }
}

/** GitHub merges for a try when somebody asks, not when the base moves. */
const tryPause = 2_000

/** The commit that merges a pull request into `tip`, where GitHub has made it after being asked twice. */
async function mergeOnto(place: Place, pull: PullState, tip: string): Promise<string> {
  let { merge } = pull
  for (let tries = 0; ; tries++) {
    if (merge === 'conflict') return merge
    if (merge !== null && merge.parents[0] === tip && merge.parents[1] === pull.head) return merge.commit
    if (tries === 2) return 'not tried'
    await place.client.rest.pulls.get({ owner: place.owner, repo: place.repo, pull_number: pull.number })
    await new Promise((resolve) => {
      setTimeout(resolve, tryPause)
    })
    merge = (await readPull(place, pull.number, null, null)).pull.merge
  }
}
