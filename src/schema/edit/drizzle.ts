import { visitorKeys } from 'oxc-parser'
import type {
  ArrayExpression,
  ArrowFunctionExpression,
  CallExpression,
  Expression,
  ObjectExpression,
  ObjectProperty,
  Program,
} from 'oxc-parser'
import type { SourceFile } from '../../location.ts'
import { parseTypeScript } from '../../typescript.ts'
import type { Declaration, Table } from '../model.ts'
import type { EditContext, NewIndex, SchemaEdit, Splice, Splices } from './types.ts'
import { indexNamed, propertyOf, spelledApart } from './types.ts'

const actions = {
  'NO ACTION': 'no action',
  RESTRICT: 'restrict',
  CASCADE: 'cascade',
  'SET NULL': 'set null',
  'SET DEFAULT': 'set default',
} as const

const identifier = /^[A-Za-z_$][\w$]*$/

/** How a Drizzle schema spells what an edit adds or changes, with `table` for the parameter of its callback; null where it cannot. */
export function spelledInDrizzle(edit: SchemaEdit, table: Table): string | null {
  switch (edit.kind) {
    case 'addIndex':
      return buildersOf('index', edit, table, 'table', "'")?.join(spelledApart) ?? null
    case 'addUnique':
      return edit.columns.length === 1 ? '.unique()' : (buildersOf('unique', edit, table, 'table', "'")?.[0] ?? null)
    case 'setOnDelete':
      return `{ onDelete: '${actions[edit.action]}' }`
    case 'setType':
      return edit.type === 'timestamptz' ? '{ withTimezone: true }' : 'uuid()'
    case 'dropIndex':
      return indexNamed(table, edit.name) ? `index('${edit.name}')` : null
  }
}

/** The replacements that make an edit in a Drizzle schema; null where they would not be exactly right. */
export function drizzleSplices(edit: SchemaEdit, context: EditContext): Splices {
  const { table } = context
  switch (edit.kind) {
    case 'addIndex':
      return table.indexes.some((i) => [edit, ...(edit.more ?? [])].some(({ name }) => i.name === name))
        ? null
        : extra('index', edit, context)
    case 'addUnique':
      if (edit.columns.length > 1) return extra('unique', edit, context)
      return onProperty(columnPlace(table, edit.columns[0]), context, (value) =>
        hasMethod(value, 'unique', 'primaryKey') ? null : [{ start: value.end, end: value.end, text: '.unique()' }],
      )
    case 'setOnDelete':
      return edit.columns.length > 1
        ? null
        : onProperty(columnPlace(table, edit.columns[0]), context, (value, file) =>
            onDelete(value, file, actions[edit.action]),
          )
    case 'setType':
      return edit.type === 'uuid' ? null : onProperty(columnPlace(table, edit.column), context, withTimezone)
    case 'dropIndex':
      return dropped(indexNamed(table, edit.name)?.declared[0], context)
  }
}

type Adding = Extract<SchemaEdit, { readonly kind: 'addIndex' | 'addUnique' }>

/** What is added, in the order in which it is named; null where one of it cannot be written. */
function buildersOf(
  call: string,
  edit: Adding,
  table: Table,
  parameter: string,
  quote: string,
): readonly string[] | null {
  const all =
    edit.kind === 'addIndex'
      ? [edit, ...(edit.more ?? [])].map((index) => builder(call, index, table, parameter, quote))
      : [builder(call, edit, table, parameter, quote)]
  return all.every((one) => one !== null) ? all : null
}

function builder(
  call: string,
  index: NewIndex | { readonly columns: readonly string[] },
  table: Table,
  parameter: string,
  quote: string,
): string | null {
  const properties = index.columns.map((column) => propertyOf(table, column))
  if (properties.length === 0 || !properties.every((property) => property !== null && identifier.test(property)))
    return null
  const columns = properties.map((property) => `${parameter}.${property}`).join(', ')
  if (!('name' in index)) return `${call}().on(${columns})`
  if (!/^[\w$ -]+$/.test(index.name)) return null
  return index.method === 'gin'
    ? `${call}(${quote}${index.name}${quote}).using(${quote}gin${quote}, ${columns})`
    : `${call}(${quote}${index.name}${quote}).on(${columns})`
}

function columnPlace(table: Table, column: string | undefined): Declaration | undefined {
  return table.columns.find((c) => c.name === column)?.declared[0]
}

interface Module {
  readonly program: Program
  /** Every call, outer before inner where they begin together. */
  readonly calls: readonly CallExpression[]
  readonly properties: readonly ObjectProperty[]
  /** The elements of every list and object. */
  readonly lists: readonly (readonly Node[])[]
}

const modules = new WeakMap<SourceFile, Module | null>()

function moduleOf(file: SourceFile): Module | null {
  const known = modules.get(file)
  if (known !== undefined) return known
  const { program } = parseTypeScript(file.path, file.text)
  const made = program && { program, ...nodesOf(program) }
  modules.set(file, made)
  return made
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

function nodesOf(program: Program): Omit<Module, 'program'> {
  const calls: CallExpression[] = []
  const lists: (readonly Node[])[] = []
  const properties: ObjectProperty[] = []
  const stack: unknown[] = [program]
  while (stack.length > 0) {
    const node = stack.pop()
    if (typeof node !== 'object' || node === null || !('type' in node)) continue
    if (node.type === 'CallExpression') calls.push(node as CallExpression)
    if (node.type === 'Property') properties.push(node as ObjectProperty)
    if (node.type === 'ArrayExpression') lists.push((node as ArrayExpression).elements.filter((it) => it !== null))
    if (node.type === 'ObjectExpression') lists.push((node as ObjectExpression).properties)
    for (const key of visitorKeys[String(node.type)] ?? []) {
      const child = (node as Readonly<Record<string, unknown>>)[key]
      if (Array.isArray(child)) stack.push(...(child as readonly unknown[]))
      else stack.push(child)
    }
  }
  return { calls, properties, lists }
}

/** The name that a file gives to one of the builders of Drizzle's Postgres module; null where it does not import it. */
function importedAs(program: Program, name: string): string | null {
  for (const statement of program.body) {
    if (
      statement.type !== 'ImportDeclaration' ||
      statement.source.value !== 'drizzle-orm/pg-core' ||
      statement.importKind === 'type'
    )
      continue
    for (const specifier of statement.specifiers) {
      if (specifier.type === 'ImportNamespaceSpecifier') return `${specifier.local.name}.${name}`
      if (
        specifier.type === 'ImportSpecifier' &&
        specifier.importKind !== 'type' &&
        specifier.imported.type === 'Identifier' &&
        specifier.imported.name === name
      )
        return specifier.local.name
    }
  }
  return null
}

/** An index or constraint in the callback that follows the columns: in its list, in its object, or in a callback of its own. */
function extra(call: 'index' | 'unique', edit: Adding, context: EditContext): Splices {
  const { table } = context
  const at = table.declared[0]
  const file = at && context.text(at.path)
  const module = file && moduleOf(file)
  const name = module && importedAs(module.program, call)
  if (!at || !file || !module || name === null || name === undefined) return null
  const { start, end } = offsets(file, at)
  const made = module.calls.filter(
    (it) =>
      it.start >= start &&
      it.end <= end &&
      it.arguments[0]?.type === 'Literal' &&
      it.arguments[0].value === table.name &&
      (it.arguments.length === 2 || it.arguments.length === 3),
  )
  const [table_, ambiguous] = made
  if (!table_ || ambiguous) return null
  const [first, columns, callback] = table_.arguments
  if (!first || !columns || columns.type === 'SpreadElement') return null
  const quote = file.text[first.start] === '"' ? '"' : "'"
  if (!callback) {
    const texts = buildersOf(name, edit, table, 'table', quote)
    const list = texts && texts.length > 1 ? `[\n  ${texts.join(',\n  ')},\n]` : `[${texts?.[0] ?? ''}]`
    return texts && { file, splices: [{ start: columns.end, end: columns.end, text: `, (table) => ${list}` }] }
  }
  if (callback.type !== 'ArrowFunctionExpression') return null
  const parameter = callback.params[0]
  if (callback.params.length !== 1 || parameter?.type !== 'Identifier') return null
  const texts = buildersOf(name, edit, table, parameter.name, quote)
  const result = resultOf(callback)
  if (texts === null || !result) return null
  if (result.type === 'ArrayExpression')
    return inserted(
      file,
      result,
      result.elements.filter((it) => it !== null),
      texts,
    )
  if (result.type !== 'ObjectExpression') return null
  const added = edit.kind === 'addIndex' ? [edit, ...(edit.more ?? [])] : [edit]
  const keys = added.map(({ columns: names }) =>
    keyFor(
      names.map((column) => propertyOf(table, column) ?? ''),
      call,
    ),
  )
  const taken = result.properties.some((it) => it.type === 'Property' && keys.includes(keyOf(it) ?? ''))
  return taken
    ? null
    : inserted(
        file,
        result,
        result.properties,
        texts.map((text, i) => `${keys[i] ?? ''}: ${text}`),
      )
}

/** `orgIdIdx`, `orgIdNameUnique`. */
function keyFor(properties: readonly string[], call: 'index' | 'unique'): string {
  return `${properties.map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')}${call === 'index' ? 'Idx' : 'Unique'}`
}

/** What an arrow function gives back: its expression, or the one that its body returns. */
function resultOf(callback: ArrowFunctionExpression): Expression | null {
  const { body } = callback
  if (body.type !== 'BlockStatement') return bare(body as Expression)
  const [only, more] = body.body
  return only?.type === 'ReturnStatement' && only.argument && !more ? bare(only.argument) : null
}

function bare(expression: Expression): Expression {
  let at = expression
  while (at.type === 'ParenthesizedExpression') at = at.expression
  return at
}

/** More elements behind the last one, laid out as that is. */
function inserted(file: SourceFile, list: Node, elements: readonly Node[], texts: readonly string[]): Splices {
  const last = elements.at(-1)
  const open = list.start + 1
  if (!last)
    return {
      file,
      splices: [
        {
          start: open,
          end: list.end - 1,
          text: file.text[list.start] === '{' ? ` ${texts.join(', ')} ` : texts.join(', '),
        },
      ],
    }
  const between = file.text.slice(last.end, list.end - 1)
  const comma = /^\s*,/.exec(between)
  // A comment in there would move to another line.
  if (between.replace(',', '').trim() !== '') return null
  const from = file.text.lastIndexOf('\n', last.start - 1) + 1
  const indent = file.text.slice(from, last.start)
  const ownLine = indent.trim() === '' && from > list.start
  const at = comma ? last.end + comma[0].length : last.end
  return {
    file,
    splices: [
      {
        start: at,
        end: at,
        text: `${comma ? '' : ','}${texts.map((text) => `${ownLine ? `\n${indent}` : ' '}${text}`).join(',')}${comma ? ',' : ''}`,
      },
    ],
  }
}

/** The lines of an element of the callback's list or object go; not those of the only one, and not where something else shares them. */
function dropped(at: Declaration | undefined, context: EditContext): Splices {
  const file = at && context.text(at.path)
  const module = file && moduleOf(file)
  if (!at || !file || !module) return null
  const { start, end } = offsets(file, at)
  const among = module.lists.find((list) => list.length > 1 && list.some((it) => it.start === start && it.end === end))
  const from = file.text.lastIndexOf('\n', start - 1) + 1
  const behind = /^,?[ \t]*\n/.exec(file.text.slice(end, end + 200))
  if (!among || !behind || file.text.slice(from, start).trim() !== '') return null
  // A suggestion keeps a line, since there has to be a text: the one that follows.
  const next = end + behind[0].length
  const lineBreak = file.text.indexOf('\n', next)
  const nextEnd = lineBreak < 0 ? file.text.length : lineBreak
  return {
    file,
    splices: [
      { start: from, end: next, text: '' },
      { start: nextEnd, end: nextEnd, text: '' },
    ],
  }
}

function offsets(file: SourceFile, at: Declaration): { readonly start: number; readonly end: number } {
  return {
    start: (file.lineStarts[at.line - 1] ?? 0) + at.column - 1,
    end: (file.lineStarts[at.endLine - 1] ?? 0) + at.endColumn,
  }
}

function keyOf(property: ObjectProperty): string | null {
  return property.key.type === 'Identifier'
    ? property.key.name
    : property.key.type === 'Literal'
      ? String(property.key.value)
      : null
}

/** Edits the value of the property that declares a column, a chain of calls. */
function onProperty(
  at: Declaration | undefined,
  context: EditContext,
  make: (value: CallExpression, file: SourceFile) => readonly Splice[] | null,
): Splices {
  const file = at && context.text(at.path)
  const module = file && moduleOf(file)
  if (!at || !file || !module) return null
  const { start, end } = offsets(file, at)
  const value = module.properties.find((it) => it.start === start && it.end === end)?.value
  const splices = value?.type === 'CallExpression' ? make(value, file) : null
  return splices ? { file, splices } : null
}

/** The calls of a chain, the last one first: `text('a').notNull()` is `notNull`, `text`. */
function chainOf(value: CallExpression): readonly { readonly name: string; readonly call: CallExpression }[] {
  const chain: { readonly name: string; readonly call: CallExpression }[] = []
  let at: Expression = value
  while (at.type === 'CallExpression') {
    const callee: Expression | null = at.callee.type === 'Super' ? null : at.callee
    if (callee === null) break
    if (callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier') {
      chain.push({ name: callee.property.name, call: at })
      at = callee.object
    } else {
      if (callee.type === 'Identifier') chain.push({ name: callee.name, call: at })
      break
    }
  }
  return chain
}

function hasMethod(value: CallExpression, ...names: readonly string[]): boolean {
  return chainOf(value).some((it) => names.includes(it.name))
}

function onDelete(value: CallExpression, file: SourceFile, action: string): readonly Splice[] | null {
  const call = chainOf(value).find((it) => it.name === 'references')?.call
  const [to, options] = call?.arguments ?? []
  if (!call || !to) return null
  const quote = file.text.includes('"') && !file.text.includes("'") ? '"' : "'"
  if (!options) return [{ start: to.end, end: to.end, text: `, { onDelete: ${quote}${action}${quote} }` }]
  return options.type === 'ObjectExpression' ? withEntry(options, 'onDelete', `${quote}${action}${quote}`) : null
}

function withTimezone(value: CallExpression): readonly Splice[] | null {
  const found = chainOf(value).at(-1)
  if (found?.name !== 'timestamp') return null
  const { call } = found
  const [first, second, third] = call.arguments
  if (third) return null
  if (!first) return [{ start: call.end - 1, end: call.end - 1, text: '{ withTimezone: true }' }]
  if (first.type === 'ObjectExpression' && !second) return withEntry(first, 'withTimezone', 'true')
  if (first.type !== 'Literal') return null
  if (!second) return [{ start: first.end, end: first.end, text: ', { withTimezone: true }' }]
  return second.type === 'ObjectExpression' ? withEntry(second, 'withTimezone', 'true') : null
}

/** An entry of an object of options: what it says is replaced, or the entry comes first. */
function withEntry(options: ObjectExpression, name: string, value: string): readonly Splice[] | null {
  if (options.properties.some((it) => it.type !== 'Property')) return null
  const said = options.properties.find((it) => it.type === 'Property' && keyOf(it) === name)
  if (said?.type === 'Property') return [{ start: said.value.start, end: said.value.end, text: value }]
  const [first] = options.properties
  return first
    ? [{ start: first.start, end: first.start, text: `${name}: ${value}, ` }]
    : [{ start: options.start, end: options.end, text: `{ ${name}: ${value} }` }]
}
