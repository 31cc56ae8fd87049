import type { RunnerName } from '../../project/project.ts'

/** Versions for new migrations that sort after those that are there, in the manner that the folder has. */
export interface Versions {
  /** The name of the nth new migration, counted from 0, with a title in lower case and underscores. */
  nameOf(n: number, title: string): string
}

/**
 * How new migrations are called. `names` are the migrations that are there, without extensions; `now` counts where the folder goes by time.
 * https://www.prisma.io/docs/orm/prisma-migrate, https://documentation.red-gate.com/fd/migrations-184127470.html
 */
export function versionsAfter(runner: RunnerName, names: readonly string[], now: Date): Versions {
  if (runner === 'flyway' || runner === 'refinery') return flyway(names, now)
  const written = names.flatMap((name) => /^(\d{4}-\d\d-\d\d-\d+|\d+)(?=[_-]|$)/.exec(name)?.[1] ?? [])
  if (runner === 'diesel' && (written.length === 0 || written.some((v) => v.includes('-')))) {
    const last = Math.max(...written.map((v) => secondsOf(v.replaceAll('-', ''))), 0)
    return {
      nameOf: (n, title) =>
        `${stamp(Math.max(last + 1, seconds(now)) + n).replace(/^(\d{4})(\d\d)(\d\d)/, '$1-$2-$3-')}_${title}`,
    }
  }
  const digits = written.filter((v) => /^\d+$/.test(v))
  const width = Math.max(0, ...digits.map((v) => v.length))
  const last = digits.reduce((most, v) => (BigInt(v) > most ? BigInt(v) : most), 0n)
  const separator = names.some((name) => /^\d+-/.test(name)) && !names.some((name) => /^\d+_/.test(name)) ? '-' : '_'
  const numbered = (of: (n: number) => string): Versions => ({ nameOf: (n, title) => `${of(n)}${separator}${title}` })
  if (width > 0 && width < 10)
    return numbered((n) =>
      String(last + 1n + BigInt(n)).padStart(digits.some((v) => v.startsWith('0')) ? width : 1, '0'),
    )
  if (width === 10) return numbered((n) => String(Math.max(Number(last) + 1, seconds(now)) + n))
  if (width === 13 || (width === 0 && runner === 'node-pg-migrate'))
    return numbered((n) => String(Math.max(Number(last) + 1, now.getTime()) + n))
  if (width > 14) return numbered((n) => String(last + 1n + BigInt(n)))
  return numbered((n) => stamp(Math.max(width === 14 ? secondsOf(String(last)) + 1 : 0, seconds(now)) + n))
}

function flyway(names: readonly string[], now: Date): Versions {
  const versions = names.flatMap((name) => /^V(\d+(?:[._]\d+)*)__/.exec(name)?.[1] ?? [])
  const parts = (version: string) => version.split(/[._]/).map(Number)
  const last = versions.toSorted((a, b) => compare(parts(a), parts(b))).at(-1)
  if (last === undefined || /^\d{14}$/.test(last))
    return { nameOf: (n, title) => `V${stamp(Math.max(last ? secondsOf(last) + 1 : 0, seconds(now)) + n)}__${title}` }
  const [, head = '', tail = '0'] = /^(.*?[._])?(\d+)$/.exec(last) ?? []
  return {
    nameOf: (n, title) =>
      `V${head}${String(Number(tail) + 1 + n).padStart(tail.startsWith('0') ? tail.length : 1, '0')}__${title}`,
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++)
    if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) - (b[i] ?? 0)
  return 0
}

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}

function secondsOf(version: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?/.exec(version) ?? []
  return seconds(
    new Date(
      Date.UTC(
        Number(year ?? 0),
        Number(month ?? 1) - 1,
        Number(day ?? 1),
        Number(hour ?? 0),
        Number(minute ?? 0),
        Number(second ?? 0),
      ),
    ),
  )
}

/** `20260131120000`, in UTC. */
export function stamp(at: number): string {
  return new Date(at * 1000).toISOString().replaceAll(/\D/g, '').slice(0, 14)
}
