import type { Key } from '../../schema/model.ts'
import { Remembered } from '../remember.ts'

/** How a client library calls a table and its columns. */
export interface Model {
  readonly client: 'prisma' | 'drizzle'
  /** Name in code: `User` of Prisma, the exported constant of Drizzle. */
  readonly name: string
  readonly table: Key
  readonly fields: ReadonlyMap<string, ModelField>
  /** Columns of unique keys of several fields, by the name that `findUnique` takes. */
  readonly compounds: ReadonlyMap<string, readonly string[]>
  readonly path: string
  readonly project: string
}

export type ModelField =
  | {
      readonly is: 'column'
      readonly column: string
      readonly type: string
      readonly list: boolean
      /** What Postgres calls the values of its enum, by their names in code; null for a column of another type. */
      readonly enum: ReadonlyMap<string, string> | null
    }
  | {
      readonly is: 'relation'
      readonly model: string
      readonly many: boolean
      /** True where the foreign key stands in this model, so that writing the relation writes `columns`. */
      readonly owns: boolean
      readonly columns: readonly string[]
      readonly references: readonly string[]
    }

/** The models of a project by the name that code uses: `user` for Prisma's `model User`. */
export type Models = ReadonlyMap<string, Model>

interface RawField {
  name: string
  type: string
  list: boolean
  attributes: string
}
interface RawModel {
  name: string
  fields: RawField[]
  attributes: string[]
  path: string
  view: boolean
}

/** Prisma's name of a delegate: the model's with its first letter in lower case. */
export function delegateName(model: string): string {
  return model.slice(0, 1).toLowerCase() + model.slice(1)
}

/**
 * Reads the names of models, fields and relations from Prisma schema files. It takes what it understands and skips the rest:
 * the schema reader reports what is wrong with a file.
 */
export function prismaModels(files: ReadonlyMap<string, string>, project: string, defaultSchema: string): Models {
  return known.of(JSON.stringify([project, defaultSchema, ...files]), () => modelsIn(files, project, defaultSchema))
}

const known = new Remembered<Models>(4_000_000)

function modelsIn(files: ReadonlyMap<string, string>, project: string, defaultSchema: string): Models {
  const raw: RawModel[] = []
  const enums = new Map<string, Map<string, string>>()
  for (const [path, text] of files) readBlocks(path, text, raw, enums)
  const byName = new Map(raw.map((m) => [m.name, m]))
  const columnOf = (model: RawModel | undefined, field: string): string => {
    const found = model?.fields.find((f) => f.name === field)
    return argument(found?.attributes ?? '', '@map') ?? field
  }
  const models = new Map<string, Model>()
  for (const model of raw) {
    const block = model.attributes.join('\n')
    const table = `${argument(block, '@@schema') ?? defaultSchema}.${argument(block, '@@map') ?? model.name}`
    const fields = new Map<string, ModelField>()
    for (const field of model.fields) {
      const target = byName.get(field.type)
      if (target === undefined) {
        fields.set(field.name, {
          is: 'column',
          column: argument(field.attributes, '@map') ?? field.name,
          type: field.type,
          list: field.list,
          enum: enums.get(field.type) ?? null,
        })
        continue
      }
      const own = relationFields(field.attributes)
      if (own !== null) {
        fields.set(field.name, {
          is: 'relation',
          model: target.name,
          many: false,
          owns: true,
          columns: own.fields.map((f) => columnOf(model, f)),
          references: own.references.map((f) => columnOf(target, f)),
        })
        continue
      }
      const name = relationName(field.attributes)
      const back = target.fields.find(
        (f) =>
          f.type === model.name &&
          relationFields(f.attributes) !== null &&
          relationName(f.attributes) === name &&
          !(target === model && f.name === field.name),
      )
      const other = back === undefined ? null : relationFields(back.attributes)
      fields.set(field.name, {
        is: 'relation',
        model: target.name,
        many: field.list,
        owns: false,
        columns: other?.references.map((f) => columnOf(model, f)) ?? [],
        references: other?.fields.map((f) => columnOf(target, f)) ?? [],
      })
    }
    const compounds = new Map<string, readonly string[]>()
    for (const line of model.attributes) {
      if (!line.startsWith('@@unique') && !line.startsWith('@@id')) continue
      const names = list(line)
      const columns = names.map((f) => columnOf(model, f))
      compounds.set(/\bname\s*:\s*"([^"]+)"/.exec(line)?.[1] ?? names.join('_'), columns)
    }
    models.set(delegateName(model.name), {
      client: 'prisma',
      name: model.name,
      table,
      fields,
      compounds,
      path: model.path,
      project,
    })
  }
  return models
}

function readBlocks(path: string, text: string, raw: RawModel[], enums: Map<string, Map<string, string>>): void {
  let open: RawModel | null = null
  let values: Map<string, string> | null = null
  let other = false
  for (const full of text.split('\n')) {
    const line = withoutComment(full).trim()
    if (line === '') continue
    if (open === null && !other) {
      const head = /^(model|view|enum|type|generator|datasource)\s+(\w+)\s*\{/.exec(line)
      if (head === null) continue
      if (head[1] === 'model' || head[1] === 'view') {
        open = { name: head[2] ?? '', fields: [], attributes: [], path, view: head[1] === 'view' }
      } else {
        values = head[1] === 'enum' ? new Map() : null
        if (values !== null) enums.set(head[2] ?? '', values)
        other = !line.endsWith('}')
      }
    } else if (line === '}') {
      if (open !== null) raw.push(open)
      open = null
      values = null
      other = false
    } else if (values !== null) {
      const value = /^\w+/.exec(line)?.[0]
      if (value !== undefined) values.set(value, argument(line, '@map') ?? value)
    } else if (open !== null) {
      if (line.startsWith('@@')) {
        open.attributes.push(line)
        continue
      }
      const field = /^(\w+)\s+(\w+(?:\("[^"]*"\))?)(\[\])?(\??)\s*(.*)$/.exec(line)
      if (field !== null)
        open.fields.push({
          name: field[1] ?? '',
          type: field[2] ?? '',
          list: field[3] !== undefined,
          attributes: field[5] ?? '',
        })
    }
  }
}

function withoutComment(line: string): string {
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"' && line[i - 1] !== '\\') quoted = !quoted
    else if (!quoted && line[i] === '/' && line[i + 1] === '/') return line.slice(0, i)
  }
  return line
}

/** `@map("x")` and `@map(name: "x")`. */
function argument(attributes: string, name: string): string | null {
  const at = new RegExp(`(?:^|[^@])${name}\\(\\s*(?:name\\s*:\\s*)?"([^"]*)"`, 'm').exec(attributes)
  return at?.[1] ?? null
}

function relationFields(attributes: string): { fields: string[]; references: string[] } | null {
  const at = attributes.indexOf('@relation(')
  if (at < 0) return null
  const text = attributes.slice(at)
  const fields = /\bfields\s*:\s*\[([^\]]*)\]/.exec(text)?.[1]
  const references = /\breferences\s*:\s*\[([^\]]*)\]/.exec(text)?.[1]
  if (fields === undefined || references === undefined) return null
  return { fields: split(fields), references: split(references) }
}

function relationName(attributes: string): string | null {
  return (
    /@relation\(\s*(?:name\s*:\s*)?"([^"]+)"/.exec(attributes)?.[1] ??
    /@relation\([^)]*\bname\s*:\s*"([^"]+)"/.exec(attributes)?.[1] ??
    null
  )
}

function list(attribute: string): string[] {
  return split(/\[([^\]]*)\]/.exec(attribute)?.[1] ?? '').map((f) => f.replace(/\(.*$/, ''))
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '')
}
