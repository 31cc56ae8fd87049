/** What a sequence is told, each number as text; left out or empty where nothing is said. */
export interface SequenceNumbers {
  readonly increment?: string
  readonly minvalue?: string
  readonly maxvalue?: string
  readonly start?: string
  readonly cache?: string
  readonly cycle?: boolean
}

const words = {
  increment: 'INCREMENT BY',
  minvalue: 'MINVALUE',
  maxvalue: 'MAXVALUE',
  start: 'START WITH',
  cache: 'CACHE',
} as const
const names = Object.keys(words) as (keyof typeof words)[]

/** The options that differ from the defaults of a sequence of that type, as `CREATE SEQUENCE` takes them. */
export function sequenceOptions(given: SequenceNumbers, type: string): readonly string[] {
  const usual = usualNumbers(given, type)
  const numbers = names.flatMap((name) => {
    const value = given[name] ?? ''
    return value === '' || value === usual[name] ? [] : [`${words[name]} ${value}`]
  })
  return given.cycle ? [...numbers, 'CYCLE'] : numbers
}

function usualNumbers({ increment, minvalue, maxvalue }: SequenceNumbers, type: string) {
  const isDown = increment?.startsWith('-') === true
  const largest = { smallint: '32767', integer: '2147483647' }[type] ?? '9223372036854775807'
  const smallest = { smallint: '-32768', integer: '-2147483648' }[type] ?? '-9223372036854775808'
  const [min, max] = isDown ? [smallest, '-1'] : ['1', largest]
  const start = isDown ? maxvalue || max : minvalue || min
  return { increment: '1', minvalue: min, maxvalue: max, start, cache: '1' }
}

/** The numbers that options say. */
export function numbersOf(options: readonly string[]): SequenceNumbers {
  const valueOf = (word: string) =>
    options.find((option) => option.startsWith(`${word} `))?.slice(word.length + 1) ?? ''
  return {
    ...Object.fromEntries(names.map((name) => [name, valueOf(words[name])])),
    cycle: options.includes('CYCLE'),
  }
}

/** All numbers of a sequence, also those that are the defaults of its direction and type. */
export function allNumbers(options: readonly string[], type: string): Required<SequenceNumbers> {
  const said = numbersOf(options)
  const usual = usualNumbers(said, type)
  const numbers = Object.fromEntries(names.map((name) => [name, said[name] || usual[name]]))
  return { ...usual, ...numbers, cycle: said.cycle === true }
}

/** What leads from some options to others of a sequence of that type, as `ALTER SEQUENCE` takes it; empty where they are the same. */
export function optionChanges(from: readonly string[], to: readonly string[], type: string): readonly string[] {
  const [was, is] = [allNumbers(from, type), allNumbers(to, type)]
  // Where it stood, at least before its first use, may lie outside of what is allowed from now on.
  const isOut = BigInt(was.start) < BigInt(is.minvalue) || BigInt(was.start) > BigInt(is.maxvalue)
  return [
    ...names.flatMap((name) => (was[name] === is[name] ? [] : [`${words[name]} ${is[name]}`])),
    ...(was.cycle === is.cycle ? [] : [is.cycle ? 'CYCLE' : 'NO CYCLE']),
    ...(isOut ? ['RESTART'] : []),
  ]
}
