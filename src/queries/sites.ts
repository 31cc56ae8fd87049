import type { Statement } from 'oxc-parser'
import { placeOf } from '../location.ts'
import type { Place } from '../location.ts'
import type { ChangedLines } from './changed.ts'
import { contextOf } from './context.ts'
import { unknownDraft, type Draft } from './draft.ts'
import { drizzleQuery } from './drizzle/builder.ts'
import type { DrizzleNames } from './drizzle/models.ts'
import type { DrizzleWorld } from './drizzle/state.ts'
import { printQuery } from './print.ts'
import { distinctiveMethods, isOfAnother, looksLikePrisma, prismaMethods, prismaQueries } from './prisma/calls.ts'
import type { Model, Models } from './prisma/models.ts'
import { closest } from './project-names.ts'
import type { ProjectNames } from './project-names.ts'
import type { Query } from './query.ts'
import { rawCall, rawQueries } from './raw/calls.ts'
import { rawFragment } from './raw/unsafe.ts'
import type { Module, Site } from './typescript/module.ts'
import { objectOf } from './typescript/objects.ts'
import type { Value } from './typescript/value.ts'
import type { Key, Schema } from '../schema/model.ts'

interface SiteReader {
  read(site: Site, module: Module): (Query & { readonly project: string })[] | 'dynamic' | null
}

/** Makes what reads a place of the code as queries: null where it is none, `dynamic` where its table cannot be told. */
export function siteReader(
  names: readonly ProjectNames[],
  drizzle: DrizzleNames,
  evaluate: (node: Site['chain']['root'], scope: Site['scope'], module: Module) => Value | null,
  schemas: readonly Schema[],
  changed: ChangedLines,
): SiteReader {
  const drizzleWorld: DrizzleWorld = {
    evaluate,
    column: drizzle.column,
    table: (name) => drizzle.tables.get(name) ?? null,
    relation: drizzle.relation,
    schemas,
  }
  const projectOf = (table: Key, path: string, client: 'prisma' | 'drizzle' | 'sql'): string => {
    const having = names.filter(
      ({ given }) =>
        given.after.tables.has(table) ||
        given.declared?.tables.has(table) === true ||
        given.before?.tables.has(table) === true,
    )
    return (
      closest(
        having.map((n) => n.given),
        path,
        client === 'sql' ? null : client,
      )?.project.name ??
      names[0]?.given.project.name ??
      '.'
    )
  }
  const known = (table: Key): boolean =>
    names.some(
      ({ given }) =>
        given.after.tables.has(table) ||
        given.declared?.tables.has(table) === true ||
        given.before?.tables.has(table) === true ||
        given.after.views.has(table) ||
        given.before?.views.has(table) === true,
    )

  const finish = (
    draft: Draft,
    site: Site,
    module: Module,
    client: Value | null,
    project: string,
  ): Query & { readonly project: string } => {
    const { start, end, ...rest } = draft
    const place: Place = placeOf(module.file, start, end)
    const branches: string[] = []
    for (let at = site.frame; at !== null && at.kind !== 'function'; at = at.parent)
      if (at.kind === 'branch') branches.push(at.test)
    let query: Query & { readonly project: string } = {
      ...rest,
      place,
      context: contextOf(site, module, evaluate, client),
      changed: changed.touches(place),
      project,
      branches,
      left: site.left,
      variable: site.variable,
      awaited: site.awaited,
      text: module.file.text.slice(start, end),
      ...replicaOf(site, client),
    }
    if (isCached(site, module) || isStored(site, module)) query = { ...query, cached: true }
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
    const at = steps.findIndex(
      (s, i) =>
        s.args !== null &&
        s.name !== null &&
        s.name in prismaMethods &&
        i >= 1 &&
        steps[i - 1]?.args === null &&
        steps[i - 1]?.template === null,
    )
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
    const argument =
      first === undefined || first.type === 'SpreadElement' ? null : { node: first, scope: site.scope, module }
    if (client?.is !== 'prisma') {
      const object = argument === null ? null : objectOf(argument, evaluate)
      const called =
        at >= 2 ? (steps[at - 2]?.name ?? '') : site.chain.root.type === 'Identifier' ? site.chain.root.name : ''
      const bare =
        argument === null && step.name === 'count' && /^(?:prisma|db|tx|trx)(?:Read|Write|Client)?$/i.test(called)
      if (!distinctiveMethods.test(step.name) && !bare && (object === null || !looksLikePrisma(object))) return null
      if (distinctiveMethods.test(step.name) && (step.args.length > 1 || (object !== null && isOfAnother(object))))
        return null
    }
    const drafts = prismaQueries(
      step.name,
      model,
      argument,
      { start: site.chain.start, end: site.chain.end },
      modelsOf(model, names),
      evaluate,
      module,
    )
    return drafts.map((draft) => finish(draft, site, module, client, model.project))
  }

  return {
    read(site, module) {
      if (definesView(site)) return null
      const prisma = asPrisma(site, module)
      if (prisma !== null) return prisma
      const built = drizzleQuery(site.chain, site.scope, module, drizzleWorld)
      if (built === 'dynamic') return 'dynamic'
      if (built !== null) {
        const root = evaluate(site.chain.root, site.scope, module)
        // A builder that a variable takes may go on elsewhere; a prepared statement is done.
        const reused =
          site.used === 'assigned' &&
          !site.awaited &&
          site.variable !== null &&
          site.chain.steps.at(-1)?.name !== 'prepare'
        return [
          finish(
            reused
              ? { ...built, dynamic: true }
              : site.used === 'operand'
                ? { ...built, call: `${built.call} (nested)` }
                : built,
            site,
            module,
            root,
            projectOf(built.tables[0]?.table ?? '', module.path, 'drizzle'),
          ),
        ]
      }
      const raw = rawCall(
        site.chain,
        site.scope,
        module,
        evaluate,
        (upTo) => {
          const value = receiverOf(site, module, upTo)
          if (value === null) return null
          return value.is === 'prisma' || value.is === 'drizzle' || value.is === 'pg'
            ? value.is
            : value.is === 'instance'
              ? null
              : 'other'
        },
        drizzleWorld,
      )
      if (raw !== null) {
        const client = evaluate(site.chain.root, site.scope, module)
        const drafts = rawQueries(raw, schemas).filter(
          (d) => d.tables.length === 0 || d.tables.some((t) => known(t.table)),
        )
        if (drafts.length === 0) {
          if (raw.unsafe.length === 0) return raw.sql === null ? 'dynamic' : null
          const nothing: Draft = {
            ...unknownDraft,
            start: raw.start,
            end: raw.end,
            client: raw.client,
            call: raw.call,
            unsafe: raw.unsafe,
          }
          return [finish(nothing, site, module, client, projectOf('', module.path, raw.client))]
        }
        return drafts.map((d, i) =>
          finish(
            i === 0 ? { ...d, unsafe: raw.unsafe } : d,
            site,
            module,
            client,
            projectOf(d.tables[0]?.table ?? '', module.path, raw.client),
          ),
        )
      }
      const fragment = rawFragment(site.chain, site.scope, module, evaluate)
      if (fragment !== null && fragment.length > 0) {
        const nothing: Draft = {
          ...unknownDraft,
          start: site.chain.start,
          end: site.chain.end,
          client: 'drizzle',
          call: 'raw',
          unsafe: fragment,
        }
        return [finish(nothing, site, module, null, projectOf('', module.path, 'drizzle'))]
      }
      return null
    },
  }
}

/** True for what `pgView('…').as((qb) => …)` is made of: the view runs it, and the code does not. */
function definesView(site: Site): boolean {
  for (let at = site.frame; at !== null; at = at.parent) {
    const root = at.kind === 'function' ? at.argumentOf?.chain.root : undefined
    if (root?.type === 'Identifier' && /^(?:pg|mysql|sqlite)(?:Materialized)?View$/.test(root.name)) return true
  }
  return false
}

/** Whether a read goes to a replica, where the client has some. */
function replicaOf(site: Site, client: Value | null): Pick<Query, 'replica'> {
  if (client?.is === 'prisma' && client.replica !== null) return { replica: client.replica }
  if (client?.is === 'drizzle' && client.replicas)
    return { replica: !site.chain.steps.some((step) => step.name === '$primary') }
  return {}
}

/** True inside of a function that a cache of the framework calls, or that says itself that it is cached. */
function isCached(site: Site, module: Module): boolean {
  if (module.directives.some(isCacheDirective)) return true
  for (let at = site.frame; at !== null; at = at.parent) {
    if (at.kind === 'function' && at.node.body?.type === 'BlockStatement' && at.node.body.body.some(isCacheStatement))
      return true
    if (at.kind === 'function' && filling.test(module.file.text.slice(Math.max(0, at.node.start - 200), at.node.start)))
      return true
    const root = at.kind === 'function' ? at.argumentOf?.chain.root : undefined
    if (
      root?.type === 'Identifier' &&
      /^(?:unstable_cache|cacheable|withCache|cached|moize|p?memoi[sz]e\w*)$/i.test(root.name)
    )
      return true
  }
  return false
}

/** What stands before a function that a cache calls where it holds nothing: `cache.wrap(key, async () => …)`, `cache.getOrSet({ key, factory: () => … })`. */
const filling =
  /\b\w*cache\w*\??\.(?:wrap|getOrSet|getOrFetch|getOrCreate|getOrLoad|remember|memoi[sz]e)(?:<[^<>]*>)?\((?:[^(){}]*,\s*|\s*\{[^{}]*\b\w+\s*:\s*)?$/i

const isCacheDirective = (text: string): boolean => /^use cache\b/.test(text)

function isCacheStatement(statement: Statement): boolean {
  return (
    statement.type === 'ExpressionStatement' &&
    'directive' in statement &&
    typeof statement.directive === 'string' &&
    isCacheDirective(statement.directive)
  )
}

/** True where what was found, or its first row, is written to a cache as a whole, soon after: `redis.set(key, JSON.stringify(user))`. */
function isStored({ variable, chain }: Site, module: Module): boolean {
  const behind = module.file.text.slice(chain.end, chain.end + 800)
  if (variable === null || !behind.includes('JSON.stringify') || !/^\w+$/.test(variable)) return false
  return new RegExp(
    `\\b\\w*(?:redis|cache|kv|valkey)\\w*\\.(?:set|setex|setEx|psetex)\\([^;]{0,200}?\\bJSON\\.stringify\\(\\s*${variable}(?:\\.rows)?(?:\\[0\\])?\\s*\\)`,
    'i',
  ).test(behind)
}

/** The expression in front of a step of a chain: `a.b` of `a.b.c()` at `c`. */
function objectBefore(site: Site, upTo: number): Site['chain']['root'] | null {
  const step = site.chain.steps[upTo]
  return step === undefined ? null : step.object
}

function modelOf(delegate: string, origin: string | null, path: string, names: readonly ProjectNames[]): Model | null {
  const having = names.filter((n) => n.models.has(delegate))
  const exact =
    origin === null
      ? []
      : having.filter(({ generated }) =>
          generated.length === 0
            ? /^@prisma\/client(?:\/|$)/.test(origin)
            : generated.some((g) => origin === g || origin.startsWith(`${g}/`)),
        )
  const pool = exact.length > 0 ? exact : having
  const project = closest(
    pool.map((n) => n.given),
    path,
  )
  // Of several clients that lie in one folder nobody knows which one a name without an origin is.
  if (pool.some(({ given }) => given !== project && given.project.root === project?.project.root)) return null
  return pool.find((n) => n.given === project)?.models.get(delegate) ?? null
}

function modelsOf(model: Model, names: readonly ProjectNames[]): Models {
  return names.find((n) => n.given.project.name === model.project)?.models ?? new Map()
}
