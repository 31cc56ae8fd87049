import type { Note } from '../../finding.ts'
import { fields, items, text, texts } from './fields.ts'
import type { Fields } from './fields.ts'
import type { Kit, KitColumn, KitForeignKey, KitIndex, KitPolicy, KitTable } from './kit.ts'

/**
 * Reads a snapshot of drizzle-kit, of any format from 5 on and for any of its dialects, into one form. What is no snapshot is null
 * and a note.
 */
export function readKit(json: string, path: string): { readonly kit: Kit | null; readonly notes: readonly Note[] } {
  let data: Fields
  try {
    data = fields(JSON.parse(json))
  } catch {
    const conflict = /^(<{7}|>{7})/m.exec(json)
    return fail(
      path,
      conflict ? json.slice(0, conflict.index).split('\n').length : 1,
      conflict ? 'The snapshot holds a merge conflict.' : 'The snapshot is not JSON.',
    )
  }
  const dialect = dialectOf(text(data.dialect))
  const version = Number(text(data.version))
  if (!dialect) return fail(path, 1, `The snapshot is for ${text(data.dialect) ?? 'no dialect'}, which is not read.`)
  if (Array.isArray(data.ddl)) return { kit: entitiesKit(data.ddl.map(fields), dialect), notes: [] }
  if (data.tables === undefined || !(version >= 5))
    return fail(path, 1, `The snapshot has the format ${text(data.version) ?? 'of no version'}, which is not read.`)
  return { kit: objectsKit(data, dialect), notes: [] }
}

function fail(path: string, line: number, message: string): { kit: null; notes: Note[] } {
  return { kit: null, notes: [{ kind: 'unread', blocking: false, path, line, message }] }
}

function dialectOf(name: string | null): Kit['dialect'] | null {
  if (name === 'pg' || name === 'postgresql' || name === 'postgres') return 'postgresql'
  return name === 'mysql' || name === 'sqlite' ? name : name === 'turso' ? 'sqlite' : null
}

/** Formats 5 to 7: objects by name. */
function objectsKit(data: Fields, dialect: Kit['dialect']): Kit {
  const enums = items(data.enums)
    .map(fields)
    .map((it) => ({
      schema: schemaName(it) || 'public',
      name: text(it.name) ?? '',
      values: texts(it.values),
      site: null,
    }))
  const enumSchemas = new Map(enums.map((it) => [it.name, it.schema]))
  const loose = items(data.policies).map(fields)
  // MySQL's and SQLite's list the expressions among an index's columns in a place of their own.
  const marks = fields(fields(data.internal).indexes)
  return {
    dialect,
    tables: items(data.tables)
      .map(fields)
      .map((it) => objectsTable(it, dialect, enumSchemas, loose, marks)),
    enums,
    views: items(data.views)
      .map(fields)
      .map((it) => viewOf(it, it.isExisting === true)),
    sequences: items(data.sequences)
      .map(fields)
      .map((it) => ({
        schema: schemaName(it) || 'public',
        name: text(it.name) ?? '',
        options: sequence(it.increment, it.minValue, it.maxValue, it.startWith, it.cache, it.cycle),
        site: null,
      })),
    schemas: texts(data.schemas).filter((it) => it !== 'public'),
  }
}

function schemaName(of: Fields): string {
  const name = text(of.schema) ?? ''
  return name === 'public' ? '' : name
}

function viewOf(it: Fields, existing: boolean): Kit['views'][number] {
  return {
    schema: schemaName(it),
    name: text(it.name) ?? '',
    materialized: it.materialized === true,
    definition: existing ? null : text(it.definition),
    securityInvoker: fields(it.with).securityInvoker === true,
    site: null,
  }
}

function sequence(
  increment: unknown,
  min: unknown,
  max: unknown,
  start: unknown,
  cache: unknown,
  cycle: unknown,
): string {
  const parts = [
    ['INCREMENT BY', increment],
    ['MINVALUE', min],
    ['MAXVALUE', max],
    ['START WITH', start],
    ['CACHE', cache],
  ] as const
  const given = parts
    .map(([word, value]) => [word, text(value) ?? ''] as const)
    .filter(([, value]) => /^-?\d+$/.test(value))
  return [...given.map((it) => it.join(' ')), ...(cycle === true ? ['CYCLE'] : [])].join(' ')
}

function generatedOf(value: unknown, dialect: Kit['dialect']): KitColumn['generated'] {
  const generated = fields(value)
  const as = text(generated.as)
  return as === null ? null : { as, stored: dialect === 'postgresql' || text(generated.type) === 'stored' }
}

function objectsTable(
  table: Fields,
  dialect: Kit['dialect'],
  enums: ReadonlyMap<string, string>,
  loose: readonly Fields[],
  marks: Fields,
): KitTable {
  const name = text(table.name) ?? ''
  const schema = schemaName(table)
  const on = `"${schema || 'public'}"."${name}"`
  const policies = [...items(table.policies).map(fields), ...loose.filter((it) => text(it.on) === on)].map(
    (it): KitPolicy => ({
      name: text(it.name) ?? '',
      as: text(it.as) ?? 'PERMISSIVE',
      for: text(it.for) ?? 'ALL',
      to: texts(it.to ?? ['public']).toSorted(),
      using: text(it.using),
      withCheck: text(it.withCheck),
      site: null,
    }),
  )
  return {
    schema,
    name,
    columns: items(table.columns)
      .map(fields)
      .map((it): KitColumn => {
        const type = text(it.type) ?? ''
        const identity = fields(it.identity)
        return {
          name: text(it.name) ?? '',
          property: null,
          type,
          typeSchema:
            text(it.typeSchema) ??
            (dialect === 'postgresql' ? (enums.get(type.replace(/(\[\d*\])+$/, '')) ?? null) : null),
          primaryKey: it.primaryKey === true,
          notNull: it.notNull === true,
          default: text(it.default),
          generated: generatedOf(it.generated, dialect),
          identity:
            it.identity === undefined || it.identity === null
              ? null
              : {
                  always: text(identity.type) === 'always',
                  sequence: text(identity.name),
                  options: sequence(
                    identity.increment,
                    identity.minValue,
                    identity.maxValue,
                    identity.startWith,
                    identity.cache,
                    identity.cycle,
                  ),
                },
          autoincrement: it.autoincrement === true,
          clientDefault: null,
          site: null,
        }
      }),
    indexes: items(table.indexes)
      .map(fields)
      .map((it) => objectsIndex(it, fields(fields(marks[text(it.name) ?? '']).columns))),
    foreignKeys: items(table.foreignKeys)
      .map(fields)
      .map((it): KitForeignKey => ({
        name: text(it.name),
        columns: texts(it.columnsFrom),
        tableTo: text(it.tableTo) ?? '',
        schemaTo: text(it.schemaTo) ?? '',
        columnsTo: texts(it.columnsTo),
        onDelete: text(it.onDelete),
        onUpdate: text(it.onUpdate),
        site: null,
      })),
    primaryKeys: items(table.compositePrimaryKeys)
      .map(fields)
      .map((it) => ({ name: text(it.name), columns: texts(it.columns), site: null })),
    uniques: items(table.uniqueConstraints)
      .map(fields)
      .map((it) => ({
        name: text(it.name),
        columns: texts(it.columns),
        nullsNotDistinct: it.nullsNotDistinct === true,
        site: null,
      })),
    checks: items(table.checkConstraints ?? table.checkConstraint)
      .map(fields)
      .map((it) => ({ name: text(it.name) ?? '', value: text(it.value) ?? '', site: null })),
    policies,
    rowSecurity: table.isRLSEnabled === true || policies.length > 0,
    site: null,
  }
}

function objectsIndex(index: Fields, marks: Fields): KitIndex {
  return {
    name: text(index.name),
    columns: items(index.columns).map((it) => {
      if (typeof it === 'string')
        return {
          expression: it,
          isExpression: fields(marks[it]).isExpression === true,
          descending: false,
          nullsFirst: false,
          opclass: null,
        }
      const column = fields(it)
      const descending = column.asc === false
      return {
        expression: text(column.expression) ?? '',
        isExpression: column.isExpression === true,
        descending,
        nullsFirst: text(column.nulls) === 'first',
        opclass: text(column.opclass),
      }
    }),
    unique: index.isUnique === true,
    method: text(index.method) ?? text(index.using) ?? 'btree',
    where: text(index.where),
    with: Object.fromEntries(Object.entries(fields(index.with)).map(([name, value]) => [name, text(value) ?? ''])),
    site: null,
  }
}

/** Formats 8 and 9, of Drizzle v1: one list of entities that name their table. */
function entitiesKit(entities: readonly Fields[], dialect: Kit['dialect']): Kit {
  const byKind = new Map<string, Fields[]>()
  for (const it of entities) {
    const kind = text(it.entityType) ?? ''
    const list = byKind.get(kind)
    if (list) list.push(it)
    else byKind.set(kind, [it])
  }
  const all = (kind: string): readonly Fields[] => byKind.get(kind) ?? []
  const of = (kind: string): ((table: Fields) => readonly Fields[]) => {
    const byTable = new Map<string, Fields[]>()
    for (const it of all(kind)) {
      const on = `${text(it.schema) ?? ''}\0${text(it.table) ?? ''}`
      const list = byTable.get(on)
      if (list) list.push(it)
      else byTable.set(on, [it])
    }
    return (table) => byTable.get(`${text(table.schema) ?? ''}\0${text(table.name) ?? ''}`) ?? []
  }
  const parts = {
    columns: of('columns'),
    indexes: of('indexes'),
    fks: of('fks'),
    pks: of('pks'),
    uniques: of('uniques'),
    checks: of('checks'),
    policies: of('policies'),
  }
  return {
    dialect,
    tables: all('tables').map((table): KitTable => {
      const policies = parts.policies(table).map((it): KitPolicy => ({
        name: text(it.name) ?? '',
        as: text(it.as) ?? 'PERMISSIVE',
        for: text(it.for) ?? 'ALL',
        to: texts(it.roles).toSorted(),
        using: text(it.using),
        withCheck: text(it.withCheck),
        site: null,
      }))
      return {
        schema: schemaName(table),
        name: text(table.name) ?? '',
        columns: parts.columns(table).map((it) => entityColumn(it, dialect)),
        indexes: parts.indexes(table).map(entityIndex),
        foreignKeys: parts.fks(table).map((it) => ({
          name: text(it.name),
          columns: texts(it.columns),
          schemaTo: text(it.schemaTo) ?? '',
          tableTo: text(it.tableTo) ?? '',
          columnsTo: texts(it.columnsTo),
          onDelete: text(it.onDelete),
          onUpdate: text(it.onUpdate),
          site: null,
        })),
        primaryKeys: parts.pks(table).map((it) => ({ name: text(it.name), columns: texts(it.columns), site: null })),
        uniques: parts.uniques(table).map((it) => ({
          name: text(it.name),
          columns: texts(it.columns),
          nullsNotDistinct: it.nullsNotDistinct === true,
          site: null,
        })),
        checks: parts
          .checks(table)
          .map((it) => ({ name: text(it.name) ?? '', value: text(it.value) ?? '', site: null })),
        policies,
        rowSecurity: table.isRlsEnabled === true || policies.length > 0,
        site: null,
      }
    }),
    enums: all('enums').map((it) => ({
      schema: schemaName(it) || 'public',
      name: text(it.name) ?? '',
      values: texts(it.values),
      site: null,
    })),
    views: all('views').map((it) => viewOf(it, it.isExisting === true)),
    sequences: all('sequences').map((it) => ({
      schema: schemaName(it) || 'public',
      name: text(it.name) ?? '',
      options: sequence(it.incrementBy, it.minValue, it.maxValue, it.startWith, it.cacheSize, it.cycle),
      site: null,
    })),
    schemas: all('schemas')
      .map((it) => text(it.name) ?? '')
      .filter((it) => it !== '' && it !== 'public'),
  }
}

function entityColumn(it: Fields, dialect: Kit['dialect']): KitColumn {
  const identity = fields(it.identity)
  const dimensions = typeof it.dimensions === 'number' ? Math.min(6, Math.max(0, it.dimensions)) : 0
  return {
    name: text(it.name) ?? '',
    property: null,
    type: `${text(it.type) ?? ''}${'[]'.repeat(dimensions)}`,
    typeSchema: text(it.typeSchema),
    primaryKey: false,
    notNull: it.notNull === true,
    default: text(it.default),
    generated: generatedOf(it.generated, dialect),
    identity:
      it.identity === undefined || it.identity === null
        ? null
        : {
            always: text(identity.type) === 'always',
            sequence: text(identity.name),
            options: sequence(
              identity.increment,
              identity.minValue,
              identity.maxValue,
              identity.startWith,
              identity.cache,
              identity.cycle,
            ),
          },
    autoincrement: it.autoincrement === true || it.autoIncrement === true,
    clientDefault: null,
    site: null,
  }
}

function entityIndex(it: Fields): KitIndex {
  return {
    name: text(it.name),
    columns: items(it.columns)
      .map(fields)
      .map((column) => ({
        expression: text(column.value) ?? '',
        isExpression: column.isExpression === true,
        descending: column.asc === false,
        nullsFirst: column.nullsFirst === true,
        opclass: text(fields(column.opclass).name) ?? text(column.opclass),
      })),
    unique: it.isUnique === true,
    method: text(it.method) ?? text(it.using) ?? 'btree',
    where: text(it.where),
    with: Object.fromEntries(
      (text(it.with) ?? '')
        .split(',')
        .map((one) => one.split('='))
        .filter((one) => one.length === 2)
        .map(([name, value]) => [name?.trim() ?? '', value?.trim() ?? '']),
    ),
    site: null,
  }
}
