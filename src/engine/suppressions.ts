import type { Place, SourceFile } from '../location.ts'
import { placeOf } from '../location.ts'
import { didYouMean } from '../spelling.ts'

/** A comment that asks for silence. */
export interface Suppression {
  readonly place: Place
  readonly scope: 'statement' | 'file'
  /** Rule ids as written. */
  readonly rules: readonly string[]
  /** Null where none is given: the comment has no effect then. */
  readonly reason: string | null
  /** `2026-12-31`, the last day on which it holds; null for ever. */
  readonly until: string | null
  /** What stands after `until=` and is no day: the comment has no effect then. Left out for a day. */
  readonly noDay?: string
  /** The line on which what it speaks of begins: its own behind code, else the first line after it that is neither empty nor a comment. */
  readonly target: number
  readonly state:
    | 'pending'
    | 'used'
    | 'unused'
    | 'expired'
    | 'misspelt'
    | 'without-reason'
    | 'without-day'
    | 'unknown-rule'
  /** The word that begins the comment, where it only looks like `schemagate-ignore`: it has no effect then. */
  readonly misspelt?: string
  /** Rules of the list that silenced nothing, or that do not exist. */
  readonly idle: readonly string[]
  /** ` Did you mean "no-drop-table"?` for a rule that does not exist; left out where none is near. */
  readonly meant?: string
  /** True where the pull request adds the comment. */
  readonly isNew: boolean
}

const marker =
  /^(?:\s*(?:--|\/\/\/?|\/\*|\*|#)|(.*\S.*?)(?:--|\/\/\/?|\/\*))\s*schemagate-ignore(-file)?\b[ \t]*([^:\n]*)(?::([^\n]*))?$/
/** A comment that begins with the product's name, behind which something else than `-ignore` stands. */
const alike = /^\s*(?:--|\/\/\/?|\/\*|\*|#)\s*(schemagate(?:[-_.:]|[-_.:]?\s)\s*[a-z]+(?:[-_]file)?)\b/i
const markers = ['schemagate-ignore', 'schemagate-ignore-file']
/** What other tools call it. */
const otherWord = /[^a-z](?:disable|suppress|skip|off|allow|nolint)$/i
const commentOrBlank = /^\s*(?:$|--|\/\/|\/\*|\*|#)/

/** Reads the suppressions of a file: `-- schemagate-ignore RULE[, RULE]: reason [until=YYYY-MM-DD]`, `//` in Prisma and TypeScript. */
export function readSuppressions(
  file: SourceFile,
  isNewLine: (line: number) => boolean = () => false,
): readonly Suppression[] {
  if (!/schemagate/i.test(file.text)) return []
  const lines = file.lineStarts.map((start, i) =>
    file.text.slice(start, file.lineStarts[i + 1] ?? file.text.length).replace(/[\r\n]+$/, ''),
  )
  const found: Suppression[] = []
  lines.forEach((line, i) => {
    const match = marker.exec(line)
    if (!match) {
      const word = alike.exec(line)?.[1]
      if (word !== undefined && (didYouMean(word, markers) !== '' || otherWord.test(word)))
        found.push(misspelt(file, i, line, word, isNewLine(i + 1)))
      return
    }
    const [, code = '', whole, written = '', rest = ''] = match
    const said = rest.replace(/\*\/\s*$/, '').trim()
    const until = /(?:^|\s)until(?:=\s*(\S+)|:\s*(\d{4}-\d{2}-\d{2}))$/.exec(said)
    // The day may stand before the colon too.
    const early = /(?:^|\s)until=(\S+)/.exec(written)
    const list = early ? written.replace(early[0], '') : written
    const day = until?.[1] ?? until?.[2] ?? early?.[1] ?? null
    const reason = said.slice(0, until ? until.index : undefined).trim()
    const start = (file.lineStarts[i] ?? 0) + code.length + line.slice(code.length).search(/\S/)
    const next = lines.findIndex((each, at) => at > i && !commentOrBlank.test(each))
    const target = code !== '' ? i : next < 0 ? lines.length : next
    found.push({
      place: placeOf(file, start, (file.lineStarts[i] ?? 0) + line.length),
      scope: whole ? 'file' : 'statement',
      rules: list
        .replace(/\*\/\s*$/, '')
        .split(/[,\s]+/)
        .filter((id) => id !== ''),
      reason: reason === '' ? null : reason,
      until: day !== null && isDay(day) ? day : null,
      ...(day !== null && !isDay(day) ? { noDay: day } : {}),
      target: target + 1,
      state: 'pending',
      idle: [],
      isNew: isNewLine(i + 1),
    })
  })
  return found
}

/** A comment that silences nothing, because its first word is another. */
function misspelt(file: SourceFile, i: number, line: string, word: string, isNew: boolean): Suppression {
  const start = file.lineStarts[i] ?? 0
  return {
    place: placeOf(file, start + line.search(/\S/), start + line.length),
    scope: 'statement',
    rules: [],
    reason: null,
    until: null,
    misspelt: word,
    target: i + 1,
    state: 'pending',
    idle: [],
    isNew,
  }
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.valueOf()) && day.toISOString().startsWith(text)
}

/** True where a suppression speaks of what begins on one of `lines` of its file. Whether it still holds is not asked. */
export function speaksOf(suppression: Suppression, rule: string, lines: readonly number[]): boolean {
  return suppression.rules.includes(rule) && (suppression.scope === 'file' || lines.includes(suppression.target))
}

/** True until the end of its last day. `today` is `YYYY-MM-DD`. */
export function holds(suppression: Suppression, today: string): boolean {
  const { reason, noDay, until } = suppression
  return reason !== null && noDay === undefined && (until === null || until >= today)
}
