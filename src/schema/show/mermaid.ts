import type { Change } from '../change.ts'
import { tableOf } from '../change.ts'
import { targetOf } from '../sql/ddl.ts'
import { nameOf, schemaOf, type Column, type ForeignKey, type Key, type Schema, type Table } from '../model.ts'

/**
 * Characters up to which GitHub draws a diagram (mermaid's `maxTextSize` is 50,000) and edges (`maxEdges` is 500), with room to spare.
 * https://mermaid.js.org/config/schema-docs/config.html
 */
const limits = { text: 45_000, edges: 400, tables: 200 }

type Mark = 'new' | 'dropped' | 'changed' | null

interface Drawn {
  readonly table: Table
  readonly mark: Mark
  readonly columns: readonly { readonly column: Column; readonly note: string }[]
  readonly hidden: number
}

interface Edge {
  readonly from: Table
  readonly foreignKey: ForeignKey
  readonly mark: Mark
}

/** The whole schema as a mermaid ER diagram; of a large one only keys, of a very large one only names, so that it can still be drawn. */
export function erDiagram(schema: Schema): string {
  const tables = sorted([...schema.tables.values()].filter((t) => t.persistence !== 'temporary'))
  const shown = tables.slice(0, limits.tables)
  const detail: readonly ((t: Table) => readonly Column[])[] = [(t) => t.columns, keyColumns, () => []]
  let text = ''
  for (const columnsOf of detail) {
    const drawn = shown.map((table): Drawn => {
      const columns = columnsOf(table)
      return {
        table,
        mark: null,
        columns: columns.map((column) => ({ column, note: '' })),
        hidden: table.columns.length - columns.length,
      }
    })
    text = draw(
      drawn,
      edgesOf(shown, () => null),
      tables.length - shown.length,
      schema.defaultSchema,
    )
    if (text.length <= limits.text) break
  }
  return text
}

/**
 * A mermaid ER diagram of what the changes touch: changed tables with their keys and changed columns, and the tables beside
 * them by their keys. At most `limit` tables; `''` where no table is touched. Nothing in a name can end its place in the diagram.
 */
export function erDiagramOfChanges(before: Schema, after: Schema, changes: readonly Change[], limit = 25): string {
  const marks = marksOf(before, after, changes)
  const touched = sorted([...marks.keys()].flatMap((k) => after.tables.get(k) ?? before.tables.get(k) ?? []))
  if (!touched.length) return ''
  const beside = sorted(neighbours(touched, before, after))
  const all = [...touched, ...beside]
  const shown = all.slice(0, limit)
  const edges = edgesOf(shown, (table, f) => edgeMark(before, after, table, f))
  const gone = edgesOf(
    shown.flatMap((t) => before.tables.get(t.key) ?? []),
    () => 'dropped',
  ).filter((e) => !after.tables.get(e.from.key)?.foreignKeys.some((f) => f.name === e.foreignKey.name))
  for (const most of [30, 12, 4, 0]) {
    const drawn = shown.map((t) => drawChanged(t, marks.get(t.key) ?? null, before, after, changes, most))
    const known = new Set(edges)
    const text = draw(
      drawn,
      [
        ...edges,
        ...gone.filter(
          (e) =>
            !known.has(e) && !edges.some((o) => o.from.key === e.from.key && o.foreignKey.name === e.foreignKey.name),
        ),
      ],
      all.length - shown.length,
      after.defaultSchema,
    )
    if (text.length <= limits.text || most === 0) return text
  }
  return ''
}

function marksOf(before: Schema, after: Schema, changes: readonly Change[]): ReadonlyMap<Key, Mark> {
  const marks = new Map<Key, Mark>()
  for (const change of changes) {
    const table = tableOf(change)
    if (!table || marks.has(table) || !(before.tables.has(table) || after.tables.has(table))) continue
    marks.set(table, !before.tables.has(table) ? 'new' : !after.tables.has(table) ? 'dropped' : 'changed')
  }
  return marks
}

function neighbours(touched: readonly Table[], before: Schema, after: Schema): readonly Table[] {
  const own = new Set(touched.map((t) => t.key))
  const found = new Map<Key, Table>()
  const add = (k: Key) => {
    const table = after.tables.get(k) ?? before.tables.get(k)
    if (table && !own.has(k)) found.set(k, table)
  }
  for (const t of touched)
    for (const f of [...t.foreignKeys, ...(before.tables.get(t.key)?.foreignKeys ?? [])]) add(targetOf(f))
  for (const t of after.tables.values()) if (t.foreignKeys.some((f) => own.has(targetOf(f)))) add(t.key)
  return [...found.values()]
}

function drawChanged(
  table: Table,
  mark: Mark,
  before: Schema,
  after: Schema,
  changes: readonly Change[],
  most: number,
): Drawn {
  const old = before.tables.get(table.key)
  const now = after.tables.get(table.key)
  const notes = new Map<string, string>()
  if (mark === 'changed' && old && now) {
    for (const c of now.columns) {
      const was = old.columns.find((o) => o.name === c.name)
      if (!was) notes.set(c.name, 'new')
      else if (was.type !== c.type && was.type && c.type) notes.set(c.name, `was ${was.type}`)
      else if (was.nullable !== c.nullable) notes.set(c.name, c.nullable ? 'now nullable' : 'now not null')
      else if (
        changes.some(
          (x) =>
            'from' in x &&
            typeof x.from === 'object' &&
            x.from !== null &&
            'name' in x.from &&
            tableOf(x) === table.key &&
            x.from.name === c.name,
        )
      )
        notes.set(c.name, 'changed')
    }
    for (const c of old.columns) if (!now.columns.some((o) => o.name === c.name)) notes.set(c.name, 'dropped')
  }
  const columns =
    mark === 'changed' && old && now
      ? [...now.columns, ...old.columns.filter((c) => notes.get(c.name) === 'dropped')]
      : table.columns
  const keys = new Set(keyColumns(table).map((c) => c.name))
  const wanted =
    mark === 'new' || mark === 'dropped' ? columns : columns.filter((c) => notes.has(c.name) || keys.has(c.name))
  const shown = wanted.slice(0, most)
  return {
    table,
    mark,
    columns: shown.map((column) => ({ column, note: notes.get(column.name) ?? '' })),
    hidden: columns.length - shown.length,
  }
}

function edgeMark(before: Schema, after: Schema, table: Table, f: ForeignKey): Mark {
  if (f.clientOnly) return null
  const had = before.tables.get(table.key)?.foreignKeys.some((o) => o.name === f.name)
  const has = after.tables.get(table.key)?.foreignKeys.some((o) => o.name === f.name)
  return had === has ? null : has ? 'new' : 'dropped'
}

function edgesOf(tables: readonly Table[], mark: (table: Table, f: ForeignKey) => Mark): readonly Edge[] {
  const shown = new Set(tables.map((t) => t.key))
  return tables.flatMap((from) =>
    from.foreignKeys
      .filter((f) => shown.has(targetOf(f)))
      .map((foreignKey): Edge => ({ from, foreignKey, mark: mark(from, foreignKey) })),
  )
}

function keyColumns(table: Table): readonly Column[] {
  const keys = new Set([...(table.primaryKey?.columns ?? []), ...table.foreignKeys.flatMap((f) => f.columns)])
  return table.columns.filter((c) => keys.has(c.name))
}

function sorted(tables: readonly Table[]): readonly Table[] {
  return tables.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

function draw(drawn: readonly Drawn[], edges: readonly Edge[], left: number, defaultSchema: string): string {
  const ids = new Map(drawn.map((d, i) => [d.table.key, `t${i + 1}`]))
  const lines = ['erDiagram']
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

function cardinality({ from, foreignKey }: Edge): string {
  const optional = foreignKey.columns.some((n) => from.columns.find((c) => c.name === n)?.nullable ?? false)
  const same = (columns: readonly string[]) =>
    columns.length === foreignKey.columns.length && columns.every((c) => foreignKey.columns.includes(c))
  const one = [
    ...(from.primaryKey ? [from.primaryKey.columns] : []),
    ...from.uniques.map((u) => u.columns),
    ...from.indexes.filter((i) => i.unique && i.where === null).map((i) => i.keys.map((k) => k.column ?? '')),
  ].some(same)
  return `${optional ? '|o' : '||'}${foreignKey.clientOnly ? '..' : '--'}${one ? 'o|' : 'o{'}`
}

function attribute(table: Table, column: Column, note: string): string {
  const keys = [
    ...(table.primaryKey?.columns.includes(column.name) ? ['PK'] : []),
    ...(table.foreignKeys.some((f) => f.columns.includes(column.name)) ? ['FK'] : []),
    ...(table.uniques.some((u) => u.columns.length === 1 && u.columns[0] === column.name) ? ['UK'] : []),
  ].join(', ')
  const name = word(column.name)
  const said = [...(name === column.name ? [] : [label(column.name)]), ...(note ? [label(note)] : [])].join('; ')
  return `${word(shortType(column.type))} ${name}${keys ? ` ${keys}` : ''}${said ? ` "${said}"` : ''}`
}

function shortType(type: string | null): string {
  return (type ?? 'unknown')
    .replace('character varying', 'varchar')
    .replace(/^timestamp(.*) without time zone/, 'timestamp$1')
    .replace(/^timestamp(.*) with time zone/, 'timestamptz$1')
    .replaceAll('[]', '_array')
    .replaceAll(/[(),]+/g, '_')
    .replaceAll('"', '')
    .replace(/_$/, '')
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
