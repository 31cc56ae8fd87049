export const commandNames = [
  'recheck',
  'explain',
  'approve',
  'unapprove',
  'ignore',
  'pause',
  'resume',
  'plan',
  'help',
] as const

export type CommandName = (typeof commandNames)[number]

/** One command as written, with what was wrong about it. */
export type Command =
  | {
      readonly name: CommandName
      readonly target: string | null
      readonly path: string | null
      readonly reason: string | null
      readonly until: string | null
    }
  | { readonly name: 'unknown'; readonly written: string }
  | { readonly name: 'wrong'; readonly command: CommandName; readonly problem: string }

/** Commands that whoever opened the pull request and whoever may triage can give; the others need more. */
export const openCommands: ReadonlySet<CommandName> = new Set<CommandName>(['recheck', 'explain', 'plan', 'help'])

const longestComment = 65_536

/** The commands of a comment: one a line, at its start, outside quotes and code blocks. `slug` makes `@slug recheck` one, too. */
export function parseCommands(body: string, slug: string | null = null): readonly Command[] {
  const commands: Command[] = []
  let fence: string | null = null
  let isHidden = false
  let isQuoted = false
  for (const line of body.slice(0, longestComment).split(/\r\n|\r|\n/)) {
    const marks = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (fence !== null) {
      if (marks !== undefined && marks[0] === fence[0] && marks.length >= fence.length) fence = null
      continue
    }
    if (marks !== undefined) {
      fence = marks
      isQuoted = false
      continue
    }
    if (isHidden) {
      if (line.includes('-->')) isHidden = false
      continue
    }
    if (line.includes('<!--')) {
      isHidden = !line.includes('-->')
      continue
    }
    isQuoted = startsQuote(line) ?? (isQuoted && line.trim() !== '')
    if (isQuoted) continue
    const words = commandLine(line, slug)
    if (words !== null) commands.push(parseCommand(words))
  }
  return commands
}

/** Whether a quoted line leaves a paragraph open, which the lines after it go on with until a blank one; null for other lines. */
function startsQuote(line: string): boolean | null {
  const quoted = /^ {0,3}>(.*)$/.exec(line)?.[1]
  return quoted === undefined ? null : !/^[\s>]*(?:$|#{1,6}\s|[`~]{3})/.test(quoted)
}

function commandLine(line: string, slug: string | null): string | null {
  const [, address = '', rest = ''] = /^([/@][A-Za-z0-9-]{1,60})(?: |\t|$)(.{0,2000})/.exec(line) ?? []
  const isOurs =
    address.toLowerCase() === '/schemagate' || (slug !== null && address.toLowerCase() === `@${slug.toLowerCase()}`)
  return isOurs ? rest.trim() : null
}

function parseCommand(text: string): Command {
  const written = /^\S{0,40}/.exec(text)?.[0] ?? ''
  if (written === '') return { name: 'help', target: null, path: null, reason: null, until: null }
  const name = commandNames.find((n) => n === written.toLowerCase())
  if (name === undefined) return { name: 'unknown', written }
  const { words, reason, until } = parameters(text.slice(written.length))
  const [target = null, path = null] = words
  const wrong = (problem: string): Command => ({ name: 'wrong', command: name, problem })
  if (until !== null && !isDate(until)) return wrong(`\`until:\` takes a date such as 2026-12-31`)
  if ((name === 'approve' || name === 'ignore') && reason === null)
    return wrong('a reason is missing: end the line with `reason: …`')
  if (name === 'ignore' && target === null) return wrong('say which rule: `/schemagate ignore RULE reason: …`')
  return { name, target: target?.toLowerCase() ?? null, path, reason, until }
}

/** Splits `f3a9 reason: a backup exists until: 2026-12-31`; `reason:` and `until:` come in any order. */
function parameters(text: string): {
  readonly words: readonly string[]
  readonly reason: string | null
  readonly until: string | null
} {
  const parts = text.split(/(?:^|\s)(reason|until):/i)
  const value = (key: string) => {
    for (let i = 1; i < parts.length; i += 2) if (parts[i]?.toLowerCase() === key) return parts[i + 1]?.trim() || null
    return null
  }
  const words = (parts[0] ?? '')
    .split(/\s+/)
    .filter((w) => w !== '')
    .map((w) => w.replace(/^`+|`+$/g, ''))
  return { words, reason: value('reason'), until: value('until') }
}

function isDate(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
    new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)
  )
}
