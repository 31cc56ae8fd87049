import { SchemagateError } from '../errors.ts'
import type { Project } from '../project/project.ts'

/** The folders of a project: its migrations, its schema files, its root. */
function foldersOf(project: Project): readonly string[] {
  const files = [...project.schemaFiles, ...(project.sqlSchema ?? [])].map(folderOf)
  return [
    ...new Set([
      ...(project.migrations ? [project.migrations.folder] : []),
      ...files,
      ...(files.length || project.migrations ? [] : [project.root]),
    ]),
  ]
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

/** A folder of a repository as trees name it: no `./` before it, no `/` after it, `''` for the top. */
function plainFolder(path: string): string {
  const parts = path
    .replaceAll('\\', '/')
    .split('/')
    .filter((p) => p !== '' && p !== '.')
  return parts.join('/')
}

/**
 * The projects that a path names: those that have it as their migrations or schema folder, or are found by that file, else those
 * that lie below it. Without a path all of them.
 */
export function projectsIn(projects: readonly Project[], path: string | undefined): readonly Project[] {
  if (path === undefined) return projects
  const folder = plainFolder(path)
  const exact = projects.filter(
    (p) => foldersOf(p).includes(folder) || p.evidence === folder || p.schemaFiles.includes(folder),
  )
  if (exact.length) return exact
  return projects.filter((p) => foldersOf(p).some((f) => folder === '' || f.startsWith(`${folder}/`)))
}

/** The usage error for a folder that names no project, with the choices. */
export function noProjectAt(command: string, projects: readonly Project[], path: string): SchemagateError {
  const hint = projects.length ? `. Try one of: ${choices(projects)}` : ''
  return new SchemagateError('usage', `schemagate ${command}: --path ${path}: no project lies there${hint}`)
}

/** The one project that a command works on; a usage error lists the choices where there are several, or none. */
export function chooseProject(command: string, projects: readonly Project[], path: string | undefined): Project {
  if (!projects.length)
    throw new SchemagateError(
      'usage',
      `schemagate ${command}: no Prisma schema, Drizzle schema or SQL migrations were found. If they are there, name them under "projects" in .github/schemagate.yml`,
    )
  const found = projectsIn(projects, path)
  if (!found.length && path !== undefined) throw noProjectAt(command, projects, path)
  const [only] = found
  if (only && found.length === 1) return only
  throw new SchemagateError(
    'usage',
    `schemagate ${command}: ${found.length} projects were found; choose one: ${choices(found)}`,
  )
}

/** A folder for each project, or the file that tells it apart from another of the same folder. */
function choices(projects: readonly Project[]): string {
  const folders = projects.map((p) => p.migrations?.folder || foldersOf(p)[0] || '.')
  const named = projects.map(({ evidence }, i) => {
    const folder = folders[i] ?? ''
    return folders.filter((other) => other === folder).length > 1 ? evidence : folder
  })
  return named.map((path) => `--path ${path}`).join(', ')
}
