import { cardinalityOf, keysOf, shortType } from '../schema/show/diagram.ts'
import type { Diagram, DrawnTable, Edge, Mark } from '../schema/show/diagram.ts'
import { connected } from '../schema/show/rows.ts'
import { nameOf, schemaOf, type Key } from '../schema/model.ts'
import { targetOf } from '../schema/sql/ddl.ts'
import { escapeHtml } from './markdown-html.ts'

const width = 230
const gap = { across: 90, down: 24 }
const line = 20
const head = 26
const most = { across: 4, letters: 34 }
const colours: Readonly<Record<NonNullable<Mark>, string>> = { new: '#1a7f37', dropped: '#cf222e', changed: '#bf8700' }

interface Box {
  readonly table: DrawnTable
  readonly x: number
  readonly y: number
  readonly height: number
}

/** An ER diagram as a picture for a page that has no scripts: tables that others refer to stand left of them. */
export function erSvg(diagram: Diagram): string {
  const boxes = placed(diagram)
  const right = Math.max(...[...boxes.values()].map((box) => box.x)) + width
  const bottom = Math.max(...[...boxes.values()].map((box) => box.y + box.height))
  const parts = [
    ...diagram.edges.flatMap((edge) => edgeSvg(edge, boxes)),
    ...[...boxes.values()].map((box) => boxSvg(box, diagram.defaultSchema)),
    ...(diagram.left > 0 ? [`<text x="0" y="${bottom + 20}">and ${diagram.left} more</text>`] : []),
  ]
  const height = bottom + (diagram.left > 0 ? 28 : 2)
  return `<svg viewBox="-2 -2 ${right + 40} ${height + 2}" style="width:100%;max-width:${right + 40}px" role="img" aria-label="Tables that change" font-size="12" fill="currentColor">${parts.join('')}</svg>`
}

/** Columns of boxes: a table stands right of all that it refers to; a circle is entered at its first table. Below them those that nothing connects, side by side. */
function placed(diagram: Diagram): ReadonlyMap<Key, Box> {
  const parts = connected(diagram)
  const related = inColumns({
    ...diagram,
    tables: parts.filter(({ tables }) => tables.length > 1).flatMap(({ tables }) => tables),
  })
  const alone = parts.filter(({ tables }) => tables.length === 1).flatMap(({ tables }) => tables)
  const top = Math.max(0, ...[...related.values()].map((box) => box.y + box.height + gap.down))
  const filled = Array.from({ length: Math.min(most.across, Math.max(1, alone.length)) }, () => top)
  const boxes = new Map(related)
  for (const table of alone) {
    const y = Math.min(...filled)
    const column = filled.indexOf(y)
    const height = heightOf(table)
    boxes.set(table.table.key, { table, x: column * (width + gap.down), y, height })
    filled[column] = y + height + gap.down
  }
  return boxes
}

function heightOf(table: DrawnTable): number {
  return head + rowsOf(table).length * line + 4
}

function inColumns({ tables, edges }: Diagram): ReadonlyMap<Key, Box> {
  const parentsOf = (table: Key): readonly Key[] =>
    edges.flatMap((edge) => (edge.from.key === table ? [targetOf(edge.foreignKey)] : []))
  const boxes = new Map<Key, Box>()
  const filled = new Map<number, number>()
  let waiting = tables
  while (waiting.length > 0) {
    const open = new Set(waiting.map(({ table }) => table.key))
    const isFree = ({ table: { key } }: DrawnTable) =>
      parentsOf(key).every((parent) => parent === key || !open.has(parent))
    const [next] = [...waiting.filter(isFree), ...waiting]
    if (next === undefined) break
    const { key } = next.table
    const lefts = parentsOf(key).flatMap((parent) => boxes.get(parent)?.x ?? [])
    const x = lefts.length === 0 ? 0 : Math.max(...lefts) + width + gap.across
    const y = filled.get(x) ?? 0
    const height = heightOf(next)
    filled.set(x, y + height + gap.down)
    boxes.set(key, { table: next, x, y, height })
    waiting = waiting.filter((table) => table !== next)
  }
  return boxes
}

interface Row {
  readonly name: string
  readonly text: string
  readonly note: string
}

function rowsOf({ table, columns, hidden }: DrawnTable): readonly Row[] {
  return [
    ...columns.map(({ column, note }): Row => ({
      name: column.name,
      text: [column.name, shortType(column.type), ...keysOf(table, column)].join(' '),
      note,
    })),
    ...(hidden > 0 ? [{ name: '', text: `${hidden} more`, note: '' }] : []),
  ]
}

function boxSvg({ table, x, y, height }: Box, defaultSchema: string): string {
  const { key } = table.table
  const name = schemaOf(key) === defaultSchema ? nameOf(key) : key
  const colour = table.mark === null ? 'currentColor' : colours[table.mark]
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="4" fill="${colour}" fill-opacity="${table.mark === null ? 0 : 0.08}" stroke="${colour}" stroke-opacity=".7"/>`,
    `<line x1="${x}" y1="${y + head - 4}" x2="${x + width}" y2="${y + head - 4}" stroke="${colour}" stroke-opacity=".4"/>`,
    textSvg(x + 8, y + 16, `${name}${table.mark === null ? '' : ` (${table.mark})`}`, ' font-weight="600"'),
    ...rowsOf(table).map((row, i) => {
      const at = y + head + i * line + 12
      return row.note === ''
        ? textSvg(x + 8, at, row.text)
        : textSvg(x + 8, at, `${row.text}, ${row.note}`, ` fill="${colours[colourOf(row.note)]}"`)
    }),
  ].join('')
}

function colourOf(note: string): NonNullable<Mark> {
  return note === 'new' || note === 'dropped' ? note : 'changed'
}

/** Text that is cut to its box; the whole of it shows when pointed at. */
function textSvg(x: number, y: number, text: string, more = ''): string {
  const shown = text.length > most.letters ? `${text.slice(0, most.letters - 1)}…` : text
  return `<text x="${x}" y="${y}"${more}>${shown === text ? '' : `<title>${escapeHtml(text)}</title>`}${escapeHtml(shown)}</text>`
}

/** A line from the side of the parent to the column of the child; a bar stands for one, a fork for many, a circle for none. */
function edgeSvg(edge: Edge, boxes: ReadonlyMap<Key, Box>): readonly string[] {
  const parent = boxes.get(targetOf(edge.foreignKey))
  const child = boxes.get(edge.from.key)
  if (parent === undefined || child === undefined) return []
  const { optional, one } = cardinalityOf(edge)
  const row = Math.max(
    0,
    rowsOf(child.table).findIndex(({ name }) => name === edge.foreignKey.columns[0]),
  )
  const to = { x: child.x, y: child.y + head + row * line + 8 }
  const forth = parent.x < child.x
  const from = { x: parent.x + width, y: parent.y + head / 2 }
  const end = forth ? to.x : to.x + width
  const side = forth ? -1 : 1
  const bend = gap.across / 2
  const path = `M ${from.x} ${from.y} C ${from.x + bend} ${from.y}, ${end + side * bend} ${to.y}, ${end + side * 10} ${to.y}`
  const colour = edge.mark === null ? 'currentColor' : colours[edge.mark]
  const stroke = `fill="none" stroke="${colour}" stroke-opacity=".7"`
  const foot = one
    ? `M ${end + side * 10} ${to.y} H ${end} M ${end + side * 6} ${to.y - 5} V ${to.y + 5}`
    : `M ${end + side * 10} ${to.y} L ${end} ${to.y - 5} M ${end + side * 10} ${to.y} H ${end} M ${end + side * 10} ${to.y} L ${end} ${to.y + 5}`
  const label = `${edge.foreignKey.columns.join(', ')}${edge.mark === null ? '' : ` (${edge.mark})`}`
  return [
    `<path d="${path}" ${stroke}${edge.foreignKey.clientOnly || edge.mark === 'dropped' ? ' stroke-dasharray="4 3"' : ''}><title>${escapeHtml(label)}</title></path>`,
    `<path d="${foot}" ${stroke}/>`,
    optional
      ? `<circle cx="${from.x + 6}" cy="${from.y}" r="4" ${stroke}/>`
      : `<path d="M ${from.x + 5} ${from.y - 5} V ${from.y + 5}" ${stroke}/>`,
  ]
}
