import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { SchemagateError } from '../../errors.ts'

/** What the server learns from its environment. */
export interface ServerSettings {
  readonly appId: number
  readonly privateKey: string
  readonly webhookSecret: string
  readonly port: number
  readonly host: string
  /** Public address without a slash at its end. */
  readonly publicUrl: string | null
  readonly dataFolder: string
  readonly databaseUrl: string | null
  readonly role: 'all' | 'web' | 'worker'
  /** Address of GitHub's REST API; null for github.com. */
  readonly apiUrl: string | null
  /** Address of GitHub's pages. */
  readonly webUrl: string
  readonly logLevel: string
  readonly logFormat: 'json' | 'pretty'
  /** Bearer token that `/metrics` wants; null where only this machine may read it. */
  readonly metricsToken: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

const shortestSecret = 8

function wrong(message: string): SchemagateError {
  return new SchemagateError('bad-environment', `starting the server: ${message}`)
}

/** Reads the environment; null where no credential is set and this is not production, so that the app can be registered. Throws `bad-environment`. */
export function readEnvironment(env: Environment): ServerSettings | null {
  const id = valueOf(env, 'APP_ID')
  const key = valueOf(env, 'PRIVATE_KEY') ?? fileOf(env, 'PRIVATE_KEY_PATH')
  const secret = valueOf(env, 'WEBHOOK_SECRET')
  const missing = [
    ...(id === null ? ['APP_ID'] : []),
    ...(key === null ? ['PRIVATE_KEY (or PRIVATE_KEY_PATH)'] : []),
    ...(secret === null ? ['WEBHOOK_SECRET'] : []),
  ]
  if (missing.length === 3 && env['NODE_ENV'] !== 'production') return null
  if (id === null || key === null || secret === null) {
    throw wrong(
      `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set. All three come from the app's settings on GitHub; with none of them set, and outside production, the server helps to register one.`,
    )
  }
  if (!/^\d{1,15}$/.test(id))
    throw wrong("APP_ID is not a number. It stands at the top of the app's settings on GitHub.")
  if (secret === 'development')
    throw wrong(
      'WEBHOOK_SECRET is "development", which everybody can guess. Give the webhook a random secret, in the app\'s settings and here.',
    )
  if (secret.length < shortestSecret)
    throw wrong(
      `WEBHOOK_SECRET is shorter than ${shortestSecret} characters. Give the webhook a random secret, in the app's settings and here.`,
    )
  const role = env['SCHEMAGATE_ROLE'] || 'all'
  if (role !== 'all' && role !== 'web' && role !== 'worker') throw wrong('SCHEMAGATE_ROLE is none of all, web, worker.')
  const databaseUrl = valueOf(env, 'DATABASE_URL')
  if (role !== 'all' && databaseUrl === null)
    throw wrong(`SCHEMAGATE_ROLE is ${role}, which needs a Postgres to share: set DATABASE_URL.`)
  const port = env['PORT'] || '3000'
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw wrong('PORT is not a port number.')
  const github = gitHubOf(env)
  return {
    appId: Number(id),
    privateKey: privateKeyOf(key),
    webhookSecret: secret,
    port: Number(port),
    host: env['HOST'] || 'localhost',
    publicUrl: addressOf(env, 'SCHEMAGATE_URL'),
    dataFolder: env['SCHEMAGATE_DATA'] || './data',
    databaseUrl,
    role,
    ...github,
    logLevel: env['LOG_LEVEL'] || 'info',
    logFormat:
      (env['LOG_FORMAT'] || (env['NODE_ENV'] === 'production' ? 'json' : 'pretty')) === 'json' ? 'json' : 'pretty',
    metricsToken: valueOf(env, 'SCHEMAGATE_METRICS_TOKEN'),
  }
}

function valueOf(env: Environment, name: string): string | null {
  return env[name]?.trim() || fileOf(env, `${name}_FILE`)
}

function fileOf(env: Environment, name: string): string | null {
  const path = env[name]?.trim()
  if (path === undefined || path === '') return null
  try {
    return readFileSync(path, 'utf8').trim() || null
  } catch (cause) {
    throw new SchemagateError(
      'bad-environment',
      `starting the server: ${name} names a file that cannot be read: ${path}`,
      { cause },
    )
  }
}

/** A PEM as it is, with `\n` for line breaks, or in base64. */
function privateKeyOf(text: string): string {
  const pem = text.includes('-----BEGIN') ? text.replaceAll('\\n', '\n') : Buffer.from(text, 'base64').toString('utf8')
  try {
    // GitHub hands out PKCS#1; any key that signs is fine.
    return createPrivateKey(pem).export({ type: 'pkcs1', format: 'pem' }).toString()
  } catch (cause) {
    throw new SchemagateError(
      'bad-environment',
      "starting the server: PRIVATE_KEY is not a private key in PEM form. Generate one in the app's settings on GitHub and give the file with PRIVATE_KEY_PATH.",
      { cause },
    )
  }
}

function addressOf(env: Environment, name: string): string | null {
  const text = env[name]?.trim()
  if (text === undefined || text === '') return null
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw wrong(`${name} is not an address that begins with https:// or http://.`)
  return text.replace(/\/+$/, '')
}

/** GitHub Enterprise Server has its API under `/api/v3`; a data-residency tenant has a host of its own for it. */
export function gitHubOf(env: Environment): { readonly apiUrl: string | null; readonly webUrl: string } {
  const host = env['GHE_HOST']
    ?.trim()
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
  if (host === undefined || host === '') return { apiUrl: null, webUrl: 'https://github.com' }
  const protocol = env['GHE_PROTOCOL'] === 'http' ? 'http' : 'https'
  if (!URL.canParse(`${protocol}://${host}`)) throw wrong('GHE_HOST is not a host name.')
  if (/\.ghe\.com$/i.test(host)) return { apiUrl: `https://api.${host}`, webUrl: `https://${host}` }
  return { apiUrl: `${protocol}://${host}/api/v3`, webUrl: `${protocol}://${host}` }
}
