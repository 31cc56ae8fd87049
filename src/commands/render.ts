import type { CatalogRule } from '../engine/rule.ts'
import { reportToJson } from '../report/json.ts'
import { reportToMarkdown } from '../report/markdown.ts'
import { reportToHtml } from '../report/html.ts'
import { reportToSarif } from '../report/sarif.ts'
import type { Report } from '../report/report.ts'
import { reportToText } from '../report/text.ts'
import type { Io } from './io.ts'

/** Formats of a report, the default first. */
export const formats = ['text', 'json', 'markdown', 'sarif', 'html'] as const

/** Writes a report to standard output, or to a file. */
export async function render(
  report: Report,
  format: (typeof formats)[number],
  output: string | undefined,
  rules: readonly CatalogRule[],
  io: Io,
): Promise<void> {
  const text = renderText(report, format, output === undefined && io.isTerminal, rules)
  if (output === undefined) io.stdout(text)
  else await io.writeFile(output, text)
}

function renderText(
  report: Report,
  format: (typeof formats)[number],
  colour: boolean,
  rules: readonly CatalogRule[],
): string {
  switch (format) {
    case 'text':
      return reportToText(report, { colour })
    case 'json':
      return `${JSON.stringify(reportToJson(report), null, 2)}\n`
    case 'markdown':
      return reportToMarkdown(report)
    case 'sarif':
      return `${JSON.stringify(reportToSarif(report, rules), null, 2)}\n`
    case 'html':
      return reportToHtml(report)
  }
}
