import type { TemplateLiteral } from 'oxc-parser'
import type { Key } from '../../schema/model.ts'
import { parseQuery } from '../sql/parse.ts'
import { always, both, either, negate } from '../conditions.ts'
import type { Condition, Term } from '../conditions.ts'
import type { Predicate } from '../query.ts'
import { sqlCondition } from '../sql/conditions.ts'
import { importedName } from '../typescript/module.ts'
import type { Scope } from '../typescript/module.ts'
import { chainOf, unwrap } from '../typescript/nodes.ts'
import { arrayOf, isUndefined, literalOf, objectOf, placeOfNode, sourceOf, textsOf } from '../typescript/objects.ts'
import type { Located } from '../typescript/objects.ts'
import { columnOf, mention } from './state.ts'
import type { State } from './state.ts'
import { templateText } from './templates.ts'

const binary: Readonly<Record<string, Predicate['operator']>> = {
  eq: '=',
  ne: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  inArray: 'in',
  notInArray: 'not in',
  like: 'like',
  ilike: 'ilike',
  notLike: 'unknown',
  notIlike: 'unknown',
  arrayContains: 'has',
  arrayContained: 'has',
  arrayOverlaps: 'has',
  between: 'between',
  notBetween: 'unknown',
}

/** Reads `and(eq(a, b), …)` and `sql` templates; null where it is not known. */
export function conditionOf(given: Located, state: State, sources: readonly Key[], depth = 0): Condition | null {
  if (depth > 12) return null
  const { world } = state
  const node = unwrap(given.node)
  if (isUndefined(node)) return always
  if (node.type === 'TaggedTemplateExpression') return template(node.quasi, { ...given, node }, state, sources)
  if (node.type === 'Identifier') {
    const value = initOf(given)
    if (value === null) return null
    if (!value.steady) state.flags.dynamic = true
    return value.steady ? conditionOf(value.at, state, sources, depth + 1) : null
  }
  if (node.type === 'ConditionalExpression' || node.type === 'LogicalExpression') {
    state.flags.dynamic = true
    return always
  }
  const chain = chainOf(node)
  const step = chain?.steps.at(-1)
  if (chain === null || step?.args == null || chain.root.type !== 'Identifier') return null
  const name = step.name === '' ? importedName(given.scope, chain.root.name) : (step.name ?? '')
  const args: Located[] = []
  for (const one of step.args) {
    if (one.type === 'SpreadElement') {
      const inner = arrayOf({ ...given, node: one.argument })
      if (inner === null || !inner.complete) {
        state.flags.dynamic = true
        mention({ ...given, node: one.argument }, state, 'filter')
      }
      args.push(...(inner?.complete === true ? inner.elements : []))
    } else {
      args.push({ ...given, node: one })
    }
  }
  const [first, second] = args
  if (name === 'and')
    return args
      .map((a) => conditionOf(a, state, sources, depth + 1))
      .reduce<Condition | null>((a, b) => both(a, b ?? unknown(state)), always)
  if (name === 'or')
    return args.length === 0
      ? always
      : args
          .map((a) => conditionOf(a, state, sources, depth + 1))
          .reduce<Condition | null>((a, b) => (a === null ? b : either(a, b)), null)
  if (first === undefined) return null
  if (name === 'not') return negate(conditionOf(first, state, sources, depth + 1))
  if (name === 'exists' || name === 'notExists') {
    mention(first, state, 'filter')
    return always
  }
  const place = placeOfNode({ ...given, node })
  const left = columnOf(first, world)
  if (name === 'isNull' || name === 'isNotNull')
    return left === null
      ? null
      : [[{ ...left, expression: null, operator: name === 'isNull' ? 'is null' : 'is not null', place }]]
  const operator = binary[name]
  if (operator === undefined) return null
  const right = second === undefined ? null : columnOf(second, world)
  if (left !== null && right !== null && left.table !== right.table) {
    if (operator === '=')
      state.joins.push({
        from: left.table,
        fromColumns: [left.column],
        to: right.table,
        toColumns: [right.column],
        many: false,
        place,
      })
    return [
      [
        { ...left, expression: null, operator, place, joining: true },
        { ...right, expression: null, operator, place, joining: true },
      ],
    ]
  }
  // Two columns of one row are compared once it is read.
  if (left !== null && right !== null) {
    mention(first, state, 'filter')
    if (second !== undefined) mention(second, state, 'filter')
    return [[{ table: left.table, column: null, expression: null, operator: 'unknown', place }]]
  }
  if (left === null) {
    const inner = unwrap(first.node)
    if (inner.type === 'TaggedTemplateExpression') {
      const term = expressionTerm(inner.quasi, { ...first, node: inner }, state, sources)
      if (term !== null)
        return [[{ ...term, operator, place, ...(second === undefined ? {} : { source: sourceOf(second) }) }]]
    }
    mention(first, state, 'filter')
    return [[{ table: sources[0] ?? '', column: null, expression: null, operator: 'unknown', place }]]
  }
  const value = second === undefined ? undefined : literalOf(second, world.evaluate)
  const texts = second === undefined ? [] : textsOf(second, world.evaluate)
  const among = operator === 'not in' ? listedBy(second, state) : null
  const term: Term = {
    ...left,
    expression: null,
    operator,
    place,
    ...(among === null ? {} : { among }),
    ...(texts.length === 0 ? {} : { values: texts }),
    ...(second === undefined ? {} : { source: sourceOf(second) }),
    ...(value === undefined ? {} : { value }),
    ...(operator === 'like' || operator === 'ilike' ? likePattern(second) : {}),
  }
  return [[term]]
}

/** The one column that `db.select({ id: t.id }).from(t)` lists; null for anything else, and where a condition leaves NULL out. */
function listedBy(given: Located | undefined, { world }: State): { table: Key; column: string } | null {
  if (given === undefined) return null
  const node = unwrap(given.node)
  const value = node.type === 'Identifier' ? initOf(given) : null
  const at = value === null ? { ...given, node } : value.at
  const steps = chainOf(at.node)?.steps ?? []
  const fields = steps.find(({ name, args }) => args !== null && /^select(?:Distinct)?$/.test(name ?? ''))?.args?.[0]
  if (fields === undefined || fields.type === 'SpreadElement' || /isNotNull|not null/i.test(sourceOfAll(at)))
    return null
  const [only, ...more] = objectOf({ ...at, node: fields }, world.evaluate)?.properties ?? []
  const column = only === undefined || more.length > 0 ? null : columnOf(only, world)
  return column === null ? null : { table: column.table, column: column.column }
}

function sourceOfAll({ node, module }: Located): string {
  return module.file.text.slice(node.start, node.end)
}

function unknown(state: State): Condition {
  state.flags.dynamic = true
  return always
}

/** Where the wildcards of a literal pattern of LIKE stand. */
export function likePattern(given: Located | undefined): Pick<Predicate, 'pattern' | 'value'> {
  if (given === undefined) return {}
  const node = unwrap(given.node)
  const [start, end] =
    node.type === 'TemplateLiteral'
      ? [node.quasis[0]?.value.cooked ?? '', node.quasis.at(-1)?.value.cooked ?? '']
      : node.type === 'Literal' && typeof node.value === 'string'
        ? [node.value, node.value]
        : ['', '']
  if (start === '' && end === '') return {}
  const left = /^[%_]/.test(start)
  const right = /[%_]$/.test(end)
  return {
    pattern: left ? (right ? 'infix' : 'suffix') : right ? 'prefix' : 'exact',
    ...(node.type === 'Literal' ? { value: start } : {}),
  }
}

function initOf(given: Located): { at: Located; steady: boolean } | null {
  const node = unwrap(given.node)
  if (node.type !== 'Identifier') return null
  for (let scope: Scope | null = given.scope; scope !== null; scope = scope.parent) {
    const binding = scope.names.get(node.name)
    if (binding === undefined) continue
    if (binding.is !== 'variable' || binding.init === null || binding.path.length > 0) return null
    return {
      at: { node: binding.init, scope: binding.scope, module: given.module },
      steady: !binding.mutated && binding.assigned.length === 0,
    }
  }
  return null
}

function template(quasi: TemplateLiteral, given: Located, state: State, sources: readonly Key[]): Condition | null {
  const built = templateText(quasi, given, state.world)
  const place = placeOfNode(given)
  const fallback: Condition = [
    [{ table: sources[0] ?? '', column: null, expression: null, operator: 'unknown', place }],
  ]
  if (built === null) return fallback
  const parsed = parseQuery(`SELECT 1 WHERE ${built.text}`)
  const node = 'nodes' in parsed ? parsed.nodes[0] : undefined
  const where = node !== undefined && 'SelectStmt' in node ? node.SelectStmt.whereClause : undefined
  for (const column of built.columns) state.columns.push({ ...column, use: 'filter', place })
  if (where === undefined) return fallback
  const inner = sqlCondition(where, { schemas: state.world.schemas, place: () => place }, sources)
  return inner.condition ?? fallback
}

function expressionTerm(
  quasi: TemplateLiteral,
  given: Located,
  state: State,
  sources: readonly Key[],
): Pick<Term, 'table' | 'column' | 'expression'> | null {
  const built = templateText(quasi, given, state.world)
  if (built === null || built.columns.length !== 1) return null
  const parsed = parseQuery(`SELECT 1 WHERE ${built.text} = $99`)
  const node = 'nodes' in parsed ? parsed.nodes[0] : undefined
  const where = node !== undefined && 'SelectStmt' in node ? node.SelectStmt.whereClause : undefined
  if (where === undefined) return null
  const term = sqlCondition(where, { schemas: state.world.schemas, place: () => placeOfNode(given) }, sources)
    .condition?.[0]?.[0]
  return term === undefined || term.column === null
    ? null
    : { table: term.table, column: term.column, expression: term.expression }
}
