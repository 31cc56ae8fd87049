import type { BindingPattern, Expression, Node, ParamPattern, TSType } from 'oxc-parser'
import { exportName } from './exports.ts'
import { lookUp } from './module.ts'
import type { Binding, Scope } from './module.ts'
import { chainOf, keyName, unwrap } from './nodes.ts'

/** Declares the names of a pattern in a scope; `make` gets the way from the value to each name. */
export function declare(
  pattern: BindingPattern | ParamPattern,
  make: (path: readonly string[], type: TSType | null) => Binding,
  scope: Scope,
  way: readonly string[] = [],
  type: TSType | null = null,
): void {
  switch (pattern.type) {
    case 'Identifier':
      scope.names.set(pattern.name, make(way, pattern.typeAnnotation?.typeAnnotation ?? (way.length > 0 ? type : null)))
      return
    case 'AssignmentPattern':
      declare(pattern.left, make, scope, way, type)
      return
    case 'RestElement':
      declare(pattern.argument, make, scope, [...way, '…'], type)
      return
    case 'TSParameterProperty':
      declare(pattern.parameter as BindingPattern, make, scope, way, type)
      return
    case 'ObjectPattern': {
      const whole = pattern.typeAnnotation?.typeAnnotation ?? type
      for (const property of pattern.properties) {
        if (property.type === 'RestElement') declare(property.argument, make, scope, [...way, '…'], null)
        else declare(property.value, make, scope, [...way, keyName(property.key, property.computed) ?? '?'], whole)
      }
      return
    }
    case 'ArrayPattern':
      for (const [index, element] of pattern.elements.entries()) {
        if (element !== null) declare(element as BindingPattern, make, scope, [...way, String(index)], null)
      }
      return
    default:
  }
}

/** Declares what the statements of a block bring into its scope, before any of them is visited. */
export function declareStatements(body: readonly Node[], scope: Scope): void {
  for (const statement of body) {
    const inner =
      statement.type === 'ExportNamedDeclaration'
        ? statement.declaration
        : statement.type === 'ExportDefaultDeclaration'
          ? statement.declaration
          : statement
    if (inner === null) continue
    if (inner.type === 'VariableDeclaration') {
      for (const one of inner.declarations) {
        declare(
          one.id,
          (way, type) => ({
            is: 'variable',
            init: one.init,
            path: way,
            type,
            scope,
            assigned: [],
            members: [],
            mutated: false,
          }),
          scope,
        )
      }
    } else if (inner.type === 'FunctionDeclaration' && inner.id !== null) {
      scope.names.set(inner.id.name, { is: 'function', node: inner, scope, frame: null })
    } else if (inner.type === 'ClassDeclaration' && inner.id !== null) {
      scope.names.set(inner.id.name, { is: 'class', node: inner, scope })
    } else if (inner.type === 'TSTypeAliasDeclaration') {
      if (!scope.names.has(inner.id.name))
        scope.names.set(inner.id.name, { is: 'type', node: inner.typeAnnotation, scope })
    } else if (inner.type === 'ImportDeclaration') {
      for (const one of inner.specifiers) {
        const name =
          one.type === 'ImportNamespaceSpecifier'
            ? '*'
            : one.type === 'ImportDefaultSpecifier'
              ? 'default'
              : exportName(one.imported)
        scope.names.set(one.local.name, { is: 'import', source: inner.source.value, name })
      }
    }
  }
}

/** The name by which code goes on with what a query gives: the whole, its first row, or the `rows` of `pg`; null for anything else. */
export function resultName(pattern: BindingPattern): string | null {
  if (pattern.type === 'Identifier') return pattern.name
  if (pattern.type === 'ArrayPattern') {
    const [first] = pattern.elements
    return first?.type === 'Identifier' ? first.name : null
  }
  if (pattern.type !== 'ObjectPattern') return null
  for (const property of pattern.properties)
    if (property.type === 'Property' && keyName(property.key, property.computed) === 'rows')
      return resultName(property.value)
  return null
}

/** Marks the variable that an expression begins with as changed after its declaration. */
export function noteMutation(node: Expression, scope: Scope): void {
  const root = chainOf(node)?.root ?? unwrap(node)
  if (root.type !== 'Identifier') return
  const binding = lookUp(scope, root.name)
  if (binding?.is === 'variable') binding.mutated = true
}
