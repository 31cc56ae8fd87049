import { diagramOfChanges } from '../schema/show/diagram.ts'
import { erDiagramsOfChanges } from '../schema/show/mermaid.ts'
import { erSvg } from './er-svg.ts'
import { codeSpan, details, fenced, sentenceHtml } from './markdown-escape.ts'
import type { Report } from './report.ts'

/** A comment is narrower than a page: more tables become too small to read. */
const most = { tablesInComment: 12, tables: 25, columns: 30 }
/** Changes that a picture of tables, columns and references does not show. */
const withoutShape = /^comment|Index$|Policy$|Trigger$|Function$|Extension$|^validateConstraint$|^setStorage$/

/** The tables that change and those beside them, folded, as GitHub draws them; none where nothing is touched that a picture shows. */
export function picturesMarkdown(report: Pick<Report, 'projects'>): readonly string[] {
  const pictures = drawable(report).flatMap(({ project, before, after, changes }) => {
    const texts = erDiagramsOfChanges(before, after, changes, most.tablesInComment)
    return texts.length === 0 ? [] : [{ name: project.name, texts }]
  })
  return pictures.map(({ name, texts }) =>
    details(
      sentenceHtml(pictures.length > 1 ? `Picture of ${name === '.' ? 'the root' : codeSpan(name)}` : 'Picture'),
      texts.map((text) => fenced(text, 'mermaid')).join('\n\n'),
    ),
  )
}

/** The same for a page that has no scripts. */
export function picturesHtml(report: Pick<Report, 'projects'>): readonly string[] {
  return drawable(report).flatMap(({ before, after, changes }) => {
    const diagram = diagramOfChanges(before, after, changes, most.tables, most.columns)
    return diagram.tables.length === 0 ? [] : [`<figure>${erSvg(diagram)}</figure>`]
  })
}

function drawable({ projects }: Pick<Report, 'projects'>): Report['projects'] {
  return projects.filter((p) => p.changes.some((c) => !withoutShape.test(c.kind)))
}
