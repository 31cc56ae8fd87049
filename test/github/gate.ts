import { createPublicKey, verify } from 'node:crypto'
import { Refusal } from './world.ts'
import type { World } from './world.ts'

/** Who asks: the token of a request, and how it came. */
export interface Asker {
  readonly scheme: string
  readonly token: string
}

export function askerOf(authorization: string | undefined): Asker {
  const [scheme = '', token = ''] = (authorization ?? '').split(' ')
  return { scheme, token }
}

/** Notes a mistake of the app, and gives the answer that GitHub has for it. */
export function violation(world: World, status: number, message: string): Refusal {
  world.violations.push(message)
  return new Refusal(status, message)
}

/** Throws what GitHub answers to somebody who may not do this. `app` says that it takes the app itself, not an installation. */
export function authorize(
  world: World,
  { scheme, token }: Asker,
  operation: string,
  { permission, app }: { readonly permission: string | undefined; readonly app: boolean },
): void {
  if (app) {
    const wrong = jwtProblem(token, world)
    if (wrong !== null) throw new Refusal(401, wrong)
    return
  }
  if (!/^(token|bearer)$/i.test(scheme) || !(world.tokens.has(token) || world.readers.has(token)))
    throw violation(world, 401, `${operation} without an installation token`)
  if (world.readers.has(token) && operation !== 'POST /graphql' && !operation.startsWith('GET '))
    throw new Refusal(403, 'Resource not accessible by integration')
  const [scope = '', level = ''] = permission?.split(':') ?? []
  if (world.installation.suspended) throw new Refusal(403, 'This installation has been suspended')
  const granted = world.app.permissions[scope]
  if (permission !== undefined && granted !== 'write' && granted !== level)
    throw new Refusal(403, 'Resource not accessible by integration')
}

/** What GitHub says of a token of the app that it does not take; null where it takes it. */
function jwtProblem(token: string, world: World): string | null {
  const [header = '', payload = '', signature = ''] = token.split('.')
  if (
    !verify(
      'RSA-SHA256',
      Buffer.from(`${header}.${payload}`),
      createPublicKey(world.app.publicKey),
      Buffer.from(signature, 'base64url'),
    )
  )
    return 'A JSON web token could not be decoded'
  const { iss, exp, iat } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    iss: number | string
    exp: number
    iat: number
  }
  const now = Date.now() / 1000
  if (Number(iss) !== world.app.id) return 'Integration not found'
  if (exp <= now)
    return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
  if (exp - now > 660) return "'Expiration time' claim ('exp') is too far in the future"
  return iat > now + 60
    ? "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
    : null
}
