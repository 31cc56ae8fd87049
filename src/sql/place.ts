import type { Place } from '../location.ts'
import { placeOf } from '../location.ts'
import type { Statement } from './statement.ts'
import { tokenAt } from './tokens.ts'

/** The UTF-16 offset in `text` of a UTF-8 byte offset, which is how Postgres' parse trees locate; clamped to the end. */
export function fromByteOffset(text: string, bytes: number): number {
  let at = 0
  let left = bytes
  while (left > 0 && at < text.length) {
    const c = text.charCodeAt(at)
    if (c < 0x80) left -= 1
    else if (c < 0x800) left -= 2
    else if (c >= 0xd800 && c < 0xdc00) {
      left -= 4
      at++
    } else left -= 3
    at++
  }
  return Math.min(at, text.length)
}

/** The UTF-16 offset in `text` of an offset in characters (code points), which is how Postgres reports the place of an error. */
export function fromCharacterOffset(text: string, characters: number): number {
  let at = 0
  for (let left = characters; left > 0 && at < text.length; left--) {
    const c = text.charCodeAt(at)
    at += c >= 0xd800 && c < 0xdc00 ? 2 : 1
  }
  return Math.min(at, text.length)
}

/**
 * The place of the bytes `byteOffset` to `byteEnd` (exclusive) of a statement's text, as locations of its parse tree count them.
 * Without `byteEnd` it is the place of the token that begins there.
 */
export function placeInStatement(statement: Statement, byteOffset: number, byteEnd?: number): Place {
  if (statement.assembled === true) return statement.place
  const from = fromByteOffset(statement.text, Math.max(0, byteOffset))
  const to =
    byteEnd === undefined ? (tokenAt(statement.text, from)?.end ?? from) : fromByteOffset(statement.text, byteEnd)
  return placeOf(statement.file, statement.start + from, statement.start + to)
}
