import { existsSync, symlinkSync, writeFileSync, chmodSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { changeSetFromGit, gitTree, splitRange, withDeployed } from '../../src/changeset/git.ts'
import { SchemagateError } from '../../src/errors.ts'
import type { ChangeSet, Tree } from '../../src/changeset/tree.ts'
import { testRepository } from './repository.ts'
import type { TestRepository } from './repository.ts'

const made: TestRepository[] = []
function repository(...init: readonly string[]): TestRepository {
  const repo = testRepository(...init)
  made.push(repo)
  return repo
}
afterEach(() => {
  for (const repo of made.splice(0)) repo.remove()
})

const paths = async (tree: Tree) => (await tree.list()).entries.map(({ path }) => path)
const text = async (tree: Tree, path: string) => {
  const content = (await tree.read([path])).get(path)
  return content?.kind === 'text' ? content.text : content ? `(${content.reason})` : null
}
const summary = (changes: ChangeSet) =>
  changes.files.map(({ status, path, previousPath }) => `${status} ${previousPath ? `${previousPath} > ` : ''}${path}`)
const messageOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof SchemagateError)) throw new Error(`expected a SchemagateError, got ${String(error)}`)
  return `${error.code}: ${error.message}`
}

describe('a range', () => {
  test('splits at two or three dots', () => {
    expect(splitRange('main..topic')).toEqual({ base: 'main', head: 'topic' })
    expect(splitRange('v1.0...HEAD~2')).toEqual({ base: 'v1.0', head: 'HEAD~2' })
    expect(splitRange('main..')).toEqual({ base: 'main', head: 'HEAD' })
    expect(splitRange('main')).toBeNull()
    expect(splitRange('a....b')).toBeNull()
    expect(splitRange('a..b..c')).toBeNull()
  })

  test('goes from the merge base to its end, with two dots as with three', async () => {
    const repo = repository()
    repo.commit({ 'a.sql': 'one\ntwo\n', 'gone.sql': 'SELECT 1;\n' })
    repo.git('branch', 'topic')
    const main = repo.commit({ 'later.sql': 'not in the topic\n' })
    repo.git('checkout', '-q', 'topic')
    const topic = repo.commit({ 'a.sql': 'one\ntwo\nthree\n', 'gone.sql': null, 'new.sql': 'SELECT 2;\n' })
    for (const range of ['main..topic', 'main...topic', `${main}..${topic}`, 'main..']) {
      const changes = await changeSetFromGit(repo.dir, range)
      expect(summary(changes)).toEqual(['modified a.sql', 'deleted gone.sql', 'added new.sql'])
      expect(changes.head.commit).toBe(topic)
      expect(changes.base.commit).toBe(repo.git('rev-parse', 'main~1'))
      expect(changes.files[0]?.hunks).toEqual([
        { oldStart: 1, oldLines: 2, newStart: 1, newLines: 3, added: [3], removed: [] },
      ])
      expect(await text(changes.head, 'a.sql')).toBe('one\ntwo\nthree\n')
      expect(await text(changes.base, 'a.sql')).toBe('one\ntwo\n')
      expect(await text(changes.base, 'new.sql')).toBeNull()
    }
  })

  test('is read in a bare repository', async () => {
    const repo = repository()
    repo.commit({ 'a.sql': 'one\n' })
    repo.git('checkout', '-q', '-b', 'topic')
    repo.commit({ 'b.sql': 'two\n' })
    repo.git('clone', '-q', '--bare', repo.dir, join(repo.dir, 'bare'))
    const bare = join(repo.dir, 'bare')
    expect(summary(await changeSetFromGit(bare, 'main..topic'))).toEqual(['added b.sql'])
    expect(summary(await changeSetFromGit(bare))).toEqual(['added b.sql'])
  })

  test('that cannot be read is a clear error', async () => {
    const repo = repository()
    expect(await messageOf(changeSetFromGit(join(repo.dir, 'nowhere'), 'a..b'))).toMatch(
      /^not-a-repository: reading .*nowhere: this is not a git repository\./,
    )
    expect(await messageOf(changeSetFromGit(repo.dir))).toMatch(/^unknown-commit: .* has no commit yet/)
    repo.commit({ 'a.sql': 'one\n' })
    expect(await messageOf(changeSetFromGit(repo.dir, 'main..feature'))).toBe(
      `unknown-commit: main..feature: "feature" is not a commit of ${repo.dir}. Try: git fetch origin feature`,
    )
    expect(await messageOf(changeSetFromGit(repo.dir, '--output=x..HEAD'))).toMatch(
      /^unknown-commit: .*"--output=x" is not a commit/,
    )
    expect(await messageOf(changeSetFromGit(repo.dir, 'main'))).toMatch(/^usage: .*"main" is not a range/)
    repo.git('checkout', '-q', '--orphan', 'island')
    repo.commit({ 'b.sql': 'two\n' })
    expect(await messageOf(changeSetFromGit(repo.dir, 'main..island'))).toMatch(
      /^unknown-commit: main\.\.island: the two commits have no ancestor in common/,
    )
    expect(await messageOf(gitTree(repo.dir, 'v9'))).toMatch(/"v9" is not a commit of/)
  })
})

describe('files', () => {
  test('keep their names whatever is in them', async () => {
    const repo = repository()
    repo.commit({ 'a.sql': 'one\n' })
    const names = [
      'with space.sql',
      'naïve/ü.sql',
      'quote".sql',
      'tab\there.sql',
      'line\nbreak.sql',
      'x\ndiff --git a b\n@@ -1 +1,9 @@.sql',
      '-dash.sql',
    ]
    const head = repo.commit(Object.fromEntries(names.map((name) => [name, 'SELECT 1;\nSELECT 2;\n'])))
    const changes = await changeSetFromGit(repo.dir, `${head}~1..${head}`)
    expect(changes.files.map(({ path }) => path)).toEqual([...names].sort())
    for (const file of changes.files)
      expect(file.hunks).toEqual([{ oldStart: 0, oldLines: 0, newStart: 1, newLines: 2, added: [1, 2], removed: [] }])
    for (const name of names) expect(await text(changes.head, name)).toBe('SELECT 1;\nSELECT 2;\n')
  })

  test('that hold what looks like a diff do not shift the hunks of others', async () => {
    const repo = repository()
    repo.commit({ 'a.sql': '--- a\n', 'b.sql': 'old\n' })
    const head = repo.commit({
      'a.sql': '--- a\ndiff --git a/x b/x\n@@ -1,1 +1,1 @@\n+++ b\n-- x',
      'b.sql': 'old\nnew\n',
      'c.bin': Buffer.from([0, 1, 2]),
      'd.sql': 'last\n',
    })
    const changes = await changeSetFromGit(repo.dir, `${head}~1..${head}`)
    expect(changes.files.map(({ path, hunks }) => [path, hunks?.flatMap(({ added }) => added) ?? null])).toEqual([
      ['a.sql', [2, 3, 4, 5]],
      ['b.sql', [2]],
      ['c.bin', null],
      ['d.sql', [1]],
    ])
  })

  test('that moved are renames, and keep the lines that changed', async () => {
    const repo = repository()
    const body = Array.from({ length: 12 }, (_, i) => `line ${i}\n`).join('')
    repo.commit({ 'old/a.sql': body, 'old/b.sql': `${body}same\n` })
    const head = repo.commit({
      'old/a.sql': null,
      'new/a.sql': `${body}more\n`,
      'old/b.sql': null,
      'b.sql': `${body}same\n`,
    })
    const changes = await changeSetFromGit(repo.dir, `${head}~1..${head}`)
    expect(summary(changes)).toEqual(['renamed old/b.sql > b.sql', 'renamed old/a.sql > new/a.sql'])
    expect(changes.files.map(({ hunks }) => hunks?.flatMap(({ added }) => added))).toEqual([[], [13]])
  })

  test('that are no plain text are unreadable, with the reason', async () => {
    const repo = repository()
    const inner = repository()
    inner.commit({ 'x.sql': 'SELECT 1;' })
    repo.write('big.sql', 'x'.repeat(2_000_001))
    repo.write('binary.sql', Buffer.from('SELECT\0 1;'))
    repo.write('late-nul.sql', Buffer.concat([Buffer.from('-- '.repeat(5000)), Buffer.from([0])]))
    repo.write('wide.sql', Buffer.from('\uFEFFSELECT 1;', 'utf16le'))
    repo.write('marked.sql', '\uFEFFSELECT 1;')
    repo.write(
      'lfs.sql',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0000000000000000000000000000000000000000000000000000000000000000\nsize 12345\n',
    )
    repo.write('empty.sql', '')
    symlinkSync('/etc/passwd', join(repo.dir, 'link.sql'))
    repo.commit({})
    repo.git('update-index', '--add', '--cacheinfo', `160000,${inner.git('rev-parse', 'HEAD')},module`)
    repo.git('commit', '-q', '-m', 'submodule')
    const expected = {
      'big.sql': '(larger than 2 MB)',
      'binary.sql': '(binary)',
      'late-nul.sql': '(binary)',
      'wide.sql': '(UTF-16 text, not UTF-8)',
      'marked.sql': 'SELECT 1;',
      'lfs.sql': '(a Git LFS pointer)',
      'empty.sql': '',
      'link.sql': '(a symlink)',
      module: '(a submodule)',
      'none.sql': null,
    }
    const tree = await gitTree(repo.dir, 'HEAD')
    for (const [path, answer] of Object.entries(expected))
      expect([path, await text(tree, path)]).toEqual([path, answer])
    expect(await text(await gitTree(repo.dir, 'HEAD', { maxBytes: 5 }), 'marked.sql')).toBe('(larger than 1 kB)')
    const { entries } = await tree.list()
    expect(entries.find(({ path }) => path === 'module')?.mode).toBe('submodule')
    expect(entries.find(({ path }) => path === 'link.sql')?.mode).toBe('symlink')
    expect(entries.find(({ path }) => path === 'empty.sql')).toMatchObject({ size: 0, mode: 'file' })
    const changes = await changeSetFromGit(repo.dir, 'HEAD~1..HEAD')
    expect(summary(changes)).toEqual(['added module'])
  })

  test('that change their kind or only their mode', async () => {
    const repo = repository()
    repo.commit({ 'a.sql': 'one\n', 'run.sh': 'x\n', 'z.sql': 'one\n' })
    repo.git('rm', '-q', '--cached', 'a.sql')
    symlinkSync('z.sql', join(repo.dir, 'link'))
    renameSync(join(repo.dir, 'link'), join(repo.dir, 'a.sql'))
    chmodSync(join(repo.dir, 'run.sh'), 0o755)
    const head = repo.commit({ 'z.sql': 'one\ntwo\n' })
    const changes = await changeSetFromGit(repo.dir, `${head}~1..${head}`)
    expect(
      changes.files.map(({ path, status, hunks }) => [path, status, hunks?.flatMap(({ added }) => added) ?? null]),
    ).toEqual([
      ['a.sql', 'modified', null],
      ['run.sh', 'modified', []],
      ['z.sql', 'modified', [2]],
    ])
  })

  test('are read together and again', async () => {
    const repo = repository()
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}.sql`, `${'x'.repeat(i * 50)}\n`]))
    repo.commit(files)
    const tree = await gitTree(repo.dir, 'HEAD')
    const [all, some] = await Promise.all([tree.read(Object.keys(files)), tree.read(['f7.sql', 'f299.sql', 'none'])])
    for (const [path, content] of Object.entries(files)) expect(all.get(path)).toEqual({ kind: 'text', text: content })
    expect([...some.keys()]).toEqual(['f7.sql', 'f299.sql'])
    expect((await tree.read(['f1.sql'])).size).toBe(1)
  })

  test('of a repository with SHA-256 ids are read', async () => {
    const repo = repository('--object-format=sha256')
    repo.commit({ 'a.sql': 'one\n' })
    repo.write('a.sql', 'two\n')
    const changes = await changeSetFromGit(repo.dir)
    expect(await text(changes.base, 'a.sql')).toBe('one\n')
    expect((await changes.head.list()).entries[0]?.oid).toBe(repo.git('hash-object', 'a.sql'))
  })
})

describe('the working tree', () => {
  test('is the head where no range is given, untracked files with it', async () => {
    const repo = repository()
    repo.commit({ '.gitignore': 'ignored/\n', 'a.sql': 'one\n', 'b.sql': 'b\n', 'c.sql': 'c\n' })
    repo.git('checkout', '-q', '-b', 'topic')
    repo.commit({ 'committed.sql': 'SELECT 1;\n' })
    repo.git('checkout', '-q', 'main')
    repo.commit({ 'main-only.sql': 'later\n' })
    repo.git('checkout', '-q', 'topic')
    repo.write('a.sql', 'one\ntwo\n')
    repo.write('db/new.sql', 'SELECT 2;\nSELECT 3;')
    repo.write('staged.sql', 'SELECT 4;\n')
    repo.write('ignored/x.sql', 'SELECT 5;\n')
    repo.git('add', 'staged.sql')
    repo.git('rm', '-q', 'b.sql')
    const changes = await changeSetFromGit(repo.dir)
    expect(changes.head.commit).toBe('worktree')
    expect(changes.base.commit).toBe(repo.git('merge-base', 'main', 'topic'))
    expect(summary(changes)).toEqual([
      'modified a.sql',
      'deleted b.sql',
      'added committed.sql',
      'added db/new.sql',
      'added staged.sql',
    ])
    expect(changes.files.map(({ hunks }) => hunks?.flatMap(({ added }) => added))).toEqual([[2], [], [1], [1, 2], [1]])
    expect(await paths(changes.head)).toEqual([
      '.gitignore',
      'a.sql',
      'c.sql',
      'committed.sql',
      'db/new.sql',
      'staged.sql',
    ])
    expect(await text(changes.head, 'db/new.sql')).toBe('SELECT 2;\nSELECT 3;')
    expect(await text(changes.head, 'ignored/x.sql')).toBeNull()
    for (const entry of (await changes.head.list()).entries) expect(entry.oid).toBe(repo.git('hash-object', entry.path))
    expect(summary(await changeSetFromGit(join(repo.dir, 'db')))).toEqual(summary(changes))
  })

  test('never runs what the repository configures', async () => {
    const repo = repository()
    repo.commit({ '.gitattributes': '*.sql filter=evil diff=evil\n', 'a.sql': 'one\n' })
    const marker = join(repo.dir, '.git', 'ran')
    const script = join(repo.dir, '.git', 'evil.sh')
    writeFileSync(script, `#!/bin/sh\necho ran >> '${marker}'\ncat\n`, { mode: 0o755 })
    for (const name of [
      'filter.evil.clean',
      'filter.evil.smudge',
      'diff.evil.textconv',
      'diff.evil.command',
      'diff.external',
      'core.fsmonitor',
      'core.pager',
    ]) {
      repo.git('config', name, script)
    }
    repo.git('config', 'filter.evil.required', 'true')
    writeFileSync(join(repo.dir, '.git', 'hooks', 'post-index-change'), `#!/bin/sh\necho ran >> '${marker}'\n`, {
      mode: 0o755,
    })
    repo.write('a.sql', 'one\ntwo\n')
    repo.write('b.sql', 'new\n')
    const changes = await changeSetFromGit(repo.dir)
    expect(summary(changes)).toEqual(['modified a.sql', 'added b.sql'])
    expect(await text(changes.head, 'a.sql')).toBe('one\ntwo\n')
    expect(existsSync(marker)).toBe(false)
    repo.git('-c', 'core.fsmonitor=', 'diff', '--stat')
    expect(existsSync(marker), 'the traps work').toBe(true)
  })

  test('does not follow a symlink out of the repository', async () => {
    const repo = repository()
    repo.commit({ 'dir/a.sql': 'one\n', 'b.sql': 'b\n' })
    repo.git('mv', 'dir', 'moved')
    symlinkSync('/etc', join(repo.dir, 'dir'))
    symlinkSync('/etc/passwd', join(repo.dir, 'passwd.sql'))
    const changes = await changeSetFromGit(repo.dir)
    expect(await text(changes.head, 'passwd.sql')).toBe('(a symlink)')
    expect(await text(changes.head, 'dir/a.sql')).toBeNull()
    expect(await paths(changes.head)).toEqual(['b.sql', 'dir', 'moved/a.sql', 'passwd.sql'])
  })

  test('in the middle of a merge is read as it lies there', async () => {
    const repo = repository()
    repo.commit({ 'a.sql': 'base\n', 'z.sql': 'z\n' })
    repo.git('checkout', '-q', '-b', 'topic')
    repo.commit({ 'a.sql': 'topic\n', 'z.sql': 'z\nz\n' })
    repo.git('checkout', '-q', 'main')
    repo.commit({ 'a.sql': 'main\n' })
    repo.git('checkout', '-q', 'topic')
    expect(() => repo.git('merge', 'main')).toThrow()
    const changes = await changeSetFromGit(repo.dir)
    expect(changes.files.map(({ path, status }) => `${status} ${path}`)).toEqual(['modified a.sql', 'modified z.sql'])
    expect(await text(changes.head, 'a.sql')).toContain('<<<<<<<')
  })
})

test('what production runs goes with a change set whose base it does not hold', async () => {
  const repo = repository()
  const main = repo.commit({ a: '1' })
  repo.git('checkout', '-q', '-b', 'feature')
  repo.commit({ b: '2' })
  repo.git('checkout', '-q', '-b', 'stacked')
  repo.commit({ c: '3' })
  const deployed = async (range: string, branch: string | null) =>
    (await withDeployed(await changeSetFromGit(repo.dir, range), repo.dir, branch)).deployed?.commit
  expect(await deployed('feature..stacked', null)).toBe(main)
  expect(await deployed('feature..stacked', 'feature')).toBeUndefined()
  expect(await deployed('main..feature', null)).toBeUndefined()
  expect(await deployed('feature..stacked', 'nowhere')).toBeUndefined()
})
