import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runJob } from '../../src/github/jobs/run.ts'
import type { Context } from '../../src/github/context.ts'
import type { CommandJob, Job, ReviewJob } from '../../src/queue/jobs.ts'
import { enqueue } from '../github/people/branches.ts'
import { press, rerunSuite } from '../github/people/checks.ts'
import { say } from '../github/people/comments.ts'
import { changePull, openPull, push } from '../github/people/pulls.ts'
import { startGitHub } from '../github/stand-in.ts'
import { pullNodeId } from '../github/shapes.ts'
import { latestRun } from '../github/world.ts'
import type { CheckRun, Pull, Repository } from '../github/world.ts'
import { handMadeCore } from './hand-made.ts'
import { startWorld } from './harness.ts'
import type { World } from './harness.ts'

/** What comes late, twice, in pieces or not at all; what is taken back meanwhile. */
let world: World
let repository: Repository
let base: string

beforeAll(async () => {
  world = await startWorld(handMadeCore())
})
afterAll(async () => {
  await world.close()
})
beforeEach(async () => {
  repository = world.github.addRepository(`late-${world.github.world.repositories.size}`)
  base = await repository.git.commit(null, { 'db/1.sql': 'one\n' })
  await repository.git.update('refs/heads/main', base)
})
afterEach(() => {
  world.github.fault = null
  world.github.world.merges = 'at once'
  expect(world.github.world.violations.splice(0)).toEqual([])
})

const commit = (files: Record<string, string>, parent = base) => repository.git.commit(parent, files)
const runsOn = (sha: string) =>
  repository.checkRuns.filter((r) => r.headSha === sha).map((r) => r.conclusion ?? r.status)
async function open(
  files: Record<string, string>,
  more: { readonly fork?: boolean; readonly lost?: boolean } = {},
): Promise<Pull> {
  const head = await commit(files)
  let pull: Pull | undefined
  await world.during(async () => {
    pull = await openPull(world.github, repository, { title: 'x', head, ...more })
  })
  if (pull === undefined) throw new Error('not opened')
  return pull
}
const review = (pull: Pull, head: string | null = pull.headSha): ReviewJob => ({
  kind: 'review',
  installation: world.github.world.installation.id,
  owner: 'octo-org',
  repo: repository.name,
  pull: pull.number,
  head,
  base: 'main',
  reason: 'test',
  quiet: false,
  again: false,
})
/** A context that notes what is enqueued, and when it is to run. */
function noting(): {
  readonly context: Context
  readonly jobs: { readonly job: Job; readonly after: Date | undefined }[]
} {
  const jobs: { readonly job: Job; readonly after: Date | undefined }[] = []
  return {
    jobs,
    context: {
      ...world.context,
      limits: new Map(),
      async enqueue(job, more) {
        jobs.push({ job, after: more?.after })
      },
    },
  }
}
/** A run that a process began and did not live to end. */
function begun(sha: string): CheckRun {
  const run: CheckRun = {
    id: world.github.world.nextId(),
    app: 'schemagate',
    name: 'schemagate',
    headSha: sha,
    externalId: `v1:1:${sha}:`,
    detailsUrl: null,
    status: 'in_progress',
    conclusion: null,
    startedAt: world.github.world.now(),
    completedAt: null,
    output: { title: 'Reviewing', summary: '', text: null },
    annotations: [],
    actions: [],
  }
  repository.checkRuns.push(run)
  return run
}

describe('a run that was begun', () => {
  test('is completed by the review that goes on with it', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' }, { lost: true })
    const run = begun(pull.headSha)
    await runJob(review(pull), world.context, false)
    expect([run.conclusion, repository.checkRuns.length]).toEqual(['failure', 1])
  })
  test('ends as superseded where the commit was pushed away meanwhile', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' }, { lost: true })
    const run = begun(pull.headSha)
    const { headSha: first } = pull
    await push(world.github, repository, pull, await commit({ 'db/2.sql': 'warning b\n' }), { lost: true })
    await runJob(review(pull, first), world.context, false)
    expect([run.conclusion, run.output.title]).toEqual(['cancelled', 'Superseded'])
    expect(runsOn(pull.headSha)).toEqual(['neutral'])
  })
  test('ends where the pull request was closed meanwhile', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' }, { lost: true })
    const run = begun(pull.headSha)
    await changePull(world.github, repository, pull, 'closed')
    await runJob(review(pull), world.context, false)
    expect([run.conclusion, run.output.summary]).toEqual(['cancelled', 'The pull request is closed.'])
  })
  test('of a review that takes long is the only one, for pull requests and merge groups', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' }, { lost: true })
    const context = { ...world.context, patience: 0 }
    await runJob(review(pull), context, false)
    expect(runsOn(pull.headSha)).toEqual(['failure'])
    const group = await enqueue(world.github, repository, pull)
    await world.during(async () => undefined)
    repository.checkRuns.splice(0)
    await runJob(
      {
        kind: 'group',
        installation: 99,
        owner: 'octo-org',
        repo: repository.name,
        head: group.sha,
        base,
        pull: pull.number,
      },
      context,
      false,
    )
    expect(runsOn(group.sha)).toEqual(['failure'])
    expect(
      world.github.world.log.some((l) => l.operation.startsWith('PATCH') && l.operation.includes('check-runs')),
    ).toBe(true)
  })
  test('is not begun where the head has a verdict already; a long review that finds nothing new writes nothing', async () => {
    const pull = await open({ 'db/2.sql': 'warning a\n' })
    const { requests } = await world.during(() => runJob(review(pull), { ...world.context, patience: 0 }, false))
    expect(runsOn(pull.headSha)).toEqual(['neutral'])
    expect(requests.filter((r) => !r.startsWith('GET') && r !== 'POST /graphql')).toEqual([])
  })
  test('of a review that somebody asked GitHub for is shown, and says again what holds: the newest run decides', async () => {
    const pull = await open({ 'db/2.sql': 'warning a\n' })
    await runJob({ ...review(pull), again: true }, { ...world.context, patience: 0 }, false)
    expect(runsOn(pull.headSha)).toEqual(['neutral', 'neutral'])
    expect(latestRun(repository, 'schemagate', pull.headSha)?.output.title).toBe(repository.checkRuns[0]?.output.title)
  })
  test('is ended where a long review begins one of its own', async () => {
    const pull = await open({ 'db/2.sql': 'warning a\n' }, { lost: true })
    begun(pull.headSha)
    await runJob(review(pull), { ...world.context, patience: 0 }, false)
    expect(runsOn(pull.headSha)).toEqual(['cancelled', 'neutral'])
  })
  test('that has ended when the sweep comes to it is left as it is', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' })
    await runJob({ ...review(pull), quiet: true, reason: 'sweep' }, { ...world.context, patience: 0 }, false)
    expect(runsOn(pull.headSha)).toEqual(['failure'])
  })
  test('that nobody ends is found by the sweep', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' }, { lost: true })
    const run = begun(pull.headSha)
    const sweep: Job = { kind: 'sweep', installation: 99, repository: { owner: 'octo-org', repo: repository.name } }
    const [early, late] = [noting(), noting()]
    run.startedAt = new Date().toISOString()
    await runJob(sweep, early.context, false)
    run.startedAt = new Date(Date.now() - 3_600_000).toISOString()
    await runJob(sweep, late.context, false)
    expect([early.jobs.length, late.jobs.map(({ job }) => job)]).toEqual([
      0,
      [expect.objectContaining({ kind: 'review', pull: pull.number, quiet: true })],
    ])
  })
})

describe('run again', () => {
  test('of a whole suite reaches the pull request of a fork, which GitHub does not name', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' }, { fork: true })
    await world.during(() => rerunSuite(world.github, repository, pull.headSha))
    expect(runsOn(pull.headSha)).toEqual(['failure', 'failure'])
    await world.during(() => press(world.github, repository, pull, 'writer'))
    expect(runsOn(pull.headSha)).toHaveLength(3)
    expect(pull.threads).toHaveLength(1)
  })
  test('of a merge group reviews the group, not the head of its pull request', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' })
    let group = { sha: '' }
    await world.during(async () => {
      group = await enqueue(world.github, repository, pull)
    })
    await world.during(() => rerunSuite(world.github, repository, group.sha))
    expect([runsOn(group.sha), runsOn(pull.headSha)]).toEqual([['failure', 'failure'], ['failure']])
    await world.during(() => press(world.github, repository, pull, 'writer', undefined, group.sha))
    expect([runsOn(group.sha).length, runsOn(pull.headSha).length]).toEqual([3, 1])
  })
})

describe('GitHub says', () => {
  test('that the installation is suspended: its jobs are dropped, and its pull requests swept when it is back', async () => {
    world.github.world.installation.suspended = true
    const pull = await open({ 'db/2.sql': 'error a\n' })
    expect(repository.checkRuns).toEqual([])
    world.github.world.installation.suspended = false
    await world.during(() =>
      world.github.deliver('installation', 'installation-unsuspend', {
        action: 'unsuspend',
        repositories: [
          {
            id: repository.id,
            node_id: `R_${repository.id}`,
            name: repository.name,
            full_name: `octo-org/${repository.name}`,
            private: false,
          },
        ],
        sender: { login: 'admin', id: 5, type: 'User' },
      }),
    )
    expect(runsOn(pull.headSha)).toEqual(['failure'])
  })
  test('that the limit is reached, to any job: it waits in the queue, and with it all others, which do not ask', async () => {
    world.github.fault = ({ operation }) =>
      operation === 'GET /installation/repositories'
        ? { status: 403, headers: { 'retry-after': '90' }, message: 'You have exceeded a secondary rate limit' }
        : undefined
    const { context, jobs } = noting()
    const sweep: Job = { kind: 'sweep', installation: 99, repository: null }
    await runJob(sweep, context, false)
    expect(jobs.map(({ job }) => job)).toEqual([sweep])
    expect((jobs[0]?.after?.getTime() ?? 0) - Date.now()).toBeGreaterThan(60_000)
    const other: Job = { kind: 'branch', installation: 99, owner: 'octo-org', repo: 'x', branch: 'main', after: base }
    const asked = world.github.world.log.length
    await runJob(other, context, false)
    expect(jobs.slice(1)).toEqual([{ job: other, after: jobs[0]?.after }])
    expect(world.github.world.log.length).toBe(asked)
  })
  test('no for good: the last try ends in a check that fails, and says what GitHub said to what', async () => {
    const pull = await open({ 'db/2.sql': 'fine\n' }, { lost: true })
    world.github.fault = ({ operation }) =>
      operation.endsWith('/git/trees/{tree_sha}') ? { status: 403, message: 'Resource not accessible' } : undefined
    const { context } = noting()
    await expect(runJob(review(pull), context, true)).rejects.toThrow('Resource not accessible')
    const run = latestRun(repository, 'schemagate', pull.headSha)
    expect([run?.conclusion, run?.output.title]).toEqual(['failure', 'Could not review'])
    expect(run?.output.summary).toMatch(
      /GitHub answered 403 \(`Resource not accessible`\) to `GET \/repos\/.*\/git\/trees\/.*`\. A permission .*\n\nPress Re-check/,
    )
  })
  test('nothing yet about the merge into a base that has moved: it is asked again later, once', async () => {
    const pull = await open({ 'db/2.sql': 'fine\n' })
    world.github.world.merges = 'never'
    await repository.git.update('refs/heads/main', await commit({ 'db/9.sql': 'two\n' }))
    const { context, jobs } = noting()
    await runJob(review(pull), context, false)
    expect(jobs.map(({ job }) => job)).toMatchObject([{ kind: 'review', quiet: true, reason: 'merged for a try' }])
    await runJob(jobs[0]?.job ?? review(pull), context, false)
    expect(jobs).toHaveLength(1)
  })
  test('no to a review whose head has moved while it ran: nothing is posted twice', async () => {
    const pull = await open({ 'db/2.sql': 'error a\nerror b\n' }, { lost: true })
    const head = await commit({ 'db/2.sql': 'error c\n' })
    world.github.fault = ({ operation }) => {
      if (!operation.endsWith('/reviews')) return undefined
      pull.headSha = head
      return undefined
    }
    const from = world.github.world.log.length
    await runJob(review(pull), world.context, false)
    expect(
      world.github.world.log
        .slice(from)
        .filter((l) => l.operation.endsWith('/reviews'))
        .map((l) => l.status),
    ).toEqual([422])
    expect(pull.threads).toEqual([])
  })
})

test('a command that is carried out twice is answered once', async () => {
  const pull = await open({ 'db/2.sql': 'fine\n' })
  let comment = { id: 0 }
  await world.during(async () => {
    comment = await say(world.github, repository, pull, 'reader', '/schemagate rechek')
  })
  const job: CommandJob = {
    kind: 'command',
    installation: 99,
    owner: 'octo-org',
    repo: repository.name,
    pull: pull.number,
    comment: comment.id,
    node: `IC_${comment.id}`,
    pullNode: pullNodeId(repository, pull),
    inline: false,
    repliesTo: null,
    login: 'reader',
    author: 'author',
    body: '/schemagate rechek',
    at: '2026-11-01T12:00:00Z',
    begun: true,
  }
  await runJob(job, world.context, false)
  expect(pull.comments.filter((c) => c.body.includes('Did you mean'))).toHaveLength(1)
})

test('a delivery that was lost is asked for again even behind many that were not', async () => {
  const pull = await open({ 'db/2.sql': 'error a\n' }, { lost: true })
  const [lost] = world.github.world.deliveries.slice(-1)
  for (let i = 0; i < 130; i++)
    world.github.world.deliveries.push({
      id: world.github.world.nextId(),
      guid: `other-${i}`,
      event: 'push',
      payload: {},
      at: world.github.world.now(),
      status: 200,
      redelivery: false,
    })
  const { context } = noting()
  await world.during(() => runJob({ kind: 'reconcile' }, context, false))
  expect(world.github.world.deliveries.filter((d) => d.guid === lost?.guid).map((d) => d.redelivery)).toEqual([
    false,
    true,
  ])
  expect(runsOn(pull.headSha)).toEqual(['failure'])
})

test('reviews that nobody waits for begin one after another', async () => {
  for (let i = 0; i < 14; i++)
    await openPull(world.github, repository, {
      title: 'x',
      head: await commit({ 'db/2.sql': `warning ${i}\n` }),
      lost: true,
    })
  await openPull(world.github, repository, {
    title: 'no schema',
    head: await commit({ 'README.md': 'y\n' }),
    lost: true,
  })
  const { context, jobs } = noting()
  await runJob(
    { kind: 'branch', installation: 99, owner: 'octo-org', repo: repository.name, branch: 'main', after: base },
    context,
    false,
  )
  expect(jobs).toHaveLength(14)
  const waits = jobs.map(({ after }) => (after === undefined ? 0 : Math.round((after.getTime() - Date.now()) / 5_000)))
  expect(waits).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
})

test('a token is asked of the REST API where GraphQL stands beside it, also by a job that begins with GraphQL', async () => {
  const github = await startGitHub()
  const enterprise = await startWorld(handMadeCore(), { github, settings: { apiUrl: `${github.url}/api/v3` } })
  const shop = github.addRepository('shop')
  const base = await shop.git.commit(null, { 'db/1.sql': 'one\n' })
  await shop.git.update('refs/heads/main', base)
  const head = await shop.git.commit(base, { 'db/2.sql': 'error a\n' })
  const pull = await openPull(github, shop, { title: 'x', head, lost: true })
  const sweep: Job = { kind: 'sweep', installation: 99, repository: { owner: 'octo-org', repo: 'shop' } }
  await enterprise.during(() => runJob(sweep, enterprise.context, false))
  expect([latestRun(shop, 'schemagate', pull.headSha)?.conclusion, github.world.violations]).toEqual(['failure', []])
  await enterprise.close()
  await github.close()
})

test('a commit that asks to skip checks is reviewed all the same', async () => {
  const head = await repository.git.commit(base, { 'db/2.sql': 'error a\n' }, 'change\n\nskip-checks: true')
  await world.during(() => openPull(world.github, repository, { title: 'x', head }))
  expect(latestRun(repository, 'schemagate', head)?.conclusion).toBe('failure')
})
