import type { Place, SourceFile } from '../../location.ts'
import { placeOf } from '../../location.ts'
import type { Dialect } from '../dialect.ts'
import { providerDialect } from './provider.ts'

/** The provider that `migration_lock.toml` beside the migrations names, or the schema. */
export interface NamedProvider {
  /** As written, `postgresql`. */
  readonly provider: string
  /** Null for a provider that Prisma does not have. */
  readonly dialect: Dialect | null
  readonly place: Place
}

/** Reads the provider of a `migration_lock.toml`; null where it names none. */
export function readMigrationLock(file: SourceFile): NamedProvider | null {
  return providerIn(file, true)
}

/** What the `datasource` block of a Prisma schema says, in the same form; null where the file has none. */
export function readDatasourceProvider(file: SourceFile): NamedProvider | null {
  return providerIn(file, false)
}

function providerIn(file: SourceFile, everywhere: boolean): NamedProvider | null {
  let inside = everywhere
  for (const [i, start] of file.lineStarts.entries()) {
    const line = file.text.slice(start, file.lineStarts[i + 1] ?? file.text.length)
    const words = line.trimStart()
    if (words.startsWith('datasource ')) inside = true
    else if (!everywhere && words.startsWith('}')) inside = false
    const equals = line.indexOf('=')
    if (!inside || equals < 0 || line.slice(0, equals).trim() !== 'provider') continue
    const value = line.slice(equals + 1).trim()
    const quote = value[0]
    if (quote !== '"' && quote !== "'") continue
    const provider = value.slice(1, value.indexOf(quote, 1))
    const from = start + (line.length - words.length)
    return { provider, dialect: providerDialect(provider), place: placeOf(file, from, start + line.trimEnd().length) }
  }
  return null
}
