import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { catalog } from '../rules/index.ts'
import { changeSetOf, memoryTree } from '../src/changeset/memory.ts'
import type { Report } from '../src/report/report.ts'
import { review } from '../src/review.ts'

const root = fileURLToPath(new URL('fixtures/pull-requests', import.meta.url))

/** Files below a folder by path; what both sides share stands in `both`. */
function filesIn(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {}
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]))
}

/** What a reviewer sees of a report, one line each: the conclusion, the findings, the notes. */
function outline(report: Report): string {
  return [
    `# ${report.conclusion}`,
    ...report.findings.map(
      (f) =>
        `- ${f.severity}${f.suppressed ? ' (suppressed)' : f.approval ? ` (approval ${f.approval.state})` : ''} ${f.rule} ${f.project ?? ''} ${f.place.path}:${f.place.line}: ${f.message}`,
    ),
    ...report.notes.map((n) => `- note ${n.kind}${n.blocking ? ' (blocking)' : ''} ${n.path}:${n.line}: ${n.message}`),
    ...report.projects.flatMap((p) =>
      p.changes.map(
        (c) =>
          `- change ${p.project.name} ${c.kind} ${'table' in c ? c.table : c.object} ${c.place.path}:${c.place.line}`,
      ),
    ),
    `- coverage ${report.coverage.files} files, ${report.coverage.statements} statements, ${report.coverage.analyzed} analyzed`,
    '',
  ].join('\n')
}

/** `base/` holds the files before, `head/` those that the pull request adds or changes; a file that ends in `.deleted` is taken away. */
describe('whole pull requests', () => {
  it.each(readdirSync(root))('%s', async (name) => {
    const base = filesIn(join(root, name, 'base'))
    const over = filesIn(join(root, name, 'head'))
    const deleted = Object.keys(over)
      .filter((path) => path.endsWith('.deleted'))
      .map((path) => path.slice(0, -'.deleted'.length))
    const head = Object.fromEntries(
      Object.entries({ ...base, ...over }).filter(([path]) => !path.endsWith('.deleted') && !deleted.includes(path)),
    )
    const changeSet = await changeSetOf(memoryTree(base, 'base'), memoryTree(head, 'head'))
    const seen = outline(await review(changeSet, { rules: catalog, rehearse: false, today: '2026-01-01' }))
    const expected = join(root, name, 'report.md')
    if (process.env.UPDATE_FIXTURES) writeFileSync(expected, seen)
    expect(seen).toBe(readFileSync(expected, 'utf8'))
  })
})
