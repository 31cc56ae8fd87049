import type { BranchJob, ReconcileJob, SweepJob } from '../queue/jobs.ts'
import { graphql, placeIn, statusOf } from './client.ts'
import type { Place } from './client.ts'
import type { Context } from './context.ts'
import { checkName } from './pull-request.ts'

interface OpenPull {
  readonly number: number
  readonly headRefOid: string
  readonly baseRefName: string
  readonly commits: { readonly nodes: readonly { readonly commit: { readonly checkSuites: { readonly nodes: readonly { readonly checkRuns: { readonly nodes: readonly { readonly status: string }[] } }[] } | null } }[] }
}

interface OpenPulls {
  readonly repository: { readonly pullRequests: { readonly nodes: readonly OpenPull[]; readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null } } }
}

/** So many open pull requests of a repository are looked at; what is older waits for its next event. */
const mostPulls = 500

async function openPulls(place: Place, context: Context, branch: string | null): Promise<readonly OpenPull[]> {
  const pulls: OpenPull[] = []
  let after: string | null = null
  for (;;) {
    const answer: OpenPulls = await graphql<OpenPulls>(
      place, `query($owner: String!, $name: String!, $base: String, $after: String) { repository(owner: $owner, name: $name) {
        pullRequests(first: 50, states: [OPEN], baseRefName: $base, after: $after, orderBy: { field: UPDATED_AT, direction: DESC }) {
          nodes { number headRefOid baseRefName commits(last: 1) { nodes { commit {
            checkSuites(first: 1, filterBy: { checkName: "${checkName}"${context.app === null ? '' : `, appId: ${context.app.id}`} }) { nodes { checkRuns(first: 1, filterBy: { checkName: "${checkName}" }) { nodes { status } } } } } } } }
          pageInfo { hasNextPage endCursor } } } }`,
      { owner: place.owner, name: place.repo, base: branch, after },
    )
    const { nodes, pageInfo } = answer.repository.pullRequests
    pulls.push(...nodes)
    if (!pageInfo.hasNextPage || pulls.length >= mostPulls) return pulls
    after = pageInfo.endCursor
  }
}

function isChecked(pull: OpenPull): boolean {
  return pull.commits.nodes.some(({ commit }) => commit.checkSuites?.nodes.some((suite) => suite.checkRuns.nodes.length > 0) === true)
}

/** Reviews, check run only, the open pull requests that have no run of ours on their head: their events were missed. */
export async function runSweep(job: SweepJob, context: Context): Promise<void> {
  const client = await context.client(job.installation)
  const repositories = job.repository === null
    ? (await client.paginate(client.rest.apps.listReposAccessibleToInstallation, { per_page: 100 })).filter((r) => !r.archived).map((r) => ({ owner: r.owner.login, repo: r.name }))
    : [job.repository]
  for (const repository of repositories) {
    try {
      const pulls = await openPulls(placeIn(client, repository), context, null)
      for (const pull of pulls.filter((p) => !isChecked(p))) {
        await context.enqueue({ kind: 'review', installation: job.installation, ...repository, pull: pull.number, head: pull.headRefOid, base: pull.baseRefName, reason: 'sweep', quiet: true, again: false })
      }
    } catch (error) {
      if (statusOf(error) !== 404) throw error
    }
  }
}

/** Reviews, check run only, the open pull requests into a branch that has moved. */
export async function runBranch(job: BranchJob, context: Context): Promise<void> {
  const place = placeIn(await context.client(job.installation), job)
  for (const pull of await openPulls(place, context, job.branch)) {
    await context.enqueue({ kind: 'review', installation: job.installation, owner: job.owner, repo: job.repo, pull: pull.number, head: pull.headRefOid, base: pull.baseRefName, reason: `push to ${job.branch}`, quiet: true, again: false })
  }
}

/** A delivery that failed so often is left alone. */
const mostAttempts = 3

/** Asks GitHub to deliver again what did not arrive, which it never does by itself, and sweeps every installation. */
export async function runReconcile(_job: ReconcileJob, context: Context): Promise<void> {
  const client = await context.client(null)
  const { data: deliveries } = await client.rest.apps.listWebhookDeliveries({ per_page: 100 })
  for (const guid of new Set(deliveries.map((d) => d.guid))) {
    const attempts = deliveries.filter((d) => d.guid === guid)
    const [newest] = attempts
    if (newest === undefined || attempts.length >= mostAttempts || attempts.some((d) => d.status_code >= 200 && d.status_code < 300)) continue
    await client.rest.apps.redeliverWebhookDelivery({ delivery_id: newest.id })
  }
  const installations = await client.paginate(client.rest.apps.listInstallations, { per_page: 100 })
  for (const { id } of installations.filter((i) => i.suspended_at === null)) await context.enqueue({ kind: 'sweep', installation: id, repository: null })
}
