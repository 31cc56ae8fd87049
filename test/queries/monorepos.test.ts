import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import type { Report } from '../../src/report/report.ts'
import { review } from '../../src/review.ts'
import { parseRepository } from './repository.ts'

const root = fileURLToPath(new URL('../fixtures/monorepos', import.meta.url))

/** Each file is a repository; what a rule says stands behind the line it is about: `// ! rule` for a warning or an error, `// ? rule` for information. */
const repositories = readdirSync(root)
  .filter((f) => f.endsWith('.txt'))
  .map((name) => [name, parseRepository(readFileSync(join(root, name), 'utf8'))] as const)

function expectedIn(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, i) => {
    const marks = /(?:\/\/|--) ((?:[!?] [\w-]+ ?)+)$/.exec(line)?.[1] ?? ''
    return [...marks.matchAll(/([!?]) ([\w-]+)/g)].map(
      ([, loud, rule]) => `${path}:${i + 1} ${loud ?? ''} ${rule ?? ''}`,
    )
  })
}

describe.each(repositories)('%s', (_, { settings, base, head }) => {
  const said = new Map<string, string[]>()
  beforeAll(async () => {
    const report: Report = await review(await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head')), {
      rules: catalog,
      settings: { config: { ...defaultConfig, ...settings }, notes: [] },
      rehearse: false,
      today: '2026-01-01',
    })
    for (const { rule, group, severity, place, help } of report.findings) {
      if (group !== 'queries' && group !== 'operations') continue
      // One missing index is told once, with the other queries that ask for it.
      const others = /The same (?:index serves|holds for)/.test(help) ? [...help.matchAll(/^- `([^`]+):(\d+)`$/gm)] : []
      for (const [path, line] of [
        [place.path, place.line] as const,
        ...others.map(([, at, on]) => [at ?? '', Number(on)] as const),
      ])
        said.set(path, [...(said.get(path) ?? []), `${path}:${line} ${severity === 'info' ? '?' : '!'} ${rule}`])
    }
  })
  it.each(Object.keys(head).filter((path) => head[path] !== base[path]))('%s', (path) => {
    expect((said.get(path) ?? []).sort()).toEqual(expectedIn(path, head[path] ?? '').sort())
  })
})
