import type { Operation } from './operations.ts'
import { app } from './rest/app.ts'
import { contents, contentsNeeds } from './rest/contents.ts'
import { pulls, pullsNeeds } from './rest/pulls.ts'
import { comments, commentsNeeds } from './rest/comments.ts'
import { checks, checksNeeds } from './rest/checks.ts'
import { people, peopleNeeds } from './rest/people.ts'
import { deployments, deploymentsNeeds } from './rest/deployments.ts'
import type { Handler, Needs } from './rest/request.ts'

/** The permission that an operation needs; operations of the app itself need its own token instead. */
export const needs: Needs = {
  ...contentsNeeds,
  ...pullsNeeds,
  ...commentsNeeds,
  ...checksNeeds,
  ...peopleNeeds,
  ...deploymentsNeeds,
}

/** Operations that are asked as the app, with its JWT. */
export const asApp: ReadonlySet<Operation> = new Set<Operation>([
  'GET /app',
  'GET /app/installations',
  'POST /app/installations/{installation_id}/access_tokens',
  'GET /app/hook/deliveries',
  'POST /app/hook/deliveries/{delivery_id}/attempts',
])

/** How each operation is answered. */
export const handlers: Readonly<Record<Operation, Handler>> = {
  ...app,
  ...contents,
  ...pulls,
  ...comments,
  ...checks,
  ...people,
  ...deployments,
}
