import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import { markdownPage } from '../../report/markdown-html.ts'

export interface PageOptions {
  /** The page of a rule in Markdown, or of all of them where the id is ''; null where there is none. */
  rulePage(id: string): string | null
  /** Fails where the process could not do its work now. */
  ready(): Promise<void>
  readonly metrics: Registry
  readonly metricsToken: string | null
}

/** Answers what the server serves besides webhooks; false where it is none of it. */
export function pageHandler(
  options: PageOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    if (path === '/healthz') return send(response, 200, 'text/plain', 'ok\n')
    if (path === '/readyz') {
      return options.ready().then(
        () => send(response, 200, 'text/plain', 'ready\n'),
        () => send(response, 503, 'text/plain', 'not ready\n'),
      )
    }
    if (path === '/metrics') {
      if (!mayReadMetrics(request, options.metricsToken))
        return send(response, 403, 'text/plain', 'set SCHEMAGATE_METRICS_TOKEN and send it as a bearer token\n')
      return send(response, 200, options.metrics.contentType, await options.metrics.metrics())
    }
    if (path === '/')
      return send(
        response,
        200,
        'text/html; charset=utf-8',
        markdownPage('Schemagate', '# Schemagate\n\nIt is running. [The rules](/rules)\n'),
      )
    if (path === '/rules' || path === '/rules/') return page(response, options.rulePage(''))
    const id = /^\/rules\/([a-z0-9-]{1,80})(?:\.md)?\/?$/.exec(path)?.[1]
    return id === undefined ? false : page(response, options.rulePage(id))
  }
}

function page(response: ServerResponse, markdown: string | null): boolean {
  if (markdown === null)
    return send(
      response,
      404,
      'text/html; charset=utf-8',
      markdownPage('Not found', '# No such rule\n\n[All rules](/rules)\n'),
    )
  const title = /^# (.+)$/m.exec(markdown)?.[1] ?? 'Schemagate'
  // Pages link to each other as files, which is what they are in the repository.
  return send(
    response,
    200,
    'text/html; charset=utf-8',
    markdownPage(title, markdown.replace(/\]\(([a-z0-9-]+)\.md\)/g, '](/rules/$1)')),
  )
}

function send(response: ServerResponse, status: number, type: string, body: string): boolean {
  response.writeHead(status, {
    'content-type': type,
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  })
  response.end(body)
  return true
}

function mayReadMetrics(request: IncomingMessage, token: string | null): boolean {
  if (token !== null) return request.headers.authorization === `Bearer ${token}`
  return (
    ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.socket.remoteAddress ?? '') &&
    request.headers['x-forwarded-for'] === undefined
  )
}
