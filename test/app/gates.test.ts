import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Config } from '../../src/config.ts'
import { readMarker } from '../../src/github/markers.ts'
import { enqueue, mergeable, pushBranch } from '../github/people/branches.ts'
import { deploy, press } from '../github/people/checks.ts'
import { deleteComment, editComment, say } from '../github/people/comments.ts'
import { changePull, openPull, push, pushFiles } from '../github/people/pulls.ts'
import { latestRun } from '../github/world.ts'
import type { Pull, Repository } from '../github/world.ts'
import { handMadeCore } from './hand-made.ts'
import { startWorld } from './harness.ts'
import type { World } from './harness.ts'

let world: World
let repository: Repository
let base: string
const config: { -readonly [K in keyof Config]?: Config[K] } = {}

beforeAll(async () => {
  world = await startWorld(handMadeCore(config as Partial<Config>), { latency: 2 })
})
afterAll(async () => {
  await world.close()
})
beforeEach(async () => {
  for (const key of Object.keys(config)) delete config[key as keyof Config]
  repository = world.github.addRepository(`gates-${world.github.world.repositories.size}`)
  base = await repository.git.commit(null, { 'db/1.sql': 'one\n' })
  await repository.git.update('refs/heads/main', base)
})
afterEach(() => {
  world.github.fault = null
  expect(world.github.world.violations.splice(0)).toEqual([])
})

const run = (pull: Pull, sha = pull.headSha) => latestRun(repository, 'schemagate', sha)
async function open(
  files: Record<string, string>,
  more: { base?: string; from?: string; author?: string; draft?: boolean; lost?: boolean; branch?: string } = {},
): Promise<Pull> {
  const head = await repository.git.commit(more.from ?? base, files)
  let pull: Pull | undefined
  await world.during(async () => {
    pull = await openPull(world.github, repository, { title: 'Change', head, ...more })
  })
  if (pull === undefined) throw new Error('not opened')
  return pull
}
const during = (act: () => Promise<unknown>) => world.during(act)

describe('gates', () => {
  test('a destructive change wants a deployment to staging, and is rechecked when it succeeds', async () => {
    config.staging = { environment: 'staging', label: 'tested' }
    const pull = await open({ 'db/2.sql': 'drop a\n' })
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: backup'))
    expect(run(pull)).toMatchObject({ conclusion: 'action_required', output: { title: 'not tested on staging' } })
    expect(run(pull)?.output.summary).toContain(
      '**Missing:** a successful deployment of this commit to `staging`, or the label `tested`, because',
    )
    await during(() => deploy(world.github, repository, pull.headSha, 'staging', 'success'))
    expect(run(pull)?.conclusion).toBe('success')
  })
  test('an approval that is refused, for a day that is over, leaves the one before it in force', async () => {
    const pull = await open({ 'db/2.sql': 'drop a\n' })
    const approve = (until: string) =>
      say(world.github, repository, pull, 'writer', `/schemagate approve destructive reason: lake${until}`)
    await during(() => approve(''))
    await during(() => approve(' until: 2026-01-01'))
    expect(pull.comments.at(-1)?.body).toContain('`until: 2026-01-01` is over')
    expect(run(pull)?.conclusion).toBe('success')
  })
  test('a label may stand for the approval', async () => {
    config.backup = { require: { label: 'backup-taken' } }
    const pull = await open({ 'db/2.sql': 'drop a\n' })
    expect(run(pull)?.conclusion).toBe('action_required')
    expect(run(pull)?.output.summary).toContain('or set the label `backup-taken`')
    pull.labels.push('backup-taken')
    await during(() => press(world.github, repository, pull, 'writer', 'recheck'))
    expect(run(pull)?.conclusion).toBe('success')
  })
  test('an approval ends with the comment that gave it, and with an unapproval', async () => {
    const pull = await open({ 'db/2.sql': 'drop a\n' })
    let comment = pull.comments[0]
    await during(async () => {
      comment = await say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: backup')
    })
    expect(run(pull)?.conclusion).toBe('success')
    await during(() =>
      editComment(
        world.github,
        repository,
        pull,
        comment as NonNullable<typeof comment>,
        '/schemagate approve destructive reason: another',
      ),
    )
    expect(run(pull)?.conclusion).toBe('action_required')
    await during(async () => {
      comment = await say(
        world.github,
        repository,
        pull,
        'maintainer',
        '/schemagate approve destructive reason: backup',
      )
    })
    expect(run(pull)?.conclusion).toBe('success')
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate unapprove destructive'))
    expect(run(pull)?.conclusion).toBe('action_required')
    await during(() => deleteComment(world.github, repository, pull, comment as NonNullable<typeof comment>))
    expect(run(pull)?.conclusion).toBe('action_required')
  })
  test('an approval that falls is named, and by whom; where it holds, the comment on the line says so', async () => {
    config.approvals = { author: false, permission: 'write', teams: [], expiresDays: 14 }
    const pull = await open({ 'db/2.sql': 'drop a\n' })
    const inline = () => pull.threads.flatMap((t) => t.comments).map((c) => c.body)
    const said = () => [run(pull)?.output.summary ?? '', pull.comments[0]?.body ?? '', ...inline()]
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: lake'))
    expect(inline()[0]).toMatch(/\*\*Approved\*\* by `writer` until [\d-]+: lake\n\n<!--/)
    config.approvals = { ...config.approvals, expiresDays: -1 }
    await during(() => press(world.github, repository, pull, 'reader'))
    for (const text of said()) expect(text).toMatch(/The approval by `writer` ended on \d{4}-\d\d-\d\d\./)
    config.approvals = { ...config.approvals, expiresDays: 14 }
    await during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'drop a cascade\n' }))
    for (const text of said()) expect(text).toContain('`writer` had approved it before the statement changed.')
    let second: Awaited<ReturnType<typeof say>> | undefined
    await during(async () => {
      second = await say(world.github, repository, pull, 'admin', '/schemagate approve destructive reason: lake')
    })
    for (const text of said()) expect(text).not.toContain('had approved')
    if (second === undefined) throw new Error('nothing was said')
    const comment = second
    await during(() =>
      editComment(world.github, repository, pull, comment, '/schemagate approve destructive reason: the lake'),
    )
    for (const text of said())
      expect(text).toContain('`admin` had approved it; that comment was edited since, so it counts no more.')
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate unapprove destructive'))
    for (const text of said()) expect(text).not.toContain('had approved')
  })

  test('an approval of everything destructive covers what was there when it was given', async () => {
    const pull = await open({ 'db/2.sql': 'drop a\n' })
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: backup'))
    await during(() => pushFiles(world.github, repository, pull, { 'db/3.sql': 'drop b\n' }))
    expect(run(pull)).toMatchObject({ conclusion: 'action_required', output: { title: '1 approval missing' } })
  })
  test('teams, permissions and configured authors decide who may approve', async () => {
    config.approvals = { author: false, permission: 'maintain', teams: ['octo-org/dba'], expiresDays: 14 }
    world.github.world.teams.set('octo-org/dba', new Set(['reader']))
    const pull = await open({ 'db/2.sql': 'drop a\n' })
    await during(() => say(world.github, repository, pull, 'admin', '/schemagate approve destructive reason: backup'))
    expect(pull.comments.at(-1)?.body).toContain('a member of `octo-org/dba`')
    expect(run(pull)?.output.summary).toContain('A member of `octo-org/dba` other than the author may.')
    await during(() => say(world.github, repository, pull, 'reader', '/schemagate approve destructive reason: backup'))
    expect(run(pull)?.conclusion).toBe('success')
    config.approvals = { author: true, permission: 'write', teams: [], expiresDays: 14 }
    const own = await open({ 'db/3.sql': 'drop b\n' })
    await during(() => say(world.github, repository, own, 'author', '/schemagate approve destructive reason: backup'))
    expect(run(own)?.conclusion).toBe('success')
  })
  test('in a reply, an approval means the finding of the thread', async () => {
    const pull = await open({ 'db/2.sql': 'drop a\ndrop b\n' })
    const [thread] = pull.threads
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate approve reason: backup', thread))
    expect(run(pull)?.output.title).toBe('1 approval missing')
    expect(thread?.comments.at(-1)?.reactions.map((r) => r.content)).toEqual(['eyes', '+1'])
  })
  test('what an approval cannot lift says so, and an ignored rule is listed', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' })
    const fingerprint = readMarker(pull.threads[0]?.comments[0]?.body ?? '')
    await during(() =>
      say(
        world.github,
        repository,
        pull,
        'writer',
        `/schemagate approve ${fingerprint?.kind === 'finding' ? fingerprint.fingerprint : ''} reason: please`,
      ),
    )
    expect(pull.comments.at(-1)?.body).toContain('an approval does not lift `no-error`')
    await during(() =>
      say(world.github, repository, pull, 'writer', '/schemagate ignore no-error db/2.sql reason: known'),
    )
    expect(run(pull)).toMatchObject({
      conclusion: 'success',
      output: { summary: expect.stringContaining('known (writer)') },
    })
    expect(pull.threads).toEqual([])
  })
  test('approvals follow the commits into the pull request that carries them on', async () => {
    await repository.git.update('refs/heads/develop', base)
    const pull = await open({ 'db/2.sql': 'drop a\n' }, { base: 'develop' })
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: backup'))
    await repository.git.update('refs/heads/develop', pull.headSha)
    await during(() => changePull(world.github, repository, pull, 'closed'))
    let release: Pull | undefined
    await during(async () => {
      release = await openPull(world.github, repository, {
        title: 'Release',
        head: pull.headSha,
        branch: 'develop',
        author: 'maintainer',
      })
    })
    expect(run(release as Pull)?.conclusion).toBe('success')
    expect(run(release as Pull)?.output.summary).toMatch(/\*\*Approved\*\* by `writer` until \d{4}-\d\d-\d\d: backup/)
  })
  test('pause stops comments, never the check', async () => {
    const pull = await open({ 'db/2.sql': 'fine\n' })
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate pause'))
    await during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'error a\n' }))
    expect([run(pull)?.conclusion, pull.threads.length]).toEqual(['failure', 0])
    expect(run(pull)?.output.summary).toContain('Comments are paused: `/schemagate resume` starts them again.')
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate resume'))
    expect(pull.threads).toHaveLength(1)
  })
  test('pause keeps up to date what was said before it', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' })
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate pause'))
    await during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'warning b\n' }))
    expect(pull.threads).toEqual([])
    expect(pull.comments[0]?.body).toContain('1 thing to look at, nothing stops this merge')
  })
})

describe('a merge queue', () => {
  test('is reviewed on its own tree, with the approvals of the pull request', async () => {
    const pull = await open({ 'db/2.sql': 'drop a\n' })
    const blocked = await enqueue(world.github, repository, pull)
    await during(async () => undefined)
    expect(run(pull, blocked.sha)?.conclusion).toBe('action_required')
    await during(() => say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: backup'))
    let group = blocked
    const second = await open({ 'db/3.sql': 'error b\n' })
    await during(async () => {
      group = await enqueue(world.github, repository, pull, base)
    })
    let next = group
    await during(async () => {
      next = await enqueue(world.github, repository, second, group.sha)
    })
    expect([run(pull, group.sha)?.conclusion, run(second, next.sha)?.conclusion]).toEqual(['success', 'failure'])
    expect(mergeable(repository, next.sha).allowed).toBe(false)
  })
})

describe('nothing is missed', () => {
  test('a push to the base branch has open pull requests rechecked, check run only', async () => {
    const pull = await open({ 'db/2.sql': 'fine\n' })
    const usage = await during(() => pushBranch(world.github, repository, 'main', { 'db/9.sql': 'two\n' }))
    expect(usage.requests.filter((r) => /^(POST|PATCH|DELETE)/.test(r) && r !== 'POST /graphql')).toEqual([])
    expect(usage.requests.length).toBeGreaterThan(2)
    expect(pull.comments).toEqual([])
  })
  test('a lost event is found by the sweep, which writes check runs only', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' }, { lost: true })
    expect(run(pull)).toBeUndefined()
    await during(() =>
      world.github.deliver('installation_repositories', 'installation-repositories-added', {
        action: 'added',
        repositories_added: [
          {
            id: repository.id,
            node_id: 'R',
            name: repository.name,
            full_name: `octo-org/${repository.name}`,
            private: false,
          },
        ],
        repositories_removed: [],
        repository_selection: 'selected',
        requester: null,
        sender: { login: 'admin', id: 5, node_id: 'U', type: 'User' },
      }),
    )
    expect(run(pull)?.conclusion).toBe('failure')
    expect([pull.threads, pull.comments]).toEqual([[], []])
    expect(run(pull)?.annotations).toHaveLength(1)
  })
  test('deliveries that failed are asked for again', async () => {
    const pull = await open({ 'db/2.sql': 'error a\n' }, { lost: true })
    const { runReconcile } = await import('../../src/github/jobs/reconcile.ts')
    await during(() => runReconcile({ kind: 'reconcile' }, world.context))
    expect(run(pull)?.conclusion).toBe('failure')
    expect(pull.threads).toHaveLength(1)
  })
  test('events twice, late and out of order end in one run on the newest head', async () => {
    const head = await repository.git.commit(base, { 'db/2.sql': 'error a\n' })
    const newer = await repository.git.commit(head, { 'db/2.sql': 'warning b\n' })
    let pull: Pull | undefined
    await during(async () => {
      pull = await openPull(world.github, repository, { title: 'x', head, lost: true })
      await push(world.github, repository, pull, newer, { lost: true })
      for (const delivery of world.github.world.deliveries.slice(-2).toReversed()) {
        await world.github.redeliver(delivery.id)
        await world.github.redeliver(delivery.id)
      }
    })
    expect(repository.checkRuns.map((r) => [r.headSha, r.conclusion])).toEqual([[newer, 'neutral']])
    expect(pull?.threads).toHaveLength(1)
  })
  test('a rate limit is waited for, a bad gateway tried again', async () => {
    let bad = 2
    world.github.fault = ({ operation }) => (operation.includes('/compare/') && bad-- > 0 ? { status: 502 } : undefined)
    const pull = await open({ 'db/2.sql': 'error a\n' })
    expect(run(pull)?.conclusion).toBe('failure')
    let limited = 1
    world.github.fault = ({ operation }) =>
      operation === 'POST /repos/{owner}/{repo}/check-runs' && limited-- > 0
        ? { status: 403, headers: { 'retry-after': '1' }, message: 'You have exceeded a secondary rate limit' }
        : undefined
    await during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'warning b\n' }))
    while (run(pull) === undefined)
      await new Promise((resolve) => {
        setTimeout(resolve, 50)
      })
    await during(async () => undefined)
    expect(run(pull)?.conclusion).toBe('neutral')
    expect(pull.threads).toHaveLength(1)
  })
})

describe('configuration', () => {
  test('comes from the base; a change of it is previewed', async () => {
    const pull = await open({ 'db/2.sql': 'warning a\n', '.github/schemagate.yml': 'fail-on: warning\n' })
    expect(run(pull)).toMatchObject({
      conclusion: 'neutral',
      output: { summary: expect.stringContaining('follows that of the base. With it:\n- the check would fail\n') },
    })
    const wrong = await open({
      'db/3.sql': 'warning b\n',
      '.github/schemagate.yml': 'fail-onn: warning\nfail-on: warning\n',
    })
    expect(run(wrong)?.output.summary).toMatch(/1 mistake:\n- line 1: .*\n\nWith it:\n- the check would fail\n/)
  })
  test('is inherited from the organisation, and through _extends', async () => {
    const shared = world.github.addRepository('.github')
    const commit = await shared.git.commit(null, { '.github/schemagate.yml': 'fail-on: warning\n' })
    await shared.git.update('refs/heads/main', commit)
    expect(run(await open({ 'db/2.sql': 'warning a\n' }))?.conclusion).toBe('failure')
    const own = await repository.git.commit(base, { '.github/schemagate.yml': '_extends: .github\ndrafts: true\n' })
    await repository.git.update('refs/heads/main', own)
    expect(run(await open({ 'db/3.sql': 'warning b\n' }, { from: own }))?.conclusion).toBe('failure')
    world.github.world.repositories.delete('octo-org/.github')
    shared.git.remove()
  })
  test('drafts may be left without comments, and get them when they are ready', async () => {
    config.drafts = false
    const pull = await open({ 'db/2.sql': 'error a\n' }, { draft: true })
    expect([run(pull)?.conclusion, pull.threads.length]).toEqual(['failure', 0])
    await during(() => changePull(world.github, repository, pull, 'ready_for_review'))
    expect(pull.threads).toHaveLength(1)
  })
  test('a new base branch is another review', async () => {
    const other = await repository.git.commit(base, { 'db/2.sql': 'error a\n' })
    await repository.git.update('refs/heads/other', other)
    const pull = await open({ 'db/3.sql': 'warning b\n' }, { from: other })
    expect(run(pull)?.conclusion).toBe('failure')
    await during(() => changePull(world.github, repository, pull, 'edited', 'other'))
    expect(run(pull)?.conclusion).toBe('neutral')
  })
})

test('text of the pull request stays text', async () => {
  const hostile = 'error </details><img src=x onerror=1> @octo-org/dba #1 https://evil.test | ``` x'
  const pull = await open({ 'db/2.sql': `${hostile}\n` })
  const sticky = pull.comments.find((c) => readMarker(c.body)?.kind === 'sticky')?.body ?? ''
  const outsideCode = sticky.replaceAll(/(`+)[^\n]*?\1/g, '')
  expect(outsideCode).not.toMatch(/<img|@octo|https:\/\/evil/)
})
