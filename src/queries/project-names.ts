import type { ChangeSet, Tree, TreeEntry } from '../changeset/tree.ts'
import { prismaModels } from './prisma/models.ts'
import type { Models } from './prisma/models.ts'
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
  const before = await texts(changeSet.base, given.project.schemaFiles)
  const models = new Map(prismaModels(head, given.project.name, schema))
  for (const [name, model] of prismaModels(before, given.project.name, schema)) {
    const now = models.get(name)
    if (now === undefined) models.set(name, model)
    else
      models.set(name, {
        ...now,
        fields: new Map([...model.fields, ...now.fields]),
        compounds: new Map([...model.compounds, ...now.compounds]),
      })
  }
  const generated: string[] = []
  const folders = new Set(entries.map((e) => folderOf(e.path)))
  for (const [path, text] of head) {
    for (const [block] of text.matchAll(/generator\s+\w+\s*\{[^}]*\}/g)) {
      const output = /\boutput\s*=\s*"([^"]+)"/.exec(block)?.[1]
      if (output === undefined || !/prisma-client/.test(block)) continue
      generated.push(normalize(`${folderOf(path)}/${output}`))
      if (!output.startsWith('.') && folders.has(output)) generated.push(output)
    }
  }
  return { given, models, generated }
}

async function texts(tree: Tree, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = await tree.read(paths)
  return new Map(
    [...found].flatMap(([path, content]) => (content.kind === 'text' ? [[path, content.text] as const] : [])),
  )
}

/** The project whose folder holds a path, the innermost one; of several that are as near, one of PostgreSQL. */
export function closest(projects: readonly QueriedProject[], path: string): QueriedProject | undefined {
  const rank = ({ project }: QueriedProject): number =>
    shared(project.root, path) + (project.dialect === 'postgresql' ? 0.5 : 0)
  return [...projects].sort((a, b) => rank(b) - rank(a))[0]
}

function shared(root: string, path: string): number {
  return root === '' ? 0 : path.startsWith(`${root}/`) ? root.length : -1
}
