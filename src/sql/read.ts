import type { Node } from 'libpg-query'
import type { Place, SourceFile } from '../location.ts'
import { placeOf, startOf } from '../location.ts'
import type { SqlDialect } from './dialect.ts'
import { guessDialect } from './dialect.ts'
import { calledStatements, innerStatements } from './inner.ts'
import type { ParseFailure } from './parser.ts'
import { parseSql } from './parser.ts'
import { placeholderIn, templateMessage } from './placeholder.ts'
import type { MetaCommand, Piece, SplitSink } from './split.ts'
import { nextPiece, restartsIn } from './split.ts'
import type { SqlProblem, Statement } from './statement.ts'
import type { Token } from './tokens.ts'
import { tokenAt } from './tokens.ts'
import { unendedIn, type Unended } from './unended.ts'

/** What a text of SQL holds. A file of another dialect has no statements and one problem that says so. */
export interface SqlText {
  readonly file: SourceFile
  /** In the order of the file; the statements of a block follow the statement that holds it, with `inside` set. */
  readonly statements: readonly Statement[]
  /** In the order of the file. */
  readonly problems: readonly SqlProblem[]
  readonly comments: readonly SqlComment[]
  readonly dialect: SqlDialect
}

/** A comment without its marks and the space around it. */
export interface SqlComment {
  readonly place: Place
  readonly text: string
  /** UTF-16 offsets of the comment with its marks, end exclusive. */
  readonly start: number
  readonly end: number
}

export interface ReadOptions {
  /** What the file is written in, where that is known from its project; told from its text where left out. */
  readonly dialect?: SqlDialect
  /** Characters that are not read: what a runner takes for itself. UTF-16 offsets, end exclusive. */
  readonly range?: { readonly start: number; readonly end: number }
}

const largestStatement = 16 * 1024 * 1024
const mostProblems = 25
const mostRestarts = 50

const dialectNames: Readonly<Record<SqlDialect, string>> = {
  postgresql: 'PostgreSQL',
  mysql: 'MySQL',
  sqlite: 'SQLite',
  sqlserver: 'SQL Server',
  clickhouse: 'ClickHouse',
  unknown: 'another database',
}

/**
 * Reads a text of SQL: splits it, parses each statement and opens the blocks in it. Never fails for what the text holds: what cannot be
 * read is a problem with a place, and the rest is read all the same. Wants `loadParser` before.
 */
export function readSql(file: SourceFile, options: ReadOptions = {}): SqlText {
  const nul = file.text.indexOf('\0')
  const empty = { file, statements: [], comments: [] }
  if (nul >= 0) {
    return {
      ...empty,
      dialect: 'unknown',
      problems: [
        {
          kind: 'unread',
          place: placeOf(file, nul, nul + 1),
          message: 'The file holds a NUL byte and is not SQL text.',
          help: null,
        },
      ],
    }
  }
  if (options.dialect !== undefined && options.dialect !== 'postgresql')
    return { ...empty, dialect: options.dialect, problems: [foreign(file, options.dialect)] }
  const reader = readPieces(file, options.range?.start ?? 0, options.range?.end ?? file.text.length)
  if (reader.failed > 0 && options.dialect === undefined) {
    const dialect = guessDialect(file.text, reader.statements.length, reader.failed)
    if (dialect !== 'postgresql')
      return { ...empty, comments: reader.comments, dialect, problems: [foreign(file, dialect)] }
  }
  return {
    file,
    statements: reader.statements,
    comments: reader.comments,
    problems: capped(reader.problems),
    dialect: 'postgresql',
  }
}

function foreign(file: SourceFile, dialect: SqlDialect): SqlProblem {
  return {
    kind: 'dialect',
    place: startOf(file.path),
    message: `The file is written for ${dialectNames[dialect]}, not for PostgreSQL; it is not reviewed.`,
    help: null,
  }
}

function capped(problems: readonly SqlProblem[]): readonly SqlProblem[] {
  const sorted = [...problems].sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  const next = sorted[mostProblems]
  if (next === undefined) return sorted
  return [
    ...sorted.slice(0, mostProblems),
    { ...next, message: `${sorted.length - mostProblems} more problems follow from here` },
  ]
}

interface Pieces {
  readonly statements: readonly Statement[]
  readonly problems: readonly SqlProblem[]
  readonly comments: readonly SqlComment[]
  readonly failed: number
}

function readPieces(file: SourceFile, from: number, to: number): Pieces {
  const text = to < file.text.length ? file.text.slice(0, to) : file.text
  const statements: Statement[] = []
  const problems: SqlProblem[] = []
  const comments: SqlComment[] = []
  let failed = 0
  let heard = from
  let restarts = 0
  // After a string without an end all that follows is in doubt: what parses is kept, what does not says nothing new.
  let doubtful = false
  const sink: SplitSink = {
    comment(token) {
      if (token.start >= heard) comments.push(commentOf(file, token))
    },
    metaCommand(command) {
      if (command.start < heard) return
      const problem = metaProblem(file, command)
      if (problem !== null) problems.push(problem)
    },
  }
  const take = (start: number, end: number, node: Node | undefined) => {
    if (node === undefined) return
    const statement = statementOf(file, start, end, node)
    const called = calledStatements(statement, statements)
    if (called !== null) {
      openCall(statements, statement, called)
      return
    }
    statements.push(statement)
    const inner = innerStatements(statement)
    statements.push(...inner.statements)
    problems.push(...inner.problems)
  }
  let at = from
  for (let piece = nextPiece(text, at, sink); piece !== undefined; piece = nextPiece(text, at, sink)) {
    at = piece.next
    heard = Math.max(heard, piece.next)
    if (piece.end - piece.start > largestStatement) {
      problems.push({
        kind: 'unread',
        place: placeOf(file, piece.start, piece.start + 1),
        message: 'The statement is larger than 16 MB and is not read.',
        help: null,
      })
      continue
    }
    const result = piece.open?.kind === 'comment' ? openComment(piece, piece.open) : parseSql(piece.text)
    if ('nodes' in result) {
      take(piece.start, piece.end, result.nodes[0])
      continue
    }
    const unended = piece.open === null ? unendedIn(piece.text, result) : null
    if (unended !== null) {
      const first = parseSql(piece.text.slice(0, unended.end))
      if ('nodes' in first) take(piece.start, piece.start + unended.end, first.nodes[0])
      if (!doubtful) problems.push(unendedProblem(file, piece, unended))
      failed++
      at = piece.start + unended.next
      continue
    }
    const marker = conflict.exec(piece.text.slice(result.offset))?.[0]
    if (marker !== undefined && result.reason === 'syntax') {
      const start = piece.start + result.offset
      if (!marker.startsWith('<')) {
        if (result.offset === 0) at = start + marker.length
        continue
      }
      failed++
      problems.push({
        kind: 'syntax',
        place: placeOf(file, start, start + marker.length),
        message: 'a merge conflict is not resolved',
        help: 'Keep what belongs here of both sides, and take out the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`.',
      })
      if (result.offset === 0) at = start + marker.length
      continue
    }
    if (!doubtful) {
      const problem = problemOf(file, piece, result)
      if (problem.kind === 'syntax') failed++
      problems.push(problem)
    }
    const restart = restarts < mostRestarts ? restartsIn(text, piece.start, piece.end)[0] : undefined
    if (restart !== undefined) {
      restarts++
      at = restart
      doubtful = doubtful || piece.open !== null || piece.unbalanced
    }
  }
  return { statements, problems, comments, failed }
}

/** What runs with a call stands behind it; of a second call, what its arguments make of the body. */
function openCall(
  all: Statement[],
  call: Statement,
  { statements, made }: { readonly statements: readonly Statement[]; readonly made: Statement },
): void {
  const isFirst = all.some((each) => isIn(each, made) && each.inside === 'function')
  const others = all.filter((each) => !(isIn(each, made) && each.inside === 'function'))
  all.splice(0, all.length, ...others, { ...call, opened: true })
  all.push(...(isFirst ? statements : statements.filter(({ assembled }) => assembled)))
}

function isIn({ start, end }: Statement, outer: Statement): boolean {
  return start >= outer.start && end <= outer.end
}

/** Said here, because Postgres' scanner takes quadratic time for comments in comments. */
function openComment(piece: Piece, comment: Token): ParseFailure {
  const [first = ''] = piece.text.slice(comment.start - piece.start, comment.start - piece.start + 40).split(/[\r\n]/)
  return {
    reason: 'syntax',
    message: `unterminated /* comment at or near "${first}…"`,
    offset: comment.start - piece.start,
  }
}

function statementOf(file: SourceFile, start: number, end: number, node: Node): Statement {
  return {
    file,
    text: file.text.slice(start, end),
    start,
    end,
    place: placeOf(file, start, end),
    node: pruned(node, end - start),
    kind: Object.keys(node)[0] ?? '',
    inside: null,
    conditional: false,
  }
}

/** Seeds may be megabytes of rows, which nobody asks the tree for: it keeps the first hundred. */
function pruned(node: Node, length: number): Node {
  if (length < 1 << 18 || !('InsertStmt' in node)) return node
  const select = node.InsertStmt.selectStmt
  if (select === undefined || !('SelectStmt' in select) || select.SelectStmt.valuesLists === undefined) return node
  const valuesLists = select.SelectStmt.valuesLists.slice(0, 100)
  return { InsertStmt: { ...node.InsertStmt, selectStmt: { SelectStmt: { ...select.SelectStmt, valuesLists } } } }
}

function commentOf(file: SourceFile, token: Token): SqlComment {
  const written = file.text.slice(token.start, token.end)
  const text = written.startsWith('--') ? written.slice(2) : written.slice(2, token.open ? undefined : -2)
  return { place: placeOf(file, token.start, token.end), text: text.trim(), start: token.start, end: token.end }
}

const decisive: Readonly<Record<string, string>> = {
  connect: 'changes the database',
  c: 'changes the database',
  i: 'runs another file',
  ir: 'runs another file',
  include: 'runs another file',
  include_relative: 'runs another file',
  copy: 'moves data',
  gexec: 'runs the SQL that a query returns',
  if: 'decides what runs',
  elif: 'decides what runs',
  else: 'decides what runs',
}

function metaProblem(file: SourceFile, command: MetaCommand): SqlProblem | null {
  const does = Object.hasOwn(decisive, command.name) ? decisive[command.name] : undefined
  if (does === undefined) return null
  const place = placeOf(file, command.start, command.end)
  return {
    kind: 'meta-command',
    place,
    message: `psql's \`\\${command.name}\` ${does}; what comes of it is not seen here.`,
    help: null,
  }
}

/** What git writes between the sides of a conflict. */
const conflict = /^(?:<{7}|={7}|>{7})(?![<=>])[^\r\n]*/

function unendedProblem(file: SourceFile, piece: Piece, { end, next, word }: Unended): SqlProblem {
  const at = piece.start + end
  const { line } = placeOf(file, at - 1, at)
  const [from, to] = [file.lineStarts[line - 1] ?? 0, file.lineStarts[line] ?? file.text.length]
  const text = `${file.text.slice(from, at)};${file.text.slice(at, Math.max(at, Math.min(to, piece.start + next)))}`
  return {
    kind: 'syntax',
    place: placeOf(file, at - 1, at),
    message: `a \`;\` is missing before \`${word}\` in line ${placeOf(file, piece.start + next, piece.start + next).line}`,
    help: 'End the statement with `;`.',
    suggestion: { path: file.path, line, endLine: line, text: text.replace(/\s+$/, '') },
  }
}

/** What PostgreSQL 19 adds to the grammar of 18. */
const newer =
  /^(?:repack\b|(?:create|alter|drop)\s+(?:temp\s+|temporary\s+)?property\s+graph\b|wait\s+for\s+lsn\b|alter\s+table\s[^;]*\b(?:split\s+partition|merge\s+partitions)\b)/i

function problemOf(file: SourceFile, piece: Piece, failure: ParseFailure): SqlProblem {
  const whole = placeOf(file, piece.start, piece.end)
  if (failure.reason === 'too complex') return { kind: 'unread', place: whole, message: failure.message, help: null }
  if (newer.test(piece.text.slice(0, 4096))) {
    return {
      kind: 'unsupported',
      place: whole,
      message: 'The statement is new in PostgreSQL 19 and is not understood by this version.',
      help: null,
    }
  }
  const template = placeholderIn(piece.text) ?? commentForName(piece.text, failure.offset)
  if (template !== null && piece.open === null) {
    const start = piece.start + template.index
    return {
      kind: 'template',
      place: placeOf(file, start, start + template.text.length),
      message: templateMessage(template.text),
      help: null,
    }
  }
  const at = Math.min(failure.offset, piece.text.length - 1)
  const token = tokenAt(piece.text, at)
  const end = token === undefined || token.kind === 'space' || token.open ? at + 1 : token.end
  return {
    kind: 'syntax',
    place: placeOf(file, piece.start + at, piece.start + Math.min(end, piece.text.length)),
    message: failure.message,
    help: null,
  }
}

/** The comment that stands where a name has to be, right before the dot that Postgres stops at. */
function commentForName(text: string, offset: number): { readonly index: number; readonly text: string } | null {
  const before = text.slice(0, offset).trimEnd()
  const index = text[offset] === '.' && before.endsWith('*/') ? before.lastIndexOf('/*') : -1
  return index < 0 ? null : { index, text: before.slice(index) }
}
