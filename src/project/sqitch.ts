import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import { folderOf, joinPath } from './paths.ts'

/** What Sqitch deploys, and from where. https://sqitch.org/docs/manual/sqitchchanges/ */
export interface SqitchPlan {
  /** Path of `sqitch.plan`. */
  readonly evidence: string
  readonly deploy: string
  readonly revert: string
  readonly verify: string
  /** Deploy scripts in the order of the plan. A change that was reworked has its older script under the tag that followed it, `users@v1.sql`. */
  readonly files: readonly string[]
  /** Deploy scripts of changes that were reworked: their text runs again. */
  readonly reworked: readonly string[]
}

/** The files that have to be read before plans can be. */
export const sqitchFiles: readonly string[] = ['sqitch.plan', 'sqitch.conf']

/** The Sqitch projects of a tree, whose plans and configurations must have been read. */
export function sqitchPlans(listing: Listing): readonly SqitchPlan[] {
  return listing.paths.flatMap((path): readonly SqitchPlan[] => {
    if (path !== 'sqitch.plan' && !path.endsWith('/sqitch.plan')) return []
    if (planOf(listing, folderOf(path)) !== path) return []
    const changes = changesOf(listing.text(path) ?? '')
    const folders = foldersOf(listing, folderOf(path))
    const files = changes.flatMap(({ script }) => {
      const file = within(folders.deploy, `${script}.sql`)
      return listing.has(file) ? [file] : []
    })
    if (files.length === 0) return []
    const reworked = changes
      .filter(({ name, script }) => name !== script)
      .map(({ name }) => within(folders.deploy, `${name}.sql`))
    return [{ evidence: path, ...folders, files: [...new Set(files)], reworked }]
  })
}

/** The plan that counts for a folder: the one that `sqitch.conf` names, else the one in its top folder, else the one there. */
function planOf(listing: Listing, folder: string): string {
  const home = listing.nearest(folder, 'sqitch.conf')
  const said = home === null ? undefined : saidIn(listing, home)
  const places = [said?.('plan_file'), within(said?.('top_dir') ?? '.', 'sqitch.plan')]
    .flatMap((place) => (place === undefined || home === null ? [] : (joinPath(home, place) ?? [])))
    .filter((place) => listing.has(place))
  return places[0] ?? within(folder, 'sqitch.plan')
}

/** What a `sqitch.conf` says under a key. */
function saidIn(listing: Listing, home: string): (key: string) => string | undefined {
  const text = listing.text(within(home, 'sqitch.conf')) ?? ''
  return (key) => new RegExp(`^\\s*${key}\\s*=\\s*(\\S+)`, 'm').exec(text)?.[1]
}

interface PlannedChange {
  readonly name: string
  /** Name of its script without the extension. */
  readonly script: string
}

/** The changes of a plan: a line is a pragma, a comment, a tag, or a change with its dependencies, its time and who planned it. */
function changesOf(text: string): readonly PlannedChange[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[%#]/.test(line))
  const nameOf = (line: string) => /^[+-]?\s*([^\s@][^\s]*)/.exec(line)?.[1]
  return lines.flatMap((line, i): readonly PlannedChange[] => {
    const name = nameOf(line)
    if (name === undefined || line.startsWith('-')) return []
    const again = lines.findIndex((other, at) => at > i && nameOf(other) === name)
    const tag =
      again < 0 ? undefined : lines.slice(i + 1, again).flatMap((other) => /^@(\S+)/.exec(other)?.[1] ?? [])[0]
    return [{ name, script: tag === undefined ? name : `${name}@${tag}` }]
  })
}

/** The folders of the scripts, as `sqitch.conf` has them, else beside the plan. */
function foldersOf(listing: Listing, plan: string): Pick<SqitchPlan, 'deploy' | 'revert' | 'verify'> {
  const home = listing.nearest(plan, 'sqitch.conf')
  const said = saidIn(listing, home ?? plan)
  const top = joinPath(home ?? plan, said('top_dir') ?? '.') ?? plan
  const folder = (key: 'deploy' | 'revert' | 'verify') => {
    const own = said(`${key}_dir`)
    const places = [own === undefined ? null : joinPath(home ?? plan, own), within(top, key), within(plan, key)]
    return places.find((at) => at !== null && listing.filesIn(at).length > 0) ?? within(top, key)
  }
  return { deploy: folder('deploy'), revert: folder('revert'), verify: folder('verify') }
}
