import type { Change } from '../change.ts'
import { targetOf } from '../sql/ddl.ts'
import { nameOf, schemaOf, type Column, type Schema, type Table } from '../model.ts'
import { cardinalityOf, diagramOfChanges, diagramOfSchema, keyColumns, keysOf, shortType } from './diagram.ts'
import { rowsOf } from './rows.ts'
import type { Diagram, Edge } from './diagram.ts'

/**
 * Characters up to which GitHub draws a diagram (mermaid's `maxTextSize` is 50,000) and edges (`maxEdges` is 500), with room to spare.
 * https://mermaid.js.org/config/schema-docs/config.html
 */
const limits = { text: 45_000, edges: 400, tables: 200 }

/** The whole schema as a mermaid ER diagram; of a large one only keys, of a very large one only names, so that it can still be drawn. */
export function erDiagram(schema: Schema): string {
  const detail: readonly ((t: Table) => readonly Column[])[] = [(t) => t.columns, keyColumns, () => []]
  let text = ''
  for (const columnsOf of detail) {
    text = draw(diagramOfSchema(schema, limits.tables, columnsOf))
    if (text.length <= limits.text) break
  }
  return text
}

/**
 * A mermaid ER diagram of what the changes touch, with at most `limit` tables; `''` where no table is touched. Nothing in a name can end
 * its place in the diagram.
 */
export function erDiagramOfChanges(before: Schema, after: Schema, changes: readonly Change[], limit = 25): string {
  return drawChanges(before, after, changes, limit, (diagram) => [draw(diagram)]).join('')
}

/**
 * The same for a page of limited width: mermaid puts tables that nothing connects into one row, however long, so they come in several
 * diagrams, one below the other.
 */
export function erDiagramsOfChanges(
  before: Schema,
  after: Schema,
  changes: readonly Change[],
  limit: number,
  across = 4,
): readonly string[] {
  return drawChanges(before, after, changes, limit, (diagram) =>
    rowsOf(diagram, across).map((row) => draw(row, row.breadth > across ? 'LR' : null)),
  )
}

function drawChanges(
  before: Schema,
  after: Schema,
  changes: readonly Change[],
  limit: number,
  drawn: (diagram: Diagram) => readonly string[],
): readonly string[] {
  let texts: readonly string[] = []
  for (const most of [30, 12, 4, 0]) {
    const diagram = diagramOfChanges(before, after, changes, limit, most)
    if (diagram.tables.length === 0) return []
    texts = drawn(diagram)
    if (texts.join('').length <= limits.text) break
  }
  return texts
}

function draw({ tables: drawn, edges, left, defaultSchema }: Diagram, direction: 'LR' | null = null): string {
  const ids = new Map(drawn.map((d, i) => [d.table.key, `t${i + 1}`]))
  const lines = ['erDiagram', ...(direction === null ? [] : [`  direction ${direction}`])]
  for (const d of drawn) {
    const name = schemaOf(d.table.key) === defaultSchema ? nameOf(d.table.key) : d.table.key
    const head = `  ${ids.get(d.table.key)}["${label(name)}${d.mark ? ` (${d.mark})` : ''}"]`
    const rows = d.columns.map(({ column, note }) => `    ${attribute(d.table, column, note)}`)
    if (d.hidden > 0 && (d.columns.length > 0 || d.mark))
      rows.push(`    _ more "${d.hidden} more column${d.hidden === 1 ? '' : 's'}"`)
    if (rows.length) lines.push(`${head} {`, ...rows, '  }')
    else lines.push(head)
  }
  for (const e of edges.slice(0, limits.edges)) {
    const child = ids.get(e.from.key)
    const parent = ids.get(targetOf(e.foreignKey))
    if (child && parent)
      lines.push(
        `  ${parent} ${cardinality(e)} ${child} : "${label(e.foreignKey.columns.join(' '))}${e.mark ? ` (${e.mark})` : ''}"`,
      )
  }
  if (left > 0) lines.push(`  more["and ${left} more table${left === 1 ? '' : 's'}"]`)
  return `${lines.join('\n')}\n`
}

function cardinality(edge: Edge): string {
  const { optional, one } = cardinalityOf(edge)
  return `${optional ? '|o' : '||'}${edge.foreignKey.clientOnly ? '..' : '--'}${one ? 'o|' : 'o{'}`
}

function attribute(table: Table, column: Column, note: string): string {
  const keys = keysOf(table, column).join(', ')
  const name = word(column.name)
  const said = [...(name === column.name ? [] : [label(column.name)]), ...(note ? [label(note)] : [])].join('; ')
  return `${typeWord(column.type)} ${name}${keys ? ` ${keys}` : ''}${said ? ` "${said}"` : ''}`
}

function typeWord(type: string | null): string {
  return word(
    shortType(type)
      .replaceAll('[]', '_array')
      .replaceAll(/[(),]+/g, '_')
      .replaceAll('"', '')
      .replace(/_$/, ''),
  )
}

/** A word as mermaid's grammar takes it for a type or attribute: letters, digits and underscores, not one of its key words. */
function word(text: string): string {
  const plain = text.replaceAll(/[^A-Za-z0-9_]/g, '_').slice(0, 63)
  return /^[A-Za-z_]/.test(plain) && !/^(pk|fk|uk|_+)$/i.test(plain) ? plain : `_${plain}_`
}

/**
 * Text for between quotation marks: letters, digits and the plainest signs, so that it can neither end them nor be markup. Mermaid takes
 * every line with `direction TB` in it for a setting, wherever it stands.
 */
function label(text: string): string {
  return (
    text
      .normalize('NFC')
      .replaceAll(/[^\p{L}\p{N} _.,()-]/gu, '_')
      .replaceAll(/direction(?= +(?:TB|BT|LR|RL))/gi, 'direction_')
      .slice(0, 80) || '_'
  )
}
