import type { ChangeSet } from '../../changeset/tree.ts'
import type { Report } from '../../report/report.ts'
import { sentence } from '../../report/markdown-escape.ts'
import { count } from '../../report/verdict.ts'
import { configPaths } from '../../config.ts'
import type { Config } from '../../config.ts'
import type { Core } from '../core.ts'

/**
 * What a change of the configuration would do, said in the pull request that makes it; the base's holds until it is merged.
 * Null where the pull request leaves it alone.
 */
export async function previewConfig(
  changeSet: ChangeSet,
  core: Core,
  report: Report,
  inherited: Config | undefined,
  signal: AbortSignal,
): Promise<string | null> {
  const file = changeSet.files.find((f) => configPaths.some((path) => f.path === path || f.previousPath === path))
  if (file === undefined) return null
  const after = { ...changeSet, base: changeSet.head }
  const settings = await core.readSettings(after, inherited)
  const lead = `**Configuration:** this pull request changes \`${file.path}\`. It holds once merged; this review follows that of the base.`
  const next = await core.review(changeSet, { settings, signal })
  const notes = [
    ...settings.notes,
    ...next.notes.filter((n) => n.kind === 'unparsed' && n.path === file.path && !settings.notes.includes(n)),
  ]
  const mistakes =
    notes.length === 0
      ? ''
      : ` It has ${count(notes.length, 'mistake')}:\n${notes
          .slice(0, 20)
          .map((n) => `- line ${n.line}: ${sentence(n.message)}`)
          .join('\n')}\n\n`
  const now = new Set(report.findings.map((f) => `${f.fingerprint} ${f.severity}`))
  const then = new Set(next.findings.map((f) => `${f.fingerprint} ${f.severity}`))
  const more = next.findings.filter((f) => !now.has(`${f.fingerprint} ${f.severity}`))
  const less = report.findings.filter((f) => !then.has(`${f.fingerprint} ${f.severity}`))
  const verdict =
    (next.conclusion === 'failure') === (report.conclusion === 'failure')
      ? []
      : [`- the check ${next.conclusion === 'failure' ? 'would fail' : 'would not fail'}`]
  if (more.length + less.length + verdict.length === 0)
    return `${lead}${mistakes || ' '}With it, the findings here would be the same.`
  return `${lead}${mistakes || ' '}With it:\n${[
    ...verdict,
    ...less.slice(0, 10).map((f) => `- gone: ${sentence(f.message)} (${f.severity}, \`${f.rule}\`)`),
    ...more.slice(0, 10).map((f) => `- new: ${sentence(f.message)} (${f.severity}, \`${f.rule}\`)`),
    ...(more.length + less.length > 20 ? ['- and more'] : []),
  ].join('\n')}`
}
