import type { Place } from '../location.ts'
import { code, codeSpan } from './markdown-escape.ts'

/** Where the words of a report can lead to. */
export interface Links {
  /** Public address of this server without a slash at its end; null where it has none, so that no link is made. */
  readonly server: string | null
  /** `https://github.com/octo-org/shop`. */
  readonly repository: string
  /** Commit that places point into. */
  readonly head: string
}

/** A rule's name, linked to its page where that is served. */
export function ruleLink(rule: string, links: Links): string {
  return links.server === null
    ? codeSpan(rule)
    : `[${codeSpan(rule)}](${links.server}/rules/${encodeURIComponent(rule)})`
}

/** `migration.sql line 3`, linked to the line; `whole` shows the whole path. */
export function placeLink(place: Pick<Place, 'path' | 'line'>, links: Links, whole = false): string {
  const name = whole ? place.path : (place.path.split('/').at(-1) ?? place.path)
  return `[${code(name)} line ${place.line}](${addressOf(place, links)})`
}

/** A line under words of one's own, for any place of a comment, table cells among them. */
export function lineLink(words: string, place: Pick<Place, 'path' | 'line'>, links: Links): string {
  return `[${code(words)}](${addressOf(place, links)})`
}

function addressOf(place: Pick<Place, 'path' | 'line'>, links: Links): string {
  return `${links.repository}/blob/${links.head}/${place.path
    .split('/')
    .map(encodeURIComponent)
    .join('/')
    .replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'))}#L${place.line}`
}
