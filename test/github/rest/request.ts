import type { Json, JsonObject } from '../openapi.ts'
import { Refusal, pullOf, repositoryOf } from '../world.ts'
import type { Pull, Repository, World } from '../world.ts'
import type { Operation } from '../operations.ts'

export interface Request {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: JsonObject
  readonly body: JsonObject
  readonly redeliver: (id: number) => Promise<void>
}

export interface Answer {
  readonly status: number
  readonly body?: Json
  /** Headers of the answer to a request for `location`. */
  readonly headers?: (location: URL) => Readonly<Record<string, string>>
}

export type Handler = (world: World, request: Request) => Promise<Answer> | Answer

/** The operations of one topic. */
export type Handlers = Readonly<Partial<Record<Operation, Handler>>>

/** The permission that an operation needs; operations of the app itself need its own token instead. */
export type Needs = Readonly<Partial<Record<Operation, string>>>

export function repositoryIn(world: World, request: Request): Repository {
  return repositoryOf(world, request.parameters['owner'] ?? '', request.parameters['repo'] ?? '')
}

export function pullIn(repository: Repository, request: Request): Pull {
  return pullOf(repository, Number(request.parameters['pull_number']))
}

/** The number of the last page, by queries whose answer is not it. */
export const unfinished = new WeakMap<JsonObject, number>()

export function page<T>(all: readonly T[], query: JsonObject): T[] {
  const size = Math.min(100, Number(query['per_page'] ?? 30))
  const at = (Number(query['page'] ?? 1) - 1) * size
  if (at + size < all.length) unfinished.set(query, Math.ceil(all.length / size))
  return all.slice(at, at + size)
}

export function bodyOf(request: Request): string {
  const body = String(request.body['body'] ?? '')
  if (body.trim() === '') throw new Refusal(422, 'Validation Failed', ['body cannot be blank'])
  if (body.length > 65_536)
    throw new Refusal(422, 'Validation Failed', ['body is too long (maximum is 65536 characters)'])
  return body
}
