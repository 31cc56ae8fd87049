import { functionData, operatorData } from './data.ts'
import type { TypeId } from './types.ts'
import {
  canCoerce,
  categoryOf,
  commonType,
  elementOf,
  isPolymorphic,
  isPreferred,
  parseType,
  rangeElement,
  underlying,
  unknowable,
} from './types.ts'
import type { Schema } from '../model.ts'

/** A function or operator with the types that it takes and gives. */
export interface Callable {
  readonly arguments: readonly TypeId[]
  readonly result: TypeId
  /** Schema that it is in, for printing. */
  readonly schema: string
}

interface FunctionRow extends Callable {
  readonly variadic: boolean
  readonly defaults: number
}

function parsed<T>(data: string, read: (parts: readonly string[]) => readonly [string, T]): Map<string, T[]> {
  const rows = new Map<string, T[]>()
  for (const line of data.trim().split('\n')) {
    const [name, row] = read(line.split(' '))
    const list = rows.get(name)
    if (list === undefined) rows.set(name, [row])
    else list.push(row)
  }
  return rows
}

const readFunction =
  (schema: string) =>
  (parts: readonly string[]): readonly [string, FunctionRow] => {
    const [name = '', types = '', ...rest] = parts
    const result = rest[0] === 'setof' ? rest[1] : rest[0]
    return [
      name,
      {
        arguments: types === '' ? [] : types.split(','),
        result: result ?? 'unknown',
        schema,
        variadic: rest.includes('variadic'),
        defaults: rest.includes('defaults') ? Number(rest.at(-1)) : 0,
      },
    ]
  }

const readOperator = (parts: readonly string[]): readonly [string, Callable] => {
  const [name = '', left = '-', right = '', result = ''] = parts
  return [name, { arguments: left === '-' ? [right] : [left, right], result, schema: 'pg_catalog' }]
}

const functions = parsed(functionData, readFunction('pg_catalog'))
const operators = parsed(operatorData, readOperator)

/** The more common functions and operators of extensions. */
const extensions: Readonly<Record<string, { readonly functions: string; readonly operators: string }>> = {
  pgcrypto: {
    functions: `gen_random_bytes int4 bytea\ngen_random_uuid  uuid\ncrypt text,text text\ngen_salt text text\ngen_salt text,int4 text\ndigest text,text bytea\ndigest bytea,text bytea\nhmac text,text,text bytea\nhmac bytea,bytea,text bytea
pgp_sym_encrypt text,text bytea\npgp_sym_decrypt bytea,text text`,
    operators: '',
  },
  'uuid-ossp': {
    functions:
      'uuid_generate_v1  uuid\nuuid_generate_v1mc  uuid\nuuid_generate_v4  uuid\nuuid_generate_v3 uuid,text uuid\nuuid_generate_v5 uuid,text uuid\nuuid_nil  uuid\nuuid_ns_dns  uuid\nuuid_ns_url  uuid',
    operators: '',
  },
  pg_trgm: {
    functions: 'similarity text,text float4\nword_similarity text,text float4\nstrict_word_similarity text,text float4',
    operators: '% text text bool\n<% text text bool\n%> text text bool\n<-> text text float4',
  },
  unaccent: { functions: 'unaccent text text\nunaccent regdictionary,text text', operators: '' },
  citext: {
    functions: '',
    operators: ['=', '<>', '<', '<=', '>', '>=', '~', '~*', '!~', '!~*', '~~', '~~*', '!~~', '!~~*']
      .flatMap((name) => [`${name} citext citext bool`, ...(/~/.test(name) ? [`${name} citext text bool`] : [])])
      .join('\n'),
  },
  vector: {
    functions: 'vector_dims vector int4\nl2_normalize vector vector\ncosine_distance vector,vector float8',
    operators: '<-> vector vector float8\n<#> vector vector float8\n<=> vector vector float8',
  },
  ltree: {
    functions:
      'nlevel ltree int4\nsubpath ltree,int4 ltree\nsubpath ltree,int4,int4 ltree\nltree2text ltree text\ntext2ltree text ltree',
    operators:
      '@> ltree ltree bool\n<@ ltree ltree bool\n= ltree ltree bool\n~ ltree lquery bool\n|| ltree ltree ltree',
  },
  hstore: {
    functions: 'hstore text,text hstore\nhstore_to_jsonb hstore jsonb',
    operators: '-> hstore text text\n? hstore text bool\n@> hstore hstore bool\n|| hstore hstore hstore',
  },
}

const extensionFunctions = new Map(
  Object.entries(extensions).map(([name, each]) => [
    name,
    each.functions === '' ? new Map<string, FunctionRow[]>() : parsed(each.functions, readFunction('public')),
  ]),
)
const extensionOperators = new Map(
  Object.entries(extensions).map(([name, each]) => [
    name,
    each.operators === '' ? new Map<string, Callable[]>() : parsed(each.operators, readOperator),
  ]),
)

function installed<T>(
  schema: Schema,
  of: ReadonlyMap<string, ReadonlyMap<string, readonly T[]>>,
  name: string,
): readonly (T & { readonly schema?: string })[] {
  const found: T[] = []
  for (const [extension, rows] of of) {
    const at = schema.extensions.get(extension)
    if (at === undefined) continue
    for (const row of rows.get(name) ?? []) found.push({ ...row, schema: at.schema ?? 'public' })
  }
  return found as readonly (T & { readonly schema?: string })[]
}

/** True where an extension is installed whose functions are not listed here. */
function hasForeignExtension(schema: Schema): boolean {
  return [...schema.extensions.keys()].some(
    (name) =>
      !extensionFunctions.has(name) && !['btree_gin', 'btree_gist', 'plpgsql', 'pg_stat_statements'].includes(name),
  )
}

function userFunctions(schema: Schema, within: string | null, name: string): readonly FunctionRow[] {
  const found: FunctionRow[] = []
  const path = within === null ? [...new Set([...(schema.searchPath ?? [schema.defaultSchema]), 'public'])] : [within]
  for (const at of path) {
    for (const each of schema.functions.get(`${at}.${name}`) ?? []) {
      const types = each.arguments.map((type) =>
        type === null ? unknowable(`an argument of ${name} is not known`) : parseType(type).type,
      )
      found.push({
        arguments: types,
        result: each.returns === null ? 'unknown' : parseType(each.returns.replace(/^SETOF /, '')).type,
        schema: each.schema,
        variadic: false,
        defaults: types.length,
      })
    }
  }
  return found
}

/** Functions of a name that a call with so many arguments could mean. */
function candidatesFor(schema: Schema, within: string | null, name: string, count: number): readonly Callable[] {
  const own = within === null || within === 'pg_catalog' ? (functions.get(name) ?? []) : []
  const rows: readonly FunctionRow[] = [
    ...own,
    ...(within === 'pg_catalog'
      ? []
      : [...installed(schema, extensionFunctions, name), ...userFunctions(schema, within, name)]),
  ]
  return rows.flatMap((row) => {
    if (row.variadic && count >= row.arguments.length) {
      const last = row.arguments.at(-1) ?? 'any'
      const element =
        last === 'any'
          ? 'any'
          : last === 'anyarray'
            ? 'anyelement'
            : last === 'anycompatiblearray'
              ? 'anycompatible'
              : elementOf(last)
      const more = Array.from({ length: count - row.arguments.length + 1 }, () => element)
      return [{ ...row, arguments: [...row.arguments.slice(0, -1), ...more] }]
    }
    if (count < row.arguments.length - row.defaults || count > row.arguments.length) return []
    return [{ ...row, arguments: row.arguments.slice(0, count) }]
  })
}

/** Chooses among functions as Postgres does. https://www.postgresql.org/docs/18/typeconv-func.html */
function choose(schema: Schema, inputs: readonly TypeId[], all: readonly Callable[]): Callable | null {
  let left = all.filter((candidate) =>
    candidate.arguments.every((type, i) => canCoerce(schema, inputs[i] ?? 'unknown', type)),
  )
  if (left.length <= 1) return left[0] ?? null
  const bases = inputs.map((type) => underlying(schema, type).type)
  const known = (i: number) => bases[i] !== 'unknown'
  const best = (score: (type: TypeId, i: number) => boolean) => {
    const scores = left.map((candidate) => candidate.arguments.filter((type, i) => known(i) && score(type, i)).length)
    const most = Math.max(...scores)
    left = left.filter((_, i) => scores[i] === most)
  }
  best((type, i) => type === bases[i])
  if (left.length === 1) return left[0] ?? null
  best(
    (type, i) =>
      type === bases[i] || (isPreferred(type) && categoryOf(schema, type) === categoryOf(schema, bases[i] ?? '')),
  )
  if (left.length === 1) return left[0] ?? null
  if (bases.every((type) => type !== 'unknown')) return null
  left = byCategory(schema, bases, left)
  if (left.length === 1) return left[0] ?? null
  const knownTypes = new Set(bases.filter((type) => type !== 'unknown'))
  if (knownTypes.size !== 1) return null
  const [only = ''] = knownTypes
  const fitting = left.filter((candidate) => candidate.arguments.every((type) => canCoerce(schema, only, type)))
  return fitting.length === 1 ? (fitting[0] ?? null) : null
}

/** Literals without a type take the category that the remaining candidates agree on, or strings where one takes strings. */
function byCategory(schema: Schema, bases: readonly TypeId[], left: readonly Callable[]): Callable[] {
  const wanted = new Map<number, { readonly category: string; readonly preferred: boolean }>()
  for (const [i, base] of bases.entries()) {
    if (base !== 'unknown') continue
    const types = left.map((candidate) => candidate.arguments[i] ?? '')
    const kinds = new Set(types.map((type) => categoryOf(schema, type)))
    const category = kinds.has('S') ? 'S' : kinds.size === 1 ? ([...kinds][0] ?? '') : null
    if (category === null) return [...left]
    wanted.set(i, {
      category,
      preferred: types.some((type) => categoryOf(schema, type) === category && isPreferred(type)),
    })
  }
  const kept = left.filter((candidate) =>
    [...wanted].every(([i, want]) => {
      const type = candidate.arguments[i] ?? ''
      return categoryOf(schema, type) === want.category && (!want.preferred || isPreferred(type))
    }),
  )
  return kept.length === 0 ? [...left] : kept
}

/** Puts the real types in the place of `anyelement` and its kin. */
function concrete(schema: Schema, callable: Callable, inputs: readonly TypeId[]): Callable {
  if (!callable.arguments.some(isPolymorphic))
    return isPolymorphic(callable.result) ? unknowable('the result type depends on the call') : callable
  let element: TypeId | null = null
  const compatible: TypeId[] = []
  let range: TypeId | null = null
  for (const [i, declared] of callable.arguments.entries()) {
    const raw = inputs[i] ?? 'unknown'
    if (raw === 'unknown') continue
    const input =
      declared === 'anyelement' || declared === 'anycompatible' || declared === 'anynonarray'
        ? raw
        : underlying(schema, raw).type
    if (declared === 'anyarray') element ??= elementOf(input)
    else if (declared === 'anyelement' || declared === 'anynonarray' || declared === 'anyenum') element ??= input
    else if (declared === 'anyrange') {
      range ??= input
      element ??= rangeElement(input) ?? unknowable('a range type of the user')
    } else if (declared === 'anycompatiblearray') compatible.push(elementOf(input))
    else if (declared === 'anycompatible' || declared === 'anycompatiblenonarray') compatible.push(input)
    else if (declared.includes('range')) unknowable('multirange')
  }
  const common = compatible.length > 0 ? commonType(schema, compatible) : 'text'
  const real = (type: TypeId): TypeId => {
    switch (type) {
      case 'anyelement':
      case 'anynonarray':
      case 'anyenum':
        return element ?? 'text'
      case 'anyarray':
        return `${element ?? unknowable('no element type')}[]`
      case 'anyrange':
        return range ?? unknowable('no range type')
      case 'anycompatible':
      case 'anycompatiblenonarray':
        return common ?? unknowable('no common type')
      case 'anycompatiblearray':
        return `${common ?? unknowable('no common type')}[]`
      default:
        return isPolymorphic(type) && type !== 'any' ? unknowable('polymorphic') : type
    }
  }
  return { ...callable, arguments: callable.arguments.map(real), result: real(callable.result) }
}

/** The function that a call means; gives up where that is not known. */
export function resolveFunction(
  schema: Schema,
  within: string | null,
  name: string,
  inputs: readonly TypeId[],
): Callable {
  const all = candidatesFor(schema, within, name, inputs.length)
  const exact = all.find((candidate) => candidate.arguments.every((type, i) => type === inputs[i]))
  const chosen = exact ?? choose(schema, inputs, all)
  if (chosen === null || chosen === undefined)
    return unknowable(
      `function ${name}(${inputs.join(', ')})${hasForeignExtension(schema) ? " may be an extension's" : ''}`,
    )
  return concrete(schema, chosen, inputs)
}

/** The operator that an expression means; one input for a prefix operator. */
export function resolveOperator(schema: Schema, name: string, inputs: readonly TypeId[]): Callable {
  const all: readonly Callable[] = [
    ...(operators.get(name) ?? []),
    ...installed(schema, extensionOperators, name),
  ].filter((candidate) => candidate.arguments.length === inputs.length)
  const [left = 'unknown', right = 'unknown'] = inputs
  const guess = inputs.length === 2 ? [left === 'unknown' ? right : left, right === 'unknown' ? left : right] : inputs
  const exactly = (types: readonly TypeId[]) =>
    all.find((candidate) => candidate.arguments.every((type, i) => type === types[i]))
  const exact =
    exactly(guess) ??
    (inputs.includes('unknown') ? exactly(guess.map((type) => underlying(schema, type).type)) : undefined)
  const chosen = exact ?? choose(schema, inputs, all)
  if (chosen === null) return unknowable(`operator ${inputs.join(` ${name} `)}`)
  return concrete(schema, chosen, inputs)
}
