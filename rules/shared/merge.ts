import { significantTokens, type Token } from '../../src/sql/tokens.ts'

/** A MERGE cut into its clauses, each as written. */
export interface MergeParts {
  /** `WITH …` before it; null without. */
  readonly with: string | null
  /** The table with its alias. */
  readonly target: string
  /** What it reads, with its alias. */
  readonly source: string
  readonly on: string
  /** All that follows `ON`, from the first WHEN on. */
  readonly whens: string
  readonly branches: readonly MergeBranch[]
}

interface MergeBranch {
  /** Whether it takes pairs of rows, rows of the source without a row of the target, or the other way round. */
  readonly of: 'both' | 'source' | 'target'
  /** Its own `AND …`; null without. */
  readonly condition: string | null
  readonly action: 'update' | 'delete' | 'insert' | 'nothing'
  /** What follows the action's word: `SET …`, `(id) VALUES (…)`. */
  readonly rest: string
}

/** Cuts a MERGE without comments into its clauses; null for one in words that are not known. */
export function mergeParts(text: string): MergeParts | null {
  const words = topWords(text)
  const find = (word: string, after: number) => words.find((each) => each.word === word && each.start >= after)
  const merge = find('merge', 0)
  const into = merge && find('into', merge.end)
  const using = into && find('using', into.end)
  const on = using && find('on', onOf(words, using.end))
  const first = on && find('when', on.end)
  if (!merge || !into || !using || !on || !first) return null
  const end = find('returning', first.end)?.start ?? text.length
  const starts = words.filter((each) => each.word === 'when' && each.start >= first.start && each.start < end)
  const branches = starts.map((when, i) => branchOf(text.slice(when.end, starts[i + 1]?.start ?? end)))
  if (branches.some((branch) => branch === null)) return null
  const before = text.slice(0, merge.start).trim()
  return {
    with: before === '' ? null : before,
    target: text.slice(into.end, using.start).trim(),
    source: text.slice(using.end, on.start).trim(),
    on: text.slice(on.end, first.start).trim(),
    whens: text.slice(first.start, end).trim(),
    branches: branches.filter((branch) => branch !== null),
  }
}

/** Where the source ends: what it joins has an ON of its own. */
function onOf(words: readonly Word[], from: number): number {
  const joins = words.filter((each) => each.word === 'join' && each.start >= from)
  const ons = words.filter((each) => each.word === 'on' && each.start >= from)
  return ons[joins.length]?.start ?? from
}

function branchOf(text: string): MergeBranch | null {
  const words = topWords(text)
  const then = words.find(({ word }) => word === 'then')
  const [, not, by, condition] =
    (then &&
      /^\s*(not\s+)?matched(?:\s+by\s+(source|target))?(?:\s+and\s+(.*))?\s*$/is.exec(text.slice(0, then.start))) ??
    []
  const [, action, rest = ''] =
    (then && /^\s*(update|delete|insert|do\s+nothing)\b\s*(.*?)\s*$/is.exec(text.slice(then.end))) ?? []
  if (action === undefined) return null
  return {
    of: not === undefined ? 'both' : by?.toLowerCase() === 'source' ? 'source' : 'target',
    condition: condition?.trim() ?? null,
    action: /^do/i.test(action) ? 'nothing' : (action.toLowerCase() as 'update' | 'delete' | 'insert'),
    rest,
  }
}

interface Word extends Pick<Token, 'start' | 'end'> {
  readonly word: string
}

/** The words of a text outside of parentheses and of CASE. */
function topWords(text: string): readonly Word[] {
  const found: Word[] = []
  let depth = 0
  for (const { kind, start, end } of significantTokens(text)) {
    const word = text.slice(start, end).toLowerCase()
    if (word === '(' || word === '[' || (kind === 'word' && word === 'case')) depth++
    else if (word === ')' || word === ']' || (kind === 'word' && word === 'end')) depth--
    else if (depth === 0 && kind === 'word') found.push({ word, start, end })
  }
  return found
}

/**
 * What a MERGE does in words that every version knows; null where it deletes what its source lacks, or says what only MERGE can. The parts
 * stand in one statement, so that all of them see the rows as they were.
 */
export function withoutMerge(text: string): readonly string[] | null {
  const parts = mergeParts(text)
  if (
    parts === null ||
    /^only\b/i.test(parts.target) ||
    /\breturning\b/i.test(text.slice(text.indexOf(parts.whens) + parts.whens.length))
  )
    return null
  const taken: Record<'both' | 'target', string[]> = { both: [], target: [] }
  const statements: string[] = []
  for (const { of, condition, action, rest } of parts.branches) {
    if (of === 'source') return null
    const others = taken[of].map((other) => ` AND (${other}) IS NOT TRUE`).join('')
    const when = `${others}${condition === null ? '' : ` AND (${condition})`}`
    if (action === 'update')
      statements.push(
        `UPDATE ${parts.target} ${rest.replace(/^set\b/i, 'SET')}\n  FROM ${parts.source} WHERE (${parts.on})${when}`,
      )
    else if (action === 'delete')
      statements.push(`DELETE FROM ${parts.target}\n  USING ${parts.source} WHERE (${parts.on})${when}`)
    else if (action === 'insert') {
      const [, columns = '', values] = /^(\([^()]*\)\s*)?values\s*\((.*)\)$/is.exec(rest) ?? []
      if (values === undefined || /\bdefault\b/i.test(values)) return null
      statements.push(
        `INSERT INTO ${parts.target.replace(/\s+(?:as\s+)?\S+$/i, '')} ${columns.trim()}\n  SELECT ${values.trim()} FROM ${parts.source}\n  WHERE NOT EXISTS (SELECT FROM ${parts.target} WHERE ${parts.on})${when}`,
      )
    }
    taken[of].push(condition ?? 'true')
  }
  const last = statements.pop()
  if (last === undefined) return null
  const before = [
    ...(parts.with === null ? [] : [parts.with.replace(/^with\s+/i, '')]),
    ...statements.map((each, i) => `merged_${i + 1} AS (\n  ${each}\n)`),
  ]
  return [...(before.length === 0 ? [] : [`WITH ${before.join(', ')}`]), `${last};`]
}
