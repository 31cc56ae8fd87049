import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'
import { operations } from './operations.ts'
import type { Operation } from './operations.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }
export type JsonObject = { readonly [key: string]: Json | undefined }

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly Json[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly additionalProperties?: boolean | Schema
}

interface Description {
  readonly source: string
  readonly operations: Readonly<
    Record<
      string,
      {
        readonly query: Schema
        readonly body: Schema | null
        readonly responses: Readonly<Record<string, Schema | null>>
      }
    >
  >
  readonly webhooks: Readonly<Record<string, Schema>>
  readonly schemas: Readonly<Record<string, Schema>>
}

const description = JSON.parse(readFileSync(new URL('./openapi.json', import.meta.url), 'utf8')) as Description
const ajv = new Ajv({ strict: false, allErrors: true })
ajv.addSchema({ $id: 'github', ...description })
const compiled = new Map<string, ValidateFunction>()

function problems(pointer: string, value: unknown): readonly string[] {
  let validate = compiled.get(pointer)
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `github#${pointer}` })
    compiled.set(pointer, validate)
  }
  if (validate(value)) return []
  return (validate.errors ?? [])
    .slice(0, 5)
    .map((e) => `${e.instancePath === '' ? 'body' : e.instancePath} ${e.message ?? 'is wrong'}`)
}

const token = (key: string) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))

/** What is wrong with a request, against GitHub's description and its rule that nothing unknown may be sent. */
export function requestProblems(operation: Operation, query: JsonObject, body: Json | undefined): readonly string[] {
  const described = description.operations[operation]
  if (described === undefined) return [`${operation} is not described`]
  const found = [...unknown(described.query, query, 'query')]
  if (described.body === null)
    return body === undefined || body === null ? found : [...found, 'the operation takes no body']
  found.push(
    ...problems(`/operations/${token(operation)}/body`, body ?? {}),
    ...unknown(described.body, body ?? {}, 'body'),
  )
  return found
}

/** What is wrong with an answer of the stand-in itself. */
export function responseProblems(operation: Operation, status: number, body: Json | undefined): readonly string[] {
  const responses = description.operations[operation]?.responses ?? {}
  if (!(String(status) in responses)) return [`${operation} does not answer ${status}`]
  if (responses[status] === null || responses[status] === undefined)
    return body === undefined ? [] : [`${operation} answers ${status} without a body`]
  return problems(`/operations/${token(operation)}/responses/${status}`, body)
}

/** What is wrong with a webhook's payload; `name` as in the description, `pull-request-opened`. */
export function webhookProblems(name: string, payload: Json): readonly string[] {
  return name in description.webhooks ? problems(`/webhooks/${name}`, payload) : []
}

/** The body that an operation answers with, where `values` gives what matters and the description the rest. */
export function answerOf(operation: Operation, status: number, values: Json): Json {
  const schema = description.operations[operation]?.responses[status]
  return schema === null || schema === undefined ? values : fill(schema, values, 'body')
}

/** A webhook's payload with all that the description requires. */
export function payloadOf(name: string, values: JsonObject): JsonObject {
  const schema = description.webhooks[name]
  return schema === undefined ? values : (fill(schema, values, 'payload') as JsonObject)
}

/** Which operation a method and path are, with the values of its parameters. */
export function matchOperation(
  method: string,
  path: string,
): { readonly operation: Operation; readonly parameters: Readonly<Record<string, string>> } | null {
  for (const { operation, verb, pattern } of routes) {
    const found = verb === method ? pattern.exec(path) : null
    if (found !== null)
      return {
        operation,
        parameters: Object.fromEntries(Object.entries(found.groups ?? {}).map(([k, v]) => [k, decodeURIComponent(v)])),
      }
  }
  return null
}

const routes = operations.map((operation) => {
  const [verb = '', path = ''] = operation.split(' ')
  return { operation, verb, pattern: new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`) }
})

function resolve(schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : resolve(description.schemas[name] ?? {})
}

/** Properties of a request that the description does not know. */
function unknown(given: Schema, value: Json, at: string): string[] {
  const schema = resolve(given)
  if (Array.isArray(value))
    return schema.items === undefined
      ? []
      : value.flatMap((v: Json, i: number) => unknown(schema.items ?? {}, v, `${at}/${i}`))
  if (value === null || typeof value !== 'object') return []
  const parts = [schema, ...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map(resolve)
  const known = new Map(parts.flatMap((p) => Object.entries(p.properties ?? {})))
  if (known.size === 0) return []
  return Object.entries(value as JsonObject).flatMap(([key, child]) => {
    const property = known.get(key)
    return property === undefined
      ? [`${at}/${key} is not known`]
      : child === undefined
        ? []
        : unknown(property, child, `${at}/${key}`)
  })
}

/** Adds to `value` what the schema requires, with the plainest value that is allowed. */
function fill(given: Schema, value: Json | undefined, name: string): Json {
  const schema = resolve(given)
  const options = schema.anyOf ?? schema.oneOf
  if (options !== undefined && schema.properties === undefined) {
    const resolved = options.map(resolve)
    if (value === undefined && resolved.some((o) => o.type === 'null')) return null
    if (value === null) return null
    const wanted = value === undefined ? undefined : Array.isArray(value) ? 'array' : typeof value
    const option = resolved.find(
      (o) =>
        o.type !== 'null' &&
        (wanted === undefined ||
          o.type === wanted ||
          ((o.properties ?? o.anyOf ?? o.oneOf ?? o.allOf) !== undefined && wanted === 'object') ||
          (o.type === 'integer' && wanted === 'number')),
    )
    return option === undefined ? (value ?? null) : fill(option, value, name)
  }
  const parts = [schema, ...(schema.allOf ?? []).map(resolve)]
  // Where parts of a schema describe the same property, the first one says most about it.
  const properties = Object.assign({}, ...parts.toReversed().map((p) => p.properties ?? {})) as Record<string, Schema>
  if (value === undefined) {
    if (schema.enum !== undefined) return schema.enum[0] ?? null
    const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
    if (types.includes('null')) return null
    if (types.includes('string'))
      return name.endsWith('_at') ? '2026-11-01T12:00:00Z' : name.endsWith('url') ? 'https://github.test/' : ''
    if (types.includes('integer') || types.includes('number')) return 0
    if (types.includes('boolean')) return false
    if (types.includes('array')) return []
    return Object.keys(properties).length > 0 || types.includes('object') ? fill(schema, {}, name) : null
  }
  if (Array.isArray(value))
    return schema.items === undefined ? value : value.map((v: Json) => fill(schema.items ?? {}, v, name))
  if (value === null || typeof value !== 'object') return value
  const filled: Record<string, Json> = {}
  for (const [key, child] of Object.entries(value as JsonObject)) {
    if (child !== undefined) filled[key] = properties[key] === undefined ? child : fill(properties[key], child, key)
  }
  for (const key of parts.flatMap((p) => p.required ?? []))
    if (!(key in filled)) filled[key] = fill(properties[key] ?? {}, undefined, key)
  return filled
}
