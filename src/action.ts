#!/usr/bin/env node
import { appendFileSync, readFileSync, realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { retry } from '@octokit/plugin-retry'
import { Octokit } from '@octokit/rest'
import { catalog } from '../rules/index.ts'
import { jobsOf } from './app.ts'
import { placeIn, rateLimitEnd, statusOf } from './github/client.ts'
import type { Context } from './github/context.ts'
import { coreOf } from './github/core.ts'
import type { Core } from './github/core.ts'
import { reviewPull } from './github/jobs/judging.ts'
import { runJob } from './github/jobs/run.ts'
import type { Job, PullRef } from './queue/jobs.ts'
import { plainText, truncate } from './report/markdown-escape.ts'
import { reportToMarkdown } from './report/markdown.ts'
import type { Report } from './report/report.ts'
import { sortFindings } from './report/verdict.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The job of the workflow shows that a review is running; a check run that says so besides is not needed. */
const longest = 2 ** 31 - 1

const nothing = () => undefined
/** What goes wrong is said once, by the job that it stops. */
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** GitHub takes a megabyte for the summary of a job; a character may be three bytes. */
const longestSummary = 300_000

/** What an Action writes to. */
export interface ActionOutput {
  /** A line of the log; `::error …` lines become annotations. */
  line(text: string): void
  /** Adds Markdown to the summary of the job. */
  summary(markdown: string): void
}

/**
 * Runs the review inside a GitHub Action, for those who cannot install an app: the same check run, comments and commands, with
 * the workflow's token. Where that token may not write (`pull_request` of a fork), it degrades to annotations and the job's
 * summary. Gives the exit status: 1 only where nothing but the job itself can stop the merge.
 */
export async function runAction(env: Environment, output: ActionOutput, core: Core = coreOf(catalog)): Promise<number> {
  const token = env['GITHUB_TOKEN']
  const event = env['GITHUB_EVENT_NAME']
  if (token === undefined || token === '' || event === undefined || env['GITHUB_EVENT_PATH'] === undefined) {
    output.line('::error::schemagate: this runs inside a GitHub Action, with `token` set')
    return 2
  }
  const payload = JSON.parse(readFileSync(env['GITHUB_EVENT_PATH'], 'utf8')) as {
    installation?: unknown
    pull_request?: {
      number: number
      head: { repo: { full_name: string } | null }
      base: { repo: { full_name: string } }
    }
  }
  // A workflow's token belongs to no installation of ours; everything else of the event is what an app gets.
  const queue: Job[] = [
    ...jobsOf(event === 'pull_request_target' ? 'pull_request' : event, { ...payload, installation: { id: 0 } }),
  ]
  if (queue.length === 0) {
    output.line(`schemagate: nothing to do for ${event}`)
    return 0
  }
  const client = new (Octokit.plugin(retry))({
    auth: token,
    userAgent: 'schemagate',
    log: silent,
    ...(env['GITHUB_API_URL'] === undefined ? {} : { baseUrl: env['GITHUB_API_URL'] }),
  })
  const kept = new Map<string, string>()
  const context: Context = {
    core,
    app: null,
    server: null,
    web: env['GITHUB_SERVER_URL'] ?? 'https://github.com',
    patience: longest,
    limits: new Map(),
    now: () => new Date(),
    client: async () => client,
    cache: {
      readBlobs: async (oids) => new Map(oids.flatMap((oid) => (kept.has(oid) ? [[oid, kept.get(oid) ?? '']] : []))),
      lacking: async (oids) => new Set(oids.filter((oid) => !kept.has(oid))),
      async keepBlobs(blobs) {
        for (const [oid, text] of blobs) kept.set(oid, text)
      },
    },
    log: {
      info(fields, message) {
        output.line(`schemagate: ${message}${pullAndConclusion(fields)}`)
      },
      warn: (_fields, message) => {
        output.line(`schemagate: ${message}`)
      },
      error: (_fields, message) => {
        output.line(`schemagate: ${message}`)
      },
    },
    async enqueue(job, more) {
      if (more?.after !== undefined) throw new Error(`GitHub asks to wait until ${more.after.toISOString()}`)
      queue.push(job)
    },
  }
  const { pull_request: pull } = payload
  const isReadOnly =
    event === 'pull_request' && pull !== undefined && pull.head.repo?.full_name !== pull.base.repo.full_name
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    if (isReadOnly && job.kind === 'review') return degrade(job, context, output)
    try {
      await runJob(job, context, true)
    } catch (error) {
      if (job.kind !== 'review' || statusOf(error) !== 403 || rateLimitEnd(error) !== null) throw error
      output.line("schemagate: the token may not write, so the result is this job's own")
      return degrade(job, context, output)
    }
  }
  return 0
}

function pullAndConclusion(fields: { readonly pull?: number | null; readonly conclusion?: string }): string {
  return `${fields.pull == null ? '' : ` #${fields.pull}`}${fields.conclusion === undefined ? '' : `: ${fields.conclusion}`}`
}

/** The review where nothing may be written: annotations of the job, its summary, its exit status. */
async function degrade(job: PullRef, context: Context, output: ActionOutput): Promise<number> {
  const { report } = await reviewPull(placeIn(await context.client(0), job), job.pull, context)
  for (const line of annotations(report)) output.line(line)
  output.summary(truncate(reportToMarkdown(report), longestSummary, "The rest was cut at GitHub's limit."))
  return report.conclusion === 'failure' || report.conclusion === 'action_required' ? 1 : 0
}

function annotations(report: Report): readonly string[] {
  const { errors, needed, warnings, infos, blocking } = sortFindings(report)
  const level = { error: 'error', warning: 'warning', info: 'notice' } as const
  return [
    ...blocking.map(
      (n) =>
        `::error ${n.path === '' ? '' : `file=${property(n.path)},line=${n.line},`}title=Could not look::${data(plainText(n.message))}`,
    ),
    ...[...errors, ...needed, ...warnings, ...infos].map(
      (f) =>
        `::${level[f.severity]} file=${property(f.place.path)},line=${f.place.line},endLine=${f.place.endLine},title=${property(f.rule)}::${data(plainText(f.message))}`,
    ),
  ].slice(0, 50)
}

/** Escapes for workflow commands (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions). */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const summary = process.env['GITHUB_STEP_SUMMARY']
  try {
    process.exitCode = await runAction(process.env, {
      line(text) {
        process.stdout.write(`${text}\n`)
      },
      summary(markdown) {
        if (summary !== undefined) appendFileSync(summary, markdown)
      },
    })
  } catch (error) {
    process.stdout.write(`::error::schemagate: ${data(error instanceof Error ? error.message : String(error))}\n`)
    process.exitCode = 2
  }
}
