import { unknowable } from './types.ts'

const units: Readonly<Record<string, readonly [months: number, days: number, seconds: number]>> = {
  year: [12, 0, 0],
  years: [12, 0, 0],
  y: [12, 0, 0],
  yr: [12, 0, 0],
  yrs: [12, 0, 0],
  month: [1, 0, 0],
  months: [1, 0, 0],
  mon: [1, 0, 0],
  mons: [1, 0, 0],
  week: [0, 7, 0],
  weeks: [0, 7, 0],
  w: [0, 7, 0],
  day: [0, 1, 0],
  days: [0, 1, 0],
  d: [0, 1, 0],
  hour: [0, 0, 3600],
  hours: [0, 0, 3600],
  h: [0, 0, 3600],
  hr: [0, 0, 3600],
  hrs: [0, 0, 3600],
  minute: [0, 0, 60],
  minutes: [0, 0, 60],
  min: [0, 0, 60],
  mins: [0, 0, 60],
  m: [0, 0, 60],
  second: [0, 0, 1],
  seconds: [0, 0, 1],
  sec: [0, 0, 1],
  secs: [0, 0, 1],
  s: [0, 0, 1],
}

/** An interval as Postgres prints it. */
export function interval(written: string): string {
  let months = 0
  let days = 0
  let seconds = 0
  let rest = written.trim().toLowerCase()
  while (rest !== '') {
    const clock = /^(-?)(\d+):(\d\d)(?::(\d\d))?(?=\s|$)\s*/.exec(rest)
    if (clock !== null) {
      seconds += (clock[1] === '-' ? -1 : 1) * (Number(clock[2]) * 3600 + Number(clock[3]) * 60 + Number(clock[4] ?? 0))
      rest = rest.slice(clock[0].length)
      continue
    }
    const part = /^([+-]?\d+)\s*([a-z]+)\s*/.exec(rest)
    const unit = part === null ? undefined : Object.hasOwn(units, part[2] ?? '') ? units[part[2] ?? ''] : undefined
    if (part === null || unit === undefined) {
      const bare = /^([+-]?\d+)$/.exec(rest)
      if (bare === null) return unknowable(`the interval ${written}`)
      seconds += Number(bare[1])
      break
    }
    const amount = Number(part[1])
    months += amount * unit[0]
    days += amount * unit[1]
    seconds += amount * unit[2]
    rest = rest.slice(part[0].length)
  }
  if ([months, days, seconds].some((each) => each < 0)) return unknowable(`the interval ${written}`)
  const parts: string[] = []
  const years = Math.trunc(months / 12)
  const plural = (amount: number, word: string) => `${amount} ${word}${amount === 1 ? '' : 's'}`
  if (years !== 0) parts.push(plural(years, 'year'))
  if (months % 12 !== 0) parts.push(plural(months % 12, 'mon'))
  if (days !== 0) parts.push(plural(days, 'day'))
  const two = (value: number) => String(value).padStart(2, '0')
  if (seconds !== 0 || parts.length === 0)
    parts.push(`${two(Math.trunc(seconds / 3600))}:${two(Math.trunc(seconds / 60) % 60)}:${two(seconds % 60)}`)
  return parts.join(' ')
}

interface Moment {
  /** `2020-02-29` */
  readonly day: string
  /** `12:30:00.5`, without trailing zeros. */
  readonly clock: string
  /** Minutes before UTC, null where no zone is written. */
  readonly offset: number | null
}

function moment(written: string): Moment | null {
  const found =
    /^\s*(\d{4}-\d\d-\d\d)(?:[T ]+(\d\d:\d\d)(:\d\d)?(\.\d+)?)?\s*(?:(Z|UTC)|([+-])(\d\d)(?::?(\d\d))?)?\s*$/i.exec(
      written,
    )
  if (found === null) return null
  const [, day = '', minutes = '00:00', seconds = ':00', fraction = '', utc, sign, hours, rest] = found
  const digits = fraction.replace(/0+$/, '')
  const offset = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(rest ?? 0))
  return {
    day,
    clock: `${minutes}${seconds}${digits === '.' ? '' : digits}`,
    offset: utc === undefined && sign === undefined ? null : offset,
  }
}

/** A date as Postgres prints it: a time and a zone behind it are passed over. */
export function date(written: string): string {
  return moment(written)?.day ?? special(written) ?? unknowable(`the date ${written}`)
}

/** A moment as Postgres prints it; without a zone in its type the one that is written is passed over, else the session is one of UTC. */
export function timestamp(written: string, zone: '' | '+00'): string {
  const found = moment(written)
  if (found === null) {
    if (written.trim() === 'epoch') return `1970-01-01 00:00:00${zone}`
    return special(written) ?? unknowable(`the time ${written}`)
  }
  if (zone === '' || found.offset === null || found.offset === 0) return `${found.day} ${found.clock}${zone}`
  const [clock = '', fraction] = found.clock.split('.')
  const utc = new Date(Date.parse(`${found.day}T${clock}Z`) - found.offset * 60_000)
  if (Number.isNaN(utc.getTime())) return unknowable(`the time ${written}`)
  const [day = '', time = ''] = utc.toISOString().split('T')
  return `${day} ${time.slice(0, 8)}${fraction === undefined ? '' : `.${fraction}`}${zone}`
}

function special(written: string): string | null {
  const word = written.trim()
  return word === 'infinity' || word === '-infinity' ? word : null
}
