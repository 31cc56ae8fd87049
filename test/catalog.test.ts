import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { catalog } from '../rules/index.ts'

const order = [
  'id',
  'severity',
  'summary',
  'why',
  'fix',
  'references',
  'options',
  'checkOption',
  'enabled',
  'once',
  'approvable',
  'yieldsTo',
  'ofCode',
  'dialects',
  'sources',
  'checklist',
  'claims',
  'bad',
  'good',
  'visit',
]

describe('the catalog', () => {
  it('has each id once', () => {
    expect(new Set(catalog.map((rule) => rule.id)).size).toBe(catalog.length)
  })

  it('holds every rule file', () => {
    const files = readdirSync(new URL('../rules', import.meta.url), { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.includes('/') && path.endsWith('.ts') && !path.startsWith('shared/'),
    )
    expect(catalog.map((rule) => `${rule.group}/${rule.id}.ts`)).toEqual(
      files
        .map((file) => file.slice(0, -3))
        .sort()
        .map((file) => `${file}.ts`),
    )
  })
})

const tools = new Set(catalog.flatMap((rule) => rule.sources.map((source) => source.split('/')[0] ?? '')))

describe.each(catalog.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it('is uniform', () => {
    const keys = Object.keys(rule).filter((key) => key !== 'group')
    expect(keys).toEqual(order.filter((key) => keys.includes(key)))
    expect(id).toMatch(/^(no|require|prefer)-[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(rule.summary).toMatch(/^[A-Z`].*\.$/s)
    expect(rule.summary.length).toBeLessThan(160)
    expect(rule.why.length).toBeGreaterThan(40)
    expect(rule.fix.length).toBeGreaterThan(20)
    expect(rule.bad.length).toBeGreaterThan(0)
    expect(rule.good.length).toBeGreaterThan(0)
    for (const link of rule.references) expect(link).toMatch(/^https:\/\/\S+$/)
    for (const source of rule.sources) expect(source).toMatch(/^[a-z0-9_.-]+\/\S(.*\S)?$/i)
    expect(new Set(rule.sources).size).toBe(rule.sources.length)
  })

  it('speaks plainly', () => {
    const words = [rule.summary, rule.why, rule.fix].join('\n')
    expect(words).not.toMatch(/\b(may potentially|please|best practice|issue detected)\b/i)
    expect(words).not.toMatch(/[\u{1F300}-\u{1FAFF}]/u)
  })

  it('leaves out only sources that it has', () => {
    const text = readFileSync(new URL(`../rules/${rule.group}/${id}.ts`, import.meta.url), 'utf8')
    const named = [...text.matchAll(/'([a-z_-]+)\/[A-Za-z0-9_-]+'/g)].filter(([, tool = '']) => tools.has(tool))
    expect(rule.sources).toEqual(expect.arrayContaining(named.map(([literal]) => literal.slice(1, -1))))
  })

  it('keeps to its imports', () => {
    const text = readFileSync(new URL(`../rules/${rule.group}/${id}.ts`, import.meta.url), 'utf8')
    const imports = [...text.matchAll(/^import (type )?.*? from '([^']+)'$/gm)].map((match) => ({
      type: match[1] !== undefined,
      path: match[2] ?? '',
    }))
    for (const { type, path } of imports) {
      const allowed =
        path.startsWith('../shared/') ||
        path.startsWith('../../src/schema/') ||
        path === '../../src/location.ts' ||
        path === '../../src/queries/clients.ts' ||
        path === '../../src/queries/loops.ts' ||
        path === '../../src/sql/transaction-block.ts' ||
        (type && (path.startsWith('../../src/') || path === 'libpg-query'))
      expect(allowed, `${id} imports ${path}`).toBe(true)
    }
  })
})
