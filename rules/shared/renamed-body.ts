import type { RuleContext } from '../../src/engine/rule.ts'
import type { Place } from '../../src/location.ts'
import { nameOf, schemaOf, type Key } from '../../src/schema/model.ts'
import { isTriggeredBy, tablesIn, type FunctionUse } from './function-uses.ts'
import { ident } from './sql.ts'

/** A name in the text of a function, with what stands around it. */
interface Spot {
  readonly start: number
  readonly end: number
  /** `u` of `u.name`. */
  readonly qualifier: string | null
  /** The word before it. */
  readonly word: string
  readonly next: string
}

/**
 * The statement that makes a function anew with a table or column under its new name; null where a name in it could be something else: a
 * variable, an argument, a field of a record, a word in a string.
 */
export function renamedBody(
  use: FunctionUse,
  table: Key,
  column: string | null,
  to: string,
  ctx: RuleContext,
): string | null {
  const { text } = use.made
  const name = column ?? nameOf(table)
  const body = /\bAS\s+(\$\w*\$)/i.exec(text)
  if (
    !body ||
    new RegExp(`'[^']*\\b${escaped(name)}\\b[^']*'|--.*\\b${escaped(name)}\\b`, 'i').test(text.slice(body.index))
  )
    return null
  const spots = spotsOf(text, name)
  const replaced = spots.filter(({ word }) => !/^(?:as|function|procedure)$/.test(word))
  const fits = (spot: Spot) =>
    spot.start > body.index && (column === null ? isTable(spot, table, ctx) : isColumn(spot, use, table, ctx))
  if (replaced.length === 0 || !replaced.every(fits)) return null
  let made = text
  for (const { start, end } of replaced.toReversed()) made = made.slice(0, start) + ident(to) + made.slice(end)
  return `${made.replace(/^CREATE\s+(?:OR\s+REPLACE\s+)?/i, 'CREATE OR REPLACE ')};`
}

function spotsOf(text: string, name: string): readonly Spot[] {
  const bare = /^[a-z_][a-z0-9_]*$/.test(name) ? `|(?<![\\w$"])${escaped(name)}(?![\\w$"])` : ''
  const quoted = `"${escaped(name.replaceAll('"', '""'))}"`
  return [...text.matchAll(new RegExp(`${quoted}${bare}`, 'gi'))]
    .filter(([found]) => !found.startsWith('"') || found === `"${name.replaceAll('"', '""')}"`)
    .map(({ 0: found, index: start }) => {
      const before = text.slice(0, start)
      const end = start + found.length
      return {
        start,
        end,
        qualifier: /("[^"]+"|[\w$]+)\s*\.\s*$/.exec(before)?.[1]?.replaceAll('"', '') ?? null,
        word: /([\w$]+|\S)\s*$/.exec(before)?.[1]?.toLowerCase() ?? '',
        next: /^\s*(=>|:=|\S)/.exec(text.slice(end))?.[1] ?? '',
      }
    })
}

/** True for a name that stands where a table does, or qualifies one of its columns. */
function isTable({ qualifier, word, next }: Spot, table: Key, { after }: RuleContext): boolean {
  const named = qualifier === null ? schemaOf(table) === after.defaultSchema : qualifier === schemaOf(table)
  if (next === '(') return named && word === 'into'
  return named && (/^(?:from|join|into|update|only|using|\.)$/.test(word) || next === '.' || next === '%')
}

/** True for a name behind the table, an alias or a row of it, and for one without where the statement names no other table. */
function isColumn({ start, qualifier, word, next }: Spot, use: FunctionUse, table: Key, ctx: RuleContext): boolean {
  if (/^(?:\(|=>)$/.test(next) || word === ':') return false
  const { file, start: offset } = use.made
  const around = use.body.filter(({ place }) => holds(place, offset + start, file.lineStarts))
  const tables = around.map(({ node }) => tablesIn(node, ctx.after))
  if (qualifier === null)
    return tables.some((of) => of.size > 0 && [...of.values()].every((each) => each === table)) && next !== ':='
  if (/^(?:new|old)$/i.test(qualifier)) return isTriggeredBy(use.function, table, ctx.after)
  return (next === '%' && qualifier.toLowerCase() === nameOf(table)) || tables.some((of) => of.get(qualifier) === table)
}

function holds(place: Place, offset: number, lineStarts: readonly number[]): boolean {
  const from = (lineStarts[place.line - 1] ?? 0) + place.column - 1
  const to = (lineStarts[place.endLine - 1] ?? 0) + place.endColumn
  return from <= offset && offset < to
}

function escaped(name: string): string {
  return name.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')
}
