import type { Column, Key, Schema } from '../../schema/model.ts'
import type { Module } from '../typescript/module.ts'
import { unwrap } from '../typescript/nodes.ts'
import type { Evaluate } from '../typescript/objects.ts'
import type { DrizzleTable } from '../typescript/value.ts'
import { definedRelations, relationsOf } from './relations.ts'
import type { Relations } from './relations.ts'
import type { DrizzleWorld } from './state.ts'

type Relation = NonNullable<ReturnType<DrizzleWorld['relation']>>

export interface DrizzleNames {
  readonly tables: ReadonlyMap<string, DrizzleTable>
  column(table: DrizzleTable, property: string): string | null
  relation(table: Key, name: string): Relation | null
}

/** Collects the tables and relations that modules declare. `schemas` say which columns a table has had, head before base. */
export function drizzleNames(modules: readonly Module[], evaluate: Evaluate, schemas: readonly Schema[]): DrizzleNames {
  const tables = new Map<string, DrizzleTable>()
  for (const module of modules) {
    for (const [name, binding] of module.scope.names) {
      if (binding.is !== 'variable' || binding.init === null) continue
      const init = unwrap(binding.init)
      if (init.type !== 'CallExpression') continue
      const value = evaluate(init, binding.scope, module)
      if (value?.is === 'table') tables.set(name, { ...value.table, name })
    }
  }
  const memo = new Map<string, string | null>()
  const column = (table: DrizzleTable, property: string): string | null => {
    const written = table.columns.get(property)
    const id = `${table.key}\n${property}\n${written ?? ''}`
    const known = memo.get(id)
    if (known !== undefined) return known
    const snake = property.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
    const having = schemas.flatMap((schema) => schema.tables.get(table.key) ?? [])
    // What the schema made of a property is what it is; the text of a helper of one's own may say another name.
    const tried = [
      (c: Column) => c.property === property,
      (c: Column) => c.name === written,
      (c: Column) => c.property === undefined && (c.name === property || c.name === snake),
    ]
    let found: string | null = null
    for (const { columns } of having) {
      for (const is of tried) found ??= columns.find(is)?.name ?? null
      if (found !== null) break
    }
    if (!having.some(({ complete }) => complete)) found ??= written ?? null
    memo.set(id, found)
    return found
  }
  const relations: Relations = new Map()
  for (const module of modules) {
    for (const binding of module.scope.names.values()) {
      if (binding.is !== 'variable' || binding.init === null) continue
      const init = unwrap(binding.init)
      if (init.type !== 'CallExpression' || init.callee.type !== 'Identifier') continue
      if (init.callee.name === 'relations') relationsOf(init, binding.scope, module, { evaluate, column }, relations)
      if (init.callee.name === 'defineRelations' || init.callee.name === 'defineRelationsPart')
        definedRelations(init, module, { evaluate, column, tables }, relations)
    }
  }
  return {
    tables,
    column,
    relation(table, name) {
      const found = relations.get(table)?.get(name)
      if (found === undefined) return null
      let { columns, references } = found
      if (columns.length === 0) {
        const back = [...(relations.get(found.target.key)?.values() ?? [])].filter(
          (r) => r.target.key === table && r.columns.length > 0,
        )
        if (back.length === 1 && back[0] !== undefined) [columns, references] = [back[0].references, back[0].columns]
      }
      return {
        is: 'relation',
        model: found.target.name,
        many: found.many,
        owns: found.columns.length > 0,
        columns,
        references,
        target: found.target,
      }
    },
  }
}
