/**
 * What a token is. `open` kinds reach the end of the text without the mark that ends them. `backslash` is a character that SQL does
 * not know and that begins a psql meta-command; `other` is any single character or operator run.
 */
export type TokenKind =
  | 'space'
  | 'comment'
  | 'word'
  | 'identifier'
  | 'string'
  | 'dollar'
  | 'number'
  | 'parameter'
  | 'symbol'
  | 'operator'
  | 'backslash'

export interface Token {
  readonly kind: TokenKind
  /** UTF-16 offsets, end exclusive. */
  readonly start: number
  readonly end: number
  /** True where the text ends before the token does. */
  readonly open: boolean
}

const operatorCharacters = '+-*/<>=~!@#%^&|`?'

function isSpace(c: number): boolean {
  return c === 32 || (c >= 9 && c <= 13) || c === 0xfeff || c === 0xa0
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57
}

function isWordStart(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || (c >= 128 && c !== 0xfeff && c !== 0xa0)
}

function isWordPart(c: number): boolean {
  return isWordStart(c) || isDigit(c) || c === 36
}

/** Reads the token that begins at `at`, by the lexical rules of PostgreSQL; undefined at the end of the text. Never fails. */
export function tokenAt(text: string, at: number): Token | undefined {
  if (at >= text.length) return undefined
  const c = text.charCodeAt(at)
  if (isSpace(c)) {
    let end = at + 1
    while (end < text.length && isSpace(text.charCodeAt(end))) end++
    return { kind: 'space', start: at, end, open: false }
  }
  const next = text.charCodeAt(at + 1)
  if (c === 45 && next === 45) return lineComment(text, at)
  if (c === 47 && next === 42) return blockComment(text, at)
  if (c === 39) return quoted(text, at, at, 'string', false)
  if (c === 34) return quoted(text, at, at, 'identifier', false)
  if (c === 36) return dollar(text, at)
  if (isWordStart(c)) {
    if (next === 39 && 'eEbBxXnN'.includes(text[at] ?? ''))
      return quoted(text, at, at + 1, 'string', c === 101 || c === 69)
    if (next === 38 && (c === 117 || c === 85)) {
      const quote = text.charCodeAt(at + 2)
      if (quote === 39 || quote === 34) return quoted(text, at, at + 2, quote === 39 ? 'string' : 'identifier', false)
    }
    let end = at + 1
    while (end < text.length && isWordPart(text.charCodeAt(end))) end++
    return { kind: 'word', start: at, end, open: false }
  }
  if (isDigit(c) || (c === 46 && isDigit(next))) return number(text, at)
  if (c === 92) return { kind: 'backslash', start: at, end: at + 1, open: false }
  if (operatorCharacters.includes(text[at] ?? '')) return operator(text, at)
  if (c === 58 && (next === 58 || next === 61)) return { kind: 'operator', start: at, end: at + 2, open: false }
  return { kind: 'symbol', start: at, end: at + 1, open: false }
}

function lineComment(text: string, at: number): Token {
  let end = at + 2
  while (end < text.length) {
    const c = text.charCodeAt(end)
    if (c === 10 || c === 13) break
    end++
  }
  return { kind: 'comment', start: at, end, open: false }
}

function blockComment(text: string, at: number): Token {
  let depth = 1
  let end = at + 2
  while (end < text.length && depth > 0) {
    const c = text.charCodeAt(end)
    const next = text.charCodeAt(end + 1)
    if (c === 42 && next === 47) {
      depth--
      end += 2
    } else if (c === 47 && next === 42) {
      depth++
      end += 2
    } else end++
  }
  return { kind: 'comment', start: at, end: Math.min(end, text.length), open: depth > 0 }
}

function quoted(text: string, start: number, quoteAt: number, kind: 'string' | 'identifier', escapes: boolean): Token {
  const quote = text.charCodeAt(quoteAt)
  let end = quoteAt + 1
  while (end < text.length) {
    const c = text.charCodeAt(end)
    if (escapes && c === 92) end += 2
    else if (c !== quote) end++
    else if (text.charCodeAt(end + 1) === quote) end += 2
    else return { kind, start, end: end + 1, open: false }
  }
  return { kind, start, end: text.length, open: true }
}

function dollar(text: string, at: number): Token {
  let end = at + 1
  if (isDigit(text.charCodeAt(end))) {
    while (isDigit(text.charCodeAt(end))) end++
    return { kind: 'parameter', start: at, end, open: false }
  }
  if (isWordStart(text.charCodeAt(end))) {
    end++
    while (end < text.length && text.charCodeAt(end) !== 36 && isWordPart(text.charCodeAt(end))) end++
  }
  if (text.charCodeAt(end) !== 36) return { kind: 'symbol', start: at, end: at + 1, open: false }
  const tag = text.slice(at, end + 1)
  const close = text.indexOf(tag, end + 1)
  if (close < 0) return { kind: 'dollar', start: at, end: text.length, open: true }
  return { kind: 'dollar', start: at, end: close + tag.length, open: false }
}

function number(text: string, at: number): Token {
  let end = at
  while (end < text.length) {
    const c = text.charCodeAt(end)
    const exponent =
      (c === 43 || c === 45) && (text.charCodeAt(end - 1) | 32) === 101 && text.charCodeAt(at + 1) !== 120
    const range = c === 46 && text.charCodeAt(end + 1) === 46
    if (range || !(isDigit(c) || c === 46 || c === 95 || ((c | 32) >= 97 && (c | 32) <= 122) || exponent)) break
    end++
  }
  return { kind: 'number', start: at, end: Math.max(end, at + 1), open: false }
}

function operator(text: string, at: number): Token {
  let end = at + 1
  while (end < text.length && operatorCharacters.includes(text[end] ?? '')) {
    const c = text.charCodeAt(end)
    const next = text.charCodeAt(end + 1)
    if ((c === 45 && next === 45) || (c === 47 && next === 42)) break
    end++
  }
  return { kind: 'operator', start: at, end, open: false }
}

/** All tokens of a text, white space and comments left out. */
export function significantTokens(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (let token = tokenAt(text, 0); token !== undefined; token = tokenAt(text, token.end)) {
    if (token.kind !== 'space' && token.kind !== 'comment') tokens.push(token)
  }
  return tokens
}

/**
 * The tokens of a statement with one space between them: comments, white space and the case of unquoted words do not count, constants do.
 * Equal results mean equal statements, so that fingerprints survive a reformat and die with the meaning.
 */
export function normalizedTokens(text: string): string {
  const parts = significantTokens(text).map((token) => {
    const written = text.slice(token.start, token.end)
    return token.kind === 'word' || token.kind === 'number' ? written.toLowerCase() : written
  })
  while (parts.at(-1) === ';') parts.pop()
  return parts.join(' ')
}
