import type { DefElem, Node, RangeVar } from 'libpg-query'

/** The string of a `String` node, `''` for anything else. */
export function text(node: Node | undefined): string {
  return node !== undefined && 'String' in node ? (node.String.sval ?? '') : ''
}

/** The strings of a list of `String` nodes. */
export function texts(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map(text)
}

/** The number of an `Integer` or constant node. */
export function integer(node: Node | undefined): number | undefined {
  if (node === undefined) return undefined
  if ('Integer' in node) return node.Integer.ival ?? 0
  if ('A_Const' in node && node.A_Const.ival !== undefined) return node.A_Const.ival.ival ?? 0
  if ('Float' in node) return Number(node.Float.fval)
  return undefined
}

/** The members of a `List` node; a list of one for any other node. */
export function items(node: Node | undefined): readonly Node[] {
  if (node === undefined) return []
  return 'List' in node ? (node.List.items ?? []) : [node]
}

/** The options of a list of `DefElem` nodes. */
export function options(nodes: readonly Node[] | undefined): readonly DefElem[] {
  return (nodes ?? []).flatMap((node) => ('DefElem' in node ? [node.DefElem] : []))
}

/** The option of that name. */
export function option(nodes: readonly Node[] | undefined, name: string): DefElem | undefined {
  return options(nodes).find((each) => each.defname === name)
}

/** An option that is true where it stands without a value. */
export function flag(nodes: readonly Node[] | undefined, name: string): boolean {
  const found = option(nodes, name)
  if (found === undefined) return false
  const value = valueText(found.arg)
  return value === '' || /^(?:true|on|yes|1)$/i.test(value)
}

/** The value of an option as text. */
export function valueText(node: Node | undefined): string {
  if (node === undefined) return ''
  if ('String' in node) return node.String.sval ?? ''
  if ('Boolean' in node) return node.Boolean.boolval === true ? 'true' : 'false'
  if ('Float' in node) return node.Float.fval ?? ''
  if ('Integer' in node) return String(node.Integer.ival ?? 0)
  if ('TypeName' in node) return texts(node.TypeName.names).at(-1) ?? ''
  if ('ColumnRef' in node) return texts(node.ColumnRef.fields).join('.')
  if ('A_Const' in node) {
    const { ival, fval, sval, boolval } = node.A_Const
    if (sval !== undefined) return sval.sval ?? ''
    if (fval !== undefined) return fval.fval ?? ''
    if (boolval !== undefined) return boolval.boolval === true ? 'true' : 'false'
    return ival === undefined ? '' : String(ival.ival ?? 0)
  }
  if ('List' in node) return (node.List.items ?? []).map(valueText).join(',')
  return ''
}

/** Storage parameters as the catalogs keep them, `fillfactor=70`, sorted. */
export function parametersOf(nodes: readonly Node[] | undefined): readonly string[] {
  return options(nodes)
    .filter((each) => each.defname !== 'oids')
    .map(
      (each) =>
        `${each.defnamespace === undefined ? '' : `${each.defnamespace}.`}${each.defname ?? ''}=${valueText(each.arg) || 'true'}`,
    )
    .toSorted()
}

/** A written name: the schema is null where it is left out. */
export interface Written {
  readonly schema: string | null
  readonly name: string
}

/** The name in a `RangeVar`. */
export function writtenOf(range: RangeVar | undefined): Written {
  return { schema: range?.schemaname ?? null, name: range?.relname ?? '' }
}

/** The name in a list of `String` nodes, `schema.name` or `name`. */
export function writtenIn(names: readonly string[]): Written {
  return { schema: names.length > 1 ? (names.at(-2) ?? null) : null, name: names.at(-1) ?? '' }
}

/** All nodes below (and with) a node, depth first, in the order of the tree; `false` from `visit` leaves out what is below. */
export function walk(
  node: unknown,
  visit: (kind: string, value: Readonly<Record<string, unknown>>) => boolean | void,
): void {
  if (Array.isArray(node)) {
    for (const each of node) walk(each, visit)
  } else if (typeof node === 'object' && node !== null) {
    for (const [kind, value] of Object.entries(node)) {
      if (typeof value !== 'object' || value === null) continue
      if (
        /^[A-Z]/.test(kind) &&
        !Array.isArray(value) &&
        visit(kind, value as Readonly<Record<string, unknown>>) === false
      )
        continue
      walk(value, visit)
    }
  }
}

/** Names of the columns that an expression mentions, each once, in order. */
export function mentionedColumns(node: Node | undefined): readonly string[] {
  const found = new Set<string>()
  walk(node, (kind, value) => {
    if (kind !== 'ColumnRef' || !Array.isArray(value['fields'])) return
    const last: unknown = value['fields'].at(-1)
    if (typeof last === 'object' && last !== null && 'String' in last) found.add(text(last as Node))
  })
  return [...found]
}
