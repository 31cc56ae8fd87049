import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { changeSetOf, memoryTree } from '../../src/changeset/memory.ts'
import { defaultConfig } from '../../src/config.ts'
import { detectProjects } from '../../src/project/detect.ts'
import { readMigrations } from '../../src/project/migrations.ts'
import type { ProjectMigrations } from '../../src/project/migrations.ts'
import type { Project } from '../../src/project/project.ts'

const largest = 2_000_000

/** A project of the corpus with its migrations, as a review finds them. */
export interface CorpusProject {
  readonly name: string
  readonly project: Project
  readonly migrations: ProjectMigrations
}

/** All PostgreSQL projects with migrations below a folder of repositories. */
export async function corpusProjects(corpus: string): Promise<readonly CorpusProject[]> {
  const found: CorpusProject[] = []
  for (const repository of readdirSync(corpus).sort()) {
    const folder = join(corpus, repository)
    if (repository === 'peers' || !statSync(folder).isDirectory()) continue
    const tree = memoryTree(filesBelow(folder))
    const changeSet = await changeSetOf(tree, tree)
    const { projects } = await detectProjects(tree, defaultConfig)
    for (const project of projects) {
      if (project.dialect !== 'postgresql' || project.migrations === null) continue
      const migrations = await readMigrations(project, changeSet)
      if (migrations.before.length > 1) found.push({ name: `${repository}/${project.name}`, project, migrations })
    }
  }
  return found
}

function filesBelow(root: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {}
  const visit = (path: string): void => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const inner = path === '' ? entry.name : `${path}/${entry.name}`
      if (entry.isDirectory()) visit(inner)
      else if (entry.isFile() && statSync(join(root, inner)).size <= largest)
        files[inner] = readFileSync(join(root, inner), 'utf8')
    }
  }
  visit('')
  return files
}
