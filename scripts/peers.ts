import type { Finding } from '../src/finding.ts'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { catalog } from '../rules/index.ts'
import { defaultConfig } from '../src/config.ts'
import { lint } from '../src/lint.ts'
import { sourceFile } from '../src/location.ts'

/** One case of another tool's own tests. */
interface PeerCase {
  readonly id: string
  readonly peer: string
  readonly sql: string
  readonly expected: readonly string[]
  readonly forbidden: readonly string[]
  readonly context: {
    readonly pg_version?: string
    readonly assume_in_transaction?: boolean
    readonly in_transaction?: boolean | null
    readonly prior_sql?: string
    readonly dialect?: string
    readonly metadata?: string
  }
}

/** Where the other tool is wrong, with what a real Postgres showed. */
interface Disagreement {
  readonly case: string
  readonly tool: string
  readonly id: string
  readonly reason: string
  readonly observation: string
}

const { values } = parseArgs({
  options: { tool: { type: 'string' }, corpus: { type: 'string' }, verbose: { type: 'boolean', default: false } },
})
const folder = `${values.corpus ?? fileURLToPath(new URL('../../shared/corpus', import.meta.url))}/peers`

if (!existsSync(folder)) {
  console.log('peers: the cases of other tools are not on this machine; nothing compared.')
} else {
  await compare()
}

async function compare(): Promise<void> {
  const disagreements = JSON.parse(
    readFileSync(new URL('../test/peers/disagreements.json', import.meta.url), 'utf8'),
  ) as readonly Disagreement[]
  const ids = JSON.parse(readFileSync(`${folder}/ids.json`, 'utf8')) as Readonly<Record<string, readonly string[]>>
  checkSources(ids)
  const excused = new Set(disagreements.map((d) => `${d.case}\u0000${d.id}`))
  const needed = new Set<string>()
  const isExcused = (id: string, peerId: string) => {
    const key = `${id}\u0000${peerId}`
    if (excused.has(key)) needed.add(key)
    return excused.has(key)
  }
  const cases = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) =>
      readFileSync(`${folder}/${name}`, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as PeerCase),
    )
  const tools = [...new Set(cases.map((c) => c.peer))].filter(
    (tool) => values.tool === undefined || tool === values.tool,
  )
  const open: string[] = []
  const rows: string[][] = [['tool', 'expected', 'found', 'excused', 'forbidden', 'kept', 'excused', 'not Postgres']]
  for (const tool of tools) {
    const tally = { expected: 0, found: 0, missedExcused: 0, forbidden: 0, kept: 0, raisedExcused: 0, foreign: 0 }
    for (const peerCase of cases.filter((c) => c.peer === tool)) {
      if (peerCase.context.dialect === 'mysql' || peerCase.context.dialect === 'sqlite') {
        tally.foreign += peerCase.expected.length + peerCase.forbidden.length
        continue
      }
      const findings = await lintCase(peerCase)
      const has = (id: string, among: readonly Finding[]) =>
        among.some((finding) => finding.sources.includes(`${tool}/${id}`))
      const loud = findings.filter((finding) => finding.severity !== 'info')
      for (const id of peerCase.expected) {
        tally.expected++
        if (has(id, findings)) tally.found++
        else if (isExcused(peerCase.id, id)) tally.missedExcused++
        else open.push(`missed     ${peerCase.id}  ${id}\n${indent(peerCase)}`)
      }
      for (const id of peerCase.forbidden) {
        tally.forbidden++
        if (!has(id, loud)) tally.kept++
        else if (isExcused(peerCase.id, id)) tally.raisedExcused++
        else
          open.push(
            `forbidden  ${peerCase.id}  ${id}: ${loud
              .filter((f) => f.sources.includes(`${tool}/${id}`))
              .map((f) => f.rule)
              .join(', ')}\n${indent(peerCase)}`,
          )
      }
    }
    rows.push([
      tool,
      ...[
        tally.expected,
        tally.found,
        tally.missedExcused,
        tally.forbidden,
        tally.kept,
        tally.raisedExcused,
        tally.foreign,
      ].map(String),
    ])
  }
  if (open.length > 0) console.log(`Disagreements without a reason on record:\n\n${open.join('\n')}\n`)
  const idle = disagreements.filter((d) => tools.includes(d.tool) && !needed.has(`${d.case}\u0000${d.id}`))
  if (idle.length > 0)
    console.log(`On record, but needed no longer:\n  ${idle.map((d) => `${d.case}  ${d.id}`).join('\n  ')}\n`)
  if (open.length > 0 || idle.length > 0) process.exitCode = 1
  if (values.verbose) for (const d of disagreements) console.log(`on record  ${d.case}  ${d.id}: ${d.reason}`)
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? []
  console.log(
    rows
      .map((row) =>
        row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
      )
      .join('\n'),
  )
}

async function lintCase({ id, sql, context }: PeerCase): Promise<readonly Finding[]> {
  const version = Number(/^\d+/.exec(context.pg_version ?? '')?.[0] ?? 15)
  const inTransaction =
    context.assume_in_transaction === true || context.in_transaction === true
      ? true
      : context.assume_in_transaction === false ||
          context.in_transaction === false ||
          context.metadata?.includes('run_in_transaction = false')
        ? false
        : null
  const report = await lint([sourceFile(`${id}.sql`, sql)], {
    rules: catalog,
    config: defaultConfig,
    postgres: version,
    runner: null,
    inTransaction: inTransaction === false ? null : inTransaction,
    given: context.prior_sql ? sourceFile('given.sql', context.prior_sql) : null,
    allRules: true,
    today: '2026-01-01',
  })
  return report.findings
}

function checkSources(ids: Readonly<Record<string, readonly string[]>>): void {
  const wrong = catalog.flatMap((rule) =>
    rule.sources
      .filter((source) => {
        const [tool = '', ...rest] = source.split('/')
        return ids[tool] !== undefined && !ids[tool].includes(rest.join('/'))
      })
      .map((source) => `${rule.id}: ${source}`),
  )
  const named = new Set(catalog.flatMap((rule) => rule.sources))
  const missing = Object.entries(ids).flatMap(([tool, list]) =>
    list.filter((id) => !named.has(`${tool}/${id}`)).map((id) => `${tool}/${id}`),
  )
  if (wrong.length > 0) process.exitCode = 1
  if (wrong.length > 0) console.log(`Sources that the tool does not have:\n  ${wrong.join('\n  ')}\n`)
  if (missing.length > 0) console.log(`Ids of other tools that no rule names:\n  ${missing.join(', ')}\n`)
}

function indent(peerCase: PeerCase): string {
  return peerCase.sql
    .trim()
    .split('\n')
    .slice(0, values.verbose ? 40 : 4)
    .map((line) => `             ${line}`)
    .join('\n')
}
