const integers: readonly string[] = ['smallint', 'integer', 'bigint']
const digits: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 }

/** What becomes of values on the way from one type to another: nothing (null), some are cut, or the cast fails for some. Unknown types count as a loss. */
export function typeLoss(from: string | null, to: string | null): 'cut' | 'fails' | null {
  if (from === null || to === null) return 'cut'
  if (from === to) return null
  const a = parts(from)
  const b = parts(to)
  if (integers.includes(a.base) && integers.includes(b.base)) return integers.indexOf(a.base) > integers.indexOf(b.base) ? 'fails' : null
  if (b.base === 'numeric' && integers.includes(a.base)) return b.args.length === 0 || b.args[0]! - (b.args[1] ?? 0) >= digits[a.base]! ? null : 'fails'
  if (a.base === 'numeric' && b.base === 'numeric') return numericLoss(a.args, b.args)
  if (b.base === 'text' || (b.base === 'character varying' && b.args.length === 0)) return a.base === 'character' ? 'cut' : null
  if (a.base === 'character varying' && b.base === 'character varying') return a.args.length > 0 && a.args[0]! <= b.args[0]! ? null : 'fails'
  if (a.base === 'real' && b.base === 'double precision') return null
  if (a.base === 'jsonb' && b.base === 'json') return null
  if (a.base === 'date' && b.base.startsWith('timestamp')) return null
  if (a.base.startsWith('timestamp') && a.base === b.base) return (a.args[0] ?? 6) <= (b.args[0] ?? 6) ? null : 'cut'
  return a.base === 'text' || a.base.startsWith('character') ? 'fails' : 'cut'
}

function numericLoss(from: readonly number[], to: readonly number[]): 'cut' | 'fails' | null {
  if (to.length === 0) return null
  if (from.length === 0 || (from[1] ?? 0) > (to[1] ?? 0)) return 'cut'
  return from[0]! - (from[1] ?? 0) > to[0]! - (to[1] ?? 0) ? 'fails' : null
}

/** `timestamp(3) without time zone` is base `timestamp without time zone` with argument 3. */
function parts(type: string): { readonly base: string; readonly args: readonly number[] } {
  const open = type.indexOf('(')
  const close = type.indexOf(')', open)
  if (open < 0 || close < 0) return { base: type, args: [] }
  return { base: `${type.slice(0, open)}${type.slice(close + 1)}`, args: type.slice(open + 1, close).split(',').map(Number) }
}
