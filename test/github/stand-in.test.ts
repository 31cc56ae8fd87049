import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Probot, ProbotOctokit } from 'probot'
import { latestRun } from './world.ts'
import type { Pull, Repository } from './world.ts'
import { mergeable } from './people/branches.ts'
import { openPull } from './people/pulls.ts'
import { startGitHub } from './stand-in.ts'
import { usageOf } from './usage.ts'
import type { StandIn } from './stand-in.ts'

let github: StandIn
let repository: Repository
let pull: Pull
let octokit: Awaited<ReturnType<Probot['auth']>>
const where = { owner: 'octo-org', repo: 'shop' }

beforeAll(async () => {
  github = await startGitHub()
  repository = github.addRepository('shop')
  const base = await repository.git.commit(null, { 'a.sql': 'one\ntwo\nthree\n', 'keep.txt': 'x' })
  await repository.git.update('refs/heads/main', base)
  const head = await repository.git.commit(base, { 'a.sql': 'one\n2\nthree\n', 'b.sql': 'new\n' })
  pull = await openPull(github, repository, { title: 'Change', head, fork: true })
  const probot = new Probot({
    appId: github.world.app.id,
    privateKey: github.privateKey,
    secret: github.world.app.webhookSecret,
    baseUrl: github.url,
    logLevel: 'fatal',
    Octokit: ProbotOctokit.defaults((o: object) => ({ ...o, throttle: { enabled: false }, retry: { enabled: false } })),
  })
  octokit = await probot.auth(github.world.installation.id)
})

afterAll(async () => {
  await github.close()
})

test('gives trees, merge base and patches of a real repository, the head of a fork among them', async () => {
  const compared = await octokit.rest.repos.compareCommitsWithBasehead({ ...where, basehead: `main...${pull.headSha}` })
  expect(compared.data.files?.map((f) => [f.filename, f.status])).toEqual([
    ['a.sql', 'modified'],
    ['b.sql', 'added'],
  ])
  expect(compared.data.files?.[0]?.patch).toContain('-two\n+2')
  const tree = await octokit.rest.git.getTree({ ...where, tree_sha: pull.headSha, recursive: '1' })
  expect(tree.data.tree.map((e) => e.path)).toEqual(['a.sql', 'b.sql', 'keep.txt'])
  expect(github.world.violations).toEqual([])
})

describe('refuses what GitHub refuses', () => {
  const review = (comment: object) =>
    octokit.rest.pulls.createReview({
      ...where,
      pull_number: 1,
      event: 'COMMENT',
      comments: [
        { path: 'a.sql', line: 2, side: 'RIGHT', body: 'good' },
        { path: 'a.sql', side: 'RIGHT', body: 'x', ...comment },
      ],
    })
  const run = (output: object, more: object = {}) =>
    octokit.rest.checks.create({
      ...where,
      name: 'x',
      head_sha: pull.headSha,
      ...more,
      output: { title: 't', summary: 's', ...output },
    })

  test('a review with one anchor outside the diff', async () => {
    await expect(review({ line: 40 })).rejects.toThrow('must be part of the diff')
    expect(pull.threads).toEqual([])
  })
  test('51 annotations, 65,536 characters, four actions', async () => {
    const annotation = { path: 'a.sql', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm' }
    await expect(run({ annotations: Array.from({ length: 51 }, () => annotation) })).rejects.toThrow('50')
    await expect(run({ summary: 'x'.repeat(65_536) })).rejects.toThrow('65535')
    await expect(
      run({}, { actions: ['a', 'b', 'c', 'd'].map((label) => ({ label, description: label, identifier: label })) }),
    ).rejects.toThrow('3')
    github.world.violations.length = 0
  })
  test('an unknown property, and completed without a conclusion', async () => {
    await expect(run({ colour: 'red' })).rejects.toThrow('colour is not known')
    await expect(run({}, { status: 'completed' })).rejects.toThrow('conclusion is required')
    github.world.violations.length = 0
  })
  test('resolving a thread without the right to write contents', async () => {
    await review({ line: 3 })
    const answer = await octokit.request('POST /graphql', {
      query: `mutation { resolveReviewThread(input: { threadId: "PRRT_${pull.threads[0]?.id}" }) { thread { id } } }`,
    })
    expect(JSON.stringify(answer.data)).toContain('Resource not accessible by integration')
    expect(pull.threads[0]?.resolvedBy).toBeNull()
  })
  test('a GraphQL field that does not exist', async () => {
    const answer = await octokit.request('POST /graphql', {
      query: '{ repository(owner: "octo-org", name: "shop") { colour } }',
    })
    expect(JSON.stringify(answer.data)).toContain('Cannot query field')
    github.world.violations.length = 0
  })
})

test('reads a pull request with its comments, threads and runs over GraphQL', async () => {
  await octokit.rest.checks.create({
    ...where,
    name: 'schemagate',
    head_sha: pull.headSha,
    status: 'completed',
    conclusion: 'failure',
    external_id: 'x',
    output: { title: 't', summary: 's' },
  })
  const answer = await octokit.graphql(`{ repository(owner: "octo-org", name: "shop") {
    pullRequest(number: 1) { headRefOid author { login } reviewThreads(first: 10) { nodes { line comments(first: 1) { nodes { url viewerDidAuthor } } } }
      commits(last: 1) { nodes { commit { checkSuites(first: 1, filterBy: { appId: 4711 }) { nodes { checkRuns(first: 1, filterBy: { checkName: "schemagate" }) { nodes { externalId conclusion } } } } } } } }
    object(expression: "${pull.headSha}:b.sql") { ... on Blob { text isTruncated } } } }`)
  expect(answer).toMatchObject({
    repository: {
      object: { text: 'new\n' },
      pullRequest: {
        headRefOid: pull.headSha,
        commits: {
          nodes: [{ commit: { checkSuites: { nodes: [{ checkRuns: { nodes: [{ conclusion: 'FAILURE' }] } }] } } }],
        },
      },
    },
  })
  expect(latestRun(repository, 'schemagate', pull.headSha)?.conclusion).toBe('failure')
  expect(mergeable(repository, pull.headSha)).toEqual({ allowed: false, reason: 'schemagate: failure' })
  expect(github.world.violations).toEqual([])
})

test('counts the longest chain of requests, not the number', () => {
  expect(
    usageOf([
      { from: 0, to: 10 },
      { from: 1, to: 5 },
      { from: 11, to: 12 },
      { from: 13, to: 20 },
    ]),
  ).toEqual({ calls: 4, depth: 3 })
})
