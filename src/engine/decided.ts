import type { Config } from '../config.ts'
import type { Finding } from '../finding.ts'
import { at } from '../location.ts'
import type { Place } from '../location.ts'
import type { ChecklistEntry, ChecklistItem } from './checklist.ts'

export type ChecklistAnswer = Omit<ChecklistEntry, 'item'>

/** What people and deployments decide about a change. */
export interface Deciding {
  readonly findings: readonly Finding[]
  readonly config: Pick<Config, 'backup' | 'staging'>
  /** Labels of the pull request; left out where there is none. */
  readonly labels?: readonly string[]
  /** Whether the head commit runs in the staging environment; left out where nobody asked. */
  readonly staging?: 'deployed' | 'missing'
}

/** Answers the items of the checklist that people and deployments decide. */
export const decided = {
  backup({ findings, config, labels }) {
    const lossy = findings.filter((f) => f.approvable && f.group === 'data-loss')
    if (lossy.length === 0) return none('nothing is dropped or overwritten')
    const destructive = lossy.filter(isDestructive)
    if (destructive.length === 0) return none(`nothing is lost that wants an approval: ${places(lossy)}`)
    const { require } = config.backup
    if (require === 'off')
      return unknown(`asking for a backup is switched off in the configuration: ${places(destructive)}`)
    if (typeof require === 'object' && labels === undefined)
      return unknown(`the label \`${require.label}\` on the pull request decides: ${places(destructive)}`)
    const missing = destructive.filter((f) => f.approval?.state !== 'given' && f.suppressed === null)
    if (missing.length > 0) return fail(`nobody has approved what loses data: ${places(missing)}`)
    const first = destructive.find((f) => f.approval !== null)?.approval
    return pass(
      `approved${first?.by ? ` by \`${first.by}\`` : ''}${first?.reason ? ` (${first.reason})` : ''}: ${places(destructive)}`,
    )
  },
  staging({ findings, config, labels, staging }) {
    if (config.staging === null)
      return none('no staging environment is configured (`staging` in `.github/schemagate.yml`)')
    const { environment, label } = config.staging
    const destructive = findings.filter(isDestructive)
    if (destructive.length === 0)
      return none(`nothing is dropped or overwritten, so \`${environment ?? 'staging'}\` need not have run it`)
    if (label !== null && labels?.includes(label) === true)
      return pass(`the label \`${label}\` says that it was tested: ${places(destructive)}`)
    if (environment === null)
      return labels === undefined
        ? unknown(`the label \`${label}\` on the pull request decides: ${places(destructive)}`)
        : fail(`the label \`${label}\` is missing: ${places(destructive)}`)
    if (staging === 'deployed') return pass(`this commit was deployed to \`${environment}\`: ${places(destructive)}`)
    if (staging === 'missing') return fail(`this commit was not deployed to \`${environment}\`: ${places(destructive)}`)
    return unknown(`deployments to \`${environment}\` are not known here: ${places(destructive)}`)
  },
} as const satisfies Partial<Readonly<Record<ChecklistItem, (seen: Deciding) => ChecklistAnswer>>>

/** Where suppressions and approvals say why; null where none does. */
export function reasonsIn(findings: readonly Finding[]): ChecklistAnswer | null {
  const reasoned = findings.filter(
    (f) => (f.suppressed !== null && f.suppressed.reason !== '') || f.approval?.state === 'given',
  )
  if (reasoned.length === 0) return null
  const lines = reasoned.slice(0, 3).map((f) => at({ path: f.place.path, line: f.suppressed?.line || f.place.line }))
  return pass(`reasons stand at ${lines.join(', ')}`)
}

/** Answers a checklist anew with what was decided after it was made. */
export function withDecisions(checklist: readonly ChecklistEntry[], seen: Deciding): readonly ChecklistEntry[] {
  return checklist.map((entry) => {
    if (entry.item === 'backup' || entry.item === 'staging') return { ...entry, ...decided[entry.item](seen) }
    const reasons =
      entry.item === 'decisions-documented' && entry.status === 'unknown' ? reasonsIn(seen.findings) : null
    return reasons === null ? entry : { ...entry, ...reasons }
  })
}

/** `src/db.ts:12, src/db.ts:40 and 3 more`. */
export function places(list: readonly { readonly place: Place }[], most = 3): string {
  const shown = [...new Set(list.map(({ place }) => at(place)))]
  return shown.length > most ? `${shown.slice(0, most).join(', ')} and ${shown.length - most} more` : shown.join(', ')
}

export const pass = (evidence: string): ChecklistAnswer => ({ status: 'pass', evidence })
export const fail = (evidence: string): ChecklistAnswer => ({ status: 'fail', evidence })
export const unknown = (evidence: string): ChecklistAnswer => ({ status: 'unknown', evidence })
export const none = (evidence: string): ChecklistAnswer => ({ status: 'not-applicable', evidence })

/** Only errors are approved: a rule is less loud where what is lost is known to be of no use, or where a team has decided so. */
function isDestructive({ approvable, group, severity }: Finding): boolean {
  return approvable && group === 'data-loss' && severity === 'error'
}
