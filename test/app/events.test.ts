import { describe, expect, test } from 'vitest'
import { jobsOf } from '../../src/app.ts'
import { parseCommands } from '../../src/github/people/commands.ts'
import { readEnvironment } from '../../src/github/server/environment.ts'
import { pullOfGroup } from '../../src/github/jobs/group.ts'
import { generateKeyPairSync } from 'node:crypto'

const where = {
  installation: { id: 1 },
  repository: { name: 'r', owner: { login: 'o' } },
  sender: { type: 'User', login: 'u' },
}
const pull = { number: 7, state: 'open', head: { sha: 'abc' }, base: { ref: 'main' }, user: { login: 'author' } }

describe('an event becomes', () => {
  test('a review of the pull request that it is about', () => {
    for (const action of ['opened', 'synchronize', 'reopened', 'ready_for_review']) {
      expect(jobsOf('pull_request', { ...where, action, pull_request: pull })).toEqual([
        {
          kind: 'review',
          installation: 1,
          owner: 'o',
          repo: 'r',
          pull: 7,
          head: 'abc',
          base: 'main',
          reason: `pull_request.${action}`,
          quiet: false,
          again: false,
        },
      ])
    }
    expect(
      jobsOf('pull_request', { ...where, action: 'edited', changes: { base: {} }, pull_request: pull }),
    ).toHaveLength(1)
  })
  test('a look at others with its head, where it closes a pull request', () => {
    expect(
      jobsOf('pull_request', { ...where, action: 'closed', pull_request: { ...pull, state: 'closed' } }),
    ).toMatchObject([{ kind: 'commit', sha: 'abc', again: false }])
  })
  test('nothing where it changes nothing that is reviewed', () => {
    expect(jobsOf('pull_request', { ...where, action: 'edited', changes: { title: {} }, pull_request: pull })).toEqual(
      [],
    )
    expect(
      jobsOf('check_run', {
        ...where,
        action: 'completed',
        check_run: { name: 'schemagate', external_id: 'v1:7:abc:', pull_requests: [] },
      }),
    ).toEqual([])
    expect(
      jobsOf('check_run', {
        ...where,
        action: 'rerequested',
        check_run: { name: 'another', external_id: null, pull_requests: [{ number: 7 }] },
      }),
    ).toEqual([])
    expect(
      jobsOf('issue_comment', {
        ...where,
        action: 'created',
        issue: { number: 7, state: 'open', user: null },
        comment: { id: 1, body: '/schemagate recheck', user: { login: 'u', type: 'User' } },
      }),
    ).toEqual([])
  })
  test('a review again for a run of a fork, whose pull request only its external id names', () => {
    const run = { name: 'schemagate', external_id: 'v1:12:abc:00', head_sha: 'abc', app: null, pull_requests: [] }
    expect(jobsOf('check_run', { ...where, action: 'rerequested', check_run: run })).toMatchObject([
      { pull: 12, again: true },
    ])
    expect(
      jobsOf('check_run', {
        ...where,
        action: 'requested_action',
        requested_action: { identifier: 'recheck' },
        check_run: run,
      }),
    ).toMatchObject([{ pull: 12, again: false }])
    expect(
      jobsOf('check_run', {
        ...where,
        action: 'requested_action',
        requested_action: { identifier: 'other' },
        check_run: run,
      }),
    ).toEqual([])
  })
  test('a recheck where a comment that decided something is edited or deleted', () => {
    const issue = { number: 7, state: 'open', pull_request: {}, user: { login: 'author' } }
    const comment = { id: 5, body: 'never mind', user: { login: 'w', type: 'User' } }
    expect(
      jobsOf('issue_comment', {
        ...where,
        action: 'edited',
        issue,
        comment,
        changes: { body: { from: '/schemagate approve abcd reason: x' } },
      }),
    ).toMatchObject([{ kind: 'review', pull: 7 }])
    expect(
      jobsOf('issue_comment', { ...where, action: 'edited', issue, comment, changes: { body: { from: 'hello' } } }),
    ).toEqual([])
    expect(
      jobsOf('issue_comment', {
        ...where,
        action: 'edited',
        issue,
        comment: { ...comment, body: '/schemagate approve abcd reason: x' },
        changes: { body: { from: 'hello' } },
      }),
    ).toEqual([])
    expect(
      jobsOf('issue_comment', {
        ...where,
        action: 'deleted',
        issue,
        comment: { ...comment, body: '/schemagate approve abcd reason: x' },
      }),
    ).toHaveLength(1)
  })
  test('nothing for what bots say', () => {
    const issue = { number: 7, state: 'open', pull_request: {}, user: { login: 'author' } }
    expect(
      jobsOf('issue_comment', {
        ...where,
        action: 'created',
        issue,
        comment: { id: 5, body: '/schemagate recheck', user: { login: 'b[bot]', type: 'Bot' } },
      }),
    ).toEqual([])
  })
  test('a look at the open pull requests where a push may touch a schema', () => {
    const push = (path: string) =>
      jobsOf('push', {
        ...where,
        ref: 'refs/heads/main',
        after: 'def',
        commits: [{ added: [], modified: [path], removed: [] }],
      })
    expect(push('prisma/schema.prisma')).toMatchObject([{ kind: 'branch', branch: 'main' }])
    expect(push('README.md')).toEqual([])
    expect(jobsOf('push', { ...where, ref: 'refs/tags/v1', after: 'def', commits: [] })).toEqual([])
  })
})

describe('commands', () => {
  test('stand at the start of a line, outside quotes and code', () => {
    const names = (body: string) => parseCommands(body, 'schemagate').map((c) => c.name)
    expect(
      names(
        '/schemagate recheck\n@schemagate help\n /schemagate plan\ntext /schemagate plan\n> /schemagate plan\n```\n/schemagate plan\n```\n~~~\n/schemagate plan\n~~~\n<!--\n/schemagate plan\n-->\n/schemagatex plan',
      ),
    ).toEqual(['recheck', 'help'])
  })
  test.each([
    ['goes on with the paragraph', '> as said\r\n/schemagate plan\r\nmore\r\n/schemagate plan', 0],
    ['nested', '> > as said\n/schemagate plan', 0],
    ['is over after a blank line', '> as said\n\n/schemagate plan', 1],
    ['ends with a blank line of its own', '> as said\n>\n/schemagate plan', 1],
    ['ends with a heading', '> # Title\n/schemagate plan', 1],
    ['ends with a fence', '> ```sql\n> select 1\n> ```\n/schemagate plan', 1],
    ['is over after a code block', '> as said\n```\nx\n```\n/schemagate plan', 1],
  ])('right behind a quote, which %s', (_, body, count) => {
    expect(parseCommands(body)).toHaveLength(count)
  })
  test('take a target, a reason and a date in any order', () => {
    expect(parseCommands('/schemagate approve `F3A9` until: 2026-12-31 reason: a backup: yes')).toEqual([
      { name: 'approve', target: 'f3a9', path: null, reason: 'a backup: yes', until: '2026-12-31' },
    ])
    expect(parseCommands('/schemagate ignore no-drop-column db/1.sql reason: gone')).toEqual([
      { name: 'ignore', target: 'no-drop-column', path: 'db/1.sql', reason: 'gone', until: null },
    ])
  })
  test('say what is wrong about them', () => {
    expect(parseCommands('/schemagate approve f3a9')).toEqual([
      { name: 'wrong', command: 'approve', problem: expect.stringContaining('reason') },
    ])
    expect(parseCommands('/schemagate approve f3a9 reason: x until: tomorrow')).toMatchObject([{ name: 'wrong' }])
    expect(parseCommands('/schemagate approve f3a9 reason: x until: 2026-02-31')).toMatchObject([{ name: 'wrong' }])
    expect(parseCommands('/schemagate rechek')).toEqual([{ name: 'unknown', written: 'rechek' }])
  })
})

describe('the environment of the server', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const env = { APP_ID: '12', PRIVATE_KEY: privateKey, WEBHOOK_SECRET: 'a long enough secret' }
  test('is whole, with a key in any of its forms', () => {
    for (const key of [privateKey, privateKey.replaceAll('\n', '\\n'), Buffer.from(privateKey).toString('base64')]) {
      expect(readEnvironment({ ...env, PRIVATE_KEY: key })).toMatchObject({
        appId: 12,
        privateKey: expect.stringContaining('BEGIN RSA PRIVATE KEY'),
        port: 3000,
        host: 'localhost',
        apiUrl: null,
        role: 'all',
      })
    }
  })
  test('is empty outside production, so that the app can be registered', () => {
    expect(readEnvironment({})).toBeNull()
    expect(() => readEnvironment({ NODE_ENV: 'production' })).toThrow('APP_ID')
  })
  test.each([
    [{ WEBHOOK_SECRET: '' }, 'WEBHOOK_SECRET is not set'],
    [{ WEBHOOK_SECRET: 'development' }, 'everybody can guess'],
    [{ PRIVATE_KEY: 'x' }, 'not a private key'],
    [{ APP_ID: 'x' }, 'not a number'],
    [{ PRIVATE_KEY: '', PRIVATE_KEY_PATH: '/nowhere/key.pem' }, 'cannot be read'],
    [{ SCHEMAGATE_ROLE: 'web' }, 'DATABASE_URL'],
    [{ SCHEMAGATE_URL: 'javascript:alert(1)' }, 'SCHEMAGATE_URL'],
  ])('is refused with one line where %j', (more, message) => {
    expect(() => readEnvironment({ ...env, ...more })).toThrow(message)
  })
  test('knows GitHub Enterprise Server and data residency', () => {
    expect(readEnvironment({ ...env, GHE_HOST: 'github.corp.test' })).toMatchObject({
      apiUrl: 'https://github.corp.test/api/v3',
      webUrl: 'https://github.corp.test',
    })
    expect(readEnvironment({ ...env, GHE_HOST: 'octo.ghe.com' })).toMatchObject({
      apiUrl: 'https://api.octo.ghe.com',
      webUrl: 'https://octo.ghe.com',
    })
  })
})

test('a merge group names the pull request that it adds', () => {
  expect(pullOfGroup('refs/heads/gh-readonly-queue/release/1.2/pr-12-0123abcd')).toBe(12)
  expect(pullOfGroup('refs/heads/other')).toBeNull()
})
