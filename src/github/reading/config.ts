import { configPaths } from '../../config.ts'
import type { Config, ParsedConfig } from '../../config.ts'
import { contentOf } from '../../changeset/content.ts'
import type { ChangeSet, FileContent } from '../../changeset/tree.ts'
import { graphql } from '../client.ts'
import type { Place } from '../client.ts'

const longestChain = 5

/** Reads the text of a configuration over what it inherits. */
export type ParseConfig = (text: string, path: string, inherited?: Config) => ParsedConfig

/**
 * What a repository's configuration inherits: what `_extends: [owner/]repository[:path]` names, or, where it has no configuration
 * of its own, that of the organisation's `.github` repository. Undefined where there is nothing to inherit.
 */
export async function inheritedConfig(
  place: Place,
  changeSet: ChangeSet,
  organisation: FileContent | null,
  parse: ParseConfig,
): Promise<Config | undefined> {
  const files = await changeSet.base.read(configPaths)
  const own = configPaths.map((path) => files.get(path)).find((content) => content !== undefined)
  if (own === undefined)
    return organisation?.kind === 'text'
      ? resolve(place, place.owner, organisation.text, parse, longestChain)
      : undefined
  const wanted = own.kind === 'text' ? parse(own.text, configPaths[0]).extends : null
  return wanted === null ? undefined : readParent(place, place.owner, wanted, parse, longestChain)
}

async function resolve(place: Place, owner: string, text: string, parse: ParseConfig, left: number): Promise<Config> {
  const wanted = parse(text, configPaths[0]).extends
  const parent = wanted === null ? undefined : await readParent(place, owner, wanted, parse, left - 1)
  return parse(text, configPaths[0], parent).config
}

async function readParent(
  place: Place,
  from: string,
  reference: string,
  parse: ParseConfig,
  left: number,
): Promise<Config | undefined> {
  const [, owner = from, name = '', path = configPaths[0]] =
    /^(?:([\w.-]{1,100})\/)?([\w.-]{1,100})(?::([\w./-]{1,200}))?$/.exec(reference) ?? []
  if (name === '' || left <= 0) return undefined
  const answer = await graphql<{
    readonly repository: { readonly object: { readonly text?: string | null } | null } | null
  }>(
    place,
    'query($owner: String!, $name: String!, $file: String!) { repository(owner: $owner, name: $name) { object(expression: $file) { ... on Blob { text } } } }',
    { owner, name, file: `HEAD:${path}` },
    ['repository'],
  )
  const text = answer.repository?.object?.text
  const content = text === undefined || text === null ? null : contentOf(Buffer.from(text, 'utf8'))
  return content?.kind === 'text' ? resolve(place, owner, content.text, parse, left) : undefined
}
