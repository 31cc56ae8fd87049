import { quoteIdent, quoteLiteral } from '../../sql/names.ts'
import type { Kit, KitColumn, KitForeignKey, KitIndex, KitTable, Site } from './kit.ts'

/** What one statement makes: an object of its own, or a part of a table. */
export type Part = 'schema' | 'enum' | 'sequence' | 'table' | 'foreignKey' | 'index' | 'view' | 'security' | 'policy'

/** One statement of the SQL that a schema stands for. */
export interface KitStatement {
  readonly sql: string
  readonly part: Part
  /** The table concerned. */
  readonly table: KitTable | null
  /** What it makes, by the name it is given. */
  readonly name: string
  /** Where it is declared. */
  readonly site: Site
}

/** Names of types that Drizzle writes as they are, in whichever case. */
const plainType = /^[a-z_][a-z0-9_ ]*(\([a-z0-9_, ]*\))?( with(out)? time zone)?( collate [a-z_."]+)?(\[\d*\])*$/i

function qualified(schema: string, name: string): string {
  return `${quoteIdent(schema || 'public')}.${quoteIdent(name)}`
}

function list(names: readonly string[]): string {
  return names.map(quoteIdent).join(', ')
}

/** A type as it stands in the SQL that drizzle-kit writes. */
export function typeSql(column: Pick<KitColumn, 'type' | 'typeSchema'>): string {
  const { type, typeSchema } = column
  const dimensions = /(\[\d*\])*$/.exec(type)?.[0] ?? ''
  if (typeSchema !== null) return qualified(typeSchema, type.slice(0, type.length - dimensions.length)) + dimensions
  const lower = type === type.toLowerCase()
  if (plainType.test(type) && (lower || !/^[A-Z][a-z]/.test(type))) return type
  return type.includes('"') || type.includes('(')
    ? type
    : quoteIdent(type.slice(0, type.length - dimensions.length)) + dimensions
}

/** A default as it stands in the SQL, an array in the one spelling that Postgres prints. */
function defaultSql(column: KitColumn): string {
  const text = column.default ?? ''
  return text.length < 10_000 && /\[\d*\]$/.test(column.type) && /^'\{.*\}'$/s.test(text)
    ? `'${arrayLiteral(text.slice(1, -1))}'`
    : text
}

/**
 * An array literal with quotes around only those elements that need them, as `array_out` writes it
 * (https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO).
 */
export function arrayLiteral(text: string): string {
  return text.replace(/"((?:[^"\\]|\\.)*)"|[^{},"]+/g, (whole, quoted: string | undefined) => {
    const value = quoted ?? whole.trim()
    if (quoted === undefined && /^null$/i.test(value)) return value.toUpperCase()
    return value === '' || /[\s{},"\\]/.test(value) || /^null$/i.test(value) ? `"${value}"` : value
  })
}

/** One column of `CREATE TABLE`. */
export function columnSql(column: KitColumn, alone: boolean): string {
  const { identity, generated } = column
  const parts = [quoteIdent(column.name), typeSql(column)]
  if (column.primaryKey && alone) parts.push('PRIMARY KEY')
  if (column.default !== null) parts.push(`DEFAULT ${defaultSql(column)}`)
  if (generated) parts.push(`GENERATED ALWAYS AS (${generated.as}) STORED`)
  if (column.notNull && !identity) parts.push('NOT NULL')
  if (identity)
    parts.push(
      `GENERATED ${identity.always ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY${identity.options === '' ? '' : ` (${identity.options})`}`,
    )
  return parts.join(' ')
}

function constraint(name: string | null, definition: string): string {
  return name === null ? definition : `CONSTRAINT ${quoteIdent(name)} ${definition}`
}

/** `CREATE TABLE` with all that Drizzle writes into it. */
export function tableSql(table: KitTable): string {
  const lines = [
    ...table.columns.map((it) => columnSql(it, table.primaryKeys.length === 0)),
    ...table.primaryKeys.map((it) => constraint(it.name, `PRIMARY KEY (${list(it.columns)})`)),
    ...table.uniques.map((it) =>
      constraint(it.name, `UNIQUE${it.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''} (${list(it.columns)})`),
    ),
    ...table.checks.map((it) => constraint(it.name, `CHECK (${it.value})`)),
  ]
  return `CREATE TABLE ${qualified(table.schema, table.name)} (\n\t${lines.join(',\n\t')}\n)`
}

/** `CREATE INDEX`, as Drizzle writes it. */
export function indexSql(table: KitTable, index: KitIndex): string {
  const keys = index.columns.map((it) => {
    const key = it.isExpression ? expressionKey(it.expression) : quoteIdent(it.expression)
    const order =
      it.isExpression || index.method !== 'btree'
        ? ''
        : it.descending
          ? it.nullsFirst
            ? ' DESC'
            : ' DESC NULLS LAST'
          : it.nullsFirst
            ? ' NULLS FIRST'
            : ''
    return `${key}${it.opclass ? ` ${it.opclass}` : ''}${order}`
  })
  const options = Object.entries(index.with)
    .filter(([name, value]) => /^[a-z_]+$/i.test(name) && /^[\w.]+$/.test(value))
    .map(([name, value]) => `${name} = ${value}`)
  return [
    `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${index.name === null ? '' : `${quoteIdent(index.name)} `}ON ${qualified(table.schema, table.name)} USING ${quoteIdent(index.method)} (${keys.join(', ')})`,
    ...(options.length > 0 ? [`WITH (${options.join(', ')})`] : []),
    ...(index.where ? [`WHERE ${index.where}`] : []),
  ].join(' ')
}

/** Drizzle writes expressions as given, so what is wrapped in parentheses already, or is one call with options, stays as it is. */
function expressionKey(expression: string): string {
  return expression.trim()
}

function foreignKeySql(table: KitTable, key: KitForeignKey): string {
  const action = (word: string, value: string | null): string =>
    value && /^[a-z ]+$/i.test(value) ? ` ON ${word} ${value}` : ''
  const references = `FOREIGN KEY (${list(key.columns)}) REFERENCES ${qualified(key.schemaTo, key.tableTo)} (${list(key.columnsTo)})${action('DELETE', key.onDelete)}${action('UPDATE', key.onUpdate)}`
  return `ALTER TABLE ${qualified(table.schema, table.name)} ADD ${constraint(key.name, references)}`
}

/** The statements that a Postgres schema stands for, in an order that runs. */
export function statementsOf(kit: Kit): readonly KitStatement[] {
  const of = (
    part: Part,
    it: { readonly name: string | null; readonly site: Site },
    sql: string,
    table: KitTable | null = null,
  ): KitStatement => ({ sql, part, table, name: it.name ?? '', site: it.site ?? table?.site ?? null })
  const schemas = new Set([
    ...kit.schemas,
    ...kit.tables.map((it) => it.schema),
    ...kit.enums.map((it) => it.schema),
    ...kit.sequences.map((it) => it.schema),
    ...kit.views.map((it) => it.schema),
  ])
  return [
    ...[...schemas]
      .filter((it) => it !== '' && it !== 'public')
      .map((it) => of('schema', { name: it, site: null }, `CREATE SCHEMA ${quoteIdent(it)}`)),
    ...kit.enums.map((it) =>
      of(
        'enum',
        it,
        `CREATE TYPE ${qualified(it.schema, it.name)} AS ENUM (${it.values.map(quoteLiteral).join(', ')})`,
      ),
    ),
    ...kit.sequences.map((it) =>
      of('sequence', it, `CREATE SEQUENCE ${qualified(it.schema, it.name)} ${it.options}`.trimEnd()),
    ),
    ...kit.tables.map((it) => of('table', it, tableSql(it), it)),
    ...kit.tables.flatMap((table) =>
      table.foreignKeys.map((it) => of('foreignKey', it, foreignKeySql(table, it), table)),
    ),
    ...kit.tables.flatMap((table) => table.indexes.map((it) => of('index', it, indexSql(table, it), table))),
    ...kit.views
      .filter((it) => it.definition !== null)
      .map((it) =>
        of(
          'view',
          it,
          `CREATE ${it.materialized ? 'MATERIALIZED ' : ''}VIEW ${qualified(it.schema, it.name)}${it.securityInvoker ? ' WITH (security_invoker = true)' : ''} AS (${it.definition})`,
        ),
      ),
    ...kit.tables
      .filter((it) => it.rowSecurity)
      .map((it) => of('security', it, `ALTER TABLE ${qualified(it.schema, it.name)} ENABLE ROW LEVEL SECURITY`, it)),
    ...kit.tables.flatMap((table) =>
      table.policies.map((it) =>
        of(
          'policy',
          it,
          [
            `CREATE POLICY ${quoteIdent(it.name)} ON ${qualified(table.schema, table.name)} AS ${/^[A-Z]+$/.test(it.as) ? it.as : 'PERMISSIVE'} FOR ${/^[A-Z]+$/.test(it.for) ? it.for : 'ALL'}`,
            `TO ${it.to.map((role) => (/^(public|current_user|session_user|current_role)$/.test(role) ? role : quoteIdent(role))).join(', ') || 'public'}`,
            ...(it.using === null ? [] : [`USING (${it.using})`]),
            ...(it.withCheck === null ? [] : [`WITH CHECK (${it.withCheck})`]),
          ].join(' '),
          table,
        ),
      ),
    ),
  ]
}
