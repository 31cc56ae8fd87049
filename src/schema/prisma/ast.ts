import type * as PrismaAst from '@mrleebo/prisma-ast'
import type { Place, SourceFile } from '../../location.ts'
import { lineAndColumn, placeOf, sourceFile, startOf } from '../../location.ts'
import { blockParser } from './parser.ts'
import type { BlockParser } from './parser.ts'
import { blank, splitBlocks } from './text.ts'
import type { RawBlock } from './text.ts'

export type BlockKind = 'model' | 'view' | 'type' | 'enum' | 'datasource' | 'generator'

/** A value in an attribute or a setting. */
export type PrismaValue =
  | { readonly kind: 'string' | 'number' | 'word'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly PrismaValue[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly PrismaArgument[] }
  | { readonly kind: 'object'; readonly entries: readonly PrismaArgument[] }

/** One argument; `name` is null for a positional one. */
export interface PrismaArgument {
  readonly name: string | null
  readonly value: PrismaValue
}

export interface PrismaAttribute {
  /** Without the `@`; native types as written, `db.VarChar`. */
  readonly name: string
  readonly args: readonly PrismaArgument[]
  readonly place: Place
}

export interface PrismaField {
  readonly name: string
  /** Name of the type; what stands in `Unsupported("…")` is in `unsupported`. */
  readonly type: string
  readonly unsupported: string | null
  readonly list: boolean
  readonly optional: boolean
  readonly attributes: readonly PrismaAttribute[]
  /** Text of the `///` lines above, and of one behind it. */
  readonly documentation: string | null
  /** From its name to the end of its line, a comment aside. */
  readonly place: Place
}

export interface PrismaEnumValue {
  readonly name: string
  readonly attributes: readonly PrismaAttribute[]
  readonly place: Place
}

export interface PrismaBlock {
  readonly kind: BlockKind
  readonly name: string
  readonly fields: readonly PrismaField[]
  readonly values: readonly PrismaEnumValue[]
  readonly attributes: readonly PrismaAttribute[]
  readonly settings: ReadonlyMap<string, PrismaSetting>
  readonly documentation: string | null
  /** The line that names it. */
  readonly place: Place
}

/** An assignment in a datasource or generator. */
export interface PrismaSetting {
  readonly value: PrismaValue
  readonly place: Place
}

export interface PrismaProblem {
  readonly place: Place
  readonly message: string
}

/** A schema file taken apart. What could not be read is in `problems`; all the rest is there. */
export interface PrismaDocument {
  readonly path: string
  readonly blocks: readonly PrismaBlock[]
  readonly problems: readonly PrismaProblem[]
  /** True where brackets nest so deep that nothing was read. */
  readonly tooDeep: boolean
}

const kinds: ReadonlySet<string> = new Set<BlockKind>(['model', 'view', 'type', 'enum', 'datasource', 'generator'])
const deepest = 40
const patience = 20
const mostProblems = 60

/** Reads one schema file. Never throws: a block or line that the parser refuses is a problem, and the others are read all the same. */
export async function parsePrisma(path: string, text: string): Promise<PrismaDocument> {
  const parse = await blockParser()
  const file = sourceFile(path, text)
  const raw = splitBlocks(file)
  const blocks: PrismaBlock[] = []
  const problems: PrismaProblem[] = []
  if (raw.depth > deepest) {
    return {
      path,
      blocks,
      problems: [{ place: startOf(path), message: `brackets are nested ${raw.depth} deep, more than ${deepest}` }],
      tooDeep: true,
    }
  }
  for (const part of raw.blocks) {
    if (problems.length >= mostProblems) break
    const block = readBlock(parse, file, raw.text, part, problems)
    if (block !== null) blocks.push(block)
  }
  return { path, blocks, problems, tooDeep: false }
}

/** The argument of an attribute or call by its name, or the one at a position that has no name. */
export function argument(
  of: { readonly args: readonly PrismaArgument[] },
  name: string,
  position: number | null = null,
): PrismaValue | undefined {
  const named = of.args.find((arg) => arg.name === name)
  if (named !== undefined) return named.value
  if (position === null) return undefined
  return of.args.filter((arg) => arg.name === null)[position]?.value
}

/** The text of a string value, undefined for anything else. */
export function stringValue(value: PrismaValue | undefined): string | undefined {
  return value?.kind === 'string' ? value.text : undefined
}

/** The items of a list; a single value counts as a list of one. */
export function listValue(value: PrismaValue | undefined): readonly PrismaValue[] {
  if (value === undefined) return []
  return value.kind === 'list' ? value.items : [value]
}

/** The attribute of a name, undefined where there is none. */
export function attribute(
  of: { readonly attributes: readonly PrismaAttribute[] },
  name: string,
): PrismaAttribute | undefined {
  return of.attributes.find((a) => a.name === name)
}

/** Parses one block; a line that the parser refuses is reported, blanked and the rest tried again. */
function readBlock(
  parse: BlockParser,
  file: SourceFile,
  text: string,
  part: RawBlock,
  problems: PrismaProblem[],
): PrismaBlock | null {
  let source = breakAfterBrace(`${text.slice(part.start, part.end)}\n`)
  for (let tries = 0; tries < patience; tries++) {
    const result = attempt(parse, source)
    if (result.ok) {
      const [block] = result.blocks
      return block === undefined ? null : convertBlock(block, file, part, source)
    }
    const at = Math.min(part.start + result.offset, part.end - 1)
    const place = lineAt(file, at)
    problems.push({ place, message: result.message })
    if (place.line === lineAndColumn(file, part.start).line || place.line === lineAndColumn(file, part.end - 1).line)
      return null
    const from = (file.lineStarts[place.line - 1] ?? 0) - part.start
    const to = (file.lineStarts[place.line] ?? file.text.length) - part.start
    source = source.slice(0, from) + blank(source.slice(from, to)) + source.slice(to)
  }
  return null
}

/** The parser wants a line break directly behind the opening brace: a comment or white space there changes places with it. */
function breakAfterBrace(source: string): string {
  const from = source.indexOf('{') + 1
  let to = from
  while (to < source.length && source[to] !== '\n' && source[to] !== '\r') to++
  const between = source.slice(from, to)
  if (to === from || (between.trim() !== '' && !between.trimStart().startsWith('//'))) return source
  return `${source.slice(0, from)}\n${' '.repeat(to - from)}${source.slice(to + 1)}`
}

type Attempt =
  | { readonly ok: true; readonly blocks: readonly PrismaAst.Block[] }
  | { readonly ok: false; readonly offset: number; readonly message: string }

function attempt(parse: BlockParser, source: string): Attempt {
  try {
    return { ok: true, blocks: parse(source).list.filter((block) => kinds.has(block.type)) }
  } catch (error) {
    const { token, previousToken } = error as {
      readonly token?: { readonly startOffset: number }
      readonly previousToken?: { readonly startOffset: number }
    }
    const known = [token?.startOffset, previousToken?.startOffset].find(
      (offset) => offset !== undefined && Number.isFinite(offset),
    )
    return { ok: false, offset: known ?? 0, message: shortMessage(error) }
  }
}

/** The parser lists every token that could have stood there; what it found is enough. */
function shortMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const found = message.includes('\n') ? /but found: *([^]*)$/.exec(message)?.[1] : undefined
  return found === undefined
    ? message.slice(0, 200)
    : `this line cannot be read from ${found.trim().replace(/\s+/g, ' ')} on`
}

function convertBlock(block: PrismaAst.Block, file: SourceFile, part: RawBlock, source: string): PrismaBlock | null {
  if (block.type === 'comment' || block.type === 'break') return null
  const place = (from: number): Place => {
    const start = part.start + from
    return placeOf(file, start, endOfCode(file.text, start))
  }
  const fields: PrismaField[] = []
  const values: PrismaEnumValue[] = []
  const attributes: PrismaAttribute[] = []
  const settings = new Map<string, PrismaSetting>()
  let docs: string[] = []
  const entries =
    block.type === 'enum' ? block.enumerators : 'assignments' in block ? block.assignments : block.properties
  for (const entry of entries ?? []) {
    if (entry.type === 'comment') {
      if (entry.text.startsWith('///')) docs.push(entry.text.slice(3).trim())
      continue
    }
    if (entry.type === 'break') continue
    const at = place(offsetOf(entry))
    if (entry.type === 'field') fields.push(convertField(entry, at, docs, place))
    else if (entry.type === 'enumerator')
      values.push({
        name: entry.name,
        attributes: (entry.attributes ?? []).map((a) => convertAttribute(a, place)),
        place: at,
      })
    else if (entry.type === 'attribute') attributes.push(convertAttribute(entry, place))
    else settings.set(entry.key, { value: convertValue(entry.value), place: at })
    docs = []
  }
  const opening = source.indexOf('{')
  const end = part.start + (opening < 0 ? 1 : source.slice(0, opening).trimEnd().length)
  return {
    kind: block.type,
    name: block.name,
    fields,
    values,
    attributes,
    settings,
    documentation: part.documentation,
    place: placeOf(file, part.start, end),
  }
}

function convertField(
  field: PrismaAst.Field,
  at: Place,
  docs: readonly string[],
  place: (from: number) => Place,
): PrismaField {
  const behind = field.comment?.startsWith('///') === true ? [field.comment.slice(3).trim()] : []
  const documentation = [...docs, ...behind].join('\n')
  const { fieldType } = field
  const call = typeof fieldType === 'object' ? convertValue(fieldType) : null
  return {
    name: field.name,
    type: typeof fieldType === 'string' ? fieldType : fieldType.name,
    unsupported: call?.kind === 'call' && call.name === 'Unsupported' ? (stringValue(call.args[0]?.value) ?? '') : null,
    list: field.array === true,
    optional: field.optional === true,
    attributes: (field.attributes ?? []).map((a) => convertAttribute(a, place)),
    documentation: documentation === '' ? null : documentation,
    place: at,
  }
}

function convertAttribute(attribute: PrismaAst.Attr, place: (from: number) => Place): PrismaAttribute {
  return {
    name: attribute.group === undefined ? attribute.name : `${attribute.group}.${attribute.name}`,
    args: (attribute.args ?? []).map((arg) => convertArgument(arg.value)),
    place: place(offsetOf(attribute)),
  }
}

function convertArgument(value: PrismaAst.KeyValue | PrismaAst.Value): PrismaArgument {
  if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'keyValue') {
    return { name: value.key, value: convertValue(value.value) }
  }
  return { name: null, value: convertValue(value as PrismaAst.Value) }
}

function convertValue(value: PrismaAst.Value): PrismaValue {
  if (Array.isArray(value)) return { kind: 'list', items: value.map(convertValue) }
  if (typeof value === 'object' && value !== null) {
    if (value.type === 'function')
      return { kind: 'call', name: value.name, args: (value.params ?? []).map(convertArgument) }
    if (value.type === 'array') return { kind: 'list', items: (value.args ?? []).map(convertValue) }
    return { kind: 'object', entries: value.properties.map(convertArgument) }
  }
  const text = String(value)
  if (text.startsWith('"')) return { kind: 'string', text: unquote(text) }
  return { kind: /^-?\d/.test(text) ? 'number' : 'word', text }
}

/** A Prisma string literal has the escapes of JSON. */
function unquote(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text.slice(1, text.endsWith('"') ? -1 : undefined)
  }
}

function offsetOf(node: object): number {
  const { location } = node as { readonly location?: { readonly startOffset: number } }
  return location?.startOffset ?? 0
}

/** Offset behind the last character of a line that is neither white space nor part of a comment. */
function endOfCode(text: string, from: number): number {
  let end = from
  let quoted = false
  for (let i = from; i < text.length; i++) {
    const c = text[i]
    if (c === '\n' || c === '\r') break
    if (c === '"') quoted = !quoted
    else if (c === '\\' && quoted) i++
    else if (!quoted && c === '/' && (text[i + 1] === '/' || text[i + 1] === '*')) break
    if (c !== ' ' && c !== '\t') end = i + 1
  }
  return Math.max(end, from + 1)
}

function lineAt(file: SourceFile, offset: number): Place {
  const { line } = lineAndColumn(file, offset)
  const start = file.lineStarts[line - 1] ?? 0
  const stop = file.lineStarts[line] ?? file.text.length
  const first = start + (file.text.slice(start, stop).length - file.text.slice(start, stop).trimStart().length)
  return placeOf(file, Math.min(first, file.text.length), endOfCode(file.text, first))
}
