import type { RunnerName } from '../../src/project/project.ts'
import type { Migration } from '../../src/step.ts'

/** The version that a runner reads from a name; null where it has none, as those that run again whenever they change. */
export function versionOf(migration: Migration, runner: RunnerName): string | null {
  const parts = migration.path.split('/')
  const name = runner === 'diesel' ? (parts.at(-2) ?? '') : (parts.at(-1) ?? '')
  // Atlas compares versions as text.
  if (runner === 'atlas') return /^(\d+)(?=_|\.sql$)/.exec(name)?.[1] ?? null
  const written = (
    runner === 'flyway' || runner === 'refinery' ? /^V([\d._]+?)__/ : runner === 'diesel' ? /^([\d-]+)_/ : /^(\d+)/
  ).exec(name)?.[1]
  if (written === undefined) return null
  const numbers = (runner === 'diesel' ? written.replaceAll('-', '') : written)
    .split(/[._]/)
    .map((part) => part.replace(/^0+(?=\d)/, ''))
  return numbers.join('.').replace(/(?:\.0)+$/, '')
}
