import { SchemagateError } from '../../errors.ts'
import type { Annotation, CheckRunText } from '../../report/check-run.ts'
import { codeSpan, plainText } from '../../report/markdown-escape.ts'
import { statusOf } from '../client.ts'
import type { Place } from '../client.ts'
import type { InlineComment, Publication } from './plan.ts'
import { checkName } from '../reading/pull-request.ts'
import type { PullState } from '../reading/pull-request.ts'
import { isLocked, writeConversation } from './conversation.ts'

/** GitHub takes at most this many annotations with a request (https://docs.github.com/en/rest/checks/runs). */
const annotationsPerRequest = 50

/** What a `Re-check` button asks for when it is pressed. */
export const recheckAction = 'recheck'
const actions = [{ label: 'Re-check', description: 'Review the head commit again', identifier: recheckAction }]

/** A write is tried once: after an error the whole job runs again and sees what was written. */
const once = { request: { retries: 0 } } as const

/** Tells GitHub that the review of a commit has begun; gives the id of the run. */
export async function startRun({ client, owner, repo }: Place, head: string, externalId: string): Promise<number> {
  const { data } = await client.rest.checks.create({
    owner,
    repo,
    name: checkName,
    head_sha: head,
    external_id: externalId,
    status: 'in_progress',
    output: { title: 'Reviewing', summary: 'Schemagate is reading the changes.' },
    ...once,
  })
  return data.id
}

/** True where a commit has a verdict of ours. */
export async function hasEndedRun({ client, owner, repo }: Place, app: number | null, ref: string): Promise<boolean> {
  const { data } = await client.rest.checks.listForRef({
    owner,
    repo,
    ref,
    check_name: checkName,
    per_page: 1,
    ...(app === null ? {} : { app_id: app }),
  })
  return data.check_runs.some((run) => run.status === 'completed')
}

/** Writes a check run that is completed from the start, or completes `run`; annotations beyond the first page follow one after another. */
export async function writeRun(
  place: Place,
  head: string,
  check: { readonly text: CheckRunText; readonly externalId: string; readonly run: number | null },
  detailsUrl: string | null,
): Promise<number> {
  const { client, owner, repo } = place
  const { text, externalId } = check
  const pages = pagesOf(text.annotations)
  const output = {
    title: text.title,
    summary: text.summary,
    ...(pages[0] === undefined ? {} : { annotations: pages[0] }),
  }
  const common = {
    owner,
    repo,
    name: checkName,
    external_id: externalId,
    ...(detailsUrl === null ? {} : { details_url: detailsUrl }),
    status: 'completed' as const,
    conclusion: text.conclusion,
    output,
    actions,
    ...once,
  }
  const { data } =
    check.run === null
      ? await client.rest.checks.create({ ...common, head_sha: head })
      : await client.rest.checks.update({ ...common, check_run_id: check.run })
  for (const annotations of pages.slice(1)) await addAnnotations(place, data.id, text, annotations)
  return data.id
}

async function addAnnotations(
  { client, owner, repo }: Place,
  run: number,
  text: CheckRunText,
  annotations: Annotation[],
): Promise<void> {
  await client.rest.checks.update({
    owner,
    repo,
    check_run_id: run,
    output: { title: text.title, summary: text.summary, annotations },
    ...once,
  })
}

function pagesOf(annotations: readonly Annotation[]): Annotation[][] {
  const pages: Annotation[][] = []
  for (let at = 0; at < annotations.length; at += annotationsPerRequest)
    pages.push(annotations.slice(at, at + annotationsPerRequest))
  return pages
}

/** True where the head of a pull request has moved. */
export async function hasMoved({ client, owner, repo }: Place, pull: number, head: string): Promise<boolean> {
  return (await client.rest.pulls.get({ owner, repo, pull_number: pull })).data.head.sha !== head
}

/** Ends runs that have become pointless; `why` says so in a sentence. */
export async function supersede({ client, owner, repo }: Place, runs: readonly number[], why: string): Promise<void> {
  await Promise.all(
    runs.map((run) =>
      client.rest.checks.update({
        owner,
        repo,
        check_run_id: run,
        status: 'completed',
        conclusion: 'cancelled',
        output: { title: 'Superseded', summary: why },
        ...once,
      }),
    ),
  )
}

/** Carries a plan out: the writes do not wait for each other. Those of comments are left out where GitHub refuses them for good. */
export async function publish(
  place: Place,
  pull: Pick<PullState, 'number' | 'nodeId' | 'head'>,
  publication: Publication,
  detailsUrl: string | null,
): Promise<void> {
  const { head } = pull
  const written =
    publication.check === null ? Promise.resolve(null) : writeRun(place, head, publication.check, detailsUrl)
  const results = await Promise.allSettled([
    written,
    writeReview(place, pull.number, head, publication.comments).then(async (refused) => {
      const [run, text] = [await written, publication.check?.text]
      if (refused.length > 0 && run !== null && text !== undefined)
        await addAnnotations(place, run, text, refused.map(annotationOf).slice(0, annotationsPerRequest))
    }),
    writeConversation(place, pull, publication),
    supersede(
      place,
      publication.superseded,
      `The pull request has moved on to ${head.slice(0, 7)}, which has a check run of its own.`,
    ),
  ])
  const failed = results.find((r) => r.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** One review with all comments; where GitHub refuses it for one anchor, halves of it. Gives the comments that it takes nowhere. */
async function writeReview(
  place: Place,
  pull: number,
  head: string,
  comments: readonly InlineComment[],
  isWhole = true,
): Promise<readonly InlineComment[]> {
  if (comments.length === 0) return []
  const { client, owner, repo } = place
  try {
    await client.rest.pulls.createReview({
      owner,
      repo,
      pull_number: pull,
      commit_id: head,
      event: 'COMMENT',
      ...once,
      comments: comments.map((c) => ({
        path: c.path,
        line: c.line,
        side: 'RIGHT',
        body: c.body,
        ...(c.startLine === null ? {} : { start_line: c.startLine, start_side: 'RIGHT' }),
      })),
    })
    return []
  } catch (error) {
    if (isLocked(error)) return comments
    if (statusOf(error) !== 422) throw error
    // A head that has moved takes no comment any more, and has a review of its own coming.
    if (isWhole && (await hasMoved(place, pull, head))) return []
    if (comments.length === 1) return comments
    const middle = Math.ceil(comments.length / 2)
    const first = await writeReview(place, pull, head, comments.slice(0, middle), false)
    return [...first, ...(await writeReview(place, pull, head, comments.slice(middle), false))]
  }
}

function annotationOf({ finding }: InlineComment): Annotation {
  return {
    path: finding.place.path,
    start_line: finding.place.line,
    end_line: finding.place.endLine,
    annotation_level: finding.severity === 'error' ? 'failure' : 'warning',
    title: finding.rule,
    message: plainText(finding.message),
  }
}

/** Why a review failed, in words for those who cannot read the server's log. */
function reasonOf(error: unknown): string {
  const status = statusOf(error)
  if (!(error instanceof Error) || (status === null && !(error instanceof SchemagateError)))
    return "an unexpected error; the server's log has it."
  // Octokit adds the address of the manual.
  const said = codeSpan((error.message.split('\n')[0] ?? '').replace(/:? +- https?:\/\/\S*$/, ''))
  if (status === null) return `${said}.`
  const { request, response } = error as {
    readonly request?: { readonly method: string; readonly url: string }
    readonly response?: unknown
  }
  const asked = request === undefined ? '' : ` to ${codeSpan(`${request.method} ${new URL(request.url).pathname}`)}`
  if (request !== undefined && response === undefined) return `GitHub gave no answer (${said})${asked}.`
  const permission =
    status === 403
      ? ' A permission that the app asks for was not given: an owner accepts it where the app is installed.'
      : ''
  return `GitHub answered ${status} (${said})${asked}.${permission}`
}

/** A check run for what went wrong on our side: it blocks, and says what to do. */
export function failedRun(error: unknown, isFinal: boolean): CheckRunText {
  return {
    conclusion: 'failure',
    title: 'Could not review',
    annotations: [],
    summary: `The review did not finish: ${reasonOf(error)}\n\n${isFinal ? 'Press Re-check or comment `/schemagate recheck` to try again.' : 'It is tried again by itself.'}`,
  }
}
