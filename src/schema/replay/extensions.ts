import type { Schema } from '../model.ts'
import type { Written } from './nodes.ts'

/** Types that extensions bring, by extension. */
export const extensionTypes: Readonly<Record<string, readonly string[]>> = {
  citext: ['citext'],
  hstore: ['hstore'],
  ltree: ['ltree', 'lquery', 'ltxtquery'],
  vector: ['vector', 'halfvec', 'sparsevec'],
  postgis: ['geometry', 'geography', 'box2d', 'box3d'],
  cube: ['cube'],
  isn: ['isbn', 'issn', 'ean13', 'isbn13', 'ismn', 'ismn13', 'issn13', 'upc'],
  intarray: ['query_int'],
  seg: ['seg'],
  semver: ['semver'],
  pg_trgm: ['gtrgm'],
  pg_uuidv7: [],
}

const knownExtensions = new Set([
  ...Object.keys(extensionTypes),
  'pgcrypto',
  'uuid-ossp',
  'btree_gin',
  'btree_gist',
  'unaccent',
  'fuzzystrmatch',
  'tablefunc',
  'pg_stat_statements',
  'plpgsql',
  'dict_int',
  'earthdistance',
])

/** True where an extension is installed of which it is not known what it brings. */
export function hasUnknownExtension(schema: Schema): boolean {
  return [...schema.extensions.keys()].some((name) => !knownExtensions.has(name))
}

/** True for a relation that an extension may have brought: into the schema it was put in, or into one that it makes itself (`cron.job`). */
export function mayBeOfExtension(schema: Schema, { schema: within, name }: Written): boolean {
  if (name === 'spatial_ref_sys') return schema.extensions.has('postgis')
  return (
    within !== null &&
    hasUnknownExtension(schema) &&
    within !== schema.defaultSchema &&
    (!schema.schemas.has(within) || [...schema.extensions.values()].some((each) => each.schema === within))
  )
}
