import { memoryTree } from '../../src/changeset/memory.ts'
import type { Project } from '../../src/project/project.ts'
import type { Schema, Table } from '../../src/schema/model.ts'
import { SharedMap } from '../../src/schema/shared-map.ts'
import { arrayLiteral } from '../../src/schema/drizzle/ddl.ts'
import { readDrizzleSchema } from '../../src/schema/drizzle.ts'
import type { DrizzleRead } from '../../src/schema/drizzle.ts'
import type { SandboxLimits } from '../../src/schema/drizzle/sandbox.ts'

/** A Drizzle project whose schema is `schema.ts`, with what a test changes. */
export function projectOf(change: Partial<Project> = {}): Project {
  return {
    root: '',
    name: '.',
    orm: 'drizzle',
    dialect: 'postgresql',
    runner: { name: 'drizzle', version: '0.45.4' },
    schemaFiles: ['schema.ts'],
    migrations: null,
    evidence: 'drizzle.config.ts',
    settings: {},
    ...change,
  }
}

/** Reads the schema of files that stand only in memory. */
export function readFiles(
  files: Readonly<Record<string, string>>,
  change: Partial<Project> = {},
  limits?: SandboxLimits,
): Promise<DrizzleRead> {
  return readDrizzleSchema(memoryTree(files), projectOf(change), limits)
}

/** The tables of a schema text, which may use everything of `drizzle-orm/pg-core` without importing it. */
export async function tablesOf(
  text: string,
  change: Partial<Project> = {},
): Promise<{ readonly read: DrizzleRead; table(name: string): Table; readonly schema: Schema }> {
  const read = await readFiles(
    {
      'schema.ts': `import * as pg from 'drizzle-orm/pg-core'\nimport { sql, relations, eq } from 'drizzle-orm'\n${text}`,
    },
    change,
  )
  if (!read.schema) throw new Error(read.notes.map((it) => it.message).join('\n'))
  const { schema } = read
  return {
    read,
    schema,
    table(name) {
      const found = schema.tables.get(name.includes('.') ? name : `public.${name}`)
      if (!found) throw new Error(`no table ${name} among ${[...schema.tables.keys()].join(', ')}`)
      return found
    },
  }
}

const local = new Set([
  'declared',
  'valuesDeclared',
  'approximate',
  'property',
  'clientDefault',
  'node',
  'usingNode',
  'checkNode',
])

/** A schema without places and without what only one side can know, to be compared. */
export function comparable(schema: Schema | null): unknown {
  const plain = (value: unknown): unknown => {
    if (value instanceof Map || value instanceof SharedMap)
      return Object.fromEntries(
        [...value].map(([name, it]) => [String(name), plain(it)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      )
    if (value instanceof Set) return [...value].toSorted()
    if (Array.isArray(value)) return value.map(plain)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !local.has(name))
        .map(([name, it]) => [
          name,
          name === 'default' && typeof it === 'string' ? literalOf(it) : byName(name, plain(it)),
        ]),
    )
  }
  return plain(schema)
}

/** The SQL of different versions casts a literal or does not, and quotes the elements of an array or does not. */
function literalOf(text: string): string {
  const plain = text.replace(/^('(?:[^']|'')*')::[\w." [\]]+$/, '$1')
  return /^'\{.*\}'$/.test(plain) ? `'${arrayLiteral(plain.slice(1, -1))}'` : plain
}

/** Constraints have no order of their own. */
function byName(list: string, value: unknown): unknown {
  // drizzle-kit writes out the limits that a sequence has anyway.
  if (list === 'options' && Array.isArray(value))
    return value.filter((it) => it !== 'MAXVALUE 9223372036854775807' && it !== 'MINVALUE 1')
  if (!Array.isArray(value) || !['uniques', 'indexes', 'foreignKeys', 'checks', 'policies'].includes(list)) return value
  return value.toSorted((a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1))
}
