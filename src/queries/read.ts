import type { Note } from '../finding.ts'
import { placeOf } from '../location.ts'
import { changedLines } from './changed.ts'
import { drizzleNames } from './drizzle/models.ts'
import { codeFacts, noFacts } from './facts.ts'
import type { CodeFacts, PlaceFact } from './facts.ts'
import { interestIn } from './interest.ts'
import { closest, projectNames } from './project-names.ts'
import type { Query } from './query.ts'
import { besideOtherDatabases, withOutsideCalls } from './outside.ts'
import { reach } from './reach.ts'
import { withRepeats } from './repeats.ts'
import type { QueriedProject, ReadQueriesRequest } from './request.ts'
import { filesInQuestion, wordsFor } from './scope.ts'
import { siteReader } from './sites.ts'
import { sqlFileQueries } from './sql/files.ts'
import { evaluator } from './typescript/evaluate.ts'
import { fileKind, isCode, noFeatures } from './typescript/features.ts'
import type { Features } from './typescript/features.ts'
import { moduleResolver } from './typescript/resolver.ts'
import { openStore } from './typescript/store.ts'
import type { Chain } from './typescript/nodes.ts'
import type { World } from './typescript/value.ts'
import type { Key } from '../schema/model.ts'
import { loadParser } from '../sql/parser.ts'

export interface QueryCounts {
  /** Files of code in the tree, and how many of them were parsed. */
  readonly files: number
  readonly parsed: number
  /** Calls that send a query. */
  readonly calls: number
  /** Calls of which all is known. */
  readonly judged: number
  /** Calls of which something, or all, is put together at run time. */
  readonly dynamic: number
}

export interface QueriesRead {
  /** All queries of the head tree that could be read, changed ones marked; `project` names the one whose tables they use. */
  readonly queries: readonly (Query & { readonly project: string })[]
  /** What else of the code decides over pooling, replicas and caching. */
  readonly facts: CodeFacts
  readonly counts: QueryCounts
  /** True where only changed code and the files that set up clients were read. */
  readonly partial?: boolean
  readonly notes: readonly Note[]
}

/** Where database clients, schemas and caches are set up, by the habits of the field. */
export const setupFile =
  /(?:^|\/)(?:[\w.-]*(?:prisma|drizzle|database|redis|pool)[\w.-]*|db|client|schema)\.[cm]?[jt]s$|(?:^|\/)(?:db|database|prisma|drizzle|schema)\/(?:[\w-]+\/)?[\w.-]+\.[cm]?[jt]s$/i

/** Reads the queries of the head tree: Prisma Client, Drizzle and raw SQL in code, and `.sql` files of queries. Runs nothing of it. */
export async function readQueries(request: ReadQueriesRequest): Promise<QueriesRead> {
  const { changeSet, projects } = request
  if (projects.length === 0)
    return { queries: [], facts: noFacts, notes: [], counts: { files: 0, parsed: 0, calls: 0, judged: 0, dynamic: 0 } }
  await loadParser()
  const { entries } = await changeSet.head.list()
  const changed = changedLines(changeSet.files)
  const names = await Promise.all(projects.map((given) => projectNames(given, changeSet, entries)))
  const schemas = projects.flatMap(({ declared, after, before }) => [
    ...(declared === null ? [] : [declared]),
    after,
    ...(before === undefined ? [] : [before]),
  ])
  const store = await openStore(changeSet.head, entries, interestIn)
  const wanted = entries
    .filter((e) => e.mode !== 'symlink' && e.mode !== 'submodule' && isCode(e.path, e.size))
    .filter(
      (e) =>
        changed.has(e.path) ||
        (request.changedOnly === true
          ? setupFile.test(e.path) || request.besides?.has(e.path) === true
          : fileKind(e.path) !== 'test'),
    )
  const features = await store.features(wanted)
  const delegates = new Set(names.flatMap((n) => [...n.models.keys()]))
  const withDrizzle = projects.some((p) => p.project.orm === 'drizzle')
  const resolver = moduleResolver(
    entries,
    await store.texts(
      entries
        .filter(
          (e) =>
            /(?:^|\/)(?:package|tsconfig[\w.-]*|jsconfig)\.json$/.test(e.path) && !e.path.includes('node_modules/'),
        )
        .map((e) => e.path),
    ),
  )
  const asked = new Set<string>()
  const generated = names.flatMap((n) => n.generated)
  const settings = (path: string): QueriedProject | undefined =>
    closest(
      projects.filter((p) => p.project.orm === 'drizzle'),
      path,
    )
  const world: World = {
    module: (path) => {
      const found = store.loaded(path)
      if (found === undefined) asked.add(path)
      return found
    },
    resolve: resolver.resolve,
    target: resolver.target,
    isGenerated: (path) => generated.some((g) => path === g || path.startsWith(`${g}/`)),
    columnName: (path, property) =>
      settings(path)?.project.settings.casing === 'snake_case'
        ? property.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
        : property,
    defaultSchema: (path) => settings(path)?.after.defaultSchema ?? 'public',
  }
  const values = evaluator(world)
  const settle = async (ask: () => void): Promise<void> => {
    for (let round = 0; round < 8; round++) {
      ask()
      if (asked.size === 0) return
      await store.modules([...asked])
      asked.clear()
      values.forget()
    }
  }
  if (withDrizzle) await store.modules(wanted.filter((e) => features.get(e.path)?.definesTables).map((e) => e.path))
  let drizzle = drizzleNames([], values.evaluate, schemas)
  await settle(() => {
    if (withDrizzle) drizzle = drizzleNames(store.all(), values.evaluate, schemas)
  })
  const constants = new Map([...drizzle.tables].map(([name, table]) => [name, table.key]))
  const querying = new Set(
    wanted
      .filter(({ path }) => {
        const found = features.get(path) ?? noFeatures
        // A table that was exported under another name is told by the code alone.
        return mayQuery(found, delegates, constants) || (withDrizzle && changed.has(path) && found.tables.length > 0)
      })
      .map((e) => e.path),
  )
  const chosen =
    request.tables === undefined
      ? [...new Set([...querying, ...wanted.filter((e) => changed.has(e.path)).map((e) => e.path)])]
      : await filesInQuestion(
          { entries: wanted, features, changed, queries: (path) => querying.has(path), resolve: resolver.resolve },
          wordsFor(request.tables, names, drizzle.tables, schemas),
          store.texts,
        )
  const first = await store.modules(chosen)
  await settle(() => {
    for (const module of first)
      for (const site of module.sites)
        reach(site, module, changed.has(module.path), delegates, withDrizzle, values.evaluate)
    if (withDrizzle) drizzle = drizzleNames(store.all(), values.evaluate, schemas)
  })
  // A loop of a changed file may call a function of a file that was only asked for.
  const modules = [...first, ...store.all().filter((m) => querying.has(m.path) && !first.includes(m))]
  const reader = siteReader(names, drizzle, values.evaluate, schemas, changed)
  const queries: (Query & { readonly project: string })[] = []
  const elsewhere: PlaceFact[] = []
  const tableNames = new Set(schemas.flatMap(({ tables }) => [...tables.values()].map(({ name }) => name)))
  let calls = 0
  let dynamic = 0
  for (const module of modules) {
    for (const site of module.sites) {
      const result = reader.read(site, module)
      if (result === null) {
        const table = module.kind === 'source' ? tableIn(site.chain, tableNames) : null
        if (table === null) continue
        const place = placeOf(module.file, site.chain.start, site.chain.end)
        if (changed.touches(place)) elsewhere.push({ what: table, place, changed: true, function: null })
        continue
      }
      calls++
      if (result === 'dynamic' || result.some((q) => q.dynamic && !q.call.endsWith('(nested)'))) dynamic++
      if (result !== 'dynamic') queries.push(...result)
    }
  }
  const fromFiles = await sqlFileQueries(changeSet.head, entries, projects, changed)
  queries.push(...fromFiles)
  calls += fromFiles.length
  const parted = withOutsideCalls(besideOtherDatabases(queries), modules, values.evaluate, changed)
  const repeated = withRepeats(parted, modules, values.evaluate, changed)
  const facts = await codeFacts({
    tree: changeSet.head,
    entries,
    modules,
    evaluate: values.evaluate,
    changed,
    texts: store.texts,
    queries: repeated,
    elsewhere,
  })
  return {
    ...(request.changedOnly === true ? { partial: true } : {}),
    queries: repeated,
    facts,
    notes: modules
      .filter((m) => !m.readable && changed.has(m.path))
      .map((m) => ({
        kind: 'unparsed',
        blocking: false,
        path: m.path,
        line: 1,
        message: 'The file does not parse; its queries are not reviewed.',
      })),
    counts: { files: wanted.length, parsed: store.all().length, calls, judged: calls - dynamic, dynamic },
  }
}

/** The table that a call names as other query builders do, `from('users')` and `knex('users')`; null where it names none. */
function tableIn({ root, steps }: Chain, tables: ReadonlySet<string>): string | null {
  for (const [index, { name, args }] of steps.entries()) {
    const [first] = args ?? []
    if (first?.type !== 'Literal' || typeof first.value !== 'string') continue
    const word = name === '' && index === 0 && root.type === 'Identifier' ? root.name : name
    const table = first.value.split(/[.\s]/).at(first.value.includes('.') ? 1 : 0) ?? ''
    if (builderSteps.test(word ?? '') && steps[index - 1]?.name !== 'storage' && tables.has(table)) return table
  }
  return null
}

const builderSteps = /^(?:from|into|table|selectFrom|insertInto|updateTable|deleteFrom|knex)$/

/** True for a file of code that may hold a query or the set-up of a client. `constants` are the names of Drizzle tables. */
function mayQuery(found: Features, delegates: ReadonlySet<string>, constants: ReadonlyMap<string, Key>): boolean {
  return (
    found.raw ||
    found.setup ||
    found.transactions ||
    found.delegates.some((d) => delegates.has(d)) ||
    found.tables.some((t) => constants.has(t))
  )
}
