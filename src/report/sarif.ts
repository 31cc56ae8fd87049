import type { Finding, Note, Severity } from '../finding.ts'
import type { CatalogRule } from '../engine/rule.ts'
import { version } from '../version.ts'
import type { Report } from './report.ts'

const level: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
}

/** The report in SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code scanning and editors. */
export function reportToSarif(report: Report, rules: readonly CatalogRule[]): Readonly<Record<string, unknown>> {
  const byId = new Map(rules.map((rule) => [rule.id, rule]))
  const ids = [...new Set(report.findings.map((f) => f.rule))].sort()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'schemagate',
            semanticVersion: version,
            rules: ids.map((id) => descriptor(id, byId.get(id))),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: !report.notes.some((n) => n.blocking),
            toolExecutionNotifications: report.notes.map(notification),
          },
        ],
        results: report.findings.map((finding) => result(finding, ids.indexOf(finding.rule))),
      },
    ],
  }
}

function descriptor(id: string, rule: CatalogRule | undefined): Readonly<Record<string, unknown>> {
  if (rule === undefined) return { id }
  return {
    id,
    shortDescription: { text: rule.summary },
    fullDescription: { text: plain(rule.why) },
    help: { text: plain(rule.fix), markdown: rule.fix },
    defaultConfiguration: { level: level[rule.severity] },
    properties: { tags: [rule.group] },
    ...(rule.references[0] === undefined ? {} : { helpUri: rule.references[0] }),
  }
}

function result(finding: Finding, ruleIndex: number): Readonly<Record<string, unknown>> {
  const { place, suggestion } = finding
  const suppressions = suppressionsOf(finding)
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: level[finding.severity],
    message: { text: message(finding.help === '' ? finding.message : `${finding.message}\n\n${finding.help}`) },
    locations: [
      location(place.path, {
        startLine: place.line,
        startColumn: place.column,
        endLine: place.endLine,
        endColumn: place.endColumn + 1,
      }),
    ],
    partialFingerprints: { 'schemagate/v1': finding.fingerprint },
    ...(suppressions.length === 0 ? {} : { suppressions }),
    ...(suggestion === null
      ? {}
      : {
          fixes: [
            {
              description: { text: 'Replace the lines' },
              artifactChanges: [
                {
                  artifactLocation: artifact(suggestion.path),
                  replacements: [
                    {
                      deletedRegion: { startLine: suggestion.line, endLine: suggestion.endLine },
                      insertedContent: { text: suggestion.text },
                    },
                  ],
                },
              ],
            },
          ],
        }),
  }
}

function suppressionsOf({ suppressed, approval }: Finding): readonly Readonly<Record<string, unknown>>[] {
  if (suppressed !== null) return [{ kind: 'inSource', justification: suppressed.reason }]
  return approval?.state === 'given'
    ? [{ kind: 'external', status: 'accepted', justification: `${approval.reason ?? ''} (${approval.by ?? ''})` }]
    : []
}

function notification(note: Note): Readonly<Record<string, unknown>> {
  return {
    level: note.blocking ? 'error' : 'note',
    message: { text: message(note.message) },
    ...(note.path === '' ? {} : { locations: [location(note.path, { startLine: Math.max(1, note.line) })] }),
  }
}

function location(path: string, region: Readonly<Record<string, number>>): Readonly<Record<string, unknown>> {
  return { physicalLocation: { artifactLocation: artifact(path), region } }
}

function artifact(path: string): Readonly<Record<string, string>> {
  return { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' }
}

/** Brackets would make a link of SARIF's own. */
function message(text: string): string {
  return text.replace(/[\\[\]]/g, '\\$&')
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
