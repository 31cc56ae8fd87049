import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import type { Project } from '../../src/project/project.ts'
import { readCatalog } from '../../src/schema/catalog.ts'
import type { Schema } from '../../src/schema/model.ts'
import { prismaSql, readPrismaSchema } from '../../src/schema/prisma.ts'
import type { CorpusOptions } from './options.ts'
import type { Comparison } from './compare.ts'
import { compareSchemas } from './compare.ts'
import { freshDatabase } from './database.ts'

type Files = ReadonlyMap<string, string>

interface Source {
  readonly name: string
  readonly files: Files
}

/** A declared schema without what stands in no database: relations that the client keeps, and views, for which Prisma writes no SQL. */
export function inDatabase(schema: Schema): Schema {
  const tables = [...schema.tables].map(
    ([at, table]) => [at, { ...table, foreignKeys: table.foreignKeys.filter((fk) => fk.clientOnly !== true) }] as const,
  )
  return { ...schema, tables: new Map(tables), views: new Map() }
}

/** Runs the SQL that Prisma writes for a schema in an empty database and compares its catalogs with the model. The database is empty again afterwards. */
export async function comparePrisma(database: PGlite, schema: Schema, files: Files): Promise<Comparison> {
  const { sql } = await prismaSql(null, files)
  try {
    await database.exec(sql)
    const shown = await readCatalog(
      async (query) => (await database.query<Readonly<Record<string, unknown>>>(query)).rows,
    )
    return compareSchemas(inDatabase(schema), shown)
  } finally {
    await empty(database)
  }
}

async function empty(database: PGlite): Promise<void> {
  const { rows: extensions } = await database.query<{ readonly name: string }>(
    `SELECT quote_ident(extname) AS name FROM pg_extension WHERE extname <> 'plpgsql'`,
  )
  for (const { name } of extensions) await database.exec(`DROP EXTENSION IF EXISTS ${name} CASCADE`)
  const { rows } = await database.query<{ readonly name: string }>(
    `SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`,
  )
  for (const { name } of rows) await database.exec(`DROP SCHEMA ${name} CASCADE`)
  await database.exec('CREATE SCHEMA public')
}

const project: Project = {
  root: '',
  name: '.',
  orm: 'prisma',
  dialect: 'postgresql',
  runner: { name: 'prisma', version: null },
  schemaFiles: [],
  migrations: null,
  evidence: '',
  settings: {},
}

function sourcesIn(corpus: string): readonly Source[] {
  const found = new Map<string, Map<string, string>>()
  for (const entry of readdirSync(corpus, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.prisma')) continue
    const path = join(entry.parentPath, entry.name)
    const name = relative(corpus, dirname(path))
    found.set(
      name,
      (found.get(name) ?? new Map<string, string>()).set(relative(corpus, path), readFileSync(path, 'utf8')),
    )
  }
  return [...found].map(([name, files]) => ({ name, files })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Prints a table of the Prisma schemas of the corpus; with `repos`, those of the histories there as well. True where all agree. */
export async function run(options: CorpusOptions): Promise<boolean> {
  const database = await freshDatabase()
  let good = true
  console.log(
    '| Schema | KB | Tables | Columns | Objects | Differing | Read (ms) | Again (ms) | Memory (MB) |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  )
  for (const { name, files } of sourcesIn(options.corpus)) good = (await measure(database, name, files)) && good
  await database.close()
  if (options.repos !== null) good = (await readHistories(options.repos)) && good
  return good
}

async function measure(database: PGlite, name: string, files: Files): Promise<boolean> {
  const first = await timed(files)
  const again = await timed(files)
  const { schema, notes } = first.read
  const kilobytes = [...files.values()].reduce((sum, text) => sum + text.length, 0) / 1000
  const row = (objects: string, differing: string) =>
    console.log(
      `| ${name} | ${kilobytes.toFixed(0)} | ${schema?.tables.size ?? 0} | ${[...(schema?.tables.values() ?? [])].reduce((sum, table) => sum + table.columns.length, 0)} ` +
        `| ${objects} | ${differing} | ${first.ms} | ${again.ms} | ${(process.memoryUsage().rss / 1e6).toFixed(0)} |`,
    )
  if (schema === null || schema.dialect !== 'postgresql') {
    row('–', notes.map((note) => note.message).join(' '))
    return schema !== null
  }
  const { objects, differences } = await comparePrisma(database, schema, files)
  row(String(objects), String(differences.length))
  for (const { object, left, right } of differences.slice(0, 10))
    console.log(`\n- ${object}\n  - model:    ${left}\n  - Postgres: ${right}`)
  return differences.length === 0 && notes.length === 0
}

async function timed(
  files: Files,
): Promise<{ readonly read: Awaited<ReturnType<typeof readPrismaSchema>>; readonly ms: number }> {
  const start = performance.now()
  const read = await readPrismaSchema(files, project)
  return { read, ms: Math.round(performance.now() - start) }
}

/** Reads the schemas of a dozen commits of every repository in a folder: none may be beyond us that Prisma itself takes. */
async function readHistories(repos: string): Promise<boolean> {
  console.log(
    '\n| Repository | Schemas read | Refused by Prisma | Failed | Longest (ms) |\n| --- | --- | --- | --- | --- |',
  )
  let good = true
  for (const name of readdirSync(repos).sort()) {
    const folder = [join(repos, name, '.git'), join(repos, name, 'repo'), join(repos, name)].find((path) =>
      existsSync(join(path, 'HEAD')),
    )
    if (folder === undefined) continue
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['--git-dir', folder, ...args], { encoding: 'utf8', maxBuffer: 2 ** 30 })
    const counts = { read: 0, refused: 0, failed: 0, longest: 0 }
    const seen = new Set<string>()
    for (const commit of someCommits(git)) {
      for (const [id, files] of schemasAt(git, commit)) {
        if (seen.has(id)) continue
        seen.add(id)
        const { read, ms } = await timed(files)
        counts.longest = Math.max(counts.longest, ms)
        const failure = read.notes.find(
          (note) => note.message.includes('schema engine failed') || note.kind === 'unsupported',
        )
        if (failure !== undefined)
          console.log(`\n- ${name} ${commit.slice(0, 10)} ${failure.path}:${failure.line}: ${failure.message}`)
        if (failure !== undefined) counts.failed++
        else if (read.schema === null) counts.refused++
        else counts.read++
      }
    }
    if (seen.size > 0)
      console.log(`| ${name} | ${counts.read} | ${counts.refused} | ${counts.failed} | ${counts.longest} |`)
    good &&= counts.failed === 0
  }
  return good
}

type Git = (...args: readonly string[]) => string

function someCommits(git: Git): readonly string[] {
  const [head] = git('for-each-ref', '--format=%(objectname)', '--count=1', '--sort=-committerdate').split('\n')
  if (head === undefined || head === '') return []
  const commits = git('log', '--format=%H', head, '--', '*.prisma')
    .split('\n')
    .filter((commit) => commit !== '')
  const every = Math.max(1, Math.floor(commits.length / 12))
  return commits.filter((_, i) => i % every === 0)
}

/** The schemas of a commit, one for each folder that holds `.prisma` files, by the ids of their blobs. */
function schemasAt(git: Git, commit: string): ReadonlyMap<string, Files> {
  const folders = new Map<string, { id: string; files: Map<string, string> }>()
  for (const line of git('ls-tree', '-r', commit).split('\n')) {
    const [meta = '', path = ''] = line.split('\t')
    const [, , blob] = meta.split(' ')
    if (!path.endsWith('.prisma') || blob === undefined) continue
    const folder = folders.get(dirname(path)) ?? { id: '', files: new Map<string, string>() }
    folder.id += blob
    folder.files.set(path, git('cat-file', 'blob', blob))
    folders.set(dirname(path), folder)
  }
  return new Map([...folders.values()].map(({ id, files }) => [id, files]))
}
