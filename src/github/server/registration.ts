import { randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'yaml'
import { escapeHtml } from '../../report/markdown-html.ts'
import { SchemagateError } from '../../errors.ts'
import { gitHubOf } from './environment.ts'

export interface RegistrationOptions {
  readonly port: number
  /** File that the credentials are written to. */
  readonly envFile: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A page on this machine that registers the app. */
export interface Registration {
  readonly url: string
  /** Resolves once the credentials are written. */
  readonly done: Promise<void>
  close(): Promise<void>
}

/** What GitHub answers when a manifest becomes an app (https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest). */
interface Registered {
  readonly id: number
  readonly pem: string
  readonly webhook_secret: string
  readonly html_url: string
}

const uses: Readonly<Record<string, string>> = {
  checks: 'the check run',
  contents: 'reading migrations, schemas and code; it never asks to write them',
  deployments: 'whether the head was deployed to staging',
  members: 'whether who approves is in a named team',
  merge_queues: 'being asked by the merge queue',
  metadata: 'what every app has',
  pull_requests: 'the review, the comment and reactions',
}

/** Serves the pages, for browsers of this machine only. Throws `bad-environment` where the port is taken. */
export async function startRegistration({ port, envFile, environment }: RegistrationOptions): Promise<Registration> {
  const { apiUrl, webUrl } = gitHubOf(environment)
  const state = randomBytes(24).toString('base64url')
  const manifest = readManifest()
  let finish: () => void = () => undefined
  const done = new Promise<void>((resolve) => {
    finish = resolve
  })

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      page(
        response,
        502,
        'That did not work',
        `<p>${escapeHtml(error instanceof Error ? error.message : String(error))}</p><p><a href="/">Try again</a></p>`,
      )
    })
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const here = `localhost:${(server.address() as AddressInfo).port}`
    // A page of another site must not reach this one through a name of its own.
    if (![here, here.replace('localhost', '127.0.0.1')].includes(request.headers.host ?? ''))
      return page(response, 403, 'Not here', `<p>Open <code>http://${here}</code>.</p>`)
    const location = new URL(request.url ?? '/', `http://${here}`)
    if (request.method !== 'GET') return page(response, 405, 'Not so', '')
    if (location.pathname === '/')
      return page(
        response,
        200,
        'Register Schemagate',
        addressForm(environment['SCHEMAGATE_URL'] ?? '', environment['GH_ORG'] ?? ''),
      )
    if (location.pathname === '/register') {
      const address = (location.searchParams.get('address') ?? '').trim().replace(/\/+$/, '')
      const organisation = (location.searchParams.get('organisation') ?? '').trim()
      if (!isPublicAddress(address))
        return page(
          response,
          400,
          'That address cannot work',
          '<p>GitHub has to reach this server: give an address that begins with <code>https://</code> and leads to this machine from outside.</p><p><a href="/">Back</a></p>',
        )
      if (!/^[A-Za-z0-9-]{0,60}$/.test(organisation))
        return page(response, 400, 'That is no name of an organisation', '<p><a href="/">Back</a></p>')
      const whole = {
        ...manifest,
        hook_attributes: { url: `${address}/api/github/webhooks`, active: true },
        redirect_url: `http://${here}/registered?address=${encodeURIComponent(address)}`,
      }
      const target = `${webUrl}${organisation === '' ? '' : `/organizations/${organisation}`}/settings/apps/new?state=${state}`
      return page(
        response,
        200,
        'Register Schemagate',
        permissionTable(manifest) +
          `<form method="post" action="${escapeHtml(target)}"><input type="hidden" name="manifest" value="${escapeHtml(JSON.stringify(whole))}"><button>Register on GitHub</button></form>`,
        webUrl,
      )
    }
    if (location.pathname === '/registered') {
      if (!isEqual(location.searchParams.get('state') ?? '', state))
        return page(
          response,
          403,
          'This is not the registration that was begun here',
          '<p><a href="/">Begin again</a></p>',
        )
      const registered = await convert(apiUrl ?? 'https://api.github.com', location.searchParams.get('code') ?? '')
      writeEnvironment(envFile, {
        APP_ID: String(registered.id),
        PRIVATE_KEY: registered.pem.replaceAll('\n', '\\n'),
        WEBHOOK_SECRET: registered.webhook_secret,
        SCHEMAGATE_URL: location.searchParams.get('address') ?? '',
      })
      page(
        response,
        200,
        'Registered',
        `<p>The credentials are in <code>${escapeHtml(envFile)}</code>, readable by you only, and the server starts now. <a href="${escapeHtml(registered.html_url)}/installations/new">Install the app</a> on the repositories that it shall review.</p>`,
      )
      response.once('close', finish)
      return
    }
    page(response, 404, 'Nothing here', '<p><a href="/">Register</a></p>')
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new SchemagateError(
          'bad-environment',
          `starting the server: port ${port} of this machine cannot be used: ${cause.message}`,
          { cause },
        ),
      )
    })
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    done,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

/** `app.yml`, beside `dist/` where this is built, two folders up where it is not. */
function readManifest(): Readonly<Record<string, unknown>> & {
  readonly default_permissions: Readonly<Record<string, string>>
} {
  const file = ['../app.yml', '../../../app.yml']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url))
  if (file === undefined)
    throw new SchemagateError(
      'bad-environment',
      'starting the server: app.yml is missing from this installation; set APP_ID, PRIVATE_KEY and WEBHOOK_SECRET instead',
    )
  return parse(readFileSync(file, 'utf8')) as ReturnType<typeof readManifest>
}

function isPublicAddress(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname, username, search, hash } = new URL(address)
  return (
    protocol === 'https:' && !/^(?:localhost|127\.|0\.0\.0\.0$|\[)/.test(hostname) && username + search + hash === ''
  )
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

async function convert(apiUrl: string, code: string): Promise<Registered> {
  const response = await fetch(`${apiUrl}/app-manifests/${encodeURIComponent(code)}/conversions`, {
    method: 'POST',
    headers: { accept: 'application/vnd.github+json', 'user-agent': 'schemagate' },
    signal: AbortSignal.timeout(30_000),
  })
  if (response.status !== 201)
    throw new Error(`GitHub did not make the app: ${response.status} ${(await response.text()).slice(0, 300)}`)
  return (await response.json()) as Registered
}

/** Writes variables into a `.env` file; others that stand in it stay. */
function writeEnvironment(path: string, values: Readonly<Record<string, string>>): void {
  const before = existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !Object.keys(values).some((name) => line.startsWith(`${name}=`)))
    : []
  const lines = Object.entries(values).map(([name, value]) => `${name}="${value}"`)
  writeFileSync(path, `${[...before, ...lines].join('\n')}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
}

function addressForm(address: string, organisation: string): string {
  return (
    '<p>This makes a GitHub App of your own: it belongs to you or your organisation, and its key never leaves this machine.</p>' +
    '<form action="/register"><p><label>Address at which GitHub reaches this server<br>' +
    `<input name="address" size="50" required placeholder="https://schemagate.example.com" value="${escapeHtml(address)}"></label></p>` +
    `<p><label>Organisation that owns the app; empty for your own account<br><input name="organisation" size="50" value="${escapeHtml(organisation)}"></label></p><button>Next</button></form>`
  )
}

function permissionTable({ default_permissions: permissions }: ReturnType<typeof readManifest>): string {
  const rows = Object.entries(permissions).map(
    ([name, level]) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(level)}</td><td>${escapeHtml(uses[name] ?? '')}</td></tr>`,
  )
  return `<p>It asks for this and no more:</p><table>${rows.join('')}</table>`
}

function page(response: ServerResponse, status: number, title: string, body: string, formTarget = ''): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; form-action 'self' ${formTarget}; frame-ancestors 'none'`,
  })
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}td{padding:.2rem .8rem .2rem 0}</style><h1>${escapeHtml(title)}</h1>${body}</html>\n`,
  )
}
