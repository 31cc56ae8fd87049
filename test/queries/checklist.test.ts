import { decided } from '../../src/engine/decided.ts'
import type { Finding } from '../../src/finding.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { catalog } from '../../rules/index.ts'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import type { Config } from '../../src/config.ts'
import { checklistItems } from '../../src/engine/checklist.ts'
import type { ChecklistEntry, ChecklistItem } from '../../src/engine/checklist.ts'
import { checklistOf } from '../../src/queries/checklist.ts'
import { noFacts } from '../../src/queries/facts.ts'
import type { CodeFacts } from '../../src/queries/facts.ts'
import { review } from '../../src/review.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { parseRepository } from './repository.ts'

const root = fileURLToPath(new URL('../fixtures/checklist', import.meta.url))

const cases = readdirSync(root)
  .filter((f) => f.endsWith('.txt'))
  .map((name) => [name, parseRepository(readFileSync(join(root, name), 'utf8'))] as const)

describe('whole repositories', () => {
  it.each(cases)('%s', async (_, { expected, settings, base, head }) => {
    const changeSet = await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head'))
    const report = await review(changeSet, {
      rules: catalog,
      settings: { config: { ...defaultConfig, ...settings }, notes: [] },
      rehearse: false,
      today: '2026-01-01',
    })
    expect(report.checklist.map((e) => e.item)).toEqual([...checklistItems])
    expect(expected.length).toBeGreaterThan(0)
    for (const { item, status, evidence } of expected) {
      const entry = report.checklist.find((e) => e.item === item)
      const said = report.findings
        .map((f) => `${f.severity} ${f.rule} ${f.place.path}:${f.place.line} ${f.message}`)
        .join('\n')
      expect(`${item} ${entry?.status ?? ''}`, `${entry?.evidence ?? ''}\n${said}`).toBe(`${item} ${status}`)
      expect(entry?.evidence).toContain(evidence)
    }
  })

  it('show every item with each status that it can have', () => {
    const seen = new Set(cases.flatMap(([, { expected }]) => expected.map((e) => `${e.item} ${e.status}`)))
    // What is deployed or labelled stands outside of the repository: those answers are tested below.
    const elsewhere = new Set(['staging pass', 'staging fail', 'backup pass'])
    const missing = checklistItems
      .flatMap((item) => ['pass', 'fail', 'not-applicable', 'unknown'].map((status) => `${item} ${status}`))
      .filter((one) => !seen.has(one) && !elsewhere.has(one))
    expect(missing).toEqual([])
  })
})

function finding(given: Partial<Finding>): Finding {
  return {
    rule: 'no-drop-column',
    group: 'data-loss',
    severity: 'error',
    project: '.',
    place: { path: 'm.sql', line: 3, column: 1, endLine: 3, endColumn: 9 },
    message: 'Dropping it loses data.',
    help: 'x',
    suggestion: null,
    sources: [],
    evidence: null,
    fingerprint: '0'.repeat(16),
    approvable: true,
    approval: { state: 'needed', by: null, reason: null, until: null },
    suppressed: null,
    object: '',
    ...given,
  }
}

const schema = emptySchema('postgresql')
const project = {
  project: { name: '.', dialect: 'postgresql' },
  before: schema,
  after: schema,
  steps: [],
} as unknown as Parameters<typeof checklistOf>[0]['projects'][number]

function answer(item: ChecklistItem, request: Partial<Parameters<typeof checklistOf>[0]>): ChecklistEntry | undefined {
  return checklistOf({
    rules: catalog,
    findings: [],
    queries: [],
    facts: noFacts,
    projects: [project],
    config: defaultConfig,
    files: [],
    notes: [],
    ...request,
  }).find((e) => e.item === item)
}

describe('what stands outside of the repository', () => {
  const config: Config = { ...defaultConfig, staging: { environment: 'staging', label: null } }
  it('a deployment to staging', () => {
    expect(answer('staging', { config, findings: [finding({})], staging: 'deployed' })).toMatchObject({
      status: 'pass',
      evidence: 'this commit was deployed to `staging`: m.sql:3',
    })
    expect(answer('staging', { config, findings: [finding({})], staging: 'missing' })).toMatchObject({
      status: 'fail',
      evidence: expect.stringContaining('m.sql:3') as string,
    })
  })
  it('a label in place of a deployment', () => {
    const given = { config: { ...config, staging: { environment: null, label: 'tested' } }, findings: [finding({})] }
    expect(decided.staging({ ...given, labels: [] })).toEqual({
      status: 'fail',
      evidence: 'the label `tested` is missing: m.sql:3',
    })
    expect(decided.staging({ ...given, labels: ['tested'] }).status).toBe('pass')
    expect(decided.staging(given).status).toBe('unknown')
  })
  it('an approval', () => {
    const given = finding({ approval: { state: 'given', by: 'ada', reason: 'backup of today', until: null } })
    expect(answer('backup', { findings: [given] })).toMatchObject({
      status: 'pass',
      evidence: 'approved by `ada` (backup of today): m.sql:3',
    })
    expect(
      answer('backup', {
        findings: [finding({})],
        config: { ...defaultConfig, backup: { require: { label: 'backup-done' } } },
      }),
    ).toMatchObject({ status: 'unknown' })
    expect(answer('decisions-documented', { findings: [given] })).toMatchObject({
      status: 'pass',
      evidence: 'reasons stand at m.sql:3',
    })
  })
  it('code that was not read', () => {
    const place = { path: 'src/db.ts', line: 2, column: 1, endLine: 2, endColumn: 9 }
    const client: CodeFacts['clients'][number] = {
      what: 'pg',
      place,
      changed: false,
      function: null,
      library: 'pg',
      file: 'source',
      options: [],
      kept: false,
      perCall: false,
      onDemand: null,
      text: 'new Pool()',
      variables: [],
      borrows: false,
      origin: null,
      host: null,
      package: '',
    }
    const given = { facts: { ...noFacts, clients: [client] }, partial: true }
    expect(answer('connection-pooling', given)).toMatchObject({
      status: 'pass',
      evidence:
        'one pool, made once: src/db.ts:2; of code that does not change, only files named after clients were read',
    })
    expect(answer('caching', given)?.evidence).toBe('no cache is set up in the code that was read')
    expect(answer('caching', { ...given, partial: false })?.evidence).toBe('no cache is set up in this repository')
  })
  it('queries of a repository without a schema', () => {
    expect(answer('no-full-scans', { projects: [] })).toMatchObject({
      status: 'not-applicable',
      evidence:
        'neither SQL migrations nor a schema of Prisma or Drizzle were found, without which queries are not read',
    })
  })
  it('code that does not parse', () => {
    expect(
      answer('n-plus-one', { notes: [{ kind: 'unparsed', blocking: false, path: 'src/a.ts', line: 1, message: 'x' }] }),
    ).toMatchObject({ status: 'unknown', evidence: 'not parsed: src/a.ts:1' })
  })
})
