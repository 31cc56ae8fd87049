/** What Schemagate hides in its own comments, so that it finds them again: the comment's author is checked besides. */
export type Marker =
  | { readonly kind: 'sticky' }
  | { readonly kind: 'finding'; readonly fingerprint: string }
  | { readonly kind: 'fixed'; readonly fingerprint: string }
  | { readonly kind: 'answer'; readonly comment: number }

/** The marker as an HTML comment, which GitHub does not show. */
export function writeMarker(marker: Marker): string {
  switch (marker.kind) {
    case 'sticky': return '<!-- schemagate:sticky -->'
    case 'answer': return `<!-- schemagate:answer ${marker.comment} -->`
    default: return `<!-- schemagate:${marker.kind} ${marker.fingerprint} -->`
  }
}

/** The first marker of a comment's text; null where there is none. */
export function readMarker(body: string): Marker | null {
  const found = /<!-- schemagate:(sticky|finding|fixed|answer)(?: ([0-9a-f]{1,20}))? -->/.exec(body)
  const [, kind, value = ''] = found ?? []
  switch (kind) {
    case 'sticky': return { kind }
    case 'finding': case 'fixed': return { kind, fingerprint: value }
    case 'answer': return { kind, comment: Number(value) }
    default: return null
  }
}

/** What approvals mean, by the comment that gave them: hidden in the sticky comment. */
export function writeBindings(bindings: ReadonlyMap<string, readonly string[]>): string {
  const parts = [...bindings].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, 200).map(([key, fingerprints]) => `${key}=${fingerprints.slice(0, 50).join(',')}`)
  return parts.length === 0 ? '' : `<!-- schemagate:approvals ${parts.join(' ')} -->`
}

/** Reads what `writeBindings` wrote. */
export function readBindings(body: string): ReadonlyMap<string, readonly string[]> {
  const [, text = ''] = /<!-- schemagate:approvals ([0-9a-f.,= ]{1,60000}) -->/.exec(body) ?? []
  return new Map(text.split(' ').filter((part) => part.includes('=')).map((part) => {
    const [key = '', fingerprints = ''] = part.split('=')
    return [key, fingerprints.split(',')]
  }))
}
