import type { FileContent } from '../../changeset/tree.ts'
import { contentOf } from '../../changeset/content.ts'
import type { Conclusion } from '../../finding.ts'
import type { BlobSelection } from './blobs.ts'
import { graphql } from '../client.ts'
import type { Place } from '../client.ts'

export interface PullComment {
  readonly id: number
  readonly nodeId: string
  /** Login without `[bot]`; `ghost` for a deleted account. */
  readonly author: string
  readonly isBot: boolean
  /** True where this app wrote it. */
  readonly isOwn: boolean
  readonly body: string
  readonly at: Date
  readonly wasEdited: boolean
  /** True where somebody else than its author edited it last, as everybody may who can write. */
  readonly isForeign: boolean
  readonly isMinimized: boolean
  /** True where this app has put the reaction on it that ends the answer to a command. */
  readonly isAnswered: boolean
}

export interface PullThread {
  readonly path: string
  readonly isResolved: boolean
  /** True where its line is no longer in the diff. */
  readonly isOutdated: boolean
  /** First to last; never empty. */
  readonly comments: readonly PullComment[]
}

/** A check run of ours on one commit. */
export interface OwnRun {
  readonly id: number
  readonly commit: string
  readonly isCompleted: boolean
  readonly conclusion: string | null
  readonly externalId: string
  readonly completedAt: Date | null
}

/** All that a review has to know of a pull request besides its files. */
export interface PullState {
  readonly number: number
  readonly nodeId: string
  readonly isOpen: boolean
  readonly isDraft: boolean
  readonly isFork: boolean
  readonly author: string
  readonly head: string
  readonly base: string
  /** Null in a repository without commits. */
  readonly defaultBranch: string | null
  readonly labels: readonly string[]
  readonly comments: readonly PullComment[]
  readonly threads: readonly PullThread[]
  /** Those for this pull request: on the head, on the commits before it and on those that were asked for besides, newest commit first, on each the newest run first. */
  readonly runs: readonly OwnRun[]
  /** Verdicts of other open pull requests that have the same head commit. */
  readonly othersOfHead: readonly { readonly number: number; readonly conclusion: Conclusion }[]
  /** Other pull requests that have a run of ours on a commit that was asked for besides. */
  readonly othersOfAsked: readonly number[]
  /** What the newest run on the head says, for whichever pull request it is; null where there is none or it has not ended. */
  readonly shown: string | null
  /** The commit that GitHub merged for a try, and what it merged; null where GitHub has not tried. */
  readonly merge: { readonly commit: string; readonly parents: readonly string[] } | 'conflict' | null
  /** Other pull requests of the repository that carry commits of this one. */
  readonly related: readonly { readonly number: number; readonly isOpen: boolean }[]
  /** `.github/schemagate.yml` of the organisation's `.github` repository; null where there is none or it may not be read. */
  readonly organisationConfig: FileContent | null
}

export const checkName = 'schemagate'

interface Connection<T> {
  readonly nodes: readonly T[]
  readonly pageInfo?: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

interface CommentNode {
  readonly id: string
  readonly url: string
  readonly author: { readonly __typename: string; readonly login: string } | null
  readonly viewerDidAuthor: boolean
  readonly body: string
  readonly createdAt: string
  readonly lastEditedAt: string | null
  readonly editor: { readonly login: string } | null
  readonly isMinimized: boolean
  readonly reactionGroups: readonly { readonly content: string; readonly viewerHasReacted: boolean }[] | null
}

interface ThreadNode {
  readonly path: string
  readonly isResolved: boolean
  readonly isOutdated: boolean
  readonly comments: Connection<CommentNode>
}

interface PullNode {
  readonly id: string
  readonly number: number
  readonly state: string
  readonly isDraft: boolean
  readonly isCrossRepository: boolean
  readonly author: { readonly login: string } | null
  readonly headRefOid: string
  readonly baseRefName: string
  readonly labels: Connection<{ readonly name: string }> | null
  readonly comments: Connection<CommentNode>
  readonly reviewThreads: Connection<ThreadNode>
  readonly carried: Connection<{
    readonly commit: {
      readonly associatedPullRequests: Connection<{ readonly number: number; readonly state: string }> | null
    }
  }>
  readonly mergeable: string
  readonly potentialMergeCommit: { readonly oid: string; readonly parents: Connection<{ readonly oid: string }> } | null
  readonly commits: Connection<{ readonly commit: CommitNode }>
}

interface CommitNode {
  readonly oid: string
  readonly checkSuites: Connection<{
    readonly checkRuns: Connection<{
      readonly databaseId: number
      readonly status: string
      readonly conclusion: string | null
      readonly externalId: string | null
      readonly completedAt: string | null
    }>
  }> | null
}

const commentFields =
  'id url author { __typename login } viewerDidAuthor body createdAt lastEditedAt editor { login } isMinimized reactionGroups { content viewerHasReacted }'
const threadFields = `path isResolved isOutdated comments(first: 50) { nodes { ${commentFields} } }`

const pullFields = `
  carried: commits(last: 50) { nodes { commit { associatedPullRequests(first: 3) { nodes { number state } } } } }
  mergeable potentialMergeCommit { oid parents(first: 2) { nodes { oid } } }
  id number state isDraft isCrossRepository author { login } headRefOid baseRefName
  labels(first: 100) { nodes { name } }
  comments(first: 100) { nodes { ${commentFields} } pageInfo { hasNextPage endCursor } }
  reviewThreads(first: 100) { nodes { ${threadFields} } pageInfo { hasNextPage endCursor } }
  commits(last: 10) { nodes { commit { RUNS } } }
`

/** What is read of the runs of one commit. */
function runFields(appId: number | null): string {
  return `oid checkSuites(first: 1, filterBy: { checkName: "${checkName}"${appId === null ? '' : `, appId: ${appId}`} }) { nodes { checkRuns(first: 20, filterBy: { checkName: "${checkName}", checkType: ALL }) { nodes { databaseId status conclusion externalId completedAt } } } }`
}

interface FirstAnswer {
  readonly repository: Readonly<Record<string, unknown>> & {
    readonly defaultBranchRef: { readonly name: string } | null
    readonly pullRequest: PullNode
  }
  readonly organisation?: { readonly object: { readonly text?: string | null } | null } | null
}

/**
 * Reads a pull request with its conversation and, in the same request, the blobs of `selection`. All pages of comments and
 * threads are read. `asked` are commits whose runs are wanted even where the pull request has dropped them.
 */
export async function readPull(
  place: Place,
  number: number,
  appId: number | null,
  selection: BlobSelection | null,
  asked: readonly string[] = [],
): Promise<{ readonly pull: PullState; readonly blobs: Readonly<Record<string, unknown>> }> {
  const { owner, repo } = place
  const document = `query($owner: String!, $name: String!, $number: Int!${asked.map((_, i) => `, $asked${i}: GitObjectID!`).join('')}${selection === null ? '' : `, ${selection.parameters}`}) {
    repository(owner: $owner, name: $name) {
      defaultBranchRef { name }
      pullRequest(number: $number) { ${pullFields.replace('RUNS', runFields(appId))} }
      ${asked.map((_, i) => `asked${i}: object(oid: $asked${i}) { ... on Commit { ${runFields(appId)} } }`).join('\n')}
      ${selection?.fields ?? ''}
    }
    organisation: repository(owner: $owner, name: ".github") { object(expression: "HEAD:.github/schemagate.yml") { ... on Blob { text } } }
  }`
  const answer = await graphql<FirstAnswer>(
    place,
    document,
    {
      owner,
      name: repo,
      number,
      ...Object.fromEntries(asked.map((sha, i) => [`asked${i}`, sha])),
      ...selection?.variables,
    },
    ['organisation'],
  )
  const node = answer.repository.pullRequest
  const [comments, threads] = await Promise.all([
    rest<CommentNode>(place, number, 'comments', commentFields, node.comments),
    rest<ThreadNode>(place, number, 'reviewThreads', threadFields, node.reviewThreads),
  ])
  const organisation = answer.organisation?.object?.text
  const runs = commitsOf(
    node,
    asked.map((_, i) => answer.repository[`asked${i}`] as Partial<CommitNode> | null),
  ).flatMap(runsOf)
  // An Action's own job may have the name, too; it is none of ours.
  const onHead = runs.filter((run) => run.commit === node.headRefOid && pullOfRun(run.externalId) !== null)
  return {
    blobs: answer.repository,
    pull: {
      number: node.number,
      nodeId: node.id,
      isOpen: node.state === 'OPEN',
      isDraft: node.isDraft,
      isFork: node.isCrossRepository,
      author: node.author?.login ?? 'ghost',
      head: node.headRefOid,
      base: node.baseRefName,
      defaultBranch: answer.repository.defaultBranchRef?.name ?? null,
      labels: node.labels?.nodes.map((l) => l.name) ?? [],
      comments: comments.map(commentOf),
      threads: threads
        .filter((t) => t.comments.nodes.length > 0)
        .map((t) => ({
          path: t.path,
          isResolved: t.isResolved,
          isOutdated: t.isOutdated,
          comments: t.comments.nodes.map(commentOf),
        })),
      runs: runs.filter((run) => pullOfRun(run.externalId) === node.number),
      othersOfHead: await othersOf(place, node, onHead),
      othersOfAsked: runs
        .filter((run) => asked.includes(run.commit) && run.commit !== node.headRefOid)
        .flatMap((run) => pullOfRun(run.externalId) ?? [])
        .filter((n) => n !== node.number),
      shown: onHead[0]?.conclusion ?? null,
      merge:
        node.mergeable === 'CONFLICTING'
          ? 'conflict'
          : node.potentialMergeCommit === null
            ? null
            : {
                commit: node.potentialMergeCommit.oid,
                parents: node.potentialMergeCommit.parents.nodes.map((p) => p.oid),
              },
      related: relatedOf(node),
      organisationConfig:
        organisation === undefined || organisation === null ? null : contentOf(Buffer.from(organisation, 'utf8')),
    },
  }
}

/** Number of the pull request that a run of ours is for; null for that of a merge group. */
export function pullOfRun(externalId: string): number | null {
  const number = /^v1:(\d{1,10}):/.exec(externalId)?.[1]
  return number === undefined ? null : Number(number)
}

function relatedOf({ number, carried }: PullNode): PullState['related'] {
  const found = carried.nodes.flatMap(({ commit }) => commit.associatedPullRequests?.nodes ?? [])
  return [...new Map(found.map((p) => [p.number, { number: p.number, isOpen: p.state === 'OPEN' }])).values()].filter(
    (p) => p.number !== number,
  )
}

/** The verdicts of open pull requests that other runs on the head were written for. */
async function othersOf(
  place: Place,
  { number, headRefOid }: PullNode,
  onHead: readonly OwnRun[],
): Promise<PullState['othersOfHead']> {
  const newest = new Map<number, OwnRun>()
  for (const run of onHead) {
    const other = pullOfRun(run.externalId)
    if (other !== null && other !== number && run.isCompleted && run.conclusion !== 'cancelled' && !newest.has(other))
      newest.set(other, run)
  }
  if (newest.size === 0) return []
  const numbers = [...newest.keys()].slice(0, 20)
  const { repository } = await graphql<{
    readonly repository: Readonly<Record<string, { readonly state: string; readonly headRefOid: string } | null>>
  }>(
    place,
    `query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { ${numbers.map((n) => `p${n}: pullRequest(number: ${n}) { state headRefOid }`).join(' ')} } }`,
    { owner: place.owner, name: place.repo },
  )
  return numbers.flatMap((n) => {
    const [other, run] = [repository[`p${n}`], newest.get(n)]
    return run !== undefined && other?.state === 'OPEN' && other.headRefOid === headRefOid
      ? [{ number: n, conclusion: verdictOf(run) }]
      : []
  })
}

/** What a review came to by itself, which its run may have to say differently. */
function verdictOf({ externalId, conclusion }: OwnRun): Conclusion {
  const own = /:(success|neutral|failure|action_required)$/.exec(externalId)?.[1] ?? conclusion
  return own === 'success' || own === 'neutral' || own === 'action_required' ? own : 'failure'
}

function commitsOf(node: PullNode, asked: readonly (Partial<CommitNode> | null)[]): readonly CommitNode[] {
  const own = node.commits.nodes.toReversed().map(({ commit }) => commit)
  const others = asked.flatMap((commit) =>
    commit?.oid === undefined || commit.checkSuites === undefined || own.some(({ oid }) => oid === commit.oid)
      ? []
      : [{ oid: commit.oid, checkSuites: commit.checkSuites }],
  )
  return [...own, ...others]
}

function runsOf({ oid, checkSuites }: CommitNode): readonly OwnRun[] {
  const runs = (checkSuites?.nodes ?? []).flatMap((suite) => suite.checkRuns.nodes)
  return runs
    .map((run) => ({
      id: run.databaseId,
      commit: oid,
      isCompleted: run.status === 'COMPLETED',
      conclusion: run.conclusion?.toLowerCase() ?? null,
      externalId: run.externalId ?? '',
      completedAt: run.completedAt === null ? null : new Date(run.completedAt),
    }))
    .sort((a, b) => b.id - a.id)
}

/** The remaining pages of a list of the pull request. */
async function rest<T>(
  place: Place,
  number: number,
  field: string,
  fields: string,
  first: Connection<T>,
): Promise<readonly T[]> {
  const all = [...first.nodes]
  let { pageInfo } = first
  while (pageInfo?.hasNextPage === true) {
    const answer = await graphql<{
      readonly repository: { readonly pullRequest: Readonly<Record<string, Connection<T>>> }
    }>(
      place,
      `query($owner: String!, $name: String!, $number: Int!, $after: String) { repository(owner: $owner, name: $name) { pullRequest(number: $number) {
        ${field}(first: 100, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } } } }`,
      { owner: place.owner, name: place.repo, number, after: pageInfo.endCursor },
    )
    const page = answer.repository.pullRequest[field]
    all.push(...(page?.nodes ?? []))
    pageInfo = page?.pageInfo
  }
  return all
}

function commentOf(node: CommentNode): PullComment {
  return {
    // Older servers have no field for an id of 64 bits; the address ends with it: `…/pull/7#issuecomment-123`, `…#discussion_r123`.
    id: Number(/\d+$/.exec(node.url)?.[0]),
    nodeId: node.id,
    author: node.author?.login ?? 'ghost',
    isBot: node.author?.__typename === 'Bot',
    isOwn: node.viewerDidAuthor,
    body: node.body,
    at: new Date(node.createdAt),
    wasEdited: node.lastEditedAt !== null,
    isForeign: node.editor !== null && node.editor.login !== node.author?.login,
    isMinimized: node.isMinimized,
    isAnswered:
      node.reactionGroups?.some((g) => g.viewerHasReacted && (g.content === 'THUMBS_UP' || g.content === 'CONFUSED')) ??
      false,
  }
}
