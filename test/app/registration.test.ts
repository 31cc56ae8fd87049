import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { parseEnv } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readEnvironment } from '../../src/github/server/environment.ts'
import { startRegistration } from '../../src/github/server/registration.ts'
import type { Registration } from '../../src/github/server/registration.ts'
import { defaultPermissions } from '../github/stand-in.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})
const asked: string[] = []
let github: Server
let folder: string
let registration: Registration

beforeAll(async () => {
  github = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
    response.writeHead(201, { 'content-type': 'application/json' }).end(
      JSON.stringify({
        id: 77,
        pem: privateKey,
        webhook_secret: 'made by GitHub',
        html_url: 'https://github.test/apps/ours',
      }),
    )
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => {
    github.once('listening', resolve)
  })
  folder = mkdtempSync(join(tmpdir(), 'schemagate-registration-'))
  writeFileSync(join(folder, '.env'), 'PORT=3000\nAPP_ID=1\n')
  registration = await startRegistration({
    port: 0,
    envFile: join(folder, '.env'),
    environment: { GHE_HOST: `127.0.0.1:${(github.address() as AddressInfo).port}`, GHE_PROTOCOL: 'http' },
  })
})
afterAll(async () => {
  await registration.close()
  await new Promise((resolve) => {
    github.close(resolve)
  })
  rmSync(folder, { recursive: true, force: true })
})

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${registration.url}${path}`, { headers })
  return { status: response.status, text: await response.text() }
}
const field = (html: string, pattern: RegExp) =>
  (pattern.exec(html)?.[1] ?? '')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')

test('asks for the address, posts a manifest that GitHub takes, and writes what the server needs', async () => {
  expect((await get('/')).text).toContain('name="address"')
  expect((await get('/register?address=http://localhost:3000')).status).toBe(400)
  expect((await get('/register?address=https://schemagate.example.com&organisation=a/../b')).status).toBe(400)
  const { text } = await get('/register?address=https://schemagate.example.com/&organisation=octo-org')
  const target = new URL(field(text, /action="([^"]+)"/))
  expect(target.pathname).toBe('/organizations/octo-org/settings/apps/new')
  const manifest = JSON.parse(field(text, /name="manifest" value="([^"]+)"/)) as Record<string, unknown>
  expect(manifest).toMatchObject({
    public: false,
    hook_attributes: { url: 'https://schemagate.example.com/api/github/webhooks' },
    default_permissions: defaultPermissions,
  })
  expect(manifest['default_events']).toEqual(
    expect.arrayContaining(['merge_group', 'deployment_status', 'pull_request', 'issue_comment']),
  )

  // GitHub sends the browser back with a code, and with the state that began it.
  const back = new URL(String(manifest['redirect_url']))
  expect((await get(`${back.pathname}${back.search}&code=abc&state=guessed`)).status).toBe(403)
  expect(asked).toEqual([])
  const end = await get(`${back.pathname}${back.search}&code=abc&state=${target.searchParams.get('state') ?? ''}`)
  expect(end.text).toContain('https://github.test/apps/ours/installations/new')
  await registration.done
  expect(asked).toEqual(['POST /api/v3/app-manifests/abc/conversions'])
  const written = readFileSync(join(folder, '.env'), 'utf8')
  expect(statSync(join(folder, '.env')).mode & 0o077).toBe(0)
  expect(readEnvironment(parseEnv(written) as Record<string, string>)).toMatchObject({
    appId: 77,
    webhookSecret: 'made by GitHub',
    publicUrl: 'https://schemagate.example.com',
    port: 3000,
  })
})

test('answers nobody who comes through another name', async () => {
  const { port } = new URL(registration.url)
  const status = await new Promise((resolve) => {
    import('node:http').then(
      ({ get: request }) => {
        request({ host: '127.0.0.1', port, path: '/', headers: { host: `evil.test:${port}` } }, (r) => {
          resolve(r.statusCode)
        })
      },
      () => undefined,
    )
  })
  expect(status).toBe(403)
})
