import { parseDocument } from 'yaml'
import type { ChangeSet, FileContent, Tree } from '../changeset/tree.ts'
import { contentOf } from '../changeset/content.ts'
import { graphql } from './client.ts'
import type { Place } from './client.ts'

export const configPath = '.github/schemagate.yml'

const longestChain = 5

/**
 * The change set with the configuration that its repository inherits: that of the organisation's `.github` repository where it
 * has none of its own, and what `_extends: [owner/]repository[:path]` names below its own keys.
 */
export async function withInheritedConfig(place: Place, changeSet: ChangeSet, organisation: FileContent | null): Promise<ChangeSet> {
  const own = (await changeSet.base.read([configPath])).get(configPath)
  const start = own ?? organisation ?? undefined
  if (start?.kind !== 'text') return changeSet
  const text = await extended(place, start.text)
  return own?.kind === 'text' && text === own.text ? changeSet : { ...changeSet, base: withFile(changeSet.base, configPath, text) }
}

function withFile(tree: Tree, path: string, text: string): Tree {
  return {
    commit: tree.commit,
    list: () => tree.list(),
    async read(paths) {
      const found = new Map(await tree.read(paths.filter((p) => p !== path)))
      if (paths.includes(path)) found.set(path, { kind: 'text', text })
      return found
    },
  }
}

/** Text without `_extends`: what it names comes first, its own keys win. A text that extends nothing is left as it is, so that its lines keep their numbers. */
async function extended(place: Place, text: string): Promise<string> {
  const chain: Record<string, unknown>[] = []
  let current = text
  let owner = place.owner
  const seen = new Set<string>()
  for (let i = 0; i < longestChain; i++) {
    const value = plain(current)
    if (value === null) break
    chain.unshift(value)
    const wanted = value['_extends']
    if (typeof wanted !== 'string' || seen.has(wanted)) break
    seen.add(wanted)
    const parent = await readParent(place, owner, wanted)
    if (parent === null) break
    owner = parent.owner
    current = parent.text
  }
  if (chain.length < 2) return chain[0]?.['_extends'] === undefined ? text : withoutExtends(text)
  const merged = chain.reduce((low, high) => merge(low, high))
  delete merged['_extends']
  return JSON.stringify(merged, null, 2)
}

function withoutExtends(text: string): string {
  return text.replace(/^_extends:.*$/m, '')
}

function plain(text: string): Record<string, unknown> | null {
  const document = parseDocument(text)
  if (document.errors.length > 0) return null
  const value: unknown = document.toJS({ maxAliasCount: 50 })
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value as Record<string, unknown> : null
}

function merge(low: Record<string, unknown>, high: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...low }
  for (const [key, value] of Object.entries(high)) {
    const under = merged[key]
    merged[key] = isRecord(under) && isRecord(value) ? merge(under, value) : value
  }
  return merged
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

async function readParent(place: Place, owner: string, reference: string): Promise<{ readonly owner: string; readonly text: string } | null> {
  const [, inOwner = owner, repo = '', path = configPath] = /^(?:([\w.-]{1,100})\/)?([\w.-]{1,100})(?::([\w./-]{1,200}))?$/.exec(reference) ?? []
  if (repo === '') return null
  const answer = await graphql<{ readonly repository: { readonly object: { readonly text?: string | null } | null } | null }>(
    place, 'query($owner: String!, $name: String!, $file: String!) { repository(owner: $owner, name: $name) { object(expression: $file) { ... on Blob { text } } } }',
    { owner: inOwner, name: repo, file: `HEAD:${path}` }, ['repository'],
  )
  const text = answer.repository?.object?.text
  if (text === undefined || text === null) return null
  const content = contentOf(Buffer.from(text, 'utf8'))
  return content.kind === 'text' ? { owner: inOwner, text: content.text } : null
}
