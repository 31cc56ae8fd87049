import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gitTree } from '../../src/changeset/git.ts'
import { defaultConfig } from '../../src/config.ts'
import type { Project } from '../../src/project/project.ts'
import { readQueries } from '../../src/queries/read.ts'
import { emptySchema, emptyTable } from '../../src/schema/model.ts'
import type { Schema } from '../../src/schema/model.ts'

/** Files of the repository, and how many of them query. */
const files = 10_000
const querying = 700
const models = 60

const dir = mkdtempSync(join(tmpdir(), 'queries-bench-'))
try {
  write()
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', ...args], {
      cwd: dir,
      stdio: 'ignore',
    })
  }
  git('init', '-q')
  git('add', '-A')
  git('commit', '-qm', 'bench')
  const schema = schemaOf()
  const project: Project = {
    root: '',
    name: '.',
    orm: 'prisma',
    dialect: 'postgresql',
    runner: { name: 'prisma', version: null },
    schemaFiles: ['prisma/schema.prisma'],
    migrations: null,
    evidence: '',
    settings: {},
  }
  const everything = { projects: [{ project, declared: schema, after: schema }], config: defaultConfig }
  const cases = [
    ['one table in question, cold', { tables: new Set(['public.Thing7']) }],
    ['one table in question, warm', { tables: new Set(['public.Thing7']) }],
    ['another table, warm', { tables: new Set(['public.Thing40']) }],
    ['every query', {}],
    ['every query, warm', {}],
  ] as const
  for (const [name, asked] of cases) {
    const started = performance.now()
    const before = process.cpuUsage()
    const head = await gitTree(dir, 'HEAD')
    const read = await readQueries({
      changeSet: { base: head, head, files: [], truncated: false },
      ...everything,
      ...asked,
    })
    const { user, system } = process.cpuUsage(before)
    console.log(
      `${name}: ${Math.round(performance.now() - started)} ms (${Math.round((user + system) / 1000)} ms of processor), ${read.counts.files} files, ${read.counts.parsed} parsed, ${read.counts.calls} calls`,
    )
  }
} finally {
  rmSync(dir, { recursive: true, force: true })
}
process.exit(0)

function put(path: string, text: string): void {
  const full = join(dir, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
}

function write(): void {
  put('package.json', '{ "name": "bench" }')
  put('tsconfig.json', '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }')
  put(
    'prisma/schema.prisma',
    Array.from(
      { length: models },
      (_, i) => `model Thing${i} {\n  id String @id\n  owner String\n  name String\n  @@index([owner])\n}\n`,
    ).join('\n'),
  )
  put('src/db.ts', "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n")
  for (let i = 0; i < files; i++) {
    const filler = Array.from(
      { length: 40 },
      (_, n) =>
        `export function part${n}(value: number): string {\n  return value > ${n} ? \`more than \${value}\` : 'less'\n}\n`,
    ).join('\n')
    const calls = Array.from(
      { length: 4 },
      (_, n) =>
        `export const load${n} = (id: string) => prisma.thing${(i + n) % models}.findMany({ where: { owner: id }, orderBy: { name: 'asc' }, take: 20 })\n`,
    ).join('')
    put(`src/area${i % 100}/file${i}.ts`, i < querying ? `import { prisma } from '@/db'\n${calls}${filler}` : filler)
  }
}

function schemaOf(): Schema {
  const column = (name: string) => ({
    name,
    type: 'text',
    nullable: false,
    default: null,
    generated: null,
    identity: null,
    declared: [],
  })
  return {
    ...emptySchema(),
    tables: new Map(
      Array.from({ length: models }, (_, i) => {
        const table = emptyTable('public', `Thing${i}`)
        return [table.key, { ...table, columns: ['id', 'owner', 'name'].map(column) }]
      }),
    ),
  }
}
