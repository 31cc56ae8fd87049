import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { diffCommand } from '../../src/commands/diff.ts'
import { chooseProject } from '../../src/commands/project-choice.ts'
import type { Project } from '../../src/project/project.ts'
import type { Command, Io } from '../../src/commands/io.ts'
import { schemaCommand } from '../../src/commands/schema.ts'

const repositories: string[] = []

/** A git repository with one commit for each set of files; a file that is null goes. */
function repository(...commits: readonly Readonly<Record<string, string | null>>[]): string {
  const dir = mkdtempSync(join(tmpdir(), 'schemagate-'))
  repositories.push(dir)
  const git = (...args: string[]) =>
    execFileSync(
      'git',
      ['-c', 'user.email=a@example.com', '-c', 'user.name=a', '-c', 'commit.gpgsign=false', ...args],
      { cwd: dir },
    )
  git('init', '-q', '-b', 'main')
  for (const files of commits) {
    for (const [path, text] of Object.entries(files)) {
      if (text === null) {
        rmSync(join(dir, path))
        continue
      }
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
    }
    git('add', '-A')
    git('commit', '-q', '-m', 'x')
  }
  return dir
}

async function run(command: Command, cwd: string, ...args: string[]): Promise<{ out: string; err: string }> {
  const written = { out: '', err: '' }
  const io: Io = {
    cwd,
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
    writeFile: async () => {},
  }
  expect(await command(args, io)).toBe(0)
  return written
}

const prisma = (fields: string) => `datasource db {
  provider = "postgresql"
}

model User {
  id    Int    @id @default(autoincrement())
${fields}
}
`
const first = 'CREATE TABLE "User" (\n  "id" SERIAL PRIMARY KEY,\n  "name" TEXT\n);\n'
let one: string
let two: string

beforeAll(() => {
  one = repository(
    {
      'prisma/schema.prisma': prisma('  name  String?'),
      'prisma/migrations/1_init/migration.sql': first,
      'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
    },
    {
      'prisma/schema.prisma': prisma('  label String?\n  email String? @unique'),
      'prisma/migrations/2_next/migration.sql':
        'ALTER TABLE "User" RENAME COLUMN "name" TO "label";\nALTER TABLE "User" ADD COLUMN "email" TEXT;\nCREATE UNIQUE INDEX "User_email_key" ON "User"("email");\n',
    },
  )
  two = repository(
    {
      'a/migrations/1_a.up.sql': 'CREATE TABLE a (id integer);',
      'a/migrations/1_a.down.sql': 'DROP TABLE a;',
      'b/migrations/1_b.up.sql': 'CREATE TABLE b (id integer);',
      'b/migrations/1_b.down.sql': 'DROP TABLE b;',
    },
    {
      'a/migrations/2_x.up.sql': 'ALTER TABLE a ADD COLUMN n bigint;',
      'a/migrations/2_x.down.sql': 'ALTER TABLE a DROP COLUMN n;',
    },
  )
})
afterAll(() => {
  for (const dir of repositories) rmSync(dir, { recursive: true, force: true })
})

test('projects of one folder are told apart by the files that configure them', () => {
  const project = (evidence: string) =>
    ({ root: '', schemaFiles: [`db/${evidence}.ts`], migrations: null, evidence }) as unknown as Project
  const projects = [project('one.config.ts'), project('two.config.ts')]
  expect(() => chooseProject('schema', projects, 'db')).toThrow('--path one.config.ts, --path two.config.ts')
  for (const path of ['./two.config.ts', 'db/two.config.ts.ts'])
    expect(chooseProject('schema', projects, path).evidence).toBe('two.config.ts')
})

describe('schemagate schema', () => {
  test('prints the declared schema as JSON, the one of the migrations where it is asked for', async () => {
    const declared = JSON.parse((await run(schemaCommand, one)).out) as {
      tables: { name: string; columns: { name: string }[]; declared: object[] }[]
    }
    expect(declared.tables.map((t) => t.name)).toEqual(['User'])
    expect(declared.tables[0]!.columns.map((c) => c.name)).toEqual(['id', 'label', 'email'])
    expect(declared.tables[0]!.declared).toEqual([{ path: 'prisma/schema.prisma', line: 5, source: 'prisma' }])
    const made = JSON.parse((await run(schemaCommand, one, 'HEAD~1', '--source', 'migrations')).out) as typeof declared
    expect(made.tables[0]!.declared).toEqual([
      { path: 'prisma/migrations/1_init/migration.sql', line: 1, source: 'migrations' },
    ])
  })

  test('prints SQL and a diagram', async () => {
    expect((await run(schemaCommand, one, '--format', 'sql')).out).toContain(
      'CREATE UNIQUE INDEX "User_email_key" ON "User" (email);',
    )
    expect((await run(schemaCommand, one, '--format', 'mermaid')).out).toMatch(
      /^erDiagram\n {2}t1\["User"\] \{\n {4}integer id PK\n/,
    )
  })

  test('wants one project named where there are several, by its folder or one above it', async () => {
    await expect(schemaCommand([], { cwd: two, progress() {} } as unknown as Io)).rejects.toThrow(
      'schemagate schema: 2 projects were found; choose one: --path a/migrations, --path b/migrations',
    )
    await expect(schemaCommand(['--path', 'c'], { cwd: two, progress() {} } as unknown as Io)).rejects.toThrow(
      'no project lies there',
    )
    for (const path of ['b', './b/', 'b/migrations'])
      expect((await run(schemaCommand, two, '--path', path, '--format', 'sql')).out).toBe(
        'CREATE TABLE b (\n  id integer\n);\n',
      )
  })

  test('says what it was asked that is not there', async () => {
    await expect(schemaCommand(['--format', 'yaml'], { cwd: one } as Io)).rejects.toThrow(
      '--format yaml: it is one of json, sql, mermaid',
    )
    await expect(schemaCommand(['nowhere'], { cwd: one, progress() {} } as unknown as Io)).rejects.toThrow('nowhere')
    await expect(schemaCommand(['--source', 'drizzle'], { cwd: one, progress() {} } as unknown as Io)).rejects.toThrow(
      'from drizzle',
    )
  })
})

describe('schemagate diff', () => {
  test('prints what changes, a rename where the migration says so', async () => {
    expect((await run(diffCommand, one, 'HEAD~1..HEAD')).out).toBe(
      'User: ~ name renamed to label, + email text, + unique index User_email_key (email)\n',
    )
    expect((await run(diffCommand, one, 'HEAD~1..HEAD', '--format', 'sql')).out).toBe(
      'ALTER TABLE "User" RENAME COLUMN name TO label;\nALTER TABLE "User" ADD COLUMN email text;\nCREATE UNIQUE INDEX "User_email_key" ON "User" (email);\n',
    )
    expect((await run(diffCommand, one, 'HEAD~1..HEAD', '--format', 'mermaid')).out).toContain('email "new"')
  })

  test('is empty between equal commits', async () => {
    expect((await run(diffCommand, one, 'HEAD..HEAD')).out).toBe('No schema changes\n')
    expect((await run(diffCommand, one, 'HEAD..HEAD', '--format', 'sql')).out).toBe('')
  })

  test('prints each change with its project and place as JSON', async () => {
    expect(JSON.parse((await run(diffCommand, two, 'HEAD~1..HEAD', '--format', 'json')).out)).toMatchObject({
      changes: [{ kind: 'addColumn', table: 'public.a', name: 'n', path: 'a/migrations/2_x.up.sql', line: 1 }],
      notes: [],
    })
  })

  test('reads the working tree where no range is given', async () => {
    writeFileSync(join(two, 'b/migrations/2_y.up.sql'), 'CREATE INDEX i ON b (id);')
    expect((await run(diffCommand, two)).out).toBe('b: + index i (id)\n')
  })
})
