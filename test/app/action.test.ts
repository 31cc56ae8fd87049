import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../../package.json' with { type: 'json' }
import { runAction } from '../../src/action.ts'
import { replayCommand } from '../../src/commands/replay.ts'
import { say } from '../github/people/comments.ts'
import { openPull } from '../github/people/pulls.ts'
import { startGitHub } from '../github/stand-in.ts'
import type { StandIn } from '../github/stand-in.ts'
import { latestRun } from '../github/world.ts'
import type { Pull, Repository } from '../github/world.ts'
import { handMadeCore } from './hand-made.ts'

let github: StandIn
let repository: Repository
let folder: string

beforeAll(async () => {
  // What a workflow is granted; the stand-in takes an installation's token for the workflow's.
  github = await startGitHub({
    permissions: { checks: 'write', contents: 'read', pull_requests: 'write', metadata: 'read' },
  })
  github.world.tokens.add('ghs_workflow')
  repository = github.addRepository('shop')
  await repository.git.update('refs/heads/main', await repository.git.commit(null, { 'db/1.sql': 'one\n' }))
  folder = mkdtempSync(join(tmpdir(), 'schemagate-action-'))
})
afterAll(async () => {
  await github.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(files: Record<string, string>, fork = false): Promise<Pull> {
  return openPull(github, repository, {
    title: 'x',
    head: await repository.git.commit(await repository.git.resolve('main'), files),
    fork,
  })
}

/** Runs the Action for the newest event of the stand-in. */
async function act(): Promise<{ status: number; lines: readonly string[]; summary: string }> {
  const delivery = github.world.deliveries.at(-1)
  writeFileSync(join(folder, 'event.json'), JSON.stringify(delivery?.payload))
  const lines: string[] = []
  let summary = ''
  const status = await runAction(
    {
      GITHUB_TOKEN: 'ghs_workflow',
      GITHUB_EVENT_NAME: delivery?.event,
      GITHUB_EVENT_PATH: join(folder, 'event.json'),
      GITHUB_API_URL: github.url,
      GITHUB_SERVER_URL: 'https://github.test',
    },
    {
      line(text) {
        lines.push(text)
      },
      summary(text) {
        summary += text
      },
    },
    handMadeCore(),
  )
  return { status, lines, summary }
}

test('writes the same check run and comments as the app, and obeys commands', async () => {
  const pull = await open({ 'db/2.sql': 'drop a\nwarning b\n' })
  expect(await act()).toMatchObject({ status: 0 })
  expect(latestRun(repository, 'schemagate', pull.headSha)?.conclusion).toBe('action_required')
  expect(pull.threads).toHaveLength(2)
  await say(github, repository, pull, 'writer', '/schemagate approve destructive reason: backup')
  await act()
  expect(latestRun(repository, 'schemagate', pull.headSha)?.conclusion).toBe('neutral')
  expect(github.world.violations).toEqual([])
})

test('degrades to annotations and the summary of the job for a fork', async () => {
  const pull = await open({ 'db/2.sql': 'error a, b:\n' }, true)
  const { status, lines, summary } = await act()
  expect(status).toBe(1)
  expect(lines).toEqual(['::error file=db/2.sql,line=1,endLine=1,title=no-error::error a, b: is here'])
  expect(summary).toContain('Schemagate: 1 error')
  expect([pull.threads, pull.comments, latestRun(repository, 'schemagate', pull.headSha)]).toEqual([[], [], undefined])
})

test('runs the version of this package', () => {
  const action = parse(readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')) as {
    inputs: { version: { default: string } }
  }
  expect(action.inputs.version.default).toBe(packageJson.version)
})

test('a recorded delivery is reviewed again from a local copy, with the same decision', async () => {
  await open({ 'db/2.sql': 'CREATE TABLE orders (id bigint);\n' })
  writeFileSync(
    join(folder, 'delivery.json'),
    JSON.stringify({ guid: 'x', request: { headers: {}, payload: github.world.deliveries.at(-1)?.payload } }),
  )
  let printed = ''
  const io = {
    cwd: folder,
    isTerminal: false,
    environment: {},
    stdout(text: string) {
      printed += text
    },
    stderr() {
      /* nothing is said there */
    },
    progress() {
      /* nor here */
    },
    readStdin: async () => '',
    writeFile: async () => undefined,
  }
  const { catalog } = await import('../../rules/index.ts')
  const replay = () =>
    replayCommand(catalog)(['delivery.json', '--repo', repository.git.dir, '--no-rehearse', '--format', 'json'], io)
  expect(await replay()).toBe(1)
  const first = printed
  printed = ''
  await replay()
  expect(printed).toBe(first)
  expect((JSON.parse(first) as { findings: { rule: string }[] }).findings.map((f) => f.rule)).toContain(
    'require-primary-key',
  )
})
