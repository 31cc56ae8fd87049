import { placeOf, type Place } from '../../src/location.ts'
import type { Statement } from '../../src/sql/statement.ts'

/** Names written in a statement, quoted or not, with their places: strings, dollar quotes and comments left out. */
export function* identifiersIn(statement: Statement): Iterable<{ readonly name: string; readonly place: Place }> {
  const token =
    /'(?:[^']|'')*'|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|"((?:[^"]|"")+)"|[\p{L}_][\p{L}\p{N}_$]*/gu
  for (const match of statement.text.matchAll(token)) {
    const [text, , quoted] = match
    if (quoted === undefined && !/^[\p{L}_]/u.test(text)) continue
    const start = statement.start + match.index
    yield {
      name: quoted === undefined ? text.toLowerCase() : quoted.replaceAll('""', '"'),
      place: placeOf(statement.file, start, start + text.length),
    }
  }
}
