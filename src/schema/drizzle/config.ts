import type { Note } from '../../finding.ts'
import picomatch from 'picomatch'
import { lineAndColumn, placeOf, sourceFile, startOf } from '../../location.ts'
import type { Place } from '../../location.ts'
import type { Dialect } from '../dialect.ts'
import { parseTypeScript } from '../../typescript.ts'
import { besides, folderOf, foldersUp, normalize, sourceName } from './paths.ts'
import { constantsOf, dataOf, defaultExport, isRecord, ownFolder, unknown } from './data.ts'
import type { Data } from './data.ts'

/** One configuration of drizzle-kit, read as data. */
export interface DrizzleConfig {
  readonly path: string
  /** The exported object. */
  readonly place: Place
  /** Null where the file does not say or computes it. */
  readonly dialect: Dialect | null
  /** True where it names a database of another machine by its dialect or driver: Turso, D1. */
  readonly remote: boolean
  /** Paths and globs as written, `./src/schema.ts`; null where they are computed. */
  readonly schema: readonly string[] | null
  /** Folder of the migrations as written; drizzle-kit's own default is `./drizzle`. Null where it is computed. */
  readonly out: string | null
  /** True where `out` is written, so that a folder which is not there means `drizzle-kit push`. */
  readonly outGiven: boolean
  /** `computed` where the file says something that cannot be told without running it. */
  readonly casing: 'snake_case' | 'camelCase' | 'computed' | null
  readonly schemaFilter: readonly string[] | null
  readonly tablesFilter: readonly string[] | null
  /** Where the applied migrations are recorded; null where not given (`drizzle.__drizzle_migrations`). */
  readonly migrations: { readonly table: string | null; readonly schema: string | null } | null
}

/** Where the paths of a configuration lead in a tree. */
export interface DrizzlePaths {
  /** Folder that the paths of the configuration are relative to, `''` for the root. */
  readonly root: string
  /** Entry files of the schema, sorted; empty where none was found. */
  readonly schemaFiles: readonly string[]
  /** Folder of the migrations, whether or not there is one in the tree; null where it is computed. */
  readonly out: string | null
  /** True where `schema` led nowhere and the files were found beside it. */
  readonly guessed: boolean
}

const dialects: Readonly<Record<string, Dialect>> = {
  postgresql: 'postgresql',
  postgres: 'postgresql',
  pg: 'postgresql',
  pglite: 'postgresql',
  cockroach: 'cockroachdb',
  cockroachdb: 'cockroachdb',
  mysql: 'mysql',
  mysql2: 'mysql',
  singlestore: 'mysql',
  sqlite: 'sqlite',
  turso: 'sqlite',
  'better-sqlite': 'sqlite',
  'better-sqlite3': 'sqlite',
  libsql: 'sqlite',
  d1: 'sqlite',
  'd1-http': 'sqlite',
  expo: 'sqlite',
  'durable-sqlite': 'sqlite',
  mssql: 'sqlserver',
}

/** True for the file names under which drizzle-kit configurations are kept: `drizzle.config.ts`, `drizzle-dev.config.mjs`, `drizzle.prod.config.json`. */
export function isDrizzleConfig(path: string): boolean {
  return /(^|\/)([\w-]+[.-])?drizzle([.-][\w-]+)*\.config(\.[\w-]+)?\.(ts|mts|cts|js|mjs|cjs|json)$|(^|\/)drizzle\.config\.[\w-]+\.(ts|js|json)$/.test(
    path,
  )
}

/** Reads a configuration of drizzle-kit without running it. A file may export several: an array, or what cannot be read at all, which is a note. */
export function readDrizzleConfig(
  text: string,
  path: string,
): { readonly configs: readonly DrizzleConfig[]; readonly notes: readonly Note[] } {
  const json = path.endsWith('.json')
  const file = sourceFile(path, json ? `export default ${text}` : text)
  const parsed = parseTypeScript(json ? `${path}.ts` : path, file.text)
  if (parsed.program === null) return { configs: [], notes: [note(path, 1, `cannot be read: ${parsed.refused}`)] }
  const scope = constantsOf(parsed.program)
  const node = defaultExport(parsed.program)
  if (!node)
    return {
      configs: [],
      notes: [
        note(
          path,
          1,
          parsed.errors[0]
            ? `does not parse: ${parsed.errors[0]}`
            : 'has no default export, so nothing is known of its Drizzle project',
        ),
      ],
    }
  const data = dataOf(node, scope)
  const place = json ? startOf(path) : placeOf(file, node.start, node.end)
  const configs: DrizzleConfig[] = []
  const notes: Note[] = []
  const list: readonly Data[] = Array.isArray(data) ? data : [data]
  for (const one of list) {
    if (isRecord(one)) configs.push(configOf(one, path, place))
    else
      notes.push(
        note(
          path,
          json ? 1 : lineAndColumn(file, node.start).line,
          'has a default export that is computed, so nothing is known of its Drizzle project',
        ),
      )
  }
  return { configs, notes }
}

function note(path: string, line: number, message: string): Note {
  return { kind: 'unread', blocking: false, path, line, message: `${path} ${message}.` }
}

function strings(data: Data): readonly string[] | null {
  if (typeof data === 'string') return [data]
  if (!Array.isArray(data)) return null
  const known = (data as readonly Data[]).filter((it) => typeof it === 'string')
  return known.length > 0 ? known : null
}

function configOf(data: { readonly [name: string]: Data }, path: string, place: Place): DrizzleConfig {
  const driver = typeof data.driver === 'string' ? dialects[data.driver] : undefined
  const { migrations } = data
  const text = (it: Data): string | null => (typeof it === 'string' ? it : null)
  return {
    path,
    place,
    dialect: (typeof data.dialect === 'string' ? dialects[data.dialect] : undefined) ?? driver ?? null,
    remote: [data.dialect, data.driver].some(
      (name) => typeof name === 'string' && /^(?:turso|d1(?:-http)?|sqlite-cloud)$/.test(name),
    ),
    schema: strings(data.schema),
    out: data.out === undefined ? './drizzle' : text(data.out),
    outGiven: data.out !== undefined,
    casing:
      data.casing === 'snake_case' || data.casing === 'camelCase'
        ? data.casing
        : data.casing === unknown
          ? 'computed'
          : null,
    schemaFilter: data.schemaFilter === unknown ? null : strings(data.schemaFilter),
    tablesFilter: data.tablesFilter === unknown ? null : strings(data.tablesFilter),
    migrations: isRecord(migrations) ? { table: text(migrations.table), schema: text(migrations.schema) } : null,
  }
}

/**
 * Finds what a configuration points at among the paths of a tree (sorted, files only). drizzle-kit reads paths relative to the folder
 * it is started in, so the folder of the configuration is tried first, then each one above it. A schema that is computed or lies
 * in a build folder is looked for beside it; `guessed` says so.
 */
export function drizzlePaths(config: DrizzleConfig, paths: readonly string[]): DrizzlePaths {
  const own = folderOf(config.path)
  const roots = foldersUp(own)
  const files = paths.filter((it) => sourceName.test(it) && !it.includes('node_modules/') && !/\.d\.[mc]?ts$/.test(it))
  const known = config.schema ?? []
  for (const root of roots) {
    const found = known.flatMap((it) => matches(join(it, root, own), files))
    if (found.length > 0) return { root, schemaFiles: unique(found), out: outOf(config, root, own), guessed: false }
  }
  for (const root of roots) {
    const found = known.flatMap(
      (it) =>
        besides(join(it, root, own))
          .map((glob) => matches(glob, files))
          .find((list) => list.length > 0) ?? [],
    )
    if (found.length > 0) return { root, schemaFiles: unique(found), out: outOf(config, root, own), guessed: true }
  }
  const root =
    roots.find(
      (it) => config.out !== null && paths.some((path) => path.startsWith(`${join(config.out as string, it, own)}/`)),
    ) ?? own
  const inRoot = files.filter(
    (it) =>
      it.startsWith(root === '' ? '' : `${root}/`) &&
      !/(^|\/)(test|tests|__tests__|dist|build|examples?)\//.test(it.slice(root.length)),
  )
  const named = [
    /(^|\/)schema\/index\.[mc]?ts$/,
    /(^|\/)schema\.[mc]?ts$/,
    /(^|\/)schemas?\/[^/]+\.[mc]?ts$/,
    /\.(schema|table|sql)\.[mc]?ts$/,
  ]
  const guess = named.map((name) => inRoot.filter((it) => name.test(it))).find((list) => list.length > 0) ?? []
  return { root, schemaFiles: guess, out: outOf(config, root, own), guessed: true }
}

function outOf(config: DrizzleConfig, root: string, own: string): string | null {
  return config.out === null ? null : join(config.out, root, own)
}

function matches(pattern: string, files: readonly string[]): readonly string[] {
  if (/[*?{[]/.test(pattern)) {
    const plain = pattern.replace(/\\/g, '/')
    const test = picomatch(plain, { dot: true, maxLength: 1000 })
    return files.filter((it) => test(it) || it.startsWith(`${plain}/`))
  }
  if (files.includes(pattern)) return [pattern]
  const inside = files.filter(
    (it) => it.startsWith(pattern === '' ? '' : `${pattern}/`) && !it.slice(pattern.length + 1).includes('/'),
  )
  return inside.length > 0 || pattern === '' ? inside : []
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)].toSorted()
}

function join(path: string, root: string, own: string): string {
  return path.startsWith(ownFolder) ? normalize(`${own}/${path.slice(ownFolder.length)}`) : normalize(`${root}/${path}`)
}
