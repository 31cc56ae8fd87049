import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { CatalogRule } from '../engine/rule.ts'
import { SchemagateError } from '../errors.ts'
import type { Command } from './io.ts'
import { reviewCommand } from './review.ts'

/** The two commits that a delivery is about. */
interface Commits {
  readonly base: string
  readonly head: string
}

/**
 * `schemagate replay DELIVERY.json`: reviews what a recorded delivery was about, from a local copy of its repository. Further
 * options are those of `review`; the same commits and version give the same findings, whenever it runs.
 */
export function replayCommand(rules: readonly CatalogRule[]): Command {
  return async (args, io) => {
    const at = args.findIndex(
      (arg) =>
        arg.endsWith('.json') && args[args.indexOf(arg) - 1] !== '--output' && args[args.indexOf(arg) - 1] !== '-o',
    )
    const file = args[at]
    if (file === undefined)
      throw new SchemagateError(
        'usage',
        'schemagate replay DELIVERY.json [--repo DIR]: which delivery? GitHub shows them under Recent deliveries in the settings of the app',
      )
    const { base, head } = commitsOf(await readDelivery(resolve(io.cwd, file), file), file)
    return reviewCommand(rules)([`${base}..${head}`, ...args.slice(0, at), ...args.slice(at + 1)], io)
  }
}

async function readDelivery(path: string, name: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (isRecord(value)) return payloadOf(value)
  } catch (cause) {
    throw new SchemagateError(
      'unreadable-file',
      `reading ${name}: ${cause instanceof SyntaxError ? 'not JSON' : 'there is no such file'}`,
      { cause },
    )
  }
  throw new SchemagateError('unreadable-file', `reading ${name}: not a delivery`)
}

/** The payload itself, or wrapped as the API of deliveries gives it: `request.payload`, `payload`. */
function payloadOf(value: Record<string, unknown>): Record<string, unknown> {
  const { request, payload } = value
  if (isRecord(request) && isRecord(request['payload'])) return request['payload']
  return isRecord(payload) ? payload : value
}

function commitsOf(payload: Record<string, unknown>, name: string): Commits {
  const { pull_request: pull, merge_group: group } = payload
  const base =
    isRecord(pull) && isRecord(pull['base']) ? pull['base']['sha'] : isRecord(group) ? group['base_sha'] : null
  const head =
    isRecord(pull) && isRecord(pull['head']) ? pull['head']['sha'] : isRecord(group) ? group['head_sha'] : null
  if (!isCommit(base) || !isCommit(head))
    throw new SchemagateError(
      'usage',
      `schemagate replay ${name}: only deliveries of pull_request, pull_request_review_comment and merge_group name the commits to review`,
    )
  return { base, head }
}

function isCommit(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{40,64}$/.test(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
