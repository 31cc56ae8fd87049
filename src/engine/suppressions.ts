import type { Place, SourceFile } from '../location.ts'
import { placeOf } from '../location.ts'

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
  /** The line on which what it speaks of begins: the first line after it that is neither empty nor a comment. */
  readonly target: number
  readonly state: 'pending' | 'used' | 'unused' | 'expired' | 'without-reason' | 'unknown-rule'
  /** Rules of the list that silenced nothing, or that do not exist. */
  readonly idle: readonly string[]
  /** ` Did you mean "no-drop-table"?` for a rule that does not exist; left out where none is near. */
  readonly meant?: string
  /** True where the pull request adds the comment. */
  readonly isNew: boolean
}

const marker = /^\s*(?:--|\/\/\/?|\/\*|\*|#)\s*schemagate-ignore(-file)?\b[ \t]*([^:\n]*)(?::([^\n]*))?$/
const commentOrBlank = /^\s*(?:$|--|\/\/|\/\*|\*|#)/

/** Reads the suppressions of a file: `-- schemagate-ignore RULE[, RULE]: reason [until=YYYY-MM-DD]`, `//` in Prisma and TypeScript. */
export function readSuppressions(
  file: SourceFile,
  isNewLine: (line: number) => boolean = () => false,
): readonly Suppression[] {
  if (!file.text.includes('schemagate-ignore')) return []
  const lines = file.lineStarts.map((start, i) =>
    file.text.slice(start, file.lineStarts[i + 1] ?? file.text.length).replace(/[\r\n]+$/, ''),
  )
  const found: Suppression[] = []
  lines.forEach((line, i) => {
    const match = marker.exec(line)
    if (!match) return
    const [, whole, list = '', rest] = match
    const until = /(?:^|\s)until[=:]\s*(\d{4}-\d{2}-\d{2})\s*$/.exec(rest ?? '')
    const reason = (rest ?? '')
      .slice(0, until ? until.index : undefined)
      .replace(/\*\/\s*$/, '')
      .trim()
    const start = (file.lineStarts[i] ?? 0) + line.search(/\S/)
    let target = i + 1
    while (target < lines.length && commentOrBlank.test(lines[target] ?? '')) target++
    found.push({
      place: placeOf(file, start, (file.lineStarts[i] ?? 0) + line.length),
      scope: whole ? 'file' : 'statement',
      rules: list.split(/[,\s]+/).filter((id) => id !== ''),
      reason: reason === '' ? null : reason,
      until: until?.[1] ?? null,
      target: target + 1,
      state: 'pending',
      idle: [],
      isNew: isNewLine(i + 1),
    })
  })
  return found
}

/** True where a suppression speaks of what begins on one of `lines` of its file. Whether it still holds is not asked. */
export function speaksOf(suppression: Suppression, rule: string, lines: readonly number[]): boolean {
  return suppression.rules.includes(rule) && (suppression.scope === 'file' || lines.includes(suppression.target))
}

/** True until the end of its last day. `today` is `YYYY-MM-DD`. */
export function holds(suppression: Suppression, today: string): boolean {
  return suppression.reason !== null && (suppression.until === null || suppression.until >= today)
}
