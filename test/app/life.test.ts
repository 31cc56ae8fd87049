import { afterAll, beforeAll, expect, test } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { coreOf } from '../../src/github/core.ts'
import { readMarker } from '../../src/github/markers.ts'
import { enqueue, merge, mergeable } from '../github/people/branches.ts'
import { resolveThread, say } from '../github/people/comments.ts'
import { openPull, push, pushFiles } from '../github/people/pulls.ts'
import { latestRun } from '../github/world.ts'
import type { Comment, Pull, Repository } from '../github/world.ts'
import { startWorld } from './harness.ts'
import type { World } from './harness.ts'

let world: World
let repository: Repository
let base: string
const lines = ['+ new, ~ changed, - gone, = what the check run says and whether branch protection lets it be merged']

beforeAll(async () => {
  world = await startWorld(coreOf(catalog), { latency: 5 })
  repository = world.github.addRepository('shop')
  base = await repository.git.commit(null, {
    'migrations/0001_init.sql':
      'CREATE TABLE users (\n  id bigint PRIMARY KEY,\n  email text UNIQUE NOT NULL,\n  legacy_id text\n);\n',
  })
  await repository.git.update('refs/heads/main', base)
})
afterAll(async () => {
  await world.close()
  process.stdout.write(`\n${lines.join('\n')}\n`)
})

/** What the conversation held when it was told last, by comment. */
const told = new Map<number, string>()

/** Notes what happened, what is new in the conversation (`+` new, `~` another text, `-` gone) and whether it may be merged now, for reading along. */
function tell(what: string, pull: Pull, sha = pull.headSha): void {
  const run = latestRun(repository, 'schemagate', sha)
  const now = new Map<number, string>()
  const text = ({ author, body, reactions, minimized }: Comment) =>
    `${author.login}: ${firstWords(body)}${reactions.length > 0 ? `  [${reactions.map((r) => r.content).join(' ')}]` : ''}${minimized === null ? '' : ' (folded)'}`
  for (const thread of pull.threads)
    for (const [i, comment] of thread.comments.entries()) {
      const state = thread.resolvedBy === null ? '' : ', resolved'
      const where = i > 0 ? '  reply' : `${thread.path}:${thread.line ?? 'outdated'}${state}`
      now.set(comment.id, `${where}  ${text(comment)}`)
    }
  for (const comment of pull.comments) now.set(comment.id, text(comment))
  lines.push(
    `\n${what}`,
    ...[...now]
      .filter(([id, line]) => told.get(id) !== line)
      .map(([id, line]) => `  ${told.has(id) ? '~' : '+'} ${line}`),
    ...[...told].filter(([id]) => !now.has(id)).map(([, line]) => `  - ${line}`),
    `  = ${run?.conclusion ?? run?.status ?? 'none'}: ${run?.output.title ?? ''}; ${mergeable(repository, sha).allowed ? 'may be merged' : 'may not be merged'}`,
  )
  told.clear()
  for (const [id, line] of now) told.set(id, line)
}

/** The first line of a comment without its marks, its links and what is folded. */
function firstWords(body: string): string {
  const [first = ''] = body.split('\n')
  return first.replace(/\[(`[^`]+`)\]\([^)]*\)/g, '$1').replace(/^#+ |\*\*/g, '')
}

const rules = (pull: Pull) =>
  pull.threads.map((t) => /rules\/([a-z-]+)/.exec(t.comments[0]?.body ?? '')?.[1] ?? 'fixed')
const conclusion = (pull: Pull) => latestRun(repository, 'schemagate', pull.headSha)?.conclusion

test('the whole life of a pull request', async () => {
  const path = 'migrations/0002_names.sql'
  const first =
    'CREATE INDEX users_email_idx2 ON users (lower(email));\n\nALTER TABLE users ADD COLUMN name text NOT NULL;\n\nALTER TABLE users DROP COLUMN legacy_id;\n'
  let pull: Pull | undefined
  await world.during(async () => {
    pull = await openPull(world.github, repository, {
      title: 'Names',
      head: await repository.git.commit(base, { [path]: first }),
    })
  })
  if (pull === undefined) throw new Error('not opened')
  tell('author opens the pull request', pull)
  expect(conclusion(pull)).toBe('failure')
  expect(rules(pull).sort()).toEqual([
    'no-drop-column',
    'no-required-column-without-default',
    'require-concurrent-index',
  ])

  const required = pull.threads.find((t) => t.comments[0]?.body.includes('no-required-column'))
  if (required === undefined) throw new Error('no thread')
  await world.during(() => say(world.github, repository, pull as Pull, 'author', 'Oh, right.', required))
  tell('author answers in a thread', pull)
  const second =
    'CREATE INDEX users_email_idx2 ON users (lower(email));\n\nALTER TABLE users ADD COLUMN name text;\n\nALTER TABLE users DROP COLUMN legacy_id;\n'
  await world.during(() => pushFiles(world.github, repository, pull as Pull, { [path]: second }))
  tell('author mends the column', pull)
  expect(required.comments[0]?.body).toMatch(/^Fixed in /)
  expect(pull.reviews).toHaveLength(1)

  const rebased = await repository.git.commit(base, { [path]: `-- names\n\n${second}`, 'README.md': 'hello\n' })
  await world.during(() => push(world.github, repository, pull as Pull, rebased))
  tell('author rebases and moves the lines', pull)
  expect([pull.reviews.length, pull.threads.length]).toEqual([1, 3])

  const index = pull.threads.find((t) => t.comments[0]?.body.includes('require-concurrent-index'))
  if (index === undefined) throw new Error('no thread')
  resolveThread(world.github, index, 'writer')
  await world.during(() =>
    pushFiles(world.github, repository, pull as Pull, {
      [path]: 'ALTER TABLE users ADD COLUMN name text;\n\nALTER TABLE users DROP COLUMN legacy_id;\n',
      'migrations/0003_index.sql': 'CREATE INDEX CONCURRENTLY users_email_idx2 ON users (lower(email));\n',
    }),
  )
  tell('writer resolves a thread, author gives the index a migration of its own', pull)
  expect(conclusion(pull)).toBe('action_required')

  await world.during(() =>
    say(world.github, repository, pull as Pull, 'author', '/schemagate approve destructive reason: it is fine'),
  )
  tell('author tries to approve', pull)
  expect(conclusion(pull)).toBe('action_required')

  await world.during(() =>
    say(
      world.github,
      repository,
      pull as Pull,
      'writer',
      '/schemagate aprove destructive reason: backup of this morning',
    ),
  )
  await world.during(() =>
    say(
      world.github,
      repository,
      pull as Pull,
      'writer',
      '/schemagate approve destructive reason: backup of this morning',
    ),
  )
  tell('writer approves, at the second try', pull)
  expect(conclusion(pull)).toBe('success')
  expect(latestRun(repository, 'schemagate', pull.headSha)?.output.summary).toMatch(
    /\*\*Approved\*\* by `writer` until \d{4}-\d\d-\d\d: backup of this morning\n- .*line 3.*legacy_id[^]*\| `backup` \| pass \|/,
  )
  expect(pull.comments.filter((c) => readMarker(c.body)?.kind === 'sticky')).toHaveLength(1)

  let group = { sha: '', ref: '' }
  await world.during(async () => {
    group = await enqueue(world.github, repository, pull as Pull)
  })
  tell('the merge queue asks', pull, group.sha)
  expect(latestRun(repository, 'schemagate', group.sha)?.conclusion).toBe('success')

  await world.during(async () => {
    expect(await merge(world.github, repository, pull as Pull, group.sha)).toBe(true)
  })
  tell('it is merged', pull, group.sha)
  expect(world.github.world.violations).toEqual([])
}, 300_000)
