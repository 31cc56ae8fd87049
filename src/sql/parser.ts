import type { Node } from 'libpg-query'
import { fromCharacterOffset } from './place.ts'
import { tokenAt } from './tokens.ts'

type Library = typeof import('libpg-query')

let library: Library | undefined
let loading: Promise<void> | undefined
let crashes = 0

/** Loads the Postgres parser (WebAssembly, about 40 ms the first time); everything else here is synchronous after it. */
export function loadParser(): Promise<void> {
  loading ??= load('libpg-query')
  return loading
}

async function load(specifier: string): Promise<void> {
  const fresh = (await import(specifier)) as Library
  await fresh.loadModule()
  library = fresh
}

function loaded(): Library {
  if (library === undefined) throw new Error('the SQL parser is used before loadParser()')
  return library
}

/** Why a text is not SQL: `offset` is the UTF-16 offset in it that Postgres points at. */
export interface ParseFailure {
  readonly reason: 'syntax' | 'too complex'
  readonly message: string
  readonly offset: number
}

/** How deep a statement may nest, in tokens. V8's stack ends at about twice of it, and takes the parser's memory with it. */
const deepest = 2500

const flattening = new Set([',', ';'])
const flatteningWords = new Set(['and', 'or', 'when'])
const nestingWords = new Set(['union', 'except', 'intersect', 'join'])

/** An upper bound of how deep the parse tree of a text is, from its tokens alone. */
function depthBound(text: string): number {
  const open: number[] = []
  let run = 0
  let outer = 0
  let chained = 0
  let most = 0
  for (let token = tokenAt(text, 0); token !== undefined; token = tokenAt(text, token.end)) {
    if (token.kind === 'space') continue
    if (token.kind === 'comment') {
      most = Math.max(most, text.slice(token.start, token.end).split('/*').length)
      continue
    }
    run++
    if (token.kind === 'symbol') {
      const symbol = text[token.start] ?? ''
      if (symbol === '(' || symbol === '[') {
        open.push(run)
        outer += run
        run = 0
      } else if (symbol === ')' || symbol === ']') {
        run = open.pop() ?? 0
        outer = Math.max(0, outer - run)
      } else if (flattening.has(symbol)) run = 0
    } else if (token.kind === 'word' && token.end - token.start < 10) {
      const word = text.slice(token.start, token.end).toLowerCase()
      if (flatteningWords.has(word)) run = 0
      else if (nestingWords.has(word)) chained++
    }
    most = Math.max(most, outer + run)
  }
  return most + 2 * chained
}

/** Parses one statement (or several, in order). The failure has the place of Postgres' own error position. */
export function parseSql(text: string): { readonly nodes: readonly Node[] } | ParseFailure {
  const blank = tokenAt(text, 0)
  if (blank === undefined || (blank.kind === 'space' && blank.end === text.length)) return { nodes: [] }
  if (text.length > 2 * deepest && depthBound(text) > deepest) return tooComplex
  try {
    const result = loaded().parseSync(text)
    return { nodes: (result.stmts ?? []).flatMap((raw) => (raw.stmt === undefined ? [] : [raw.stmt])) }
  } catch (error) {
    return failure(error, text)
  }
}

const tooComplex: ParseFailure = {
  reason: 'too complex',
  message: 'The statement nests too deeply to be read.',
  offset: 0,
}

function failure(error: unknown, text: string): ParseFailure {
  if (loaded().hasSqlDetails(error)) {
    if (error.message.startsWith('memory exhausted') || error.message.startsWith('stack depth limit')) return tooComplex
    return {
      reason: 'syntax',
      message: shortened(error.message),
      offset: fromCharacterOffset(text, error.sqlDetails?.cursorPosition ?? 0),
    }
  }
  if (isCrash(error)) {
    // A crash leaves the instance's memory in doubt; the query makes the module loader build another.
    crashes++
    void load(`libpg-query/wasm/index.js?fresh=${crashes}`).catch(() => undefined)
    return tooComplex
  }
  throw error
}

/** Postgres quotes the rest of the text where a string has no end; the first line of it is enough. */
function shortened(message: string): string {
  const [first = '', ...rest] = message.split(/[\r\n]/)
  if (first.length > 120) return `${first.slice(0, 120)}…"`
  return rest.length > 0 ? `${first}…"` : first
}

function isCrash(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name === 'RuntimeError')
}

/** The tree that libpg_query gives for the body of a `CREATE FUNCTION … LANGUAGE plpgsql`; a message where it cannot be read. */
export function parsePlpgsql(createFunction: string): { readonly tree: unknown } | { readonly message: string } {
  try {
    return { tree: loaded().parsePlPgSQLSync(createFunction) }
  } catch (error) {
    if (isCrash(error)) return { message: failure(error, createFunction).message }
    return { message: error instanceof Error ? error.message : String(error) }
  }
}
