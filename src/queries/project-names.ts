import type { ChangeSet, Tree, TreeEntry } from '../changeset/tree.ts'
import type { Project } from '../project/project.ts'
import { prismaModels } from './prisma/models.ts'
import type { ModelField, Models } from './prisma/models.ts'
import type { QueriedProject } from './request.ts'
import { folderOf, normalize } from './typescript/resolver.ts'

/** A project with the models of its Prisma schema, those of before among them, and the folders that its client is generated into. */
export interface ProjectNames {
  readonly given: QueriedProject
  readonly models: Models
  readonly generated: readonly string[]
}

/** Reads the names that code uses for the tables of a project; none where its ORM is not Prisma. */
export async function projectNames(
  given: QueriedProject,
  changeSet: ChangeSet,
  entries: readonly TreeEntry[],
): Promise<ProjectNames> {
  if (given.project.orm !== 'prisma') return { given, models: new Map(), generated: [] }
  const schema = given.declared?.defaultSchema ?? given.after.defaultSchema
  const head = await texts(changeSet.head, given.project.schemaFiles)
  const base = await texts(changeSet.base, given.project.schemaFiles)
  const before = [...base].every(([path, text]) => head.get(path) === text) ? new Map<string, string>() : base
  const models = new Map(prismaModels(head, given.project.name, schema))
  for (const [name, model] of prismaModels(before, given.project.name, schema)) {
    const now = models.get(name)
    if (now === undefined) models.set(name, model)
    else
      models.set(name, {
        ...now,
        fields: new Map([
          ...model.fields,
          ...[...now.fields].map(([field, is]) => [field, withValues(is, model.fields.get(field))] as const),
        ]),
        compounds: new Map([...model.compounds, ...now.compounds]),
      })
  }
  const generated: string[] = []
  const folders = new Set(entries.map((e) => folderOf(e.path)))
  for (const [path, text] of head) {
    for (const [block] of text.matchAll(/generator\s+\w+\s*\{[^}]*\}/g)) {
      const output = /\boutput\s*=\s*"([^"]+)"/.exec(block)?.[1]
      if (output === undefined || !/prisma-client/.test(block)) continue
      const folder = normalize(`${folderOf(path)}/${output}`)
      generated.push(folder)
      // What is generated among the packages is imported as one: `.prisma/shop`.
      const installed = folder.lastIndexOf('node_modules/')
      if (installed >= 0) generated.push(folder.slice(installed + 'node_modules/'.length))
      if (!output.startsWith('.') && folders.has(output)) generated.push(output)
    }
  }
  return { given, models, generated }
}

/** A field with the enum values that it had before, too. */
function withValues(now: ModelField, before: ModelField | undefined): ModelField {
  if (now.is !== 'column' || now.enum === null || before?.is !== 'column' || before.enum === null) return now
  return { ...now, enum: new Map([...before.enum, ...now.enum]) }
}

async function texts(tree: Tree, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = await tree.read(paths)
  return new Map(
    [...found].flatMap(([path, content]) => (content.kind === 'text' ? [[path, content.text] as const] : [])),
  )
}

/** Folders whose schemas are shown to people, or filled by tests and by hand. */
const aside =
  /(?:^|\/)(?:docs?|examples?|samples?|templates?|fixtures?|tests?|e2e|scripts?|docker[\w-]*|containers?)(?:\/|$)/i

/**
 * The project that a client of a file speaks to: one of the client's own ORM before others, then the one whose folder holds the file, the
 * innermost; of several that are as near, one that is no example, then one of PostgreSQL.
 */
export function closest(
  projects: readonly QueriedProject[],
  path: string,
  orm: Project['orm'] = null,
): QueriedProject | undefined {
  const rank = ({ project }: QueriedProject): number =>
    (orm !== null && project.orm === orm ? 10_000 : 0) +
    shared(project.root, path) +
    (aside.test(project.root) ? 0 : 0.6) +
    (project.dialect === 'postgresql' ? 0.3 : 0)
  return [...projects].sort((a, b) => rank(b) - rank(a))[0]
}

function shared(root: string, path: string): number {
  return root === '' ? 0 : path.startsWith(`${root}/`) ? root.length : -1
}
