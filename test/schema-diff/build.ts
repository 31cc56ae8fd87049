import {
  emptySchema,
  emptyTable,
  key,
  type Column,
  type Declaration,
  type EnumType,
  type ForeignKey,
  type Index,
  type Schema,
  type Table,
} from '../../src/schema/model.ts'

/** A place in a Prisma schema, for objects that declare themselves there. */
export function at(line: number, source: Declaration['source'] = 'prisma', path = 'prisma/schema.prisma'): Declaration {
  return { path, line, column: 1, endLine: line, endColumn: 10, source }
}

export function column(name: string, type: string | null, more: Partial<Column> = {}): Column {
  return { name, type, nullable: true, default: null, generated: null, identity: null, declared: [], ...more }
}

export function table(name: string, columns: readonly Column[], more: Partial<Table> = {}): Table {
  return { ...emptyTable('public', name), columns, ...more }
}

export function index(name: string, columns: readonly string[], more: Partial<Index> = {}): Index {
  return {
    name,
    keys: columns.map((c) => ({
      column: c,
      expression: null,
      descending: false,
      nullsFirst: false,
      opclass: null,
      collation: null,
    })),
    include: [],
    unique: false,
    nullsNotDistinct: false,
    method: 'btree',
    where: null,
    valid: true,
    declared: [],
    ...more,
  }
}

export function foreignKey(
  name: string,
  columns: readonly string[],
  target: string,
  more: Partial<ForeignKey> = {},
): ForeignKey {
  return {
    name,
    columns,
    references: { schema: 'public', table: target, columns: ['id'] },
    onDelete: 'NO ACTION',
    onUpdate: 'NO ACTION',
    match: 'simple',
    validated: true,
    enforced: true,
    deferrable: false,
    declared: [],
    ...more,
  }
}

export function enumOf(name: string, values: readonly string[]): EnumType {
  return { schema: 'public', name, values, declared: [] }
}

export function schema(tables: readonly Table[], more: Partial<Schema> = {}): Schema {
  return { ...emptySchema(), schemas: new Set(['public']), tables: new Map(tables.map((t) => [t.key, t])), ...more }
}

export function enums(...list: readonly EnumType[]): Schema['enums'] {
  return new Map(list.map((e) => [key(e.schema, e.name), e]))
}
