import type { Node, RangeVar } from 'libpg-query'
import type { Migration, Step, Transaction } from '../step.ts'
import type { Note } from '../finding.ts'
import type { ChangeSet } from '../changeset/tree.ts'
import { placeAfter } from '../changeset/hunks.ts'
import { declarationOf, partDeclarationOf } from '../engine/declared.ts'
import { sourceFile, startOf, type Place } from '../location.ts'
import type { Project } from '../project/project.ts'
import type { Change } from '../schema/change.ts'
import { diffSchemas } from '../schema/diff/diff.ts'
import { key } from '../schema/model.ts'
import type { Schema } from '../schema/model.ts'
import { items, text, writtenIn, writtenOf } from '../schema/replay/nodes.ts'
import { printChanges } from '../schema/sql/changes.ts'
import { prismaSql } from '../schema/prisma.ts'
import { replaySteps } from '../schema/replay.ts'
import { readSql } from '../sql/read.ts'
import type { Statement } from '../sql/statement.ts'
import { textsOf } from './texts.ts'

/** The steps that the ORM would write to come from one declared schema to another; they stand where the schema declares what they change. */
export async function generatedSteps(
  project: Project,
  was: Project | null,
  changeSet: ChangeSet,
  from: Schema,
  to: Schema,
  postgres: number,
): Promise<{ readonly steps: readonly Step[]; readonly after: Schema; readonly notes: readonly Note[] }> {
  const [first = project.evidence] = project.schemaFiles
  const written =
    project.orm === 'prisma'
      ? await prismaSql(
          was ? await textsOf(changeSet.base, was.schemaFiles) : null,
          await textsOf(changeSet.head, project.schemaFiles),
          project.settings.external,
        )
      : { sql: printChanges(diffSchemas(from, to), from, to), notes: [] }
  const { statements } = readSql(sourceFile(first, written.sql))
  const migration: Migration = { name: 'schema', path: first, statements, down: null, isNew: true }
  const transactions = statements.map((_, id): Transaction => ({
    id,
    block: false,
    because: 'each statement is sent alone',
    survivesFailure: true,
  }))
  const replayed = replaySteps(withListedSchemas(project, was, from), [migration], transactions, {
    postgres,
    source: project.orm ?? 'migrations',
  })
  const place = (change: Change): Place => declaredPlace(change, from, to, changeSet) ?? startOf(first)
  const known = asDeclared(to)
  const steps = replayed.steps.map((step): Step => {
    const changes = step.changes.map((change) => ({ ...change, place: place(change) }))
    const at = changes[0]?.place ?? placeOfTarget(step, from, to, changeSet) ?? startOf(first)
    return {
      ...step,
      changes,
      before: known(step.before),
      after: known(step.after),
      statement: { ...step.statement, place: at, file: sourceFile('', written.sql) },
    }
  })
  // Nobody sees the line of the SQL that a note of the replay names.
  const notes = replayed.notes.map((note): Note => {
    const i = statements.findLastIndex(({ place: { line } }) => line <= note.line)
    const { path, line } = steps[i]?.statement.place ?? startOf(first)
    const why = steps[i]?.refused
    return {
      ...note,
      path,
      line,
      message:
        why === undefined
          ? note.message
          : `${project.orm === 'prisma' ? 'what Prisma writes for' : 'the SQL of'} this change cannot succeed: ${why} (\`${statements[i]?.text}\`)`,
    }
  })
  return { steps, after: known(replayed.after), notes: [...written.notes, ...notes] }
}

/** Gives the schemas on the way to a declared one what SQL cannot say: of which tables not all is known. */
function asDeclared(to: Schema): (of: Schema) => Schema {
  const partly = [...to.tables.values()].filter((table) => !table.complete)
  const made = new Map<Schema, Schema>()
  return (of) => {
    const there = partly.flatMap(({ key: at }) => of.tables.get(at) ?? [])
    if (there.length === 0) return of
    const schema = made.get(of) ?? {
      ...of,
      tables: new Map([...of.tables, ...there.map((table) => [table.key, { ...table, complete: false }] as const)]),
    }
    made.set(of, schema)
    return schema
  }
}

/** Where the schemas declare the table that a statement without changes is about. */
function placeOfTarget({ statement }: Step, from: Schema, to: Schema, changeSet: ChangeSet): Place | null {
  const [{ relation, objects } = {}] = Object.values(statement.node) as { relation?: RangeVar; objects?: Node[] }[]
  if ('CreateFunctionStmt' in statement.node) return null
  const { schema, name } = relation ? writtenOf(relation) : writtenIn(items(objects?.[0]).map(text))
  const at = key(schema ?? to.defaultSchema, name)
  const [now, was] = [to.tables.get(at)?.declared[0], from.tables.get(at)?.declared[0]]
  return now ?? (was ? placeAfter(changeSet.files, was) : null)
}

/** Where the schemas declare what a change is about: its part before its table, today's before that of the base. */
function declaredPlace(change: Change, from: Schema, to: Schema, changeSet: ChangeSet): Place | null {
  const gone = (place: Place | null): Place | null => place && placeAfter(changeSet.files, place)
  return (
    partDeclarationOf(to, change) ??
    gone(partDeclarationOf(from, change)) ??
    declarationOf(to, change) ??
    gone(declarationOf(from, change))
  )
}

/** The changes between two declared schemas of another database than Postgres, one a step without SQL: what holds for every database looks at them. */
export function stepsWithoutSql(project: Project, changeSet: ChangeSet, from: Schema, to: Schema): readonly Step[] {
  const [first = project.evidence] = project.schemaFiles
  const migration: Migration = { name: 'schema', path: first, statements: [], down: null, isNew: true }
  return diffSchemas(from, to).map((change, id): Step => {
    const place = declaredPlace(change, from, to, changeSet) ?? startOf(first)
    const statement: Statement = {
      file: sourceFile(place.path, ''),
      text: '',
      start: 0,
      end: 0,
      place,
      node: {} as Node,
      kind: '',
      inside: null,
      conditional: false,
    }
    const transaction = { id, block: false, because: 'nothing is known of its transaction', survivesFailure: true }
    return {
      statement,
      migration,
      changes: [{ ...change, place }],
      before: from,
      after: to,
      transaction,
      observation: null,
    }
  })
}

/** A Postgres schema that Prisma's datasource lists on both sides is there, whether or not it holds something yet. */
function withListedSchemas(project: Project, was: Project | null, schema: Schema): Schema {
  if (project.orm !== 'prisma') return schema
  const listed = (was?.settings.schemas ?? []).filter((name) => project.settings.schemas?.includes(name))
  return listed.length > 0 ? { ...schema, schemas: new Set([...schema.schemas, ...listed]) } : schema
}
