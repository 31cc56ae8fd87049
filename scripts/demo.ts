import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { catalog } from '../rules/index.ts'
import { coreOf } from '../src/github/core.ts'
import { readMarker } from '../src/github/markers.ts'
import { patience } from '../src/github/server/start.ts'
import type { Report } from '../src/report/report.ts'
import { startWorld } from '../test/app/harness.ts'
import type { World } from '../test/app/harness.ts'
import { mergeable } from '../test/github/people/branches.ts'
import { say } from '../test/github/people/comments.ts'
import { openPull, push } from '../test/github/people/pulls.ts'
import { latestRun } from '../test/github/world.ts'
import type { Pull, Repository } from '../test/github/world.ts'
import { printPull } from './demo/print.ts'
import type { Shown } from './demo/shown.ts'

/**
 * The real app against the stand-in GitHub, over real git: `npm run demo`, `npm run demo -- --json`, and
 * `npm run demo -- [--json] --repo DIR --range BASE..HEAD [--comment LOGIN:TEXT]… [--push COMMIT]…`.
 */
interface Options {
  readonly json: boolean
  readonly repo: string | null
  readonly range: string | null
  readonly events: readonly { readonly kind: 'comment' | 'push'; readonly value: string }[]
}

const examples = fileURLToPath(new URL('../examples', import.meta.url))

function parse(args: readonly string[]): Options {
  const options = {
    json: false,
    repo: null as string | null,
    range: null as string | null,
    events: [] as { kind: 'comment' | 'push'; value: string }[],
  }
  for (let i = 0; i < args.length; i++) {
    const [name = '', inline] = (args[i] ?? '').split(/=(.*)/s)
    if (name === '--json') {
      options.json = true
      continue
    }
    const value = inline ?? args[++i]
    if (value === undefined) throw new Error(`${name} needs a value`)
    if (name === '--repo') options.repo = value
    else if (name === '--range') options.range = value
    else if (name === '--comment' || name === '--push')
      options.events.push({ kind: name === '--comment' ? 'comment' : 'push', value })
    else
      throw new Error(
        `unknown option ${name}; the options are --json, --repo DIR, --range BASE..HEAD, --comment LOGIN:TEXT, --push COMMIT`,
      )
  }
  if ((options.repo === null) !== (options.range === null) || (options.events.length > 0 && options.repo === null))
    throw new Error('--repo DIR and --range BASE..HEAD go together; --comment and --push need both')
  return options
}

async function main(options: Options): Promise<void> {
  const reports = new Map<string, Report>()
  const world = await startWorld(coreOf(catalog), {
    latency: 10,
    patience,
    retries: true,
    onReviewed: ({ report }) => void reports.set(report.head, report),
  })
  const show = (shown: Omit<Shown, 'findings'>, isRange: boolean) => {
    const whole = {
      ...shown,
      findings: reports.get(shown.pull.headSha)?.findings.filter((f) => f.suppressed === null).length ?? 0,
    }
    process.stdout.write(
      options.json ? `${JSON.stringify(isRange ? longJson(whole) : shortJson(whole))}\n` : printPull(whole),
    )
  }
  try {
    if (options.repo === null || options.range === null) await runExamples(world, show)
    else await runRange(world, options.repo, options.range, options.events, show)
    if (world.github.world.violations.length > 0)
      throw new Error(`the app broke rules of GitHub:\n${world.github.world.violations.join('\n')}`)
  } finally {
    await world.close()
  }
}

type Show = (shown: Omit<Shown, 'findings'>, isRange: boolean) => void

async function runExamples(world: World, show: Show): Promise<void> {
  for (const orm of ['sql', 'prisma', 'drizzle']) {
    const repository = world.github.addRepository(`example-${orm}`)
    const base = await repository.git.commit(null, filesIn(join(examples, orm, 'main')), 'main')
    await repository.git.update('refs/heads/main', base)
    for (const name of ['safe', 'dangerous', 'mixed']) {
      const head = await repository.git.commit(base, filesIn(join(examples, orm, 'pulls', name)), name)
      await opened(world, repository, `${name} (${orm})`, head, show, false)
    }
  }
}

async function runRange(
  world: World,
  folder: string,
  range: string,
  events: Options['events'],
  show: Show,
): Promise<void> {
  const resolve = (ref: string) =>
    execFileSync('git', ['-C', folder, 'rev-parse', '--verify', `${ref}^{commit}`], { encoding: 'utf8' }).trim()
  const [, from = '', to = ''] = /^(.+?)\.{2,3}(.+)$/.exec(range) ?? []
  if (from === '') throw new Error(`--range ${range}: BASE..HEAD is wanted`)
  const repository = world.github.addRepository('repository')
  // The objects stay where they are; the stand-in's repository borrows them.
  const objects = execFileSync('git', ['-C', folder, 'rev-parse', '--path-format=absolute', '--git-path', 'objects'], {
    encoding: 'utf8',
  }).trim()
  mkdirSync(join(repository.git.dir, 'objects', 'info'), { recursive: true })
  appendFileSync(join(repository.git.dir, 'objects', 'info', 'alternates'), `${objects}\n`)
  await repository.git.update('refs/heads/main', resolve(from))
  const pull = await opened(world, repository, range, resolve(to), show, true)
  for (const { kind, value } of events) {
    const [, login = '', text = ''] = /^([^:]+):(.*)$/s.exec(value) ?? []
    if (kind === 'comment' && login === '') throw new Error(`--comment ${value}: LOGIN:TEXT is wanted`)
    const usage = await world.during(() =>
      kind === 'push'
        ? push(world.github, repository, pull, resolve(value))
        : say(world.github, repository, pull, login, text),
    )
    show({ pull, repository, what: kind === 'push' ? `push of ${value}` : `${login}: ${text}`, usage }, true)
  }
}

async function opened(
  world: World,
  repository: Repository,
  title: string,
  head: string,
  show: Show,
  isRange: boolean,
): Promise<Pull> {
  let pull: Pull | null = null
  const usage = await world.during(async () => {
    pull = await openPull(world.github, repository, { title, head })
  })
  if (pull === null) throw new Error('the pull request was not opened')
  show({ pull, repository, what: title, usage }, isRange)
  return pull
}

function filesIn(folder: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files[path.slice(folder.length + 1).replaceAll('\\', '/')] = readFileSync(path, 'utf8')
  }
  return files
}

function stickyOf(pull: Pull): string | null {
  return pull.comments.find((c) => readMarker(c.body)?.kind === 'sticky')?.body ?? null
}

function threadsOf(pull: Pull) {
  return pull.threads.filter((t) => readMarker(t.comments[0]?.body ?? '')?.kind === 'finding')
}

function shortJson({ pull, repository, usage, findings }: Shown) {
  return {
    pull: pull.number,
    headSha: pull.headSha,
    conclusion: latestRun(repository, 'schemagate', pull.headSha)?.conclusion ?? 'none',
    findings,
    inlineComments: threadsOf(pull).length,
    stickyComment: stickyOf(pull) !== null,
    apiCalls: usage.calls,
    apiDepth: usage.depth,
    checkRuns: repository.checkRuns.filter((r) => r.headSha === pull.headSha).length,
    ms: Math.round(usage.milliseconds),
  }
}

function longJson(shown: Shown) {
  const { pull, repository } = shown
  return {
    ...shortJson(shown),
    event: shown.what,
    comments: threadsOf(pull).map((t) => ({
      path: t.path,
      line: t.line,
      startLine: t.startLine,
      body: t.comments[0]?.body ?? '',
    })),
    sticky: stickyOf(pull),
    annotations: latestRun(repository, 'schemagate', pull.headSha)?.annotations ?? [],
    replies: pull.comments.filter((c) => readMarker(c.body)?.kind === 'answer').map((c) => c.body),
    summary: latestRun(repository, 'schemagate', pull.headSha)?.output.summary ?? null,
    mergeable: mergeable(repository, pull.headSha).allowed,
  }
}

try {
  await main(parse(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
