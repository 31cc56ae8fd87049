import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gitTree } from '../../src/changeset/git.ts'
import type { Tree } from '../../src/changeset/tree.ts'
import { defaultConfig } from '../../src/config.ts'
import { detectProjects } from '../../src/project/detect.ts'
import type { Project } from '../../src/project/project.ts'
import { diffSchemas } from '../../src/schema/diff/diff.ts'
import { latestSnapshot, readDrizzleSchema, readLatestSnapshot } from '../../src/schema/drizzle.ts'
import type { Schema } from '../../src/schema/model.ts'
import type { CorpusOptions } from './options.ts'

/** How the TypeScript of one Drizzle project compares with drizzle-kit's latest snapshot. */
export interface DrizzleResult {
  readonly repository: string
  readonly project: string
  /** Commit of the trees compared. */
  readonly commit: string
  readonly dialect: string
  readonly tables: number
  readonly columns: number
  /** Objects of both sides: tables, columns, constraints, indexes, enums, views, sequences. */
  readonly objects: number
  /** What differs, one line each. */
  readonly differences: readonly string[]
  /** Objects of the TypeScript without a place of their own. */
  readonly placeless: number
  readonly milliseconds: number
  /** Memory of this process after reading, in megabytes. */
  readonly megabytes: number
  /** Why nothing was compared; null where it was. */
  readonly reason: string | null
  readonly notes: readonly string[]
}

/** Git folders under `folder`: checkouts, bare clones, and bare clones one level down; links are followed. */
export function repositoriesIn(folder: string): readonly { readonly name: string; readonly path: string }[] {
  return readdirSync(folder)
    .toSorted()
    .flatMap((name) => {
      const path = join(folder, name)
      const git = [path, join(path, 'repo')].find(
        (it) => existsSync(join(it, '.git')) || (existsSync(join(it, 'HEAD')) && existsSync(join(it, 'objects'))),
      )
      return git ? [{ name, path: git }] : []
    })
}

/** Reads every Drizzle project of the repositories under `folder` twice, from its TypeScript and from its snapshots, and compares. */
export async function compareDrizzle(
  folder: string,
  report: (result: DrizzleResult) => void,
): Promise<readonly DrizzleResult[]> {
  const results: DrizzleResult[] = []
  for (const { name, path } of repositoriesIn(folder)) {
    const tree = await gitTree(path, 'HEAD')
    const { entries } = await tree.list()
    if (!entries.some((it) => it.path.includes('drizzle') || it.path.endsWith('meta/_journal.json'))) continue
    const { projects } = await detectProjects(tree, defaultConfig)
    for (const project of projects.filter((it) => it.orm === 'drizzle')) {
      const now = await compareProject(name, tree, project)
      const then = now.differences.length > 0 ? await compareThen(name, path, tree, project) : null
      for (const result of then === null ? [now] : [now, then]) report(result)
      results.push(then ?? now)
    }
  }
  return results
}

/** The same where the latest snapshot was written, wherever it stood then: there nothing can have moved on without one. Null where the project was not found there. */
async function compareThen(name: string, git: string, tree: Tree, project: Project): Promise<DrizzleResult | null> {
  const snapshot = await latestSnapshot(tree, project)
  if (snapshot === null) return null
  const { commit, path } = writtenAt(git, snapshot)
  const then = await gitTree(git, commit)
  const { projects } = await detectProjects(then, defaultConfig)
  for (const same of projects.filter((it) => it.orm === 'drizzle'))
    if ((await latestSnapshot(then, same)) === path) return compareProject(name, then, same)
  return null
}

/** The commit that gave a snapshot what it holds, and its path there; moves and formatting do not count. */
function writtenAt(git: string, snapshot: string): { readonly commit: string; readonly path: string } {
  const run = (...words: string[]) =>
    execFileSync('git', ['-C', git, ...words], { encoding: 'utf8', maxBuffer: 1 << 28 })
  const log = run('log', '--follow', '-M100%', '--diff-filter=AM', '--name-only', '--format=%H', 'HEAD', '--', snapshot)
  const writes = [...log.matchAll(/([0-9a-f]{40})\s+(.+)/g)].map(([, commit = '', path = '']) => ({ commit, path }))
  const held = ({ commit, path }: (typeof writes)[number]) =>
    JSON.stringify(JSON.parse(run('show', `${commit}:${path}`)))
  const latest = held(writes[0]!)
  const other = writes.findIndex((it) => held(it) !== latest)
  return writes.at(other === -1 ? -1 : other - 1)!
}

const noSnapshot = 'no snapshot is kept'

/** Reads one project twice, from its TypeScript and from its latest snapshot, and compares. */
export async function compareProject(repository: string, tree: Tree, project: Project): Promise<DrizzleResult> {
  const started = performance.now()
  const typescript = await readDrizzleSchema(tree, project)
  const milliseconds = performance.now() - started
  const snapshot = await readLatestSnapshot(tree, project)
  const schema = typescript.from === 'typescript' ? typescript.schema : null
  const base = {
    repository,
    project: project.name,
    commit: tree.commit,
    dialect: project.dialect,
    milliseconds,
    megabytes: Math.round(process.memoryUsage.rss() / 1024 / 1024),
    tables: schema?.tables.size ?? 0,
    columns: [...(schema?.tables.values() ?? [])].reduce((sum, it) => sum + it.columns.length, 0),
    placeless: schema ? placeless(schema) : 0,
    notes: [...typescript.notes, ...snapshot.notes].map((it) => `${it.path}:${it.line} ${it.message}`),
  }
  const nothing = { ...base, objects: 0, differences: [] }
  if (!schema) return { ...nothing, reason: typescript.notes[0]?.message ?? 'no schema' }
  if (!snapshot.schema) return { ...nothing, reason: noSnapshot }
  const ours = objectsOf(schema)
  const theirs = objectsOf(snapshot.schema)
  const names = [...new Set([...ours.keys(), ...theirs.keys()])].toSorted()
  const changes =
    project.dialect === 'postgresql' ? diffSchemas(snapshot.schema, schema).map((it) => `diff: ${it.kind}`) : []
  const differences = names
    .filter((it) => ours.get(it) !== theirs.get(it))
    .map((it) => `${it}: TypeScript ${ours.get(it) ?? 'has none'}, snapshot ${theirs.get(it) ?? 'has none'}`)
  return { ...base, objects: names.length, differences: [...differences, ...changes], reason: null }
}

function placeless(schema: Schema): number {
  const parts = [...schema.tables.values()].flatMap((it) => [
    it,
    ...it.columns,
    ...it.indexes,
    ...it.uniques,
    ...it.foreignKeys,
    ...it.checks,
  ])
  return parts.filter(
    (it) =>
      !it.declared[0] || (it.declared[0].line === 1 && it.declared[0].endLine === 1 && it.declared[0].endColumn === 1),
  ).length
}

const client = new Set(['declared', 'documentation', 'property', 'clientDefault', 'node', 'usingNode', 'checkNode'])

/** Every object of a schema under its name, as text without what only the TypeScript knows. */
function objectsOf(schema: Schema): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const add = (name: string, value: object): void =>
    void found.set(
      name,
      JSON.stringify(value, (field, it: unknown) => (client.has(field) ? undefined : it)),
    )
  for (const table of schema.tables.values()) {
    const { columns, uniques, indexes, foreignKeys, checks, policies, triggers, exclusions, primaryKey, ...rest } =
      table
    add(`table ${table.key}`, { ...rest, order: columns.map((it) => it.name), triggers, exclusions })
    for (const it of columns) add(`column ${table.key}.${it.name}`, it)
    if (primaryKey) add(`primary key ${table.key}`, primaryKey)
    for (const [word, list] of Object.entries({
      unique: uniques,
      index: indexes,
      'foreign key': foreignKeys.filter((it) => it.clientOnly !== true),
      check: checks,
      policy: policies,
    }))
      for (const it of list) add(`${word} ${table.key} ${it.name}`, it)
  }
  for (const [word, map] of Object.entries({ enum: schema.enums, view: schema.views, sequence: schema.sequences }))
    for (const [at, it] of map) add(`${word} ${at}`, it)
  return found
}

/** Objects of a project that differ from its snapshot also at the commit that wrote it, and why, as its own code shows; whatever else differs is ours. */
const settled: Readonly<Record<string, { readonly objects: readonly string[]; readonly why: string }>> = {
  'homarr packages/db/migrations/mysql': {
    objects: [
      'foreign key .custom_widget_secret custom_widget_secret_definition_id_custom_widget_definition_id_fk',
      'foreign key .custom_widget_secret cw_secret_definition_id_cw_definition_id_fk',
      'table .custom_widget_definition',
    ],
    why: 'the snapshot was edited by hand: a foreign key whose own name is longer than the 64 characters of MySQL has a shorter one, and a column stands at the end',
  },
  'midday packages/db': {
    objects: ['column public.transactions.taxRate', 'column public.transactions.tax_rate', 'table public.transactions'],
    why: 'the snapshot was made before the column got its name: the schema of the same commit says numericCasted("tax_rate")',
  },
  'zeitwork packages/database': {
    objects: ['primary key public.vm_logs'],
    why: 'the table was renamed, and Drizzle v1 neither renames nor compares a key that nobody named ("nameExplicit": false)',
  },
}

function isSettled(it: DrizzleResult): boolean {
  const objects = it.differences
    .filter((line) => !line.startsWith('diff: '))
    .map((line) => line.split(': TypeScript')[0])
  return isDeepStrictEqual(objects.toSorted(), settled[nameOf(it)]?.objects.toSorted())
}

function nameOf({ repository, project }: DrizzleResult): string {
  return `${repository} ${project}`
}

/** The lines that show a result. */
export function drizzleLines(it: DrizzleResult): readonly string[] {
  const equal =
    it.reason ??
    `${(Math.floor((1 - it.differences.length / Math.max(1, it.objects)) * 1e4) / 100).toFixed(it.differences.length > 0 ? 2 : 0)} %`
  const numbers = [
    [it.tables, 7],
    [it.columns, 8],
    [it.objects, 8],
    [Math.round(it.milliseconds), 8],
    [it.megabytes, 6],
  ] as const
  return [
    `${`${it.repository} ${it.project}`.padEnd(52)} ${it.commit.slice(0, 9)} ${it.dialect.padEnd(10)}${numbers.map(([value, width]) => String(value).padStart(width)).join('')}  ${equal}`,
    ...it.differences.slice(0, 10).map((line) => `    ${line.slice(0, 300)}`),
    ...(it.differences.length > 10 ? [`    and ${it.differences.length - 10} more`] : []),
    ...(isSettled(it) ? [`    settled: ${settled[nameOf(it)]?.why}`] : []),
    ...(it.placeless > 0 ? [`    ${it.placeless} objects without a place of their own`] : []),
  ]
}

/**
 * The sandboxed TypeScript of every Drizzle project under `--repos DIR` against drizzle-kit's latest snapshot of it, object by object.
 * True where they are equal but for what is settled, and where no repositories are given.
 */
export async function run({ repos }: CorpusOptions): Promise<boolean> {
  if (repos === null) {
    console.log('skipped: the TypeScript is in the repositories, so give --repos DIR')
    return true
  }
  console.log(
    `${'project'.padEnd(52)} ${'commit'.padEnd(9)} ${'dialect'.padEnd(10)} tables columns objects      ms    MB  equal`,
  )
  const results = await compareDrizzle(repos, (result) => console.log(drizzleLines(result).join('\n')))
  const compared = results.filter((it) => it.reason === null)
  const same = compared.filter((it) => it.differences.length === 0)
  console.log(
    `${compared.length} compared, ${same.length} equal in all ${same.reduce((sum, it) => sum + it.objects, 0)} objects; a project whose TypeScript has moved on since is compared again at the commit that wrote the snapshot`,
  )
  return results.every(
    (it) => it.reason === noSnapshot || (it.reason === null && (it.differences.length === 0 || isSettled(it))),
  )
}
