import type { Dialect } from '../dialect.ts'
import { listValue } from './ast.ts'
import type { PrismaAttribute } from './ast.ts'
import type { ModelColumn } from './datamodel.ts'
import { printValue } from './datamodel.ts'

type Scalar = 'String' | 'Boolean' | 'Int' | 'BigInt' | 'Float' | 'Decimal' | 'DateTime' | 'Json' | 'Bytes'

/**
 * The type that Prisma gives to a field without a native type
 * (https://www.prisma.io/docs/orm/reference/prisma-schema-reference#model-field-scalar-types).
 */
const defaults: Readonly<Record<Exclude<Dialect, 'postgresql' | 'cockroachdb'>, Readonly<Record<Scalar, string>>>> = {
  mysql: {
    String: 'varchar(191)',
    Boolean: 'tinyint(1)',
    Int: 'int',
    BigInt: 'bigint',
    Float: 'double',
    Decimal: 'decimal(65,30)',
    DateTime: 'datetime(3)',
    Json: 'json',
    Bytes: 'longblob',
  },
  sqlite: {
    String: 'text',
    Boolean: 'boolean',
    Int: 'integer',
    BigInt: 'bigint',
    Float: 'real',
    Decimal: 'decimal',
    DateTime: 'datetime',
    Json: 'jsonb',
    Bytes: 'blob',
  },
  sqlserver: {
    String: 'nvarchar(1000)',
    Boolean: 'bit',
    Int: 'int',
    BigInt: 'bigint',
    Float: 'float(53)',
    Decimal: 'decimal(32,16)',
    DateTime: 'datetime2',
    Json: 'nvarchar(max)',
    Bytes: 'varbinary(max)',
  },
  mongodb: {
    String: 'string',
    Boolean: 'bool',
    Int: 'int',
    BigInt: 'long',
    Float: 'double',
    Decimal: 'decimal',
    DateTime: 'date',
    Json: 'json',
    Bytes: 'binData',
  },
}

/** Native types whose name in the database is not the attribute's in lower case. */
const spelled: Readonly<Record<string, string>> = {
  UnsignedInt: 'int unsigned',
  UnsignedSmallInt: 'smallint unsigned',
  UnsignedMediumInt: 'mediumint unsigned',
  UnsignedTinyInt: 'tinyint unsigned',
  UnsignedBigInt: 'bigint unsigned',
  ObjectId: 'objectId',
  BinData: 'binData',
}

/** The type of a column outside PostgreSQL, in lower case as its database writes it; null where it cannot be told. */
export function otherType(column: ModelColumn, dialect: Exclude<Dialect, 'postgresql' | 'cockroachdb'>): string | null {
  const { field } = column
  const list = field.list ? '[]' : ''
  if (field.unsupported !== null) return field.unsupported.toLowerCase()
  const native = field.attributes.find((a) => a.name.includes('.'))
  if (native !== undefined) return nativeType(native) + list
  if (column.enumeration !== null) {
    if (dialect === 'mysql')
      return `enum(${column.enumeration.values.map((value) => `'${value.replaceAll("'", "''")}'`).join(',')})`
    return (dialect === 'mongodb' ? 'string' : 'text') + list
  }
  const type = defaults[dialect][field.type as Scalar] as string | undefined
  return type === undefined ? null : type + list
}

function nativeType(native: PrismaAttribute): string {
  const name = native.name.slice(native.name.indexOf('.') + 1)
  const args = native.args.flatMap((arg) => listValue(arg.value)).map(printValue)
  const base = spelled[name] ?? name.toLowerCase()
  return args.length === 0 ? base : `${base}(${args.join(',').toLowerCase()})`
}
