import type { PGlite } from '@electric-sql/pglite'
import { compareSchemas } from '../../scripts/corpus/compare.ts'
import { freshDatabase } from '../../scripts/corpus/database.ts'
import { readCatalog } from '../../src/schema/catalog.ts'
import type { Schema } from '../../src/schema/model.ts'
import { printSchema } from '../../src/schema/sql/schema.ts'
import { schemaOf } from './support.ts'

/** An embedded Postgres that is emptied between scripts. */
export interface RealDatabase {
  /** What the catalogs show after the script has run in an empty database; throws what Postgres throws. */
  schemaAfter(sql: string): Promise<Schema>
  close(): Promise<void>
}

async function empty(database: PGlite): Promise<void> {
  const { rows } = await database.query<{ sql: string }>(`
    SELECT 'DROP SCHEMA ' || quote_ident(nspname) || ' CASCADE' AS sql FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema')`)
  await database.exec('RESET ALL')
  for (const { sql } of rows) await database.exec(sql)
  await database.exec('CREATE SCHEMA public')
}

export async function realDatabase(): Promise<RealDatabase> {
  const database = await freshDatabase()
  await database.exec('CREATE ROLE app; CREATE ROLE "read only"')
  return {
    async schemaAfter(sql) {
      await empty(database)
      await database.exec(sql)
      await database.exec('RESET ALL')
      return readCatalog(async (query) => (await database.query<Record<string, unknown>>(query)).rows)
    },
    close: () => database.close(),
  }
}

/** What differs between the replayed model of a script and the real one; empty where they are equal. */
export async function differences(real: RealDatabase, sql: string): Promise<readonly string[]> {
  const shown = await real.schemaAfter(sql)
  return compareSchemas(replayed(sql), shown).differences.map(
    (each) => `${each.object}\n  replayed ${each.left}\n  real     ${each.right}`,
  )
}

/**
 * What differs between the replayed model of a script and the one that it makes when it is written as SQL; empty where they are equal.
 * Postgres itself spells some expressions otherwise when it reads its own spelling.
 */
export async function differencesOfPrinted(real: RealDatabase, sql: string): Promise<readonly string[]> {
  const schema = replayed(sql)
  const printed = printSchema(schema)
  const shown = await real.schemaAfter(printed).catch((error: unknown) => String(error))
  if (typeof shown === 'string') return [`${shown}\n${printed}`]
  return compareSchemas(schema, shown).differences.map(
    (each) => `${each.object}\n  replayed ${each.left}\n  printed  ${each.right}\n${printed}`,
  )
}

function replayed(sql: string): Schema {
  return schemaOf(sql, { postgres: 18, source: 'migrations' })
}
