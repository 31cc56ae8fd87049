import type { CheckRunText } from '../../report/check-run.ts'
import type { PullState } from '../reading/pull-request.ts'

const rank: Readonly<Record<string, number>> = { failure: 2, action_required: 1 }

/**
 * GitHub keeps one check for a commit, whichever pull request it was written for. Where the same commit is the head of another open
 * one, what stops that one stays in force: else a second pull request, into a branch that has the change already, would let it through.
 */
export function withOthersOfHead(text: CheckRunText, others: PullState['othersOfHead']): CheckRunText {
  const [worst] = [...others].sort((a, b) => (rank[b.conclusion] ?? 0) - (rank[a.conclusion] ?? 0))
  if (worst === undefined || (rank[worst.conclusion] ?? 0) <= (rank[text.conclusion] ?? 0)) return text
  return {
    ...text,
    conclusion: worst.conclusion,
    title: `Stopped by #${worst.number}, which has the same head commit`,
    summary: `**Stopped by #${worst.number}:** it has the same head commit, and GitHub keeps one check for both. What stops it stands there. Give this pull request a commit of its own, or close that one.\n\n${text.summary}`,
  }
}
