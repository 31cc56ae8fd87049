import { toCamelCase, toSnakeCase } from 'drizzle-orm/casing'

type Make = (...given: unknown[]) => object

/** Functions of a dialect that Drizzle v1 has and the installed version has not. */
export function withNewer(core: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const table = (core.pgTable ?? core.mysqlTable ?? core.sqliteTable) as Make
  const customType = core.customType as ((of: { dataType(): string }) => unknown) | undefined
  const typed = (names: readonly string[]): Record<string, unknown> =>
    Object.fromEntries(names.map((name) => [name, core[name] ?? customType?.({ dataType: () => name })]))
  const words = { ...core, snakeCase: casing(table, toSnakeCase), camelCase: casing(table, toCamelCase) }
  if (core.mysqlTable) return { ...words, ...typed(['tinyblob', 'blob', 'mediumblob', 'longblob']) }
  if (!core.pgTable) return words
  return {
    ...words,
    ...typed(['bytea']),
    geometry: withReference(core.geometry as Make),
    pgTable: new Proxy(table, {
      get: (target, name) =>
        name === 'withRLS' ? (...given: unknown[]) => secured(table(...given)) : (Reflect.get(target, name) as unknown),
    }),
  }
}

function secured(table: { enableRLS?(): unknown }): unknown {
  return table.enableRLS?.() ?? table
}

/** `snakeCase.table` and `camelCase.table`: columns without a name of their own get that of their key, converted. */
function casing(table: Make, convert: (name: string) => string): object {
  return {
    table: (name: string, columns: unknown, extra: unknown) =>
      table(
        name,
        (builders: object) => {
          const given = (
            typeof columns === 'function' ? (columns as (b: object) => object)(builders) : columns
          ) as Record<string, { config: { name: string; keyAsName: boolean } }>
          for (const [property, builder] of Object.entries(given))
            if (builder.config.name === '') Object.assign(builder.config, { name: convert(property), keyAsName: false })
          return given
        },
        extra,
      ),
  }
}

/** `geometry` that keeps the spatial reference it is given, which only v1 writes into the type. */
function withReference(geometry: Make): Make {
  return (...given) => {
    const made = geometry(...given)
    const options = given.find((it) => typeof it === 'object' && it !== null) as { readonly srid?: unknown } | undefined
    if (options?.srid !== undefined) Object.assign((made as { config: object }).config, { srid: options.srid })
    return made
  }
}
