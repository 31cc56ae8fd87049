import type { TypeId } from './types.ts'
import { canCoerce, domainOf, elementOf, isArrayType, isBuiltin, isEnum, parseType, underlying } from './types.ts'
import type { Schema } from '../model.ts'

const families: readonly (readonly string[])[] = [
  ['int2', 'int4', 'int8'],
  ['float4', 'float8'],
  ['date', 'timestamp', 'timestamptz'],
  ['text', 'varchar', 'name'],
]

/** True where a foreign key can hold values of one type against a key of another; both as `format_type` spells them. */
export function canReference(schema: Schema, from: string, to: string): boolean {
  const foreign = underlying(schema, parseType(from).type).type
  const primary = underlying(schema, parseType(to).type).type
  return (
    foreign === primary ||
    families.some((family) => family.includes(foreign) && family.includes(primary)) ||
    canCoerce(schema, foreign, primary === 'varchar' ? 'text' : primary)
  )
}

/** True where a value of one type, as `format_type` spells it, can be stored in a column of another, as far as the types are known. */
export function isAssignable(schema: Schema, from: string, to: string): boolean {
  const isKnown = (type: TypeId) =>
    isBuiltin(type) ||
    isEnum(schema, isArrayType(type) ? elementOf(type) : type) ||
    domainOf(schema, type) !== undefined
  if (!isKnown(parseType(from).type) || !isKnown(parseType(to).type)) return true
  return canCoerce(schema, parseType(from).type, parseType(to).type, 'assignment')
}
