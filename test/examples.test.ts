import type { Finding } from '../src/finding.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { catalog } from '../rules/index.ts'
import type { Example } from '../src/engine/rule.ts'
import { sourceFile } from '../src/location.ts'
import { readSql } from '../src/sql/read.ts'
import { loadParser } from '../src/sql/parser.ts'
import { reviewExample } from './example.ts'

beforeAll(() => loadParser())

const said = (findings: readonly Finding[]) =>
  findings
    .map(
      (finding) => `${finding.severity} ${finding.rule} ${finding.place.path}:${finding.place.line} ${finding.message}`,
    )
    .join('\n')

describe.each(catalog.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it.each(rule.bad.map((example, i) => [titleOf(example, i), example] as const))('finds: %s', async (_, example) => {
    const report = await reviewExample(example, rule, catalog)
    const own = report.findings.filter((finding) => finding.rule === id)
    expect(own.length, said(report.findings) || report.notes.map((note) => note.message).join('\n') || 'silent').toBe(
      rule.once ? 1 : (example.count ?? 1),
    )
    for (const finding of own) {
      if (example.message !== undefined) expect(finding.message).toContain(example.message)
      if (example.severity !== undefined || rule.enabled !== false)
        expect(finding.severity).toBe(example.severity ?? rule.severity)
      expect(finding.message).toMatch(/^[A-Z`].*[.?]$/s)
      expect(finding.help).not.toBe('')
    }
    for (const { help } of report.findings) {
      // A fence with words behind it does not close its block.
      expect(help).not.toMatch(/^```(?!\w*$)/m)
      for (const [, block = ''] of help.matchAll(/^```sql\n([^]*?)^```$/gm)) {
        expect(block).not.toContain('…')
        // What only a later Postgres than the parser's reads is no mistake.
        const { problems } = readSql(sourceFile('help.sql', block))
        expect(problems.filter(({ kind }) => kind !== 'unsupported')).toEqual([])
      }
    }
  })

  it.each(rule.good.map((example, i) => [titleOf(example, i), example] as const))(
    'is silent: %s',
    async (_, example) => {
      const report = await reviewExample(example, rule, catalog)
      const loud = report.findings
        .filter((finding) => !finding.suppressed)
        .filter(
          (finding) =>
            finding.rule === id || (finding.severity !== 'info' && !example.unproven?.startsWith('others speak')),
        )
      expect(
        said(
          loud.filter(
            (finding) => !(finding.rule === id && finding.severity === 'info' && example.severity === 'info'),
          ),
        ),
      ).toBe('')
      expect(report.notes.filter((note) => note.blocking)).toEqual([])
    },
  )
})

function titleOf(example: Example, i: number): string {
  const text =
    example.title ??
    (typeof example.sql === 'string' ? example.sql : (example.sql?.[0] ?? example.typescript ?? `example ${i + 1}`))
  return text.replace(/\s+/g, ' ').trim().slice(0, 100)
}
