import type { Finding } from '../../src/finding.ts'
import { execFileSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { catalog } from '../../rules/index.ts'
import { changeSetFromGit } from '../../src/changeset/git.ts'
import { SchemagateError } from '../../src/errors.ts'
import type { Report } from '../../src/report/report.ts'
import { review } from '../../src/review.ts'
import type { CorpusOptions } from './options.ts'
import { repositoriesIn } from './drizzle.ts'

/** What reviews concern themselves with: a commit that touches none of it is not a pull request for us. */
const databaseFiles = ['*.sql', '*.prisma', '*/drizzle/*', 'drizzle/*', '*/schema.ts', '*/schema/*.ts']

interface Reviewed {
  readonly repository: string
  readonly commit: string
  readonly report: Report
}

/**
 * Reviews real changes: the commits of each repository's main line that touch database files, spread evenly over its history. Prints
 * findings by rule and for a hundred reviews; `--commits` says how many of each repository, `--phase` (0 up to 1) takes others of
 * the same number, so that a rule can be tuned on one sample and measured on another, and `--output` keeps every finding as a line of JSON.
 */
export async function run(options: CorpusOptions): Promise<boolean> {
  if (options.repos === null) {
    console.log('skipped: --repos names no folder with the repositories')
    return true
  }
  const done: Reviewed[] = []
  let crashed = 0
  for (const { name, path } of repositoriesIn(options.repos)) {
    for (const commit of sample(databaseCommits(path), options.commits, options.phase)) {
      try {
        const report = await review(await changeSetFromGit(path, `${commit}^..${commit}`), { rules: catalog })
        done.push({ repository: name, commit, report })
        if (options.output !== null) appendFileSync(options.output, linesOf(name, commit, report))
      } catch (error) {
        if (!(error instanceof SchemagateError)) crashed += 1
        console.log(
          `${name} ${commit.slice(0, 10)}: not reviewed: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
    }
  }
  print(done)
  return crashed === 0
}

/** Main line only, merges against their first parent: what a pull request brought, however it was merged. Newest first. */
function databaseCommits(repository: string): readonly string[] {
  const out = execFileSync(
    'git',
    [
      '-C',
      repository,
      'log',
      '--first-parent',
      '-m',
      '--no-renames',
      '--format=%H',
      '--min-parents=1',
      'HEAD',
      '--',
      ...databaseFiles,
    ],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  return [...new Set(out.split('\n').filter((it) => it !== ''))]
}

function sample(commits: readonly string[], wanted: number, phase: number): readonly string[] {
  if (commits.length <= wanted) return phase === 0 ? commits : []
  return Array.from(
    { length: wanted },
    (_, index) => commits[Math.floor(((index + phase) * commits.length) / wanted)] ?? '',
  ).filter((it) => it !== '')
}

function linesOf(repository: string, commit: string, report: Report): string {
  const lines = report.findings.map((it) => ({
    repository,
    commit,
    rule: `${it.group}/${it.rule}`,
    severity: it.severity,
    path: it.place.path,
    line: it.place.line,
    object: it.object,
    message: it.message,
    help: it.help,
    ...(it.suppressed ? { suppressed: it.suppressed.reason } : {}),
  }))
  const blocking = report.notes
    .filter((it) => it.blocking)
    .map((it) => ({ repository, commit, note: it.kind, path: it.path, line: it.line, message: it.message }))
  return [
    { repository, commit, conclusion: report.conclusion, milliseconds: report.milliseconds },
    ...lines,
    ...blocking,
  ]
    .map((it) => `${JSON.stringify(it)}\n`)
    .join('')
}

function print(done: readonly Reviewed[]): void {
  const findings = done.flatMap((it) => it.report.findings)
  const loud = (of: readonly Finding[]): readonly Finding[] => of.filter((it) => it.severity !== 'info')
  console.log(
    `${done.length} reviews: ${countBy(done.map((it) => it.report.conclusion))
      .map(([word, count]) => `${count} ${word}`)
      .join(', ')}`,
  )
  console.log(
    `findings: ${findings.length}, ${perHundred(findings.length, done.length)} for a hundred reviews; without information ${loud(findings).length}, ${perHundred(loud(findings).length, done.length)} for a hundred; median of a review ${median(done.map((it) => loud(it.report.findings).length))}`,
  )
  console.log(
    `time of a review: median ${median(done.map((it) => it.report.milliseconds))} ms, longest ${Math.max(0, ...done.map((it) => it.report.milliseconds))} ms\n`,
  )
  console.log('| group | for a hundred reviews | reviews with one | median |\n| --- | --- | --- | --- |')
  for (const [group, count] of countBy(loud(findings).map((it) => it.group))) {
    const each = done.map((it) => loud(it.report.findings).filter((finding) => finding.group === group).length)
    console.log(
      `| ${group} | ${perHundred(count, done.length)} | ${each.filter((it) => it > 0).length} | ${median(each)} |`,
    )
  }
  console.log('\n| rule | error | warning | info | repositories |\n| --- | --- | --- | --- | --- |')
  for (const [rule] of countBy(findings.map((it) => it.rule))) {
    const of = (severity: string): number =>
      findings.filter((it) => it.rule === rule && it.severity === severity).length
    const repositories = new Set(
      done.filter((it) => it.report.findings.some((finding) => finding.rule === rule)).map((it) => it.repository),
    )
    console.log(`| ${rule} | ${of('error')} | ${of('warning')} | ${of('info')} | ${repositories.size} |`)
  }
}

function countBy(words: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1])
}

function perHundred(count: number, reviews: number): string {
  return reviews === 0 ? '0' : ((count * 100) / reviews).toFixed(0)
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}
