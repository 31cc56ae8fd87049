import type { Dialect } from '../schema/dialect.ts'
import type { SqlTraits } from './sql-text.ts'

/** What the names and samples of a folder say of its dialect; `ignored` where it is one that nothing here reviews. */
export function dialectOf(folder: string, seen: readonly SqlTraits[]): Dialect | 'ignored' {
  const counts = new Map<string, number>()
  for (const { dialect } of seen) counts.set(dialect, (counts.get(dialect) ?? 0) + 1)
  const named =
    /(?:^|[/_-])(clickhouse|mysql|mariadb|sqlite3?|d1|cockroach(?:db)?|crdb|mssql|sqlserver|oracle|bigquery|snowflake|duckdb|cassandra|scylla|redshift|spanner|tidb|hsqldb|h2|derby|db2)(?:$|[/_-])/i
      .exec(folder)?.[1]
      ?.toLowerCase()
  const most = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'postgresql'
  const said = most === 'postgresql' && named !== undefined ? named : most
  if (said === 'mysql' || said === 'mariadb' || said === 'tidb') return 'mysql'
  if (said === 'sqlite' || said === 'sqlite3' || said === 'd1') return 'sqlite'
  if (said === 'sqlserver' || said === 'mssql') return 'sqlserver'
  if (/^(?:cockroach|crdb)/.test(said)) return 'cockroachdb'
  if (said !== 'postgresql') return 'ignored'
  return seen.some(({ cockroach }) => cockroach) ? 'cockroachdb' : 'postgresql'
}
