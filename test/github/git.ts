import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

const environment = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'author',
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_COMMITTER_NAME: 'author',
  GIT_COMMITTER_EMAIL: 'author@example.com',
  GIT_AUTHOR_DATE: '2026-11-01T12:00:00Z',
  GIT_COMMITTER_DATE: '2026-11-01T12:00:00Z',
}

/** Contents of a commit: text by path; null removes the path of the parent. */
export type Files = Readonly<Record<string, string | null>>

export interface RawEntry {
  readonly path: string
  readonly mode: string
  readonly type: 'blob' | 'tree' | 'commit'
  readonly sha: string
  readonly size: number | null
}

export interface RawFile {
  readonly path: string
  readonly previousPath: string | null
  readonly status: 'added' | 'modified' | 'removed' | 'renamed'
  /** Blob on the new side; on the old one for a removed file. */
  readonly sha: string
  readonly additions: number
  readonly deletions: number
  /** Null for a binary file. */
  readonly patch: string | null
}

/** Plumbing of one bare repository. */
export interface Git {
  readonly dir: string
  run(args: readonly string[], input?: string | Buffer): Promise<string>
  /** Writes a commit over `parent` (null: a root) and returns its id. */
  commit(parent: string | null, files: Files, message?: string): Promise<string>
  resolve(ref: string): Promise<string | null>
  /** Writes a root commit of very many files. */
  commitMany(files: Readonly<Record<string, string>>): Promise<string>
  update(ref: string, sha: string): Promise<void>
  treeOf(commitish: string): Promise<string>
  entries(treeish: string, recursive: boolean): Promise<readonly RawEntry[]>
  blob(sha: string): Promise<Buffer>
  /** A gzipped tar archive of a commit, all files in the folder `prefix`. */
  archive(commit: string, prefix: string): Promise<Buffer>
  /** What a revision such as `1a2b…:path` names; null where it names nothing. */
  object(revision: string): Promise<GitObject | null>
  mergeBase(a: string, b: string): Promise<string>
  diff(base: string, head: string): Promise<readonly RawFile[]>
  log(
    base: string,
    head: string,
  ): Promise<readonly { readonly sha: string; readonly parents: readonly string[]; readonly message: string }[]>
  /** Merges `head` into `base` as the merge queue does; null on a conflict. */
  merge(base: string, head: string, message: string): Promise<string | null>
  remove(): void
}

export interface GitObject {
  readonly oid: string
  readonly type: string
  readonly content: Buffer
}

interface ObjectReader {
  read(revision: string): Promise<GitObject | null>
  stop(): void
}

/** One process that answers for all objects of a repository, in the order in which they are asked for. */
function readObjects(dir: string): ObjectReader {
  const running = spawn('git', ['-C', dir, 'cat-file', '--batch'], {
    env: environment,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  running.unref()
  const waiting: ((found: GitObject | null) => void)[] = []
  let parts: Buffer[] = []
  let [length, wanted] = [0, 0]
  running.stdout.on('data', (part: Buffer) => {
    parts.push(part)
    length += part.length
    if (length < wanted) return
    let seen = Buffer.concat(parts)
    const wait = (bytes: number) => {
      ;[parts, length, wanted] = [[seen], seen.length, bytes]
    }
    for (;;) {
      const end = seen.indexOf(10)
      if (end === -1) {
        wait(0)
        return
      }
      const [, oid = '', type = '', size = ''] =
        /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(seen.toString('latin1', 0, end)) ?? []
      const after = end + 1 + (oid === '' ? 0 : Number(size) + 1)
      if (seen.length < after) {
        wait(after)
        return
      }
      const content = seen.subarray(end + 1, after - 1)
      waiting.shift()?.(oid === '' ? null : { oid, type, content })
      seen = seen.subarray(after)
    }
  })
  return {
    read: (revision) =>
      new Promise((resolve) => {
        if (/[\r\n]/.test(revision)) {
          resolve(null)
          return
        }
        waiting.push(resolve)
        running.stdin.write(`${revision}\n`)
      }),
    stop: () => running.stdin.end(),
  }
}

/** A new bare repository in a temporary folder, or `source` fetched into one. */
export function createGit(source?: string): Git {
  const dir = mkdtempSync(join(tmpdir(), 'schemagate-github-'))
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', dir], { env: environment })
  if (source !== undefined)
    execFileSync(
      'git',
      ['-C', dir, 'fetch', '-q', '--no-tags', source, '+refs/heads/*:refs/heads/*', '+HEAD:refs/source/head'],
      { env: environment, stdio: ['ignore', 'ignore', 'inherit'] },
    )
  return gitAt(dir)
}

function gitAt(dir: string): Git {
  async function raw(
    args: readonly string[],
    input?: string | Buffer,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Buffer> {
    const running = execute('git', ['-C', dir, ...args], {
      env: { ...environment, ...more },
      maxBuffer: 1 << 30,
      encoding: 'buffer',
    })
    if (input !== undefined) running.child.stdin?.end(input)
    return (await running).stdout
  }
  const run = async (args: readonly string[], input?: string | Buffer) => (await raw(args, input)).toString('utf8')

  async function resolve(ref: string): Promise<string | null> {
    try {
      return (await run(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`])).trim()
    } catch {
      return null
    }
  }

  async function entries(treeish: string, recursive: boolean): Promise<readonly RawEntry[]> {
    const out = await run(['ls-tree', '-z', '-l', ...(recursive ? ['-r', '-t'] : []), treeish])
    return out
      .split('\0')
      .filter((l) => l !== '')
      .map((line) => {
        const [meta = '', path = ''] = line.split('\t')
        const [mode = '', type = '', sha = '', size = '-'] = meta.split(/ +/)
        return {
          path,
          mode,
          type: type as RawEntry['type'],
          sha, // What a partial clone lacks has none.
          size: /^\d+$/.test(size) ? Number(size) : null,
        }
      })
  }

  let reader: ObjectReader | null = null
  const object = (revision: string): Promise<GitObject | null> => {
    reader ??= readObjects(dir)
    return reader.read(revision)
  }

  const diffs = new Map<string, Promise<readonly RawFile[]>>()

  async function diff(base: string, head: string): Promise<readonly RawFile[]> {
    const [raws, text] = await Promise.all([
      run(['diff', '--raw', '-z', '-M', '--no-abbrev', base, head]),
      run(['diff', '-M', '--no-color', base, head]),
    ])
    const listed = raws.split('\0')
    const patches = text.split(/^diff --git .*\n/m).slice(1)
    const files: RawFile[] = []
    for (let i = 0; i + 1 < listed.length;) {
      const [, , oldSha = '', newSha = '', letter = ''] = (listed[i++] ?? '').split(' ')
      const first = listed[i++] ?? ''
      const renamed = letter.startsWith('R')
      const path = renamed ? (listed[i++] ?? '') : first
      const patch = patchIn(patches[files.length] ?? '')
      const lines = patch?.split('\n') ?? []
      files.push({
        path,
        previousPath: renamed ? first : null,
        status: renamed ? 'renamed' : letter === 'A' ? 'added' : letter === 'D' ? 'removed' : 'modified',
        sha: letter === 'D' ? oldSha : newSha,
        additions: lines.filter((l) => l.startsWith('+')).length,
        deletions: lines.filter((l) => l.startsWith('-')).length,
        patch,
      })
    }
    return files
  }

  return {
    dir,
    run,
    resolve,
    async commit(parent, files, message = 'change') {
      const index = { GIT_INDEX_FILE: join(dir, `index-${process.pid}-${Math.random().toString(36).slice(2)}`) }
      await raw(parent === null ? ['read-tree', '--empty'] : ['read-tree', parent], undefined, index)
      const lines: string[] = []
      for (const [path, text] of Object.entries(files)) {
        const sha = text === null ? zero : (await run(['hash-object', '-w', '--stdin'], text)).trim()
        lines.push(`${text === null ? '0' : '100644'} ${sha}\t${path}\0`)
      }
      await raw(['update-index', '-z', '--index-info'], lines.join(''), index)
      const tree = (await raw(['write-tree'], undefined, index)).toString('utf8').trim()
      rmSync(index.GIT_INDEX_FILE, { force: true })
      return (await run(['commit-tree', tree, ...(parent === null ? [] : ['-p', parent]), '-m', message])).trim()
    },
    async commitMany(files) {
      const lines = Object.entries(files).map(
        ([path, text]) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
      )
      const commit = 'commit refs/imported\ncommitter author <author@example.com> 1793534400 +0000\ndata 1\nx\n'
      await run(['fast-import', '--quiet', '--force'], `${commit}${lines.join('')}`)
      return (await run(['rev-parse', 'refs/imported'])).trim()
    },
    async update(ref, sha) {
      await run(['update-ref', ref, sha])
    },
    async treeOf(commitish) {
      return (await run(['rev-parse', `${commitish}^{tree}`])).trim()
    },
    entries,
    object,
    blob: async (sha) => (await object(sha))?.content ?? Buffer.alloc(0),
    async archive(commit, prefix) {
      const missing = (await entries(commit, true)).filter((e) => e.type === 'blob' && e.size === null)
      const paths = missing.map((e) => `:(exclude,literal)${e.path}`)
      return raw(['archive', '--format=tar.gz', `--prefix=${prefix}/`, commit, '--', '.', ...paths])
    },
    async mergeBase(a, b) {
      return (await run(['merge-base', a, b])).trim()
    },
    diff(base, head) {
      // Commits never change, and a pull request with thousands of files is asked for page by page.
      const key = `${base} ${head}`
      const known = diffs.get(key) ?? diff(base, head)
      diffs.set(key, known)
      return known
    },
    async log(base, head) {
      const out = await run(['log', '--reverse', '--format=%H%x09%P%x09%s', `${base}..${head}`])
      return out
        .split('\n')
        .filter((l) => l !== '')
        .map((line) => {
          const [sha = '', parents = '', message = ''] = line.split('\t')
          return { sha, parents: parents.split(' ').filter((p) => p !== ''), message }
        })
    },
    async merge(base, head, message) {
      try {
        const tree = (await run(['merge-tree', '--write-tree', base, head])).split('\n')[0] ?? ''
        return (await run(['commit-tree', tree, '-p', base, '-p', head, '-m', message])).trim()
      } catch {
        return null
      }
    },
    remove() {
      reader?.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const zero = '0'.repeat(40)

/** The hunks of one file's part of a diff; null for a binary file. */
function patchIn(part: string): string | null {
  const start = part.search(/^@@ /m)
  if (start === -1) return /^Binary files /m.test(part) ? null : ''
  return part.slice(start).replace(/\n$/, '')
}
