import type { Note } from '../finding.ts'
import type { Dialect } from '../schema/dialect.ts'
import { constantsOf, dataOf, defaultExport, ownFolder } from '../schema/drizzle/data.ts'
import type { Data } from '../schema/drizzle/data.ts'
import { parseTypeScript } from '../typescript.ts'
import type { MigrationSource, Project } from './project.ts'
import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import { baseOf, byCode, folderOf, isBelow, joinPath } from './paths.ts'
import { field, npmVersion, parseJson } from './versions.ts'

const configName = /^(?:prisma7?\.config|\.config\/prisma7?)\.(?:ts|js|mjs|cjs|mts|cts)$/

/** True for a configuration file of Prisma. */
export function isPrismaConfig(path: string): boolean {
  return (
    configName.test(baseOf(path)) ||
    (/(?:^|\/)\.config\/[^/]+$/.test(path) && configName.test(`.config/${baseOf(path)}`))
  )
}

interface Configured {
  /** Folder of the configuration file. */
  readonly folder: string
  readonly evidence: string
  /** Schema file or folder. */
  readonly schema: string | null
  readonly migrations: string | null
  /** Names of external tables and enums. */
  readonly external: readonly string[]
  readonly initSql: string | null
}

/** What `datasource` says, read without the rest of the schema. */
export interface Datasource {
  readonly provider: string | null
  readonly schemas: readonly string[]
}

/** The `datasource` block of a Prisma schema; null where the text has none. */
export function readDatasource(text: string): Datasource | null {
  let inside = false
  let provider: string | null = null
  let schemas: readonly string[] = []
  let found = false
  for (const line of text.split('\n')) {
    const bare = line.replace(/\/\/.*$/, '').trim()
    if (!inside && /^datasource\s+\w+\s*\{/.test(bare)) {
      inside = true
      found = true
    }
    if (!inside) continue
    provider ??= /\bprovider\s*=\s*\[?\s*"([^"]*)"/.exec(bare)?.[1] ?? null
    const list = /\bschemas\s*=\s*\[([^\]]*)\]/.exec(bare)?.[1]
    if (list !== undefined)
      schemas = list
        .split(',')
        .map((name) => name.trim().replace(/^"|"$/g, ''))
        .filter(Boolean)
    if (bare.endsWith('}')) inside = false
  }
  return found ? { provider, schemas } : null
}

const dialects: Readonly<Record<string, Dialect>> = {
  postgresql: 'postgresql',
  postgres: 'postgresql',
  prisma: 'postgresql',
  cockroachdb: 'cockroachdb',
  mysql: 'mysql',
  sqlite: 'sqlite',
  sqlserver: 'sqlserver',
  mongodb: 'mongodb',
}

/** The Prisma projects of a tree. Their texts (schemas, configurations, package.json) must have been read. */
export function prismaProjects(listing: Listing): { projects: readonly Project[]; notes: readonly Note[] } {
  const notes: Note[] = []
  const configured = configurations(listing, notes)
  const claimed = new Set<string>()
  const projects: Project[] = []
  for (const config of configured) {
    const files = config.schema === null ? [] : schemaFilesAt(listing, config.schema)
    if (files.every((file) => claimed.has(file))) continue
    for (const file of files) claimed.add(file)
    projects.push(projectOf(listing, files, config))
  }
  const files = listing.paths.filter((path) => path.endsWith('.prisma') && !isTemplate(listing.text(path) ?? ''))
  const entries = files.filter((path) => !claimed.has(path) && readDatasource(listing.text(path) ?? '') !== null)
  for (const entry of entries) {
    const folder = folderOf(entry)
    const alone = entries.some((other) => other !== entry && isBelow(other, folder)) || claimedBelow(claimed, folder)
    const own = alone ? [entry] : files.filter((path) => isBelow(path, folder) && !claimed.has(path))
    for (const file of own) claimed.add(file)
    projects.push(projectOf(listing, own, null))
  }
  return {
    projects: projects.map((project) =>
      ownsMigrations(project, projects) ? project : { ...project, migrations: null },
    ),
    notes,
  }
}

/** True for a text that a program fills in before Prisma reads it: `provider = "{{PROVIDER}}"`. */
function isTemplate(text: string): boolean {
  return /\{\{|<%|\$\{/.test(readDatasource(text)?.provider ?? '')
}

/** True unless another schema has the folder of migrations: the one that a configuration names, else `schema.prisma`, else the first. A draft or a variant beside it has none. */
function ownsMigrations(project: Project, projects: readonly Project[]): boolean {
  const sharing = projects.filter(
    (other) => other.migrations !== null && other.migrations.folder === project.migrations?.folder,
  )
  const rank = ({ evidence }: Project) =>
    !evidence.endsWith('.prisma') ? 0 : baseOf(evidence) === 'schema.prisma' ? 1 : 2
  return sharing.length < 2 || sharing.toSorted((a, b) => rank(a) - rank(b))[0] === project
}

function claimedBelow(claimed: ReadonlySet<string>, folder: string): boolean {
  return [...claimed].some((path) => isBelow(path, folder))
}

function configurations(listing: Listing, notes: Note[]): readonly Configured[] {
  const found: Configured[] = []
  for (const path of listing.paths) {
    if (isPrismaConfig(path)) {
      const text = listing.text(path)
      if (text === undefined) continue
      const value = fieldsOf(exportOf(path, text))
      const folder = folderOf(path)
      // Paths are relative to the file; one in `.config` speaks for the folder around it.
      const folders = baseOf(folder) === '.config' ? [folderOf(folder), folder] : [folder]
      const named = pathOf(value?.['schema'])
      const settings = fieldsOf(value?.['migrations'])
      const migrations = pathOf(settings?.['path'])
      const init = settings?.['initShadowDb']
      const place = (relative: string) =>
        folders.map((at) => joinPath(at, relative)).find((target) => target !== null && exists(listing, target)) ?? null
      const schema = named !== undefined ? place(named) : defaultSchema(listing, folders[0] ?? '')
      if (value === undefined || (named !== undefined && schema === null)) {
        const why =
          value === undefined
            ? 'what it exports is not written out in the file'
            : `its schema "${named}" is not in the repository`
        notes.push({
          kind: 'unresolved',
          blocking: false,
          path,
          line: 1,
          message: `The Prisma configuration could not be followed: ${why}. Schemas are looked for by their names.`,
        })
      }
      const target = migrations === undefined ? null : joinPath(folders[0] ?? '', migrations)
      const external = ['tables', 'enums'].flatMap((kind) => namesIn(fieldsOf(value?.[kind])?.['external']))
      found.push({
        folder: folders[0] ?? '',
        evidence: path,
        schema,
        migrations: target,
        external,
        initSql: typeof init === 'string' ? init : null,
      })
    } else if (baseOf(path) === 'package.json') {
      const schema = field(field(parseJson(listing.text(path) ?? ''), 'prisma'), 'schema')
      const target = typeof schema === 'string' ? joinPath(folderOf(path), schema) : null
      if (target !== null && exists(listing, target))
        found.push({
          folder: folderOf(path),
          evidence: path,
          schema: target,
          migrations: null,
          external: [],
          initSql: null,
        })
    }
  }
  return found
}

/** What a configuration exports by default, read as data and never run. */
function exportOf(path: string, text: string): Data {
  const { program } = parseTypeScript(path, text)
  return program === null ? undefined : dataOf(defaultExport(program), constantsOf(program))
}

function fieldsOf(data: Data): { readonly [name: string]: Data } | undefined {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
    ? (data as { readonly [name: string]: Data })
    : undefined
}

function namesIn(data: Data): readonly string[] {
  return Array.isArray(data) ? (data as readonly Data[]).filter((it) => typeof it === 'string') : []
}

/** A path of a configuration, relative to its folder. */
function pathOf(data: Data): string | undefined {
  return typeof data === 'string' ? data.replaceAll(ownFolder, '.') : undefined
}

function exists(listing: Listing, path: string): boolean {
  return listing.has(path) || listing.filesIn(path).length > 0 || listing.foldersIn(path).length > 0
}

function defaultSchema(listing: Listing, folder: string): string | null {
  const candidates = ['schema.prisma', 'prisma/schema.prisma', 'prisma/schema'].map((name) => within(folder, name))
  return candidates.find((path) => exists(listing, path)) ?? null
}

function schemaFilesAt(listing: Listing, target: string): readonly string[] {
  if (listing.has(target)) {
    const folder = folderOf(target)
    const siblings = listing.paths.filter(
      (path) => path !== target && path.endsWith('.prisma') && isBelow(path, folder),
    )
    const own = readDatasource(listing.text(target) ?? '') !== null
    return own || siblings.length === 0
      ? [target]
      : siblings.some((path) => readDatasource(listing.text(path) ?? ''))
        ? [target, ...siblings].sort(byCode)
        : [target]
  }
  return listing.paths.filter((path) => path.endsWith('.prisma') && isBelow(path, target))
}

function projectOf(listing: Listing, files: readonly string[], config: Configured | null): Project {
  const entry = files.find((file) => readDatasource(listing.text(file) ?? '') !== null) ?? files[0] ?? ''
  const datasource = readDatasource(listing.text(entry) ?? '')
  const folder = folderOf(entry)
  const root = rootOf(listing, folder, config)
  const migrations = migrationsOf(listing, folder, config)
  const lock =
    migrations === null
      ? undefined
      : /provider\s*=\s*"([^"]*)"/.exec(listing.text(within(migrations.folder, 'migration_lock.toml')) ?? '')?.[1]
  const version = npmVersion(listing, root, 'prisma') ?? npmVersion(listing, root, '@prisma/client') ?? null
  const schemas = datasource?.schemas ?? []
  const remote = ['@prisma/adapter-d1', '@prisma/adapter-libsql'].some(
    (name) => npmVersion(listing, root, name) !== null,
  )
  return {
    root,
    name: root === '' ? '.' : root,
    orm: 'prisma',
    dialect: dialects[datasource?.provider ?? lock ?? 'postgresql'] ?? 'postgresql',
    runner: { name: 'prisma', version },
    schemaFiles: files,
    migrations,
    evidence: config?.evidence ?? entry,
    settings: {
      ...(remote ? { remote } : {}),
      ...(schemas.length > 0 ? { schemas } : {}),
      ...(config !== null && config.external.length > 0 ? { external: config.external } : {}),
      ...(config?.initSql ? { initSql: config.initSql } : {}),
      ...(migrations === null ? { push: true } : {}),
    },
  }
}

/** The folder of the configuration, or the package further in that holds the schema. */
function rootOf(listing: Listing, folder: string, config: Configured | null): string {
  const own = packageFolder(listing, folder)
  return config === null || (isBelow(own, config.folder) && listing.has(within(own, 'package.json')))
    ? own
    : config.folder
}

/** The folder whose package a schema belongs to: that of the nearest package.json, else the one around `prisma/`. */
function packageFolder(listing: Listing, folder: string): string {
  const nearest = listing.nearest(folder, 'package.json')
  if (nearest !== null) return nearest
  const at = folder.split('/').indexOf('prisma')
  return at >= 0 ? folder.split('/').slice(0, at).join('/') : folder
}

function migrationsOf(listing: Listing, folder: string, config: Configured | null): MigrationSource | null {
  const candidates = [
    ...(config?.migrations ? [config.migrations] : []),
    within(folder, 'migrations'),
    ...(folder === '' ? [] : [within(folderOf(folder), 'migrations')]),
  ]
  const found = candidates.find((at) => listing.has(within(at, 'migration_lock.toml')) || holdsMigrations(listing, at))
  if (found !== undefined) return { folder: found, layout: 'prisma' }
  // A folder by another name, put in place before Prisma runs; only where there is no doubt.
  const root = rootOf(listing, folder, config)
  const others = listing
    .foldersIn(root)
    .map((name) => within(root, name))
    .filter((at) => holdsMigrations(listing, at))
  const [only] = others
  return only !== undefined && others.length === 1 ? { folder: only, layout: 'prisma' } : null
}

function holdsMigrations(listing: Listing, folder: string): boolean {
  return listing
    .foldersIn(folder)
    .some(
      (name) =>
        listing.has(within(folder, `${name}/migration.sql`)) && !listing.has(within(folder, `${name}/snapshot.json`)),
    )
}
