import type { Note } from '../../finding.ts'
import type { Place } from '../../location.ts'
import type { Kit, KitTable, Site } from './kit.ts'
import { unknownMark } from './kit.ts'
import type { PlaceOf } from './places.ts'

/** A schema without what could not be known, and what that concerns. */
export interface Cleaned {
  readonly kit: Kit
  /** Tables of which something is not known. */
  readonly incomplete: ReadonlySet<KitTable>
  /** Columns, by table, whose type stands in for one that is not known. */
  readonly untyped: ReadonlyMap<KitTable, ReadonlySet<string>>
  readonly notes: readonly Note[]
}

const marked = new RegExp(`${unknownMark}([^${unknownMark}]*)${unknownMark}`)

function unknownIn(value: unknown): string | null {
  if (typeof value === 'string') return marked.exec(value)?.[1] ?? null
  if (Array.isArray(value)) return value.map(unknownIn).find((it) => it !== null) ?? null
  return typeof value === 'object' && value !== null ? unknownIn(Object.values(value)) : null
}

/**
 * Takes out of a schema what depends on values from outside of the repository (an environment variable, a package that is not
 * Drizzle), with a note for each, so that what is left is true.
 */
export function withoutUnknowns(kit: Kit, placeOf: PlaceOf, fallback: Place): Cleaned {
  const notes: Note[] = []
  const incomplete = new Set<KitTable>()
  const untyped = new Map<KitTable, ReadonlySet<string>>()
  const note = (site: Site, what: string, of: string): void => {
    const { path, line } = placeOf(site) ?? fallback
    notes.push({
      kind: 'unresolved',
      blocking: false,
      path,
      line,
      message: `${what} depends on \`${of}\`, which is not known without running the project.`,
    })
  }
  const kept = <T extends { readonly site: Site }>(list: readonly T[], what: (of: T) => string): readonly T[] =>
    list.filter((it) => {
      const of = unknownIn(it)
      if (of !== null) note(it.site, what(it), of)
      return of === null
    })
  const label = (name: string | null): string => (name === null || name.includes(unknownMark) ? '' : ` \`${name}\``)

  const tables = kept(
    kit.tables.map((it) => ({
      ...it,
      columns: [],
      indexes: [],
      foreignKeys: [],
      primaryKeys: [],
      uniques: [],
      checks: [],
      policies: [],
    })),
    (it) => `The name of a table${label(it.name)}`,
  )
  const named = new Set(tables.map((it) => it.site ?? `${it.schema}.${it.name}`))
  const whole = kit.tables.filter(
    (it) =>
      unknownIn(it.name) === null && unknownIn(it.schema) === null && named.has(it.site ?? `${it.schema}.${it.name}`),
  )
  const cleaned = whole.map((table): KitTable => {
    if (unknownIn(table) === null) return table
    const open = new Set<string>()
    const columns = kept(
      table.columns.map((it) => ({
        ...it,
        default: null,
        generated: null,
        type: '',
        typeSchema: null,
        identity: null,
      })),
      () => `The name of a column of \`${table.name}\``,
    )
    const names = new Set(columns.map((it) => it.name))
    const made: KitTable = {
      ...table,
      columns: table.columns
        .filter((it) => names.has(it.name))
        .map((it) => {
          const type = unknownIn(it.type) ?? unknownIn(it.typeSchema)
          const rest = unknownIn(it.default) ?? unknownIn(it.generated)
          if (type !== null) note(it.site, `The type of \`${table.name}.${it.name}\``, type)
          if (type !== null) open.add(it.name)
          if (rest !== null) note(it.site, `The default of \`${table.name}.${it.name}\``, rest)
          return {
            ...it,
            ...(type === null ? {} : { type: 'text', typeSchema: null, default: null, generated: null }),
            ...(rest === null ? {} : { default: null, generated: null }),
          }
        }),
      indexes: kept(table.indexes, (it) => `The index${label(it.name)} of \`${table.name}\``),
      foreignKeys: kept(table.foreignKeys, (it) => `The foreign key${label(it.name)} of \`${table.name}\``),
      primaryKeys: kept(table.primaryKeys, () => `The primary key of \`${table.name}\``),
      uniques: kept(table.uniques, (it) => `The unique constraint${label(it.name)} of \`${table.name}\``),
      checks: kept(table.checks, (it) => `The check${label(it.name)} of \`${table.name}\``),
      policies: kept(table.policies, (it) => `The policy${label(it.name)} of \`${table.name}\``),
    }
    incomplete.add(made)
    if (open.size > 0) untyped.set(made, open)
    return made
  })
  return {
    kit: {
      ...kit,
      tables: cleaned,
      enums: kept(kit.enums, (it) => `The enum${label(it.name)}`),
      views: kept(kit.views, (it) => `The view${label(it.name)}`),
      sequences: kept(kit.sequences, (it) => `The sequence${label(it.name)}`),
      schemas: kit.schemas.filter((it) => unknownIn(it) === null),
    },
    incomplete,
    untyped,
    notes,
  }
}
