import type { Column } from '../../schema/model.ts'

/** Which ORM a recipe writes its code for. */
export type Orm = 'prisma' | 'drizzle' | null

const prismaTypes: readonly (readonly [RegExp, string])[] = [
  [/^(smallint|integer)$/, 'Int'],
  [/^bigint$/, 'BigInt'],
  [/^boolean$/, 'Boolean'],
  [/^(real|double precision)$/, 'Float'],
  [/^numeric/, 'Decimal'],
  [/^(timestamp|date|time)/, 'DateTime'],
  [/^jsonb?$/, 'Json'],
  [/^bytea$/, 'Bytes'],
  [/^(text|character|uuid|"char"|citext|xml|inet|bit)/, 'String'],
]

const drizzleTypes: readonly (readonly [RegExp, string])[] = [
  [/^integer$/, 'integer'],
  [/^smallint$/, 'smallint'],
  [/^boolean$/, 'boolean'],
  [/^real$/, 'real'],
  [/^double precision$/, 'doublePrecision'],
  [/^uuid$/, 'uuid'],
  [/^jsonb$/, 'jsonb'],
  [/^json$/, 'json'],
  [/^date$/, 'date'],
  [/^text$/, 'text'],
]

/** The field of a column in camel case, or as the ORM's schema calls it. */
export function fieldName(column: Pick<Column, 'name' | 'property'>): string {
  if (column.property) return column.property
  const name = column.name.replaceAll(/[^A-Za-z0-9]+(.)?/g, (_, c: string | undefined) => c?.toUpperCase() ?? '')
  return /^[A-Za-z]/.test(name) ? name : `f${name}`
}

/** A line of a Prisma model. */
export function prismaField(column: Column, field = fieldName(column), attributes = ''): string {
  const bare = (column.type ?? '').replace(/\[\]$/, '')
  const type =
    prismaTypes.find(([pattern]) => pattern.test(bare))?.[1] ??
    (/^"?\w+"?$/.test(bare) ? bare.replaceAll('"', '') : `Unsupported(${JSON.stringify(bare)})`)
  const list = column.type?.endsWith('[]') ? '[]' : ''
  const map = field === column.name ? '' : ` @map(${JSON.stringify(column.name)})`
  return `${field} ${type}${list || (column.nullable ? '?' : '')}${prismaDefault(column, type)}${map}${nativeType(bare)}${attributes}`
}

/** The attribute of a type that is not the one which Prisma takes for a field. */
function nativeType(type: string): string {
  const [, base = type, args = ''] = /^([a-z ]+?) ?(\([\d,]+\))?(?= with| without|$)/.exec(type) ?? []
  const given = args.replace(',', ', ')
  switch (base) {
    case 'timestamp':
      return type.endsWith('with time zone')
        ? ` @db.Timestamptz${given}`
        : given === '(3)'
          ? ''
          : ` @db.Timestamp${given}`
    case 'time':
      return type.endsWith('with time zone') ? ` @db.Timetz${given}` : ` @db.Time${given}`
    case 'numeric':
      return args === '(65,30)' ? '' : ` @db.Decimal${given}`
    default: {
      const name = nativeNames[base]
      return name === undefined ? '' : ` @db.${name}${given}`
    }
  }
}

/** https://www.prisma.io/docs/orm/reference/prisma-schema-reference#model-field-scalar-types */
const nativeNames: Readonly<Record<string, string>> = {
  'character varying': 'VarChar',
  character: 'Char',
  uuid: 'Uuid',
  citext: 'Citext',
  xml: 'Xml',
  inet: 'Inet',
  bit: 'Bit',
  smallint: 'SmallInt',
  real: 'Real',
  date: 'Date',
  json: 'Json',
}

/** A default as a Prisma schema says it; an expression that it has no word for stays SQL. */
function prismaDefault({ default: value, identity }: Column, type: string): string {
  if (identity || value?.startsWith('nextval(')) return ' @default(autoincrement())'
  if (value === null) return ''
  const text = /^'((?:[^']|'')*)'(?:::[\w" ().]+)?$/.exec(value)?.[1]?.replaceAll("''", "'")
  if (/^(true|false|-?\d+(\.\d+)?)$/.test(value)) return ` @default(${value})`
  if (/^(now\(\)|CURRENT_TIMESTAMP)$/i.test(value)) return ' @default(now())'
  if (text !== undefined && type === 'String') return ` @default(${JSON.stringify(text)})`
  if (text !== undefined && /^\w+$/.test(text) && !prismaTypes.some(([, name]) => name === type))
    return ` @default(${text})`
  return ` @default(dbgenerated(${JSON.stringify(value)}))`
}

/** A property of a Drizzle table. */
export function drizzleField(column: Column, field = fieldName(column)): string {
  return `${field}: ${drizzleColumn(column)},`
}

function drizzleColumn(column: Column): string {
  const bare = (column.type ?? '').replace(/\[\]$/, '')
  const name = JSON.stringify(column.name)
  const length = /^character varying\((\d+)\)$/.exec(bare)?.[1]
  const numeric = /^numeric\((\d+),(\d+)\)$/.exec(bare)
  const time = /^timestamp(?:\((\d)\))? (with|without) time zone$/.exec(bare)
  const call = length
    ? `varchar(${name}, { length: ${length} })`
    : bare === 'character varying'
      ? `varchar(${name})`
      : bare === 'bigint'
        ? `bigint(${name}, { mode: 'bigint' })`
        : numeric
          ? `numeric(${name}, { precision: ${numeric[1]}, scale: ${numeric[2]} })`
          : bare === 'numeric'
            ? `numeric(${name})`
            : time
              ? `timestamp(${name}, { ${time[1] ? `precision: ${time[1]}, ` : ''}withTimezone: ${time[2] === 'with'} })`
              : `${drizzleTypes.find(([pattern]) => pattern.test(bare))?.[1] ?? (/^\w+$/.test(bare) ? `${bare}Enum` : 'customColumn')}(${name})`
  return `${call}${column.type?.endsWith('[]') ? '.array()' : ''}${drizzleDefault(column)}${column.nullable ? '' : '.notNull()'}`
}

function drizzleDefault({ default: value, identity }: Column): string {
  if (value === null || identity || value.startsWith('nextval(')) return ''
  const text = /^'((?:[^'\\]|'')*)'(?:::(?:text|character varying))?$/.exec(value)?.[1]?.replaceAll("''", "'")
  if (/^(true|false|-?\d+(\.\d+)?)$/.test(value)) return `.default(${value})`
  if (/^now\(\)$/i.test(value)) return '.defaultNow()'
  return text === undefined
    ? `.default(sql\`${value.replaceAll(/[\\`$]/g, '\\$&')}\`)`
    : `.default(${JSON.stringify(text)})`
}

/** How a new field stands in the schema of the ORM, and what becomes of the old one. */
export function fieldChange(
  orm: Orm,
  added: readonly Column[],
  hidden: readonly Column[],
  dropped: readonly Column[] = [],
): string {
  switch (orm) {
    case 'prisma':
      return [
        ...added.map((c) => `+ ${prismaField(c)}`),
        ...hidden.map(
          (c) => `  ${prismaField(c, fieldName(c), ' @ignore')}   // hidden from the client, still in the table`,
        ),
        ...dropped.map((c) => `- ${prismaField(c)}`),
      ].join('\n')
    case 'drizzle':
      return [
        ...added.map((c) => `+ ${drizzleField(c)}`),
        ...hidden.map(
          (c) => `  ${drizzleField(c)} // still in the table: name the columns you select, do not use it any more`,
        ),
        ...dropped.map((c) => `- ${drizzleField(c)}`),
      ].join('\n')
    default:
      return [
        ...added.map((c) => `+ ${c.name}`),
        ...hidden.map((c) => `  ${c.name}: not read or written any more`),
        ...dropped.map((c) => `- ${c.name}`),
      ].join('\n')
  }
}
