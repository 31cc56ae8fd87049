import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gitTree } from '../../src/changeset/git.ts'
import { defaultConfig } from '../../src/config.ts'
import type { Project } from '../../src/project/project.ts'
import { readQueries } from '../../src/queries/read.ts'
import type { ReadQueriesRequest } from '../../src/queries/request.ts'
import { emptySchema, emptyTable } from '../../src/schema/model.ts'
import type { Schema } from '../../src/schema/model.ts'
import type { Measure } from './measure.ts'

/** Files of the repository, and how many of them query. */
const files = 10_000
const querying = 700
const models = 60

const name = `queries of a repository of ${files} files`

/** Processor time of reading the queries that one pull request asks for, with nothing kept from before and again. The machine's other load is not in it. */
export async function measure(): Promise<readonly Measure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'queries-bench-'))
  try {
    write(dir)
    const git = (...args: string[]): void => {
      execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', ...args], {
        cwd: dir,
        stdio: 'ignore',
      })
    }
    git('init', '-q')
    git('add', '-A')
    git('commit', '-qm', 'bench')
    return [
      await reading(dir, 'cold', 2000, { tables: new Map([['public.Thing7', null]]) }),
      await reading(dir, 'warm', 300, { tables: new Map([['public.Thing7', null]]) }),
      await reading(dir, 'warm, another table', 300, { tables: new Map([['public.Thing40', null]]) }),
      await reading(dir, 'every query', null, {}),
      await reading(dir, 'every query, warm', null, {}),
    ]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function reading(
  dir: string,
  what: string,
  budget: number | null,
  asked: Pick<ReadQueriesRequest, 'tables'>,
): Promise<Measure> {
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
  const before = process.cpuUsage()
  const head = await gitTree(dir, 'HEAD')
  const { counts } = await readQueries({
    changeSet: { base: head, head, files: [], truncated: false },
    projects: [{ project, declared: schema, after: schema }],
    config: defaultConfig,
    ...asked,
  })
  const { user, system } = process.cpuUsage(before)
  const spent = Math.round((user + system) / 1000)
  return {
    name: `${name}, ${what}`,
    result: `${spent} ms of processor, ${counts.parsed} files parsed, ${counts.calls} calls`,
    budget: budget === null ? null : `${budget} ms`,
    over: budget !== null && spent > budget,
  }
}

function put(dir: string, path: string, text: string): void {
  const full = join(dir, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
}

function write(dir: string): void {
  put(dir, 'package.json', '{ "name": "bench" }')
  put(dir, 'tsconfig.json', '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }')
  put(
    dir,
    'prisma/schema.prisma',
    Array.from(
      { length: models },
      (_, i) => `model Thing${i} {\n  id String @id\n  owner String\n  name String\n  @@index([owner])\n}\n`,
    ).join('\n'),
  )
  put(dir, 'src/db.ts', "import { PrismaClient } from '@prisma/client'\nexport const prisma = new PrismaClient()\n")
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
    put(
      dir,
      `src/area${i % 100}/file${i}.ts`,
      i < querying ? `import { prisma } from '@/db'\n${calls}${filler}` : filler,
    )
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
