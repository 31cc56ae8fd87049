import { visitorKeys } from 'oxc-parser'
import type { Program } from 'oxc-parser'
import { placeOf, sourceFile, startOf } from '../../location.ts'
import type { Place, SourceFile } from '../../location.ts'
import type { Bundle } from './bundle.ts'
import type { Site } from './kit.ts'
import { readSourceMap } from './source-map.ts'

/** Finds what a reader would call the declaration around a call: a property, an element of a list, a statement. */
export type PlaceOf = (site: Site) => Place | null

/** What the files of a schema tell besides what they evaluate to. */
export interface Sources {
  readonly placeOf: PlaceOf
  /** The doc comment directly above a place; null for none. */
  readonly documentationAt: (place: Place) => string | null
  /** The strings that are written within a place, each with its own. */
  readonly stringsAt: (place: Place) => ReadonlyMap<string, Place>
}

/** Those of a schema that no files are known of. */
export const noSources: Sources = { placeOf: () => null, documentationAt: () => null, stringsAt: () => new Map() }

export function sourcesOf(bundle: Bundle): Sources {
  return { placeOf: placesOf(bundle), documentationAt: documentationOf(bundle), stringsAt: stringsOf(bundle) }
}

interface Range {
  readonly start: number
  readonly end: number
}

interface File {
  readonly source: SourceFile
  /** By start, outer before inner. */
  readonly ranges: readonly Range[]
}

/** The places of a bundle's calls in the files that it was made from. */
export function placesOf(bundle: Bundle): PlaceOf {
  const original = readSourceMap(bundle.map)
  const files = new Map<string, File | null>()
  const fileOf = (path: string): File | null => {
    const known = files.get(path)
    if (known !== undefined) return known
    const text = bundle.texts.get(path)
    const program = bundle.programs.get(path)
    const file =
      text === undefined ? null : { source: sourceFile(path, text), ranges: program ? rangesOf(program) : [] }
    files.set(path, file)
    return file
  }
  const lines = bundle.text.split('\n')
  const wide = new Map<number, readonly number[]>()
  const wideIn = (line: number): readonly number[] => {
    const known = wide.get(line) ?? wideCharacters(lines[line] ?? '')
    wide.set(line, known)
    return known
  }
  return (site) => {
    if (site === null) return null
    const [line = 1, column = 1] = site.split(':').map(Number)
    const from = original(line - 1, unitsOf(wideIn(line - 1), column - 1))
    const file = from && fileOf(from.path)
    if (!from || !file) return null
    const start = file.source.lineStarts[from.line]
    if (start === undefined) return startOf(from.path)
    const at = start + from.column
    const range = innermost(file.ranges, at)
    return range ? placeOf(file.source, range.start, range.end) : placeOf(file.source, at, at)
  }
}

/** The text of the doc comment that ends directly above a place of a bundle's files. */
function documentationOf(bundle: Bundle): Sources['documentationAt'] {
  const files = new Map<string, SourceFile>()
  return ({ path, line, column }) => {
    const text = bundle.texts.get(path)
    if (text === undefined) return null
    const file = files.get(path) ?? sourceFile(path, text)
    files.set(path, file)
    const above = text.slice(0, (file.lineStarts[line - 1] ?? 0) + column - 1).trimEnd()
    if (!above.endsWith('*/')) return null
    const from = above.lastIndexOf('/*')
    if (from < 0 || above[from + 2] !== '*' || above.indexOf('*/', from + 2) !== above.length - 2) return null
    const words = above
      .slice(from + 3, -2)
      .split('\n')
      .map((one) => one.replace(/^\s*\*?\s?/, '').trimEnd())
      .join('\n')
      .trim()
    return words === '' ? null : words
  }
}

/** The strings that are written within a place of a bundle's files, each with its own place: the first where one is written twice. */
function stringsOf(bundle: Bundle): Sources['stringsAt'] {
  return (place) => {
    const text = bundle.texts.get(place.path)
    const program = bundle.programs.get(place.path)
    const found = new Map<string, Place>()
    if (text === undefined || !program) return found
    const file = sourceFile(place.path, text)
    const from = (file.lineStarts[place.line - 1] ?? 0) + place.column - 1
    const to = (file.lineStarts[place.endLine - 1] ?? 0) + place.endColumn
    const strings: { readonly value: string; readonly start: number; readonly end: number }[] = []
    walk(program, ({ type, value, start, end }) => {
      if (type === 'Literal' && typeof value === 'string' && start >= from && end <= to)
        strings.push({ value, start, end })
    })
    for (const { value, start, end } of strings.toSorted((a, b) => b.start - a.start))
      found.set(value, placeOf(file, start, end))
    return found
  }
}

/** The characters of a text that take two UTF-16 units, by their number in it. */
function wideCharacters(text: string): readonly number[] {
  const found: number[] = []
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 0xd800 || c > 0xdbff) continue
    found.push(i - found.length)
    i++
  }
  return found
}

/** QuickJS counts columns in characters, source maps count UTF-16 units. */
function unitsOf(wide: readonly number[], column: number): number {
  let low = 0
  let high = wide.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((wide[middle] ?? 0) < column) low = middle + 1
    else high = middle
  }
  return column + low
}

/** Every range that is a declaration for a reader, in the order of their starts. */
function rangesOf(program: Program): readonly Range[] {
  const found: Range[] = []
  const exported = new Set<unknown>()
  walk(program, (node) => {
    if (
      node.type === 'Property' ||
      node.type === 'PropertyDefinition' ||
      node.type === 'VariableDeclaration' ||
      node.type.endsWith('Statement') ||
      node.type.startsWith('Export')
    )
      found.push(node)
    // `export const users = …` is one declaration, not one in another.
    if (node.type === 'ExportNamedDeclaration' && isNode(node.declaration)) exported.add(node.declaration)
    if (node.type === 'ArrayExpression' && Array.isArray(node.elements))
      for (const it of node.elements as readonly (Range | null)[]) if (it) found.push(it)
  })
  return found
    .filter((it) => !exported.has(it))
    .map(({ start, end }) => ({ start, end }))
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
}

type SyntaxNode = Range & { readonly type: string } & Readonly<Record<string, unknown>>

/** Every node of a program, in no order. */
function walk(program: Program, visit: (node: SyntaxNode) => void): void {
  const stack: unknown[] = [program]
  while (stack.length > 0) {
    const node = stack.pop() as SyntaxNode
    visit(node)
    for (const key of visitorKeys[node.type] ?? []) {
      const child = node[key]
      if (Array.isArray(child))
        for (const it of child as readonly unknown[]) {
          if (isNode(it)) stack.push(it)
        }
      else if (isNode(child)) stack.push(child)
    }
  }
}

function isNode(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'type' in value
}

function innermost(ranges: readonly Range[], at: number): Range | null {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle]?.start ?? 0) <= at) low = middle + 1
    else high = middle
  }
  for (let i = low - 1; i >= 0; i--) {
    const range = ranges[i] as Range
    if (range.end > at) return range
  }
  return null
}
