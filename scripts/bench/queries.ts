import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { changeSetFromGit, gitTree } from '../../src/changeset/git.ts'
import type { ChangeSet } from '../../src/changeset/tree.ts'
import { defaultConfig } from '../../src/config.ts'
import type { Project } from '../../src/project/project.ts'
import { withFormer } from '../../src/queries/former.ts'
import { readQueries } from '../../src/queries/read.ts'
import type { ReadQueriesRequest } from '../../src/queries/request.ts'
import { emptySchema, emptyTable } from '../../src/schema/model.ts'
import type { Schema } from '../../src/schema/model.ts'
import type { Measure } from './measure.ts'

/** Files of the repository, and how many of them query. */
const files = 10_000
const querying = 700
const models = 60
/** Changed files of a pull request of common size, and of a large one. */
const pullRequests = [17, 41]

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
    const table7 = new Map([['public.Thing7', null]])
    const measures = [
      await reading(dir, 'cold', 2000, { tables: table7 }),
      await reading(dir, 'warm', 300, { tables: table7 }),
      await reading(dir, 'warm, another table', 300, { tables: new Map([['public.Thing40', null]]) }),
      await reading(dir, 'every query', null, {}),
      await reading(dir, 'every query, warm', null, {}),
    ]
    for (const [index, size] of pullRequests.entries()) {
      edit(dir, index, size)
      git('commit', '-qam', 'a pull request')
      measures.push(await comparing(dir, size, 'first', 2000), await comparing(dir, size, 'again', 300))
    }
    return measures
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
  return spent(what, budget, async () => {
    const head = await gitTree(dir, 'HEAD')
    const { counts } = await readQueries(requestOf({ base: head, head, files: [], truncated: false }, asked))
    return `${counts.parsed} files parsed, ${counts.calls} calls`
  })
}

/** The last commit, read and held against its base as a review does it. */
async function comparing(dir: string, size: number, what: string, budget: number): Promise<Measure> {
  return spent(`${size} changed files with their base, ${what}`, budget, async () => {
    const request = requestOf(await changeSetFromGit(dir, 'HEAD^..HEAD'), { tables: new Map() })
    const { queries } = await withFormer(await readQueries(request), request, { plans: false })
    return `${queries.filter(({ changed }) => changed).length} of ${queries.length} queries changed`
  })
}

async function spent(what: string, budget: number | null, work: () => Promise<string>): Promise<Measure> {
  const before = process.cpuUsage()
  const came = await work()
  const { user, system } = process.cpuUsage(before)
  const time = Math.round((user + system) / 1000)
  return {
    name: `${name}, ${what}`,
    result: `${time} ms of processor, ${came}`,
    budget: budget === null ? null : `${budget} ms`,
    over: budget !== null && time > budget,
  }
}

function requestOf(changeSet: ChangeSet, asked: Pick<ReadQueriesRequest, 'tables'>): ReadQueriesRequest {
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
  return { changeSet, projects: [{ project, declared: schema, after: schema }], config: defaultConfig, ...asked }
}

/** A new query, and one that is changed, in each of so many files that query. */
function edit(dir: string, index: number, size: number): void {
  for (let i = 0; i < size; i++) {
    const path = join(dir, pathOf(i * Math.floor(querying / size)))
    const text = readFileSync(path, 'utf8').replace('take: 20', `take: ${21 + index}`)
    writeFileSync(
      path,
      `${text}export const found${index} = (name: string) => prisma.thing${i}.findFirst({ where: { name } })\n`,
    )
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
    put(dir, pathOf(i), i < querying ? `import { prisma } from '@/db'\n${calls}${filler}` : filler)
  }
}

function pathOf(i: number): string {
  return `src/area${i % 100}/file${i}.ts`
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
