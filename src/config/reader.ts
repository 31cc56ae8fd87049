import { isNode, isScalar } from 'yaml'
import type { Document, LineCounter } from 'yaml'
import type { Note } from '../finding.ts'

/** Where something stands in the file: its keys from the outermost in. */
export type Path = readonly PropertyKey[]

/** A file that is being read, and the mistakes found in it so far. */
export interface Reader {
  readonly path: string
  readonly document: Document
  readonly lines: LineCounter
  readonly notes: Note[]
}

/** A mistake as a note with its line. */
export function mistake(path: string, line: number, message: string): Note {
  return { kind: 'unparsed', blocking: false, path, line, message }
}

/** The line of the innermost node on a path that the document has; the key's own line where `path` ends at a key. */
export function lineOf(reader: Reader, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? reader.document.contents : reader.document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1]
    if (parent !== null && typeof parent === 'object' && 'items' in parent && Array.isArray(parent.items)) {
      for (const item of parent.items as readonly unknown[]) {
        if (
          item === null ||
          typeof item !== 'object' ||
          !('key' in item) ||
          !isScalar(item.key) ||
          String(item.key.value) !== String(key)
        )
          continue
        if (item.key.range) return reader.lines.linePos(item.key.range[0]).line
      }
    }
    const node: unknown = reader.document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return reader.lines.linePos(node.range[0]).line
  }
  return 1
}

/** Notes a mistake at the line of what stands at the path. */
export function report(reader: Reader, path: Path, message: string): void {
  reader.notes.push(mistake(reader.path, lineOf(reader, path), `${path.map(String).join('.')}: ${message}`))
}
