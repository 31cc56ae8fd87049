import type { BranchJob, SweepJob } from '../../queue/jobs.ts'
import { mayTouchSchema } from '../reading/schema-paths.ts'
import { graphql, placeIn, statusOf } from '../client.ts'
import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { checkName } from '../reading/pull-request.ts'

interface OpenPull {
  readonly number: number
  readonly headRefOid: string
  readonly baseRefName: string
  readonly files?: {
    readonly nodes: readonly { readonly path: string }[]
    readonly pageInfo: { readonly hasNextPage: boolean }
  } | null
  readonly commits?: {
    readonly nodes: readonly {
      readonly commit: {
        readonly checkSuites: {
          readonly nodes: readonly {
            readonly checkRuns: {
              readonly nodes: readonly { readonly status: string; readonly startedAt: string | null }[]
            }
          }[]
        } | null
      }
    }[]
  }
}

interface OpenPulls {
  readonly repository: {
    readonly pullRequests: {
      readonly nodes: readonly OpenPull[]
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
    }
  }
}

/** So many open pull requests of a repository are looked at; what is older waits for its next event. */
const mostPulls = 500
/** Reviews that nobody waits for begin this many milliseconds apart, so that they leave most of the rate limit to events. */
const pace = 5_000
/** This many begin at once: a repository that was just added, a restart. */
const atOnce = 10
/** Why a review runs that a sweep asked for. */
export const sweepReason = 'sweep'
/** A run that is in progress for so long has lost its process. */
const longestRun = 20 * 60_000

async function openPulls(place: Place, branch: string | null, fields: string): Promise<readonly OpenPull[]> {
  const pulls: OpenPull[] = []
  let after: string | null = null
  for (;;) {
    const answer: OpenPulls = await graphql<OpenPulls>(
      place,
      `query($owner: String!, $name: String!, $base: String, $after: String) { repository(owner: $owner, name: $name) {
        pullRequests(first: 50, states: [OPEN], baseRefName: $base, after: $after, orderBy: { field: UPDATED_AT, direction: DESC }) {
          nodes { number headRefOid baseRefName ${fields} } pageInfo { hasNextPage endCursor } } } }`,
      { owner: place.owner, name: place.repo, base: branch, after },
    )
    const { nodes, pageInfo } = answer.repository.pullRequests
    pulls.push(...nodes)
    if (!pageInfo.hasNextPage || pulls.length >= mostPulls) return pulls
    after = pageInfo.endCursor
  }
}

function isChecked(pull: OpenPull, now: Date): boolean {
  const runs =
    pull.commits?.nodes
      .flatMap(({ commit }) => commit.checkSuites?.nodes ?? [])
      .flatMap((suite) => suite.checkRuns.nodes) ?? []
  return runs.some(
    ({ status, startedAt }) =>
      status === 'COMPLETED' || startedAt === null || now.getTime() - Date.parse(startedAt) < longestRun,
  )
}

/** Has pull requests reviewed, check run only, one after another. */
function enqueueQuietly(
  context: Context,
  installation: number,
  reason: string,
): (repository: { readonly owner: string; readonly repo: string }, pull: OpenPull) => Promise<void> {
  let count = 0
  return async ({ owner, repo }, pull) => {
    const wait = Math.max(0, ++count - atOnce) * pace
    await context.enqueue(
      {
        kind: 'review',
        installation,
        owner,
        repo,
        pull: pull.number,
        head: pull.headRefOid,
        base: pull.baseRefName,
        reason,
        quiet: true,
        again: false,
      },
      wait === 0 ? {} : { after: new Date(context.now().getTime() + wait) },
    )
  }
}

/** Reviews, check run only, the open pull requests that have no run of ours on their head, or none that ends: their events were missed. */
export async function runSweep(job: SweepJob, context: Context): Promise<void> {
  const client = await context.client(job.installation)
  const repositories =
    job.repository === null
      ? (await client.paginate(client.rest.apps.listReposAccessibleToInstallation, { per_page: 100 }))
          .filter((r) => !r.archived && !r.disabled)
          .map((r) => ({ owner: r.owner.login, repo: r.name }))
      : [job.repository]
  const enqueue = enqueueQuietly(context, job.installation, sweepReason)
  const runs = `commits(last: 1) { nodes { commit { checkSuites(first: 1, filterBy: { checkName: "${checkName}"${context.app === null ? '' : `, appId: ${context.app.id}`} }) {
    nodes { checkRuns(first: 1, filterBy: { checkName: "${checkName}" }) { nodes { status startedAt } } } } } } }`
  for (const repository of repositories) {
    try {
      const pulls = await openPulls(placeIn(client, repository), null, runs)
      for (const pull of pulls.filter((p) => !isChecked(p, context.now()))) await enqueue(repository, pull)
    } catch (error) {
      // A repository that was removed meanwhile.
      if (statusOf(error) !== 404) throw error
    }
  }
}

/** Reviews, check run only, the open pull requests into a branch that has moved, where they touch a schema. */
export async function runBranch(job: BranchJob, context: Context): Promise<void> {
  const place = placeIn(await context.client(job.installation), job)
  const enqueue = enqueueQuietly(context, job.installation, `push to ${job.branch}`)
  for (const pull of await openPulls(
    place,
    job.branch,
    'files(first: 100) { nodes { path } pageInfo { hasNextPage } }',
  )) {
    if (
      pull.files == null ||
      pull.files.pageInfo.hasNextPage ||
      pull.files.nodes.some(({ path }) => mayTouchSchema(path))
    )
      await enqueue(job, pull)
  }
}
