import type { AlterTableCmd } from 'libpg-query'
import { parametersOf } from './nodes.ts'

/** Storage parameters after `SET (…)` or `RESET (…)`. */
export function changedParameters(from: readonly string[], command: AlterTableCmd): readonly string[] {
  const given = parametersOf(command.def !== undefined && 'List' in command.def ? command.def.List.items : undefined)
  const name = (parameter: string) => parameter.slice(0, parameter.indexOf('='))
  const names = new Set(given.map(name))
  return [
    ...from.filter((each) => !names.has(name(each))),
    ...(command.subtype === 'AT_ResetRelOptions' ? [] : given),
  ].toSorted()
}

export function withParameters<T extends { readonly with?: readonly string[] }>(
  of: T,
  parameters: readonly string[],
): T {
  const { with: _, ...rest } = of
  return (parameters.length > 0 ? { ...rest, with: parameters } : rest) as T
}
