import type { TreeEntry } from '../changeset/tree.ts'
import { parseLooseJson } from './typescript/resolver.ts'

/** The packages of a repository, each by its folder with a slash at the end, `''` for the root. */
export interface Packages {
  /** The innermost package that holds a file. */
  holding(path: string): string
  /** True where a package lists another among what it needs when it runs. */
  needs(folder: string, other: string): boolean
  /** What sends queries that are not read: packages of other query builders, and code in other languages. */
  readonly unread: readonly string[]
  /** True where a package brings what runs it as a server of its own, a Dockerfile or `fly.toml`, or all that need it do. */
  serves(folder: string): boolean
}

/** Reads the packages from every `package.json`. */
export async function readPackages(
  entries: readonly TreeEntry[],
  texts: (paths: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<Packages> {
  const paths = entries.flatMap(({ path }) => (/(?:^|\/)package\.json$/.test(path) ? [path] : []))
  const folders = paths.map(folderOf)
  const contents = new Map([...(await texts(paths))].map(([path, text]) => [folderOf(path), parseLooseJson(text)]))
  const servers = entries.flatMap(({ path }) => {
    const found = /^(.*\/)?(?:Dockerfile|fly\.toml|railway\.(?:toml|json))$/.exec(path)
    return found === null ? [] : [found[1] ?? '']
  })
  const needs = (folder: string, other: string): boolean => {
    const name = contents.get(other)?.['name']
    const needed = contents.get(folder)?.['dependencies']
    return typeof name === 'string' && typeof needed === 'object' && needed !== null && name in needed
  }
  const listed = new Set(
    [...contents.values()].flatMap((one) => {
      const needed = one?.['dependencies']
      return typeof needed === 'object' && needed !== null ? Object.keys(needed) : []
    }),
  )
  const written = new Map<string, number>()
  for (const { path } of entries) {
    const name = language.exec(path)?.[1]
    if (name !== undefined && !aside.test(path)) written.set(name, (written.get(name) ?? 0) + 1)
  }
  return {
    unread: [
      ...builders.filter((name) => listed.has(name)).map((name) => `\`${name}\``),
      ...[...written].flatMap(([name, files]) => (files >= 10 ? [`\`.${name}\` files`] : [])),
    ],
    serves: (folder) => {
      const users = folders.filter((other) => needs(other, folder))
      return servers.includes(folder) || (users.length > 0 && users.every((one) => servers.includes(one)))
    },
    holding: (path) =>
      folders.reduce((best, folder) => (path.startsWith(folder) && folder.length > best.length ? folder : best), ''),
    needs,
  }
}

/** Packages that put queries together in a way of their own. */
const builders = [
  'knex',
  'kysely',
  'objection',
  'typeorm',
  'sequelize',
  '@mikro-orm/core',
  '@mikro-orm/postgresql',
  'slonik',
  'pg-promise',
  'massive',
  '@databases/pg',
  '@pgtyped/runtime',
  '@supabase/supabase-js',
  'postgraphile',
]
const language = /\.(go|py|rb|rs|java|kt|php|exs?|cs)$/
const aside = /(?:^|\/)(?:tests?|scripts?|docs?|examples?|infra|terraform)\//

function folderOf(path: string): string {
  return path.slice(0, -'package.json'.length)
}
