import { comparePlaces } from '../location.ts'
import { compareSeverities } from './conclusion.ts'
import type { Draft } from './draft.ts'

/** Places that help names besides the finding's own. */
const listed = 8

/**
 * Problems that one and the same index mends, or that their rule calls alike, told once: at the loudest of them, the others listed in
 * its help, with the index that each wants where that is another one. Those that a suppression silences where they stand are left as they are.
 */
export function gathered(drafts: readonly Draft[], silenced: (draft: Draft) => boolean): readonly Draft[] {
  const groups = new Map<string, Draft[]>()
  for (const draft of drafts) {
    const { rule, problem, project } = draft
    const { alike, index, help } = problem
    if ((alike === undefined && index === undefined) || silenced(draft)) continue
    const key = JSON.stringify([rule.id, project, ...(alike === undefined ? [index, help] : [alike])])
    groups.set(key, [...(groups.get(key) ?? []), draft])
  }
  const told = new Map<Draft, Draft | null>()
  for (const group of groups.values()) {
    const [first, ...others] = group.toSorted(
      (a, b) => compareSeverities(a.severity, b.severity) || comparePlaces(a.place, b.place),
    )
    if (first === undefined || others.length === 0) continue
    for (const other of others) told.set(other, null)
    told.set(first, first.problem.together === undefined ? withPlaces(first, others) : together(first, group))
  }
  return drafts.flatMap((draft) => {
    const instead = told.get(draft)
    return instead === undefined ? [draft] : instead === null ? [] : [instead]
  })
}

/** One draft in the words that its rule has for all of them. */
function together(first: Draft, group: readonly Draft[]): Draft {
  const { suggestion: _, ...problem } = first.problem
  return { ...first, problem: { ...problem, ...first.problem.together?.(group.map(({ object }) => object)) } }
}

function withPlaces(draft: Draft, others: readonly Draft[]): Draft {
  const at = ({ place }: Draft): string => `\`${place.path}:${place.line}\``
  const own = draft.problem.index
  const wants = ({ problem: { index } }: Draft): string =>
    index === undefined || own === undefined || index === own ? '' : `: \`${index}\``
  const places = [
    ...new Set(others.filter((other) => at(other) !== at(draft)).map((other) => `${at(other)}${wants(other)}`)),
  ]
  if (places.length === 0) return draft
  const more = places.length - listed
  const count = (one: string, many: string): string =>
    places.length === 1 ? `one more ${one}` : `${places.length} more ${many}`
  const lead =
    draft.problem.alike === undefined
      ? `The same index serves ${count('query', 'queries')} of this change`
      : `The same holds for ${count('place', 'places')} of this change`
  const words = `${lead}:\n\n${places
    .slice(0, listed)
    .map((place) => `- ${place}`)
    .join('\n')}${more > 0 ? `\n- and ${more} more` : ''}`
  return { ...draft, problem: { ...draft.problem, help: `${draft.problem.help ?? draft.rule.fix}\n\n${words}` } }
}
