import type { Dialect } from '../dialect.ts'
import { stringValue } from './ast.ts'
import type { PrismaBlock, PrismaDocument } from './ast.ts'

const providers: Readonly<Record<string, Dialect>> = {
  postgresql: 'postgresql',
  postgres: 'postgresql',
  cockroachdb: 'cockroachdb',
  mysql: 'mysql',
  sqlite: 'sqlite',
  sqlserver: 'sqlserver',
  mongodb: 'mongodb',
}

/** The dialect that a datasource's provider names; null where there is none or it is not known. */
export function dialectOf(documents: readonly PrismaDocument[]): Dialect | null {
  const provider = stringValue(datasourceOf(documents)?.settings.get('provider')?.value)
  return provider === undefined ? null : providerDialect(provider)
}

/** The dialect of a provider as Prisma names it; null for one that Prisma does not have. */
export function providerDialect(provider: string): Dialect | null {
  return Object.hasOwn(providers, provider) ? (providers[provider] ?? null) : null
}

/** The `datasource` block; null where there is none. */
export function datasourceOf(documents: readonly PrismaDocument[]): PrismaBlock | null {
  for (const document of documents) {
    for (const block of document.blocks) if (block.kind === 'datasource') return block
  }
  return null
}
