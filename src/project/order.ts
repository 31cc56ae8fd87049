import type { MigrationSource, Project } from './project.ts'
import { baseOf, byCode, byNumber, folderOf, isBelow, joinPath, numberOf } from './paths.ts'

/** One migration of a folder, before its files are read. */
export interface MigrationFile {
  /** As the runner records it. */
  readonly name: string
  readonly path: string
  readonly down: string | null
  /** A file beside it that says whether it runs in a transaction. */
  readonly switchFile: string | null
}

/** The migrations of a folder in the order in which its runner takes them, and the SQL files in it that it never takes. */
export interface OrderedFiles {
  readonly migrations: readonly MigrationFile[]
  readonly orphans: readonly string[]
}

/** One entry of drizzle-kit's journal. */
export interface JournalEntry {
  readonly idx: number
  readonly tag: string
  readonly when: number
}

/** Reads `meta/_journal.json`; null where it is not one. Entries without a tag are left out. */
export function journalEntries(text: string): readonly JournalEntry[] | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const entries = value !== null && typeof value === 'object' && 'entries' in value ? value.entries : undefined
  if (!Array.isArray(entries)) return null
  return entries.flatMap((entry: unknown, i) => {
    if (entry === null || typeof entry !== 'object' || !('tag' in entry) || typeof entry.tag !== 'string') return []
    const idx = 'idx' in entry && typeof entry.idx === 'number' ? entry.idx : i
    const when = 'when' in entry && typeof entry.when === 'number' ? entry.when : 0
    return [{ idx, tag: entry.tag, when }]
  })
}

/**
 * Orders the migrations among `paths` (all files of a tree). `journal` is the text of drizzle-kit's journal, where the layout has one;
 * `added` tells files that a change adds: one that declares tables is a script to be run then, not a schema that has been there.
 */
export function orderMigrations(
  project: Project,
  paths: readonly string[],
  journal: string | null,
  added: (path: string) => boolean,
): OrderedFiles {
  const source = project.migrations
  if (source === null) return { migrations: [], orphans: [] }
  const inside = paths.filter((path) => isBelow(path, source.folder))
  switch (source.layout) {
    case 'prisma':
    case 'drizzle-folders': {
      const migrations = inFolders(source, inside, 'migration.sql', byCode)
      const taken = new Set(migrations.map(({ path }) => folderOf(path)))
      const isOrphan = (path: string) =>
        path.endsWith('.sql') && folderOf(path) !== source.folder && !taken.has(folderOf(path))
      return { migrations, orphans: inside.filter(isOrphan) }
    }
    case 'up-down-folders':
      return {
        migrations: inFolders(
          source,
          inside,
          'up.sql',
          (a, b) => byCode(dieselVersion(a), dieselVersion(b)) || byCode(a, b),
        ),
        orphans: [],
      }
    case 'drizzle':
      return journaled(source, inside, journal)
    case 'flyway':
      return flyway(source.locations ? inside.filter((path) => isAt(path, source.locations)) : inside)
    case 'up-down':
      return upDown(source, inside)
    case 'sections':
    case 'plain':
      if (source.planned) return planned(source, new Set(paths))
      return flat(project, source, inside, added)
  }
}

const single = (
  path: string,
  down: string | null = null,
  name = baseOf(path).replace(/\.sql$/, ''),
): MigrationFile => ({ name, path, down, switchFile: null })

function inFolders(
  source: MigrationSource,
  inside: readonly string[],
  file: string,
  order: (a: string, b: string) => number,
): readonly MigrationFile[] {
  const known = new Set(inside)
  const depth = source.folder === '' ? 2 : source.folder.split('/').length + 2
  return inside
    .filter((path) => baseOf(path) === file && path.split('/').length === depth)
    .map((path): MigrationFile => {
      const beside = (name: string) => (known.has(`${folderOf(path)}/${name}`) ? `${folderOf(path)}/${name}` : null)
      return { name: baseOf(folderOf(path)), path, down: beside('down.sql'), switchFile: beside('metadata.toml') }
    })
    .sort((a, b) => order(a.name, b.name))
}

/** Diesel's version of a migration: the name up to the first underscore, without hyphens. */
function dieselVersion(name: string): string {
  return (name.split('_')[0] ?? '').replaceAll('-', '')
}

function journaled(source: MigrationSource, inside: readonly string[], journal: string | null): OrderedFiles {
  const files = new Set(inside.filter((path) => path.endsWith('.sql') && folderOf(path) === source.folder))
  const entries = journal === null ? null : journalEntries(journal)
  // Without a journal that can be read, the numbers of the names tell the order.
  const tags = entries
    ? entries.map(({ tag }) => tag)
    : [...files].map((path) => baseOf(path).replace(/\.sql$/, '')).sort(byNumber)
  const migrations = [...new Set(tags)].flatMap((tag) => {
    const path = joinPath(source.folder, `${tag}.sql`)
    return path !== null && files.has(path) ? [single(path, null, tag)] : []
  })
  const taken = new Set(migrations.map(({ path }) => path))
  return { migrations, orphans: [...files].filter((path) => !taken.has(path)) }
}

interface FlywayName {
  readonly kind: 'V' | 'U' | 'B' | 'R'
  readonly version: readonly bigint[]
  readonly text: string
}

function flywayName(name: string): FlywayName | null {
  const found = /^([VUBR])(\d[\d._]*)?__(\S.*)\.sql$/.exec(name)
  if (!found) return null
  const [, kind = '', version = ''] = found
  if (kind !== 'V' && kind !== 'U' && kind !== 'B' && kind !== 'R') return null
  if ((kind === 'R') !== (version === '')) return null
  return {
    kind,
    version: version
      .split(/[._]/)
      .filter(Boolean)
      .map((part) => BigInt(part.slice(0, 40))),
    text: version.replaceAll('_', '.'),
  }
}

function flyway(inside: readonly string[]): OrderedFiles {
  const versioned: { readonly file: string; readonly name: FlywayName }[] = []
  const repeatable: string[] = []
  const undo = new Map<string, string>()
  const known = new Set(inside)
  for (const path of inside) {
    const name = flywayName(baseOf(path))
    if (name?.kind === 'V') versioned.push({ file: path, name })
    else if (name?.kind === 'R') repeatable.push(path)
    else if (name?.kind === 'U') undo.set(name.text, path)
  }
  versioned.sort((a, b) => compareVersions(a.name.version, b.name.version) || byCode(a.file, b.file))
  const withSwitch = (file: MigrationFile): MigrationFile => ({
    ...file,
    switchFile: known.has(`${file.path}.conf`) ? `${file.path}.conf` : null,
  })
  return {
    migrations: [
      ...versioned.map(({ file, name }) => withSwitch(single(file, undo.get(name.text) ?? null))),
      ...repeatable.sort((a, b) => byCode(baseOf(a), baseOf(b))).map((path) => withSwitch(single(path))),
    ],
    orphans: [],
  }
}

function isAt(path: string, locations: MigrationSource['locations']): boolean {
  const isIn = (folders: readonly string[] = []) => folders.some((folder) => isBelow(path, folder))
  return isIn(locations?.within) && !isIn(locations?.without)
}

function compareVersions(a: readonly bigint[], b: readonly bigint[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i] ?? 0n, b[i] ?? 0n]
    if (x !== y) return x < y ? -1 : 1
  }
  return 0
}

function upDown(source: MigrationSource, inside: readonly string[]): OrderedFiles {
  const own = source.files && new Set(source.files)
  const files = inside.filter(
    (path) => path.endsWith('.sql') && folderOf(path) === source.folder && own?.has(path) !== false,
  )
  const known = new Set(files)
  const migrations = files
    .filter((path) => !path.endsWith('.down.sql'))
    .map((path) => {
      const stem = path.replace(/(?:\.up)?\.sql$/, '')
      return single(path, known.has(`${stem}.down.sql`) ? `${stem}.down.sql` : null, baseOf(stem))
    })
  return { migrations: migrations.sort((a, b) => byNumber(a.name, b.name)), orphans: [] }
}

/** The scripts of a plan, in its order. */
function planned(source: MigrationSource, known: ReadonlySet<string>): OrderedFiles {
  const migrations = (source.files ?? [])
    .filter((path) => known.has(path))
    .map((path) => {
      const name = path.slice(source.folder.length + 1)
      const down = `${source.planned?.revert}/${name}`
      return single(path, known.has(down) ? down : null, name.replace(/\.sql$/, ''))
    })
  return { migrations, orphans: [] }
}

function flat(
  project: Project,
  source: MigrationSource,
  inside: readonly string[],
  added: (path: string) => boolean,
): OrderedFiles {
  const own = source.files && new Set(source.files)
  const declared = new Set(project.sqlSchema)
  const files = inside.filter(
    (path) =>
      path.endsWith('.sql') &&
      (own
        ? own.has(path) || (source.loose === true && declared.has(path) && added(path))
        : folderOf(path) === source.folder),
  )
  // db-migrate writes `1-users-up.sql` and `1-users-down.sql`.
  const known = new Set(files)
  const isDown = (path: string) => /[-_]down\.sql$/.test(path) && known.has(path.replace(/down\.sql$/, 'up.sql'))
  const downOf = (path: string) => {
    const down = path.replace(/up\.sql$/, 'down.sql')
    return down !== path && isDown(down) && known.has(down) ? down : null
  }
  const order =
    project.runner.name === 'dbmate' || project.runner.name === 'supabase' || project.runner.name === 'atlas'
      ? byCode
      : byNumber
  const nested = source.files !== undefined && files.some((path) => folderOf(path) !== source.folder)
  const key = (path: string) => (nested ? path : baseOf(path))
  const sorted = files.sort((a, b) => order(key(a), key(b)))
  // A repeatable or helper file without a number comes where its name puts it; goose and the like pass it over.
  const passes = (path: string) =>
    source.layout === 'sections' &&
    (project.runner.name === 'goose' || project.runner.name === 'dbmate') &&
    numberOf(baseOf(path)) === null
  return {
    migrations: sorted.filter((path) => !passes(path) && !isDown(path)).map((path) => single(path, downOf(path))),
    orphans: sorted.filter(passes),
  }
}
