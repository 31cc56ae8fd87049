import type { IncomingMessage } from 'node:http'
import { askerOf, authorize, violation } from './gate.ts'
import { answerGraphql } from './graphql.ts'
import { answerOf, matchOperation, requestProblems, responseProblems } from './openapi.ts'
import type { Json, JsonObject } from './openapi.ts'
import { asApp, handlers, needs } from './rest.ts'
import { unfinished } from './rest/request.ts'
import { Refusal, repositoryOf } from './world.ts'
import type { Logged, World } from './world.ts'

/**
 * What goes wrong with a request: an answer instead of the true one, `drop` for a connection cut before
 * anything is done, `lose` for one cut after it was done, or nothing.
 */
export type Fault = (request: {
  readonly method: string
  readonly path: string
  readonly operation: string
}) =>
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly message?: string }
  | 'drop'
  | 'lose'
  | undefined

/** What answering takes of the stand-in. */
interface Answering {
  readonly world: World
  readonly url: string
  readonly fault: Fault | null
  redeliver(id: number): Promise<void>
}

interface Answer {
  /** 0 where the connection is cut instead. */
  readonly status: number
  readonly body?: Json | Buffer | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Null for what is not a request to the API. */
  readonly entry: Omit<Logged, 'status' | 'to'> | null
}

/** Answers a request as GitHub would, its faults included. */
export async function answer(incoming: IncomingMessage, github: Answering): Promise<Answer> {
  const { world, url } = github
  const from = performance.now()
  const location = new URL(incoming.url ?? '/', url)
  // As on GitHub Enterprise Server, whose GraphQL stands beside `/api/v3` and not below it.
  const path = location.pathname.replace(/^\/api(?:\/v3(?!\/graphql)|(?=\/graphql))/, '')
  const method = incoming.method ?? 'GET'
  const text = await bodyOf(incoming)
  const graphql = path === '/graphql'
  const found = graphql ? null : matchOperation(method, path)
  const operation = graphql ? 'POST /graphql' : (found?.operation ?? `${method} ${path}`)
  const parsed = text === '' ? undefined : (JSON.parse(text) as JsonObject)
  const entry = { method, path, operation, from, body: parsed }
  const archived = /^\/(codeload\/)?(?:repos\/)?([^/]+)\/([^/]+)\/(?:tarball|legacy\.tar\.gz)\/([0-9a-f]{40})$/.exec(
    path,
  )
  const asker = askerOf(incoming.headers.authorization)
  const fault = github.fault?.({ method, path, operation })
  if (fault === 'drop') return { status: 0, entry }
  if (fault !== undefined && fault !== 'lose')
    return { status: fault.status, body: { message: fault.message ?? 'fault' }, headers: fault.headers ?? {}, entry }
  const told = await carryOut()
  return fault === 'lose' ? { status: 0, entry } : told

  async function carryOut(): Promise<Answer> {
    try {
      authorize(world, asker, operation, {
        permission: archived !== null ? 'contents:read' : found === null ? undefined : needs[found.operation],
        app: found !== null && asApp.has(found.operation),
      })
      if (graphql)
        return {
          status: 200,
          body: await answerGraphql(
            world,
            String(parsed?.['query']),
            (parsed?.['variables'] ?? {}) as JsonObject,
            !world.readers.has(asker.token),
          ),
          entry,
        }
      if (archived !== null)
        return { ...(await archive(archived, world, url)), entry: archived[1] === undefined ? entry : null }
      if (found === null) throw violation(world, 404, `the stand-in does not know ${method} ${path}`)
      const query = Object.fromEntries(
        [...location.searchParams].map(([key, value]) => [key, /^\d+$/.test(value) ? Number(value) : value]),
      )
      const wrong = requestProblems(found.operation, query, parsed)
      if (wrong.length > 0) throw violation(world, 422, `${found.operation}: ${wrong.join('; ')}`)
      const { status, body, headers } = await handlers[found.operation](world, {
        parameters: found.parameters,
        query,
        body: parsed ?? {},
        redeliver: github.redeliver,
      })
      if (body === undefined) return { status, entry }
      const whole = answerOf(found.operation, status, body)
      const own = responseProblems(found.operation, status, whole)
      if (own.length > 0) world.violations.push(`answer of ${found.operation}: ${own.join('; ')}`)
      return {
        status,
        body: whole,
        entry,
        headers: headers?.(location) ?? pageLinks(location, unfinished.get(query)),
      }
    } catch (error) {
      if (!(error instanceof Refusal)) {
        world.violations.push(
          `${operation}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        )
        return { status: 500, body: { message: 'Server Error' }, entry }
      }
      return {
        status: error.status,
        body: { message: error.message, errors: error.errors, documentation_url: 'https://docs.github.com/rest' },
        headers: error.headers,
        entry,
      }
    }
  }
}

/** GitHub sends an archive on to another host, which is here another path. */
async function archive(
  [, isThere, owner = '', name = '', commit = '']: RegExpExecArray,
  world: World,
  url: string,
): Promise<{
  status: number
  body?: Buffer
  headers: Readonly<Record<string, string>>
}> {
  if (isThere === undefined)
    return { status: 302, headers: { location: `${url}/codeload/${owner}/${name}/legacy.tar.gz/${commit}` } }
  const body = await repositoryOf(world, owner, name).git.archive(commit, `${owner}-${name}-${commit.slice(0, 7)}`)
  return { status: 200, body, headers: { 'content-type': 'application/x-gzip' } }
}

function pageLinks(location: URL, last: number | undefined): Readonly<Record<string, string>> {
  if (last === undefined) return {}
  const link = (page: number, rel: string) => {
    const there = new URL(location)
    there.searchParams.set('page', String(page))
    return `<${there.href}>; rel="${rel}"`
  }
  return { link: `${link(Number(location.searchParams.get('page') ?? 1) + 1, 'next')}, ${link(last, 'last')}` }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
