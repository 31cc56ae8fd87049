import type { Config } from '../../config.ts'
import type { Decision } from '../../engine/approvals.ts'
import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { readConversation } from './decisions.ts'
import type { Permissions } from './permissions.ts'
import { readPull } from '../reading/pull-request.ts'
import type { PullState } from '../reading/pull-request.ts'

/** Of so many other pull requests the conversation is read. */
const mostPulls = 5

/**
 * What was decided in other pull requests that carry the same commits: those that went into a development branch before, those
 * that this one is stacked on. Only what is bound to whole fingerprints counts.
 */
export async function carriedDecisions(
  place: Place,
  pull: Pick<PullState, 'author' | 'related'>,
  permissions: Permissions,
  config: Config,
  context: Context,
): Promise<readonly Decision[]> {
  const others = await Promise.all(
    pull.related
      .toSorted((a, b) => b.number - a.number)
      .slice(0, mostPulls)
      .map(async ({ number }) => {
        const { pull: other } = await readPull(place, number, context.app?.id ?? null, null)
        const { decisions } = await readConversation(other, permissions, config, context.app?.slug)
        return decisions
          .filter((d) => d.kind !== 'edited')
          .filter((d) => d.kind !== 'approve' || d.fingerprints !== null || d.target.length === 16)
          .map((d) => (d.kind === 'approve' ? { ...d, key: `${number}:${d.key}`, isCurrent: false } : d))
      }),
  )
  // Whoever opened this one may have approved it where somebody else had opened it.
  const mayDecide = (d: Decision) =>
    config.approvals.author || d.kind === 'unapprove' || d.by.toLowerCase() !== pull.author.toLowerCase()
  return others
    .flat()
    .filter(mayDecide)
    .sort((a, b) => a.at.getTime() - b.at.getTime())
}
