import { tokenAt } from './tokens.ts'

const placeholder =
  /\{\{.{0,200}?\}\}|\$\{[^}\r\n]{0,200}\}|<%.{0,200}?%>|\{%.{0,200}?%\}|%\(\w+\)s|(?<![:\w]):(?:'\w+'|"\w+"|[A-Za-z_]\w*)|(?<=[\s(,=.])\$[A-Za-z_]\w*\$?|#\{\w+\}|(?<=[\s(,=])%[sdI](?=[\s,);]|$)|(?<=[\s(,=])\{\w*\}/

/** What some program fills in before Postgres sees the text, outside of strings and comments; null where nothing is. */
export function placeholderIn(text: string): { readonly index: number; readonly text: string } | null {
  const found = placeholder.exec(withoutStrings(text))
  return found ? { index: found.index, text: text.slice(found.index, found.index + found[0].length) } : null
}

export function templateMessage(text: string): string {
  return `The placeholder \`${text.slice(0, 60)}\` is filled in by another program, so the statement is not read.`
}

/** The text with its strings, quoted names and comments blanked out, offsets kept. */
function withoutStrings(text: string): string {
  const parts: string[] = []
  const looked = text.slice(0, 1 << 16)
  for (let token = tokenAt(looked, 0); token !== undefined; token = tokenAt(looked, token.end)) {
    const quoted =
      token.kind === 'string' ||
      token.kind === 'comment' ||
      token.kind === 'identifier' ||
      (token.kind === 'dollar' && !token.open)
    parts.push(quoted ? ' '.repeat(token.end - token.start) : looked.slice(token.start, token.end))
  }
  return parts.join('')
}
