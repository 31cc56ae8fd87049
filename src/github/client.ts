import type { Octokit } from '@octokit/rest'
import type { RepositoryRef } from '../queue/jobs.ts'

/** What the rest of this folder uses of Octokit: that of an app's installation and that of an Action's token both fit. */
export type Client = Pick<Octokit, 'rest' | 'request' | 'paginate'>

/** A repository with the client that may speak for it. */
export interface Place {
  readonly client: Client
  readonly owner: string
  readonly repo: string
}

export function placeIn(client: Client, { owner, repo }: Pick<RepositoryRef, 'owner' | 'repo'>): Place {
  return { client, owner, repo }
}

interface GraphqlAnswer {
  readonly data?: unknown
  readonly errors?: readonly {
    readonly type?: string
    readonly message: string
    readonly path?: readonly (string | number)[]
  }[]
}

/** An error that GraphQL answers with status 200, in the shape that REST errors have. */
class GraphqlError extends Error {
  readonly status: number
  constructor(message: string, status: number) {
    super(message)
    this.name = 'GraphqlError'
    this.status = status
  }
}

/**
 * Runs a GraphQL document. Parts that `optional` names at their root may be missing or refused; any other error throws. What writes
 * is sent once: after an error the whole job runs again and sees what was written.
 */
export async function graphql<T>(
  { client }: Pick<Place, 'client'>,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  optional: readonly string[] = [],
): Promise<T> {
  const retries = query.startsWith('mutation') ? 0 : 2
  // GitHub Enterprise Server has its REST API at `/api/v3` and GraphQL beside it. The base stays, since a token is asked of it.
  const url = `${client.request.endpoint.DEFAULTS.baseUrl.replace(/\/api\/v3$/, '/api')}/graphql`
  const answer = (await client.request({ method: 'POST', url, query, variables, request: { retries } }))
    .data as GraphqlAnswer
  const error = answer.errors?.find((e) => e.type === 'RATE_LIMITED' || !optional.includes(String(e.path?.[0])))
  if (error !== undefined)
    throw new GraphqlError(
      `GraphQL: ${error.message}`,
      error.type === 'RATE_LIMITED' ? 429 : error.type === 'NOT_FOUND' ? 404 : error.type === 'FORBIDDEN' ? 403 : 502,
    )
  return answer.data as T
}

interface HttpError {
  readonly status: number
  readonly message: string
  readonly response?: { readonly headers?: Readonly<Record<string, string | number | undefined>> }
}

/** The HTTP status of an error that came from GitHub; null for any other. */
export function statusOf(error: unknown): number | null {
  const status = (error as Partial<HttpError> | null)?.status
  return error instanceof Error && typeof status === 'number' ? status : null
}

/** True where GitHub no longer lets the installation do anything: it was suspended or removed. */
export function isInstallationGone(error: unknown): boolean {
  const status = statusOf(error)
  const { request, message } = error as { readonly request?: { readonly url?: string }; readonly message: string }
  return (
    (status === 403 && /suspended/i.test(message)) ||
    ((status === 403 || status === 404) && request?.url?.endsWith('/access_tokens') === true)
  )
}

/** Whoever asks GitHub again and again while it refuses is shut out for longer. */
const shortestWait = 5_000

/**
 * When to ask again after a primary or secondary rate limit; null for any other error. In GitHub's order: `retry-after`, then
 * `x-ratelimit-reset`, then a minute (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api). Told by
 * GitHub's clock, so that a wrong one here neither waits for hours nor not at all.
 */
export function rateLimitEnd(error: unknown, now = new Date()): Date | null {
  const status = statusOf(error)
  if (status !== 403 && status !== 429) return null
  const { response, message } = error as HttpError
  const headers = response?.headers ?? {}
  const after = Number(headers['retry-after'])
  const afterwards = (wait: number) => new Date(now.getTime() + Math.max(wait, shortestWait))
  if (Number.isFinite(after) && after > 0) return afterwards(after * 1000)
  if (String(headers['x-ratelimit-remaining']) === '0') {
    const theirs = Date.parse(String(headers['date']))
    return afterwards(
      Number(headers['x-ratelimit-reset']) * 1000 + 1000 - (Number.isNaN(theirs) ? now.getTime() : theirs),
    )
  }
  return status === 429 || /rate limit/i.test(message) ? afterwards(60_000) : null
}
