import { comparePlaces } from '../location.ts'
import { compareSeverities } from './conclusion.ts'
import type { Draft } from './draft.ts'

/** Places that help names besides the finding's own. */
const listed = 8

/**
 * Problems that one and the same index mends, or that their rule calls alike, told once: at the loudest of them, the others listed in
 * its help, with the index that each wants where that is another one. Then what one query lacks is one, too, with the words of the others
 * behind its help. Those that a suppression silences where they stand are left as they are.
 */
export function gathered(drafts: readonly Draft[], silenced: (draft: Draft) => boolean): readonly Draft[] {
  const ofOneIndex = merged(drafts, ofAlike, ({ rule, problem: { alike, index }, project }) =>
    alike === undefined && index === undefined
      ? null
      : alike === undefined
        ? [project, index]
        : [rule.id, project, alike],
  )
  return merged(ofOneIndex, withWords, ({ rule, problem: { index }, project, place: { path, line, column } }) =>
    index === undefined ? null : [rule.id, project, path, line, column],
  )

  /** The drafts, with all of one key, null for none, made one. */
  function merged(
    all: readonly Draft[],
    merge: (first: Draft, others: readonly Draft[]) => Draft,
    keyOf: (draft: Draft) => readonly unknown[] | null,
  ): readonly Draft[] {
    const groups = new Map<string, Draft[]>()
    for (const draft of all) {
      const key = silenced(draft) ? null : keyOf(draft)
      if (key !== null) groups.set(JSON.stringify(key), [...(groups.get(JSON.stringify(key)) ?? []), draft])
    }
    const told = new Map<Draft, Draft | null>()
    for (const group of groups.values()) {
      const [first, ...others] = group.toSorted(
        (a, b) => compareSeverities(a.severity, b.severity) || comparePlaces(a.place, b.place),
      )
      if (first === undefined || others.length === 0) continue
      for (const other of others) told.set(other, null)
      told.set(first, merge(first, others))
    }
    return all.flatMap((draft) => {
      const instead = told.get(draft)
      return instead === undefined ? [draft] : instead === null ? [] : [instead]
    })
  }
}

function withWords(draft: Draft, others: readonly Draft[]): Draft {
  const helpOf = ({ problem, rule }: Draft): string => problem.help ?? rule.fix
  const more = others.map((other) => `${other.problem.message}\n\n${helpOf(other)}`)
  return { ...draft, problem: { ...draft.problem, help: [helpOf(draft), ...more].join('\n\n') } }
}

/** One draft for what its rule calls alike: in the words that the rule has for all of them, or with the places of the others. */
function ofAlike(first: Draft, others: readonly Draft[]): Draft {
  const { suggestion: _, together, ...problem } = first.problem
  return together === undefined
    ? withPlaces(first, others)
    : { ...first, problem: { ...problem, together, ...together([first, ...others].map(({ object }) => object)) } }
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
