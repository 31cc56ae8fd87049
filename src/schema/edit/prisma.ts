import type { SourceFile } from '../../location.ts'
import type { Declaration, Table } from '../model.ts'
import { splitBlocks } from '../prisma/text.ts'
import type { EditContext, NewIndex, SchemaEdit, Splice, Splices } from './types.ts'
import { indexNamed, propertyOf, spelledApart } from './types.ts'

const actions = {
  'NO ACTION': 'NoAction',
  RESTRICT: 'Restrict',
  CASCADE: 'Cascade',
  'SET NULL': 'SetNull',
  'SET DEFAULT': 'SetDefault',
} as const

/** How a Prisma schema spells what an edit adds or changes; null where it cannot. */
export function spelledInPrisma(edit: SchemaEdit, table: Table): string | null {
  const fields = 'columns' in edit ? fieldsOf(table, edit.columns) : null
  switch (edit.kind) {
    case 'addIndex': {
      const all = [edit, ...(edit.more ?? [])].map((index) => indexLine(index, table))
      return all.every((line) => line !== null) ? all.join(spelledApart) : null
    }
    case 'addUnique':
      return fields && (fields.length === 1 ? '@unique' : `@@unique([${fields.join(', ')}])`)
    case 'setOnDelete':
      return `onDelete: ${actions[edit.action]}`
    case 'setType':
      return edit.type === 'uuid' ? '@db.Uuid' : '@db.Timestamptz(3)'
    case 'dropIndex': {
      const index = indexNamed(table, edit.name)
      const keys = index
        ? fieldsOf(
            table,
            index.keys.flatMap((k) => k.column ?? []),
          )
        : null
      return keys && `@@index([${keys.join(', ')}])`
    }
  }
}

/** The replacements that make an edit in a Prisma schema; null where they would not be exactly right. */
export function prismaSplices(edit: SchemaEdit, context: EditContext): Splices {
  const { table } = context
  const word = spelledInPrisma(edit, table)
  if (word === null) return null
  switch (edit.kind) {
    case 'addIndex':
      return onFile(table.declared[0], context, (file, at) => attributesOf(file, at, word.split(spelledApart)))
    case 'addUnique': {
      const [column, second] = edit.columns
      if (second !== undefined) return onFile(table.declared[0], context, (file, at) => attributesOf(file, at, [word]))
      return onFile(columnPlace(table, column), context, (file, at) => {
        const code = codeOf(file, at)
        return /@(?:unique|id)\b/.test(code.text) ? null : [{ start: code.end, end: code.end, text: ' @unique' }]
      })
    }
    case 'dropIndex':
      return onFile(indexNamed(table, edit.name)?.declared[0], context, withoutLine)
    case 'setOnDelete': {
      const relation = table.foreignKeys.find((fk) => fk.columns.join('\0') === edit.columns.join('\0'))
      return onFile(relation?.declared[0], context, (file, at) => onDelete(file, at, word))
    }
    case 'setType':
      return nativeType(edit, context)
  }
}

function indexLine(index: NewIndex, table: Table): string | null {
  const fields = fieldsOf(table, index.columns)
  return fields && `@@index([${fields.join(', ')}]${index.method === 'gin' ? ', type: Gin' : ''})`
}

function fieldsOf(table: Table, columns: readonly string[]): readonly string[] | null {
  const fields = columns.map((column) => propertyOf(table, column))
  return fields.length > 0 && fields.every((field) => field !== null) ? fields : null
}

function columnPlace(table: Table, column: string | undefined): Declaration | undefined {
  return table.columns.find((c) => c.name === column)?.declared[0]
}

function onFile(
  at: Declaration | undefined,
  context: EditContext,
  make: (file: SourceFile, at: Declaration) => readonly Splice[] | null,
): Splices {
  const file = at && context.text(at.path)
  const splices = file && make(file, at)
  return splices ? { file, splices } : null
}

/** The code of the line on which a field or attribute stands, without its indentation and what is behind it. */
function codeOf(
  file: SourceFile,
  at: Declaration,
): { readonly start: number; readonly end: number; readonly text: string } {
  const line = file.lineStarts[at.line - 1] ?? 0
  const start = line + at.column - 1
  const end = (file.lineStarts[at.endLine - 1] ?? 0) + at.endColumn
  return { start, end, text: file.text.slice(start, end) }
}

interface Line {
  readonly start: number
  readonly text: string
}

/** Block attributes at the end of the model, before `@@map` and its like; an empty line parts the attributes from the fields. */
function attributesOf(file: SourceFile, at: Declaration, words: readonly string[]): readonly Splice[] | null {
  const start = (file.lineStarts[at.line - 1] ?? 0) + at.column - 1
  const block = splitBlocks(file).blocks.find((b) => b.start === start)
  if (!block || file.text[block.end - 1] !== '}') return null
  const body = linesBetween(file, at.line + 1, block.end - 1)
  const brace = body.at(-1)
  const last = body.findLastIndex((line, i) => i < body.length - 1 && line.text.trim() !== '')
  if (brace === undefined || brace.text.trim() !== '' || last < 0) return null
  let before = last + 1
  while (before > 0 && /^\s*@@(?:map|schema|ignore)\b[^(]*(?:\([^()]*\))?\s*$/.test(body[before - 1]?.text ?? ''))
    before--
  const next = before <= last ? body[before] : undefined
  const indent = /^\s*/.exec(body[last]?.text ?? '')?.[0] ?? '  '
  if (next) return [{ start: next.start, end: next.start, text: words.map((word) => `${indent}${word}\n`).join('') }]
  const line = body[last] as Line
  const isAttribute = /^\s*(?:@@|\]|\))/.test(line.text)
  const end = line.start + line.text.trimEnd().length
  return [{ start: end, end, text: `${isAttribute ? '' : '\n'}${words.map((word) => `\n${indent}${word}`).join('')}` }]
}

/** The lines from a line to an offset; the last one ends there. */
function linesBetween(file: SourceFile, from: number, to: number): readonly Line[] {
  const lines: Line[] = []
  for (let n = from; n <= file.lineStarts.length; n++) {
    const start = file.lineStarts[n - 1] as number
    if (start > to) break
    const end = Math.min(to, (file.lineStarts[n] ?? file.text.length + 1) - 1)
    lines.push({ start, text: file.text.slice(start, end) })
  }
  return lines
}

/** The line of an attribute that has it for itself goes, and an empty line before it that parts nothing any more; a neighbour stays, since there has to be a text. */
function withoutLine(file: SourceFile, at: Declaration): readonly Splice[] | null {
  const code = codeOf(file, at)
  const line = (n: number): Line | null => {
    const start = file.lineStarts[n - 1]
    return start === undefined
      ? null
      : { start, text: file.text.slice(start, (file.lineStarts[n] ?? file.text.length + 1) - 1) }
  }
  const own = line(at.line)
  const [before, after] = [line(at.line - 1), line(at.line + 1)]
  if (!own || !before || !after || own.text.trim() !== code.text || !/^@@index\(.*\)$/.test(code.text)) return null
  if (before.text.trim() === '' && after.text.trim() === '}')
    return [
      { start: before.start, end: after.start, text: '' },
      { start: after.start, end: after.start + after.text.length, text: after.text },
    ]
  return [{ start: own.start, end: after.start + after.text.length, text: after.text }]
}

function onDelete(file: SourceFile, at: Declaration, word: string): readonly Splice[] | null {
  const code = codeOf(file, at)
  const open = code.text.indexOf('@relation(')
  if (open < 0) return null
  const close = closing(code.text, open + '@relation'.length)
  if (close < 0) return null
  const said = /\bonDelete:\s*[A-Za-z]+/.exec(code.text.slice(open, close))
  if (said)
    return [{ start: code.start + open + said.index, end: code.start + open + said.index + said[0].length, text: word }]
  return [{ start: code.start + close, end: code.start + close, text: `, ${word}` }]
}

/** Offset of the bracket that closes the one at `from`; -1 where it is not on the line. */
function closing(text: string, from: number): number {
  let depth = 0
  let quoted = false
  for (let i = from; i < text.length; i++) {
    const c = text[i]
    if (c === '"' && text[i - 1] !== '\\') quoted = !quoted
    if (quoted) continue
    if (c === '(' || c === '[' || c === '{') depth++
    if ((c === ')' || c === ']' || c === '}') && --depth === 0) return i
  }
  return -1
}

function nativeType(edit: Extract<SchemaEdit, { readonly kind: 'setType' }>, context: EditContext): Splices {
  const { table, declared } = context
  // A key and what refers to it have to change together.
  const refers = [...declared.tables.values()].some((other) =>
    other.foreignKeys.some(
      (fk) =>
        (other.key === table.key && fk.columns.includes(edit.column)) ||
        (`${fk.references.schema}.${fk.references.table}` === table.key && fk.references.columns.includes(edit.column)),
    ),
  )
  if (refers) return null
  return onFile(columnPlace(table, edit.column), context, (file, at) => {
    const code = codeOf(file, at)
    const type = edit.type === 'uuid' ? 'String' : 'DateTime'
    if (!new RegExp(`^\\w+\\s+${type}\\b`).test(code.text)) return null
    const native = /@db\.(\w+)(?:\((\d*)\))?/.exec(code.text)
    if (!native) return [{ start: code.end, end: code.end, text: ` ${spelledInPrisma(edit, table) ?? ''}` }]
    if (edit.type !== 'timestamptz' || native[1] !== 'Timestamp') return null
    const start = code.start + native.index
    return [
      {
        start,
        end: start + native[0].length,
        text: `@db.Timestamptz${native[2] === undefined ? '' : `(${native[2]})`}`,
      },
    ]
  })
}
