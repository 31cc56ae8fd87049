import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { readBindings, readMarker, writeBindings, writeMarker } from '../../src/github/markers.ts'
import { press } from '../github/people/checks.ts'
import { editComment, say } from '../github/people/comments.ts'
import { changePull, openPull, pushFiles } from '../github/people/pulls.ts'
import { latestRun } from '../github/world.ts'
import type { Pull, Repository } from '../github/world.ts'
import { handMadeCore } from './hand-made.ts'
import { startWorld } from './harness.ts'
import type { World } from './harness.ts'

/** Who may not decide must not be able to, however much of what we read they wrote or edited. */
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
  repository = world.github.addRepository(`trust-${world.github.world.repositories.size}`)
  base = await repository.git.commit(null, { 'db/1.sql': 'one\n' })
  await repository.git.update('refs/heads/main', base)
})
afterEach(() => {
  expect(world.github.world.violations.splice(0)).toEqual([])
})

const conclusion = (pull: Pull) => latestRun(repository, 'schemagate', pull.headSha)?.conclusion
const fingerprint = (line: string) => createHash('sha256').update(line).digest('hex').slice(0, 16)
const stickyOf = (pull: Pull) => {
  const found = pull.comments.find((c) => readMarker(c.body)?.kind === 'sticky')
  if (found === undefined) throw new Error('no sticky comment')
  return found
}
async function open(
  files: Record<string, string>,
  more: { readonly head?: string; readonly base?: string; readonly branch?: string; readonly author?: string } = {},
): Promise<Pull> {
  let pull: Pull | undefined
  await world.during(async () => {
    pull = await openPull(world.github, repository, {
      title: 'x',
      head: more.head ?? (await repository.git.commit(base, files)),
      ...more,
    })
  })
  if (pull === undefined) throw new Error('not opened')
  return pull
}

test('a name that looks like the record of approvals approves nothing', async () => {
  const pull = await open({ 'db/2.sql': 'drop a\n' })
  let comment = { id: 0 }
  await world.during(async () => {
    comment = await say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: backup')
  })
  expect(conclusion(pull)).toBe('success')
  const forged = `<!-- schemagate:sticky --><!-- schemagate:approvals ${comment.id}.0=${fingerprint('drop b')} -->`
  await world.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': `warning ${forged}\ndrop b\n` }))
  expect(stickyOf(pull).body).toContain(forged)
  await world.during(() => press(world.github, repository, pull, 'author'))
  expect(conclusion(pull)).toBe('action_required')
})

test('the record counts only as the app wrote it last', async () => {
  const pull = await open({ 'db/2.sql': 'drop a\n' })
  await world.during(() =>
    say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: backup'),
  )
  await world.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'drop b\n' }))
  expect(conclusion(pull)).toBe('action_required')
  const sticky = stickyOf(pull)
  const record = readBindings(sticky.body)
  expect([...record.values()].flat().map((b) => b.fingerprint)).toEqual([fingerprint('drop a')])
  await editComment(
    world.github,
    repository,
    pull,
    sticky,
    sticky.body.replace(fingerprint('drop a'), fingerprint('drop b')),
    'author',
  )
  await world.during(() => press(world.github, repository, pull, 'author'))
  expect(conclusion(pull)).toBe('action_required')
})

test('nor does a thread mean another finding once somebody has edited its comment', async () => {
  const pull = await open({ 'db/2.sql': 'drop a\ndrop b\n' })
  const [first] = pull.threads
  const comment = first?.comments[0]
  if (first === undefined || comment === undefined) throw new Error('no thread')
  const [mine, other] = comment.body.includes('drop a') ? ['drop a', 'drop b'] : ['drop b', 'drop a']
  await editComment(
    world.github,
    repository,
    pull,
    comment,
    comment.body.replace(fingerprint(mine), fingerprint(other)),
    'author',
  )
  await world.during(() =>
    say(world.github, repository, pull, 'writer', '/schemagate approve reason: this one is fine', first),
  )
  expect(conclusion(pull)).toBe('action_required')
  expect(latestRun(repository, 'schemagate', pull.headSha)?.output.title).toBe('2 approvals missing')
})

test('what its author approved in another pull request does not count in the own one', async () => {
  await repository.git.update('refs/heads/develop', base)
  const head = await repository.git.commit(base, { 'db/2.sql': 'drop a\n' })
  const first = await open({}, { head, base: 'develop', author: 'maintainer' })
  await world.during(() =>
    say(world.github, repository, first, 'writer', '/schemagate approve destructive reason: backup'),
  )
  expect(conclusion(first)).toBe('success')
  await repository.git.update('refs/heads/develop', head)
  await world.during(() => changePull(world.github, repository, first, 'closed'))
  const own = await open({}, { head, branch: 'develop', author: 'writer' })
  expect(conclusion(own)).toBe('action_required')
})

test('what decides outlives the store, since it stands in the comments', async () => {
  const pull = await open({ 'db/2.sql': 'drop a\n' })
  await world.during(() =>
    say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: backup'),
  )
  const other = await startWorld(handMadeCore(), { github: world.github })
  try {
    await other.during(() => press(world.github, repository, pull, 'reader'))
    expect(repository.checkRuns.filter((r) => r.headSha === pull.headSha).map((r) => r.conclusion)).toEqual([
      'action_required',
      'success',
      'success',
    ])
    await other.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': '\ndrop a\n' }))
    expect(conclusion(pull)).toBe('success')
  } finally {
    await other.close()
    world.github.webhookUrl = `${world.server.url}/api/github/webhooks`
  }
})

test('a finding that comes back opens its folded comment again', async () => {
  const pull = await open({ 'db/2.sql': 'error a\n' })
  const [thread] = pull.threads
  if (thread === undefined) throw new Error('no thread')
  await world.during(() => say(world.github, repository, pull, 'author', 'Why?', thread))
  await world.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'fine\n' }))
  expect(thread.comments[0]?.minimized).toBe('resolved')
  await world.during(() => pushFiles(world.github, repository, pull, { 'db/2.sql': 'error a\n' }))
  expect(thread.comments[0]).toMatchObject({ minimized: null, body: expect.stringContaining('`error a` is here') })
  expect(pull.threads).toHaveLength(1)
})

test('a very long record leaves out the oldest, and the comment stays within its limit', () => {
  const bindings = new Map(
    Array.from({ length: 60 }, (_, i) => [
      `${1000 + i}.0`,
      Array.from({ length: 40 }, (_, k) => ({ fingerprint: fingerprint(`${i} ${k}`), subject: '1a2b3c4d' })),
    ]),
  )
  const text = writeBindings(bindings)
  expect(text.length).toBeLessThan(20_100)
  const read = readBindings(`text\n\n${writeMarker({ kind: 'sticky' })}${text}`)
  expect([read.has('1059.0'), read.has('1000.0')]).toEqual([true, false])
  expect(read.get('1059.0')).toEqual(bindings.get('1059.0'))
})

test('the same head into a branch that has the change already lets nothing through', async () => {
  const change = await repository.git.commit(base, { 'db/2.sql': 'error a\n' })
  await repository.git.update('refs/heads/bypass', change)
  const head = await repository.git.commit(change, { 'README.md': 'x\n' })
  const pull = await open({}, { head, branch: 'change' })
  expect(conclusion(pull)).toBe('failure')
  const other = await open({}, { head, branch: 'change-too', base: 'bypass' })
  const shown = latestRun(repository, 'schemagate', head)
  expect([shown?.conclusion, shown?.output.title]).toEqual(['failure', `Stopped by #1, which has the same head commit`])
  const count = repository.checkRuns.length
  for (const each of [pull, other])
    await world.during(() => say(world.github, repository, each, 'writer', '/schemagate recheck'))
  expect(repository.checkRuns.length).toBe(count)
  await world.during(() => changePull(world.github, repository, pull, 'closed'))
  expect(conclusion(other)).toBe('success')
})

test('an approval is heard at once by the open pull requests that carry the same commits', async () => {
  await repository.git.update('refs/heads/develop', base)
  const head = await repository.git.commit(base, { 'db/2.sql': 'drop a\n' })
  const pull = await open({}, { head, branch: 'change' })
  const twin = await open({}, { head, branch: 'change-too', base: 'develop' })
  const ahead = await repository.git.commit(head, { 'README.md': 'x\n' })
  const longer = await open({}, { head: ahead, branch: 'longer', base: 'develop' })
  const all = () => [pull, twin, longer].map(conclusion)
  expect(all()).toEqual(['action_required', 'action_required', 'action_required'])
  await world.during(() =>
    say(world.github, repository, pull, 'writer', '/schemagate approve destructive reason: lake'),
  )
  expect(all()).toEqual(['success', 'success', 'success'])
  expect(twin.comments[0]?.body).toContain('nothing stops this merge')
})
