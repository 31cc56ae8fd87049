import type { TSType } from 'oxc-parser'
import { lookUp } from './module.ts'
import type { Module, Scope } from './module.ts'
import { keyName } from './nodes.ts'
import type { Evaluation, Value } from './value.ts'

const drizzleTypes =
  /^(?:NodePgDatabase|PostgresJsDatabase|NeonDatabase|NeonHttpDatabase|VercelPgDatabase|PgDatabase|PgTransaction|PgliteDatabase|AwsDataApiPgDatabase|MySql2Database|LibSQLDatabase|BetterSQLite3Database|DrizzleD1Database|XataHttpDatabase|BunSQLDatabase|DrizzleDB|DrizzleClient|DrizzleDatabase)$/
const prismaTypes =
  /^(?:PrismaClient|TransactionClient|PrismaTransactionClient|PrismaTransaction|PrismaTx|PrismaClientLike|PrismaClientOrTransaction|DynamicClientExtensionThis)$/

function isPrismaClass(on: Evaluation, value: Value | null, depth: number): { origin: string | null } | null {
  if (value?.is === 'prismaClass') return { origin: value.origin }
  if (value?.is !== 'class' || value.node.superClass === null || depth > 40) return null
  const parent = on.run(value.node.superClass, value.scope, value.module, depth + 1)
  return isPrismaClass(on, parent, depth + 1)
}

/** What `new` of a value makes. */
export function ofClass(on: Evaluation, value: Value | null, depth: number): Value | null {
  const prisma = isPrismaClass(on, value, depth)
  if (prisma !== null) return { is: 'prisma', origin: prisma.origin, transaction: null, replica: null }
  if (value?.is === 'class') return { is: 'instance', node: value.node, scope: value.scope, module: value.module }
  if (value?.is === 'package') return pgClass(on, value)
  return null
}

function pgClass(on: Evaluation, value: { readonly source: string; readonly name: string }): Value | null {
  const name = value.name.split('.').at(-1) ?? ''
  const library = value.source
  if (
    (library === 'pg' ||
      library === '@neondatabase/serverless' ||
      library === 'pg-pool' ||
      library === '@vercel/postgres' ||
      library === '@electric-sql/pglite') &&
    ['Pool', 'Client', 'PoolClient', 'ClientBase', 'default', 'PGlite'].includes(name)
  ) {
    return { is: 'pg', library, transaction: null, single: !['Pool', 'default'].includes(name) }
  }
  return null
}

/** What a value of a type is: a client by the name of its type, or by what the type is made from. */
export function ofType(on: Evaluation, type: TSType, scope: Scope, module: Module, depth: number): Value | null {
  if (depth > 40) return null
  if (type.type === 'TSTypeReference') {
    const name = typeName(type.typeName)
    const last = name.split('.').at(-1) ?? name
    if (prismaTypes.test(last)) return { is: 'prisma', origin: null, transaction: null, replica: null }
    if (drizzleTypes.test(last)) return { is: 'drizzle', transaction: null, replicas: false }
    if (
      ['Omit', 'Pick', 'NonNullable', 'Awaited', 'Promise', 'ReturnType', 'InstanceType', 'Parameters'].includes(name)
    ) {
      const inner = type.typeArguments?.params[0]
      if (inner === undefined) return null
      const value = ofType(on, inner, scope, module, depth + 1)
      if (name === 'ReturnType' && value?.is === 'function') return on.returned(value, depth + 1)
      return value
    }
    const binding = lookUp(scope, name.split('.')[0] ?? '')
    if (binding?.is === 'type' && !name.includes('.')) return ofType(on, binding.node, binding.scope, module, depth + 1)
    if (binding?.is === 'class')
      return ofClass(on, { is: 'class', node: binding.node, scope: binding.scope, module }, depth + 1)
    if (binding?.is === 'import') {
      const path = on.world.resolve(module.path, binding.source)
      if (path === null) return ofClass(on, { is: 'package', source: binding.source, name: last }, depth + 1)
      const loaded = on.world.module(path)
      if (loaded === undefined || loaded === null) return null
      return exportedType(on, loaded, binding.name === '*' ? last : binding.name, depth + 1)
    }
    return null
  }
  if (type.type === 'TSUnionType' || type.type === 'TSIntersectionType') {
    for (const one of type.types) {
      const found = ofType(on, one, scope, module, depth + 1)
      if (found !== null) return found
    }
    return null
  }
  if (type.type === 'TSTypeQuery' && type.exprName.type !== 'TSImportType') {
    const parts = typeName(type.exprName).split('.')
    let value = on.named(parts[0] ?? '', scope, module, depth + 1)
    for (const part of parts.slice(1)) value = value === null ? null : on.member(value, part, depth + 1)
    return value
  }
  if (type.type === 'TSIndexedAccessType') {
    // `Parameters<Parameters<typeof db.transaction>[0]>[0]` is how people spell the client of a transaction.
    const inner = JSON.stringify(type.objectType, (k, v: unknown) => (k === 'parent' ? undefined : v))
    if (!inner.includes('"transaction"') && !inner.includes('"$transaction"')) return null
    return inner.includes('"$transaction"')
      ? { is: 'prisma', origin: null, transaction: null, replica: null }
      : { is: 'drizzle', transaction: null, replicas: false }
  }
  return null
}

function exportedType(on: Evaluation, module: Module, name: string, depth: number): Value | null {
  if (depth > 40) return null
  const found = module.exports.get(name)
  const local = found?.is === 'local' ? found.name : name
  const binding = module.scope.names.get(local)
  if (binding?.is === 'type') return ofType(on, binding.node, binding.scope, module, depth + 1)
  if (found?.is === 'from' || found === undefined) {
    for (const source of found?.is === 'from' ? [found.source] : module.stars) {
      const path = on.world.resolve(module.path, source)
      const loaded = path === null ? null : on.world.module(path)
      const value = loaded ? exportedType(on, loaded, found?.is === 'from' ? found.name : name, depth + 1) : null
      if (value !== null) return value
    }
  }
  return ofClass(on, on.exported(module, name, depth + 1), depth + 1)
}

/** The type of a member of an object type; null where it is not known. */
export function memberType(type: TSType, name: string, scope: Scope): TSType | null {
  if (type.type === 'TSTypeLiteral') {
    for (const one of type.members) {
      if (one.type === 'TSPropertySignature' && keyName(one.key, one.computed) === name)
        return one.typeAnnotation?.typeAnnotation ?? null
    }
  }
  if (type.type === 'TSTypeReference') {
    const binding = lookUp(scope, typeName(type.typeName))
    if (binding?.is === 'type') return memberType(binding.node, name, binding.scope)
  }
  return null
}

function typeName(node: { readonly type: string }): string {
  const at = node as {
    readonly type: string
    readonly name?: string
    readonly left?: { readonly type: string }
    readonly right?: { readonly name: string }
  }
  if (at.type === 'TSQualifiedName' && at.left !== undefined) return `${typeName(at.left)}.${at.right?.name ?? ''}`
  return at.name ?? ''
}
