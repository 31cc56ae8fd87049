import type { ChangeSet } from '../../changeset/tree.ts'
import type { Config } from '../../config.ts'
import { gate } from '../../engine/approvals.ts'
import type { Decision, Gated, Gates } from '../../engine/approvals.ts'
import type { Report } from '../../report/report.ts'
import type { Settings } from '../../settings.ts'
import { carriedDecisions } from '../people/carried.ts'
import type { Place } from '../client.ts'
import { readCurrent } from './current.ts'
import type { Current } from './current.ts'
import { inheritedConfig } from '../reading/config.ts'
import type { Context } from '../context.ts'
import { readConversation } from '../people/decisions.ts'
import { blobLoader } from '../reading/blobs.ts'
import { mayTouchSchema } from '../reading/schema-paths.ts'
import { readTree } from '../reading/tree.ts'
import { isStaged } from '../reading/deployments.ts'
import { withTip } from './tip.ts'
import { permissionsIn } from '../people/permissions.ts'
import type { Permissions } from '../people/permissions.ts'
import type { PullState } from '../reading/pull-request.ts'

/** A report with what its pull request's conversation and the gates say of it. */
export interface Decided extends Gated {
  readonly decisions: readonly Decision[]
  readonly isPaused: boolean
}

/** The settings that a change obeys: those of its base over what they inherit. */
export async function settingsOf(
  place: Place,
  context: Context,
  changeSet: ChangeSet,
  organisation: PullState['organisationConfig'],
): Promise<{ readonly settings: Settings; readonly inherited: Config | undefined }> {
  const inherited = await inheritedConfig(place, changeSet, organisation, context.core.parseConfig)
  return { settings: await context.core.readSettings(changeSet, inherited), inherited }
}

/**
 * Applies the approvals of a pull request, those of pull requests that carry the same commits, and the gates. A merge group that
 * names no pull request has no conversation.
 */
export async function decide(
  place: Place,
  context: Context,
  pull: PullState | null,
  report: Report,
  config: Config,
  permissions: Permissions = permissionsIn(place),
): Promise<Decided> {
  const isDestructive = report.findings.some((f) => f.group === 'data-loss' && f.severity === 'error')
  if (pull === null)
    return {
      ...gate(report, [], { labels: [], staged: null }, config, context.now()),
      decisions: [],
      isPaused: false,
    }
  const { decisions, isPaused } = await readConversation(pull, permissions, config, context.app?.slug)
  // What was deployed for a look is the head of the pull request; the commit of a merge group exists for the queue alone.
  const gates: Gates = {
    labels: pull.labels,
    staged:
      config.staging?.environment == null || !isDestructive
        ? null
        : await isStaged(place, pull.head, config.staging.environment),
  }
  const own = gate(report, decisions, gates, config, context.now())
  if (pull.related.length === 0 || !own.report.findings.some((f) => f.approval?.state === 'needed'))
    return { ...own, decisions, isPaused }
  const carried = await carriedDecisions(place, pull, permissions, config, context)
  if (carried.length === 0) return { ...own, decisions, isPaused }
  // What was said here comes after what was said elsewhere, and is what goes on record here.
  return {
    ...gate(report, [...carried, ...decisions], gates, config, context.now()),
    bindings: own.bindings,
    decisions,
    isPaused,
  }
}

/** A pull request reviewed and gated, and what that rests on. */
export interface Reviewed extends Decided {
  readonly config: Config
  readonly inherited: Config | undefined
  readonly changeSet: ChangeSet
  /** True where the base has moved on and GitHub has not merged the change into it for a try yet. */
  readonly isUnsure: boolean
}

/** Reviews a pull request at its head without publishing anything. */
export async function reviewPull(place: Place, pull: number, context: Context): Promise<Reviewed> {
  const read = await readCurrent(place, { pull, head: null, base: null }, context)
  return judge(place, context, read, new AbortController().signal)
}

/** Reviews what was read of a pull request, on the tip of its base too, with the decisions of its conversation. */
export async function judge(
  place: Place,
  context: Context,
  { pull, change, permissions }: Current,
  signal: AbortSignal,
): Promise<Reviewed> {
  const { settings, inherited } = await settingsOf(place, context, change.changeSet, pull.organisationConfig)
  const changeSet = await withDeployed(place, context, pull, change.changeSet, settings.config)
  const alone = await context.core.review(changeSet, { settings, signal })
  const { report, isUnsure } = await withTip(place, context, pull, { ...change, changeSet }, alone, {
    settings,
    signal,
  })
  return {
    ...(await decide(place, context, pull, report, settings.config, permissions)),
    config: settings.config,
    inherited,
    changeSet,
    isUnsure,
  }
}

/** A pull request into another branch than production runs goes with what production has: the rest of its base has no readers yet. */
async function withDeployed(
  place: Place,
  context: Context,
  pull: PullState,
  changeSet: ChangeSet,
  config: Config,
): Promise<ChangeSet> {
  const branch = config.deployed ?? pull.defaultBranch
  if (branch === null || branch === pull.base || !changeSet.files.some(({ path }) => mayTouchSchema(path)))
    return changeSet
  const deployed = await readTree(place, branch, blobLoader(place, context.cache))
  return deployed === null ? changeSet : { ...changeSet, deployed }
}
