/** One repository, as one installation of the app sees it. */
export interface RepositoryRef {
  readonly installation: number
  readonly owner: string
  readonly repo: string
}

export interface PullRef extends RepositoryRef {
  readonly pull: number
}

/** Reviews a pull request at the head that it has when the job runs. */
export interface ReviewJob extends PullRef {
  readonly kind: 'review'
  /** Head commit and base branch as the event told them, so that reading can begin at once; null where it did not. */
  readonly head: string | null
  readonly base: string | null
  /** Head before a push, whose runs and twins are looked after even where the push has dropped it. */
  readonly before?: string
  /** Why it runs, for the log: `pull_request.opened`. */
  readonly reason: string
  /** Writes the check run only, no comment. */
  readonly quiet: boolean
  /** Writes a new check run also where nothing changed, because somebody asked GitHub to run it again. */
  readonly again: boolean
}

/** Takes notice of the commands of one comment: answers at once what needs no review, and has the others answered by one. */
export interface CommandJob extends PullRef {
  readonly kind: 'command'
  readonly comment: number
  /** Ids of the comment and of its pull request for GraphQL. */
  readonly node: string
  readonly pullNode: string
  /** True for a comment in a review thread. */
  readonly inline: boolean
  /** First comment of the thread that a reply stands in; null otherwise. */
  readonly repliesTo: number | null
  readonly login: string
  readonly author: string
  readonly body: string
  /** When it was written. */
  readonly at: string
  /** True where it was begun before, so that its answer may be there already. */
  readonly begun: boolean
}

/** Reviews the tree of a merge group. */
export interface GroupJob extends RepositoryRef {
  readonly kind: 'group'
  readonly head: string
  /** The commit that it is put upon: the tip of its branch, or the group before it. */
  readonly base: string
  /** The pull request that it adds; null where its branch does not say. */
  readonly pull: number | null
}

/** Looks for open pull requests that a push to their base branch concerns. */
export interface BranchJob extends RepositoryRef {
  readonly kind: 'branch'
  readonly branch: string
  readonly after: string
}

/** Looks for what is open on a commit that was deployed, or whose checks are run again. */
export interface CommitJob extends RepositoryRef {
  readonly kind: 'commit'
  readonly sha: string
  readonly reason: string
  /** Writes new check runs also where nothing changed. */
  readonly again: boolean
}

/** Looks for open pull requests without a check run on their head, in one repository or (null) all of an installation. */
export interface SweepJob {
  readonly kind: 'sweep'
  readonly installation: number
  readonly repository: { readonly owner: string; readonly repo: string } | null
}

/** Fetches deliveries that failed, and sweeps every installation. */
export interface ReconcileJob {
  readonly kind: 'reconcile'
}

export type Job = ReviewJob | CommandJob | GroupJob | BranchJob | CommitJob | SweepJob | ReconcileJob

export type JobKind = Job['kind']

/** A job that is run once more. */
export function begunBefore(job: Job): Job {
  return job.kind === 'command' ? { ...job, begun: true } : job
}

/** Jobs of equal kind and key never run side by side, and only the newest of them waits. */
export function keyOf(job: Job): string {
  switch (job.kind) {
    case 'review':
      return `${job.owner}/${job.repo}#${job.pull}`
    case 'command':
      return `${job.owner}/${job.repo}#${job.pull}:${job.comment}`
    case 'group':
      return `${job.owner}/${job.repo}@${job.head}`
    case 'branch':
      return `${job.owner}/${job.repo}:${job.branch}`
    case 'commit':
      return `${job.owner}/${job.repo}@${job.sha}`
    case 'sweep':
      return job.repository === null
        ? String(job.installation)
        : `${job.installation}:${job.repository.owner}/${job.repository.repo}`
    case 'reconcile':
      return 'all'
  }
}
