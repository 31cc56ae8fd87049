import type { Note } from '../finding.ts'
import { dialectNames, type Dialect } from './dialect.ts'

/** Says that a declared schema is for another database than Postgres. */
export function dialectNote(dialect: Dialect, path: string, line: number): Note {
  return {
    kind: 'dialect',
    blocking: false,
    path,
    line,
    message: `The schema is for ${dialectNames[dialect]}: it is read from its text alone, and only the rules that hold for every database look at it.`,
  }
}
