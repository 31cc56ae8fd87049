import type { OptionProblem } from '../../src/engine/rule.ts'

/** An option that is a list of texts. */
export function texts(option: unknown): readonly string[] {
  return Array.isArray(option) ? option.filter((one): one is string => typeof one === 'string') : []
}

/** True where `*` stands for any run of characters, none too; in time that grows with the product of both lengths at most. */
export function like(pattern: string, text: string): boolean {
  let [p, t] = [0, 0]
  let [star, mark] = [-1, 0]
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      mark = t
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

/** True where a policy with this list of paths speaks of a file; a path may end in `/` or hold `*`, and an empty list means all files. */
export function inPaths(paths: readonly string[], path: string): boolean {
  return (
    paths.length === 0 || paths.some((one) => like(one.endsWith('/') ? `${one}*` : one.replaceAll('**', '*'), path))
  )
}

/** What is wrong with a path of a policy: one that no file of a repository can have. */
export function wrongPath(path: string): OptionProblem | null {
  return path === '' || path.startsWith('/') || path.startsWith('./') || path.split('/').includes('..')
    ? { words: 'has to be a path inside the repository, such as db/billing/ or **/*.prisma' }
    : null
}

const aliases: Readonly<Record<string, string>> = {
  int: 'integer',
  int4: 'integer',
  int2: 'smallint',
  int8: 'bigint',
  bool: 'boolean',
  decimal: 'numeric',
  float: 'double precision',
  float4: 'real',
  float8: 'double precision',
  varchar: 'character varying',
  char: 'character',
  bpchar: 'character',
  varbit: 'bit varying',
  timestamptz: 'timestamp with time zone',
  timestamp: 'timestamp without time zone',
  timetz: 'time with time zone',
  time: 'time without time zone',
}

const types = [
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'money',
  'text',
  'character varying',
  'character',
  'citext',
  'name',
  'bytea',
  'boolean',
  'uuid',
  'date',
  'timestamp with time zone',
  'timestamp without time zone',
  'time with time zone',
  'time without time zone',
  'interval',
  'json',
  'jsonb',
  'xml',
  'inet',
  'cidr',
  'macaddr',
  'bit',
  'bit varying',
  'point',
  'line',
  'box',
  'path',
  'polygon',
  'circle',
  'tsvector',
  'tsquery',
  'hstore',
  'ltree',
  'vector',
  'geometry',
  'geography',
  'int4range',
  'int8range',
  'numrange',
  'tsrange',
  'tstzrange',
  'daterange',
  'oid',
  'serial',
  'bigserial',
]

/** A pattern for types with the name that Postgres prints: `varchar(80)` is `character varying(80)`, `timestamptz*` is `timestamp with time zone*`. */
export function typePattern(pattern: string): string {
  const [, name = '', rest = ''] = /^([a-z0-9]+)(.*)$/.exec(pattern) ?? []
  const canonical = aliases[name]
  if (canonical === undefined || /^ (?:with|without|varying)\b/.test(rest)) return pattern
  // The length of a time stands in the middle of its name.
  const [, length, behind] = /^(\(\d+\))(.*)$/.exec(rest) ?? []
  return length !== undefined && canonical.startsWith('time')
    ? `${canonical.replace(/^\w+/, (word) => word + length)}${behind}`
    : `${canonical}${rest}`
}

/** True where a pattern for types fits one, with its length or without; the names that Postgres takes for a type are all right. */
export function likeType(pattern: string, type: string): boolean {
  const wanted = typePattern(pattern.trim().toLowerCase())
  return like(wanted, type) || like(wanted, type.replace(/\(.*?\)/, ''))
}

/** What is wrong with a pattern for types: a name near to one that Postgres has. A name that is far from all may be an enum or a domain of the schema. */
export function wrongType(pattern: string): OptionProblem | null {
  const text = pattern.trim().toLowerCase()
  if (text === '') return { words: 'names no type' }
  const bare = typePattern(text)
    .replace(/\(.*?\)/g, '')
    .replace(/(?:\[\])+$/, '')
  if (text === 'serial' || text === 'bigserial' || text === 'smallserial')
    return { words: 'is a default and no type: the rule prefer-identity speaks of it' }
  const meant =
    bare.includes('*') || types.includes(bare) ? undefined : misspelled(bare, [...types, ...Object.keys(aliases)])
  return meant === undefined ? null : { words: `is no type of Postgres. Did you mean "${meant}"?` }
}

/** What is wrong with `org_id` or `org_id:uuid` in a list of columns; `typed` where the type has to be there. */
export function wrongColumn(wanted: string, typed = false): OptionProblem | null {
  const [name = '', type] = wanted.split(':', 2).map((part) => part.trim())
  if (name === '' || /\s/.test(name) || (typed && !type))
    return {
      words: typed ? 'has to be a name and a type: write *_id:uuid' : 'names no column: write org_id or org_id:uuid',
    }
  return type === undefined ? null : wrongType(type)
}

/** The word from which another differs in two neighbouring letters that changed places, or in one that is missing, too many or wrong. */
function misspelled(word: string, words: readonly string[]): string | undefined {
  return word.length < 4
    ? undefined
    : words.find((right) => right !== word && Math.abs(right.length - word.length) <= 1 && oneAway(word, right))
}

function oneAway(a: string, b: string): boolean {
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  return (
    left.length + right.length <= 1 ||
    (left.length === 1 && right.length === 1) ||
    (left.length === 2 && left[0] === right[1] && left[1] === right[0])
  )
}
