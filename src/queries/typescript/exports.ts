import type { BindingPattern, Expression, Program } from 'oxc-parser'
import type { ModuleExport } from './module.ts'

/** The name that an import or export clause gives, be it a word or a string. */
export function exportName(node: { readonly type: string; readonly name?: string; readonly value?: unknown }): string {
  return node.name ?? String(node.value)
}

/** Notes what a program exports, and the sources of `export * from`. */
export function collectExports(program: Program, exports: Map<string, ModuleExport>, stars: string[]): void {
  for (const statement of program.body) {
    if (statement.type === 'ExportAllDeclaration') {
      if (statement.exported === null) stars.push(statement.source.value)
      else exports.set(exportName(statement.exported), { is: 'from', source: statement.source.value, name: '*' })
    } else if (statement.type === 'ExportDefaultDeclaration') {
      const inner = statement.declaration
      if ((inner.type === 'FunctionDeclaration' || inner.type === 'ClassDeclaration') && inner.id !== null)
        exports.set('default', { is: 'local', name: inner.id.name })
      else if (inner.type === 'Identifier') exports.set('default', { is: 'local', name: inner.name })
      else if (inner.type !== 'TSInterfaceDeclaration')
        exports.set('default', { is: 'expression', node: inner as Expression })
    } else if (statement.type === 'ExportNamedDeclaration') {
      for (const one of statement.specifiers) {
        const name = exportName(one.exported)
        exports.set(
          name,
          statement.source === null
            ? { is: 'local', name: exportName(one.local) }
            : { is: 'from', source: statement.source.value, name: exportName(one.local) },
        )
      }
      const inner = statement.declaration
      if (inner === null) continue
      if (inner.type === 'VariableDeclaration') {
        for (const one of inner.declarations)
          for (const name of patternNames(one.id)) exports.set(name, { is: 'local', name })
      } else if ('id' in inner && inner.id !== null && inner.id.type === 'Identifier') {
        exports.set(inner.id.name, { is: 'local', name: inner.id.name })
      }
    }
  }
}

function patternNames(pattern: BindingPattern): string[] {
  if (pattern.type === 'Identifier') return [pattern.name]
  if (pattern.type === 'AssignmentPattern') return patternNames(pattern.left)
  if (pattern.type === 'ObjectPattern')
    return pattern.properties.flatMap((p) =>
      p.type === 'RestElement' ? patternNames(p.argument) : patternNames(p.value),
    )
  return pattern.elements.flatMap((e) => (e === null ? [] : patternNames(e as BindingPattern)))
}
