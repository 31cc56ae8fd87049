import type { Migration, Transaction } from '../../src/step.ts'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { sourceFile } from '../../src/location.ts'
import { readCatalog } from '../../src/schema/catalog.ts'
import type { Schema } from '../../src/schema/model.ts'
import { emptySchema } from '../../src/schema/model.ts'
import { replayHistory } from '../../src/schema/replay.ts'
import { loadParser } from '../../src/sql/parser.ts'
import { readSql } from '../../src/sql/read.ts'
import type { CorpusOptions } from './options.ts'
import { compareSchemas } from './compare.ts'
import { freshDatabase } from './database.ts'

interface Source {
  readonly name: string
  readonly path: string
  readonly text: string
}

interface Project {
  readonly name: string
  readonly files: readonly Source[]
}

/** diesel orders by what stands before the first underscore, dashes aside. */
function dieselVersion(name: string): string {
  return (name.split('_')[0] ?? '').replaceAll('-', '')
}

function filesIn(folder: string, layout: 'prisma' | 'drizzle' | 'diesel' | 'goose'): readonly Source[] {
  const source = (name: string, path: string, part: (text: string) => string = (text) => text): Source[] =>
    existsSync(path) && statSync(path).isFile() ? [{ name, path, text: part(readFileSync(path, 'utf8')) }] : []
  const names = readdirSync(folder).sort()
  switch (layout) {
    case 'prisma':
      return names.flatMap((name) => source(name, join(folder, name, 'migration.sql')))
    case 'diesel':
      return names
        .sort((a, b) => (dieselVersion(a) < dieselVersion(b) ? -1 : 1))
        .flatMap((name) => source(name, join(folder, name, 'up.sql')))
    case 'goose':
      return names
        .filter((name) => name.endsWith('.sql'))
        .flatMap((name) => source(name, join(folder, name), (text) => text.split(/^-- \+goose Down/m)[0] ?? ''))
    case 'drizzle': {
      const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
        readonly entries: readonly { readonly tag: string }[]
      }
      return journal.entries.flatMap(({ tag }) => source(tag, join(folder, `${tag}.sql`)))
    }
  }
}

function projects(corpus: string): readonly Project[] {
  const found: Project[] = []
  const visit = (folder: string) => {
    const entries = readdirSync(folder, { withFileTypes: true })
    const names = new Set(entries.map((entry) => entry.name))
    const name = relative(corpus, folder)
    const layout = /\bclickhouse\b|\bsql\/schema\b/.test(folder)
      ? null
      : existsSync(join(folder, 'meta', '_journal.json'))
        ? ('drizzle' as const)
        : names.has('migration_lock.toml') ||
            entries.some((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'migration.sql')))
          ? ('prisma' as const)
          : entries.some((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'up.sql')))
            ? ('diesel' as const)
            : entries.some(
                  (entry) =>
                    entry.name.endsWith('.sql') &&
                    readFileSync(join(folder, entry.name), 'utf8').includes('-- +goose Up'),
                )
              ? ('goose' as const)
              : null
    if (layout !== null) {
      const lock = join(folder, 'migration_lock.toml')
      const postgres = !existsSync(lock) || readFileSync(lock, 'utf8').includes('postgresql')
      if (postgres && !name.startsWith('anything-llm')) found.push({ name, files: filesIn(folder, layout) })
      return
    }
    for (const entry of entries) if (entry.isDirectory()) visit(join(folder, entry.name))
  }
  visit(corpus)
  return found.filter((project) => project.files.length > 0)
}

interface Applied {
  readonly error: string | null
  /** True where each statement committed on its own. */
  readonly single: boolean
}

async function apply(database: PGlite, source: Source, statements: readonly string[]): Promise<Applied> {
  try {
    await database.exec(source.text)
    await database.exec('RESET ALL')
    return { error: null, single: false }
  } catch (error) {
    await database.exec('ROLLBACK')
    const message = error instanceof Error ? error.message : String(error)
    if (
      !/cannot run inside a transaction block|cannot be executed (?:from a function|within a pipeline)|unsafe use of new value/.test(
        message,
      )
    )
      return { error: message, single: false }
  }
  try {
    for (const statement of statements) await database.exec(statement)
    await database.exec('RESET ALL')
    return { error: null, single: true }
  } catch (error) {
    await database.exec('ROLLBACK')
    return { error: error instanceof Error ? error.message : String(error), single: true }
  }
}

/** Objects of tables of which the replayed model says that it does not know them (all). */
function isUnknown(object: string, replayed: Schema, real: Schema): boolean {
  const at = /^(?:table|column|primary key|unique|foreign key|check|exclusion|index|trigger|policy) (\w+\.\w+)/.exec(
    object,
  )?.[1]
  if (at === undefined) return false
  const table = replayed.tables.get(at)
  return table === undefined ? !replayed.complete && real.tables.has(at) : !table.complete
}

/** Replays every project's migrations statically and in an embedded Postgres, and compares the two models. */
export async function run(options: CorpusOptions): Promise<boolean> {
  await loadParser()
  let good = true
  for (const project of projects(options.corpus)) {
    const started = performance.now()
    const migrations = project.files.map((source): Migration => ({
      name: source.name,
      path: source.path,
      statements: readSql(sourceFile(source.path, source.text)).statements,
      down: null,
      isNew: false,
    }))
    const read = performance.now() - started
    const database = await freshDatabase()
    const failed: string[] = []
    const applied: Migration[] = []
    const transactions: Transaction[] = []
    for (const [index, source] of project.files.entries()) {
      const migration = migrations[index]
      if (migration === undefined) continue
      const outcome = await apply(
        database,
        source,
        migration.statements.filter((statement) => statement.inside === null).map((statement) => statement.text),
      )
      if (outcome.error === null) {
        applied.push(migration)
        for (const [at] of migration.statements.entries())
          transactions.push({
            id: outcome.single ? index * 1e6 + at : index,
            block: !outcome.single,
            because: '',
            survivesFailure: outcome.single,
          })
      } else failed.push(`${source.name}: ${outcome.error}`)
    }
    const replayStarted = performance.now()
    const replayed = replayHistory(emptySchema(), applied, { postgres: 18, source: 'migrations', transactions })
    const replay = performance.now() - replayStarted
    const real = await readCatalog(async (sql) => (await database.query<Record<string, unknown>>(sql)).rows)
    await database.close()
    const unknown = (object: string) => isUnknown(object, replayed.schema, real)
    const { objects, differences } = compareSchemas(replayed.schema, real, { only: (object) => !unknown(object) })
    const unseen = compareSchemas(replayed.schema, real, { only: unknown }).objects
    const share = objects === 0 ? 100 : 100 * (1 - differences.length / objects)
    console.log(
      `${project.name}: ${applied.length} of ${project.files.length} files, ${objects} objects, ${differences.length} differ, ${share.toFixed(2)} %, read in ${read.toFixed(0)} ms, replayed in ${replay.toFixed(0)} ms`,
    )
    for (const each of failed) console.log(`  does not apply: ${each}`)
    if (unseen > 0)
      console.log(
        `  ${unseen} objects of tables that are made or changed by SQL that is put together when it runs are marked unknown`,
      )
    for (const note of replayed.notes)
      if (!/changes the schema when it runs/.test(note.message))
        console.log(`  note: ${relative(options.corpus, note.path)}:${note.line} ${note.message}`)
    for (const each of differences)
      console.log(`  ${each.object}\n    replayed ${each.left}\n    real     ${each.right}`)
    good = good && differences.length === 0
  }
  return good
}
