import type { CreateFunctionStmt, DoStmt, Node } from 'libpg-query'
import type { Place } from '../location.ts'
import { placeOf } from '../location.ts'
import { parsePlpgsql, parseSql } from './parser.ts'
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
  const source = optionOf(node.args, 'as') ?? ''
  let tag = '$body$'
  for (let i = 0; source.includes(tag); i++) tag = `$body${i}$`
  return parsePlpgsql(`CREATE FUNCTION block() RETURNS void LANGUAGE plpgsql AS ${tag}${source}${tag}`)
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
  if ('message' in read) return broken(statement, source, body.start, read.message)
  return inBody(statement, source, body.start, read.tree, 'do')
}

function ofFunction(statement: Statement, node: CreateFunctionStmt): Inner {
  const language = (optionOf(node.options, 'language') ?? (node.sql_body === undefined ? '' : 'sql')).toLowerCase()
  const source = optionOf(node.options, 'as') ?? ''
  const body = bodyOf(statement, source)
  if (body === null || (language !== 'plpgsql' && language !== 'sql')) return nothing
  if (language === 'sql') return inSqlBody(statement, source, body.start)
  const read = parsePlpgsql(statement.text)
  if ('message' in read)
    return read.message.startsWith('syntax error') ? broken(statement, source, body.start, read.message) : nothing
  return inBody(statement, source, body.start, read.tree, 'function')
}

function unseen(place: Place, why: string): Inner {
  return {
    statements: [],
    problems: [{ kind: 'unsupported', place, message: `${why}; what it does is not seen`, help: null }],
  }
}

function broken(statement: Statement, source: string, base: number, message: string): Inner {
  const near = /^syntax error at or near "(.+)"$/s.exec(message)?.[1]
  if (near === undefined) return unseen(statement.place, `the body cannot be read (${message})`)
  const first = source.indexOf(near)
  const alone = first >= 0 && source.indexOf(near, first + 1) < 0
  const start = statement.start + base + first
  const place = alone ? placeOf(statement.file, start, start + near.length) : statement.place
  return { statements: [], problems: [{ kind: 'syntax', place, message, help: null }] }
}

function inBody(statement: Statement, source: string, base: number, tree: unknown, inside: 'do' | 'function'): Inner {
  const block = readBlock(tree, source)
  const statements: Statement[] = []
  const problems: SqlProblem[] = []
  for (const { start, end, text, conditional, undecided } of block.sql) {
    const result = parseSql(text)
    if (!('nodes' in result)) continue
    for (const node of result.nodes) {
      const made = at(statement, base + start, base + end, node, inside, conditional)
      statements.push(undecided ? { ...made, undecided } : made)
    }
  }
  if (inside === 'do') {
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

function inSqlBody(statement: Statement, source: string, base: number): Inner {
  const statements: Statement[] = []
  const ignore = { comment() {}, metaCommand() {} }
  for (let piece = nextPiece(source, 0, ignore); piece !== undefined; piece = nextPiece(source, piece.next, ignore)) {
    const result = parseSql(piece.text)
    const node = 'nodes' in result ? result.nodes[0] : undefined
    if (node !== undefined)
      statements.push(at(statement, base + piece.start, base + piece.end, node, 'function', false))
  }
  return { statements, problems: [] }
}

function at(
  outer: Statement,
  start: number,
  end: number,
  node: Node,
  inside: 'do' | 'function',
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
