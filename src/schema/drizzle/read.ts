import type { Note } from '../../finding.ts'
import { createHash } from 'node:crypto'
import picomatch from 'picomatch'
import type { Tree } from '../../changeset/tree.ts'
import { namesAsDrizzleV1 } from '../../project/project.ts'
import type { Project } from '../../project/project.ts'
import type { Schema } from '../model.ts'
import { bundleSchema } from './bundle.ts'
import type { Bundle } from './bundle.ts'
import type { GuestOptions } from './guest/main.ts'
import { readDrizzleFolders, readDrizzleJournal } from './journal.ts'
import { kitFromSandbox } from './kit-json.ts'
import type { Kit } from './kit.ts'
import { schemaOfKit } from './model.ts'
import { noSources, placesOf, sourcesOf } from './places.ts'
import { evaluateBundle, sandboxLimits } from './sandbox.ts'
import type { SandboxLimits } from './sandbox.ts'
import type { SandboxAnswer } from './sandbox-worker.ts'
import { readKit } from './snapshot.ts'

/** A schema, where one could be read, and what could not. */
export interface DrizzleRead {
  readonly schema: Schema | null
  readonly notes: readonly Note[]
  /** What the schema was read from: the TypeScript, or drizzle-kit's latest snapshot; null where there is none. */
  readonly from: 'typescript' | 'snapshot' | null
}

interface Failure {
  readonly reason: string
  readonly path: string
  readonly line: number
}

/**
 * The schema that a Drizzle project declares in one tree. Its TypeScript is evaluated in a sandbox; where that cannot be done, a note
 * says why and drizzle-kit's latest snapshot serves. Never throws for what the tree holds.
 */
export async function readDrizzleSchema(
  tree: Tree,
  project: Project,
  limits: SandboxLimits = sandboxLimits,
): Promise<DrizzleRead> {
  const dialect = project.dialect === 'cockroachdb' ? 'postgresql' : project.dialect
  if (dialect !== 'postgresql' && dialect !== 'mysql' && dialect !== 'sqlite') {
    const path = project.schemaFiles[0] ?? project.evidence
    return {
      schema: null,
      from: null,
      notes: [
        {
          kind: 'dialect',
          blocking: false,
          path,
          line: 1,
          message: `Drizzle schemas for ${project.dialect} are not read.`,
        },
      ],
    }
  }
  // Nothing names a schema of migrations that were found by their journal alone.
  if (
    project.schemaFiles.length === 0 &&
    project.migrations !== null &&
    project.evidence.startsWith(project.migrations.folder)
  )
    return readLatestSnapshot(tree, project)
  const typescript = await evaluateSchema(tree, project, dialect, limits)
  if ('schema' in typescript && typescript.schema && typescript.schema.tables.size > 0) return typescript
  const snapshot = await readLatestSnapshot(tree, project)
  if ('schema' in typescript) {
    const path = project.schemaFiles[0] ?? project.evidence
    if (snapshot.schema && snapshot.schema.tables.size > 0)
      return withReason(snapshot, { reason: 'its files export no table', path, line: 1 })
    if (typescript.notes.length > 0) return typescript
    const message = 'The files of the Drizzle schema export no table.'
    return { ...typescript, notes: [{ kind: 'unresolved', blocking: false, path, line: 1, message }] }
  }
  return withReason(snapshot, typescript)
}

function withReason(snapshot: DrizzleRead, failure: Failure): DrizzleRead {
  const instead = snapshot.schema ? "; drizzle-kit's latest snapshot is read instead" : ''
  return {
    ...snapshot,
    notes: [
      {
        kind: 'unread',
        blocking: !snapshot.schema,
        path: failure.path,
        line: failure.line,
        message: `The Drizzle schema could not be evaluated: ${failure.reason}${instead}.`,
      },
      ...snapshot.notes,
    ],
  }
}

/** Answers by what was asked, so that a base and a head with the same schema are evaluated once. */
const answers = new Map<string, Promise<SandboxAnswer>>()
const keptAnswers = 16

function evaluated(dialect: Kit['dialect'], bundle: string, limits: SandboxLimits): Promise<SandboxAnswer> {
  const name = createHash('sha256')
    .update(`${dialect} ${limits.bytes} ${limits.milliseconds}\n`)
    .update(bundle)
    .digest('base64')
  const known = answers.get(name)
  if (known) return known
  // What failed may have failed for want of time, so it is tried again.
  const answer = evaluateBundle(dialect, bundle, limits).then((it) => {
    if ('error' in it) answers.delete(name)
    return it
  })
  answers.set(name, answer)
  for (const oldest of answers.keys()) {
    if (answers.size <= keptAnswers) break
    answers.delete(oldest)
  }
  return answer
}

/** Schemas of a tree that ran out of time: a hostile one may declare hundreds. */
const overruns = new WeakMap<Tree, number>()
const mostOverruns = 3

async function evaluateSchema(
  tree: Tree,
  project: Project,
  dialect: Kit['dialect'],
  limits: SandboxLimits,
): Promise<DrizzleRead | Failure> {
  const { casing } = project.settings
  if (casing !== 'computed') return evaluateWith(casing ?? null, tree, project, dialect, limits)
  // The latest snapshot tells in which case names are written.
  const plain = await evaluateWith(null, tree, project, dialect, limits)
  const { schema } = await readLatestSnapshot(tree, project)
  if (schema === null || !('schema' in plain) || unknownColumns(plain.schema, schema) === 0) return plain
  const snake = await evaluateWith('snake_case', tree, project, dialect, limits)
  return 'schema' in snake && unknownColumns(snake.schema, schema) < unknownColumns(plain.schema, schema)
    ? snake
    : plain
}

/** How many columns another schema does not have. */
function unknownColumns(of: Schema | null, other: Schema): number {
  return [...(of?.tables.values() ?? [])].reduce(
    (sum, table) =>
      sum +
      table.columns.filter(({ name }) => !other.tables.get(table.key)?.columns.some((column) => column.name === name))
        .length,
    0,
  )
}

async function evaluateWith(
  casing: GuestOptions['casing'],
  tree: Tree,
  project: Project,
  dialect: Kit['dialect'],
  limits: SandboxLimits,
): Promise<DrizzleRead | Failure> {
  const first = project.schemaFiles[0]
  if (first === undefined) return { reason: 'no file of it was found', path: project.evidence, line: 1 }
  const options: GuestOptions = {
    casing,
    v1: namesAsDrizzleV1(project),
  }
  if ((overruns.get(tree) ?? 0) >= mostOverruns)
    return { reason: `${mostOverruns} schemas of this commit ran out of time already`, path: first, line: 1 }
  const began = performance.now()
  const bundle = await bundleSchema(tree, project.schemaFiles, options)
  const answer = 'reason' in bundle ? null : await evaluated(dialect, bundle.text, limits)
  if ((answer === null || 'error' in answer) && performance.now() - began >= limits.milliseconds)
    overruns.set(tree, (overruns.get(tree) ?? 0) + 1)
  if ('reason' in bundle) return { reason: bundle.reason, path: bundle.path ?? first, line: bundle.line }
  if (answer === null || 'error' in answer)
    return failureAt(bundle, answer ?? { error: 'it gives no answer', site: null }, first)
  const kit = kitFromSandbox(answer.text)
  if (!kit) return { reason: 'what it evaluates to is no schema', path: first, line: 1 }
  const kept = project.settings.push ? ofFilters(kit, project) : kit
  return { ...(await schemaOfKit(kept, sourcesOf(bundle), first)), from: 'typescript' }
}

/** What `drizzle-kit push` looks at: the schemas and tables that the configuration's filters let through. */
function ofFilters(kit: Kit, { settings: { schemas = [], tables = [] } }: Project): Kit {
  const patterns = tables.map((text) => ({
    isNot: text.startsWith('!'),
    test: picomatch(text.replace(/^!/, ''), { maxLength: 1000 }),
  }))
  // A pattern with `!` lets every other name through, and one that matches takes back none of that.
  const isLet = (name: string) => {
    if (patterns.some(({ isNot, test }) => isNot && test(name))) return false
    return patterns.length === 0 || patterns.some(({ isNot, test }) => isNot || test(name))
  }
  return {
    ...kit,
    tables: kit.tables.filter(
      (it) => (schemas.length === 0 || schemas.includes(it.schema || 'public')) && isLet(it.name),
    ),
  }
}

function failureAt(
  bundle: Bundle,
  answer: { readonly error: string; readonly site: string | null },
  first: string,
): Failure {
  const place = placesOf(bundle)(answer.site)
  return { reason: answer.error, path: place?.path ?? first, line: place?.line ?? 1 }
}

/** Reads drizzle-kit's newest snapshot of a project; nothing where it keeps none. */
export async function readLatestSnapshot(tree: Tree, project: Project): Promise<DrizzleRead> {
  const nothing: DrizzleRead = { schema: null, notes: [], from: null }
  const path = await latestSnapshot(tree, project)
  const content = path === null ? undefined : (await tree.read([path])).get(path)
  if (path === null || !content) return nothing
  if (content.kind !== 'text')
    return {
      ...nothing,
      notes: [
        { kind: 'unread', blocking: false, path, line: 1, message: `The snapshot cannot be read: ${content.reason}.` },
      ],
    }
  const { schema, notes } = await readDrizzleSnapshot(content.text, path)
  return { schema, notes, from: schema ? 'snapshot' : null }
}

/** Reads one snapshot of drizzle-kit, `meta/NNNN_snapshot.json` or `<folder>/snapshot.json`, of format 5 or later. */
export async function readDrizzleSnapshot(
  text: string,
  path: string,
): Promise<{ readonly schema: Schema | null; readonly notes: readonly Note[] }> {
  const { kit, notes } = readKit(text, path)
  if (!kit) return { schema: null, notes }
  const read = await schemaOfKit(kit, noSources, path)
  return { schema: read.schema, notes: [...notes, ...read.notes] }
}

export async function latestSnapshot(tree: Tree, project: Project): Promise<string | null> {
  if (!project.migrations) return null
  const { folder, layout } = project.migrations
  const { entries } = await tree.list()
  const prefix = folder === '' ? '' : `${folder}/`
  const files = entries.map((it) => it.path).filter((it) => it.startsWith(prefix))
  if (layout === 'drizzle-folders')
    return readDrizzleFolders(folder, files).findLast((it) => it.snapshot !== null)?.snapshot ?? null
  const snapshots = files.filter((it) => /^meta\/[^/]*_snapshot\.json$/.test(it.slice(prefix.length))).toSorted()
  const journalPath = `${prefix}meta/_journal.json`
  const content = (await tree.read([journalPath])).get(journalPath)
  const journal = content?.kind === 'text' ? readDrizzleJournal(content.text, journalPath, files).journal : null
  const last = journal?.entries.at(-1)
  const named = last && snapshots.find((it) => it === `${prefix}meta/${last.tag.split('_')[0] ?? ''}_snapshot.json`)
  return named ?? snapshots.at(-1) ?? null
}
