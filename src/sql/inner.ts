import type { CreateFunctionStmt, DoStmt, Node } from 'libpg-query'
import type { Place } from '../location.ts'
import { placeOf } from '../location.ts'
import { constantOf, type Known } from './constants.ts'
import { parsePlpgsql, parseSql } from './parser.ts'
import { placeholderIn, templateMessage } from './placeholder.ts'
import { askedIn, bodyOf, readBlock } from './plpgsql.ts'
import { nextPiece } from './split.ts'
import type { SqlProblem, Statement } from './statement.ts'

interface Inner {
  readonly statements: readonly Statement[]
  readonly problems: readonly SqlProblem[]
}

const nothing: Inner = { statements: [], problems: [] }

/** The value of an option of a `DO` or `CREATE FUNCTION`: the first string of it. */
function optionOf(options: readonly Node[] | undefined, name: string): string | null {
  for (const option of options ?? []) {
    if (!('DefElem' in option) || option.DefElem.defname !== name) continue
    const arg = option.DefElem.arg
    const first = arg !== undefined && 'List' in arg ? arg.List.items?.[0] : arg
    return first !== undefined && 'String' in first ? (first.String.sval ?? '') : null
  }
  return null
}

/** Opens the body of a `DO` block, or of a function in SQL or plpgsql: its statements, each with its place in the file. */
export function innerStatements(statement: Statement): Inner {
  if ('DoStmt' in statement.node) return ofBlock(statement, statement.node.DoStmt)
  if ('CreateFunctionStmt' in statement.node) return ofFunction(statement, statement.node.CreateFunctionStmt)
  return nothing
}

/** The nodes of what a function in plpgsql asks of tables beside its statements: queries in expressions, loops and returns, types of variables. */
export function askedBy(statement: Statement): readonly { readonly node: Node; readonly place: Place }[] {
  if (!('CreateFunctionStmt' in statement.node)) return []
  const { options } = statement.node.CreateFunctionStmt
  const source = optionOf(options, 'as') ?? ''
  const body = bodyOf(statement, source)
  if (body === null || (optionOf(options, 'language') ?? '').toLowerCase() !== 'plpgsql') return []
  const read = parsePlpgsql(statement.text)
  if ('message' in read) return []
  const lines = source.split('\n')
  return askedIn(read.tree).flatMap(({ select, line, expression }) => {
    const result = parseSql(select)
    const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0)
    const start = statement.start + body.start + before
    const text = lines[line - 1] ?? ''
    const place = placeOf(statement.file, start + text.search(/\S|$/), start + text.trimEnd().length)
    const nodes = 'nodes' in result ? result.nodes : []
    const subqueries = expression ? nodes.flatMap(subqueriesIn) : []
    return (subqueries.length > 0 ? subqueries : nodes).map((node) => ({ node, place }))
  })
}

/** The outermost subqueries of an expression. */
function subqueriesIn(tree: unknown): readonly Node[] {
  if (Array.isArray(tree)) return tree.flatMap(subqueriesIn)
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([name, value]) => (name === 'subselect' ? [value as Node] : subqueriesIn(value)))
}

/** The tree of a `DO` block in plpgsql as libpg_query gives it, or the message of what cannot be read. */
export function parseBlock(node: DoStmt): ReturnType<typeof parsePlpgsql> {
  return parsePlpgsql(asFunction(optionOf(node.args, 'as') ?? ''))
}

function asFunction(source: string): string {
  let tag = '$body$'
  for (let i = 0; source.includes(tag); i++) tag = `$body${i}$`
  return `CREATE FUNCTION block() RETURNS void LANGUAGE plpgsql AS ${tag}${source}${tag}`
}

function ofBlock(statement: Statement, node: DoStmt): Inner {
  const language = (optionOf(node.args, 'language') ?? 'plpgsql').toLowerCase()
  const source = optionOf(node.args, 'as') ?? ''
  if (language !== 'plpgsql') return unseen(statement.place, `the block is written in ${language}`)
  const body = bodyOf(statement, source)
  if (body === null)
    return source.trim() === ''
      ? nothing
      : unseen(statement.place, 'the block is quoted in a way that hides its statements')
  const read = parseBlock(node)
  if ('message' in read)
    return broken(statement, source, body.start, read.message, (cut) => parsePlpgsql(asFunction(cut)))
  return inBody(statement, source, body.start, read.tree, 'do')
}

/**
 * What the call of a function does that an earlier statement of the file makes: its statements as they run, and that statement. Null for any other
 * statement, and where something of the body is not known.
 */
export function calledStatements(
  call: Statement,
  before: readonly Statement[],
): { readonly statements: readonly Statement[]; readonly made: Statement } | null {
  const called = callIn(call.node)
  if (called === null) return null
  const name = called.funcname?.map(nameOf).at(-1)
  const [made, ...others] = before.filter(
    ({ node }) => 'CreateFunctionStmt' in node && node.CreateFunctionStmt.funcname?.map(nameOf).at(-1) === name,
  )
  if (made === undefined || others.length > 0 || !('CreateFunctionStmt' in made.node)) return null
  const inputs = (made.node.CreateFunctionStmt.parameters ?? []).flatMap((each) =>
    'FunctionParameter' in each && each.FunctionParameter.mode !== 'FUNC_PARAM_TABLE' ? [each.FunctionParameter] : [],
  )
  const given = new Map<string, string>()
  for (const [i, arg] of (called.args ?? []).entries()) {
    const { name: input, argType } = inputs[i] ?? {}
    const value = constantOf(arg)
    // A regclass is printed as the search path has it, not as it was written.
    const isPlain =
      !(argType?.names?.map(nameOf).at(-1) ?? '').startsWith('reg') || /^[a-z_][a-z0-9_]*$/.test(value ?? '')
    if (value !== null && input !== undefined && isPlain) given.set(input, value)
  }
  const { statements, problems } = ofFunction(made, made.node.CreateFunctionStmt, { given })
  return statements.length === 0 || problems.length > 0 ? null : { statements, made }
}

/** The one function that a statement does nothing but call. */
function callIn(node: Node) {
  if ('CallStmt' in node) return node.CallStmt.funccall ?? null
  if (!('SelectStmt' in node)) return null
  const { targetList = [], fromClause = [], whereClause, intoClause, valuesLists, larg } = node.SelectStmt
  const [target, ...targets] = targetList
  const [from, ...tables] = fromClause
  if (target === undefined || targets.length + tables.length > 0) return null
  if (whereClause ?? intoClause ?? valuesLists ?? larg) return null
  const value = 'ResTarget' in target ? target.ResTarget.val : undefined
  if (from === undefined) return value !== undefined && 'FuncCall' in value ? value.FuncCall : null
  const list = 'RangeFunction' in from ? from.RangeFunction.functions?.[0] : undefined
  const called = list !== undefined && 'List' in list ? list.List.items?.[0] : undefined
  return called !== undefined && 'FuncCall' in called ? called.FuncCall : null
}

function nameOf(node: Node): string {
  return 'String' in node ? (node.String.sval ?? '') : ''
}

/** `call` has what the arguments of a call are; without it the body is read as it stands. */
function ofFunction(statement: Statement, node: CreateFunctionStmt, call?: { readonly given: Known }): Inner {
  const language = (optionOf(node.options, 'language') ?? (node.sql_body === undefined ? '' : 'sql')).toLowerCase()
  const source = optionOf(node.options, 'as') ?? ''
  const body = bodyOf(statement, source)
  if (body === null || (language !== 'plpgsql' && language !== 'sql')) return nothing
  const inside = call ? 'call' : 'function'
  if (language === 'sql') return inSqlBody(statement, source, body.start, inside)
  const read = parsePlpgsql(statement.text)
  if ('message' in read) {
    if (!read.message.startsWith('syntax error')) return nothing
    const { text } = statement
    const parse = (cut: string) =>
      parsePlpgsql(`${text.slice(0, body.start)}${cut}${text.slice(body.start + source.length)}`)
    return broken(statement, source, body.start, read.message, parse)
  }
  return inBody(statement, source, body.start, read.tree, inside, call?.given)
}

function unseen(place: Place, why: string): Inner {
  return {
    statements: [],
    problems: [{ kind: 'unsupported', place, message: `${why}; what it does is not seen`, help: null }],
  }
}

/** `parse` reads the statement with another body. */
function broken(
  statement: Statement,
  source: string,
  base: number,
  message: string,
  parse: (source: string) => ReturnType<typeof parsePlpgsql>,
): Inner {
  const near = /^syntax error at or near "(.+)"$/s.exec(message)?.[1]
  if (near === undefined) return unseen(statement.place, `the body cannot be read (${message})`)
  const first = placesOf(near, source).find((at, i, all) => {
    if (all.length === 1) return true
    const cut = parse(`${source.slice(0, at + near.length)};`)
    return 'message' in cut && cut.message === message
  })
  const start = statement.start + base + (first ?? 0)
  const template = placeholderIn(source)
  if (template !== null) {
    const from = statement.start + base + template.index
    const place = placeOf(statement.file, from, from + template.text.length)
    return {
      statements: [],
      problems: [{ kind: 'template', place, message: templateMessage(template.text), help: null }],
    }
  }
  const place = first !== undefined ? placeOf(statement.file, start, start + near.length) : statement.place
  return { statements: [], problems: [{ kind: 'syntax', place, message, help: null }] }
}

/** Where a text holds another: the parser of plpgsql says what it stops at, and not where. */
function placesOf(near: string, source: string): readonly number[] {
  const places: number[] = []
  for (let at = source.indexOf(near); at >= 0 && places.length < 50; at = source.indexOf(near, at + 1)) places.push(at)
  return places
}

function inBody(
  statement: Statement,
  source: string,
  base: number,
  tree: unknown,
  inside: 'do' | 'call' | 'function',
  given?: Known,
): Inner {
  const block = readBlock(tree, source, given)
  const statements: Statement[] = []
  const problems: SqlProblem[] = []
  for (const { start, end, text, conditional, undecided, assembled } of block.sql) {
    const result = parseSql(text)
    if (!('nodes' in result)) continue
    for (const node of result.nodes) {
      const made = at(statement, base + start, base + end, node, inside, conditional)
      statements.push({ ...made, ...(undecided ? { undecided } : {}), ...(assembled ? { assembled, text } : {}) })
    }
  }
  if (inside !== 'function') {
    for (const offset of block.dynamic) {
      const start = statement.start + base + offset
      problems.push({
        kind: 'unsupported',
        place: placeOf(statement.file, start, start + 1),
        message: 'The block puts SQL together when it runs; what that SQL does is not seen.',
        help: null,
      })
    }
  }
  return { statements, problems }
}

function inSqlBody(statement: Statement, source: string, base: number, inside: 'call' | 'function'): Inner {
  const statements: Statement[] = []
  const ignore = { comment() {}, metaCommand() {} }
  for (let piece = nextPiece(source, 0, ignore); piece !== undefined; piece = nextPiece(source, piece.next, ignore)) {
    const result = parseSql(piece.text)
    const node = 'nodes' in result ? result.nodes[0] : undefined
    if (node !== undefined) statements.push(at(statement, base + piece.start, base + piece.end, node, inside, false))
  }
  return { statements, problems: [] }
}

function at(
  outer: Statement,
  start: number,
  end: number,
  node: Node,
  inside: 'do' | 'call' | 'function',
  conditional: boolean,
): Statement {
  const from = outer.start + start
  const to = outer.start + end
  return {
    file: outer.file,
    text: outer.file.text.slice(from, to),
    start: from,
    end: to,
    place: placeOf(outer.file, from, to),
    node,
    kind: Object.keys(node)[0] ?? '',
    inside,
    conditional,
  }
}
