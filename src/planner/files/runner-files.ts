import type { Project } from '../../project/project.ts'
import type { Schema } from '../../schema/model.ts'
import { joinStatements } from '../../schema/sql/schema.ts'
import type { MigrationDraft } from '../migrations.ts'

/** A migration of a plan: statements that run in one file, and the way back. */
export interface PlannedMigration extends MigrationDraft {
  /** Statements without semicolons. */
  readonly down: readonly string[]
  readonly before: Schema
  readonly after: Schema
}

/** A file of a migration; `beside` says that the runner must not find it. */
export interface WrittenFile {
  readonly path: string
  readonly text: string
  readonly beside?: boolean
}

/** The files of one migration, in the layout of the project's runner; `names` are the migrations that are there. */
export function migrationFiles(
  project: Project,
  name: string,
  migration: PlannedMigration,
  names: readonly string[],
): readonly WrittenFile[] {
  const { runner } = project
  // Where the runner gives no transaction around the file, the file has to say where one begins.
  const bare = runner.name === 'prisma' || runner.name === 'psql' || runner.name === 'golang-migrate'
  const statements = migration.together && bare ? ['BEGIN', ...migration.up, 'COMMIT'] : migration.up
  const own = bare || migration.outside ? statements : statements.map(withinTransaction)
  const up = lines(own)
  const down = joinStatements(migration.down)
  const undo: WrittenFile = { path: `ways-back/${name}.sql`, text: down, beside: true }
  const withUndo = down ? [undo] : []
  const { outside } = migration
  switch (runner.name) {
    case 'prisma':
      return [{ path: `${name}/migration.sql`, text: up }, ...withUndo]
    case 'drizzle': {
      const text = migration.up
        .map((s) => (outside ? insideAgain(s) : withinTransaction(s)))
        .map((s) => `${s};`)
        .join('\n--> statement-breakpoint\n')
      const path =
        project.settings.drizzleLayout === 'folders' || project.migrations?.layout === 'drizzle-folders'
          ? `${name}/migration.sql`
          : `${name}.sql`
      return [{ path, text: `${text}\n` }, ...byHand(name, migration), ...withUndo]
    }
    case 'goose':
      return [
        {
          path: `${name}.sql`,
          text: `${outside ? '-- +goose NO TRANSACTION\n' : ''}-- +goose Up\n${gooseText(own)}-- +goose Down\n${gooseText(migration.down)}`,
        },
      ]
    case 'dbmate':
      return [
        {
          path: `${name}.sql`,
          text: `-- migrate:up${outside ? ' transaction:false' : ''}\n${up}\n-- migrate:down${isConcurrent(migration.down) ? ' transaction:false' : ''}\n${down}`,
        },
      ]
    case 'node-pg-migrate': {
      // Only a migration in JavaScript can leave the transaction.
      const text = outside ? lines(migration.up.map(insideAgain)) : up
      return [
        {
          path: `${name}.sql`,
          text: `-- Up Migration\n${text}\n-- Down Migration\n${outside ? joinStatements(migration.down.map(insideAgain)) : down}`,
        },
        ...byHand(name, migration),
      ]
    }
    case 'golang-migrate':
      return [
        { path: `${name}.up.sql`, text: up },
        { path: `${name}.down.sql`, text: down },
      ]
    case 'sqlx': {
      const first = outside ? '-- no-transaction\n' : ''
      const hasDowns = project.migrations?.layout === 'up-down'
      return hasDowns
        ? [
            { path: `${name}.up.sql`, text: `${first}${up}` },
            { path: `${name}.down.sql`, text: `${isConcurrent(migration.down) ? '-- no-transaction\n' : ''}${down}` },
          ]
        : [{ path: `${name}.sql`, text: `${first}${up}` }, ...withUndo]
    }
    case 'diesel':
      return [
        { path: `${name}/up.sql`, text: up },
        { path: `${name}/down.sql`, text: down },
        ...(outside ? [{ path: `${name}/metadata.toml`, text: 'run_in_transaction = false\n' }] : []),
      ]
    case 'flyway': {
      const alone = outside ? [{ path: `${name}.sql.conf`, text: 'executeInTransaction=false\n' }] : []
      // Undo migrations are a feature of the paid editions, so only a project that has some gets more.
      return [
        { path: `${name}.sql`, text: up },
        ...alone,
        ...(names.some((n) => /^U\d/.test(n)) ? [{ path: `${name.replace(/^V/, 'U')}.sql`, text: down }] : withUndo),
      ]
    }
    case 'atlas':
      return [{ path: `${name}.sql`, text: `${outside ? '-- atlas:txmode none\n\n' : ''}${up}` }, ...withUndo]
    case 'graphile-migrate':
      return [{ path: `${name}.sql`, text: `${outside ? '--! no-transaction\n' : ''}${up}` }, ...withUndo]
    case 'supabase':
    case 'refinery':
    case 'psql':
      return [{ path: `${name}.sql`, text: up }, ...withUndo]
  }
}

/** A way back in the form in which a runner finds it: the file's name and text. Null where the runner has none. */
export function downFile(project: Project, path: string, down: readonly string[]): WrittenFile | null {
  const name = path.slice(path.lastIndexOf('/') + 1)
  switch (project.migrations?.layout) {
    case 'up-down':
      return {
        path: `ways-back/${name.replace(/(\.up)?\.sql$/, '.down.sql')}`,
        text: joinStatements(down),
        beside: true,
      }
    case 'up-down-folders':
      return {
        path: `ways-back/${path.split('/').at(-2) ?? 'migration'}/down.sql`,
        text: joinStatements(down),
        beside: true,
      }
    case 'sections': {
      const head =
        project.runner.name === 'goose'
          ? '-- +goose Down'
          : project.runner.name === 'dbmate'
            ? '-- migrate:down'
            : '-- Down Migration'
      return {
        path: `ways-back/${name}`,
        text: `${head}\n${project.runner.name === 'goose' ? gooseText(down) : joinStatements(down)}`,
        beside: true,
      }
    }
    default:
      return null
  }
}

/** A setting that ends with the transaction, so that the connection goes back as it came. */
function withinTransaction(sql: string): string {
  return sql.replace(/^SET (?=lock_timeout\b)/i, 'SET LOCAL ')
}

function lines(statements: readonly string[]): string {
  return statements.map((s) => `${s};\n`).join('')
}

function gooseText(statements: readonly string[]): string {
  return statements
    .map((s) =>
      s.startsWith('--')
        ? `${s}\n`
        : /;/.test(s)
          ? `-- +goose StatementBegin\n${s};\n-- +goose StatementEnd\n`
          : `${s};\n`,
    )
    .join('')
}

function isConcurrent(statements: readonly string[]): boolean {
  return statements.some((s) => !s.startsWith('--') && /\bCONCURRENTLY\b/i.test(s.split('(')[0] ?? ''))
}

/** What finds the work done that was done by hand before, in a transaction. */
function insideAgain(sql: string): string {
  return sql
    .replace(/^(CREATE (?:UNIQUE )?INDEX) CONCURRENTLY (?:IF NOT EXISTS )?/i, '$1 IF NOT EXISTS ')
    .replace(/^(DROP INDEX) CONCURRENTLY (?:IF EXISTS )?/i, '$1 IF EXISTS ')
}

function byHand(name: string, { outside, up }: PlannedMigration): readonly WrittenFile[] {
  return outside
    ? [
        {
          path: `by-hand/${name}.sql`,
          text: `-- Run it with psql before ${name} is deployed; inside the migration's transaction it is refused.\n${lines(up)}`,
          beside: true,
        },
      ]
    : []
}
