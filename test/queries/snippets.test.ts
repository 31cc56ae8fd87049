import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import type { Config } from '../../src/config.ts'
import { review } from '../../src/review.ts'
import { parseRepository } from './repository.ts'

const root = fileURLToPath(new URL('../fixtures/snippets', import.meta.url))

const languages = ['prisma', 'drizzle', 'sql'] as const
type Language = (typeof languages)[number]

/** A piece of code that is labelled for one rule; `test/fixtures/snippets/README.md` says how. */
interface Snippet {
  readonly rule: string
  readonly language: Language
  /** Whether the code has the defect that the rule is about, or only looks like it. */
  readonly side: 'defect' | 'sound'
  /** A shape of real code, told in words of our own, or one that was made up. */
  readonly origin: 'real' | 'made'
  /** Other rules that have to warn as well. */
  readonly also: readonly string[]
  readonly title: string
  readonly code: string
}

/** Reads the snippets of a rule: each begins with `## language side origin (also rule): title`. */
function snippetsOf(rule: string, text: string): Snippet[] {
  return text
    .split(/^(?=## )/m)
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const label = /^## (prisma|drizzle|sql) (defect|sound) (real|made)(?: \(also ([\w, -]+)\))?: (.+)\n([^]+)$/.exec(
        block,
      )
      if (label === null) throw new Error(`no label in ${rule}: ${block.slice(0, 80)}`)
      const [, language, side, origin, also, title = '', code = ''] = label
      return {
        rule,
        language: language as Language,
        side: side as Snippet['side'],
        origin: origin as Snippet['origin'],
        also: also?.split(', ') ?? [],
        title,
        code,
      }
    })
}

const snippets = readdirSync(root)
  .filter((name) => name.endsWith('.txt'))
  .flatMap((name) => snippetsOf(name.replace('.txt', ''), readFileSync(join(root, name), 'utf8')))

/** The repository that the snippets of a language are added to. */
const shops = Object.fromEntries(
  languages.map((name) => [name, parseRepository(readFileSync(join(root, 'shops', `${name}.txt`), 'utf8'))]),
) as Record<Language, ReturnType<typeof parseRepository>>

const imports: Record<Language, string> = {
  prisma: `import { prisma } from './db'\n`,
  drizzle: `import { and, arrayContains, asc, count, desc, eq, exists, gt, ilike, inArray, lt, or, sql } from 'drizzle-orm'
import { db } from './db'
import { categories, lines, orders, users, visits } from './schema'\n`,
  sql: `import { Pool } from 'pg'
const pool = new Pool({ max: 10, connectionTimeoutMillis: 5000, statement_timeout: 10000 })\n`,
}

/** The base and the head of the pull request that adds a snippet: `src/queries.ts` where it names no file. */
function treesOf({ language, code }: Snippet) {
  const shop = shops[language]
  const named = /^(?:===|\+\+\+) /m.test(code)
  const own = parseRepository(
    named ? code : `+++ src/queries.ts\n${/^import /m.test(code) ? '' : imports[language]}${code}`,
  )
  return { base: { ...shop.base, ...own.base }, head: { ...shop.head, ...own.head }, settings: shop.settings }
}

/** Some rules are off until somebody asks for them. */
function on(id: string): Config['rules'] {
  const rule = catalog.find((r) => r.id === id)
  return rule?.enabled === false ? { [id]: { severity: rule.severity, options: {} } } : {}
}

describe.each([...new Set(snippets.map((s) => s.rule))])('%s', (rule) => {
  it.each(snippets.filter((s) => s.rule === rule))('$language, $side: $title', async (snippet) => {
    const { base, head, settings } = treesOf(snippet)
    const report = await review(await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head')), {
      rules: catalog,
      settings: { config: { ...defaultConfig, ...settings, rules: on(rule) }, notes: [] },
      rehearse: false,
      today: '2026-01-01',
    })
    const found = report.findings.filter((f) => f.group === 'queries' || f.group === 'operations')
    const said = new Set(found.map((f) => f.rule))
    const warned = new Set(found.filter((f) => f.severity !== 'info').map((f) => f.rule))
    expect(said.has(rule), [...said].join(', ')).toBe(snippet.side === 'defect')
    warned.delete(rule)
    expect([...warned].sort()).toEqual([...snippet.also].sort())
  })
})

/** What cannot be written in a language, and why. */
const impossible: Readonly<Record<string, { readonly in: readonly Language[]; readonly because: string }>> = {
  'no-costly-plan': { in: languages, because: 'a plan needs a rehearsal: the examples of the rule run one' },
  'no-slower-plan': { in: languages, because: 'a plan needs a rehearsal: the examples of the rule run one' },
  'no-lost-index': { in: languages, because: 'a plan needs a rehearsal: the examples of the rule run one' },
  'no-select-star': { in: ['drizzle'], because: 'Drizzle prepares no raw SQL' },
  'no-discarded-extension': { in: ['drizzle', 'sql'], because: '`$extends` is of PrismaClient' },
  'no-deep-include': { in: ['sql'], because: 'SQL has no nested lists' },
  'no-replica-read-after-write': { in: ['sql'], because: 'a pool knows no replicas' },
  'prefer-replica-read': { in: ['sql'], because: 'a pool knows no replicas' },
  'require-client-singleton': { in: ['drizzle', 'sql'], because: 'the rule is about PrismaClient' },
  'require-direct-url': { in: ['drizzle', 'sql'], because: 'directUrl is a setting of Prisma' },
}

describe('the set', () => {
  const share = (of: (s: Snippet) => boolean) => snippets.filter(of).length / snippets.length

  it('shows each rule of queries and operations with and without its defect, in each language that can have it', () => {
    const shown = new Set(snippets.map((s) => `${s.rule} ${s.language} ${s.side}`))
    const wanted = catalog
      .filter((r) => r.group === 'queries' || r.group === 'operations')
      .flatMap(({ id }) =>
        languages
          .filter((language) => impossible[id]?.in.includes(language) !== true)
          .flatMap((language) => [`${id} ${language} defect`, `${id} ${language} sound`]),
      )
    expect(wanted.filter((one) => !shown.has(one))).toEqual([])
    expect([...shown].filter((one) => !wanted.includes(one))).toEqual([])
  })

  it('is large, half of it real, and neither side nor language is left behind', () => {
    expect(snippets.length).toBeGreaterThanOrEqual(300)
    expect(share((s) => s.origin === 'real')).toBeGreaterThanOrEqual(0.5)
    for (const side of ['defect', 'sound'] as const) expect(share((s) => s.side === side)).toBeGreaterThan(0.4)
    for (const language of languages) expect(share((s) => s.language === language)).toBeGreaterThan(0.2)
  })

  it('tells each thing once', () => {
    const all = snippets.map((s) => s.code.trim())
    expect(all.filter((code, i) => all.indexOf(code) !== i)).toEqual([])
  })
})
