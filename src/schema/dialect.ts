/** The databases that a schema may be written for. */
export type Dialect = 'postgresql' | 'cockroachdb' | 'mysql' | 'sqlite' | 'sqlserver' | 'mongodb'

/** How a database is called in a sentence. */
export const dialectNames: Readonly<Record<Dialect, string>> = {
  postgresql: 'PostgreSQL',
  cockroachdb: 'CockroachDB',
  mysql: 'MySQL',
  sqlite: 'SQLite',
  sqlserver: 'SQL Server',
  mongodb: 'MongoDB',
}

/** The schema of names that say none; empty where a database has no schemas within. */
export function defaultSchemaOf(dialect: Dialect): string {
  switch (dialect) {
    case 'sqlite':
      return 'main'
    case 'sqlserver':
      return 'dbo'
    case 'mysql':
    case 'mongodb':
      return ''
    default:
      return 'public'
  }
}
