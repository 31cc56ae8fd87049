import type { ConfigNames } from '../config.ts'
import { mistake } from '../config/reader.ts'
import type { Note } from '../finding.ts'
import type { ChangeSet } from '../changeset/tree.ts'
import { isBelow, joinPath } from '../project/paths.ts'
import type { ProjectReading } from '../reading.ts'
import { nameOf, schemaOf, type Schema } from '../schema/model.ts'
import { didYouMean } from '../spelling.ts'

/**
 * Names in the repository's own configuration that stand for nothing: a table that no schema has, a folder that is on neither side of the
 * change. Silent where what there is was not seen as a whole, and about tables where nothing of the change is judged by their size.
 */
export async function unmatchedNotes(
  names: ConfigNames,
  projects: readonly ProjectReading[],
  queries: readonly { readonly changed: boolean }[],
  changeSet: ChangeSet,
): Promise<readonly Note[]> {
  const matters =
    projects.some(({ steps }) => steps.length > 0) ||
    queries.some(({ changed }) => changed) ||
    changeSet.files.some(({ path, previousPath }) => path === names.path || previousPath === names.path)
  const [head, base] = await Promise.all([changeSet.head.list(), changeSet.base.list()])
  const roots =
    head.truncated || base.truncated
      ? []
      : unmatchedRoots(
          names,
          [...head.entries, ...base.entries].map(({ path }) => path),
        )
  return [...(matters ? unmatchedTables(names, projects) : []), ...roots].map(({ line, message }) =>
    mistake(names.path, line, message),
  )
}

interface Unmatched {
  readonly line: number
  readonly message: string
}

function unmatchedTables(names: ConfigNames, projects: readonly ProjectReading[]): readonly Unmatched[] {
  const schemas = projects.flatMap(({ before, after, declared, declaredBefore }) =>
    [before, after, declared, declaredBefore].filter((schema) => schema !== null),
  )
  const known = new Set(schemas.flatMap(tableNames))
  const real = projects.filter(
    ({ project }) => project.migrations !== null || project.schemaFiles.length > 0 || project.sqlSchema !== undefined,
  )
  const isWhole =
    real.length > 0 &&
    schemas.every(({ complete, tables }) => complete && [...tables.values()].every((table) => table.complete)) &&
    real.every(
      ({ after, project, wholeHistory }) => after.tables.size > 0 && project.dialect !== 'mongodb' && wholeHistory,
    )
  const inside = new Set(schemas.flatMap((schema) => [...schema.tables.keys()].map(schemaOf)))
  return names.tables.flatMap(({ name, line }): readonly Unmatched[] => {
    if (name === '*' || known.has(name)) return []
    if (name.includes('*'))
      return [
        {
          line,
          message: `tables.${name}: patterns are not read here. Name each table; "*" alone stands for all others. It was passed over.`,
        },
      ]
    // Tables of a schema of which nothing is known may be made elsewhere: by a platform, by an extension.
    if (!isWhole || (name.includes('.') && !inside.has(schemaOf(name)))) return []
    return [
      { line, message: `tables.${name}: no table has this name.${didYouMean(name, [...known])} It was passed over.` },
    ]
  })
}

/** Every name that sizes are found by: the full one, and the bare one in the default schema. */
function tableNames(schema: Schema): readonly string[] {
  return [...schema.tables.keys(), ...schema.views.keys()].flatMap((key) =>
    schemaOf(key) === schema.defaultSchema ? [key, nameOf(key)] : [key],
  )
}

function unmatchedRoots(names: ConfigNames, paths: readonly string[]): readonly Unmatched[] {
  const wanted = names.projects.filter(({ root }) => {
    const folder = joinPath('', root) ?? ''
    return folder !== '' && !paths.some((path) => isBelow(path, folder))
  })
  if (wanted.length === 0) return []
  const folders = new Set<string>()
  for (const path of paths)
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) folders.add(path.slice(0, at))
  return wanted.map(({ root, line }) => {
    const inside = [...folders].filter((folder) => folder.endsWith(`/${root}`))
    const meant = inside.length === 1 ? ` Did you mean "${inside[0]}"?` : didYouMean(root, [...folders])
    return { line, message: `projects.root: "${root}" is no folder of the repository.${meant} It was passed over.` }
  })
}
