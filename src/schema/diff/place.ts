import type { Place } from '../../location.ts'
import type { Declaration } from '../model.ts'

/** Where an object is declared, as a reviewer would point at it: in the ORM's schema, else in the latest migration; else where what holds it is. */
export function placeOfDeclared(declared: readonly Declaration[], holder: readonly Declaration[] = []): Place {
  const list = declared.length ? declared : holder
  const of = list.findLast((d) => d.source !== 'migrations') ?? list.at(-1)
  return of
    ? { path: of.path, line: of.line, column: of.column, endLine: of.endLine, endColumn: of.endColumn }
    : { path: '', line: 1, column: 1, endLine: 1, endColumn: 1 }
}
