import { parseSql } from '../../sql/parser.ts'
import { Remembered } from '../remember.ts'

const parsed = new Remembered<ReturnType<typeof parseSql>>(400_000)

/** Parses SQL of code, which is the same from one review to the next, and in the base and the head of one. */
export function parseQuery(text: string): ReturnType<typeof parseSql> {
  return parsed.of(text, parseSql)
}
