import { quoteIdent } from '../../sql/names.ts'
import { spell } from './types.ts'
import type { Expr } from './tree.ts'

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

/** `label` says whether the type stands behind the constant: never, where it needs to, always. */
function printConstant(expr: Expr & { readonly kind: 'constant' }, label: boolean): string {
  const type = () => spell(expr.type, expr.mod)
  if (expr.value === null) return label ? `NULL::${type()}` : 'NULL'
  let needs = false
  let text: string
  switch (expr.type) {
    case 'int4':
      needs = expr.value.startsWith('-')
      text = needs ? quoted(expr.value) : expr.value
      break
    case 'numeric':
      needs = !/^\d.*[.eE]/.test(expr.value)
      text = needs ? quoted(expr.value) : expr.value
      needs = needs || expr.mod !== ''
      break
    case 'bool':
      return expr.value
    case 'unknown':
      return quoted(expr.value)
    default:
      needs = true
      text = quoted(expr.value)
  }
  return label && needs ? `${text}::${type()}` : text
}

/** Postgres breaks the lines of a CASE and indents its branches. */
function printCase(expr: Expr & { readonly kind: 'case' }, indent: number): string {
  const inner = indent + 4
  const line = (text: string, at: number) => `\n${' '.repeat(at)}${text}`
  const head = expr.argument === null ? 'CASE' : `CASE ${print(expr.argument, true, inner)}`
  const branches = expr.branches.map((each) =>
    line(`WHEN ${print(each.when, false, inner)} THEN ${print(each.result, true, inner)}`, inner),
  )
  return `${line(head, indent)}${branches.join('')}${line(`ELSE ${print(expr.otherwise, true, inner)}`, inner)}${line('END', indent)}`
}

function printCall(expr: Expr & { readonly kind: 'call' }, indent: number): string {
  const [first, second, third] = expr.arguments
  const bare = (each: Expr | undefined) => (each === undefined ? '' : print(each, false, indent))
  switch (expr.syntax) {
    case 'extract':
      return `EXTRACT(${first?.kind === 'constant' ? (first.value ?? '') : bare(first)} FROM ${bare(second)})`
    case 'timezone':
      return second === undefined ? `(${bare(first)} AT LOCAL)` : `(${bare(second)} AT TIME ZONE ${bare(first)})`
    case 'position':
      return `POSITION((${bare(second)}) IN (${bare(first)}))`
    case 'substring':
      return `SUBSTRING(${bare(first)} FROM ${bare(second)}${third === undefined ? '' : ` FOR ${bare(third)}`})`
    case 'overlay':
      return `OVERLAY(${expr.arguments.map((each, i) => `${['', ' PLACING ', ' FROM ', ' FOR '][i] ?? ''}${bare(each)}`).join('')})`
    case 'btrim':
    case 'ltrim':
    case 'rtrim': {
      const side = expr.syntax === 'btrim' ? 'BOTH' : expr.syntax === 'ltrim' ? 'LEADING' : 'TRAILING'
      return `TRIM(${side}${second === undefined ? '' : ` ${bare(second)}`} FROM ${bare(first)})`
    }
    default: {
      const list = expr.arguments.map(
        (each, i) =>
          `${expr.variadic && i === expr.arguments.length - 1 ? 'VARIADIC ' : ''}${print(each, true, indent)}`,
      )
      return `${expr.name}(${list.join(', ')})`
    }
  }
}

/** Prints an expression as ruleutils.c does without pretty printing; `shows` says whether implicit conversions are shown. */
export function print(expr: Expr, shows = false, indent = 0): string {
  const shown = (each: Expr) => print(each, true, indent)
  const hidden = (each: Expr) => print(each, false, indent)
  switch (expr.kind) {
    case 'constant':
      return printConstant(expr, true)
    case 'column':
      return quoteIdent(expr.name)
    case 'call':
      return printCall(expr, indent)
    case 'cast': {
      if (expr.implicit && !shows) return hidden(expr.argument)
      const { argument } = expr
      const plain = argument.kind === 'constant' && argument.type === expr.type && argument.mod === ''
      return `${plain ? printConstant(argument, false) : `(${hidden(argument)})`}::${spell(expr.type, expr.mod)}`
    }
    case 'operator':
      return expr.left === null
        ? `(${expr.name} ${shown(expr.right)})`
        : `(${shown(expr.left)} ${expr.name} ${shown(expr.right)})`
    case 'any':
      return `(${shown(expr.left)} ${expr.name} ${expr.all ? 'ALL' : 'ANY'} (${shown(expr.right)}))`
    case 'and':
      return `(${expr.arguments.map(hidden).join(' AND ')})`
    case 'or':
      return `(${expr.arguments.map(hidden).join(' OR ')})`
    case 'not':
      return `(NOT ${hidden(expr.argument)})`
    case 'test':
      return `(${expr.shows ? shown(expr.argument) : hidden(expr.argument)} ${expr.test})`
    case 'distinct':
      return `(${shown(expr.left)} IS DISTINCT FROM ${shown(expr.right)})`
    case 'case':
      return printCase(expr, indent)
    case 'list':
      return `${expr.word}(${expr.arguments.map(shown).join(', ')})`
    case 'array':
      return `ARRAY[${expr.elements.map(shown).join(', ')}]${expr.elements.length === 0 ? `::${spell(expr.type, expr.mod)}` : ''}`
    case 'value':
      return expr.word
    case 'collate':
      return `(${print(expr.argument, shows, indent)} COLLATE ${expr.collation})`
    case 'subscript': {
      const inner = expr.argument.kind === 'column' ? shown(expr.argument) : `(${shown(expr.argument)})`
      return `${inner}[${hidden(expr.index)}${expr.to === null ? '' : `:${hidden(expr.to)}`}]`
    }
  }
}
