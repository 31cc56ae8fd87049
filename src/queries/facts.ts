import type { Expression, NewExpression } from 'oxc-parser'
import type { Tree, TreeEntry } from '../changeset/tree.ts'
import { placeOf } from '../location.ts'
import type { Place } from '../location.ts'
import type { ChangedLines } from './changed.ts'
import { ownPool } from './drizzle/pools.ts'
import { readPackages } from './packages.ts'
import type { Query, QueryContext } from './query.ts'
import { remoteCall } from './remote.ts'
import { hostOf, readSettings } from './settings.ts'
import type { DatabaseUrl, Datasource, Hosting } from './settings.ts'
import { transactionAt } from './transactions.ts'
import { fileKind } from './typescript/features.ts'
import { functionOf } from './typescript/frames.ts'
import { lookUp } from './typescript/module.ts'
import type { Frame, FunctionFrame, Module, Scope } from './typescript/module.ts'
import { unwrap } from './typescript/nodes.ts'
import { objectOf, sourceOf } from './typescript/objects.ts'
import type { Evaluate, Located } from './typescript/objects.ts'
import type { Value } from './typescript/value.ts'

/** What code and configuration of a repository say about connections, replicas and caches, beside its queries. */
export interface CodeFacts {
  /** Every place that makes a database client or a pool. */
  readonly clients: readonly ClientFact[]
  /** Where replicas are set up: `readReplicas`, `withReplicas`. */
  readonly replicas: readonly PlaceFact[]
  /** Extensions of a client that nothing takes, with the name of each or `the extension`. */
  readonly discarded: readonly PlaceFact[]
  /** Where a cache is set up or used: Redis, `unstable_cache`, `use cache`, Accelerate. */
  readonly caches: readonly PlaceFact[]
  /** Calls that leave the process while a transaction is open. */
  readonly remoteCalls: readonly RemoteCall[]
  readonly datasources: readonly Datasource[]
  readonly urls: readonly DatabaseUrl[]
  readonly hosting: readonly Hosting[]
  /** Applications that run modules again in development, with the folder that holds them. */
  readonly frameworks: readonly { readonly name: string; readonly folder: string; readonly path: string }[]
  /** What sends queries that are not read, such as another query builder. */
  readonly unread: readonly string[]
  /** Calls of the pull request that name a table and are of no client whose queries are read. */
  readonly elsewhere: readonly PlaceFact[]
  /** Configuration of a pooler in the repository. */
  readonly poolers: readonly { readonly path: string; readonly line: number; readonly what: string }[]
}

export interface PlaceFact {
  readonly what: string
  readonly place: Place
  readonly changed: boolean
  /** Name of the function around it; null at the top of its module. */
  readonly function: string | null
}

export interface ClientFact extends PlaceFact {
  readonly library: 'prisma' | 'pg' | 'postgres' | 'neon' | 'drizzle'
  readonly file: QueryContext['file']
  /** Names of the options that are given, of all arguments; `...` among them where others may be. Null where none is known. */
  readonly options: readonly string[] | null
  /** True where the module keeps the client on `globalThis`, so that a hot reload finds it again. */
  readonly kept: boolean
  /** True where it is made on every call of a function that is no factory. */
  readonly perCall: boolean
  /** The function that returns a new one each time, where its own module does not call it; null where there is none. */
  readonly onDemand: string | null
  /** Text of the call, one line. */
  readonly text: string
  /** The variables of the environment that its file names. */
  readonly variables: readonly string[]
  /** True for a PrismaClient whose adapter is given a pool: its connections are those of the pool. */
  readonly borrows: boolean
  /** Where the class of a PrismaClient comes from, as a path or a package; null where that is not known. */
  readonly origin: string | null
  /** The file that says where it runs; null where none does. */
  readonly host: Hosting | null
  /** The folder of the package that it stands in, `''` for the root of the repository. */
  readonly package: string
}

export interface RemoteCall {
  readonly call: string
  readonly place: Place
  readonly changed: boolean
  readonly transaction: Place
  readonly file: QueryContext['file']
}

/** No facts at all, for tests and for reviews without code. */
export const noFacts: CodeFacts = {
  clients: [],
  replicas: [],
  discarded: [],
  caches: [],
  remoteCalls: [],
  datasources: [],
  urls: [],
  hosting: [],
  frameworks: [],
  unread: [],
  elsewhere: [],
  poolers: [],
}

export interface FactsRequest {
  readonly tree: Tree
  readonly entries: readonly TreeEntry[]
  readonly modules: readonly Module[]
  readonly evaluate: Evaluate
  readonly changed: ChangedLines
  readonly texts: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>
  readonly queries: readonly Query[]
  readonly elsewhere: readonly PlaceFact[]
}

const factory =
  /^on(?:Module|Application)[A-Z]|^(?:create|make|get|build|init|new|connect|setup|start|boot|bootstrap|register|open|use)(?![a-z])|[sS]ingleton|[fF]actory|[cC]lient|[iI]nstance|constructor|[pP]ool/

const handlerNames = /^(?:GET|POST|PUT|PATCH|DELETE|HEAD|handler|loader|action|getServerSideProps|onRequest\w*)$/
const routeSteps = new Set(['get', 'post', 'put', 'patch', 'delete', 'all', 'use', 'query', 'mutation'])

/** True for a function that runs once for each request: a route handler by its name, or a callback that a router takes. */
function answersRequests(own: FunctionFrame): boolean {
  if (own.argumentOf === null) return own.name !== null && handlerNames.test(own.name)
  const { chain, step, index } = own.argumentOf
  return (
    index > 0 &&
    chain.root.type === 'Identifier' &&
    /^(?:app|router|server|fastify|api|\w*[rR]outer)$/.test(chain.root.name) &&
    routeSteps.has(chain.steps[step]?.name ?? '')
  )
}

/** Collects the facts from parsed modules and from configuration files. */
export async function codeFacts(request: FactsRequest): Promise<CodeFacts> {
  const { modules, evaluate, changed } = request
  const clients: Omit<ClientFact, 'host' | 'package'>[] = []
  const replicas: PlaceFact[] = []
  const discarded: PlaceFact[] = []
  const caches: PlaceFact[] = []
  const remoteCalls: RemoteCall[] = []
  for (const module of modules) {
    const variables = variablesOf(module.file.text)
    const lendsPool = module.constructions.some(
      ({ node, scope }) =>
        /^Prisma(?:Pg|Neon)$/.test(sourceOf({ node: node.callee, scope, module })) &&
        node.arguments.some((a) => a.type !== 'SpreadElement' && evaluate(a, scope, module)?.is === 'pg'),
    )
    const fact = (what: string, start: number, end: number, frame: Frame | null): PlaceFact => {
      const place = placeOf(module.file, start, end)
      return { what, place, changed: changed.touches(place), function: functionOf(frame)?.name ?? null }
    }
    const client = (
      library: ClientFact['library'],
      node: { start: number; end: number },
      args: readonly Expression[],
      frame: Frame | null,
      scope: Scope,
      origin: string | null = null,
    ): void => {
      const own = functionOf(frame)
      const { text } = module.file
      // A parameter falls back on it where its caller has none.
      if (/[(,]\s*\w+\s*(?::\s*[\w.]+\s*)?=\s*$/.test(text.slice(Math.max(0, node.start - 80), node.start))) return
      // What is returned or kept by an object is not left behind.
      const handed = /(?:\breturn\s+(?:await\s+)?|=>\s*\(?|\bthis\.#?\w+\s*(?:\?\?|\|\|)?=\s*)$/.test(
        text.slice(Math.max(0, node.start - 80), node.start),
      )
      const closed = own !== null && /\.\$disconnect\(|\.end\(|\.close\(/.test(text.slice(own.node.start, own.node.end))
      const before = text.slice(Math.max(0, node.start - 80), node.start)
      const taken = /(?:const|let|var)\s+(\w+)(?:\s*:[^=]+)?\s*=\s*(?:await\s+)?$/.exec(before)?.[1]
      const returned =
        /(?:\breturn\s+(?:await\s+)?|=>\s*\(?)$/.test(before) ||
        (own !== null &&
          taken !== undefined &&
          new RegExp(String.raw`\breturn\s+${taken}\b(?!\s*[.?[(])`).test(text.slice(own.node.start, own.node.end)))
      const name = own?.argumentOf === null ? own.name : null
      const isCalled = name === null || new RegExp(`(?:[=(,?|:]|\\b(?:await|return))\\s*${name}\\(`).test(text)
      // A function that is given the maker of the client decides how often it is made, and mostly keeps what it makes.
      const kept =
        /\bglobalThis\b|\bglobal\s*\.|\bglobal as\b/.test(text) ||
        (own !== null && own.argumentOf !== null && returned && !answersRequests(own))
      const made = fact(library, node.start, node.end, frame)
      clients.push({
        ...made,
        // An option more does not make a client that was there a new one.
        changed: changed.touches({ ...made.place, endLine: made.place.line }),
        library,
        origin,
        file: module.kind,
        kept,
        options: optionsOf(args, scope, module, evaluate),
        perCall:
          own !== null &&
          !handed &&
          !returned &&
          (answersRequests(own) ||
            (!closed &&
              own.argumentOf === null &&
              own.name !== null &&
              !factory.test(own.name) &&
              // What a module calls as it is loaded runs once.
              !new RegExp(String.raw`^(?:void\s+|await\s+)?${own.name.replaceAll('$', String.raw`\$`)}\(`, 'm').test(
                text,
              ))),
        onDemand: returned && !kept && !isCalled ? name : null,
        text: sourceOf({ node: { type: 'Literal', value: null, raw: null, ...node } as Expression, scope, module }),
        variables,
        borrows: library === 'prisma' && lendsPool,
      })
    }
    // A class of its own that a framework makes once: NestJS' PrismaService.
    for (const binding of module.scope.names.values()) {
      if (
        binding.is !== 'class' ||
        binding.node.superClass === null ||
        evaluate(binding.node.superClass, binding.scope, module)?.is !== 'prismaClass'
      )
        continue
      const { start, end } = binding.node.superClass
      clients.push({
        ...fact('prisma', start, end, null),
        library: 'prisma',
        origin: null,
        file: module.kind,
        kept: true,
        options: [],
        perCall: false,
        onDemand: null,
        text: 'extends PrismaClient',
        variables,
        borrows: lendsPool,
      })
    }
    for (const { node, scope, frame } of module.constructions) {
      const args = node.arguments.flatMap((a) => (a.type === 'SpreadElement' ? [] : [a]))
      const value = evaluate(node, scope, module)
      const callee = evaluate(node.callee, scope, module)
      const name = sourceOf({ node: node.callee, scope, module })
      if (value?.is === 'prisma') {
        client('prisma', node, args, frame, scope, value.origin)
        if (value.replica === true) replicas.push(fact('a client of a replica', node.start, node.end, frame))
      }
      // A database in the process itself has no pool.
      const embedded = callee?.is === 'package' && callee.source === '@electric-sql/pglite'
      if (value?.is === 'pg' && !embedded)
        client(value.library === '@neondatabase/serverless' ? 'neon' : 'pg', node, args, frame, scope)
      else if (isQueue(module.file.text.slice(node.start, node.end), module)) continue
      else if (callee?.is === 'package' && /redis|keyv|lru-cache|node-cache|memcached|valkey/i.test(callee.source))
        caches.push(fact(callee.source, node.start, node.end, frame))
      else if (/^(?:IO)?Redis$/.test(name)) caches.push(fact('redis', node.start, node.end, frame))
    }
    for (const site of module.sites) {
      const { chain, scope, frame } = site
      const root = chain.root.type === 'Identifier' ? chain.root.name : ''
      const first = chain.steps[0]
      const args = (first?.args ?? []).flatMap((a) => (a.type === 'SpreadElement' ? [] : [a]))
      const callee = first?.name === '' && root !== '' ? evaluate(chain.root, scope, module) : null
      const source = packageOf(callee)
      if (source === 'postgres' || (root === 'postgres' && first?.args != null && first.name === ''))
        client('postgres', { start: chain.start, end: chain.end }, args, frame, scope)
      else if (source === '@neondatabase/serverless')
        client('neon', { start: chain.start, end: chain.end }, args, frame, scope)
      else if (first?.name === '' && (root === 'drizzle' || (callee?.is === 'package' && callee.name === 'drizzle'))) {
        const own = ownPool(source, args)
        if (own === null) client('drizzle', { start: chain.start, end: chain.end }, args, frame, scope)
        else if (own !== 'none') client(own.library, { start: chain.start, end: chain.end }, own.args, frame, scope)
      } else if (root === 'withReplicas') replicas.push(fact('withReplicas', chain.start, chain.end, frame))
      else if (root === 'unstable_cache' || root === 'cacheTag' || root === 'cacheLife')
        caches.push(fact(root, chain.start, chain.end, frame))
      else if (/\bcreateClient$/.test(first?.name === '' ? root : (first?.name ?? ''))) {
        const from = first?.name === '' ? source : packageOf(evaluate(chain.root, scope, module))
        if (/redis/.test(from)) caches.push(fact(from, chain.start, chain.end, frame))
      }
      const extend = chain.steps.find((s) => s.name === '$extends' && s.args !== null)
      if (extend !== undefined) {
        const inner = extend.args?.[0]
        const text = inner === undefined ? '' : module.file.text.slice(inner.start, inner.end)
        const isLast = chain.steps.at(-1) === extend
        if (isLast && site.used === 'dropped' && isPrisma(evaluate(chain.root, scope, module), evaluate))
          discarded.push(fact(/^(\w+)\(/.exec(text)?.[1] ?? 'the extension', chain.start, chain.end, frame))
        else if (text.startsWith('readReplicas(')) replicas.push(fact('readReplicas', chain.start, chain.end, frame))
        if (text.startsWith('withAccelerate(')) caches.push(fact('withAccelerate', chain.start, chain.end, frame))
      }
      const remote = remoteCall(site, module)
      const transaction = remote === null ? null : transactionAt(site, module, evaluate)
      if (remote !== null && transaction !== null) {
        const place = placeOf(module.file, chain.start, chain.end)
        remoteCalls.push({
          call: remote,
          place,
          changed: changed.touches(place),
          transaction: transaction.place,
          file: module.kind,
        })
      }
    }
    if (module.directives.includes('use cache')) caches.push(fact('use cache', 0, 1, null))
  }
  for (const query of request.queries)
    if (query.cached === true)
      caches.push({
        what: 'cacheStrategy',
        place: query.place,
        changed: query.changed,
        function: query.context.function,
      })
  const settings = await readSettings(request.entries, request.texts)
  const packages = await readPackages(request.entries, request.texts)
  return {
    ...settings,
    unread: packages.unread,
    elsewhere: request.elsewhere,
    clients: clients.map((one) => ({
      ...one,
      host: hostOf(settings.hosting, one.place.path, packages),
      package: packages.holding(one.place.path),
    })),
    // A replica of an extension that nothing takes is asked by nobody.
    replicas: replicas.filter(
      ({ place }) => !discarded.some((one) => one.what === 'readReplicas' && one.place.path === place.path),
    ),
    discarded,
    caches: caches.filter(({ place }) => keepsRows(place.path)),
    remoteCalls,
  }
}

/** True for a PrismaClient, and for an object of a class that is one. */
function isPrisma(value: Value | null, evaluate: Evaluate): boolean {
  if (value?.is !== 'instance') return value?.is === 'prisma'
  const { node, scope, module } = value
  return node.superClass !== null && evaluate(node.superClass, scope, module)?.is === 'prismaClass'
}

function packageOf(value: Value | null): string {
  return value?.is === 'package' ? value.source : ''
}

/** The variables of the environment that code names, however it reaches them: `process.env.DATABASE_URL`, `env.DATABASE_URL`. */
function variablesOf(text: string): readonly string[] {
  return [...text.matchAll(/\benv(?:\.|\[['"])([A-Z][A-Z0-9_]*)/g)].map(([, name = '']) => name)
}

/** BullMQ asks for connections without a limit of retries: such a one keeps no rows, unless its module also reads and sets keys. */
function isQueue(text: string, module: Module): boolean {
  return /maxRetriesPerRequest:\s*null/.test(text) && !/\.(?:setex|mget|hget|get|set)\(/.test(module.file.text)
}

/** Redis behind a queue, a socket or a limit of requests keeps no rows. */
const noCache = /queue|bull|pub-?sub|socket|rate-?limit|throttle/i

function keepsRows(path: string): boolean {
  return fileKind(path) === 'source' && !noCache.test(path)
}

function optionsOf(
  args: readonly Expression[],
  scope: Scope,
  module: Module,
  evaluate: Evaluate,
): readonly string[] | null {
  const names: string[] = []
  let known = true
  for (const node of args) {
    const object = objectOf({ node, scope, module }, evaluate)
    if (object !== null) {
      names.push(...object.properties.map((p) => p.name))
      known &&= object.complete
      // Since Prisma 7 the adapter is what holds the pool.
      const adapter = object.properties.find((p) => p.name === 'adapter')
      const made = adapter === undefined ? null : constructionOf(adapter)
      if (made !== null) {
        const inner = made.node.arguments.flatMap((a) => (a.type === 'SpreadElement' ? [] : [a]))
        const options = optionsOf(inner, made.scope, made.module, evaluate)
        names.push(...(options ?? []))
        known &&= options !== null
      }
    } else if (node.type === 'Identifier') {
      const value = evaluate(node, scope, module)
      if (value === null && !/url|string|uri/i.test(node.name)) known = false
    } else if (node.type === 'CallExpression') {
      known = false
    }
  }
  return known ? names : names.length > 0 ? [...names, '...'] : null
}

/** The `new …` that an expression is, be it through a constant of the same file; null for anything else. */
function constructionOf(given: Located): { node: NewExpression; scope: Scope; module: Module } | null {
  const node = unwrap(given.node)
  if (node.type === 'NewExpression') return { ...given, node }
  const binding = node.type === 'Identifier' ? lookUp(given.scope, node.name) : null
  return binding?.is === 'variable' && binding.init !== null && binding.init.type === 'NewExpression'
    ? { node: binding.init, scope: binding.scope, module: given.module }
    : null
}
