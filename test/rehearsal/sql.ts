import type { Transaction } from '../../src/step.ts'
import { parseSync } from 'libpg-query'
import { placeOf, sourceFile } from '../../src/location.ts'
import { rehearsalRequest } from '../../src/rehearsal/request.ts'
import type { RequestParts } from '../../src/rehearsal/request.ts'
import type { RehearsalRequest } from '../../src/rehearsal/types.ts'
import { loadParser } from '../../src/sql/parser.ts'
import type { Statement } from '../../src/sql/statement.ts'

await loadParser()

/** Statements given one by one, as if each stood in a line of its own in one file. */
export function statements(texts: readonly string[], path = 'm.sql'): readonly Statement[] {
  const file = sourceFile(path, texts.map((text) => `${text};`).join('\n'))
  let start = 0
  return texts.map((text): Statement => {
    const node = parseSync(text).stmts?.[0]?.stmt
    if (node === undefined) throw new Error(`no statement in ${text}`)
    const from = start
    start += text.length + 2
    return {
      file,
      text,
      start: from,
      end: from + text.length,
      place: placeOf(file, from, from + text.length),
      node,
      kind: Object.keys(node)[0] ?? '',
      inside: null,
      conditional: false,
    }
  })
}

/** One transaction a statement, or one for all. */
export function transactions(count: number, together: boolean | null): readonly Transaction[] {
  return Array.from({ length: count }, (_, id) => ({
    id: together === false ? id : 0,
    block: together,
    because: 'the test says so',
    survivesFailure: together === false,
  }))
}

/** A request whose base and steps are given as texts; `together` puts all steps into one transaction block. */
export function requestOf(
  base: readonly string[],
  steps: readonly string[],
  together: boolean | null = false,
  more: Partial<RequestParts> = {},
): RehearsalRequest {
  const parsed = statements(steps)
  const ids = transactions(steps.length, together)
  return rehearsalRequest({
    base: base.length === 0 ? [] : [{ path: 'base.sql', statements: statements(base, 'base.sql') }],
    steps: parsed.map((statement, index) => ({
      statement,
      transaction: ids[index] ?? { id: index, block: false, because: '', survivesFailure: true },
    })),
    ...more,
  })
}
