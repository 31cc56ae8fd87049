import type { z } from 'zod'
import { didYouMean } from '../spelling.ts'

/** What is wrong, said with the value that is there. */
export function wordsOf(issue: z.core.$ZodIssue, given: unknown): string {
  if (given === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_union')) return 'it is missing'
  const shown = given === undefined ? 'nothing' : (JSON.stringify(given)?.slice(0, 60) ?? String(given))
  switch (issue.code) {
    case 'custom':
      return issue.message
    case 'invalid_format':
      return `${shown} ${issue.message}`
    case 'invalid_value':
      return `${shown} is not one of ${issue.values.map(String).join(', ')}${typeof given === 'string' ? `.${didYouMean(given, issue.values.map(String))}`.replace(/^\.$/, '') : ''}`
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `${shown} is empty`
        : `${shown} is less than ${String(issue.minimum)}`
    case 'too_big':
      if (issue.origin === 'string' || issue.origin === 'array') return `more than ${String(issue.maximum)} do not fit`
      return `${shown} is ${issue.inclusive === false ? 'not less' : 'more'} than ${String(issue.maximum)}`
    case 'invalid_type':
      return issue.message.startsWith('Invalid')
        ? `${shown} is ${typeName(issue.expected)}`
        : `${shown} ${issue.message}`
    case 'invalid_union': {
      const inner = issue.errors
        .flat()
        .find(
          (one) =>
            one.code === 'invalid_format' ||
            one.code === 'custom' ||
            one.code === 'too_small' ||
            one.code === 'too_big',
        )
      if (inner) return wordsOf(inner, given)
      const values = issue.errors.flat().flatMap((one) => (one.code === 'invalid_value' ? one.values.map(String) : []))
      if (values.length > 0 && typeof given !== 'object')
        return `${shown} is not one of ${values.join(', ')}${typeof given === 'string' ? `.${didYouMean(given, values)}`.replace(/^\.$/, '') : ''}`
      return `${shown} cannot stand here`
    }
    default:
      return issue.message
  }
}

const typeNames: Readonly<Record<string, string>> = {
  boolean: 'not true or false',
  array: 'no list',
  object: 'no group of keys',
  record: 'no group of keys',
  int: 'no whole number',
  string: 'no text',
}

/** `no text`: what a value is not, by the type that is wanted. */
export function typeName(expected: string): string {
  return typeNames[expected] ?? `no ${expected}`
}
