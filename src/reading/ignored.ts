import type { Note } from '../finding.ts'
import type { IgnoredSql } from '../project/sql-project.ts'

/** Why a changed file of SQL was not reviewed; nothing where that goes without saying. */
export function ignoredNote({ path, reason, runner }: IgnoredSql): readonly Note[] {
  const note = (kind: Note['kind'], message: string): readonly Note[] => [
    { kind, blocking: false, path, line: 1, message },
  ]
  const consequence = runner ? `${runner} passes it over` : 'when it runs is not known'
  switch (reason) {
    case 'another dialect':
      return note('dialect', 'The file is written for another database than PostgreSQL and is not reviewed.')
    case 'extension':
      return note(
        'unsupported',
        'CREATE EXTENSION runs this script as a whole, and no migration does: it is not reviewed.',
      )
    case 'no number':
      return note(
        'unsupported',
        `The file is not named as the migrations beside it are: ${consequence}, and it was not reviewed.`,
      )
    case 'no folder':
      return note(
        'unsupported',
        `The migrations beside this file are folders that hold an \`up.sql\`: ${consequence}, and it was not reviewed.`,
      )
    case 'callback':
      return note('unsupported', 'This is a callback, which Flyway runs beside every migration: it was not reviewed.')
    case 'no plan':
      return note(
        'unsupported',
        '`sqitch.plan` does not name this script: Sqitch does not deploy it, and it was not reviewed.',
      )
    default:
      return []
  }
}
