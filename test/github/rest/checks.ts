import type { JsonObject } from '../openapi.ts'
import { runShape } from '../shapes.ts'
import { Refusal } from '../world.ts'
import type { CheckRun, World } from '../world.ts'
import { page, repositoryIn } from './request.ts'
import type { Handlers, Needs } from './request.ts'

export const checksNeeds = {
  'POST /repos/{owner}/{repo}/check-runs': 'checks:write',
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': 'checks:write',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': 'checks:read',
} satisfies Needs

/** Check runs. */
export const checks = {
  'POST /repos/{owner}/{repo}/check-runs': async (world, request) => {
    const repository = repositoryIn(world, request)
    const { body } = request
    if ((await repository.git.resolve(String(body['head_sha']))) !== body['head_sha'])
      throw new Refusal(422, `No commit found for SHA: ${String(body['head_sha'])}`)
    const run: CheckRun = {
      id: world.nextId(),
      app: world.app.slug,
      name: String(body['name']),
      headSha: String(body['head_sha']),
      externalId: '',
      detailsUrl: null,
      status: 'queued',
      conclusion: null,
      startedAt: world.now(),
      completedAt: null,
      output: { title: null, summary: null, text: null },
      annotations: [],
      actions: [],
    }
    applyToRun(world, run, body)
    repository.checkRuns.push(run)
    return { status: 201, body: runShape(world, run, repository) }
  },
  'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}': (world, request) => {
    const repository = repositoryIn(world, request)
    const run = repository.checkRuns.find((r) => r.id === Number(request.parameters['check_run_id']))
    if (run === undefined) throw new Refusal(404, 'Not Found')
    applyToRun(world, run, request.body)
    return { status: 200, body: runShape(world, run, repository) }
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs': (world, request) => {
    const repository = repositoryIn(world, request)
    const { check_name: name, app_id: app } = request.query
    const runs = repository.checkRuns
      .filter(
        (r) =>
          r.headSha === request.parameters['ref'] &&
          (name === undefined || r.name === name) &&
          (app === undefined || Number(app) === world.app.id),
      )
      .toReversed()
    const shown =
      request.query['filter'] === 'all' ? runs : runs.filter((r, i) => runs.findIndex((o) => o.name === r.name) === i)
    return {
      status: 200,
      body: {
        total_count: shown.length,
        check_runs: page(shown, request.query).map((r) => runShape(world, r, repository)),
      },
    }
  },
} satisfies Handlers

function applyToRun(world: World, run: CheckRun, body: JsonObject): void {
  const output = body['output'] as
    | { title?: string; summary?: string; text?: string; annotations?: JsonObject[] }
    | undefined
  if (body['status'] === 'completed' && body['conclusion'] === undefined)
    throw new Refusal(422, 'Invalid request.', ['conclusion is required when status is completed'])
  for (const annotation of output?.annotations ?? []) {
    const { start_line: from, end_line: to, start_column: column, end_column: endColumn, title, message } = annotation
    if (Number(from) < 1 || Number(to) < Number(from))
      throw new Refusal(422, 'Invalid request.', ['annotation lines are not a range'])
    if ((column !== undefined || endColumn !== undefined) && from !== to)
      throw new Refusal(422, 'Invalid request.', ['columns need one line'])
    if (typeof title === 'string' && title.length > 255)
      throw new Refusal(422, 'Invalid request.', ['annotation title is longer than 255 characters'])
    if (Buffer.byteLength(String(message)) > 65_536)
      throw new Refusal(422, 'Invalid request.', ['annotation message is larger than 64 KB'])
  }
  if (typeof body['external_id'] === 'string') run.externalId = body['external_id']
  if (typeof body['details_url'] === 'string') run.detailsUrl = body['details_url']
  if (Array.isArray(body['actions'])) run.actions = body['actions'] as JsonObject[]
  if (output !== undefined) {
    run.output = { title: output.title ?? null, summary: output.summary ?? null, text: output.text ?? run.output.text }
    run.annotations.push(...(output.annotations ?? []))
  }
  if (typeof body['conclusion'] === 'string') {
    run.status = 'completed'
    run.conclusion = body['conclusion']
    run.completedAt = world.now()
  } else if (typeof body['status'] === 'string') {
    run.status = body['status'] as CheckRun['status']
    run.conclusion = null
  }
}
