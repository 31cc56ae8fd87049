import type { Git } from './git.ts'
import type { JsonObject } from './openapi.ts'

export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

export interface User {
  readonly login: string
  readonly id: number
  readonly type: 'User' | 'Bot' | 'Organization'
}

export interface Reaction {
  readonly user: string
  readonly content: string
}

/** A comment of the conversation, or of a review thread where `thread` is set. */
export interface Comment {
  readonly id: number
  readonly pull: number
  readonly author: User
  body: string
  readonly createdAt: string
  editedAt: string | null
  /** Who edited it last. */
  editor: User | null
  minimized: string | null
  readonly reactions: Reaction[]
  readonly thread: Thread | null
}

/** A thread of inline comments; `line` is null once its line left the diff. */
export interface Thread {
  readonly id: number
  readonly pull: number
  readonly path: string
  readonly side: 'LEFT' | 'RIGHT'
  line: number | null
  startLine: number | null
  readonly originalLine: number
  readonly commit: string
  resolvedBy: User | null
  comments: Comment[]
}

export interface CheckRun {
  readonly id: number
  readonly app: string
  readonly name: string
  readonly headSha: string
  externalId: string
  detailsUrl: string | null
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: string | null
  startedAt: string
  completedAt: string | null
  output: { title: string | null; summary: string | null; text: string | null }
  annotations: JsonObject[]
  actions: readonly JsonObject[]
}

export interface Pull {
  readonly number: number
  title: string
  readonly author: User
  baseRef: string
  readonly headRef: string
  /** Tip of the base branch when it was opened. */
  readonly openedOn: string
  headSha: string
  readonly fork: boolean
  state: 'open' | 'closed'
  merged: boolean
  draft: boolean
  /** True where the conversation takes no more comments. */
  locked?: boolean
  labels: string[]
  readonly comments: Comment[]
  threads: Thread[]
  /** The tip of the base and the head that were merged for a try last; null where they conflict or nobody tried. */
  tried: { readonly tip: string; readonly head: string; readonly commit: string | null } | null
  readonly reviews: { readonly id: number; readonly author: User; readonly body: string; readonly comments: number }[]
}

export interface Deployment {
  readonly id: number
  readonly sha: string
  readonly environment: string
  readonly statuses: { readonly id: number; readonly state: string }[]
}

export interface Repository {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly git: Git
  readonly defaultBranch: string
  readonly pulls: Map<number, Pull>
  readonly checkRuns: CheckRun[]
  readonly deployments: Deployment[]
  readonly roles: Map<string, Role>
}

/** One HTTP request that reached the stand-in, with the milliseconds at which it came and was answered. */
export interface Logged {
  readonly method: string
  readonly path: string
  readonly operation: string
  readonly status: number
  readonly from: number
  readonly to: number
  readonly body: unknown
}

export interface Delivery {
  readonly id: number
  readonly guid: string
  readonly event: string
  readonly payload: JsonObject
  readonly at: string
  status: number
  readonly redelivery: boolean
}

/** All that the stand-in remembers. */
export interface World {
  readonly app: {
    readonly id: number
    readonly slug: string
    readonly publicKey: string
    readonly webhookSecret: string
    readonly permissions: Readonly<Record<string, string>>
  }
  readonly installation: { readonly id: number; suspended: boolean }
  readonly tokens: Set<string>
  /** Tokens that may read only: of workflows for forks. */
  readonly readers: Set<string>
  readonly repositories: Map<string, Repository>
  readonly users: Map<string, User>
  readonly teams: Map<string, ReadonlySet<string>>
  readonly log: Logged[]
  readonly deliveries: Delivery[]
  /** What broke GitHub's rules, by request or answer: empty at the end of a good test. */
  readonly violations: string[]
  /** When GitHub merges pull requests for a try: as soon as something moves, after it was asked for the pull request, or never. */
  merges: 'at once' | 'when asked' | 'never'
  readonly limits: { compareFiles: number; pullFiles: number; patchBytes: number; treeEntries: number }
  nextId(): number
  now(): string
}

/** An answer that GitHub gives instead of doing what was asked. */
export class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly errors: readonly string[]
  constructor(
    status: number,
    message: string,
    errors: readonly string[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.errors = errors
    this.headers = headers
  }
}

export function userOf(world: World, login: string): User {
  const known = world.users.get(login)
  if (known !== undefined) return known
  const user: User = { login, id: world.nextId(), type: login.endsWith('[bot]') ? 'Bot' : 'User' }
  world.users.set(login, user)
  return user
}

export function botOf(world: World): User {
  return userOf(world, `${world.app.slug}[bot]`)
}

export function repositoryOf(world: World, owner: string, name: string): Repository {
  const found = world.repositories.get(`${owner}/${name}`)
  if (found === undefined) throw new Refusal(404, 'Not Found')
  return found
}

export function pullOf(repository: Repository, number: number): Pull {
  const found = repository.pulls.get(number)
  if (found === undefined) throw new Refusal(404, 'Not Found')
  return found
}

/** The newest run of a name on a commit, which is the one that branch protection reads. */
export function latestRun(repository: Repository, name: string, sha: string): CheckRun | undefined {
  return repository.checkRuns.filter((r) => r.name === name && r.headSha === sha).at(-1)
}
