import type { ChangedFile } from '../../changeset/tree.ts'
import type { Finding } from '../../finding.ts'
import { anchorOf, type Anchor } from './anchors.ts'

/** Inline comments of one rule in one file where not all have a place: what is said again and again leaves it to the rest. */
const mostAlike = 5

/** A finding that may have an inline comment. */
export interface Commentable {
  readonly finding: Finding
  readonly anchor: Anchor
  /** Findings of the same rule in the same file that have none; the comment of the last one that has says so. */
  readonly rest: readonly Finding[]
}

/**
 * The findings that an inline comment can show; where they are more than `max`, the first few of each rule and file. It depends on the
 * report, the diff and the configuration alone, so that a comment says the same for as long as they do.
 */
export function gathered(
  findings: readonly Finding[],
  files: readonly ChangedFile[],
  max: number,
): ReadonlyMap<string, Commentable> {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const groups = new Map<string, { readonly finding: Finding; readonly anchor: Anchor }[]>()
  for (const finding of findings) {
    const anchor = anchorOf(finding, byPath)
    const group = `${finding.rule} ${finding.place.path}`
    if (anchor !== null) groups.set(group, [...(groups.get(group) ?? []), { finding, anchor }])
  }
  const isMany = [...groups.values()].flat().length > max
  const shown = [...groups.values()].flatMap((all) => {
    if (!isMany) return all.map((each) => ({ ...each, rest: [] }))
    const rest = all.slice(mostAlike).map(({ finding }) => finding)
    return all.slice(0, mostAlike).map((each, i) => ({ ...each, rest: i === mostAlike - 1 ? rest : [] }))
  })
  return new Map(shown.map((each) => [each.finding.fingerprint, each]))
}
