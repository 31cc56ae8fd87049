import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readMarker } from '../../src/github/markers.ts'
import { mergeable } from '../github/people/branches.ts'
import { press } from '../github/people/checks.ts'
import { resolveThread, say } from '../github/people/comments.ts'
import { openPull, push, pushFiles } from '../github/people/pulls.ts'
import { latestRun } from '../github/world.ts'
import type { Pull, Repository } from '../github/world.ts'
import { handMadeCore } from './hand-made.ts'
import { startWorld } from './harness.ts'
import type { World } from './harness.ts'

let world: World
let repository: Repository
let base: string
const core = handMadeCore()

beforeAll(async () => {
  world = await startWorld(core, { latency: 15 })
})
afterAll(async () => {
  await world.close()
})
beforeEach(async () => {
  repository = world.github.addRepository(`shop-${world.github.world.repositories.size}`)
  base = await repository.git.commit(null, { 'db/1.sql': 'one\n', 'README.md': 'x\n' })
  await repository.git.update('refs/heads/main', base)
})
afterEach(() => {
  // Nothing broke a rule of GitHub.
  expect(world.github.world.violations.splice(0)).toEqual([])
})

const run = (pull: Pull) => latestRun(repository, 'schemagate', pull.headSha)
const sticky = (pull: Pull) => pull.comments.find((c) => readMarker(c.body)?.kind === 'sticky')?.body ?? null
async function open(files: Record<string, string | null>, more: { fork?: boolean; draft?: boolean } = {}) {
  const head = await repository.git.commit(base, files)
  let pull: Pull | undefined
  const usage = await world.during(async () => {
    pull = await openPull(world.github, repository, { title: 'Change', head, ...more })
  })
  if (pull === undefined) throw new Error('not opened')
  return { pull, usage }
}

describe('a first review', () => {
  test('writes one check run, one review and one sticky comment in six calls, four deep', async () => {
    const { pull, usage } = await open({
      'db/2.sql': 'error one\nfine\nwarning two\n',
      'db/3.sql': 'drop three\ninfo four\n',
      'db/4.sql': 'warning five\n',
    })
    expect(usage.requests.length, usage.requests.join('\n')).toBeLessThanOrEqual(6)
    expect(usage.depth).toBeLessThanOrEqual(4)
    expect(repository.checkRuns).toHaveLength(1)
    expect(run(pull)).toMatchObject({
      status: 'completed',
      conclusion: 'failure',
      output: { title: '1 error, 1 approval missing, 2 warnings' },
    })
    expect(run(pull)?.externalId).toContain(`v1:1:${pull.headSha}:`)
    expect(run(pull)?.annotations.map((a) => [a['path'], a['start_line'], a['annotation_level']])).toEqual([
      ['db/3.sql', 2, 'notice'],
    ])
    expect(run(pull)?.actions).toEqual([
      { label: 'Re-check', description: 'Review the head commit again', identifier: 'recheck' },
    ])
    expect(pull.reviews).toHaveLength(1)
    expect(pull.threads.map((t) => [t.path, t.line])).toEqual([
      ['db/2.sql', 1],
      ['db/3.sql', 1],
      ['db/2.sql', 3],
      ['db/4.sql', 1],
    ])
    expect(sticky(pull)).toContain('### Schemagate: 2 things stop this merge, 2 to look at')
    expect(mergeable(repository, pull.headSha).allowed).toBe(false)
    expect(world.github.world.violations).toEqual([])
  })
  test('of a change without schema writes a check run and nothing else', async () => {
    const { pull, usage } = await open({ 'README.md': 'y\n' })
    expect(run(pull)).toMatchObject({ conclusion: 'success', output: { title: 'No schema changes' } })
    expect([pull.comments, pull.threads, usage.calls]).toEqual([[], [], 4])
  })
  test('of a fork reads its head through the base repository', async () => {
    const { pull } = await open({ 'db/2.sql': 'warning one\n' }, { fork: true })
    expect(run(pull)?.conclusion).toBe('neutral')
    expect(pull.threads).toHaveLength(1)
  })
  test('posts at most thirty comments, the worst first, and the rest as annotations', async () => {
    const lines = (file: number) =>
      Array.from({ length: 5 }, (_, i) => `warning ${file} ${i}\nerror ${file} ${i}`).join('\n')
    const { pull } = await open(
      Object.fromEntries(Array.from({ length: 12 }, (_, file) => [`db/${file + 2}.sql`, lines(file)])),
    )
    expect(pull.threads).toHaveLength(30)
    expect(pull.threads.every((t) => t.comments[0]?.body.includes('error'))).toBe(true)
    expect(run(pull)?.annotations).toHaveLength(90)
    expect(run(pull)?.annotations.map((a) => a['annotation_level'])).toEqual([
      ...Array.from({ length: 30 }, () => 'failure'),
      ...Array.from({ length: 60 }, () => 'warning'),
    ])
  })
})

describe('another review', () => {
  test('writes nothing where nothing changed, and a new run where GitHub was asked to run it again', async () => {
    const { pull } = await open({ 'db/2.sql': 'error one\nwarning two\n' })
    const pressed = await world.during(() => press(world.github, repository, pull, 'reader', 'recheck'))
    expect(pressed.requests.filter((r) => r !== 'POST /graphql' && !r.startsWith('GET'))).toEqual([])
    expect(pressed.requests.length).toBeGreaterThan(0)
    await world.during(() => press(world.github, repository, pull, 'reader'))
    expect([repository.checkRuns.length, pull.reviews.length, pull.threads.length, pull.comments.length]).toEqual([
      2, 1, 2, 1,
    ])
  })
  test('keeps what is still there, adds what is new, removes what is fixed', async () => {
    const { pull } = await open({ 'db/2.sql': 'error one\nwarning two\nerror three\n' })
    const [first] = pull.threads
    const answered = pull.threads.find((t) => t.comments[0]?.body.includes('three'))
    if (answered === undefined || first === undefined) throw new Error('no thread')
    await world.during(() => say(world.github, repository, pull, 'author', 'Why?', answered))
    await world.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'fine\nerror one\nerror new\n' }))
    expect(pull.threads.map((t) => t.comments[0]?.body.split('\n')[0])).toEqual([
      first.comments[0]?.body.split('\n')[0],
      expect.stringMatching(/^Fixed in [0-9a-f]{7}\.$/),
      expect.stringContaining('error new'),
    ])
    expect(answered.comments[0]?.minimized).toBe('resolved')
    expect(pull.reviews).toHaveLength(2)
    expect(pull.comments.filter((c) => readMarker(c.body)?.kind === 'sticky')).toHaveLength(1)
    const again = await world.during(() => press(world.github, repository, pull, 'reader', 'recheck'))
    expect(again.requests.filter((r) => r !== 'POST /graphql' && !r.startsWith('GET'))).toEqual([])
  })
  test('does not repeat what a person resolved, nor after a rebase', async () => {
    const { pull } = await open({ 'db/2.sql': 'warning one\n' })
    const [thread] = pull.threads
    if (thread === undefined) throw new Error('no thread')
    resolveThread(world.github, thread, 'writer')
    const moved = await repository.git.commit(base, { 'db/2.sql': 'a\nb\nwarning one\n', 'other.txt': 'z' })
    await world.during(() => push(world.github, repository, pull, moved))
    expect(pull.threads).toHaveLength(1)
    expect(pull.reviews).toHaveLength(1)
  })
  test('says in the sticky comment when everything is mended', async () => {
    const { pull } = await open({ 'db/2.sql': 'error one\n' })
    await world.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'fine\n' }))
    expect(run(pull)?.conclusion).toBe('success')
    expect(sticky(pull)).toContain('nothing stops this merge')
    expect(pull.threads).toEqual([])
  })
})

describe('commands', () => {
  test("an approval by a writer lifts the finding, the author's does not, and a push that changes the statement voids it", async () => {
    const { pull } = await open({ 'db/2.sql': 'drop users\n' })
    expect(run(pull)?.conclusion).toBe('action_required')
    const own = { id: 0 }
    await world.during(async () => {
      own.id = (
        await say(world.github, repository, pull, 'author', '/schemagate approve destructive reason: trust me')
      ).id
    })
    expect(pull.comments.find((c) => c.id === own.id)?.reactions.map((r) => r.content)).toEqual(['eyes', 'confused'])
    expect(run(pull)?.conclusion).toBe('action_required')
    let comment = pull.comments[0]
    await world.during(async () => {
      comment = await say(
        world.github,
        repository,
        pull,
        'writer',
        '/schemagate approve destructive reason: backup of 12:00',
      )
    })
    expect(comment?.reactions.map((r) => r.content)).toEqual(['eyes', '+1'])
    expect(run(pull)?.conclusion).toBe('success')
    expect(run(pull)?.output.summary).toMatch(/\*\*Approved\*\* by `writer` until \d{4}-\d\d-\d\d: backup of 12:00\n- /)
    expect(mergeable(repository, pull.headSha).allowed).toBe(true)
    await world.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': '\n\ndrop users\n' }))
    expect(run(pull)?.conclusion).toBe('success')
    await world.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'drop users cascade\n' }))
    expect(run(pull)?.conclusion).toBe('action_required')
  })
  test('share their reading with the review that they lead to', async () => {
    const { pull } = await open({ 'db/2.sql': 'drop users\nwarning a\n' })
    const says = (login: string, text: string) => world.during(() => say(world.github, repository, pull, login, text))
    const used = async (login: string, text: string) => {
      const { calls, depth, requests } = await says(login, text)
      return { text: text.split(' ')[1], calls, depth, reads: requests.filter((r) => r === 'POST /graphql').length }
    }
    expect([
      await used('triager', '/schemagate help'),
      await used('triager', '/schemagate explain no-error'),
      await used('writer', '/schemagate approve destructive reason: backup'),
      await used('maintainer', '/schemagate ignore no-warning reason: known'),
      await used('triager', '/schemagate recheck'),
    ]).toEqual([
      { text: 'help', calls: 3, depth: 2, reads: 0 },
      { text: 'explain', calls: 3, depth: 2, reads: 0 },
      { text: 'approve', calls: 7, depth: 3, reads: 1 },
      { text: 'ignore', calls: 8, depth: 3, reads: 1 },
      { text: 'recheck', calls: 8, depth: 3, reads: 1 },
    ])
    expect(run(pull)?.conclusion).toBe('success')
  })
  test('whose delivery was lost are answered by the next review, and once', async () => {
    const { pull } = await open({ 'db/2.sql': 'drop users\n' })
    const { webhookUrl } = world.github
    world.github.webhookUrl = null
    const { now } = world.github.world
    world.github.world.now = () => new Date(Date.now() - 300_000).toISOString()
    const lost = await say(world.github, repository, pull, 'writer', '/schemagate aprove destructive reason: b')
    world.github.world.now = now
    const approval = await say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: b')
    world.github.webhookUrl = webhookUrl
    for (let i = 0; i < 2; i++) await world.during(() => press(world.github, repository, pull, 'writer', 'recheck'))
    expect([lost, approval].map((c) => c.reactions.map((r) => r.content))).toEqual([['confused'], ['+1']])
    expect(pull.comments.filter((c) => c.body.includes('Did you mean "approve"?'))).toHaveLength(1)
    expect(run(pull)?.conclusion).toBe('success')
  })
  test('and everything else said in a locked conversation are left out, and the check run says it', async () => {
    const { pull } = await open({ 'db/2.sql': 'fine\n' })
    pull.locked = true
    await world.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'error a\n' }))
    expect(run(pull)).toMatchObject({ conclusion: 'failure', output: { title: '1 error' } })
    expect([pull.threads, sticky(pull)]).toEqual([[], null])
  })
  test('an unknown command is answered with what it may mean', async () => {
    const { pull } = await open({ 'db/2.sql': 'fine\n' })
    await world.during(() => say(world.github, repository, pull, 'writer', '/schemagate rechek'))
    expect(pull.comments.at(-1)?.body).toContain('Did you mean "recheck"?')
  })
  test('are refused with what is missing, and answered with what they could mean', async () => {
    const { pull } = await open({ 'db/2.sql': 'drop users\ndrop legacy\nerror one\n' })
    const [error = '', first = '', second = ''] = pull.threads.map(
      (t) => /finding ([0-9a-f]{16})/.exec(t.comments[0]?.body ?? '')?.[1] ?? '',
    )
    const waiting = `What waits for one:\n- \`${first.slice(0, 4)}\` \`drop users\` is here\n- \`${second.slice(0, 4)}\` \`drop legacy\` is here`
    await world.during(async () => {
      await say(world.github, repository, pull, 'reader', '/schemagate help')
      await say(
        world.github,
        repository,
        pull,
        'writer',
        [
          '/schemagate approve reason: b',
          `/schemagate approve ${first.slice(0, 3)} reason: b`,
          '/schemagate approve nothing reason: b',
          `/schemagate approve ${error.slice(0, 4)} reason: b`,
          '/schemagate approve destructive reason: b until: 2020-01-01',
          '/schemagate ignore no-eror reason: b',
          '/schemagate unapprove nothing',
        ].join('\n'),
      )
    })
    const answers = pull.comments.map((c) => c.body).join('\n\n')
    expect(answers).toContain('`/schemagate help`: that takes the right to triage here.')
    expect(answers).toContain(
      `\`/schemagate approve\`: say which finding. ${waiting}\n\n\`/schemagate approve\`: \`${first.slice(0, 3)}\` is too short; write four digits or more. ${waiting}\n\n\`/schemagate approve\`: no finding here is \`nothing\`. ${waiting}`,
    )
    expect(answers).toContain('an approval does not lift `no-error`')
    expect(answers).toContain(
      '`/schemagate approve`: `until: 2020-01-01` is over.\n\nThere is no rule `no-eror`. Did you mean "no-error"?\n\n`/schemagate unapprove`: no finding here is `nothing`. Nothing here is approved.',
    )
    expect(run(pull)?.conclusion).toBe('failure')
  })
  test('in quotes, code blocks and comments of bots are none', async () => {
    const { pull } = await open({ 'db/2.sql': 'drop users\n' })
    const before = pull.comments.length
    await world.during(async () => {
      await say(
        world.github,
        repository,
        pull,
        'writer',
        '> /schemagate approve destructive reason: no\n\n```\n/schemagate approve destructive reason: no\n```\n <!--\n/schemagate approve destructive reason: no\n-->',
      )
      await say(world.github, repository, pull, 'other[bot]', '/schemagate approve destructive reason: no')
    })
    expect(pull.comments.length).toBe(before + 2)
    expect(run(pull)?.conclusion).toBe('action_required')
  })
})
