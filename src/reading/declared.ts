import type { Note } from '../finding.ts'
import { addsLines, lineAfter } from '../changeset/hunks.ts'
import type { ChangeSet } from '../changeset/tree.ts'
import type { Project } from '../project/project.ts'
import { declaresInSql } from '../project/sql-schema.ts'
import { readDeclaredSchema, type ReadSchema } from './declared-schema.ts'
import { diffSchemas } from '../schema/diff/diff.ts'
import { emptySchema, type Declaration, type Key, type Schema, type Table } from '../schema/model.ts'

/** The schema that a project declares, before and after a change; null on a side where there is none or it cannot be read. */
export interface DeclaredSides {
  readonly before: Schema | null
  readonly after: Schema | null
  /** True where the change touches a file that the schema may be read from. */
  readonly touched: boolean
  /** True where there was a schema before that cannot be read, so that nobody knows what the change does to it. */
  readonly unreadBefore: boolean
  /** Why nothing is held against a schema that is there, where the change is not to blame; null where there is none or it is told already. */
  readonly unseen: Note | null
  readonly notes: readonly Note[]
}

/** Reads the declared schema on both sides; what the change cannot have altered is read once. */
export async function readDeclaredSides(
  project: Project,
  was: Project | null,
  changeSet: ChangeSet,
  postgres: number,
): Promise<DeclaredSides> {
  const touching = changeSet.files.filter(
    ({ path }) => mayDeclare(project, path) || (was !== null && mayDeclare(was, path)),
  )
  const isSame = was !== null && touching.length === 0 && was.schemaFiles.join('\0') === project.schemaFiles.join('\0')
  const read = async (of: Project, tree: ChangeSet['head']): Promise<ReadSchema> => {
    if (of.orm === null && !declaresInSql(of)) return { schema: null, notes: [] }
    const { schema, notes, from } = await readDeclaredSchema(of, tree, postgres)
    return { schema: schema && from === 'snapshot' ? withoutPlaces(schema) : schema, notes }
  }
  const after = await read(project, changeSet.head)
  const before = was === null ? { schema: null, notes: [] } : isSame ? after : await read(was, changeSet.base)
  // A schema that could not be read before either, and that the change does not touch itself, is old debt.
  const isNews =
    touching.length > 0 &&
    (before.schema !== null ||
      touching.some(({ path }) => path === project.evidence || project.schemaFiles.includes(path)))
  const changed = await changedDeclarations(changeSet, after.notes)
  const known = new Set(before.notes.map(({ path, message }) => `${path}\n${message}`))
  const isAnother =
    after.schema === null
      ? touching.length > 0
      : diffSchemas(before.schema ?? emptySchema(after.schema.dialect), after.schema).length > 0
  // So is a part that was not known before; a schema that is not known as a whole hides what becomes of it.
  const counts = (note: Note): boolean => {
    if (changed.has(note)) return true
    if (note.kind === 'unread') return touching.length > 0
    return note.kind === 'dialect' ? isAnother : !known.has(`${note.path}\n${note.message}`)
  }
  const told = after.notes.filter(counts)
  return {
    before: before.schema,
    after: after.schema,
    unseen: after.schema === null && told.length === 0 ? (after.notes[0] ?? null) : null,
    notes: told.map((note) => ({ ...note, blocking: note.blocking && isNews })),
    touched: touching.length > 0 || (was !== null && !isSame),
    unreadBefore: before.schema === null && before.notes.length > 0,
  }
}

/** What a tool records is no place to send a reader to: the migrations that say the same are. */
function withoutPlaces(schema: Schema): Schema {
  const bare = <T extends { readonly declared: readonly Declaration[] }>(it: T): T => ({ ...it, declared: [] })
  const each = <T extends { readonly declared: readonly Declaration[] }>(map: ReadonlyMap<Key, T>) =>
    new Map([...map].map(([at, it]) => [at, bare(it)] as const))
  const tables = [...schema.tables].map(([at, table]): [Key, Table] => [
    at,
    {
      ...bare(table),
      columns: table.columns.map(bare),
      primaryKey: table.primaryKey && bare(table.primaryKey),
      uniques: table.uniques.map(bare),
      indexes: table.indexes.map(bare),
      foreignKeys: table.foreignKeys.map(bare),
      checks: table.checks.map(bare),
      policies: table.policies.map(bare),
    },
  ])
  return { ...schema, tables: new Map(tables), enums: each(schema.enums), views: each(schema.views) }
}

/** The notes about declarations that the change edits: those that begin at their line and reach to where the next one begins. */
async function changedDeclarations({ head, files }: ChangeSet, notes: readonly Note[]): Promise<ReadonlySet<Note>> {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const texts = await head.read([...new Set(notes.map(({ path }) => path))].filter((path) => byPath.has(path)))
  return new Set(
    notes.filter(({ path, line }) => {
      const [file, content] = [byPath.get(path), texts.get(path)]
      if (file === undefined) return false
      if (content?.kind !== 'text') return true
      const after = content.text.split('\n').slice(line)
      const next = after.findIndex((text) => /^[\w@/]/.test(text))
      const end = line + (next === -1 ? after.length : next)
      const removed = (file.hunks ?? []).flatMap((hunk) => hunk.removed).map((old) => lineAfter(file, old))
      return addsLines(file, line, end) || removed.some((at) => at >= line && at <= end)
    }),
  )
}

/** True for a file that the declared schema of a project may be read from. */
function mayDeclare(project: Project, path: string): boolean {
  if (project.orm === null) return project.sqlSchema?.includes(path) === true
  return (
    project.schemaFiles.includes(path) ||
    (project.orm === 'prisma' ? path === project.evidence : /\.([cm]?[jt]s|json)$/.test(path))
  )
}
