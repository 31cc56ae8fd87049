import type { Argument, TemplateLiteral } from 'oxc-parser'
import { placeOf } from '../../location.ts'
import type { Place } from '../../location.ts'
import type { Schema } from '../../schema/model.ts'
import { parseQuery } from '../sql/parse.ts'
import type { Draft } from '../draft.ts'
import type { DrizzleWorld } from '../drizzle/state.ts'
import { templateText } from '../drizzle/templates.ts'
import type { Query } from '../query.ts'
import type { Module, Scope } from '../typescript/module.ts'
import { chainOf, unwrap } from '../typescript/nodes.ts'
import type { Chain } from '../typescript/nodes.ts'
import { arrayOf, literalOf, objectOf, placeOfNode, sourceOf } from '../typescript/objects.ts'
import type { Evaluate, Located } from '../typescript/objects.ts'
import { sqlQueries } from '../sql/statements.ts'
import { senderOf } from './sender.ts'
import { rawArgument, unsafeIn, unsafeText } from './unsafe.ts'

/** Raw SQL that a call sends: its text where that is known, and what is put into it as text. */
export interface RawCall {
  readonly call: string
  readonly client: Query['client']
  /** Null where it is put together at run time. */
  readonly sql: string | null
  readonly map: (offset: number | undefined) => Place
  /** What `$1`, `$2`, ... stand for, as far as it is told apart. */
  readonly values: readonly Located[]
  readonly unsafe: NonNullable<Query['unsafe']>
  readonly start: number
  readonly end: number
}

interface Piece {
  readonly sqlStart: number
  readonly length: number
  readonly sourceStart: number
}

/** Reads the raw SQL of a chain; null where it sends none. */
export function rawCall(
  chain: Chain,
  scope: Scope,
  module: Module,
  evaluate: Evaluate,
  receiver: (upTo: number) => 'prisma' | 'drizzle' | 'pg' | 'other' | null,
  drizzle: DrizzleWorld,
): RawCall | null {
  for (const [index, step] of chain.steps.entries()) {
    const name = step.name ?? ''
    const first = step.args?.[0]
    const argument: Located | null =
      first === undefined || first.type === 'SpreadElement' ? null : { node: first, scope, module }
    const range = { start: chain.start, end: chain.end }
    const at = { node: chain.root, scope, module }
    if (/^\$(?:queryRaw|executeRaw)(?:Unsafe)?$/.test(name)) {
      if (receiver(index) === 'other') return null
      if (step.template !== null)
        return {
          ...range,
          call: name.slice(1),
          client: 'prisma',
          unsafe: unsafeIn(step.template, at, evaluate),
          ...textOf(step.template, at, evaluate, drizzle),
        }
      if (argument === null) return null
      const unsafe = name.endsWith('Unsafe') ? unsafeText(argument, evaluate) : []
      const more = (step.args ?? []).slice(1)
      return {
        ...range,
        call: name.slice(1),
        client: 'prisma',
        unsafe,
        values: more.flatMap((node) => (node.type === 'SpreadElement' ? [] : [{ node, scope, module }])),
        ...argumentText(argument, evaluate, drizzle),
      }
    }
    if (step.template !== null && name === '' && receiver(index) === 'pg')
      return { ...range, call: 'sql', client: 'sql', unsafe: [], ...textOf(step.template, at, evaluate, drizzle) }
    if (argument === null) continue
    if (name === 'unsafe' && receiver(index) === 'pg')
      return {
        ...range,
        call: 'unsafe',
        client: 'sql',
        unsafe: unsafeText(argument, evaluate),
        values: elementsOf(step.args?.[1], at),
        ...argumentText(argument, evaluate, drizzle),
      }
    if (
      (name === 'query' && receiver(index) === 'pg') ||
      ((name === 'query' || name === '') && senderOf(step, at, evaluate))
    ) {
      const config = objectOf(argument, evaluate)?.properties
      const text = config?.find((p) => p.name === 'text') ?? argument
      return {
        ...range,
        call: 'query',
        client: 'sql',
        unsafe: unsafeText(text, evaluate),
        values: elementsOf(step.args?.[1] ?? config?.find((p) => p.name === 'values')?.node, at),
        ...argumentText(text, evaluate, drizzle),
      }
    }
    if ((name === 'execute' || name === 'run' || name === 'all' || name === 'get') && receiver(index) === 'drizzle') {
      const node = unwrap(argument.node)
      if (node.type === 'TaggedTemplateExpression')
        return {
          ...range,
          call: name,
          client: 'drizzle',
          unsafe: unsafeIn(node.quasi, argument, evaluate),
          ...textOf(node.quasi, argument, evaluate, drizzle),
        }
      const raw = chainOf(node)
      if (raw?.steps.at(-1)?.name === 'raw')
        return {
          ...range,
          call: name,
          client: 'drizzle',
          unsafe: rawArgument(raw, argument, evaluate),
          sql: null,
          values: [],
          map: () => placeOfNode(argument),
        }
    }
  }
  return null
}

function textOf(
  quasi: TemplateLiteral,
  at: Located,
  evaluate: Evaluate,
  drizzle: DrizzleWorld,
): Pick<RawCall, 'sql' | 'map' | 'values'> {
  const whole = placeOf(at.module.file, quasi.start, quasi.end)
  const pieces: Piece[] = []
  const own: Located[] = []
  const text = prismaTemplate(quasi, at, evaluate, pieces, own)
  const { text: sql, values } =
    text === null ? (templateText(quasi, at, drizzle) ?? { text: null, values: [] }) : { text, values: own }
  return { sql, values, map: mapper(sql ?? '', pieces, at.module, whole) }
}

/** The elements of the list that is sent with SQL; empty where they are not known one by one. */
function elementsOf(node: Argument | undefined, at: Located): readonly Located[] {
  const list = node === undefined || node.type === 'SpreadElement' ? null : arrayOf({ ...at, node })
  return list?.complete === true ? list.elements : []
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
function prismaTemplate(
  quasi: TemplateLiteral,
  at: Located,
  evaluate: Evaluate,
  pieces: Piece[],
  values: Located[],
  depth = 0,
): string | null {
  let text = ''
  for (const [i, part] of quasi.quasis.entries()) {
    const cooked = part.value.cooked ?? ''
    if (depth === 0 && part.value.raw === cooked) {
      const sourceStart = at.module.file.text.indexOf(cooked, Math.max(quasi.start, part.start - 1))
      pieces.push({
        sqlStart: text.length,
        length: cooked.length,
        sourceStart: sourceStart < 0 ? part.start : sourceStart,
      })
    }
    text += cooked
    const inner = quasi.expressions[i]
    if (inner === undefined) continue
    const node = unwrap(inner)
    if (node.type === 'TaggedTemplateExpression') {
      const nested = depth > 4 ? null : prismaTemplate(node.quasi, { ...at, node }, evaluate, pieces, values, depth + 1)
      if (nested === null) return null
      text += nested
      continue
    }
    if (node.type === 'CallExpression' || node.type === 'MemberExpression') {
      const chain = chainOf(node)
      const value = chain?.root.type === 'Identifier' ? evaluate(chain.root, at.scope, at.module) : null
      const name = chain?.steps.at(-1)?.name ?? ''
      if (name === 'join' && node.type === 'CallExpression') {
        text += `$${values.push({ ...at, node })}`
        continue
      }
      if (['raw', 'empty', 'sql', 'identifier'].includes(name)) return null
      if (value?.is === 'table' || value?.is === 'column') return null
      if (value?.is === 'pg') return null
      // A function of the repository may give a fragment as well as a value.
      if (
        node.type === 'CallExpression' &&
        /sql|where|filter|clause|cond|order|fragment|query/i.test(sourceOf({ ...at, node: node.callee }))
      )
        return null
    }
    if (node.type === 'Identifier') {
      const value = evaluate(node, at.scope, at.module)
      if (value?.is === 'table' || value?.is === 'column' || value?.is === 'object' || value?.is === 'function')
        return null
      const fragment = fragmentOf(node.name, at)
      if (fragment === 'unknown') return null
      if (fragment !== null) {
        const nested = depth > 4 ? null : prismaTemplate(fragment, at, evaluate, pieces, values, depth + 1)
        if (nested === null) return null
        text += nested
        continue
      }
    }
    if (node.type === 'ConditionalExpression' || node.type === 'LogicalExpression') {
      if (/sql|Prisma\.|`/.test(sourceOf({ ...at, node }))) return null
    }
    text += `$${values.push({ ...at, node })}`
  }
  return text
}

/** The template that a name stands for; `unknown` where it is made of SQL in another way; null for a value. */
function fragmentOf(name: string, at: Located): TemplateLiteral | 'unknown' | null {
  for (let scope: Scope | null = at.scope; scope !== null; scope = scope.parent) {
    const binding = scope.names.get(name)
    if (binding === undefined) continue
    if (binding.is !== 'variable' || binding.init === null)
      return /sql|where|filter|clause|cond|order|fragment|table|column/i.test(name) ? 'unknown' : null
    const init = unwrap(binding.init)
    if (init.type === 'TaggedTemplateExpression' && binding.assigned.length === 0) return init.quasi
    return /\bPrisma\.|\bsql\b|`/.test(at.module.file.text.slice(init.start, init.end).slice(0, 2000)) ||
      /sql|where|filter|clause|cond|fragment/i.test(name)
      ? 'unknown'
      : null
  }
  return null
}

function argumentText(
  argument: Located,
  evaluate: Evaluate,
  drizzle: DrizzleWorld,
): Pick<RawCall, 'sql' | 'map'> & Partial<RawCall> {
  const node = unwrap(argument.node)
  const place = placeOfNode(argument)
  if (node.type === 'TaggedTemplateExpression') return textOf(node.quasi, { ...argument, node }, evaluate, drizzle)
  const literal = literalOf(argument, evaluate)
  if (typeof literal === 'string') {
    const source = argument.module.file.text.indexOf(literal, node.start)
    const inside = source >= node.start && source + literal.length <= node.end
    return {
      sql: literal,
      map: mapper(
        literal,
        inside ? [{ sqlStart: 0, length: literal.length, sourceStart: source }] : [],
        argument.module,
        place,
      ),
    }
  }
  if (node.type === 'Identifier') {
    const fragment = fragmentOf(node.name, argument)
    if (fragment !== null && fragment !== 'unknown') return textOf(fragment, argument, evaluate, drizzle)
  }
  return { sql: null, map: () => place }
}

/** The queries in raw SQL; empty where it does not parse or names no table that is known. */
export function rawQueries(raw: RawCall, schemas: readonly Schema[]): Draft[] {
  if (raw.sql === null) return []
  const parsed = parseQuery(raw.sql)
  if (!('nodes' in parsed)) return []
  return parsed.nodes
    .flatMap((node) => sqlQueries(node, raw.sql ?? '', { schemas, place: raw.map }))
    .map((draft) => withSources(draft, raw.values))
    .map((draft) => ({
      ...draft,
      start: raw.start,
      end: raw.end,
      client: raw.client,
      call: draft.statement === undefined ? draft.call : `${raw.call} ${draft.call}`,
    }))
}

/** A query whose `$n` are the source texts of what they stand for; of one that nobody knows no source is told. */
function withSources({ values, ...draft }: Draft, given: readonly Located[]): Draft {
  const sourceAt = (source: string): string | undefined => {
    const number = /^\$(\d+)$/.exec(source)?.[1]
    const value = number === undefined ? undefined : given[Number(number) - 1]
    return number === undefined ? source : value === undefined ? undefined : sourceOf(value)
  }
  const known = Object.entries(values ?? {}).flatMap(([column, source]) => {
    const found = sourceAt(source)
    return found === undefined ? [] : [[column, found] as const]
  })
  return {
    ...draft,
    ...(values === undefined ? {} : { values: Object.fromEntries(known) }),
    predicates: draft.predicates.map(({ source, ...predicate }) => {
      const found = source === undefined ? undefined : sourceAt(source)
      return found === undefined ? predicate : { ...predicate, source: found }
    }),
  }
}
