import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { review } from '../../src/review.ts'
import { parseRepository } from './repository.ts'

const root = fileURLToPath(new URL('../fixtures/uses', import.meta.url))

/** Each file is a repository whose schema changes; `// used: rule` stands behind every line of code that the rule has to list, and behind no other. */
describe('what a change of the schema does to code', () => {
  it.each(readdirSync(root))('%s', async (name) => {
    const { base, head } = parseRepository(readFileSync(join(root, name), 'utf8'))
    const report = await review(await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head')), {
      rules: catalog,
      settings: { config: defaultConfig, notes: [] },
      rehearse: false,
      today: '2026-01-01',
    })
    const said = report.findings
      .filter((f) => /^no-(?:used|unset)-/.test(f.rule))
      .flatMap((f) => [...f.help.matchAll(/^- `([^`]+)`/gm)].map((place) => `${place[1] ?? ''} ${f.rule}`))
    const wanted = Object.entries(head).flatMap(([path, text]) =>
      text.split('\n').flatMap((line, i) => {
        const rule = /(?:\/\/|--) used: ([\w-]+)$/.exec(line)?.[1]
        return rule === undefined ? [] : [`${path}:${i + 1} ${rule}`]
      }),
    )
    expect([...new Set(said)].sort()).toEqual(wanted.sort())
  })
})
