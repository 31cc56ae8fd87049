import type { Class, Expression, NewExpression, Node, TSType } from 'oxc-parser'
import type { SourceFile } from '../../location.ts'
import type { FileKind } from './features.ts'
import type { AnyFunction, Chain } from './nodes.ts'

/** What a name stands for in its scope, as written; nothing is resolved yet. */
export type Binding =
  | { readonly is: 'import'; readonly source: string; readonly name: string }
  | {
      readonly is: 'variable'
      readonly init: Expression | null
      readonly path: readonly string[]
      readonly type: TSType | null
      readonly scope: Scope
      readonly assigned: Expression[]
      readonly members: AssignedMember[]
      mutated: boolean
    }
  | {
      readonly is: 'parameter'
      readonly frame: FunctionFrame
      readonly index: number
      readonly path: readonly string[]
      readonly type: TSType | null
      readonly scope: Scope
    }
  | { readonly is: 'function'; readonly node: AnyFunction; readonly scope: Scope; readonly frame: FunctionFrame | null }
  | { readonly is: 'class'; readonly node: Class; readonly scope: Scope }
  | { readonly is: 'type'; readonly node: TSType; readonly scope: Scope }
  | { readonly is: 'element'; readonly of: Expression; readonly path: readonly string[]; readonly scope: Scope }

/** `where.status = …` after the declaration of `where`. */
export interface AssignedMember {
  readonly name: string
  readonly node: Expression
  readonly scope: Scope
  readonly start: number
}

export interface Scope {
  readonly parent: Scope | null
  readonly names: Map<string, Binding>
}

/** A function that stands around a node, innermost first. */
export interface FunctionFrame {
  readonly kind: 'function'
  readonly parent: Frame | null
  readonly node: AnyFunction
  readonly name: string | null
  readonly scope: Scope
  /** The call that gets the function as an argument, with the index of the argument. */
  readonly argumentOf: { readonly chain: Chain; readonly step: number; readonly index: number } | null
  /** True once a result has been returned on a condition: what stands behind does not run in every call. */
  shortcut: boolean
  /** Conditions on which the function has been left, by an error or a result. */
  readonly left: string[]
}

export interface LoopFrame {
  readonly kind: 'loop'
  readonly parent: Frame | null
  readonly form: 'for' | 'for-of' | 'while'
  readonly start: number
  readonly end: number
  /** What a `for … of` runs over; null for other loops. */
  readonly over: Expression | null
  readonly variable: string | null
  readonly scope: Scope
  /** Where its body ends. */
  readonly last: number
  /** Text of the head of the loop. */
  readonly head: string
  /** True where the loop ends early by itself: `break` or `return` in its body. */
  readonly exits: boolean
}

/** The arguments of `Promise.all`, `$transaction([…])` and their like. */
export interface BatchFrame {
  readonly kind: 'batch'
  readonly parent: Frame | null
  readonly name: string
}

export interface BranchFrame {
  readonly kind: 'branch'
  readonly parent: Frame | null
  /** Text of the condition; `catch` for what runs after an error only. */
  readonly test: string
  /** True for a case of a `switch`, whose `test` is what the cases are told apart by. */
  readonly cases?: boolean
}

/** Statements behind which nothing more of a loop or a function runs. */
export interface LastFrame {
  readonly kind: 'last'
  readonly parent: Frame | null
  readonly of: 'loop' | 'function'
}

/** The block of a `try`. */
export interface TryFrame {
  readonly kind: 'try'
  readonly parent: Frame | null
}

export type Frame = FunctionFrame | LoopFrame | BatchFrame | BranchFrame | LastFrame | TryFrame
/** One chain of the code that may be a query, with what stands around it. */
export interface Site {
  readonly chain: Chain
  readonly scope: Scope
  readonly frame: Frame | null
  readonly awaited: boolean
  /** Name of the variable that takes the result. */
  readonly variable: string | null
  /** True where every call of the function around it comes by: no condition, error or earlier result decides. */
  readonly certain: boolean
  /** Conditions on which the function is left before it comes here. */
  readonly left: readonly string[]
  /** What is done with it: `operand` for a part of another query, `dropped` for a statement of its own. */
  readonly used: 'awaited' | 'returned' | 'assigned' | 'operand' | 'dropped' | 'other'
}

export interface Construction {
  readonly node: NewExpression
  readonly scope: Scope
  readonly frame: Frame | null
}

export type ModuleExport =
  | { readonly is: 'local'; readonly name: string }
  | { readonly is: 'from'; readonly source: string; readonly name: string }
  | { readonly is: 'expression'; readonly node: Expression }

/** A parsed file, reduced to what finding queries needs. Bodies of functions are not kept. */
export interface Module {
  readonly path: string
  readonly kind: FileKind
  readonly file: SourceFile
  readonly scope: Scope
  readonly exports: ReadonlyMap<string, ModuleExport>
  /** Sources of `export * from`. */
  readonly stars: readonly string[]
  readonly sites: readonly Site[]
  readonly constructions: readonly Construction[]
  /** Returned expressions of each function, with their scopes. */
  readonly returns: ReadonlyMap<Node, readonly { readonly node: Expression; readonly scope: Scope }[]>
  /** Directives such as `use client`. */
  readonly directives: readonly string[]
  readonly readable: boolean
}

/** Finds the binding of a name from a scope outwards. */
export function lookUp(scope: Scope, name: string): Binding | null {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const found = at.names.get(name)
    if (found !== undefined) return found
  }
  return null
}

/** The name by which what a name stands for is exported where it comes from: `count` of `import { count as total }`. */
export function importedName(scope: Scope, name: string): string {
  const binding = lookUp(scope, name)
  return binding?.is === 'import' && binding.name !== '*' && binding.name !== 'default' ? binding.name : name
}
