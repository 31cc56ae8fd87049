import type { Bound } from '../engine/approvals.ts'

/** What Schemagate hides in its own comments, so that it finds them again: the comment's author is checked besides. */
export type Marker =
  | { readonly kind: 'sticky' }
  | { readonly kind: 'finding'; readonly fingerprint: string }
  | { readonly kind: 'fixed'; readonly fingerprint: string }
  | { readonly kind: 'answer'; readonly comment: number }

/** The marker as an HTML comment, which GitHub does not show. */
export function writeMarker(marker: Marker): string {
  switch (marker.kind) {
    case 'sticky':
      return '<!-- schemagate:sticky -->'
    case 'answer':
      return `<!-- schemagate:answer ${marker.comment} -->`
    default:
      return `<!-- schemagate:${marker.kind} ${marker.fingerprint} -->`
  }
}

/** A comment of ours ends with its marker; what stands before it quotes the pull request and may look like one. */
function endOf(body: string): string {
  const end = body.trimEnd()
  return end.slice(end.lastIndexOf('\n') + 1)
}

/** The marker that ends a comment's text; null where there is none. */
export function readMarker(body: string): Marker | null {
  const found =
    /^<!-- schemagate:(sticky|finding|fixed|answer)(?: ([0-9a-f]{1,20}))? -->(?:<!-- schemagate:approvals [0-9a-f.,:= ]+ -->)?$/.exec(
      endOf(body),
    )
  const [, kind, value = ''] = found ?? []
  switch (kind) {
    case 'sticky':
      return { kind }
    case 'finding':
    case 'fixed':
      return { kind, fingerprint: value }
    case 'answer':
      return { kind, comment: Number(value) }
    default:
      return null
  }
}

/** Characters that the record of approvals may take of a comment. */
const longestRecord = 20_000

/**
 * What approvals mean, by the comment that gave them: `1047.0=45c8f78e83697577:1a2b3c4d`, hidden behind the marker of the sticky
 * comment. The newest are kept where there are too many.
 */
export function writeBindings(bindings: ReadonlyMap<string, readonly Bound[]>): string {
  const parts: string[] = []
  let length = 0
  for (const [key, bound] of [...bindings].sort(([a], [b]) => Number(b) - Number(a))) {
    const part = `${key}=${bound.map(({ fingerprint, subject }) => (subject === null ? fingerprint : `${fingerprint}:${subject}`)).join(',')}`
    length += part.length + 1
    if (length > longestRecord) break
    parts.push(part)
  }
  return parts.length === 0 ? '' : `<!-- schemagate:approvals ${parts.join(' ')} -->`
}

/** Reads what `writeBindings` wrote. */
export function readBindings(body: string): ReadonlyMap<string, readonly Bound[]> {
  const [, text = ''] =
    /^<!-- schemagate:sticky --><!-- schemagate:approvals ([0-9a-f.,:= ]+) -->$/.exec(endOf(body)) ?? []
  return new Map(
    text
      .split(' ')
      .filter((part) => part.includes('='))
      .map((part) => {
        const [key = '', bound = ''] = part.split('=')
        return [
          key,
          bound.split(',').map((one) => {
            const [fingerprint = '', subject = null] = one.split(':')
            return { fingerprint, subject }
          }),
        ]
      }),
  )
}
