import { parseSync } from 'oxc-parser'
import type { ParseResult, Program } from 'oxc-parser'
import { nestingOf } from './nesting.ts'

/** Levels of nesting up to which a file is handed to a parser; native parsers overflow their stack, and end the process, at some thousands. */
export const maxNesting = 1500

/** A parsed file, or the reason why it was not parsed. `errors` may stand beside a program that is whole enough to read. */
export type TypeScriptFile =
  | {
      readonly program: Program
      readonly module: ParseResult['module']
      readonly comments: ParseResult['comments']
      readonly errors: readonly string[]
      readonly refused: null
    }
  | { readonly program: null; readonly refused: string }

/**
 * Parses TypeScript or JavaScript of any origin. Never throws: text that nests so deeply that the native parser would overflow its
 * stack is refused before it gets there. Offsets are UTF-16, as in the text.
 */
export function parseTypeScript(path: string, text: string): TypeScriptFile {
  if (nestingOf(path, text) > maxNesting)
    return { program: null, refused: `nested more than ${maxNesting} levels deep` }
  try {
    const result = parseSync(path, text)
    return {
      program: result.program,
      module: result.module,
      comments: result.comments,
      errors: result.errors.map((e) => e.message),
      refused: null,
    }
  } catch (error) {
    return { program: null, refused: error instanceof Error ? error.message : String(error) }
  }
}
