import type { CommitJob, Job } from '../../queue/jobs.ts'
import { placeIn } from '../client.ts'
import type { Place } from '../client.ts'
import type { Context } from '../context.ts'
import { groupOf } from './group.ts'
import { checkName, pullOfRun } from '../reading/pull-request.ts'

/** Reviews whatever is open on a commit: pull requests whose head it is and, where its checks are run again, its merge group. */
export async function runCommit(job: CommitJob, context: Context): Promise<void> {
  const place = placeIn(await context.client(job.installation), job)
  const { data } = await place.client.rest.repos.listPullRequestsAssociatedWithCommit({
    owner: job.owner,
    repo: job.repo,
    commit_sha: job.sha,
  })
  const numbers = new Set(data.filter((p) => p.state === 'open' && p.head.sha === job.sha).map((p) => p.number))
  if (job.again) {
    // GitHub names no pull requests for the heads of forks and for merge groups; our own runs there do.
    for (const id of await externalIds(place, context, job.sha)) {
      const group = groupOf(id)
      const number = pullOfRun(id)
      if (group !== null)
        await context.enqueue({
          kind: 'group',
          installation: job.installation,
          owner: job.owner,
          repo: job.repo,
          ...group,
        })
      else if (number !== null) numbers.add(number)
    }
  }
  for (const pull of numbers) {
    const review: Job = {
      kind: 'review',
      installation: job.installation,
      owner: job.owner,
      repo: job.repo,
      pull,
      head: null,
      base: null,
      reason: job.reason,
      quiet: false,
      again: job.again,
    }
    await context.enqueue(review)
  }
}

async function externalIds({ client, owner, repo }: Place, context: Context, ref: string): Promise<readonly string[]> {
  const { data } = await client.rest.checks.listForRef({
    owner,
    repo,
    ref,
    check_name: checkName,
    per_page: 10,
    ...(context.app === null ? {} : { app_id: context.app.id }),
  })
  return data.check_runs.map((run) => run.external_id ?? '')
}
