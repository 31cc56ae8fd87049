import type { Migration } from '../step.ts'
import type { Note } from '../finding.ts'
import { notRead } from '../changeset/content.ts'
import type { FileContent } from '../changeset/tree.ts'
import { sourceFile } from '../location.ts'
import type { SourceFile } from '../location.ts'
import { readSql } from '../sql/read.ts'
import type { SqlComment, SqlText } from '../sql/read.ts'
import type { SqlDialect } from '../sql/dialect.ts'
import type { SqlProblem, Statement } from '../sql/statement.ts'
import type { Project } from './project.ts'
import type { MigrationFile, OrderedFiles } from './order.ts'
import { sectionsOf } from './sections.ts'

/** The migrations of a project in one tree: in their order, with the contents of their files. */
export interface Side {
  readonly ordered: OrderedFiles
  readonly contents: ReadonlyMap<string, FileContent>
  readonly oids: ReadonlyMap<string, string>
}

const otherDialects: Readonly<Record<string, SqlDialect>> = { mysql: 'mysql', sqlite: 'sqlite', sqlserver: 'sqlserver' }

export interface ReadMigration {
  readonly migration: Migration
  readonly texts: readonly SqlText[]
  readonly notes: readonly Note[]
}

/** Reads one migration: its ways up and down, and what could not be read. */
export function readMigration(project: Project, side: Side, file: MigrationFile): ReadMigration {
  const content = side.contents.get(file.path)
  const empty: Migration = { name: file.name, path: file.path, statements: [], down: null, isNew: false }
  if (content?.kind !== 'text') {
    const reason = content?.reason ?? 'not in the tree'
    return {
      migration: empty,
      texts: [],
      notes: [
        {
          kind: 'unread',
          blocking: true,
          path: file.path,
          line: 1,
          message: notRead('the migration', reason),
        },
      ],
    }
  }
  const source = sourceFile(file.path, content.text)
  const dialect = otherDialects[project.dialect]
  if (dialect !== undefined) return { migration: empty, texts: [readSql(source, { dialect })], notes: [] }
  // An ORM says what its migrations are written for: what does not parse is a mistake, not another database.
  const written = project.orm === null ? {} : { dialect: 'postgresql' as const }
  const sections =
    project.migrations?.layout === 'sections' || project.runner.name === 'node-pg-migrate'
      ? sectionsOf(content.text)
      : null
  const up =
    sections === null
      ? readSql(source, written)
      : joined(
          source,
          sections.up.map((range) => readSql(source, { range, ...written })),
        )
  const ownDown =
    sections === null || sections.down.length === 0
      ? null
      : joined(
          source,
          sections.down.map((range) => readSql(source, { range })),
        )
  const downContent = file.down === null ? undefined : side.contents.get(file.down)
  const downText =
    file.down !== null && downContent?.kind === 'text' ? readSql(sourceFile(file.down, downContent.text)) : null
  const down = ownDown
    ? { path: file.path, statements: ownDown.statements }
    : downText && file.down !== null
      ? { path: file.down, statements: downText.statements }
      : null
  const transactional = switchOf(project, file, side)
  const notes: Note[] = [
    ...(sections?.problem
      ? [{ kind: 'unparsed' as const, blocking: false, path: file.path, line: 1, message: sections.problem }]
      : []),
    ...notUtf8(file.path, content.text),
  ]
  // Both ways of one file are one text, so that what is asked of comments covers all of it.
  const text = ownDown ? joined(source, [up, ownDown]) : up
  const migration: Migration = {
    ...empty,
    statements: up.statements,
    down,
    ...(transactional === undefined ? {} : { transactional }),
  }
  return { migration, texts: downText ? [text, downText] : [text], notes }
}

function joined(file: SourceFile, texts: readonly SqlText[]): SqlText {
  const statements: Statement[] = texts.flatMap((text) => text.statements)
  const problems: SqlProblem[] = texts.flatMap((text) => text.problems)
  const comments: SqlComment[] = texts.flatMap((text) => text.comments)
  return {
    file,
    statements,
    problems,
    comments,
    dialect: texts.find((text) => text.dialect !== 'postgresql')?.dialect ?? 'postgresql',
  }
}

/** A note where bytes were no characters: what Postgres gets then depends on who reads the file. */
function notUtf8(path: string, text: string): readonly Note[] {
  const at = text.indexOf('\ufffd')
  if (at === -1) return []
  return [
    {
      kind: 'unsupported',
      blocking: false,
      path,
      line: text.slice(0, at).split('\n').length,
      message:
        'A character of this line is not UTF-8: Postgres refuses it, or stores `\ufffd` where the runner replaced it. Save the file in UTF-8.',
    },
  ]
}

/** What the file beside a migration says of its transaction. */
function switchOf(project: Project, file: MigrationFile, side: Side): boolean | undefined {
  const content = file.switchFile === null ? undefined : side.contents.get(file.switchFile)
  if (content?.kind !== 'text') return undefined
  if (project.migrations?.layout === 'flyway') {
    const said = /^\s*executeInTransaction\s*=\s*(true|false)\b/im.exec(content.text)?.[1]
    return said === undefined ? undefined : said.toLowerCase() === 'true'
  }
  // Diesel takes a metadata.toml that does not name the switch for one that says false.
  const bare = content.text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
  return /^\s*run_in_transaction\s*=\s*true\b/m.test(bare)
}
