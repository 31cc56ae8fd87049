import type { Place, SourceFile } from '../../location.ts'
import { placeOf } from '../../location.ts'

/**
 * What a line of the header says that `prisma migrate` writes above a migration that may lose data or fail
 * (https://www.prisma.io/docs/orm/prisma-migrate/workflows/customizing-migrations).
 */
export type PrismaWarningKind =
  | 'dropTable'
  | 'dropColumn'
  /** The column is dropped and added anew; `recreateRequiredColumn` where it is NOT NULL besides. */
  | 'recreateColumn'
  | 'recreateRequiredColumn'
  /** The type changes with a cast that may lose (`castColumn`) or fail (`castMayFail`). */
  | 'castColumn'
  | 'castMayFail'
  | 'changePrimaryKey'
  | 'addUnique'
  | 'removeEnumValues'
  /** NOT NULL without a default of the database; the second where the client has one. */
  | 'addRequiredColumn'
  | 'addRequiredColumnWithClientDefault'
  | 'makeRequired'
  | 'scalarToList'
  /** A line that somebody wrote by hand, or of a Prisma that words it differently. */
  | 'other'

/** One line of the header. */
export interface PrismaWarning {
  readonly kind: PrismaWarningKind
  /** Table as the database calls it, without its schema; null where the line names none. */
  readonly table: string | null
  readonly columns: readonly string[]
  /** Enum and its values, for `removeEnumValues`. */
  readonly enum: { readonly name: string; readonly values: readonly string[] } | null
  /** Types as Prisma spells them, for casts. */
  readonly types: { readonly from: string; readonly to: string } | null
  readonly message: string
  readonly place: Place
}

const openings: readonly (readonly [start: string, kind: PrismaWarningKind])[] = [
  ['You are about to drop the column `', 'dropColumn'],
  ['You are about to drop the `', 'dropTable'],
  ['You are about to alter the column `', 'castColumn'],
  ['Changed the type of `', 'recreateRequiredColumn'],
  ['Changed the column `', 'scalarToList'],
  ['The primary key for the `', 'changePrimaryKey'],
  ['A unique constraint covering the columns `', 'addUnique'],
  ['The values [', 'removeEnumValues'],
  ['Added the required column `', 'addRequiredColumn'],
  ['The required column `', 'addRequiredColumnWithClientDefault'],
  ['Made the column `', 'makeRequired'],
  ['The `', 'recreateColumn'],
]

/** Reads the `Warnings:` header at the top of a `migration.sql`; empty where there is none. */
export function readPrismaWarnings(file: SourceFile): readonly PrismaWarning[] {
  const { text } = file
  const open = text.length - text.trimStart().length
  if (!text.startsWith('/*', open)) return []
  const close = text.indexOf('*/', open + 2)
  const end = close < 0 ? text.length : close
  if (
    !text
      .slice(open + 2, end)
      .trimStart()
      .startsWith('Warnings:')
  )
    return []
  const warnings: PrismaWarning[] = []
  let start = open
  while (start < end) {
    const feed = text.indexOf('\n', start)
    const stop = feed < 0 || feed > end ? end : feed
    const line = text.slice(start, stop)
    const trimmed = line.trim()
    if (trimmed.startsWith('- ')) {
      const at = start + line.indexOf('- ')
      warnings.push(readLine(trimmed.slice(2).trim(), placeOf(file, at, at + trimmed.length)))
    }
    start = stop + 1
  }
  return warnings
}

function readLine(message: string, place: Place): PrismaWarning {
  const names = message.split('`').filter((_, i) => i % 2 === 1)
  const [first = '', second = null, third = '', fourth = ''] = names
  const none = { table: null, columns: [], enum: null, types: null, message, place }
  const opening = openings.find(([start]) => message.startsWith(start))
  const kind = opening?.[1] ?? 'other'
  switch (kind) {
    case 'other':
      return { ...none, kind }
    case 'dropTable':
    case 'changePrimaryKey':
      return { ...none, kind, table: first }
    case 'addUnique':
      return { ...none, kind, table: second, columns: listed(first) }
    case 'removeEnumValues':
      return {
        ...none,
        kind,
        enum: { name: first, values: listed(message.slice(message.indexOf('['), message.indexOf(']') + 1)) },
      }
    case 'castColumn':
      return {
        ...none,
        kind: message.includes('This cast may fail') ? 'castMayFail' : kind,
        table: second,
        columns: [first],
        types: names.length >= 4 ? { from: third, to: fourth } : null,
      }
    case 'recreateColumn':
      return message.includes('dropped and recreated')
        ? { ...none, kind, table: second, columns: [first] }
        : { ...none, kind: 'other' }
    default:
      return { ...none, kind, table: second, columns: [first] }
  }
}

/** `[a,b]` to its parts. */
function listed(text: string): readonly string[] {
  return text
    .replace('[', '')
    .replace(']', '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
