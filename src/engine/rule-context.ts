import type { Step } from '../step.ts'
import { showsLines } from '../changeset/hunks.ts'
import { spelled, suggestionFor, type SchemaEdit } from '../schema/edit.ts'
import { nameOf, schemaOf, type Key } from '../schema/model.ts'
import type { Newness } from './newness.ts'
import { namedRows, rowsOf, sizeOf } from './size.ts'
import type { RuleContext } from './rule.ts'
import type { RuleInput } from './rule-input.ts'

/** What a rule may ask at a moment of the pull request. */
export function contextOf(
  input: RuleInput,
  options: Readonly<Record<string, unknown>>,
  step: Step | null,
  newness: Newness,
  transaction: readonly Step[],
): RuleContext {
  const { before, config } = input
  const rows = (table: Key) => rowsOf(config, table, before.defaultSchema)
  return {
    project: input.project,
    dialect: input.project.dialect,
    postgres: input.postgres,
    postgresAssumed: input.postgresAssumed,
    postgresMinor: input.postgresMinor,
    runner: input.project.runner,
    before,
    after: input.after,
    declared: input.declared,
    declaredBefore: input.declaredBefore,
    step,
    steps: input.steps,
    transaction,
    history: input.history,
    queries: input.queries,
    ...(input.code ? { code: input.code } : {}),
    files: input.files,
    migrated: input.migrated,
    journal: input.journal,
    ...(input.lock ? { lock: input.lock } : {}),
    orphans: input.orphans,
    roundTrips: input.roundTrips,
    ...(input.reruns ? { reruns: input.reruns } : {}),
    sqlProblems: input.sqlProblems,
    migrationsChanged: input.migrationsChanged,
    ...(input.merged ? { merged: input.merged } : {}),
    generated: input.generated,
    isNew: (table) =>
      newness.tables.has(table) ||
      step?.before.tables.get(table)?.persistence === 'temporary' ||
      step?.changes.some((change) => change.kind === 'createTable' && change.table === table) === true,
    isNewColumn: (table, column) => newness.tables.has(table) || newness.columns.has(`${table}.${column}`),
    rows,
    isSized: (table) => namedRows(config, table, before.defaultSchema) !== undefined,
    size: (table) => sizeOf(config, rows(table)),
    edit: (edit) => editIn(input, edit),
    text: (path) => input.texts.get(path),
    name: (table) =>
      input.project.dialect === 'sqlite' ||
      ['', before.defaultSchema, input.after.defaultSchema].includes(schemaOf(table))
        ? nameOf(table)
        : table,
    options,
    alone: input.alone,
  }
}

function editIn(input: RuleInput, edit: SchemaEdit): ReturnType<RuleContext['edit']> {
  const word = input.declared && spelled(edit, input.declared)
  if (!input.declared || word === null) return null
  const suggestion = suggestionFor(edit, input.declared, (path) => input.texts.get(path))
  const file = input.files.find(({ path }) => path === suggestion?.path)
  return {
    spelled: word,
    suggestion: suggestion && file && showsLines(file, suggestion.line, suggestion.endLine) ? suggestion : null,
  }
}
