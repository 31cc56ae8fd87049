import type { Class, Expression, ObjectExpression } from 'oxc-parser'
import type { Key } from '../../schema/model.ts'
import type { FunctionFrame, Module, Scope } from './module.ts'
import type { AnyFunction } from './nodes.ts'

/** What an expression stands for, as far as it can be told from the text. */
export type Value =
  | {
      readonly is: 'prisma'
      readonly origin: string | null
      readonly transaction: FunctionFrame | null
      /** Whether reads go to a replica; null where that is not known, as for a parameter. */
      readonly replica: boolean | null
    }
  | { readonly is: 'prismaClass'; readonly origin: string | null }
  | { readonly is: 'drizzle'; readonly transaction: FunctionFrame | null; readonly replicas: boolean }
  | { readonly is: 'table'; readonly table: DrizzleTable }
  | { readonly is: 'column'; readonly table: DrizzleTable; readonly property: string }
  | {
      readonly is: 'pg'
      readonly library: string
      readonly transaction: FunctionFrame | null
      /** True for one connection: a client, or what a pool gave away. */
      readonly single: boolean
    }
  | { readonly is: 'module'; readonly module: Module }
  | { readonly is: 'object'; readonly node: ObjectExpression; readonly scope: Scope; readonly module: Module }
  | { readonly is: 'function'; readonly node: AnyFunction; readonly scope: Scope; readonly module: Module }
  | { readonly is: 'class'; readonly node: Class; readonly scope: Scope; readonly module: Module }
  | { readonly is: 'instance'; readonly node: Class; readonly scope: Scope; readonly module: Module }
  | { readonly is: 'package'; readonly source: string; readonly name: string }
  | { readonly is: 'literal'; readonly value: string | number | boolean | null }

/** A table that code declares with `pgTable` and its like. */
export interface DrizzleTable {
  readonly key: Key
  /** Column names by property; a property that is not here may come from a spread. */
  readonly columns: ReadonlyMap<string, string>
  readonly types: ReadonlyMap<string, string>
  readonly path: string
  /** Name of the constant. */
  readonly name: string
}

/** Everything that evaluation needs from outside. */
export interface World {
  /** A parsed module; undefined while it is not loaded, null where it cannot be. Asking for one notes that it is wanted. */
  module(path: string): Module | null | undefined
  resolve(from: string, specifier: string): string | null
  target(from: string, specifier: string): string | null
  /** True for the folder that a Prisma generator writes its client into. */
  isGenerated(path: string): boolean
  /** Column name of a property without an explicit name: Drizzle's `casing`. */
  columnName(path: string, property: string): string
  defaultSchema(path: string): string
}

/** The parts of an evaluator that reading types and table declarations goes back to. */
export interface Evaluation {
  readonly world: World
  run(node: Expression, scope: Scope, module: Module, depth: number): Value | null
  named(name: string, scope: Scope, module: Module, depth: number): Value | null
  member(value: Value, name: string, depth: number): Value | null
  exported(module: Module, name: string, depth: number): Value | null
  returned(
    value: { readonly node: AnyFunction; readonly module: Module; readonly scope: Scope },
    depth: number,
  ): Value | null
}
