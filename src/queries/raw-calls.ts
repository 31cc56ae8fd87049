import type { Expression, TemplateLiteral } from 'oxc-parser'
import { placeOf } from '../location.ts'
import type { Place } from '../location.ts'
import type { Schema } from '../schema/model.ts'
import { parseSql } from '../sql/parser.ts'
import { literalOf, objectOf, placeOfNode, sourceOf } from './objects.ts'
import type { Evaluate, Located } from './objects.ts'
import { templateText } from './drizzle-calls.ts'
import type { DrizzleWorld } from './drizzle-calls.ts'
import type { Draft } from './prisma-calls.ts'
import type { Query } from './query.ts'
import { sqlQueries } from './sql-query.ts'
import { chainOf, unwrap } from './syntax.ts'
import type { Chain, Module, Scope } from './syntax.ts'

/** Raw SQL that a call sends: its text where that is known, and what is put into it as text. */
export interface RawCall {
  readonly call: string
  readonly client: Query['client']
  /** Null where it is put together at run time. */
  readonly sql: string | null
  readonly map: (offset: number | undefined) => Place
  readonly unsafe: NonNullable<Query['unsafe']>
  readonly start: number
  readonly end: number
}

interface Piece { readonly sqlStart: number; readonly length: number; readonly sourceStart: number }

/** Reads the raw SQL of a chain; null where it sends none. */
export function rawCall(chain: Chain, scope: Scope, module: Module, evaluate: Evaluate, receiver: (upTo: number) => 'prisma' | 'drizzle' | 'pg' | 'other' | null, drizzle: DrizzleWorld): RawCall | null {
  for (const [index, step] of chain.steps.entries()) {
    const name = step.name ?? ''
    const first = step.args?.[0]
    const argument: Located | null = first === undefined || first.type === 'SpreadElement' ? null : { node: first, scope, module }
    const range = { start: chain.start, end: chain.end }
    const at = { node: chain.root, scope, module }
    if (/^\$(?:queryRaw|executeRaw)(?:Unsafe)?$/.test(name)) {
      if (receiver(index) === 'other') return null
      if (step.template !== null) return { ...range, call: name.slice(1), client: 'prisma', unsafe: unsafeIn(step.template, at, evaluate), ...textOf(step.template, at, evaluate, drizzle) }
      if (argument === null) return null
      const unsafe = name.endsWith('Unsafe') ? unsafeText(argument, evaluate) : []
      return { ...range, call: name.slice(1), client: 'prisma', unsafe, ...argumentText(argument, evaluate, drizzle) }
    }
    if (step.template !== null && name === '' && receiver(index) === 'pg') return { ...range, call: 'sql', client: 'sql', unsafe: [], ...textOf(step.template, at, evaluate, drizzle) }
    if (argument === null) continue
    if (name === 'unsafe' && receiver(index) === 'pg') return { ...range, call: 'unsafe', client: 'sql', unsafe: unsafeText(argument, evaluate), ...argumentText(argument, evaluate, drizzle) }
    if (name === 'query' && receiver(index) === 'pg') {
      const config = objectOf(argument, evaluate)?.properties.find((p) => p.name === 'text')
      const text = config ?? argument
      return { ...range, call: 'query', client: 'sql', unsafe: unsafeText(text, evaluate), ...argumentText(text, evaluate, drizzle) }
    }
    if ((name === 'execute' || name === 'run' || name === 'all' || name === 'get') && receiver(index) === 'drizzle') {
      const node = unwrap(argument.node)
      if (node.type === 'TaggedTemplateExpression') return { ...range, call: name, client: 'drizzle', unsafe: unsafeIn(node.quasi, argument, evaluate), ...textOf(node.quasi, argument, evaluate, drizzle) }
      const raw = chainOf(node)
      if (raw?.steps.at(-1)?.name === 'raw') return { ...range, call: name, client: 'drizzle', unsafe: rawArgument(raw, argument, evaluate), sql: null, map: () => placeOfNode(argument) }
    }
  }
  return null
}

/** `sql.raw(…)` and `Prisma.raw(…)` that stand anywhere in a file and get text that is not fixed. */
export function rawFragment(chain: Chain, scope: Scope, module: Module, evaluate: Evaluate): NonNullable<Query['unsafe']> | null {
  const last = chain.steps.at(-1)
  if (last?.name !== 'raw' || last.args === null || chain.steps.length !== 1 || chain.root.type !== 'Identifier') return null
  const value = evaluate(chain.root, scope, module)
  const known = value?.is === 'package' && (value.source.startsWith('drizzle-orm') && value.name === 'sql' || value.name === 'Prisma')
  return known ? rawArgument(chain, { node: chain.root, scope, module }, evaluate) : null
}

function rawArgument(chain: Chain, at: Located, evaluate: Evaluate): NonNullable<Query['unsafe']> {
  const first = chain.steps.at(-1)?.args?.[0]
  return first === undefined || first.type === 'SpreadElement' ? [] : unsafeText({ ...at, node: first }, evaluate)
}

function textOf(quasi: TemplateLiteral, at: Located, evaluate: Evaluate, drizzle: DrizzleWorld): { sql: string | null; map: RawCall['map'] } {
  const whole = placeOf(at.module.file, quasi.start, quasi.end)
  const pieces: Piece[] = []
  const built = prismaTemplate(quasi, at, evaluate, pieces, 0) ?? templateText(quasi, at, drizzle)?.text ?? null
  return { sql: built, map: mapper(built ?? '', pieces, at.module, whole) }
}

function mapper(sql: string, pieces: readonly Piece[], module: Module, whole: Place): RawCall['map'] {
  // Offsets of the parser are bytes, those of the source UTF-16 units: they agree where all is ASCII.
  const ascii = !/[^\0-\x7f]/.test(sql)
  return (offset) => {
    if (offset === undefined || !ascii) return whole
    const piece = pieces.find((p) => offset >= p.sqlStart && offset < p.sqlStart + p.length)
    if (piece === undefined) return whole
    const start = piece.sourceStart + offset - piece.sqlStart
    const word = /^[\w".]+/.exec(module.file.text.slice(start, start + 80))?.[0] ?? ' '
    return placeOf(module.file, start, start + word.length)
  }
}

/** Text of a `Prisma.sql` template with values as `$n`; null where a fragment of it is not known. */
function prismaTemplate(quasi: TemplateLiteral, at: Located, evaluate: Evaluate, pieces: Piece[], depth: number): string | null {
  let text = ''
  let parameter = 0
  for (const [i, part] of quasi.quasis.entries()) {
    const cooked = part.value.cooked ?? ''
    if (depth === 0 && part.value.raw === cooked) {
      const sourceStart = at.module.file.text.indexOf(cooked, Math.max(quasi.start, part.start - 1))
      pieces.push({ sqlStart: text.length, length: cooked.length, sourceStart: sourceStart < 0 ? part.start : sourceStart })
    }
    text += cooked
    const inner = quasi.expressions[i]
    if (inner === undefined) continue
    const node = unwrap(inner)
    if (node.type === 'TaggedTemplateExpression') {
      const nested = depth > 4 ? null : prismaTemplate(node.quasi, { ...at, node }, evaluate, pieces, depth + 1)
      if (nested === null) return null
      text += nested
      continue
    }
    if (node.type === 'CallExpression' || node.type === 'MemberExpression') {
      const chain = chainOf(node)
      const value = chain?.root.type === 'Identifier' ? evaluate(chain.root, at.scope, at.module) : null
      const name = chain?.steps.at(-1)?.name ?? ''
      if (name === 'join' && node.type === 'CallExpression') {
        text += `$${++parameter}`
        continue
      }
      if (['raw', 'empty', 'sql', 'identifier'].includes(name)) return null
      if (value?.is === 'table' || value?.is === 'column') return null
      if (value?.is === 'pg') return null
      // A function of the repository may give a fragment as well as a value.
      if (node.type === 'CallExpression' && /sql|where|filter|clause|cond|order|fragment|query/i.test(sourceOf({ ...at, node: node.callee }))) return null
    }
    if (node.type === 'Identifier') {
      const value = evaluate(node, at.scope, at.module)
      if (value?.is === 'table' || value?.is === 'column' || value?.is === 'object' || value?.is === 'function') return null
      const fragment = fragmentOf(node.name, at)
      if (fragment === 'unknown') return null
      if (fragment !== null) {
        const nested = depth > 4 ? null : prismaTemplate(fragment, at, evaluate, pieces, depth + 1)
        if (nested === null) return null
        text += nested
        continue
      }
    }
    if (node.type === 'ConditionalExpression' || node.type === 'LogicalExpression') {
      if (/sql|Prisma\.|`/.test(sourceOf({ ...at, node }))) return null
    }
    text += `$${++parameter}`
  }
  return text
}

/** The template that a name stands for; `unknown` where it is made of SQL in another way; null for a value. */
function fragmentOf(name: string, at: Located): TemplateLiteral | 'unknown' | null {
  for (let scope: Scope | null = at.scope; scope !== null; scope = scope.parent) {
    const binding = scope.names.get(name)
    if (binding === undefined) continue
    if (binding.is !== 'variable' || binding.init === null) return /sql|where|filter|clause|cond|order|fragment|table|column/i.test(name) ? 'unknown' : null
    const init = unwrap(binding.init)
    if (init.type === 'TaggedTemplateExpression' && binding.assigned.length === 0) return init.quasi
    return /\bPrisma\.|\bsql\b|`/.test(at.module.file.text.slice(init.start, init.end).slice(0, 2000)) || /sql|where|filter|clause|cond|fragment/i.test(name) ? 'unknown' : null
  }
  return null
}

function argumentText(argument: Located, evaluate: Evaluate, drizzle: DrizzleWorld): { sql: string | null; map: RawCall['map'] } {
  const node = unwrap(argument.node)
  const place = placeOfNode(argument)
  if (node.type === 'TaggedTemplateExpression') return textOf(node.quasi, { ...argument, node }, evaluate, drizzle)
  const literal = literalOf(argument, evaluate)
  if (typeof literal === 'string') {
    const source = argument.module.file.text.indexOf(literal, node.start)
    const inside = source >= node.start && source + literal.length <= node.end
    return { sql: literal, map: mapper(literal, inside ? [{ sqlStart: 0, length: literal.length, sourceStart: source }] : [], argument.module, place) }
  }
  if (node.type === 'Identifier') {
    const fragment = fragmentOf(node.name, argument)
    if (fragment !== null && fragment !== 'unknown') return textOf(fragment, argument, evaluate, drizzle)
  }
  return { sql: null, map: () => place }
}

const quoting = /quote|escape|ident|literal|format/i

/** What a text that is put together takes in besides literals. */
function unsafeText(given: Located, evaluate: Evaluate, depth = 0): NonNullable<Query['unsafe']> {
  const node = unwrap(given.node)
  if (depth > 4) return []
  if (node.type === 'TemplateLiteral') return unsafeIn(node, given, evaluate, true)
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    return [node.left, node.right].flatMap((one) => partOf({ ...given, node: one as Expression }, evaluate, depth + 1))
  }
  if (node.type === 'Identifier' && depth === 0) {
    for (let scope: Scope | null = given.scope; scope !== null; scope = scope.parent) {
      const binding = scope.names.get(node.name)
      if (binding === undefined) continue
      if (binding.is !== 'variable' || binding.init === null || binding.path.length > 0) return []
      return unsafeText({ node: binding.init, scope: binding.scope, module: given.module }, evaluate, depth + 1)
    }
  }
  return []
}

function partOf(given: Located, evaluate: Evaluate, depth: number): NonNullable<Query['unsafe']> {
  const node = unwrap(given.node)
  if (node.type === 'BinaryExpression' || node.type === 'TemplateLiteral') return unsafeText(given, evaluate, depth)
  return isFixed(given, evaluate) ? [] : [{ text: sourceOf(given), place: placeOfNode(given), from: originOf(given), quoted: isQuoted(given) }]
}

function unsafeIn(quasi: TemplateLiteral, at: Located, evaluate: Evaluate, plain = false): NonNullable<Query['unsafe']> {
  if (!plain) return []
  return quasi.expressions.flatMap((node) => partOf({ ...at, node }, evaluate, 1))
}

const requests = /(?:^|\W)(?:req|request|input|searchParams|body|query|params|payload|formData|args)(?:\?*\.|\[)/

/** Where a value comes from, as far as its name says: a request, a parameter of the function, or elsewhere. */
function originOf(given: Located): 'request' | 'parameter' | 'unknown' {
  if (requests.test(sourceOf(given))) return 'request'
  const node = unwrap(given.node)
  if (node.type !== 'Identifier') return 'unknown'
  for (let scope: Scope | null = given.scope; scope !== null; scope = scope.parent) {
    const binding = scope.names.get(node.name)
    if (binding === undefined) continue
    if (binding.is === 'parameter') return binding.type?.type === 'TSStringKeyword' && binding.frame.argumentOf === null ? 'parameter' : 'unknown'
    if (binding.is === 'variable' && binding.init !== null && requests.test(sourceOf({ ...given, node: binding.init }))) return 'request'
    return 'unknown'
  }
  return 'unknown'
}

/** True where it stands between quotes of SQL: a value, and no name. */
function isQuoted(given: Located): boolean {
  const before = given.module.file.text.slice(Math.max(0, given.node.start - 12), given.node.start)
  return /'%?(?:\$\{|["'`]\s*\+\s*)$/.test(before)
}

/** True for what cannot carry SQL of a stranger: literals, choices between literals, numbers, quoted names, constants. */
function isFixed(given: Located, evaluate: Evaluate): boolean {
  const node = unwrap(given.node)
  if (literalOf(given, evaluate) !== undefined) return true
  if (node.type === 'ConditionalExpression') return isFixed({ ...given, node: node.consequent }, evaluate) && isFixed({ ...given, node: node.alternate }, evaluate)
  if (node.type === 'LogicalExpression') return isFixed({ ...given, node: node.left }, evaluate) && isFixed({ ...given, node: node.right }, evaluate)
  if (node.type === 'TemplateLiteral') return node.expressions.every((e) => isFixed({ ...given, node: e }, evaluate))
  if (node.type === 'CallExpression') {
    const callee = sourceOf({ ...given, node: node.callee })
    if (/^(?:Number|parseInt|parseFloat|Math\.\w+)$/.test(callee) || quoting.test(callee)) return true
    // `ids.map((_, i) => `$${i + 1}`).join(', ')` makes placeholders.
    return callee.endsWith('.join') && /\$\$?\{|=>\s*['"`]\?/.test(callee)
  }
  if (node.type === 'UnaryExpression') return true
  if (node.type === 'BinaryExpression') return ['-', '*', '/', '%'].includes(node.operator)
  if (node.type === 'MemberExpression' && node.property.type === 'Identifier') return node.property.name === 'length'
  if (node.type === 'Identifier') {
    if (/^[A-Z][A-Z0-9_]+$/.test(node.name)) return true
    for (let scope: Scope | null = given.scope; scope !== null; scope = scope.parent) {
      const binding = scope.names.get(node.name)
      if (binding === undefined) continue
      if (binding.is === 'variable' && binding.init !== null && binding.path.length === 0 && binding.assigned.length === 0) {
        const init = unwrap(binding.init)
        return init.type !== 'Identifier' && isFixed({ node: init, scope: binding.scope, module: given.module }, evaluate)
      }
      // What a name of another module or a parameter with a type of fixed words holds is not known to be hostile.
      if (binding.is === 'parameter' || binding.is === 'variable') return binding.type !== null && fixedType(binding.type)
      return false
    }
  }
  return false
}

function fixedType(type: { readonly type: string }): boolean {
  const at = type as { readonly type: string; readonly types?: readonly { readonly type: string }[] }
  if (at.type === 'TSNumberKeyword' || at.type === 'TSBooleanKeyword' || at.type === 'TSBigIntKeyword' || at.type === 'TSLiteralType') return true
  return at.type === 'TSUnionType' && (at.types ?? []).every(fixedType)
}

/** The queries in raw SQL; empty where it does not parse or names no table that is known. */
export function rawQueries(raw: RawCall, schemas: readonly Schema[]): Draft[] {
  if (raw.sql === null) return []
  const parsed = parseSql(raw.sql)
  if (!('nodes' in parsed)) return []
  return parsed.nodes.flatMap((node) => sqlQueries(node, raw.sql ?? '', { schemas, place: raw.map }))
    .map((draft) => ({ ...draft, start: raw.start, end: raw.end, client: raw.client, call: draft.statement === undefined ? draft.call : `${raw.call} ${draft.call}` }))
}
