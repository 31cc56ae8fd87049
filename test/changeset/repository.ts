import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A git repository in a temporary folder that tests write into. */
export interface TestRepository {
  readonly dir: string
  git(...args: readonly string[]): string
  write(path: string, content: string | Buffer): void
  /** Writes files (null deletes one), commits everything and returns the commit's id. */
  commit(files: Readonly<Record<string, string | Buffer | null>>, message?: string): string
  remove(): void
}

/** Makes an empty repository whose branch is `main`; `init` are further options of `git init`. */
export function testRepository(...init: readonly string[]): TestRepository {
  const dir = mkdtempSync(join(tmpdir(), 'schemagate-test-'))
  const identity = [
    '-c',
    'user.name=Test',
    '-c',
    'user.email=test@example.com',
    '-c',
    'commit.gpgsign=false',
    '-c',
    'core.autocrlf=false',
  ]
  const git = (...args: readonly string[]) =>
    execFileSync('git', [...identity, '-C', dir, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  git('init', '-q', '-b', 'main', ...init)
  const write = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  return {
    dir,
    git,
    write,
    commit(files, message = 'change') {
      for (const [path, content] of Object.entries(files)) {
        if (content === null) rmSync(join(dir, path), { force: true })
        else write(path, content)
      }
      git('add', '-A')
      git('commit', '-q', '--allow-empty', '-m', message)
      return git('rev-parse', 'HEAD')
    },
    remove() {
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
