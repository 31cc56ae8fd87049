import { createHash } from 'node:crypto'

/**
 * Hash of version, project, rule, object, tokens and an ordinal among equals: 16 hex digits. Path, line, commit and message
 * are not in it, so that it survives rebase, move and reformat, and dies with the meaning.
 */
export function fingerprint(parts: {
  project: string | null
  rule: string
  object: string
  tokens: string
  ordinal: number
}): string {
  const text = ['v1', parts.project ?? '', parts.rule, parts.object, parts.tokens, String(parts.ordinal)].join('\u0000')
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Tokens of a Prisma or TypeScript declaration: comments and white space dropped, strings kept as they are. */
export function declarationTokens(text: string): string {
  const tokens =
    text.match(
      /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\/[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|[\p{L}\p{N}_$]+|[^\s]/gu,
    ) ?? []
  return tokens.filter((token) => !token.startsWith('//') && !token.startsWith('/*')).join(' ')
}
