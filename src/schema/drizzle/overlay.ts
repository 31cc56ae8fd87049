import type { Place } from '../../location.ts'
import type { Column, Declaration, ForeignKey, Schema, Table } from '../model.ts'
import { key } from '../model.ts'
import type { Kit, KitTable, Site } from './kit.ts'
import type { Sources } from './places.ts'

/** What the SQL does not tell. */
export interface Overlay extends Sources {
  /** For what has no place of its own. */
  readonly fallback: Place
  readonly incomplete: ReadonlySet<KitTable>
  readonly untyped: ReadonlyMap<KitTable, ReadonlySet<string>>
}

const longest = 63

/** A name as Postgres stores it. */
function stored(name: string): string {
  const bytes = Buffer.from(name)
  return bytes.length <= longest
    ? name
    : bytes
        .subarray(0, longest)
        .toString('utf8')
        .replace(/\uFFFD+$/, '')
}

/** Lays the places and the client side of a Drizzle schema over the model of its SQL. */
export function overlaid(schema: Schema, kit: Kit, overlay: Overlay): Schema {
  const declared = (site: Site): readonly Declaration[] => [
    { ...(overlay.placeOf(site) ?? overlay.fallback), source: 'drizzle' },
  ]
  const tables = new Map(schema.tables)
  for (const table of kit.tables) {
    const at = key(stored(table.schema || 'public'), stored(table.name))
    const known = tables.get(at)
    if (known) tables.set(at, overlaidTable(known, table, overlay, declared))
  }
  const sites = (
    list: readonly { readonly schema: string; readonly name: string; readonly site: Site }[],
  ): ReadonlyMap<string, Site> =>
    new Map(list.map((it) => [key(stored(it.schema || 'public'), stored(it.name)), it.site]))
  const enums = sites(kit.enums)
  const views = sites(kit.views)
  const sequences = sites(kit.sequences)
  return {
    ...schema,
    tables,
    enums: new Map(
      [...schema.enums].map(([at, it]) => {
        const own = declared(enums.get(at) ?? null)
        const strings = own[0] === undefined ? new Map<string, Place>() : overlay.stringsAt(own[0])
        const values = it.values.flatMap((value): readonly [string, Declaration][] => {
          const place = strings.get(value)
          return place === undefined ? [] : [[value, { ...place, source: 'drizzle' }]]
        })
        return [at, { ...it, declared: own, valuesDeclared: new Map(values) }]
      }),
    ),
    views: new Map([...schema.views].map(([at, it]) => [at, { ...it, declared: declared(views.get(at) ?? null) }])),
    sequences: new Map(
      [...schema.sequences].map(([at, it]) => [
        at,
        { ...it, declared: declared(sequences.get(at) ?? siteOfOwner(it.ownedBy, kit)) },
      ]),
    ),
  }
}

function siteOfOwner(owner: { readonly table: string; readonly column: string } | null, kit: Kit): Site {
  const table = kit.tables.find((it) => owner?.table === key(stored(it.schema || 'public'), stored(it.name)))
  return table?.columns.find((it) => stored(it.name) === owner?.column)?.site ?? null
}

/** The relations that the database does not know, as foreign keys of the client alone. */
function clientRelations(
  table: Table,
  kit: KitTable,
  declared: (site: Site) => readonly Declaration[],
): readonly ForeignKey[] {
  const found: ForeignKey[] = []
  for (const it of kit.relations ?? []) {
    const columns = it.columns.map(stored)
    const references = {
      schema: stored(it.schemaTo || 'public'),
      table: stored(it.tableTo),
      columns: it.columnsTo.map(stored),
    }
    const same = (other: ForeignKey) =>
      other.columns.join('\0') === columns.join('\0') &&
      other.references.schema === references.schema &&
      other.references.table === references.table
    if (
      [...table.foreignKeys, ...found].some(same) ||
      !columns.every((name) => table.columns.some((column) => column.name === name))
    )
      continue
    found.push({
      name: stored(`${table.name}_${columns.join('_')}_${references.table}_${references.columns.join('_')}_fk`),
      columns,
      references,
      onDelete: 'NO ACTION',
      onUpdate: 'NO ACTION',
      match: 'simple',
      validated: true,
      enforced: true,
      deferrable: false,
      clientOnly: true,
      declared: declared(it.site ?? kit.columns.find((column) => column.name === it.columns[0])?.site ?? kit.site),
    })
  }
  return found
}

function overlaidTable(
  table: Table,
  kit: KitTable,
  overlay: Overlay,
  declared: (site: Site) => readonly Declaration[],
): Table {
  const columns = new Map(kit.columns.map((it) => [stored(it.name), it]))
  const untyped = overlay.untyped.get(kit)
  const siteOf = (
    name: string,
    list: readonly { readonly name: string | null; readonly site: Site; readonly columns?: readonly unknown[] }[],
    on: readonly string[],
  ): Site =>
    list.find((it) => it.name !== null && stored(it.name) === name)?.site ??
    list.find(
      (it) => it.name === null && it.columns?.map((c) => (typeof c === 'string' ? c : '')).join('\0') === on.join('\0'),
    )?.site ??
    columns.get(on[0] ?? '')?.site ??
    kit.site
  return {
    ...table,
    complete: table.complete && !overlay.incomplete.has(kit),
    declared: declared(kit.site),
    ...documented(kit.site, overlay),
    columns: table.columns.map((it): Column => {
      const known = columns.get(it.name)
      if (!known) return it
      return {
        ...it,
        type: untyped?.has(known.name) ? null : it.type,
        declared: declared(known.site),
        ...documented(known.site, overlay),
        ...(known.clientDefault === null ? {} : { clientDefault: known.clientDefault }),
        ...(known.property === null || known.property === known.name ? {} : { property: known.property }),
      }
    }),
    primaryKey: table.primaryKey && {
      ...table.primaryKey,
      declared: declared(siteOf(table.primaryKey.name, kit.primaryKeys, table.primaryKey.columns)),
    },
    uniques: table.uniques.map((it) => ({ ...it, declared: declared(siteOf(it.name, kit.uniques, it.columns)) })),
    indexes: table.indexes.map((it) => ({
      ...it,
      declared: declared(
        siteOf(
          it.name,
          kit.indexes.map(({ name, site }) => ({ name, site })),
          [],
        ),
      ),
    })),
    foreignKeys: [
      ...table.foreignKeys.map((it) => ({ ...it, declared: declared(siteOf(it.name, kit.foreignKeys, it.columns)) })),
      ...clientRelations(table, kit, declared),
    ],
    checks: table.checks.map((it) => ({ ...it, declared: declared(siteOf(it.name, kit.checks, [])) })),
    policies: table.policies.map((it) => ({ ...it, declared: declared(siteOf(it.name, kit.policies, [])) })),
  }
}

function documented(site: Site, overlay: Overlay): { readonly documentation?: string } {
  const place = overlay.placeOf(site)
  const documentation = place && overlay.documentationAt(place)
  return documentation ? { documentation } : {}
}
