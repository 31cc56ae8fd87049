import { fail, none, pass, places, reasonsIn, unknown } from '../../engine/decided.ts'
import { at } from '../../location.ts'
import type { Place } from '../../location.ts'
import type { Step } from '../../step.ts'
import { asksFor } from '../asked.ts'
import { some } from './seen.ts'
import type { Answers } from './seen.ts'

/** What the pull request says of its changes to the schema, and whether code asks for what it adds. */
export const changeAnswers: Answers<'decisions-documented' | 'query-patterns-before-indexes'> = {
  'decisions-documented'(seen) {
    const silent = seen.findings.filter(
      (f) => f.rule === 'require-suppression-reason' || (f.approval?.state === 'given' && f.approval.reason === null),
    )
    if (silent.length > 0) return fail(`no reason is given: ${places(silent)}`)
    const wanted = seen.findings.filter(
      (f) => f.suppressed === null && (f.rule === 'require-decision' || f.rule === 'require-comment'),
    )
    if (wanted.length > 0) return fail(`nothing says why: ${places(wanted)}`)
    const reasons = reasonsIn(seen.findings)
    if (reasons !== null) return reasons
    const changes = seen.projects.flatMap((p) => p.steps).filter((s) => s.changes.length > 0)
    if (changes.length === 0) return none('the schema does not change')
    const written = seen.files.find(
      (f) =>
        f.status !== 'deleted' &&
        /(?:^|\/)(?:adrs?|rfcs?|decisions?)\/.*\.mdx?$|(?:^|\/)docs?\/(?:[^/]+\/)*[\w-]*(?:database|schema|migration|data-model)[\w-]*(?:\/[^/]+)?\.mdx?$|(?:^|\/)(?:ADR|DECISIONS)[\w-]*\.md$/i.test(
          f.path,
        ),
    )
    if (written !== undefined)
      return pass(`written down at ${at({ path: written.path, line: written.hunks?.[0]?.added[0] ?? 1 })}`)
    const commented = changes.find((s) => hasComment(s))
    if (commented !== undefined) return pass(`said beside the statement at ${at(commented.statement.place)}`)
    return unknown(`no file of this pull request says why: ${places(changes.map((s) => s.statement))}`)
  },

  'query-patterns-before-indexes'(seen) {
    const added = seen.projects.flatMap((p) =>
      p.steps.flatMap((step) =>
        step.changes.flatMap((c) =>
          c.kind === 'addIndex' && !c.index.unique
            ? [{ index: c.index, table: c.table, place: c.place, project: p }]
            : [],
        ),
      ),
    )
    if (added.length === 0) return none('no index is added for queries')
    // What a test asks for, nobody waits for.
    const queries = seen.queries.filter(({ context }) => context.file !== 'test')
    const uses: { place: Place }[] = []
    for (const one of added) {
      const table = one.project.after.tables.get(one.table)
      if (table === undefined || !table.indexes.some((i) => i.name === one.index.name)) continue
      const query = queries.find((q) => asksFor(q, table, one.index))
      if (query !== undefined) {
        uses.push({ place: query.place })
        continue
      }
      const [key] = one.index.keys
      if (table.foreignKeys.some((f) => f.columns[0] === key?.column)) {
        uses.push({ place: one.place })
        continue
      }
      const dynamic = queries.filter((q) => q.dynamic && q.tables.some((t) => t.table === one.table))
      if (dynamic.length > 0)
        return unknown(
          `a query that is put together at run time may ask for \`${one.index.name}\` (${places([one])}): ${places(dynamic)}`,
        )
      if (queries.length === 0 || seen.partial === true)
        return unknown(`no query could be read that would ask for \`${one.index.name}\`: ${places([one])}`)
      const [other] = seen.facts.unread
      if (other !== undefined)
        return unknown(`queries of ${other} are not read, and may ask for \`${one.index.name}\`: ${places([one])}`)
      return fail(`no query of the repository asks for \`${one.index.name}\`: ${places([one])}`)
    }
    // An index that goes again with its column is asked for by nobody and hurts nobody.
    if (uses.length === 0) return none('no index is added for queries')
    return pass(`${some(uses.length, 'index', 'indexes')} that queries or foreign keys ask for: ${places(uses)}`)
  },
}

function hasComment(step: Step): boolean {
  const { file, start } = step.statement
  const before = file.text.slice(0, start).trimEnd()
  const line = before.slice(before.lastIndexOf('\n') + 1).trim()
  return (
    /^--\s*\S+\s+\S+\s+\S+/.test(line) &&
    !/schemagate-ignore|CreateTable|AlterTable|CreateIndex|AddForeignKey|DropTable|CreateEnum|AlterEnum|RenameIndex|DropIndex|DropForeignKey|statement-breakpoint|\+goose|migrate:/.test(
      line,
    )
  )
}
