import type { Config } from '../../src/config.ts'

/** What a review of a repository has to answer on the checklist. */
export interface ExpectedAnswer {
  readonly item: string
  readonly status: string
  /** A part of the evidence. */
  readonly evidence: string
}

export interface Repository {
  readonly expected: readonly ExpectedAnswer[]
  readonly settings: Partial<Config>
  readonly base: Readonly<Record<string, string>>
  readonly head: Readonly<Record<string, string>>
}

/**
 * Reads a repository that stands in one file: `=== path`, or `+++ path` for a file that the pull request adds or changes.
 * Lines before the first are `expect item: status evidence` and `config {…}`.
 */
export function parseRepository(text: string): Repository {
  const base: Record<string, string> = {}
  const over: Record<string, string> = {}
  const expected: ExpectedAnswer[] = []
  let settings: Partial<Config> = {}
  let into: Record<string, string> | null = null
  let path = ''
  for (const line of text.split('\n')) {
    const file = /^(===|\+\+\+) (\S+)$/.exec(line)
    if (file !== null) {
      into = file[1] === '===' ? base : over
      path = file[2] ?? ''
      into[path] = ''
    } else if (into !== null) {
      into[path] += `${line}\n`
    } else {
      const wanted = /^expect ([\w-]+): ([\w-]+) (.+)$/.exec(line)
      if (wanted !== null) expected.push({ item: wanted[1] ?? '', status: wanted[2] ?? '', evidence: wanted[3] ?? '' })
      if (line.startsWith('config ')) settings = JSON.parse(line.slice(7)) as Partial<Config>
    }
  }
  return { expected, settings, base, head: { ...base, ...over } }
}
