import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Io } from '../../src/commands/io.ts'
import { planCommand } from '../../src/commands/plan.ts'

let dir: string

function put(path: string, text: string): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  writeFileSync(join(dir, path), text)
}

function commit(): void {
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-c', 'user.email=a@example.com', '-c', 'user.name=a', '-c', 'commit.gpgsign=false', ...args],
      { cwd: dir },
    )
  if (!existsSync(join(dir, '.git'))) git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'x')
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'schemagate-plan-'))
  put('migrations/1_init.up.sql', 'CREATE TABLE users (id integer PRIMARY KEY, email text, legacy integer);')
  put('migrations/1_init.down.sql', 'DROP TABLE users;')
  commit()
  put(
    'migrations/2_next.up.sql',
    'ALTER TABLE users ADD COLUMN name text;\nALTER TABLE users DROP COLUMN legacy;\nUPDATE users SET email = lower(email);',
  )
  put('migrations/2_next.down.sql', 'ALTER TABLE users DROP COLUMN name;')
  commit()
})
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

async function plan(...args: string[]): Promise<{ out: string; err: string }> {
  const written = { out: '', err: '' }
  const io: Io = {
    cwd: dir,
    isTerminal: false,
    environment: {},
    stdout: (t) => {
      written.out += t
    },
    stderr: (t) => {
      written.err += t
    },
    progress: () => {},
    readStdin: async () => '',
    writeFile: (path, text) => writeFile(path, text),
  }
  expect(await planCommand(args, io)).toBe(0)
  return written
}

describe('schemagate plan', () => {
  test('plans the first schema of a project from nothing', async () => {
    const before = dir
    dir = mkdtempSync(join(tmpdir(), 'schemagate-first-'))
    try {
      put('README.md', 'empty')
      commit()
      put('prisma/schema.prisma', 'datasource db {\n  provider = "postgresql"\n}\nmodel User {\n  id Int @id\n}\n')
      commit()
      const { out, err } = await plan('HEAD~1..HEAD')
      expect(out).toContain('  DROP TABLE "User";')
      expect(err).toBe('')
    } finally {
      rmSync(dir, { recursive: true, force: true })
      dir = before
    }
  })

  test('prints order, backfills, checks and the way back', async () => {
    const { out } = await plan('HEAD~1..HEAD')
    expect(out).toMatch(
      /^Deploy order\n=+\n\nStatements that belong before the code and statements that belong after it stand in one change/,
    )
    expect(out).toContain('CALL backfill_users_email();')
    expect(out).toContain('migrations/2_next.down.sql: it leaves out: users: + legacy integer')
  })

  test('prints the rollback alone as SQL with what to know in comments', async () => {
    const { out } = await plan('HEAD~1..HEAD', '--rollback')
    expect(out.split('\n').filter((line) => !line.startsWith('--'))).toEqual([
      'ALTER TABLE users DROP COLUMN name;',
      'ALTER TABLE users ADD COLUMN legacy integer;',
      '',
    ])
    expect(out).toContain('-- CREATE TABLE users_legacy_backup AS SELECT id, legacy FROM users;\n')
  })

  test('prints JSON and Markdown', async () => {
    expect(JSON.parse((await plan('HEAD~1..HEAD', '--format', 'json')).out)).toMatchObject({
      version: 1,
      plans: [
        {
          mixed: true,
          steps: [
            { phase: 'expand', line: 1 },
            { phase: 'contract', line: 2 },
            { phase: 'data', line: 3 },
          ],
          downs: [{ state: 'wrong' }],
          backfills: [{ name: 'users_email' }],
        },
      ],
    })
    expect((await plan('HEAD~1..HEAD', '--format', 'markdown')).out).toContain('### Rollback\n')
    expect((await plan('HEAD..HEAD')).out).toBe('No schema changes: there is nothing to plan.\n')
    expect(JSON.parse((await plan('HEAD..HEAD', '--format', 'json')).out)).toEqual({ version: 1, plans: [] })
  })

  test('writes the files of the split', async () => {
    await plan('HEAD~1..HEAD', '--write', 'out')
    const names = readdirSync(join(dir, 'out')).toSorted()
    expect(names.filter((n) => /^\d/.test(n)).map((n) => n.replace(/^\d+/, ''))).toEqual([
      '_before_the_code.down.sql',
      '_before_the_code.up.sql',
      '_after_the_code.down.sql',
      '_after_the_code.up.sql',
    ])
    expect(names).toEqual(
      expect.arrayContaining(['PLAN.md', 'backfills', 'rollback.sql', 'save-first.sql', 'ways-back']),
    )
    expect(readFileSync(join(dir, 'out/ways-back/2_next.down.sql'), 'utf8')).toContain(
      'ALTER TABLE users ADD COLUMN legacy integer;',
    )
    expect(readFileSync(join(dir, 'out/rollback.sql'), 'utf8')).toContain('ALTER TABLE users DROP COLUMN name;')
  })

  test('keeps what is no migration out of the folder of migrations', async () => {
    const { err } = await plan('HEAD~1..HEAD', '--write', 'migrations')
    expect(readdirSync(join(dir, 'migrations')).filter((n) => !n.endsWith('.sql'))).toEqual([])
    expect(readdirSync(join(dir, 'migrations-plan'))).toContain('PLAN.md')
    expect(err).toContain('they take the place of migrations/2_next.up.sql\n')
  })
})
