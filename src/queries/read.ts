import type { ChangeSet, Tree, TreeEntry } from '../changeset/tree.ts'
import type { Note } from '../engine/finding.ts'
import type { Step } from '../engine/rule.ts'
import { placeOf } from '../location.ts'
import type { Place } from '../location.ts'
import type { Key, Schema } from '../schema/model.ts'
import { loadParser } from '../sql/parser.ts'
import { changedLines } from './changed.ts'
import type { ChangedLines } from './changed.ts'
import { contextOf, functionOf, loopOf } from './context.ts'
import { drizzleQuery } from './drizzle-calls.ts'
import type { DrizzleWorld } from './drizzle-calls.ts'
import { drizzleNames } from './drizzle-models.ts'
import type { DrizzleNames } from './drizzle-models.ts'
import { codeFacts, noFacts } from './facts.ts'
import type { CodeFacts } from './facts.ts'
import { fileKind, isCode } from './features.ts'
import type { Features } from './features.ts'
import { prismaModels } from './models.ts'
import type { Model, Models } from './models.ts'
import { folderOf, moduleResolver, normalize } from './modules.ts'
import { objectOf } from './objects.ts'
import { distinctiveMethods, looksLikePrisma, prismaMethods, prismaQueries } from './prisma-calls.ts'
import type { Draft } from './prisma-calls.ts'
import { printQuery } from './print.ts'
import type { QueriedProject, ReadQueriesRequest } from './request.ts'
import type { Query, Repeat } from './query.ts'
import { rawCall, rawFragment, rawQueries } from './raw-calls.ts'
import { sqlFileQueries } from './sql-files.ts'
import { openStore } from './store.ts'
import { lookUp } from './syntax.ts'
import type { Module, Site } from './syntax.ts'
import { evaluator } from './values.ts'
import type { Value, World } from './values.ts'

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
const setupFile = /(?:^|\/)(?:[\w.-]*(?:prisma|drizzle|database|redis|pool)[\w.-]*|db|client|schema)\.[cm]?[jt]s$|(?:^|\/)(?:db|database|prisma|drizzle|schema)\/(?:[\w-]+\/)?[\w.-]+\.[cm]?[jt]s$/i

const needsUses = new Set<string>(['dropTable', 'renameTable', 'dropColumn', 'renameColumn', 'dropIndex', 'dropConstraint', 'setNotNull', 'dropDefault', 'addColumn', 'dropEnumValue', 'renameEnumValue', 'renameType', 'dropType', 'createType', 'createEnum'])

/** True where what a change does to existing code decides, so that all of it has to be read. */
export function wantsWholeTree(steps: readonly Step[]): boolean {
  return steps.some((step) => step.changes.some((change) => needsUses.has(change.kind) && !(change.kind === 'addColumn' && (change.to.nullable || change.to.default !== null))))
}

interface ProjectNames { readonly given: QueriedProject; readonly models: Models; readonly generated: readonly string[] }

/** Reads the queries of the head tree: Prisma Client, Drizzle and raw SQL in code, and `.sql` files of queries. Runs nothing of it. */
export async function readQueries(request: ReadQueriesRequest): Promise<QueriesRead> {
  const { changeSet, projects } = request
  if (projects.length === 0) return { queries: [], facts: noFacts, notes: [], counts: { files: 0, parsed: 0, calls: 0, judged: 0, dynamic: 0 } }
  await loadParser()
  const { entries } = await changeSet.head.list()
  const changed = changedLines(changeSet.files)
  const names = await Promise.all(projects.map((given) => projectNames(given, changeSet, entries)))
  const schemas = projects.flatMap(({ declared, after, before }) => [...declared === null ? [] : [declared], after, ...before === undefined ? [] : [before]])
  const store = await openStore(changeSet.head, entries)
  const wanted = entries.filter((e) => e.mode !== 'symlink' && e.mode !== 'submodule' && isCode(e.path, e.size))
    .filter((e) => changed.has(e.path) || (request.changedOnly === true ? setupFile.test(e.path) : fileKind(e.path) !== 'test'))
  const features = await store.features(wanted)
  const delegates = new Set(names.flatMap((n) => [...n.models.keys()]))
  const withDrizzle = projects.some((p) => p.project.orm === 'drizzle')
  const defining = withDrizzle ? await store.modules(wanted.filter((e) => features.get(e.path)?.definesTables).map((e) => e.path)) : []
  const constants = new Set(defining.flatMap((m) => [...m.scope.names.keys()]))
  const modules = await store.modules(candidates(wanted, features, delegates, constants, changed))
  const resolver = moduleResolver(entries, await store.texts(entries.filter((e) => /(?:^|\/)(?:package|tsconfig[\w.-]*|jsconfig)\.json$/.test(e.path) && !e.path.includes('node_modules/')).map((e) => e.path)))
  const asked = new Set<string>()
  const generated = names.flatMap((n) => n.generated)
  const settings = (path: string): QueriedProject | undefined => closest(projects.filter((p) => p.project.orm === 'drizzle'), path)
  const world: World = {
    module: (path) => {
      const found = store.loaded(path)
      if (found === undefined) asked.add(path)
      return found
    },
    resolve: resolver.resolve,
    target: resolver.target,
    isGenerated: (path) => generated.some((g) => path === g || path.startsWith(`${g}/`)),
    columnName: (path, property) => settings(path)?.project.settings.casing === 'snake_case' ? property.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase() : property,
    defaultSchema: (path) => settings(path)?.after.defaultSchema ?? 'public',
  }
  const values = evaluator(world)
  let drizzle = drizzleNames([], values.evaluate, schemas)
  for (let round = 0; round < 8; round++) {
    for (const module of modules) for (const site of module.sites) touch(site, module, delegates, withDrizzle, values.evaluate)
    if (withDrizzle) drizzle = drizzleNames(store.all(), values.evaluate, schemas)
    if (asked.size === 0) break
    await store.modules([...asked])
    asked.clear()
    values.forget()
  }
  const reader = siteReader(names, drizzle, values.evaluate, schemas, changed)
  const queries: (Query & { readonly project: string })[] = []
  let calls = 0
  let dynamic = 0
  for (const module of modules) {
    for (const site of module.sites) {
      const result = reader.read(site, module)
      if (result === null) continue
      calls++
      if (result === 'dynamic' || result.some((q) => q.dynamic && !q.call.endsWith('(nested)'))) dynamic++
      if (result !== 'dynamic') queries.push(...result)
    }
  }
  const fromFiles = await sqlFileQueries(changeSet.head, entries, projects, changed)
  queries.push(...fromFiles)
  calls += fromFiles.length
  const repeated = withRepeats(queries, modules, values.evaluate, changed)
  const facts = await codeFacts({ tree: changeSet.head, entries, modules, evaluate: values.evaluate, changed, texts: store.texts, queries: repeated })
  return {
    ...(request.changedOnly === true ? { partial: true } : {}),
    queries: repeated, facts, notes: modules.filter((m) => !m.readable && changed.has(m.path)).map((m) => ({ kind: 'unparsed', blocking: false, path: m.path, line: 1, message: 'the file does not parse; its queries are not reviewed' })),
    counts: { files: wanted.length, parsed: store.all().length, calls, judged: calls - dynamic, dynamic },
  }
}

async function projectNames(given: QueriedProject, changeSet: ChangeSet, entries: readonly TreeEntry[]): Promise<ProjectNames> {
  if (given.project.orm !== 'prisma') return { given, models: new Map(), generated: [] }
  const schema = given.declared?.defaultSchema ?? given.after.defaultSchema
  const head = await texts(changeSet.head, given.project.schemaFiles)
  const before = await texts(changeSet.base, given.project.schemaFiles)
  const models = new Map(prismaModels(head, given.project.name, schema))
  for (const [name, model] of prismaModels(before, given.project.name, schema)) {
    const now = models.get(name)
    if (now === undefined) models.set(name, model)
    else models.set(name, { ...now, fields: new Map([...model.fields, ...now.fields]), compounds: new Map([...model.compounds, ...now.compounds]) })
  }
  const generated: string[] = []
  const folders = new Set(entries.map((e) => folderOf(e.path)))
  for (const [path, text] of head) {
    for (const [block] of text.matchAll(/generator\s+\w+\s*\{[^}]*\}/g)) {
      const output = /\boutput\s*=\s*"([^"]+)"/.exec(block)?.[1]
      if (output === undefined || !/prisma-client/.test(block)) continue
      generated.push(normalize(`${folderOf(path)}/${output}`))
      if (!output.startsWith('.') && folders.has(output)) generated.push(output)
    }
  }
  return { given, models, generated }
}

async function texts(tree: Tree, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = await tree.read(paths)
  return new Map([...found].flatMap(([path, content]) => content.kind === 'text' ? [[path, content.text] as const] : []))
}

/** Files of code that may hold a query or the set-up of a client. `tables` are the constants that hold Drizzle tables. */
function candidates(entries: readonly TreeEntry[], features: ReadonlyMap<string, Features>, delegates: ReadonlySet<string>, tables: ReadonlySet<string>, changed: ChangedLines): string[] {
  return entries.filter((entry) => {
    if (changed.has(entry.path)) return true
    const found = features.get(entry.path)
    if (found === undefined) return false
    return found.raw || found.setup || found.transactions || found.delegates.some((d) => delegates.has(d)) || found.tables.some((t) => tables.has(t))
  }).map((e) => e.path)
}

const tableSteps = new Set(['from', 'insert', 'update', 'delete', '$count', 'leftJoin', 'rightJoin', 'innerJoin', 'fullJoin'])

/** Asks for what a chain starts from and for the tables in it, so that the modules they come from are known to be wanted. */
function touch(site: Site, module: Module, delegates: ReadonlySet<string>, withDrizzle: boolean, evaluate: (node: Site['chain']['root'], scope: Site['scope'], module: Module) => Value | null): void {
  const { root, steps } = site.chain
  let asked = false
  for (const [index, step] of steps.entries()) {
    const name = step.name ?? ''
    const prisma = name in prismaMethods && delegates.has(steps[index - 1]?.name ?? '')
    const raw = name.startsWith('$') || step.template !== null || name === 'query' || name === 'unsafe' || name === 'execute'
    const drizzle = withDrizzle && (tableSteps.has(name) || name === 'query')
    if (!asked && (prisma || raw || drizzle)) {
      evaluate(root, site.scope, module)
      asked = true
    }
    if (!drizzle || !tableSteps.has(name)) continue
    const first = step.args?.[0]
    if (first !== undefined && first.type !== 'SpreadElement') evaluate(first, site.scope, module)
  }
}

function closest(projects: readonly QueriedProject[], path: string): QueriedProject | undefined {
  return [...projects].sort((a, b) => shared(b.project.root, path) - shared(a.project.root, path))[0]
}

function shared(root: string, path: string): number {
  return root === '' ? 0 : path.startsWith(`${root}/`) ? root.length : -1
}

interface SiteReader {
  read(site: Site, module: Module): (Query & { readonly project: string })[] | 'dynamic' | null
}

function siteReader(names: readonly ProjectNames[], drizzle: DrizzleNames, evaluate: (node: Site['chain']['root'], scope: Site['scope'], module: Module) => Value | null, schemas: readonly Schema[], changed: ChangedLines): SiteReader {
  const drizzleWorld: DrizzleWorld = { evaluate, column: drizzle.column, table: (name) => drizzle.tables.get(name) ?? null, relation: drizzle.relation, schemas }
  const projectOf = (table: Key, path: string): string => {
    const having = names.filter(({ given }) => given.after.tables.has(table) || given.declared?.tables.has(table) === true || given.before?.tables.has(table) === true)
    return closest(having.map((n) => n.given), path)?.project.name ?? names[0]?.given.project.name ?? '.'
  }
  const known = (table: Key): boolean => names.some(({ given }) => given.after.tables.has(table) || given.declared?.tables.has(table) === true || given.before?.tables.has(table) === true || given.after.views.has(table))

  const finish = (draft: Draft, site: Site, module: Module, client: Value | null, project: string): Query & { readonly project: string } => {
    const { start, end, ...rest } = draft
    const place: Place = placeOf(module.file, start, end)
    const branches: string[] = []
    for (let at = site.frame; at !== null && at.kind !== 'function'; at = at.parent) if (at.kind === 'branch') branches.push(at.test)
    let query: Query & { readonly project: string } = {
      ...rest, place, context: contextOf(site.frame, module, site.scope, evaluate, client), changed: changed.touches(place), project,
      branches, variable: site.variable, ...(client?.is === 'prisma' && client.replica !== null ? { replica: client.replica } : {}),
    }
    if (isCached(site)) query = { ...query, cached: true }
    const schema = names.find((n) => n.given.project.name === project)?.given.after
    // A plan is asked for what the pull request changes.
    return query.sql === null && query.changed ? { ...query, sql: printQuery(query, schema) } : query
  }

  const receiverOf = (site: Site, module: Module, upTo: number): Value | null => {
    const { chain } = site
    if (upTo === 0) return evaluate(chain.root, site.scope, module)
    const object = objectBefore(site, upTo)
    return object === null ? null : evaluate(object, site.scope, module)
  }

  const asPrisma = (site: Site, module: Module): (Query & { readonly project: string })[] | 'dynamic' | null => {
    const { steps } = site.chain
    const at = steps.findIndex((s, i) => s.args !== null && s.name !== null && s.name in prismaMethods && i >= 1 && steps[i - 1]?.args === null && steps[i - 1]?.template === null)
    const step = steps[at]
    if (step?.args == null || step.name === null) return null
    if (steps[at - 2]?.name === 'query') return null
    const delegate = steps[at - 1]?.name ?? null
    const client = receiverOf(site, module, at - 1)
    if (client !== null && client.is !== 'prisma' && client.is !== 'instance') return null
    if (delegate === null) return client?.is === 'prisma' ? 'dynamic' : null
    const model = modelOf(delegate, client?.is === 'prisma' ? client.origin : null, module.path, names)
    if (model === null) return null
    const first = step.args[0]
    const argument = first === undefined || first.type === 'SpreadElement' ? null : { node: first, scope: site.scope, module }
    if (client?.is !== 'prisma') {
      const object = argument === null ? null : objectOf(argument, evaluate)
      const called = at >= 2 ? steps[at - 2]?.name ?? '' : site.chain.root.type === 'Identifier' ? site.chain.root.name : ''
      const bare = argument === null && step.name === 'count' && /^(?:prisma|db|tx|trx)$/i.test(called)
      if (!distinctiveMethods.test(step.name) && !bare && (object === null || !looksLikePrisma(object))) return null
      if (distinctiveMethods.test(step.name) && step.args.length > 1) return null
    }
    const drafts = prismaQueries(step.name, model, argument, { start: site.chain.start, end: site.chain.end }, modelsOf(model, names), evaluate, module)
    return drafts.map((draft) => finish(draft, site, module, client, model.project))
  }

  return {
    read(site, module) {
      const prisma = asPrisma(site, module)
      if (prisma !== null) return prisma
      const built = drizzleQuery(site.chain, site.scope, module, drizzleWorld)
      if (built === 'dynamic') return 'dynamic'
      if (built !== null) {
        const root = evaluate(site.chain.root, site.scope, module)
        const reused = site.used === 'assigned' && !site.awaited && site.variable !== null
        return [finish(reused ? { ...built, dynamic: true } : built, site, module, root, projectOf(built.tables[0]?.table ?? '', module.path))]
      }
      const raw = rawCall(site.chain, site.scope, module, evaluate, (upTo) => {
        const value = receiverOf(site, module, upTo)
        if (value === null) return null
        return value.is === 'prisma' || value.is === 'drizzle' || value.is === 'pg' ? value.is : value.is === 'instance' ? null : 'other'
      }, drizzleWorld)
      if (raw !== null) {
        const client = evaluate(site.chain.root, site.scope, module)
        const drafts = rawQueries(raw, schemas).filter((d) => d.tables.some((t) => known(t.table)))
        if (drafts.length === 0) {
          if (raw.unsafe.length === 0) return raw.sql === null ? 'dynamic' : null
          const nothing: Draft = { start: raw.start, end: raw.end, client: raw.client, call: raw.call, operation: 'other', tables: [], predicates: [], ordering: [], joins: [], writes: null, limit: null, offset: null, sql: null, dynamic: true, unsafe: raw.unsafe }
          return [finish(nothing, site, module, client, projectOf('', module.path))]
        }
        return drafts.map((d, i) => finish(i === 0 ? { ...d, unsafe: raw.unsafe } : d, site, module, client, projectOf(d.tables[0]?.table ?? '', module.path)))
      }
      const fragment = rawFragment(site.chain, site.scope, module, evaluate)
      if (fragment !== null && fragment.length > 0) {
        const nothing: Draft = { start: site.chain.start, end: site.chain.end, client: 'drizzle', call: 'raw', operation: 'other', tables: [], predicates: [], ordering: [], joins: [], writes: null, limit: null, offset: null, sql: null, dynamic: true, unsafe: fragment }
        return [finish(nothing, site, module, null, projectOf('', module.path))]
      }
      return null
    },
  }
}

/** True inside of a function that a cache of the framework calls. */
function isCached(site: Site): boolean {
  for (let at = site.frame; at !== null; at = at.parent) {
    const root = at.kind === 'function' ? at.argumentOf?.chain.root : undefined
    if (root?.type === 'Identifier' && root.name === 'unstable_cache') return true
  }
  return false
}

/** The expression in front of a step of a chain: `a.b` of `a.b.c()` at `c`. */
function objectBefore(site: Site, upTo: number): Site['chain']['root'] | null {
  const step = site.chain.steps[upTo]
  return step === undefined ? null : step.object
}

function modelOf(delegate: string, origin: string | null, path: string, names: readonly ProjectNames[]): Model | null {
  const having = names.filter((n) => n.models.has(delegate))
  const exact = origin === null ? [] : having.filter((n) => n.generated.some((g) => origin === g || origin.startsWith(`${g}/`)))
  const pool = exact.length > 0 ? exact : having
  const project = closest(pool.map((n) => n.given), path)
  return pool.find((n) => n.given === project)?.models.get(delegate) ?? null
}

function modelsOf(model: Model, names: readonly ProjectNames[]): Models {
  return names.find((n) => n.given.project.name === model.project)?.models ?? new Map()
}

/** Notes the loops that call a function of the same file, or an imported one, in which a query stands. */
function withRepeats(queries: readonly (Query & { readonly project: string })[], modules: readonly Module[], evaluate: (node: Site['chain']['root'], scope: Site['scope'], module: Module) => Value | null, changed: ChangedLines): (Query & { readonly project: string })[] {
  const loops: { target: string; repeat: Repeat }[] = []
  for (const module of modules) {
    for (const site of module.sites) {
      const last = site.chain.steps.at(-1)
      if (last?.args == null || last.name === null) continue
      const loop = loopOf(site.frame, module)
      if (loop === null) continue
      if (!(site.chain.steps.length === 1 && last.name === '') && !(site.chain.root.type === 'ThisExpression' && site.chain.steps.length === 1)) continue
      const node = site.chain.root
      const value = node.type === 'ThisExpression' ? null : evaluate(node, site.scope, module)
      const name = node.type === 'ThisExpression' ? last.name : node.type === 'Identifier' ? node.name : null
      if (name === null) continue
      const path = value?.is === 'function' ? value.module.path : node.type === 'ThisExpression' ? module.path : null
      if (path === null) continue
      const own = value?.is === 'function' ? value.node.id?.name ?? exportedName(value.module, name, module) : name
      const place = placeOf(module.file, site.chain.start, site.chain.end)
      if (isRemembering(node, site, module)) continue
      if (functionOf(site.frame)?.name === own && path === module.path) continue
      loops.push({ target: `${path}\n${own}`, repeat: { place, changed: changed.touches(place), function: own, loop, file: fileKind(module.path) } })
    }
  }
  if (loops.length === 0) return [...queries]
  const byTarget = new Map<string, Repeat[]>()
  for (const { target, repeat } of loops) byTarget.set(target, [...byTarget.get(target) ?? [], repeat])
  return queries.map((query) => {
    const found = query.context.function === null || query.context.loop !== null ? undefined : byTarget.get(`${query.place.path}\n${query.context.function}`)
    return found === undefined ? query : { ...query, repeats: found }
  })
}

/** True for a function that a cache or a loader gives, which asks once for each key or for all of them together. */
function isRemembering(node: Site['chain']['root'], site: Site, module: Module): boolean {
  if (node.type !== 'Identifier') return false
  const binding = lookUp(site.scope, node.name)
  if (/cache|memo|loader/i.test(node.name)) return true
  return binding?.is === 'variable' && binding.init !== null && /cache|memo|loader/i.test(module.file.text.slice(binding.init.start, Math.min(binding.init.end, binding.init.start + 60)))
}

/** A function that a constant holds has the name of the constant. */
function exportedName(target: Module, local: string, from: Module): string {
  const binding = from.scope.names.get(local)
  const name = binding?.is === 'import' ? binding.name : local
  const found = target.exports.get(name)
  return found?.is === 'local' ? found.name : name
}
