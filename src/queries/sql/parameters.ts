import { tokenAt } from '../../sql/tokens.ts'

/** A named parameter, with the marks that pgtyped puts behind those that are never NULL. */
const parameter = /:[A-Za-z_]\w*!?/y

/**
 * SQL with `$1`, `$2`, ... for named parameters such as `:id`, padded so that every offset stays what it was. A name that is shorter than
 * its number stays as it is.
 */
export function withNumbers(text: string): string {
  if (!text.includes(':')) return text
  const numbers = new Map<string, number>()
  let out = ''
  for (let at = 0, token = tokenAt(text, at); token !== undefined; token = tokenAt(text, at)) {
    parameter.lastIndex = at
    const name = text[at] === ':' && !/[\w:)\]]/.test(text[at - 1] ?? '') ? parameter.exec(text)?.[0] : undefined
    if (name === undefined) {
      out += text.slice(at, token.end)
      at = token.end
      continue
    }
    const number = numbers.get(name) ?? numbers.size + 1
    numbers.set(name, number)
    const written = `$${number}`
    out += written.length <= name.length ? written.padEnd(name.length) : name
    at += name.length
  }
  return out
}
