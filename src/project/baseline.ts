import type { Migration } from '../step.ts'
import { sourceFile } from '../location.ts'
import { emptySchema, emptyTable } from '../schema/model.ts'
import type { Schema } from '../schema/model.ts'
import { readSql } from '../sql/read.ts'
import type { SqlText } from '../sql/read.ts'
import { hostOf, migrationOf } from './host.ts'
import type { Project } from './project.ts'
import { alteredTable, createdTable } from './sql-text.ts'

/** What a database holds before its first migration, as far as no SQL tells: tables of which the name is known, and that no migration makes. */
export function schemaBeforeMigrations(
  { dialect, settings: { external = [], initSql } }: Project,
  migrations: readonly Migration[],
): Schema {
  const empty = emptySchema(dialect)
  const created = new Set(
    external.length === 0 ? [] : migrations.flatMap((m) => m.statements.flatMap((s) => createdTable(s) ?? [])),
  )
  const tables = (initSql === undefined ? external : [])
    .filter((written) => !created.has(written.replace(/^public\./, '')))
    .map((written) => {
      const [name = '', schema = empty.defaultSchema] = written.split('.').toReversed()
      return emptyTable(schema, name, [], false)
    })
  return {
    ...empty,
    schemas: new Set(tables.map(({ schema }) => schema)),
    tables: new Map(tables.map((table) => [table.key, table])),
  }
}

/** What a database holds before the first migration, as SQL: what its host puts there, unless the migrations are a dump that makes it, and what Prisma is told to run. */
export function platformOf(project: Project, migrations: readonly Migration[]): readonly Migration[] {
  const { initSql } = project.settings
  if (initSql !== undefined && migrations.length > 0) {
    const { statements } = readSql(sourceFile(project.evidence, initSql))
    return [{ name: 'initShadowDb', path: project.evidence, statements, down: null, isNew: false }]
  }
  const host = hostOf(project)
  if (host === null) return []
  const dumped = migrations.some(({ statements }) =>
    statements.some((statement) => /^(?:auth|storage)\./.test(createdTable(statement) ?? '')),
  )
  return dumped ? [] : [migrationOf(host)]
}

/** The declared schema of the base as the first migrations, where the migrations alter tables that only it creates. */
export function baselineOf(
  declared: readonly { readonly before: SqlText | null }[],
  before: readonly Migration[],
  history: readonly Migration[],
): readonly Migration[] {
  if (declared.length === 0) return []
  const all = [...before, ...history]
  const creates = new Set(
    all.flatMap(({ statements }) => statements.flatMap((statement) => createdTable(statement) ?? [])),
  )
  const alters = new Set(
    all.flatMap(({ statements }) => statements.flatMap((statement) => alteredTable(statement) ?? [])),
  )
  const texts = declared.flatMap(({ before: text }) => text ?? [])
  const needed =
    all.length === 0 ||
    texts.some((text) =>
      text.statements.some((statement) => {
        const table = createdTable(statement)
        return table !== null && alters.has(table) && !creates.has(table)
      }),
    )
  if (!needed) return []
  return texts.map(({ file, statements }): Migration => ({
    name: file.path,
    path: file.path,
    statements,
    down: null,
    isNew: false,
  }))
}
