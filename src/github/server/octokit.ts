import { ProbotOctokit } from 'probot'

/** A request that takes longer is given up and tried again. */
const requestTimeout = 30_000

/**
 * Octokit as the app uses it. Waiting for a rate limit is the queue's business, so that a restart does not lose it and no worker
 * sleeps: Octokit's own throttling is off, and what a limit refuses is not tried again at once.
 */
export const AppOctokit = ProbotOctokit.defaults((options: object) => ({
  ...options,
  userAgent: 'schemagate',
  throttle: { enabled: false },
  retry: { doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451] },
  request: {
    fetch: (url: string, init: RequestInit) =>
      fetch(url, {
        ...init,
        signal: AbortSignal.any([AbortSignal.timeout(requestTimeout), ...(init.signal ? [init.signal] : [])]),
      }),
  },
}))
