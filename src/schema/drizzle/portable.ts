import type { Place } from '../../location.ts'
import type { Declaration, Index, ReferentialAction, Schema, Table, View } from '../model.ts'
import { emptySchema, emptyTable, key } from '../model.ts'
import type { Kit, KitIndex, KitTable, Site } from './kit.ts'
import type { PlaceOf } from './places.ts'

/** SQLite knows a unique constraint of Drizzle as a unique index. */
function asIndex(unique: KitTable['uniques'][number]): KitIndex {
  const columns = unique.columns.map((it) => ({
    expression: it,
    isExpression: false,
    descending: false,
    nullsFirst: false,
    opclass: null,
  }))
  return { name: unique.name, columns, unique: true, method: 'btree', where: null, with: {}, site: unique.site }
}

/** The model of a MySQL or SQLite schema: names, columns, keys and indexes, with types and expressions as Drizzle writes them. */
export function portableSchema(kit: Kit, placeOf: PlaceOf, fallback: Place): Schema {
  const base = emptySchema(kit.dialect)
  const declared = (site: Site): readonly Declaration[] => [{ ...(placeOf(site) ?? fallback), source: 'drizzle' }]
  const tables = kit.tables.map((it) => tableOf(it, base.defaultSchema, kit.dialect, declared))
  const views = kit.views.map((it): View => ({
    schema: it.schema || base.defaultSchema,
    name: it.name,
    materialized: false,
    definition: it.definition,
    columns: null,
    reads: [],
    indexes: [],
    securityInvoker: false,
    declared: declared(it.site),
  }))
  return {
    ...base,
    tables: new Map(tables.map((it) => [it.key, it])),
    views: new Map(views.map((it) => [key(it.schema, it.name), it])),
  }
}

function tableOf(
  table: KitTable,
  defaultSchema: string,
  dialect: Kit['dialect'],
  declared: (site: Site) => readonly Declaration[],
): Table {
  const schema = table.schema || defaultSchema
  const primary = table.primaryKeys[0]
  const own = table.columns.filter((it) => it.primaryKey)
  const keyName = dialect === 'mysql' ? 'PRIMARY' : `${table.name}_pkey`
  return {
    ...emptyTable(schema, table.name, declared(table.site)),
    columns: table.columns.map((it) => ({
      name: it.name,
      type: it.type,
      nullable: !it.notNull && !it.primaryKey,
      default: it.autoincrement ? null : it.default,
      generated: it.generated ? { expression: unwrapped(it.generated.as), stored: it.generated.stored } : null,
      identity: it.autoincrement ? 'by default' : null,
      declared: declared(it.site),
      ...(it.clientDefault === null ? {} : { clientDefault: it.clientDefault }),
      ...(it.property === null || it.property === it.name ? {} : { property: it.property }),
    })),
    primaryKey: primary
      ? { name: keyName, columns: primary.columns, include: [], deferrable: false, declared: declared(primary.site) }
      : own[0]
        ? {
            name: keyName,
            columns: own.map((it) => it.name),
            include: [],
            deferrable: false,
            declared: declared(own[0].site),
          }
        : null,
    uniques:
      dialect === 'sqlite'
        ? []
        : table.uniques.map((it) => ({
            name: it.name ?? `${table.name}_${it.columns.join('_')}_unique`,
            columns: it.columns,
            include: [],
            nullsNotDistinct: false,
            deferrable: false,
            declared: declared(it.site),
          })),
    indexes: [...(dialect === 'sqlite' ? table.uniques.map(asIndex) : []), ...table.indexes].map((it): Index => ({
      name: it.name ?? '',
      keys: it.columns.map((c) => ({
        column: c.isExpression ? null : c.expression,
        expression: c.isExpression ? c.expression : null,
        descending: c.descending,
        nullsFirst: c.nullsFirst,
        opclass: null,
        collation: null,
      })),
      include: [],
      unique: it.unique,
      nullsNotDistinct: false,
      method: it.method,
      where: it.where,
      valid: true,
      declared: declared(it.site),
    })),
    foreignKeys: table.foreignKeys.map((it) => ({
      name: it.name ?? '',
      columns: it.columns,
      references: { schema: it.schemaTo || defaultSchema, table: it.tableTo, columns: it.columnsTo },
      onDelete: actionOf(it.onDelete),
      onUpdate: actionOf(it.onUpdate),
      match: 'simple',
      validated: true,
      enforced: true,
      deferrable: false,
      declared: declared(it.site),
    })),
    checks: table.checks.map((it) => ({
      name: it.name,
      expression: it.value,
      validated: true,
      enforced: true,
      noInherit: false,
      declared: declared(it.site),
    })),
  }
}

/** drizzle-kit's snapshots keep the parentheses around a generated column's expression, the TypeScript has none. */
function unwrapped(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text
  let depth = 0
  for (let i = 0; i < text.length - 1; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')' && --depth === 0) return text
  }
  return text.slice(1, -1)
}

function actionOf(text: string | null): ReferentialAction {
  const word = (text ?? '').toUpperCase()
  return word === 'CASCADE' || word === 'RESTRICT' || word === 'SET NULL' || word === 'SET DEFAULT' ? word : 'NO ACTION'
}
