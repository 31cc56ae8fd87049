import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('the demo takes a range through the app as a pull request, with comments and pushes in their order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'schemagate-demo-'))
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      encoding: 'utf8',
    }).trim()
  const commit = (file: string, text: string) => {
    mkdirSync(join(folder, 'migrations'), { recursive: true })
    writeFileSync(join(folder, 'migrations', file), text)
    git('add', '.')
    git('commit', '-q', '-m', file)
    return git('rev-parse', 'HEAD')
  }
  try {
    git('init', '-q', '-b', 'main')
    const base = commit('1.sql', 'CREATE TABLE users (id bigint PRIMARY KEY, legacy_id text);\n')
    const head = commit('2.sql', 'ALTER TABLE users DROP COLUMN legacy_id;\n')
    const mended = commit('2.sql', 'ALTER TABLE users ADD COLUMN name text;\n')
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--import',
        'tsx',
        new URL('../../scripts/demo.ts', import.meta.url).pathname,
        '--json',
        '--repo',
        folder,
        '--range',
        `${base}..${head}`,
        '--comment',
        'writer:/schemagate approve destructive reason: backup of noon',
        '--comment',
        'writer:/schemagate ignore no-drop-column reason: nobody reads it',
        '--push',
        mended,
      ],
      { maxBuffer: 1 << 26 },
    )
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toMatchObject([
      {
        pull: 1,
        headSha: head,
        conclusion: 'action_required',
        inlineComments: 1,
        stickyComment: true,
        checkRuns: 1,
        mergeable: false,
        comments: [{ path: 'migrations/2.sql', line: 1, startLine: null }],
      },
      { headSha: head, conclusion: 'success', findings: 2, mergeable: true },
      { headSha: head, conclusion: 'success', findings: 1, mergeable: true },
      { headSha: mended, conclusion: 'success', inlineComments: 0, comments: [], mergeable: true },
    ])
    expect(
      lines.every(
        (l) =>
          typeof l['apiCalls'] === 'number' &&
          typeof l['apiDepth'] === 'number' &&
          typeof l['ms'] === 'number' &&
          typeof l['findings'] === 'number',
      ),
    ).toBe(true)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 600_000)
