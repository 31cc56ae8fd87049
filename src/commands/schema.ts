import { assumedPostgres } from '../config.ts'
import type { Note } from '../finding.ts'
import { resolve } from 'node:path'
import { gitTree } from '../changeset/git.ts'
import { SchemagateError } from '../errors.ts'
import { detectProjects, isPostgres } from '../project/detect.ts'
import { schemaToJson } from '../schema/show/json.ts'
import { erDiagram } from '../schema/show/mermaid.ts'
import { schemaOfTree, usualSource } from '../reading/of-tree.ts'
import { printSchema } from '../schema/sql/schema.ts'
import { readSettings } from '../settings.ts'
import type { Command, Io } from './io.ts'
import { formatOf, oneOf, parseOptions } from './options.ts'
import { usages } from './usage.ts'
import { chooseProject } from './project-choice.ts'

/** `schemagate schema [REF]`: prints the schema of a commit. */
export const schemaCommand: Command = async (args, io) => {
  const { values, positionals } = parseOptions(usages.schema, args)
  if (positionals.length > 1)
    throw new SchemagateError('usage', `schemagate schema [REF]: one commit, not ${positionals.length}`)
  const format = formatOf('schema', values.format, ['json', 'sql', 'mermaid'], [])
  const ref = positionals[0] ?? 'HEAD'
  io.progress(`reading ${ref}`)
  const tree = await gitTree(resolve(io.cwd, values.repo), ref)
  const { config } = await readSettings({ base: tree, head: tree, files: [], truncated: false }, [])
  const detected = await detectProjects(tree, config)
  const project = chooseProject('schema', detected.projects, values.path)
  const source = oneOf('schema', 'source', values.source, ['prisma', 'drizzle', 'migrations'], usualSource(project))
  const read = await schemaOfTree(project, tree, source, config.postgres ?? assumedPostgres)
  const notes = [...detected.notes, ...read.notes]
  if (!read.schema) {
    const why = notes[0]
      ? `: ${notes[0].path} line ${notes[0].line}: ${notes[0].message}`
      : `: ${project.name} has no schema of that source`
    throw new SchemagateError(
      'unreadable-file',
      `schemagate schema: reading ${project.name} at ${ref} from ${source}${why}`,
    )
  }
  if (format === 'sql' && !isPostgres(read.schema.dialect)) {
    throw new SchemagateError(
      'unavailable',
      `schemagate schema: --format sql is written for PostgreSQL; for ${read.schema.dialect} it is not available in this version. Try --format json`,
    )
  }
  const text =
    format === 'json'
      ? `${JSON.stringify(schemaToJson(read.schema, notes), null, 2)}\n`
      : format === 'mermaid'
        ? erDiagram(read.schema)
        : printSchema(read.schema)
  if (format !== 'json') showNotes(notes, io)
  if (values.output === undefined) io.stdout(text)
  else await io.writeFile(values.output, text)
  return 0
}

/** Notes on standard error, a line each: what the output does not know. */
export function showNotes(notes: readonly Note[], io: Io): void {
  for (const note of notes) io.stderr(`note: ${note.path}:${note.line}: ${note.message}\n`)
}
