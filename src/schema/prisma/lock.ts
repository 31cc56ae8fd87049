import type { Place, SourceFile } from '../../location.ts'
import { placeOf } from '../../location.ts'
import type { Dialect } from '../model.ts'
import { providerDialect } from './datamodel.ts'

/** What `migration_lock.toml` beside the migrations says. */
export interface MigrationLock {
  /** As written, `postgresql`. */
  readonly provider: string
  /** Null for a provider that Prisma does not have. */
  readonly dialect: Dialect | null
  readonly place: Place
}

/** Reads the provider of a `migration_lock.toml`; null where it names none. */
export function readMigrationLock(file: SourceFile): MigrationLock | null {
  for (const [i, start] of file.lineStarts.entries()) {
    const line = file.text.slice(start, file.lineStarts[i + 1] ?? file.text.length)
    const equals = line.indexOf('=')
    if (equals < 0 || line.slice(0, equals).trim() !== 'provider') continue
    const value = line.slice(equals + 1).trim()
    const quote = value[0]
    if (quote !== '"' && quote !== "'") continue
    const provider = value.slice(1, value.indexOf(quote, 1))
    const from = start + (line.length - line.trimStart().length)
    return { provider, dialect: providerDialect(provider), place: placeOf(file, from, start + line.trimEnd().length) }
  }
  return null
}
