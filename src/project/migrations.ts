import type { Migration } from '../step.ts'
import type { Note } from '../finding.ts'
import { notRead } from '../changeset/content.ts'
import type { ChangeSet, FileContent, Tree } from '../changeset/tree.ts'
import { sourceFile } from '../location.ts'
import { loadParser } from '../sql/parser.ts'
import { readSql } from '../sql/read.ts'
import type { SqlText } from '../sql/read.ts'
import type { Statement } from '../sql/statement.ts'
import { normalizedTokens } from '../sql/tokens.ts'
import type { Project } from './project.ts'
import { orderMigrations } from './order.ts'
import type { MigrationFile } from './order.ts'
import { baseOf, folderOf, isBelow } from './paths.ts'
import { baselineOf, platformOf } from './baseline.ts'
import { readMigration } from './read-migration.ts'
import type { ReadMigration, Side } from './read-migration.ts'

/** The migrations of a project on both sides of a change. */
export interface ProjectMigrations {
  /** Those of the base tree, oldest first: what has been applied. Begins with what the platform or a declared schema had made before. */
  readonly before: readonly Migration[]
  /** Those of the head tree, oldest first, `isNew` set on those that the change adds. */
  readonly history: readonly Migration[]
  /** The new ones of `history`, in the order in which they run. */
  readonly fresh: readonly Migration[]
  /** Applied migrations that the change edits, moves or deletes; `path` as in the base tree. `sameSql` where an edit leaves the statements of the way up as they were. */
  readonly changed: readonly {
    readonly path: string
    readonly status: 'modified' | 'deleted' | 'renamed'
    readonly to: string | null
    readonly sameSql?: boolean
  }[]
  /** SQL files that declare the whole schema, as they stand on both sides; null where a side does not have the file. */
  readonly declared: readonly {
    readonly path: string
    readonly before: SqlText | null
    readonly after: SqlText | null
    readonly changed: boolean
  }[]
  /** SQL files in the folder that its runner never takes, in the head tree: not in the journal, without a version. */
  readonly orphans: readonly { readonly path: string; readonly isNew: boolean }[]
  /** Migrations among them that are written in a programming language, in the head tree: what they do is not known. */
  readonly scripts: readonly { readonly path: string; readonly isNew: boolean; readonly text: string }[]
  /** Texts of the new migrations and of changed files of the project, with their comments and problems. */
  readonly texts: readonly SqlText[]
  readonly notes: readonly Note[]
}

/**
 * Reads the migrations of a project on both sides of a change: ordered as the runner orders them, ways up and down apart, new ones told from
 * applied ones. A file that cannot be read is a note, blocking where the change adds it.
 */
export async function readMigrations(project: Project, changeSet: ChangeSet): Promise<ProjectMigrations> {
  const [baseList, headList] = await Promise.all([changeSet.base.list(), changeSet.head.list(), loadParser()])
  const onBase = new Map(baseList.entries.map(({ path, oid }) => [path, oid]))
  const onHead = new Map(headList.entries.map(({ path, oid }) => [path, oid]))
  const isAdded = (path: string) => !onBase.has(path)
  const [base, head] = await Promise.all([
    readSide(changeSet.base, project, onBase, () => false),
    readSide(changeSet.head, project, onHead, isAdded),
  ])
  const notes: Note[] = []
  const cache = new Map<string, ReadMigration>()
  const read = (side: Side, file: MigrationFile): ReadMigration => {
    const key = [
      file.path,
      side.oids.get(file.path),
      file.down && side.oids.get(file.down),
      file.switchFile && side.oids.get(file.switchFile),
    ].join('\0')
    const known = cache.get(key)
    if (known) return known
    const fresh = readMigration(project, side, file)
    cache.set(key, fresh)
    return fresh
  }
  const baseNames = new Set(base.ordered.migrations.map(({ path }) => path))
  const renumbered = keptVersions(project, base, head)
  const before = base.ordered.migrations.map((file) => read(base, file).migration)
  const loose = project.migrations?.loose === true
  const texts: SqlText[] = []
  const history = head.ordered.migrations.map((file): Migration => {
    const runsAgain = isRepeatable(project, file.path) && onBase.get(file.path) !== onHead.get(file.path)
    const isNew = runsAgain || (!baseNames.has(file.path) && !renumbered.has(file.path))
    // What has run of a loose file is what the base holds of it.
    const result = loose && !isNew ? read(base, file) : read(head, file)
    const touched = isNew || (!loose && onBase.get(file.path) !== onHead.get(file.path))
    if (touched) {
      texts.push(...result.texts)
      notes.push(...result.notes.map((note) => ({ ...note, blocking: note.kind === 'unread' })))
    }
    return isNew ? { ...result.migration, isNew: true } : result.migration
  })
  const edits = project.migrations?.loose ? await addedStatements(project, changeSet, base, head) : []
  texts.push(...edits.flatMap((edit) => edit.texts))
  const { declared, notes: declaredNotes } = await readDeclared(project, changeSet, onBase, onHead)
  notes.push(...declaredNotes)
  const scripts = scriptsOf(project, [...onHead.keys()])
  notes.push(
    ...scripts
      .filter((path) => onBase.get(path) !== onHead.get(path))
      .map((path): Note => ({
        kind: 'unsupported',
        blocking: false,
        path,
        line: 1,
        message: `A migration written in ${path.endsWith('.go') ? 'Go' : 'JavaScript'} is not SQL: what it does was not looked at.`,
      })),
  )
  const programs = await changeSet.head.read(scripts)
  const baseline = [...platformOf(project, [...before, ...history]), ...baselineOf(declared, before, history)]
  texts.push(...declared.filter(({ changed }) => changed).flatMap(({ after }) => after ?? []))
  const all = [...history, ...edits.map(({ migration }) => migration)]
  return {
    before: [...baseline, ...before],
    history: [...baseline, ...all],
    fresh: all.filter(({ isNew }) => isNew),
    changed: loose
      ? []
      : changedFiles(base, head, changeSet, onBase, onHead)
          .filter(({ path, to }) => !isRepeatable(project, path) && (to === null || renumbered.get(to) !== path))
          .map((file) =>
            file.status === 'modified'
              ? { ...file, sameSql: sqlOf(before, file.path) === sqlOf(history, file.path) }
              : file,
          ),
    declared,
    orphans: head.ordered.orphans.map((path) => ({ path, isNew: isAdded(path) })),
    scripts: scripts.map((path) => {
      const content = programs.get(path)
      return { path, isNew: isAdded(path), text: content?.kind === 'text' ? content.text : '' }
    }),
    texts,
    notes,
  }
}

/**
 * True for what runs again whenever its text changes: repeatable migrations of Flyway, reworked changes of Sqitch.
 * https://documentation.red-gate.com/fd/repeatable-migrations-273973335.html, https://sqitch.org/docs/manual/sqitch-rework/
 */
export function isRepeatable({ runner, migrations }: Project, path: string): boolean {
  return (
    (runner.name === 'flyway' && baseOf(path).startsWith('R__')) ||
    migrations?.planned?.reworked.includes(path) === true
  )
}

const scriptNames: Readonly<Partial<Record<Project['runner']['name'], RegExp>>> = {
  goose: /^\d+_.*(?<!_test)\.go$/,
  'node-pg-migrate': /^\d.*\.[cm]?[jt]s$/,
}

/** The migrations of a project that are programs; both runners take them from the folder of the SQL files. */
function scriptsOf(project: Project, paths: readonly string[]): readonly string[] {
  const name = scriptNames[project.runner.name]
  const { folder } = project.migrations ?? {}
  return name === undefined || folder === undefined
    ? []
    : paths.filter((path) => folderOf(path) === folder && name.test(baseOf(path)))
}

async function readSide(
  tree: Tree,
  project: Project,
  oids: ReadonlyMap<string, string>,
  added: (path: string) => boolean,
): Promise<Side> {
  const journalPath =
    project.migrations?.layout === 'drizzle'
      ? `${project.migrations.folder === '' ? '' : `${project.migrations.folder}/`}meta/_journal.json`
      : null
  const journalContent = journalPath === null ? undefined : (await tree.read([journalPath])).get(journalPath)
  const journal = journalContent?.kind === 'text' ? journalContent.text : null
  const ordered = orderMigrations(project, [...oids.keys()], journal, added)
  const wanted = ordered.migrations.flatMap(({ path, down, switchFile }) =>
    [path, down, switchFile].filter((file) => file !== null),
  )
  return { ordered, contents: await tree.read(wanted), oids }
}

/** The statements that a change adds to loose files, each file a migration of its own: those whose every line is new. */
async function addedStatements(
  project: Project,
  changeSet: ChangeSet,
  base: Side,
  head: Side,
): Promise<readonly ReadMigration[]> {
  const known = new Set(base.ordered.migrations.map(({ path }) => path))
  return head.ordered.migrations.flatMap((file): readonly ReadMigration[] => {
    if (!known.has(file.path) || base.oids.get(file.path) === head.oids.get(file.path)) return []
    const changed = changeSet.files.find(({ path }) => path === file.path)
    const added = new Set(changed?.hunks?.flatMap((hunk) => hunk.added))
    const read = readMigration(project, head, file)
    const isAdded = (statement: Statement) => {
      for (let line = statement.place.line; line <= statement.place.endLine; line++) if (!added.has(line)) return false
      return true
    }
    // A last line that only gets its end of line is no new statement.
    const old = new Map<string, number>()
    for (const { text } of readMigration(project, base, file).migration.statements)
      old.set(normalizedTokens(text), (old.get(normalizedTokens(text)) ?? 0) + 1)
    const isOld = ({ text }: Statement) => {
      const key = normalizedTokens(text)
      const left = old.get(key) ?? 0
      if (left > 0) old.set(key, left - 1)
      return left > 0
    }
    const top = read.migration.statements.filter((statement) => !isOld(statement) && isAdded(statement))
    return [{ ...read, migration: { ...read.migration, statements: top, isNew: top.length > 0 } }]
  })
}

async function readDeclared(
  project: Project,
  changeSet: ChangeSet,
  onBase: ReadonlyMap<string, string>,
  onHead: ReadonlyMap<string, string>,
): Promise<{ readonly declared: ProjectMigrations['declared']; readonly notes: readonly Note[] }> {
  const paths = project.sqlSchema ?? []
  if (paths.length === 0) return { declared: [], notes: [] }
  const [before, after] = await Promise.all([changeSet.base.read(paths), changeSet.head.read(paths)])
  const notes: Note[] = []
  const textOf = (path: string, content: FileContent | undefined, blocking: boolean): SqlText | null => {
    if (content === undefined) return null
    if (content.kind === 'text') return readSql(sourceFile(path, content.text))
    if (blocking)
      notes.push({
        kind: 'unread',
        blocking,
        path,
        line: 1,
        message: notRead('the schema', content.reason),
      })
    return null
  }
  const declared = paths.map((path) => {
    const changed = onBase.get(path) !== onHead.get(path)
    const old = textOf(path, before.get(path), false)
    return { path, before: old, after: changed ? textOf(path, after.get(path), true) : old, changed }
  })
  return { declared, notes }
}

/** The statements of a migration, whatever stands around them. */
function sqlOf(migrations: readonly Migration[], path: string): string {
  return migrations
    .filter((migration) => migration.path === path)
    .flatMap(({ statements }) => statements.map(({ text }) => normalizedTokens(text)))
    .join(';')
}

/** Runners that know a migration by the number before its name, so that another name behind it is none to them. */
const versioned: ReadonlySet<string> = new Set(['supabase', 'goose', 'golang-migrate', 'dbmate', 'sqlx'])

/** Migrations of the head by path that are one of the base under another name, unchanged and with the same version, with the old path. */
function keptVersions(project: Project, base: Side, head: Side): ReadonlyMap<string, string> {
  if (project.migrations?.planned)
    return new Map(
      head.ordered.migrations.flatMap(({ path }) => {
        const was = path.replace(/@[^/]*\.sql$/, '.sql')
        return was !== path && base.oids.get(was) === head.oids.get(path) ? [[path, was] as const] : []
      }),
    )
  if (!versioned.has(project.runner.name)) return new Map()
  const keyOf = (side: Side, { path, name }: MigrationFile) => {
    const version = /^\d+/.exec(name)?.[0]
    return version === undefined ? null : `${version} ${side.oids.get(path) ?? ''}`
  }
  const there = new Map(base.ordered.migrations.map((file) => [keyOf(base, file), file.path]))
  return new Map(
    head.ordered.migrations.flatMap((file) => {
      const key = keyOf(head, file)
      const was = key === null ? undefined : there.get(key)
      return was === undefined || was === file.path ? [] : [[file.path, was] as const]
    }),
  )
}

function changedFiles(
  base: Side,
  head: Side,
  changeSet: ChangeSet,
  onBase: ReadonlyMap<string, string>,
  onHead: ReadonlyMap<string, string>,
): ProjectMigrations['changed'] {
  const kept = new Set(head.ordered.migrations.map(({ path }) => path))
  const renamed = new Map(
    changeSet.files.flatMap(({ path, previousPath, status }) =>
      status === 'renamed' && previousPath !== null ? [[previousPath, path] as const] : [],
    ),
  )
  return base.ordered.migrations.flatMap(({ path }): ProjectMigrations['changed'] => {
    const oid = onHead.get(path)
    if (oid !== undefined && kept.has(path))
      return oid === onBase.get(path) ? [] : [{ path, status: 'modified', to: null }]
    const to = renamed.get(path)
    if (to !== undefined && kept.has(to)) return [{ path, status: 'renamed', to }]
    return [{ path, status: 'deleted', to: null }]
  })
}

/** True for a path that belongs to a project: its schema, its migrations, what configures it. */
export function belongsTo(project: Project, path: string): boolean {
  return (
    project.schemaFiles.includes(path) ||
    project.sqlSchema?.includes(path) === true ||
    project.evidence === path ||
    (project.migrations !== null &&
      isBelow(path, project.migrations.folder) &&
      (project.migrations.files === undefined || path.endsWith('.sql')))
  )
}
