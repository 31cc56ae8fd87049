import { assumedPostgres } from '../config.ts'
import type { Note } from '../finding.ts'
import { resolve } from 'node:path'
import { changeSetFromGit } from '../changeset/git.ts'
import type { ChangeSet } from '../changeset/tree.ts'
import { SchemagateError } from '../errors.ts'
import { detectProjects, isPostgres } from '../project/detect.ts'
import { schemaBeforeMigrations } from '../project/baseline.ts'
import { readMigrations } from '../project/migrations.ts'
import type { Project } from '../project/project.ts'
import { transactionsOf } from '../project/transactions.ts'
import { changeToJson } from '../report/json.ts'
import type { Change } from '../schema/change.ts'
import { diffSchemas } from '../schema/diff/diff.ts'
import { erDiagramOfChanges } from '../schema/show/mermaid.ts'
import { emptySchema, type Schema } from '../schema/model.ts'
import { schemaOfTree, usualSource, type SchemaSource } from '../reading/of-tree.ts'
import { printChanges } from '../schema/sql/changes.ts'
import { renamesFirst, type ChangesOfSteps } from '../schema/diff/renames.ts'
import { replayHistory, replaySteps } from '../schema/replay.ts'
import { changesToText } from '../schema/show/text.ts'
import { readSettings } from '../settings.ts'
import type { Command } from './io.ts'
import { formatOf, oneOf, parseOptions } from './options.ts'
import { usages } from './usage.ts'
import { noProjectAt, projectsIn } from './project-choice.ts'
import { showNotes } from './schema.ts'

interface ProjectDiff {
  readonly project: Project
  readonly parts: readonly ChangesOfSteps[]
  readonly before: Schema
  readonly after: Schema
  readonly notes: readonly Note[]
}

/** `schemagate diff [BASE..HEAD]`: prints the schema changes of a range. */
export const diffCommand: Command = async (args, io) => {
  const { values, positionals } = parseOptions(usages.diff, args)
  if (positionals.length > 1)
    throw new SchemagateError('usage', `schemagate diff [BASE..HEAD]: one range, not ${positionals.length}`)
  const format = formatOf('diff', values.format, ['text', 'json', 'sql', 'mermaid'], [])
  const source =
    values.source === undefined
      ? null
      : oneOf<SchemaSource>('diff', 'source', values.source, ['prisma', 'drizzle', 'migrations'], 'migrations')
  io.progress('reading the repository')
  const changeSet = await changeSetFromGit(resolve(io.cwd, values.repo), positionals[0])
  const { config } = await readSettings(changeSet, [])
  const [head, base] = await Promise.all([
    detectProjects(changeSet.head, config),
    detectProjects(changeSet.base, config),
  ])
  const gone = base.projects.filter((p) => !head.projects.some((o) => o.name === p.name))
  const all = [...head.projects, ...gone]
  const chosen = projectsIn(all, values.path)
  if (!chosen.length && values.path !== undefined) throw noProjectAt('diff', all, values.path)
  const diffs: ProjectDiff[] = []
  for (const project of chosen) {
    io.progress(`comparing ${project.name}`)
    diffs.push(
      await diffProject(
        project,
        base.projects.find((p) => p.name === project.name) ?? null,
        changeSet,
        source,
        config.postgres ?? assumedPostgres,
      ),
    )
  }
  const notes = [...head.notes, ...diffs.flatMap((d) => d.notes)]
  if (format !== 'json') showNotes(notes, io)
  const text = show(diffs, format, notes)
  if (values.output === undefined) io.stdout(text)
  else await io.writeFile(values.output, text)
  return 0
}

async function diffProject(
  project: Project,
  was: Project | null,
  changeSet: ChangeSet,
  asked: SchemaSource | null,
  postgres: number,
): Promise<ProjectDiff> {
  const source = asked ?? usualSource(project)
  const empty = emptySchema(project.dialect)
  if (project.migrations) {
    const steps = await freshSteps(project, changeSet, postgres)
    // Only a migration can tell a rename from a drop and an addition.
    if (source === 'migrations' || steps.steps.some((s) => s.changes.some((c) => c.kind.startsWith('rename')))) {
      return {
        project,
        parts: renamesFirst(steps.before, steps.after, steps.steps),
        before: steps.before,
        after: steps.after,
        notes: steps.notes,
      }
    }
  }
  const [before, after] = await Promise.all([
    was ? schemaOfTree(was, changeSet.base, source, postgres) : { schema: empty, notes: [] },
    schemaOfTree(project, changeSet.head, source, postgres),
  ])
  const from = before.schema ?? empty
  const to = after.schema ?? (was && before.schema && !after.notes.length ? empty : from)
  const unread = [...(after.schema ? [] : after.notes), ...(before.schema ? [] : before.notes)]
  const changes = unread.length ? [] : diffSchemas(from, to)
  return {
    project,
    parts: [{ before: from, after: to, changes }],
    before: from,
    after: to,
    notes: after.notes.length ? after.notes : before.notes,
  }
}

async function freshSteps(project: Project, changeSet: ChangeSet, postgres: number) {
  const migrations = await readMigrations(project, changeSet)
  const options = { postgres, source: 'migrations' as const }
  const history = replayHistory(
    schemaBeforeMigrations(project, [...migrations.before, ...migrations.fresh]),
    migrations.before,
    {
      ...options,
      transactions: transactionsOf(project.runner, migrations.before),
    },
  )
  const replayed = replaySteps(
    history.schema,
    migrations.fresh,
    transactionsOf(project.runner, migrations.fresh),
    options,
  )
  return {
    before: history.schema,
    after: replayed.after,
    steps: replayed.steps,
    notes: [...migrations.notes, ...replayed.notes],
  }
}

function show(
  diffs: readonly ProjectDiff[],
  format: 'text' | 'json' | 'sql' | 'mermaid',
  notes: readonly Note[],
): string {
  const changed = diffs.filter((d) => d.parts.some((p) => p.changes.length))
  switch (format) {
    case 'json':
      return `${JSON.stringify({ changes: changed.flatMap((d) => changesOf(d).map((c) => changeToJson(c, d.project.name))), notes }, null, 2)}\n`
    case 'text':
      if (!changed.length) return notes.length > 0 ? 'No schema changes in what could be read\n' : 'No schema changes\n'
      return changed
        .map(
          (d) =>
            `${changed.length > 1 ? `${d.project.name}\n` : ''}${changesToText(changesOf(d), d.after.defaultSchema)}`,
        )
        .join('\n')
    case 'sql': {
      const other = changed.find((d) => !isPostgres(d.after.dialect))
      if (other)
        throw new SchemagateError(
          'unavailable',
          `schemagate diff: --format sql is written for PostgreSQL; for ${other.after.dialect} it is not available in this version. Try --format json`,
        )
      return changed
        .map(
          (d) =>
            `${changed.length > 1 ? `-- ${d.project.name}\n` : ''}${d.parts.map((p) => printChanges(p.changes, p.before, p.after)).join('')}`,
        )
        .join('\n')
    }
    case 'mermaid':
      if (changed.length > 1)
        throw new SchemagateError(
          'usage',
          `schemagate diff: ${changed.length} projects change and one diagram shows one of them; choose with --path`,
        )
      return changed.map((d) => erDiagramOfChanges(d.before, d.after, changesOf(d))).join('')
  }
}

function changesOf(diff: ProjectDiff): readonly Change[] {
  return diff.parts.flatMap((p) => p.changes)
}
