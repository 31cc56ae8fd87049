import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { enqueue, pushBranch } from '../github/people/branches.ts'
import { say } from '../github/people/comments.ts'
import { openPull } from '../github/people/pulls.ts'
import { startGitHub } from '../github/stand-in.ts'
import type { StandIn } from '../github/stand-in.ts'
import { latestRun } from '../github/world.ts'
import type { Pull, Repository } from '../github/world.ts'

/** The Action as a runner starts it: a process, an event in a file, a token that may or may not write. */
const token = { write: 'ghs_write', read: 'ghs_read' }
let github: StandIn
let repository: Repository
let base: string
let folder: string

beforeAll(async () => {
  github = await startGitHub({
    permissions: { checks: 'write', contents: 'read', pull_requests: 'write', metadata: 'read' },
  })
  github.world.tokens.add(token.write)
  github.world.readers.add(token.read)
  repository = github.addRepository('shop')
  base = await repository.git.commit(null, {
    'migrations/1.sql': 'CREATE TABLE users (id bigint PRIMARY KEY, old text);\n',
    '.github/schemagate.yml': 'rehearsal: { enabled: false }\n',
  })
  await repository.git.update('refs/heads/main', base)
  folder = mkdtempSync(join(tmpdir(), 'schemagate-runner-'))
})
afterAll(async () => {
  await github.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly status: number
  readonly lines: readonly string[]
  readonly summary: string
}

/** Runs the Action for the newest event of the stand-in, under the name that a workflow would have. */
async function act(more: { readonly event?: string; readonly token?: string } = {}): Promise<Ended> {
  const delivery = github.world.deliveries.at(-1)
  const { installation: _, ...payload } = delivery?.payload ?? {}
  writeFileSync(join(folder, 'event.json'), JSON.stringify(payload))
  writeFileSync(join(folder, 'summary.md'), '')
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    GITHUB_ACTIONS: 'true',
    GITHUB_TOKEN: more.token ?? token.write,
    GITHUB_EVENT_NAME: more.event ?? delivery?.event,
    GITHUB_EVENT_PATH: join(folder, 'event.json'),
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: 'https://github.test',
    GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
  }
  const main = new URL('../../src/action.ts', import.meta.url).pathname
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), main],
      { cwd: folder, env },
      (error, stdout) => {
        resolve({
          status: error === null ? 0 : Number(error.code),
          lines: stdout.split('\n').filter((l) => l !== ''),
          summary: readFileSync(join(folder, 'summary.md'), 'utf8'),
        })
      },
    )
  })
}
const open = async (files: Record<string, string>, fork = false): Promise<Pull> =>
  openPull(github, repository, { title: 'x', head: await repository.git.commit(base, files), fork })
const conclusion = (sha: string) => latestRun(repository, 'schemagate', sha)?.conclusion

test('a pull request, its commands, its merge group, and a push to its base', async () => {
  const pull = await open({ 'migrations/2.sql': 'ALTER TABLE users DROP COLUMN old;\n' })
  expect(await act()).toMatchObject({ status: 0, lines: [expect.stringContaining('action_required')] })
  expect([conclusion(pull.headSha), pull.threads.length, pull.comments.length]).toEqual(['action_required', 1, 1])
  await say(github, repository, pull, 'writer', '/schemagate approve destructive reason: backup')
  expect((await act()).status).toBe(0)
  expect(conclusion(pull.headSha)).toBe('success')
  const group = await enqueue(github, repository, pull)
  expect((await act()).status).toBe(0)
  expect(conclusion(group.sha)).toBe('success')
  await pushBranch(github, repository, 'main', { 'migrations/2_other.sql': 'ALTER TABLE users DROP COLUMN old;\n' })
  // The open pull request is looked at again, on top of what its base has become.
  expect(await act()).toMatchObject({ status: 0, lines: [expect.stringMatching(/^schemagate: /)] })
  expect(github.world.violations.splice(0)).toEqual([])
}, 240_000)

test('a fork: a token that only reads gives annotations, a summary and the status of the job; pull_request_target writes, and reads the fork as text only', async () => {
  const pull = await open({ 'migrations/3%\n,:x.sql': 'CREATE INDEX "a%b::error::c" ON users (old);\n' }, true)
  const { status, lines, summary } = await act({ token: token.read })
  expect(status).toBe(1)
  const [error, ...others] = lines.filter((l) => l.startsWith('::error'))
  expect(error).toMatch(
    /^::error file=migrations\/3%25%0A%2C%3Ax\.sql,line=1,endLine=1,title=require-concurrent-index::Building a%25b::error::c blocks/,
  )
  expect(others).toEqual([])
  expect(lines.every((l) => l.startsWith('::') || l.startsWith('schemagate'))).toBe(true)
  expect(summary).toContain('### Schemagate: 1 error')
  expect([conclusion(pull.headSha), pull.threads, pull.comments]).toEqual([undefined, [], []])
  expect((await act({ event: 'pull_request_target' })).status).toBe(0)
  expect([conclusion(pull.headSha), pull.threads.length]).toEqual(['failure', 1])
  expect(github.world.violations.splice(0)).toEqual([])
}, 240_000)

test('a branch of the repository with a token that only reads, as Dependabot has it, degrades in the same way', async () => {
  const pull = await open({ 'migrations/4.sql': 'ALTER TABLE users ADD COLUMN name text;\n' })
  const { status, summary } = await act({ token: token.read })
  expect([status, conclusion(pull.headSha)]).toEqual([0, undefined])
  expect(summary).toContain('### Schemagate')
}, 240_000)

test('what it cannot do is one line and status 2', async () => {
  const { status, lines } = await act({ token: '' })
  expect([status, lines]).toEqual([2, [expect.stringMatching(/^::error::schemagate: /)]])
}, 240_000)
