import { tokenAt } from '../../sql/tokens.ts'

/** `:id`, with the mark that pgtyped puts behind what is never NULL, `@id`, and what sqlc spells as a call: https://docs.sqlc.dev/en/stable/reference/macros.html */
const parameter = /[:@]([A-Za-z_]\w*)!?|sqlc\s*\.\s*(?:arg|narg|slice)\s*\(\s*'?(\w+)'?\s*\)/y
/** All columns of a table as one value, in the words of sqlc. */
const embedded = /sqlc\s*\.\s*embed\s*\(\s*("[^"]+"|\w+)\s*\)/y

/**
 * SQL with `$1`, `$2`, ... for the named parameters of each statement, padded so that every offset stays what it was. A name that is shorter than its number
 * stays as it is.
 */
export function withNumbers(text: string): string {
  if (!/[:@]|sqlc/.test(text)) return text
  const numbers = new Map<string, number>()
  const taken = Math.max(0, ...[...text.matchAll(/\$(\d{1,3})\b/g)].map(([, number]) => Number(number)))
  let out = ''
  for (let at = 0, token = tokenAt(text, at); token !== undefined; token = tokenAt(text, at)) {
    if (text[at] === ';') numbers.clear()
    const isApart = !/[\w:@<>)\]]/.test(text[at - 1] ?? '')
    const named = isApart ? matchAt(parameter, text, at) : null
    const row = isApart ? matchAt(embedded, text, at) : null
    const name = named?.[1] ?? named?.[2]
    if (name !== undefined && !numbers.has(name)) numbers.set(name, taken + numbers.size + 1)
    const written = name === undefined ? (row === null ? null : `${row[1]}.*`) : `$${numbers.get(name)}`
    const length = (named ?? row)?.[0].length ?? token.end - at
    out += written === null || written.length > length ? text.slice(at, at + length) : written.padEnd(length)
    at += length
  }
  return out
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
