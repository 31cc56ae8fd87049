import { constantList, constantRows, constantText, type Known } from './constants.ts'
import type { Statement } from './statement.ts'

/** A piece of SQL in the body of a block, in UTF-16 offsets of the body's text. */
export interface InnerSql {
  readonly start: number
  readonly end: number
  readonly text: string
  readonly conditional: boolean
  /** True where nothing of the body tells whether it runs: one of several branches, or a condition on more than what exists. */
  readonly undecided: boolean
  /** True where `text` is put together of constants by the expression that stands there. */
  readonly assembled?: boolean
}

/** What a plpgsql body runs: its SQL, and the offsets of `EXECUTE` whose text is put together at run time. */
export interface Block {
  readonly sql: readonly InnerSql[]
  readonly dynamic: readonly number[]
}

type Tree = Readonly<Record<string, unknown>>

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Members that hold statements which run only sometimes. */
const guarded = new Set(['then_body', 'elsif_list', 'else_body', 'case_when_list', 'else_stmts'])
/** Those of which one runs instead of another. */
const branches = new Set(['elsif_list', 'else_body', 'case_when_list', 'else_stmts'])

/** What a condition asks that only guards what it stands before: whether something is there. */
const catalogs = /\bpg_\w+|\binformation_schema\b|\bto_reg\w+/i

/** More than this a loop over constants is not followed. */
const mostRounds = 100

function holdsSql(node: unknown): boolean {
  return /"PLpgSQL_stmt_(?:execsql|dynexecute)"/.test(JSON.stringify(node ?? null))
}

/**
 * Finds the SQL of a body in the tree that libpg_query gives for it, which knows lines only. `body` is the text between the dollar quotes, `given`
 * what the arguments of a call are.
 */
export function readBlock(tree: unknown, body: string, given: Known = new Map()): Block {
  const lineStarts = [0]
  for (let at = body.indexOf('\n'); at >= 0; at = body.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  const sql: InnerSql[] = []
  const dynamic: number[] = []
  let cursor = 0
  let variables: readonly Variable[] = []
  const lineStart = (line: unknown) =>
    Math.max(cursor, lineStarts[Math.max(0, (typeof line === 'number' ? line : 1) - 1)] ?? 0)
  const locate = (text: string, line: unknown): number => {
    const after = body.indexOf(text, lineStart(line))
    return after >= 0 ? after : body.indexOf(text, cursor)
  }
  const expression = (value: unknown): string =>
    isTree(value) && isTree(value['PLpgSQL_expr']) && typeof value['PLpgSQL_expr']['query'] === 'string'
      ? value['PLpgSQL_expr']['query']
      : ''
  /** True for an `IF` that does what is missing, by a question of its own or by a variable that holds the answer. */
  const isGuard = (value: Tree): boolean => {
    if (holdsSql(value['elsif_list']) || holdsSql(value['else_body'])) return false
    const condition = expression(value['cond'])
    return catalogs.test(condition) || (!condition.includes('(') && catalogs.test(body))
  }
  const walk = (node: unknown, conditional: boolean, undecided: boolean, known: Known, again = false): void => {
    if (Array.isArray(node)) {
      for (const each of node) walk(each, conditional, undecided, known, again)
      return
    }
    if (!isTree(node)) return
    for (const [kind, value] of Object.entries(node)) {
      if (!isTree(value)) continue
      if (kind === 'PLpgSQL_stmt_execsql') {
        const text = expression(value['sqlstmt'])
        const into = value['into'] === true
        const start = locate(into ? text.slice(0, leading(text)) : text, value['lineno'])
        if (text === '' || start < 0) continue
        cursor = start + text.length
        if (!into && !again) sql.push({ start, end: start + text.length, text, conditional, undecided })
        continue
      }
      if (kind === 'PLpgSQL_stmt_dynexecute') {
        const query = expression(value['query'])
        const start = locate(query, value['lineno'])
        const constant = /^\s*'((?:[^'\\])*)'\s*$/.exec(query)?.[1] ?? /^\s*\$(\w*)\$([^$]*)\$\1\$\s*$/.exec(query)?.[2]
        if (start >= 0 && constant !== undefined && !isTree(value['params'])) {
          const at = start + query.indexOf(constant)
          cursor = at + constant.length
          if (!again) sql.push({ start: at, end: at + constant.length, text: constant, conditional, undecided })
          continue
        }
        const made = start < 0 || query === '' ? null : constantText(query, known)
        if (made === null) dynamic.push(Math.max(0, start))
        else {
          cursor = start + query.length
          sql.push({ start, end: cursor, text: made, conditional, undecided, assembled: true })
        }
        continue
      }
      const rounds = roundsOf(kind, value, variables, known)
      if (rounds !== null && rounds.values.length <= mostRounds) {
        const first = cursor
        // What leaves the loop or a round of it decides over all the others.
        const left = /"PLpgSQL_stmt_(?:exit|return)"/.test(JSON.stringify(value['body'] ?? null))
        for (const [round, each] of rounds.values.entries()) {
          cursor = first
          walk(
            value['body'],
            conditional || left,
            undecided || left,
            new Map([...known, [rounds.variable, each]]),
            again || round > 0,
          )
        }
        continue
      }
      const loop = kind.startsWith('PLpgSQL_stmt_for') || kind === 'PLpgSQL_stmt_while' || kind === 'PLpgSQL_stmt_loop'
      const caught = kind === 'PLpgSQL_stmt_block' && value['exceptions'] !== undefined
      const isOpen = undecided || (kind === 'PLpgSQL_stmt_if' && !isGuard(value))
      for (const [member, inner] of Object.entries(value)) {
        if (member === 'exceptions') walk(inner, true, true, known, again)
        else if (Array.isArray(inner))
          walk(
            inner,
            conditional || loop || caught || guarded.has(member),
            isOpen || branches.has(member),
            known,
            again,
          )
        else if (isTree(inner) && (member === 'action' || member.startsWith('PLpgSQL')))
          walk({ [member]: inner }, conditional || loop || caught, isOpen, known, again)
      }
    }
  }
  const functions = isTree(tree) ? tree['plpgsql_funcs'] : []
  for (const each of Array.isArray(functions) ? functions : []) {
    const read = isTree(each) && isTree(each['PLpgSQL_function']) ? each['PLpgSQL_function'] : {}
    variables = variablesOf(read)
    walk(read['action'], false, false, constantsOf(variables, given))
  }
  return { sql, dynamic: [...new Set(dynamic)] }
}

/** A variable of a body, by its number. */
interface Variable {
  readonly name: string
  /** The expression of its value at the beginning; null where it has none, or gets another on the way. */
  readonly value: string | null
  /** True where a statement other than a loop writes into it, or another variable has its name. */
  readonly changes: boolean
}

function variablesOf(read: Tree): readonly Variable[] {
  const written = new Set<number>()
  const looped = new Set<number>()
  const look = (node: unknown): void => {
    if (Array.isArray(node)) for (const each of node) look(each)
    if (!isTree(node)) return
    for (const [kind, value] of Object.entries(node)) {
      if (!isTree(value)) {
        look(value)
        continue
      }
      if (kind === 'PLpgSQL_stmt_assign') written.add(Number(value['varno'] ?? 0))
      if (kind === 'PLpgSQL_stmt_foreach_a') looped.add(Number(value['varno'] ?? 0))
      for (const member of ['target', 'var'])
        for (const field of fieldsOf(value[member]))
          (kind === 'PLpgSQL_stmt_fors' ? looped : written).add(Number(field['varno'] ?? 0))
      look(value)
    }
  }
  look(read['action'])
  const datums = Array.isArray(read['datums']) ? read['datums'] : []
  const names = datums.map((each: unknown) => {
    const datum = isTree(each) ? Object.values(each)[0] : undefined
    return isTree(datum) && typeof datum['refname'] === 'string' ? datum['refname'] : ''
  })
  return datums.map((each: unknown, number): Variable => {
    const name = names[number] ?? ''
    const datum = isTree(each) && isTree(each['PLpgSQL_var']) ? each['PLpgSQL_var'] : {}
    const start = datum['default_val']
    const expression = isTree(start) && isTree(start['PLpgSQL_expr']) ? start['PLpgSQL_expr']['query'] : undefined
    const changes = written.has(number) || names.filter((other) => other === name).length > 1
    const isFixed = !changes && !looped.has(number)
    return { name, value: isFixed && typeof expression === 'string' ? expression : null, changes }
  })
}

function fieldsOf(target: unknown): readonly Tree[] {
  const row = isTree(target) && isTree(target['PLpgSQL_row']) ? target['PLpgSQL_row']['fields'] : []
  return Array.isArray(row) ? row.filter(isTree) : []
}

/** What arguments and variables with a value of their own hold, where nothing gives them another. */
function constantsOf(variables: readonly Variable[], given: Known): Known {
  const known = new Map([...given].filter(([name]) => variables.some((each) => each.name === name && !each.changes)))
  for (const { name, value } of variables) {
    const text = value === null ? null : constantText(value, known)
    if (text !== null) known.set(name, text)
  }
  return known
}

/** The variable of a loop over constants and its values in turn; null for every other loop. */
function roundsOf(
  kind: string,
  value: Tree,
  variables: readonly Variable[],
  known: Known,
): { readonly variable: string; readonly values: readonly string[] } | null {
  const text = (of: unknown) =>
    isTree(of) && isTree(of['PLpgSQL_expr']) ? String(of['PLpgSQL_expr']['query'] ?? '') : ''
  const [number, values] =
    kind === 'PLpgSQL_stmt_foreach_a'
      ? [value['varno'] ?? 0, constantList(text(value['expr']), known)]
      : kind === 'PLpgSQL_stmt_fors' && fieldsOf(value['var']).length === 1
        ? [fieldsOf(value['var'])[0]?.['varno'] ?? 0, constantRows(text(value['query']), known)]
        : [null, null]
  const variable = number === null ? undefined : variables[Number(number)]
  return variable === undefined || variable.changes || values === null ? null : { variable: variable.name, values }
}

/** What a body asks of tables: a text that parses as SELECT, and the line of the body that it stands on, 1-based. */
export interface Asked {
  readonly select: string
  readonly line: number
  /** True for an expression: a name without a table is a variable in it, except inside its subqueries. */
  readonly expression: boolean
}

/** A query of its own (0), an expression (2), assignments to a name of one to three parts (3 to 5): as plpgsql tells its parser. */
const assignments = new Set([3, 4, 5])

/**
 * Every query, expression and type of a variable in a plpgsql body, each as a SELECT that names what it names: `SELECT` before an expression,
 * target and value of an assignment, the column behind a `%TYPE`.
 */
export function askedIn(tree: unknown): readonly Asked[] {
  const found: Asked[] = []
  const walk = (node: unknown, line: number): void => {
    if (Array.isArray(node)) for (const each of node) walk(each, line)
    if (!isTree(node)) return
    const here = typeof node['lineno'] === 'number' ? node['lineno'] : line
    const { query, typname } = node
    if (typeof query === 'string')
      found.push({ select: selectOf(query, node['parseMode']), line: here, expression: node['parseMode'] !== 0 })
    if (typeof typname === 'string') {
      const [, column = '', table = ''] = /^(?:(.+)%type|(.+?)(?:%rowtype|\[\])?)$/is.exec(typname) ?? []
      const dot = column.lastIndexOf('.')
      if (table !== '') found.push({ select: `SELECT FROM ${table}`, line: here, expression: false })
      else if (dot > 0)
        found.push({
          select: `SELECT of${column.slice(dot)} FROM ${column.slice(0, dot)} of`,
          line: here,
          expression: false,
        })
    }
    for (const inner of Object.values(node)) walk(inner, here)
  }
  walk(tree, 1)
  return found
}

function selectOf(query: string, mode: unknown): string {
  if (mode === 2) return `SELECT ${query}`
  if (!assignments.has(Number(mode))) return query
  const sign = /^((?:"(?:[^"]|"")*"|[^":=])*?)\s*:?=/.exec(query)
  return sign === null ? '' : `SELECT ${sign[1]}, ${query.slice(sign[0].length)}`
}

/** Length of what precedes the `INTO` that libpg_query blanks out of a `SELECT … INTO`. */
function leading(text: string): number {
  const gap = text.search(/ {5,}/)
  return gap < 0 ? text.length : gap
}

/** Where the body of a `DO` or `CREATE FUNCTION` stands: UTF-16 offsets in the statement's text of what is between its quotes. */
export function bodyOf(
  statement: Pick<Statement, 'text'>,
  body: string,
): { readonly start: number; readonly end: number } | null {
  if (body.trim() === '') return null
  const start = statement.text.indexOf(body)
  return start < 0 ? null : { start, end: start + body.length }
}
