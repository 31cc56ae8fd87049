import { sourceFile } from '../src/location.ts'
import { readSql } from '../src/sql/read.ts'

/** A migration that somebody writes who follows a help. */
export interface HelpFile {
  readonly sql: string
  /** What the help says of a file that has no transaction: a line, or the name of a file beside it. */
  readonly header: string | null
}

/** What is there before the next deploy: migrations, and what was run by hand before them. */
export interface HelpDeploy {
  readonly byHand: readonly string[]
  readonly files: readonly HelpFile[]
}

type Mode = 'here' | 'own' | 'hand' | 'script'

/**
 * The files that a help asks for, by the words that all helps use: `in a statement after it`, `in a later migration`, `in a later deploy`,
 * `a migration of its own`, `by hand`, `again and again`. A query that only shows rows is left out.
 */
export function stepsOf(help: string): readonly HelpDeploy[] {
  const deploys: { byHand: string[]; files: { sql: string; header: string | null }[] }[] = [{ byHand: [], files: [] }]
  const at: { mode: Mode; header: string | null; fresh: boolean } = { mode: 'here', header: null, fresh: true }
  const take = (words: string, opensBlock: boolean) => {
    const isHand = /by hand|in JavaScript/.test(words)
    if (/later (?:deploy|pull request)|deploy code|after the deploy/i.test(words))
      deploys.push({ byHand: [], files: [] })
    if (isHand || /again and again/.test(words)) at.mode = isHand ? 'hand' : 'script'
    else if (/(?:migration|changeset) of (?:its|their) own/.test(words)) at.mode = 'own'
    else if (opensBlock || at.mode === 'script') at.mode = 'here'
    at.header = at.mode === 'own' ? headerIn(words) : null
    if (at.mode !== 'here' || /later|deploy/i.test(words)) at.fresh = true
  }
  for (const [i, part] of help.split('```').entries()) {
    if (i % 2 === 0) take(part, true)
    if (i % 2 === 0 || !part.startsWith('sql\n')) continue
    const block = part.slice(4)
    let last = 0
    for (const { inside, kind, text, start, end } of readSql(sourceFile('help.sql', block)).statements) {
      if (inside !== null) continue
      const comments = block.slice(last, start).match(/--.*/g) ?? []
      const said = comments.filter((line) => !/schemagate-ignore|\+goose Statement/.test(line))
      last = end
      if (said.length > 0) take(said.join(' '), false)
      else if (at.mode === 'script') at.mode = 'here'
      if (kind === 'SelectStmt' || at.mode === 'script') continue
      const deploy = deploys.at(-1)
      const sql = `${comments.length > said.length ? `${comments[0]}\n` : ''}${text};`
      const file = deploy?.files.at(-1)
      if (at.mode === 'hand') deploy?.byHand.push(sql)
      else if (at.fresh || file === undefined || (at.mode === 'own' && isOneQuery(at.header)))
        deploy?.files.push({ sql, header: at.header })
      else file.sql += `\n${sql}`
      at.fresh = at.mode === 'hand'
    }
    if (at.mode === 'own') at.fresh = true
  }
  return deploys
}

function headerIn(words: string): string | null {
  return (
    /(?:begins with|first line is) `([^`]+)`/.exec(words)?.[1] ??
    /\bin its `(metadata\.toml|\.conf)`/.exec(words)?.[1] ??
    null
  )
}

/** True for a file that goes to the server as one query, so that a statement which refuses a transaction stands alone in it. */
function isOneQuery(header: string | null): boolean {
  return header === null || /dbmate|migrate:up|no-transaction|metadata/.test(header)
}
