import type { Note } from '../finding.ts'
import type { Project } from '../project/project.ts'
import { parsePrisma } from './prisma/ast.ts'
import type { PrismaDocument, PrismaProblem } from './prisma/ast.ts'
import { datamodelOf } from './prisma/datamodel.ts'
import { dialectOf } from './prisma/provider.ts'
import type { Datamodel } from './prisma/datamodel.ts'
import { engineDiff } from './prisma/engine.ts'
import type { EngineProblem, EngineProvider, PrismaFile } from './prisma/engine.ts'
import { withDeclarations } from './prisma/overlay.ts'
import { portableSchema } from './prisma/portable.ts'
import type { OtherDialect } from './prisma/portable.ts'
import { forEngine, fromEngine } from './prisma/prepare.ts'
import { schemaOfSql } from './prisma/sql.ts'
import { dialectNote } from './dialect-note.ts'
import { type Schema } from './model.ts'
import { dialectNames, type Dialect } from './dialect.ts'

export { comparableWithPrisma, prismaUnmanaged } from './prisma/comparable.ts'

/** A schema, or null where it cannot be read, and what could not be seen. */
export interface PrismaSchema {
  readonly schema: Schema | null
  readonly notes: readonly Note[]
}

/** Characters of all files of one schema together; the largest known has a tenth of it. */
const largestSchema = 1_000_000
/** Postgres takes no more columns in a table. */
const mostColumns = 1600
const mostTables = 1000
const mostNotes = 10

/**
 * Reads the Prisma schema that stands in `files` (text by path, one file or many) into the model: what Postgres would hold
 * after the SQL of Prisma's own engine ran, each object with the line that declares it. For databases that the engine
 * cannot write SQL for, the model comes from the files alone and a note says so. Never throws for what stands in the files.
 */
export async function readPrismaSchema(files: ReadonlyMap<string, string>, project: Project): Promise<PrismaSchema> {
  if (files.size === 0) return { schema: null, notes: [] }
  const read = await readFiles(files)
  if (read.notes.length > 0) return { schema: null, notes: read.notes }
  const datamodel = datamodelOf(read.documents, project.dialect)
  const excess = excessOf(datamodel)
  if (excess !== null) return { schema: null, notes: [excess] }
  const { dialect } = datamodel
  return dialect === 'postgresql' || dialect === 'cockroachdb'
    ? exactSchema(read, datamodel, project)
    : portable(read, datamodel, dialect)
}

/** Says where a schema has more than is read: following the SQL of thousands of tables would take minutes. */
function excessOf(datamodel: Datamodel): Note | null {
  const wide = datamodel.models.find((model) => model.columns.length > mostColumns)
  const at =
    wide?.block.place ??
    datamodel.models[mostTables]?.block.place ??
    datamodel.joinTables[mostTables - datamodel.models.length]?.places[0]
  if (at === undefined) return null
  const what =
    wide === undefined
      ? `more than ${mostTables} tables`
      : `\`${wide.block.name}\` has more than ${mostColumns} columns`
  return unread(at.path, at.line, `reading ${at.path}: ${what}, which is more than is read`)
}

async function exactSchema(read: ReadFiles, datamodel: Datamodel, project: Project): Promise<PrismaSchema> {
  const [path = ''] = read.files.keys()
  const answer = await engineDiff(null, engineFiles(read, datamodel.dialect), 'postgres')
  if (!answer.ok) return { schema: null, notes: unreadNotes(answer.problems, path) }
  const made = await schemaOfSql(fromEngine(answer.sql), datamodel.dialect)
  const schema = withDeclarations(made.schema, datamodel, keyOfJoinTables(project))
  return {
    schema: made.refused.length === 0 ? schema : { ...schema, complete: false },
    notes: [
      ...unseen(read).slice(0, mostNotes).map(placeNote),
      ...made.refused.slice(0, mostNotes).map((message) => sqlNote(message, path)),
    ],
  }
}

async function portable(read: ReadFiles, datamodel: Datamodel, dialect: OtherDialect): Promise<PrismaSchema> {
  const [path = ''] = read.files.keys()
  const answer = dialect === 'sqlite' ? await engineDiff(null, engineFiles(read, dialect), 'sqlite') : null
  const problems = answer === null ? unseen(read).map(asEngineProblem) : answer.ok ? [] : answer.problems
  if (problems.length > 0) return { schema: null, notes: unreadNotes(problems, path) }
  const at = datamodel.datasource?.place
  return { schema: portableSchema(datamodel, dialect), notes: [dialectNote(dialect, at?.path ?? path, at?.line ?? 1)] }
}

/** Prisma gives its join tables a primary key since version 6 and gave them a unique index before. */
function keyOfJoinTables(project: Project): 'primary' | 'unique' {
  const major = Number.parseInt(project.runner.version ?? '', 10)
  return project.runner.name === 'prisma' && major < 6 ? 'unique' : 'primary'
}

function unseen(read: ReadFiles): readonly PrismaProblem[] {
  return read.documents.flatMap((document) => document.problems)
}

/** SQL that leads from one Prisma schema to another, and what kept it from being written. */
export interface PrismaSql {
  /** Empty where nothing changes for the database, and where `notes` say why there is none. */
  readonly sql: string
  readonly notes: readonly Note[]
}

/** What `prisma migrate` would write for a change of schema files; `before` is null for a first migration, `external` names what it leaves alone. */
export async function prismaSql(
  before: ReadonlyMap<string, string> | null,
  after: ReadonlyMap<string, string>,
  external: readonly string[] = [],
): Promise<PrismaSql> {
  const [path = ''] = after.keys()
  const to = await readFiles(after)
  if (to.notes.length > 0) return { sql: '', notes: to.notes }
  const from = before === null || before.size === 0 ? null : await readFiles(before)
  if (from !== null && from.notes.length > 0) return { sql: '', notes: from.notes }
  const dialect = dialectOf(to.documents) ?? 'postgresql'
  const was = from === null ? dialect : (dialectOf(from.documents) ?? dialect)
  const provider = engineProvider(dialect)
  if (provider === null) return { sql: '', notes: [dialectNote(dialect, path, 1)] }
  if (was !== dialect) {
    return {
      sql: '',
      notes: [
        {
          kind: 'unsupported',
          blocking: false,
          path,
          line: 1,
          message: `The provider changes from ${dialectNames[was]} to ${dialectNames[dialect]}: no SQL leads from one to the other.`,
        },
      ],
    }
  }
  const answer = await engineDiff(
    from === null ? null : engineFiles(from, was),
    engineFiles(to, dialect),
    provider,
    external,
  )
  if (!answer.ok) return { sql: '', notes: unreadNotes(answer.problems, path) }
  return { sql: isEmptyScript(answer.sql) ? '' : fromEngine(answer.sql), notes: [] }
}

interface ReadFiles {
  readonly documents: readonly PrismaDocument[]
  readonly files: ReadonlyMap<string, string>
  readonly notes: readonly Note[]
}

async function readFiles(files: ReadonlyMap<string, string>): Promise<ReadFiles> {
  const notes: Note[] = []
  let size = 0
  for (const [path, text] of files) {
    size += text.length
    if (text.includes('\u0000')) notes.push(unread(path, 1, `reading ${path}: it is not a text file`))
    else if (size > largestSchema)
      notes.push(
        unread(
          path,
          1,
          `reading ${path}: the schema has more than ${largestSchema / 1_000_000} million characters, which is more than is read`,
        ),
      )
  }
  if (notes.length > 0) return { documents: [], files, notes: notes.slice(0, 1) }
  const documents: PrismaDocument[] = []
  for (const [path, text] of files) {
    const document = await parsePrisma(path, text)
    if (document.tooDeep)
      notes.push(
        ...document.problems.map((problem) => unread(path, problem.place.line, `reading ${path}: ${problem.message}`)),
      )
    documents.push(document)
  }
  return { documents, files, notes }
}

/** The files as the engine takes them; one that names the provider is added where the schema has no datasource. */
function engineFiles(read: ReadFiles, dialect: Dialect): readonly PrismaFile[] {
  const files = read.documents.map((document) => forEngine(document, read.files.get(document.path) ?? ''))
  const named = read.documents.some((document) => document.blocks.some((block) => block.kind === 'datasource'))
  return named ? files : [...files, { path: 'datasource', content: `datasource db {\n  provider = "${dialect}"\n}\n` }]
}

function engineProvider(dialect: Dialect): EngineProvider | null {
  if (dialect === 'postgresql' || dialect === 'cockroachdb') return 'postgres'
  return dialect === 'sqlite' ? 'sqlite' : null
}

function isEmptyScript(sql: string): boolean {
  return sql.split('\n').every((line) => line.trim() === '' || line.startsWith('--'))
}

function unread(path: string, line: number, message: string): Note {
  return { kind: 'unread', blocking: true, path, line, message }
}

/** What Prisma says of a schema that it refuses; of a line that breaks those below it only the first is told. */
function unreadNotes(problems: readonly EngineProblem[], fallback: string): readonly Note[] {
  const follows = (problem: EngineProblem, last: EngineProblem | undefined) =>
    last !== undefined &&
    last.path === problem.path &&
    last.message === problem.message &&
    problem.line === last.line + 1
  return problems
    .filter((problem, i) => !follows(problem, problems[i - 1]))
    .slice(0, mostNotes)
    .map(({ path, line, message }, i) =>
      unread(
        path ?? fallback,
        Math.max(1, line),
        `Prisma refuses this schema: ${message.replace(/^Error validating: /, '').replace(/(?<![.!?])$/, '.')}${i === 0 ? ' Nothing of it is reviewed until `npx prisma validate` accepts it.' : ''}`,
      ),
    )
}

function asEngineProblem(problem: PrismaProblem): EngineProblem {
  return { path: problem.place.path, line: problem.place.line, message: problem.message }
}

function placeNote(problem: PrismaProblem): Note {
  const { path, line } = problem.place
  return {
    kind: 'unsupported',
    blocking: false,
    path,
    line,
    message: `Prisma accepts this line, but what it declares has no place of its own: ${problem.message}`,
  }
}

function sqlNote(message: string, path: string): Note {
  return {
    kind: 'unsupported',
    blocking: false,
    path,
    line: 1,
    message: `Part of the SQL that Prisma writes for this schema could not be followed: ${message}`,
  }
}
