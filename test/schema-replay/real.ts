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

/** What differs between the replayed model of a script and the real one, or the one that it makes when it is written as SQL; empty where all are equal. */
export async function differences(real: RealDatabase, sql: string): Promise<readonly string[]> {
  const shown = await real.schemaAfter(sql)
  const replayed = schemaOf(sql, { postgres: 18, source: 'migrations' })
  const found = compareSchemas(replayed, shown).differences.map(
    (each) => `${each.object}\n  replayed ${each.left}\n  real     ${each.right}`,
  )
  if (found.length > 0) return found
  const printed = printSchema(replayed)
  const again = await real.schemaAfter(printed).catch((error: unknown) => String(error))
  if (typeof again === 'string') return [`${again}\n${printed}`]
  return compareSchemas(replayed, again).differences.map(
    (each) => `${each.object}\n  replayed ${each.left}\n  printed  ${each.right}\n${printed}`,
  )
}
