import { schema as github } from '@octokit/graphql-schema'
import { buildSchema, execute, parse, validate, visit } from 'graphql'
import type { DocumentNode, GraphQLSchema } from 'graphql'
import type { Json, JsonObject } from './openapi.ts'
import { MutationError, mutations, nodeId } from './mutations.ts'
import { pullNodeId } from './shapes.ts'
import { mergeBaseOf, pullDiff, tryMerge } from './rest/pulls.ts'
import { Refusal } from './world.ts'
import type { Comment, Pull, Repository, Thread, World } from './world.ts'

let loaded: GraphQLSchema | undefined

/** GitHub's published GraphQL schema. */
function schema(): GraphQLSchema {
  loaded ??= buildSchema(github.idl, { assumeValidSDL: true })
  return loaded
}

interface Page {
  readonly first?: number
  readonly last?: number
  readonly after?: string
}

/** Fields that Enterprise Servers in use lack; ids of 64 bits stand in a comment's `url`. */
const newFields = new Set(['fullDatabaseId'])

function notOnServers(document: DocumentNode): readonly { readonly message: string }[] {
  const found: string[] = []
  visit(document, {
    Field({ name }) {
      if (newFields.has(name.value)) found.push(name.value)
    },
  })
  return found.map((name) => ({ message: `older Enterprise Servers have no field ${name}` }))
}

/** Runs a document as GitHub would: validated against its schema, unknown objects as null with an error beside the data. */
export async function answerGraphql(
  world: World,
  source: string,
  variables: JsonObject,
  mayWrite = true,
): Promise<Json> {
  const document = parse(source)
  const invalid = [...validate(schema(), document), ...notOnServers(document)]
  if (invalid.length > 0) {
    world.violations.push(`GraphQL: ${invalid.map((e) => e.message).join('; ')}`)
    return { errors: invalid.map((e) => ({ message: e.message })) }
  }
  const result = await execute({
    schema: schema(),
    document,
    variableValues: { ...variables },
    rootValue: root(world, mayWrite),
  })
  const errors = result.errors?.map((e) => ({
    type:
      e.originalError instanceof MutationError
        ? e.originalError.type
        : e.message.startsWith('Could not resolve')
          ? 'NOT_FOUND'
          : 'FORBIDDEN',
    path: e.path ?? [],
    message: e.message,
  }))
  return JSON.parse(JSON.stringify({ data: result.data, ...(errors === undefined ? {} : { errors }) })) as Json
}

function root(world: World, mayWrite: boolean) {
  return {
    repository({ owner, name }: { owner: string; name: string }) {
      const repository = world.repositories.get(`${owner}/${name}`)
      if (repository === undefined)
        throw new Error(`Could not resolve to a Repository with the name '${owner}/${name}'.`)
      return repositoryNode(world, repository)
    },
    ...mutations(world, mayWrite),
  }
}

function repositoryNode(world: World, repository: Repository) {
  return {
    __typename: 'Repository',
    id: `R_${repository.id}`,
    nameWithOwner: `${repository.owner}/${repository.name}`,
    defaultBranchRef: { name: repository.defaultBranch },
    pullRequest({ number }: { number: number }) {
      const pull = repository.pulls.get(number)
      if (pull === undefined) throw new Error(`Could not resolve to a PullRequest with the number of ${number}.`)
      return pullNode(world, repository, pull)
    },
    pullRequests(args: Page & { states?: readonly string[]; baseRefName?: string }) {
      const wanted = [...repository.pulls.values()].filter(
        (p) =>
          ((args.states ?? undefined) === undefined || args.states?.includes(stateOf(p))) &&
          ((args.baseRefName ?? undefined) === undefined || p.baseRef === args.baseRefName),
      )
      return connection(wanted, args, (p) => pullNode(world, repository, p))
    },
    async object({ expression, oid }: { expression?: string; oid?: string }) {
      return objectNode(world, repository, expression ?? oid ?? '')
    },
  }
}

async function objectNode(world: World, repository: Repository, expression: string) {
  const found = await repository.git.object(expression)
  if (found === null) return null
  const { oid, type, content: bytes } = found
  if (type === 'commit') return commitNode(world, repository, oid)
  if (type !== 'blob') return { __typename: 'Tree', oid }
  const binary = bytes.subarray(0, 8000).includes(0)
  const truncated = bytes.length > 512_000
  return {
    __typename: 'Blob',
    oid,
    byteSize: bytes.length,
    isBinary: binary,
    isTruncated: truncated,
    text: binary ? null : bytes.subarray(0, 512_000).toString('utf8'),
  }
}

function stateOf(pull: Pull): string {
  return pull.merged ? 'MERGED' : pull.state.toUpperCase()
}

function pullNode(world: World, repository: Repository, pull: Pull): object {
  return {
    __typename: 'PullRequest',
    id: pullNodeId(repository, pull),
    locked: pull.locked === true,
    number: pull.number,
    title: pull.title,
    state: stateOf(pull),
    isDraft: pull.draft,
    merged: pull.merged,
    isCrossRepository: pull.fork,
    headRefOid: pull.headSha,
    headRefName: pull.headRef,
    baseRefName: pull.baseRef,
    baseRefOid: () => repository.git.resolve(`refs/heads/${pull.baseRef}`),
    author: actor(pull.author.login, pull.author.type),
    async potentialMergeCommit() {
      if (world.merges === 'at once') await tryMerge(repository, pull)
      const { tried } = pull
      if (tried === null || tried.commit === null) return null
      return {
        ...commitNode(world, repository, tried.commit),
        parents: (args: Page) => connection([tried.tip, tried.head], args, (oid) => ({ oid })),
      }
    },
    async mergeable() {
      if (world.merges === 'at once') await tryMerge(repository, pull)
      const tip = await repository.git.resolve(`refs/heads/${pull.baseRef}`)
      if (pull.tried?.tip !== tip || pull.tried?.head !== pull.headSha) return 'UNKNOWN'
      return pull.tried.commit === null ? 'CONFLICTING' : 'MERGEABLE'
    },
    async files(args: Page) {
      return connection(await pullDiff(repository, pull), args, ({ path }) => ({ path }))
    },
    labels: (args: Page) => connection(pull.labels, args, (name) => ({ name })),
    comments: (args: Page) => connection(pull.comments, args, (c) => commentNode(world, c)),
    reviewThreads: (args: Page) => connection(pull.threads, args, (t) => threadNode(world, t)),
    async commits(args: Page) {
      const commits = await repository.git.log(await mergeBaseOf(repository, pull), pull.headSha)
      return connection(commits, args, (c) => ({ commit: commitNode(world, repository, c.sha) }))
    },
  }
}

function commitNode(world: World, repository: Repository, sha: string): object {
  return {
    __typename: 'Commit',
    oid: sha,
    checkSuites: (args: Page & { filterBy?: { appId?: number } }) =>
      connection(args.filterBy?.appId === undefined || args.filterBy.appId === world.app.id ? [sha] : [], args, () => ({
        app: { databaseId: world.app.id, slug: world.app.slug },
        checkRuns: (inner: Page & { filterBy?: { checkName?: string; checkType?: string } }) =>
          connection(
            (inner.filterBy?.checkType === 'ALL' ? <T>(all: readonly T[]) => all : latestByName)(
              repository.checkRuns
                .filter(
                  (r) =>
                    r.headSha === sha &&
                    (inner.filterBy?.checkName === undefined || r.name === inner.filterBy.checkName),
                )
                .toReversed(),
            ),
            inner,
            (r) => ({
              __typename: 'CheckRun',
              databaseId: r.id,
              name: r.name,
              status: r.status.toUpperCase(),
              conclusion: r.conclusion?.toUpperCase() ?? null,
              externalId: r.externalId,
              title: r.output.title,
              startedAt: r.startedAt,
              completedAt: r.completedAt,
            }),
          ),
      })),
    async associatedPullRequests(args: Page) {
      const holds: Pull[] = []
      for (const pull of repository.pulls.values()) {
        if (!pull.fork && (await repository.git.log(pull.openedOn, pull.headSha)).some((c) => c.sha === sha))
          holds.push(pull)
      }
      return connection(holds, args, (p) => pullNode(world, repository, p))
    },
  }
}

function latestByName<T extends { readonly name: string }>(runs: readonly T[]): readonly T[] {
  return runs.filter((r, i) => runs.findIndex((o) => o.name === r.name) === i)
}

function actor(login: string, type: string) {
  return { __typename: type === 'Bot' ? 'Bot' : 'User', login: login.replace(/\[bot\]$/, '') }
}

function commentNode(world: World, comment: Comment) {
  return {
    __typename: comment.thread === null ? 'IssueComment' : 'PullRequestReviewComment',
    id: nodeId(comment),
    url: `https://github.test/pull/${comment.pull}#${comment.thread === null ? 'issuecomment-' : 'discussion_r'}${comment.id}`,
    body: comment.body,
    author: actor(comment.author.login, comment.author.type),
    createdAt: comment.createdAt,
    updatedAt: comment.editedAt ?? comment.createdAt,
    lastEditedAt: comment.editedAt,
    editor: comment.editor === null ? null : actor(comment.editor.login, comment.editor.type),
    includesCreatedEdit: comment.editedAt !== null,
    isMinimized: comment.minimized !== null,
    minimizedReason: comment.minimized,
    viewerDidAuthor: comment.author.login === `${world.app.slug}[bot]`,
    path: comment.thread?.path,
    outdated: comment.thread?.line === null,
    reactionGroups: [...new Set(comment.reactions.map((r) => r.content))].map((content) => ({
      content: reactionNames[content],
      viewerHasReacted: comment.reactions.some((r) => r.content === content && r.user === `${world.app.slug}[bot]`),
    })),
  }
}

const reactionNames: Readonly<Record<string, string>> = {
  '+1': 'THUMBS_UP',
  '-1': 'THUMBS_DOWN',
  eyes: 'EYES',
  confused: 'CONFUSED',
  rocket: 'ROCKET',
}

function threadNode(world: World, thread: Thread) {
  return {
    __typename: 'PullRequestReviewThread',
    id: `PRRT_${thread.id}`,
    path: thread.path,
    line: thread.line,
    startLine: thread.startLine,
    originalLine: thread.originalLine,
    isResolved: thread.resolvedBy !== null,
    resolvedBy: thread.resolvedBy === null ? null : { login: thread.resolvedBy.login },
    isOutdated: thread.line === null,
    viewerCanResolve: world.app.permissions['contents'] === 'write',
    comments: (args: Page) => connection(thread.comments, args, (c) => commentNode(world, c)),
  }
}

/** A page of a list as GraphQL connections give it; GitHub refuses lists without a size and pages over 100. */
function connection<T, N>(all: readonly T[], args: Page, node: (item: T) => N) {
  const size = args.first ?? args.last
  if (size === undefined || size > 100)
    throw new Refusal(422, 'You must provide a `first` or `last` value of at most 100 to properly paginate.')
  const start =
    args.last !== undefined
      ? Math.max(0, all.length - size)
      : args.after === undefined || args.after === null
        ? 0
        : Number(args.after)
  const items = all.slice(start, start + size)
  const end = start + items.length
  return {
    totalCount: all.length,
    nodes: items.map(node),
    pageInfo: {
      hasNextPage: end < all.length,
      hasPreviousPage: start > 0,
      endCursor: String(end),
      startCursor: String(start),
    },
  }
}
