import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { catalog } from '../rules/index.ts'
import type { CatalogRule, Example } from '../src/engine/rule.ts'
import { openSession } from '../src/rehearsal/server.ts'
import type { Session } from '../src/rehearsal/session.ts'
import { loadParser } from '../src/sql/parser.ts'
import {
  claimsFor,
  disagreements,
  exampleRequest,
  failures,
  observeExample,
  provable,
  seenIn,
} from '../test/claims/observe.ts'
import type { Seen } from '../test/claims/observe.ts'
import { installServers, majors, serversRunHere, startServer } from '../test/servers/servers.ts'

/**
 * Runs the examples of every rule that claims a lock, a rewrite, a scan or a failure on real servers of five major versions,
 * compares, writes what was seen to `test/claims/observed.json`, and then runs the tests that need real servers.
 * `--no-tests` leaves these out, `--check` fails where the file would change.
 */
const observedPath = fileURLToPath(new URL('../test/claims/observed.json', import.meta.url))
const flags = new Set(process.argv.slice(2))

/** What the pages of the rules show of a rule's first example that runs on all versions. */
interface Observed {
  readonly postgres: string
  readonly lock: string | null
  readonly rewrites: boolean
  readonly scans: boolean
  readonly error: string | null
}

if (!serversRunHere) {
  console.error('The servers are built for Linux on x64 only.')
  process.exit(2)
}
installServers()
await loadParser()

const claiming = catalog.filter((rule) => rule.claims !== undefined)
const firstSeen = new Map<string, (readonly [number, Seen])[]>()
const wrong: string[] = []
let proven = 0
for (const major of majors) {
  const server = await startServer(major)
  try {
    const session = await openSession(server.urlOf('postgres', 'postgres'), true)
    for (const rule of claiming) proven += await prove(rule, major, session)
    await session.close()
  } finally {
    await server.stop()
  }
  console.log(`PostgreSQL ${major}: ${wrong.filter((line) => line.startsWith(`${major} `)).length} disagreements`)
}
for (const line of wrong) console.log(line)
console.log(
  `${claiming.length} rules with claims, ${proven} examples run on ${majors.length} versions, ${wrong.length} disagreements`,
)

const text = `${JSON.stringify(Object.fromEntries([...firstSeen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, seen]) => [id, tableOf(id, seen)])), null, 2)}\n`
const before = await readFile(observedPath, 'utf8').catch(() => '')
if (before !== text && !flags.has('--check')) await writeFile(observedPath, text)
if (before !== text && flags.has('--check'))
  console.log('test/claims/observed.json is out of date: npm run test:claims')

const tests = flags.has('--no-tests')
  ? 0
  : (spawnSync('npx', ['vitest', 'run', '--config', 'test/servers/vitest.config.ts'], {
      stdio: 'inherit',
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    }).status ?? 1)
process.exit(wrong.length > 0 || tests !== 0 || (flags.has('--check') && before !== text) ? 1 : 0)

/** Runs the examples of one rule on one server; the number of those that ran. */
async function prove(rule: CatalogRule, major: number, session: Session): Promise<number> {
  let ran = 0
  const claims = claimsFor(rule, major)
  const runs = (example: Example): boolean =>
    provable(example, major) && example.sql !== undefined && example.alone !== true
  for (const [index, example] of rule.bad.entries()) {
    if (!runs(example)) continue
    const seen = await seenIn(session, claims, example)
    if (seen === null) continue
    ran++
    if (index === rule.bad.findIndex((each) => majors.every((version) => provable(each, version))))
      firstSeen.set(rule.id, [...(firstSeen.get(rule.id) ?? []), [major, seen]])
    if (claims.length > 0)
      wrong.push(...disagreements(claims, seen).map((each) => `${major} ${rule.id}, bad example ${index + 1}: ${each}`))
  }
  if (claims.length === 0) return ran
  for (const [index, example] of rule.good.entries()) {
    const request = runs(example) ? await exampleRequest(example) : null
    if (request === null) continue
    const seen = await observeExample(session, request)
    ran++
    wrong.push(...failures(claims, seen).map((each) => `${major} ${rule.id}, good example ${index + 1}: ${each}`))
  }
  return ran
}

/** One row for the versions in a row that did the same. */
function tableOf(id: string, seen: readonly (readonly [number, Seen])[]): readonly Observed[] {
  const rows: { from: number; to: number; what: Omit<Observed, 'postgres'> }[] = []
  for (const [major, { lock, rewrites, scans, error, errorWithRows }] of seen) {
    const claimed = claiming.some(
      (rule) => rule.id === id && claimsFor(rule, major).some((claim) => claim.fails === errorWithRows),
    )
    const what = {
      lock: lock === 'unseen' ? null : lock,
      rewrites,
      scans,
      error: error ?? (claimed ? errorWithRows : null),
    }
    const last = rows.at(-1)
    if (last !== undefined && last.to === major - 1 && JSON.stringify(last.what) === JSON.stringify(what))
      last.to = major
    else rows.push({ from: major, to: major, what })
  }
  return rows.map(({ from, to, what }) => ({ postgres: from === to ? String(from) : `${from} to ${to}`, ...what }))
}
