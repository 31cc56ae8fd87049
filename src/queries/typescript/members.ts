import { isFunction, keyName } from './nodes.ts'
import { ofType } from './types.ts'
import type { Evaluation, Value } from './value.ts'

/** `value.name`; null where it is not known. */
export function memberOf(on: Evaluation, value: Value, name: string, depth: number): Value | null {
  if (depth > 40) return null
  switch (value.is) {
    case 'module':
      return on.exported(value.module, name, depth + 1)
    case 'table':
      return name === '$inferSelect' || name === '_' ? null : { is: 'column', table: value.table, property: name }
    case 'object': {
      for (const property of value.node.properties) {
        if (property.type === 'SpreadElement') {
          const inner = on.run(property.argument, value.scope, value.module, depth + 1)
          const found = inner === null ? null : memberOf(on, inner, name, depth + 1)
          if (found !== null) return found
        } else if (keyName(property.key, property.computed) === name) {
          return isFunction(property.value)
            ? { is: 'function', node: property.value, scope: value.scope, module: value.module }
            : on.run(property.value, value.scope, value.module, depth + 1)
        }
      }
      return null
    }
    case 'class':
    case 'instance':
      return classMember(on, value, name, depth)
    case 'prisma':
      return name === '$replica' ? { ...value, replica: true } : null
    case 'prismaClass':
      return name === 'PrismaClient' ? value : null
    case 'drizzle':
      return name === '$primary'
        ? value
        : name === '$client'
          ? { is: 'pg', library: 'pg', transaction: null, single: false }
          : null
    case 'package':
      return value.name === '*' || value.name === 'default'
        ? name === 'PrismaClient'
          ? { is: 'prismaClass', origin: value.source }
          : { is: 'package', source: value.source, name }
        : null
    default:
      return null
  }
}

/** A member of a class or of the classes that it extends: what it is set to, else what its type says. */
function classMember(
  on: Evaluation,
  value: Extract<Value, { is: 'class' | 'instance' }>,
  name: string,
  depth: number,
): Value | null {
  for (const one of value.node.body.body) {
    if (
      (one.type === 'PropertyDefinition' || one.type === 'MethodDefinition') &&
      keyName(one.key, one.computed) === name
    ) {
      if (one.type === 'MethodDefinition')
        return one.kind === 'get'
          ? on.returned({ node: one.value, module: value.module, scope: value.scope }, depth)
          : { is: 'function', node: one.value, scope: value.scope, module: value.module }
      if (one.value !== null && !isFunction(one.value)) {
        const found = on.run(one.value, value.scope, value.module, depth + 1)
        if (found !== null) return found
      }
      if (one.value !== null && isFunction(one.value))
        return { is: 'function', node: one.value, scope: value.scope, module: value.module }
      const type = one.type === 'PropertyDefinition' ? one.typeAnnotation?.typeAnnotation : undefined
      return type === undefined ? null : ofType(on, type, value.scope, value.module, depth + 1)
    }
    if (one.type === 'MethodDefinition' && one.kind === 'constructor') {
      for (const parameter of one.value.params) {
        if (parameter.type !== 'TSParameterProperty') continue
        const inner = parameter.parameter.type === 'AssignmentPattern' ? parameter.parameter.left : parameter.parameter
        if (inner.type === 'Identifier' && inner.name === name && inner.typeAnnotation)
          return ofType(on, inner.typeAnnotation.typeAnnotation, value.scope, value.module, depth + 1)
      }
    }
  }
  if (value.node.superClass === null) return null
  const parent = on.run(value.node.superClass, value.scope, value.module, depth + 1)
  if (parent?.is === 'class') return classMember(on, { ...parent, is: value.is }, name, depth + 1)
  return null
}
