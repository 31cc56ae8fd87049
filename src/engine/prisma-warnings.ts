import type { Step } from '../step.ts'
import type { Note, Warned } from '../finding.ts'
import { subjectOf, tableOf, type Change } from '../schema/change.ts'
import { nameOf } from '../schema/model.ts'
import { readPrismaWarnings, type PrismaWarning, type PrismaWarningKind } from '../schema/prisma/warnings.ts'
import type { Draft } from './draft.ts'

/** The rules that say what a line of Prisma's header says, the one that says it best first. */
const rules: Readonly<Record<Exclude<PrismaWarningKind, 'other'>, readonly string[]>> = {
  dropTable: ['no-used-table-drop', 'no-drop-table'],
  dropColumn: ['no-used-column-drop', 'no-drop-column', 'no-drop-and-recreate-column'],
  recreateColumn: ['no-drop-and-recreate-column', 'no-used-column-drop', 'no-drop-column'],
  recreateRequiredColumn: [
    'no-drop-and-recreate-column',
    'no-required-column-without-default',
    'no-used-column-drop',
    'no-drop-column',
  ],
  castColumn: ['no-lossy-type-change'],
  castMayFail: ['no-lossy-type-change', 'no-type-change-rewrite'],
  changePrimaryKey: ['no-drop-primary-key', 'require-primary-key-using-index', 'no-drop-constraint'],
  addUnique: ['no-unique-over-duplicates'],
  removeEnumValues: ['no-used-enum-value-drop', 'no-enum-recreate', 'no-lossy-type-change'],
  addRequiredColumn: ['no-required-column-without-default', 'no-set-not-null-scan'],
  addRequiredColumnWithClientDefault: ['no-required-column-without-default', 'no-set-not-null-scan'],
  makeRequired: ['no-set-not-null-scan'],
  scalarToList: ['no-lossy-type-change', 'no-type-change-rewrite', 'no-drop-and-recreate-column'],
}

/**
 * Holds the headers that Prisma writes above risky migrations against what the rules found: the finding at the statement that a line is
 * about carries the line. A line whose statement was edited away, or that the rules know to be harmless (a new column that holds no
 * duplicates), adds nothing; one that no rule can read is a note.
 */
export function joinPrismaWarnings(
  drafts: readonly Draft[],
  steps: readonly Step[],
): { readonly warned: ReadonlyMap<Draft, Warned>; readonly notes: readonly Note[] } {
  const warned = new Map<Draft, Warned>()
  const notes: Note[] = []
  for (const [path, own] of stepsByFile(steps)) {
    const file = own[0]?.statement.file
    if (file === undefined) continue
    for (const warning of readPrismaWarnings(file)) {
      const { message, place } = warning
      if (warning.kind === 'other') {
        notes.push({
          kind: 'unresolved',
          blocking: false,
          path,
          line: place.line,
          message: `The header of the migration warns of something that no rule can check: "${message}"`,
        })
        continue
      }
      const about = own.filter((step) => step.changes.some((change) => isAbout(change, warning)))
      const said = rules[warning.kind].flatMap((id) =>
        drafts.filter(
          (draft) =>
            draft.rule.id === id && draft.step !== null && about.includes(draft.step) && speaksOf(draft, warning),
        ),
      )
      const first = said.find((draft) => !warned.has(draft))
      if (first !== undefined) warned.set(first, { line: place.line, message })
    }
  }
  return { warned, notes }
}

function stepsByFile(steps: readonly Step[]): ReadonlyMap<string, readonly Step[]> {
  const files = new Map<string, Step[]>()
  for (const step of steps) files.set(step.migration.path, [...(files.get(step.migration.path) ?? []), step])
  return files
}

/** True for a change that does what the line warns of. */
function isAbout(change: Change, warning: PrismaWarning): boolean {
  if (warning.enum !== null) {
    const { name } = warning.enum
    return change.kind === 'alterColumnType'
      ? change.from.type?.includes(name) === true
      : 'object' in change && nameOf(change.object).startsWith(name)
  }
  const table = tableOf(change)
  if (table === undefined || nameOf(table) !== warning.table) return false
  switch (warning.kind) {
    case 'dropTable':
      return change.kind === 'dropTable'
    case 'changePrimaryKey':
      return (
        change.kind === 'addPrimaryKey' ||
        (change.kind === 'dropConstraint' && change.constraint?.type === 'primaryKey')
      )
    case 'addUnique': {
      const columns =
        change.kind === 'addUnique'
          ? change.to.columns
          : change.kind === 'addIndex' && change.index.unique
            ? change.index.keys.map((each) => each.column)
            : []
      return columns.length === warning.columns.length && columns.every((column, i) => column === warning.columns[i])
    }
    case 'dropColumn':
    case 'recreateColumn':
    case 'recreateRequiredColumn':
      return (change.kind === 'dropColumn' || change.kind === 'addColumn') && subjectOf(change) === warning.columns[0]
    case 'castColumn':
    case 'castMayFail':
    case 'scalarToList':
      return (
        (change.kind === 'alterColumnType' || change.kind === 'addColumn') && subjectOf(change) === warning.columns[0]
      )
    default:
      return (change.kind === 'addColumn' || change.kind === 'setNotNull') && subjectOf(change) === warning.columns[0]
  }
}

/** True where one of several findings at a statement is about the column that the line names. */
function speaksOf(draft: Draft, warning: PrismaWarning): boolean {
  const [column] = warning.columns
  if (column === undefined || warning.kind === 'addUnique') return true
  return draft.object.endsWith(`.${column}`) || draft.problem.message.includes(`\`${column}\``)
}
