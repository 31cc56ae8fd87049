import type { Finding } from '../../src/finding.ts'
import { createHash } from 'node:crypto'
import type { ChangeSet } from '../../src/changeset/tree.ts'
import { loadConfig, parseConfig } from '../../src/config.ts'
import type { Config } from '../../src/config.ts'
import { conclude } from '../../src/engine/conclusion.ts'
import type { Core } from '../../src/github/core.ts'
import type { Report } from '../../src/report/report.ts'

/**
 * A core that knows four words, for tests of what stands around it: a line of an added `.sql` file that says `error`, `warning`,
 * `info` or `drop` is a finding, the line its meaning.
 */
export function handMadeCore(config: Partial<Config> = {}): Core & { reviews: number } {
  const core = {
    reviews: 0,
    ruleIds: ['no-error', 'no-warning', 'no-info', 'no-drop'],
    async readSettings(changeSet: ChangeSet, inherited?: Config) {
      const { config: read, notes } = await loadConfig(changeSet.base, core.ruleIds, inherited)
      return { config: { ...read, ...config }, notes }
    },
    parseConfig: (text: string, path: string, inherited?: Config) => parseConfig(text, path, core.ruleIds, inherited),
    async review(
      changeSet: ChangeSet,
      { settings }: { readonly settings: { readonly config: Config } },
    ): Promise<Report> {
      core.reviews++
      const files = changeSet.files.filter((f) => f.path.endsWith('.sql') && f.status !== 'deleted')
      const texts = await changeSet.head.read(files.map((f) => f.path))
      const findings: Finding[] = []
      let statements = 0
      for (const [path, content] of texts) {
        if (content.kind !== 'text') continue
        for (const [i, line] of content.text.split('\n').entries()) {
          if (line.trim() !== '') statements++
          const word = /\b(error|warning|info|drop)\b/.exec(line)?.[1]
          if (word === undefined) continue
          const severity = word === 'drop' ? 'error' : (word as 'error')
          findings.push({
            rule: `no-${word}`,
            group: word === 'drop' ? 'data-loss' : 'locking',
            severity,
            project: '.',
            place: { path, line: i + 1, column: 1, endLine: i + 1, endColumn: line.length },
            message: `\`${line.trim()}\` is here`,
            help: 'Take it out.',
            suggestion: null,
            sources: [],
            evidence: null,
            fingerprint: createHash('sha256').update(line.trim()).digest('hex').slice(0, 16),
            approvable: word === 'drop',
            approval: word === 'drop' ? { state: 'needed', by: null, reason: null, until: null } : null,
            suppressed: null,
            object: 'users',
          })
        }
      }
      const rank = { error: 0, warning: 1, info: 2 }
      findings.sort((a, b) => rank[a.severity] - rank[b.severity])
      return {
        failOn: settings.config.failOn,
        conclusion: conclude(findings, [], settings.config.failOn),
        findings,
        notes: [],
        coverage: { files: files.length, statements, analyzed: statements, rehearsed: 0 },
        checklist: [],
        projects: [],
        rollback: [],
        queries: 0,
        texts: new Map(),
        base: changeSet.base.commit,
        head: changeSet.head.commit,
        postgres: 15,
        milliseconds: 1,
      }
    },
    explain: (rule: string) => (core.ruleIds.includes(rule) ? `# ${rule}\n\nIt says so.` : null),
    page: (id: string) => (id === '' ? '# Rules\n' : core.explain(id)),
  }
  return core
}
