import { diagramOfChanges } from '../schema/show/diagram.ts'
import { erDiagramOfChanges } from '../schema/show/mermaid.ts'
import { erSvg } from './er-svg.ts'
import { details, fenced } from './markdown-escape.ts'
import type { Report } from './report.ts'

const most = { tables: 25, columns: 30 }

/** The tables that change and those beside them, folded, as GitHub draws them; none where nothing is touched. */
export function picturesMarkdown(report: Pick<Report, 'projects'>): readonly string[] {
  return report.projects.flatMap(({ project, before, after, changes }) => {
    const text = erDiagramOfChanges(before, after, changes, most.tables)
    if (text === '') return []
    return [details(report.projects.length > 1 ? `Picture of ${project.name}` : 'Picture', fenced(text, 'mermaid'))]
  })
}

/** The same for a page that has no scripts. */
export function picturesHtml(report: Pick<Report, 'projects'>): readonly string[] {
  return report.projects.flatMap(({ before, after, changes }) => {
    const diagram = diagramOfChanges(before, after, changes, most.tables, most.columns)
    return diagram.tables.length === 0 ? [] : [`<figure>${erSvg(diagram)}</figure>`]
  })
}
