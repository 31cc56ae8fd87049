/** Words that are followed by an operand or a statement, so that a chain of them nests without any bracket. */
const openers = new Set([
  'typeof',
  'void',
  'delete',
  'await',
  'new',
  'yield',
  'in',
  'instanceof',
  'of',
  'as',
  'satisfies',
  'extends',
  'is',
  'keyof',
  'infer',
  'unique',
  'readonly',
  'asserts',
  'if',
  'else',
  'for',
  'while',
  'do',
  'with',
  'case',
  'async',
  'throw',
  'return',
  'implements',
  'export',
  'default',
  'abstract',
  'declare',
])

/** Words that can begin a line and still belong to what stands before them. */
const continuers = new Set([
  'as',
  'satisfies',
  'in',
  'instanceof',
  'of',
  'extends',
  'is',
  'if',
  'else',
  'for',
  'while',
  'do',
  'with',
  'implements',
])

const controls = new Set(['if', 'while', 'for', 'with', 'await'])

interface Level {
  readonly close: string
  /** True for the parentheses of `if (…)` and the like, after which a slash begins a regular expression. */
  readonly control: boolean
  /** Links of the chain that the level is at, and of all levels around it. */
  chain: number
  /** Unclosed `<` of the level, which may be type arguments. */
  angles: number
  below: number
}

function isWord(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95 || c === 36 || c > 127
}

function isLineEnd(c: number): boolean {
  return c === 10 || c === 13 || c === 0x2028 || c === 0x2029
}

/** Offset of the slash that would end a regular expression begun at `from`, -1 where its line has none. */
function closingSlash(text: string, from: number): number {
  let set = false
  for (let i = from + 1; i < text.length && !isLineEnd(text.charCodeAt(i)); i++) {
    const c = text[i]
    if (c === '\\') i++
    else if (c === '[') set = true
    else if (c === ']') set = false
    else if (c === '/' && !set) return i
  }
  return -1
}

/**
 * An upper estimate, in linear time, of how deep the syntax tree of a TypeScript or JavaScript text is: brackets, and chains of
 * operators, calls and statements that nest without one. Where a text can be read in two ways (a slash that may begin a regular
 * expression, a quote in JSX), the deeper reading counts; `path` tells by its ending whether there can be JSX.
 */
export function nestingOf(path: string, text: string): number {
  const jsx = !/\.[cm]?ts$/.test(path)
  const levels: Level[] = [{ close: '', control: false, chain: 0, angles: 0, below: 0 }]
  let top = levels[0] as Level
  let deepest = 0
  /** Openings on lines that could not be read with certainty; they are never taken back. */
  let unsure = 0
  let previous = ''
  let newline = false
  let i = 0

  const link = (by = 1): void => {
    top.chain += by
    const depth = unsure + top.below + top.chain
    if (depth > deepest) deepest = depth
  }
  const open = (close: string): void => {
    link()
    top = { close, control: close === ')' && controls.has(previous), chain: 0, angles: 0, below: top.below + top.chain }
    levels.push(top)
  }
  const shut = (close: string): void => {
    if (top.close !== close || levels.length === 1) return
    if (top.control) previous = 'if'
    levels.pop()
    top = levels.at(-1) as Level
  }
  /** Skips to the end of the line, counting what may open on it; a template that may begin there weighs more than any honest file has. */
  const restOfLine = (from: number, to = text.length): number => {
    let end = from
    for (; end < to && !isLineEnd(text.charCodeAt(end)); end++) {
      const c = text[end] as string
      if (c === '`') unsure += 200
      else if ('([{<!~-+=?:'.includes(c)) unsure++
    }
    link(0)
    return end
  }
  /** Reads template text from `at`; true where it stops at a substitution. */
  const template = (at: number): boolean => {
    i = at
    while (i < text.length) {
      const c = text[i]
      if (c === '\\') i += 2
      else if (c === '`') {
        i++
        previous = 'x'
        return false
      } else if (c === '$' && text[i + 1] === '{') {
        i += 2
        open('`')
        previous = '{'
        return true
      } else i++
    }
    return false
  }

  while (i < text.length) {
    const code = text.charCodeAt(i)
    const c = text[i] as string
    if (isLineEnd(code)) {
      newline = true
      i++
      continue
    }
    if (code === 32 || code === 9) {
      i++
      continue
    }
    if (c === '/' && text[i + 1] === '/') {
      while (i < text.length && !isLineEnd(text.charCodeAt(i))) i++
      continue
    }
    if (c === '/' && text[i + 1] === '*') {
      const end = text.indexOf('*/', i + 2)
      i = end < 0 ? text.length : end + 2
      continue
    }
    if (isWord(code)) {
      const start = i
      while (i < text.length && isWord(text.charCodeAt(i))) i++
      const word = text.slice(start, i)
      if (newline && !continuers.has(word) && /^[\w$)\]}"'`]/.test(previous) && !openers.has(previous))
        top.chain = top.angles = 0
      if (openers.has(word)) link()
      previous = word
      newline = false
      continue
    }
    newline = false
    if (c === '"' || c === "'") {
      let end = i + 1
      while (end < text.length && text[end] !== c && !isLineEnd(text.charCodeAt(end))) end += text[end] === '\\' ? 2 : 1
      if (text[end] === c) {
        if (jsx && /[<>].*[{`]|[{`].*[<>]/.test(text.slice(i, Math.min(end, i + 2000)))) restOfLine(i, end)
        i = end + 1
      } else i = restOfLine(i)
      previous = 'x'
      continue
    }
    if (c === '`') {
      link()
      template(i + 1)
      continue
    }
    if (c === '/') {
      const closing = closingSlash(text, i)
      if ((isWord(previous.charCodeAt(0)) || previous === ']' || previous === ')') && !openers.has(previous)) link()
      else if (closing < 0) link()
      else if (previous === '' || '([{,;=:?&|^~*%'.includes(previous)) {
        i = closing + 1
        previous = 'x'
        continue
      } else {
        i = restOfLine(i)
        previous = 'x'
        continue
      }
      previous = c
      i++
      continue
    }
    if (c === '(') open(')')
    else if (c === '[') open(']')
    else if (c === '{') open('}')
    else if (c === ')' || c === ']') {
      previous = c
      shut(c)
      i++
      continue
    } else if (c === '}') {
      if (top.close === '`') {
        shut('`')
        template(i + 1)
        continue
      }
      shut('}')
    } else if (c === ';' || c === ',') {
      if (c === ',') top.chain = top.angles
      else if (!/^\s*else\b/.test(text.slice(i + 1, i + 200))) top.chain = top.angles = 0
    } else {
      link()
      if (c === '<') top.angles++
      else if (c === '>' && previous !== '=' && top.angles > 0) top.angles--
    }
    previous = c
    i++
  }
  return deepest
}
