import type { Listing } from './listing.ts'
import { within } from './listing.ts'
import { baseOf, byNumber, folderOf, inTests, numberOf } from './paths.ts'

/** A folder of SQL files, as its names tell. */
export interface SqlFolder {
  readonly folder: string
  /** Base names of its `.sql` files, in the order of their numbers. */
  readonly names: readonly string[]
  /** True where names or the folder's own name say that files run one after the other. */
  readonly ordered: boolean
}

export const flywayName = /^[VUBR](?:\d[\d._]*)?__\S.*\.sql$/
/** https://documentation.red-gate.com/fd/callback-events-277579309.html */
export const flywayCallback = /^(?:before|after|create|undo)[A-Z]\w*?(?:__\S.*)?\.sql$/
export const upDownName = /\.(?:up|down)\.sql$/
/** Other names golang-migrate passes over: https://github.com/golang-migrate/migrate/blob/master/source/parse.go */
export const golangMigrateName = /^\d+_.*\.(?:up|down)\./
export const orderedFolder =
  /^(?:migrations?|migrate|db-?migrations?|patches|upgrades?|updates|deltas?|changes(?:ets?)?|versions?)$/i
const asideFolder = /(?:^|\/)(?:integration|seeds?|seeders|benchmarks?|bench|regress|snippets)\//i
export const seedName = /(?:^|[._-])(?:seeds?|fixtures?|test[_-]?data|sample[_-]?data|dummy|mock)(?:[._-]|$)/i
export const wayBackName =
  /(?:^|[._-])(?:rollbacks?|roll[_-]?back|downs?|undo|reverts?|reset|clean[_-]?up|tear[_-]?down|drop[_-]?all)(?:[._-]|$)/i
export const declaredName =
  /^(?:schema|structure|ddl|tables|init|create|setup|database|db|dump|baseline)(?:[._-]\w+)*\.sql$/i
export const databaseFolder = /^(?:db|database|databases|sql|schemas?|postgres(?:ql)?|pg|supabase)$/i

/** Groups the SQL files of a tree by folder, without those that `claimed` takes. */
export function sqlFolders(listing: Listing, claimed: (path: string) => boolean): readonly SqlFolder[] {
  const folders = new Map<string, string[]>()
  for (const path of listing.paths) {
    if (!path.endsWith('.sql') || claimed(path)) continue
    const folder = folderOf(path)
    const names = folders.get(folder)
    if (names) names.push(baseOf(path))
    else folders.set(folder, [baseOf(path)])
  }
  return [...folders].map(([folder, names]) => {
    const numbered = names.filter(
      (name) => numberOf(name) !== null || flywayName.test(name) || upDownName.test(name),
    ).length
    return {
      folder,
      names: names.sort(byNumber),
      ordered: orderedFolder.test(baseOf(folder)) || (numbered * 2 >= names.length && numbered > 0),
    }
  })
}

/** True for a file that no runner takes to a database in production: of tests, seeds or benchmarks. */
export function isAside(path: string): boolean {
  return inTests(path) || asideFolder.test(path)
}

const mostLoose = 300

/** The SQL files that detection has to look into: some of each ordered folder, the loose ones up to a limit, those of `first` before others. */
export function sqlSamples(folders: readonly SqlFolder[], first: ReadonlySet<string>): readonly string[] {
  const samples: string[] = []
  const loose: string[] = []
  const perParent = new Map<string, number>()
  for (const { folder, names, ordered } of folders) {
    if (names.includes('up.sql')) {
      const count = perParent.get(folderOf(folder)) ?? 0
      perParent.set(folderOf(folder), count + 1)
      if (count < 3) samples.push(within(folder, 'up.sql'))
    } else if (ordered) {
      const numbered = names.filter((name) => numberOf(name) !== null || flywayName.test(name))
      const picked = [
        numbered[0],
        numbered[Math.floor(numbered.length / 2)],
        numbered.at(-1),
        ...names
          .filter((name) => numberOf(name) === null)
          .filter((name, i) => i < 6 || first.has(within(folder, name))),
      ]
      samples.push(...picked.filter((name) => name !== undefined).map((name) => within(folder, name)))
    } else loose.push(...names.map((name) => within(folder, name)))
  }
  loose.sort(
    (a, b) =>
      Number(first.has(b)) - Number(first.has(a)) || rank(a) - rank(b) || a.split('/').length - b.split('/').length,
  )
  return [...samples, ...loose.slice(0, mostLoose)]
}

function rank(path: string): number {
  if (isAside(path)) return 3
  return declaredName.test(baseOf(path)) ? 0 : path.split('/').some((part) => databaseFolder.test(part)) ? 1 : 2
}
