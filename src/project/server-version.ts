import type { Tree } from '../changeset/tree.ts'
import { statsPath } from '../config/stats.ts'
import { baseOf, folderOf, isBelow } from './paths.ts'

/** The major version of the server that a repository itself names, and where. */
export interface ServerVersion {
  readonly postgres: number
  /** The 2 of 14.2; null where only the major version is named. */
  readonly minor: number | null
  readonly path: string
  readonly line: number
  /** What the place is, for sentences: `the compose file`. */
  readonly source: string
}

type Named = Pick<ServerVersion, 'postgres' | 'minor'>

interface Kind {
  readonly source: string
  /** What is nearer to production comes first. */
  readonly rank: number
  readonly matches: (path: string) => boolean
  readonly versionIn: (line: string) => Named | null
}

const image =
  /(?:image:|FROM|image\s*=|^\s*-(?:\s*name:)?)\s*["']?(?:[\w.-]+(?::\d+)?\/)*(?:postgres|postgis|postgresql|timescaledb(?:-ha)?|pgvector|pg_duckdb|paradedb|citus)\s*:\s*["']?(?:\$\{[\w]+:?-)?(?:latest-|[\w.]*-)?(?:pg|v)?(\d{2})(?:\.(\d{1,2}))?(?=[^\d]|$)/i

function imageVersion(line: string): Named | null {
  return named(image.exec(line))
}

/** A major version and the minor one behind it, of a match that holds both. */
function named(match: readonly (string | undefined)[] | null): Named | null {
  const [, major, minor] = match ?? []
  const postgres = Number(major ?? 0)
  return postgres >= 10 && postgres <= 19 ? { postgres, minor: minor === undefined ? null : Number(minor) } : null
}

const kinds: readonly Kind[] = [
  {
    source: 'the statistics of the database',
    rank: -1,
    matches: (path) => path === statsPath,
    versionIn: (line) => named(/\\?"postgres\\?"\s*:\s*(\d{2})\b/.exec(line)),
  },
  {
    source: 'the Terraform configuration',
    rank: 0,
    matches: (path) => path.endsWith('.tf'),
    versionIn: (line) =>
      named(
        /^\s*(?:engine_version|database_version|server_version|version)\s*=\s*"(?:POSTGRES_)?(1\d)(?:\.(\d+))?"/.exec(
          line,
        ),
      ),
  },
  {
    source: 'the Supabase configuration',
    rank: 1,
    matches: (path) => /(?:^|\/)supabase\/config\.toml$/.test(path),
    versionIn: (line) => named(/^\s*major_version\s*=\s*(\d{2})\b/.exec(line)),
  },
  {
    source: 'the compose file',
    rank: 2,
    matches: (path) => /^(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/.test(baseOf(path)),
    versionIn: imageVersion,
  },
  {
    source: 'the CI workflow',
    rank: 3,
    matches: (path) => /^\.github\/workflows\/[^/]+\.ya?ml$|^\.gitlab-ci\.yml$|^\.circleci\/config\.yml$/.test(path),
    versionIn: imageVersion,
  },
  {
    source: 'the Dockerfile',
    rank: 4,
    matches: (path) =>
      /^Dockerfile(?:\.[\w-]+)?$|\.Dockerfile$/.test(baseOf(path)) && /postgres|(?:^|\/)db\/|database/i.test(path),
    versionIn: imageVersion,
  },
]

const mostFiles = 60

/**
 * The version of PostgreSQL that a repository says it uses: the statistics that its database gave, Terraform, `supabase/config.toml`, compose files, CI services, Dockerfiles, the
 * first of these that names one, files nearest to `near` first. Several versions in one place count as the lowest of them. Null where none is named.
 */
export async function serverVersionOf(tree: Tree, near = ''): Promise<ServerVersion | null> {
  const candidates = (await candidatesOf(tree)).map(({ path, kind }) => ({
    path,
    kind,
    distance: distanceOf(path, near),
  }))
  candidates.sort((a, b) => a.kind.rank - b.kind.rank || a.distance - b.distance || (a.path < b.path ? -1 : 1))
  const read = candidates.slice(0, mostFiles)
  const contents = await tree.read(read.map(({ path }) => path))
  for (const { path, kind } of read) {
    const content = contents.get(path)
    if (content?.kind !== 'text' || (kind.rank === 0 && !/postgres/i.test(content.text))) continue
    const found = content.text.split('\n').flatMap((text, i) => {
      const version = kind.versionIn(kind.rank < 0 ? text : text.slice(0, 500))
      return version === null ? [] : [{ ...version, path, line: i + 1, source: kind.source }]
    })
    const lowest = found.sort((a, b) => a.postgres - b.postgres || a.line - b.line)[0]
    if (lowest) return lowest
  }
  return null
}

/** A repository of many projects is asked once for each of them. */
const known = new WeakMap<Tree, Promise<readonly { readonly path: string; readonly kind: Kind }[]>>()

function candidatesOf(tree: Tree): Promise<readonly { readonly path: string; readonly kind: Kind }[]> {
  const found =
    known.get(tree) ??
    tree.list().then(({ entries }) =>
      entries.flatMap(({ path }) => {
        const kind = kinds.find(({ matches }) => matches(path))
        return kind && !/node_modules|\/(?:examples?|fixtures|testdata)\//.test(path) ? [{ path, kind }] : []
      }),
    )
  known.set(tree, found)
  return found
}

/** How far a file is from a folder: on the way to the root is near, anywhere else is far. */
function distanceOf(path: string, near: string): number {
  const folder = folderOf(path)
  const depth = folder === '' ? 0 : folder.split('/').length
  if (isBelow(near, folder)) return near.split('/').length - depth
  return isBelow(path, near) ? depth : 100 + depth
}
