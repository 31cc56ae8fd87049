import { readFileSync, writeFileSync } from 'node:fs'
import { operations, webhooks } from '../test/github/operations.ts'

/**
 * Writes `test/github/openapi.json`: the part of GitHub's OpenAPI description (MIT, package `@octokit/openapi`) that the stand-in
 * GitHub checks its traffic against. Run it as `tsx scripts/prune-openapi.ts node_modules/@octokit/openapi/generated/api.github.com.json`,
 * with that package installed outside the project, since it weighs 385 MB.
 */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const words = new Set([
  'description',
  'example',
  'examples',
  'summary',
  'title',
  'externalDocs',
  'x-github',
  'x-github-breaking-changes',
  'deprecated',
  'tags',
  'xml',
])

const [source] = process.argv.slice(2)
if (source === undefined) {
  process.stderr.write('usage: tsx scripts/prune-openapi.ts FILE\n')
  process.exit(2)
}
const description = JSON.parse(readFileSync(source, 'utf8')) as Record<string, Json>
const schemas: Record<string, Json> = {}

function at(pointer: string): Json {
  let value: Json = description
  for (const part of pointer.slice(2).split('/'))
    value = (value as Record<string, Json>)[part.replaceAll('~1', '/').replaceAll('~0', '~')] ?? null
  return value
}

/** A copy without prose, in JSON Schema's words: `nullable` becomes a type, references point into `schemas`. */
function prune(value: Json, isProperties = false): Json {
  if (Array.isArray(value)) return value.map((v: Json) => prune(v))
  if (value === null || typeof value !== 'object') return value
  const entries = value as Record<string, Json>
  const ref = entries['$ref']
  if (typeof ref === 'string' && !isProperties) {
    const name = ref.split('/').at(-1) ?? ''
    if (!ref.startsWith('#/components/schemas/')) return prune(at(ref))
    if (!(name in schemas)) {
      schemas[name] = null
      schemas[name] = prune(at(ref))
    }
    return { $ref: `#/schemas/${name}` }
  }
  const copy: Record<string, Json> = {}
  for (const [key, child] of Object.entries(entries)) {
    if (!isProperties && (words.has(key) || key === 'nullable' || key === 'format' || key === 'default')) continue
    copy[key] = prune(child, !isProperties && key === 'properties')
  }
  if (entries['nullable'] !== true || isProperties) return copy
  if (typeof copy['type'] === 'string' && copy['enum'] === undefined) return { ...copy, type: [copy['type'], 'null'] }
  return { anyOf: [{ type: 'null' }, copy] }
}

function schemaOfBody(body: Json): Json {
  const content = (body as { content?: Record<string, { schema: Json }> } | null)?.content
  const schema = content?.['application/json']?.schema
  return schema === undefined ? null : prune(schema)
}

const paths: Record<string, Json> = {}
for (const name of operations) {
  const [method = '', path = ''] = name.split(' ')
  const operation = (at('#/paths') as Record<string, Record<string, Json>>)[path]?.[method.toLowerCase()] as
    | Record<string, Json>
    | undefined
  if (operation === undefined) throw new Error(`${name} is not in the description`)
  const parameters = ((operation['parameters'] as Json[] | undefined) ?? []).map(
    (p) => prune(p) as Record<string, Json>,
  )
  const query = parameters.filter((p) => p['in'] === 'query')
  const responses: Record<string, Json> = {}
  for (const [status, response] of Object.entries(operation['responses'] as Record<string, Json>)) {
    if (status.startsWith('2')) responses[status] = schemaOfBody(prune(response) === null ? null : resolve(response))
  }
  const body = operation['requestBody']
  paths[name] = {
    query: {
      type: 'object',
      properties: Object.fromEntries(query.map((p) => [p['name'] as string, p['schema'] ?? {}])),
    },
    body: body === undefined ? null : schemaOfBody(resolve(body)),
    responses,
  }
}

function resolve(value: Json): Json {
  const ref = (value as { $ref?: string } | null)?.$ref
  return ref === undefined ? value : at(ref)
}

const hooks: Record<string, Json> = {}
for (const name of webhooks) {
  const hook = (description['x-webhooks'] as Record<string, { post: { requestBody: Json } }>)[name]
  if (hook === undefined) throw new Error(`webhook ${name} is not in the description`)
  hooks[name] = schemaOfBody(resolve(hook.post.requestBody))
}

const text = JSON.stringify({
  source: `${(description['info'] as { title: string; version: string }).title} ${(description['info'] as { version: string }).version}`,
  operations: paths,
  webhooks: hooks,
  schemas,
})
writeFileSync(new URL('../test/github/openapi.json', import.meta.url), text + '\n')
process.stdout.write(
  `${Object.keys(paths).length} operations, ${Object.keys(hooks).length} webhooks, ${Object.keys(schemas).length} schemas, ${text.length} characters\n`,
)
