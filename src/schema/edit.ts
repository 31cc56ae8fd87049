import type { Suggestion } from '../finding.ts'
import type { SourceFile } from '../location.ts'
import { drizzleSplices, spelledInDrizzle } from './edit/drizzle.ts'
import { prismaSplices, spelledInPrisma } from './edit/prisma.ts'
import type { EditContext, SchemaEdit, Splice } from './edit/types.ts'
import type { Schema } from './model.ts'

export type { SchemaEdit } from './edit/types.ts'

/** How the ORM's schema spells what an edit adds or changes: `@@index([orgId])`; null where it has no word for it, or the table is not declared. */
export function spelled(edit: SchemaEdit, declared: Schema): string | null {
  const table = declared.tables.get(edit.table)
  const source = table?.declared[0]?.source
  if (!table || source === undefined || source === 'migrations') return null
  return source === 'prisma' ? spelledInPrisma(edit, table) : spelledInDrizzle(edit, table)
}

/**
 * An edit as new text for whole lines of the file that declares the table. Null wherever the result would not be exactly right: a shape
 * of declaration that is not known, an import that is missing, what is there already, a file that is not at hand.
 */
export function suggestionFor(edit: SchemaEdit, declared: Schema, text: EditContext['text']): Suggestion | null {
  const table = declared.tables.get(edit.table)
  const source = table?.declared[0]?.source
  if (!table || source === undefined || source === 'migrations') return null
  const context: EditContext = { table, declared, text }
  const made = source === 'prisma' ? prismaSplices(edit, context) : drizzleSplices(edit, context)
  return made && linesOf(made.file, made.splices)
}

/** Replacements as new text for the whole lines that they touch; null in a file with other line breaks than `\n`. */
function linesOf(file: SourceFile, splices: readonly Splice[]): Suggestion | null {
  const sorted = splices.toSorted((a, b) => a.start - b.start)
  const [first] = sorted
  const last = sorted.at(-1)
  if (!first || !last || file.text.includes('\r')) return null
  const from = file.text.lastIndexOf('\n', first.start - 1) + 1
  const next = file.text.indexOf('\n', last.end)
  const to = next < 0 ? file.text.length : next
  let text = ''
  let at = from
  for (const splice of sorted) {
    text += file.text.slice(at, splice.start) + splice.text
    at = splice.end
  }
  text += file.text.slice(at, to)
  const line = file.text.slice(0, from).split('\n').length
  return { path: file.path, line, endLine: line + file.text.slice(from, to).split('\n').length - 1, text }
}
