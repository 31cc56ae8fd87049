import type { ChangeOf } from '../change.ts'
import type { Column } from '../model.ts'
import { optionChanges } from '../sequence-options.ts'
import { collationName, identityOptions } from './ddl.ts'
import { quoteIdent } from './quote.ts'

type ColumnChange = ChangeOf<
  'alterColumnType' | 'setNotNull' | 'dropNotNull' | 'setDefault' | 'dropDefault' | 'setIdentity' | 'setGenerated'
>

/** The statements of a change of one column, each beginning with `alter`: `ALTER TABLE users ALTER COLUMN name`. */
export function columnStatements(change: ColumnChange, alter: string): readonly string[] {
  switch (change.kind) {
    case 'alterColumnType': {
      const { from, to } = change
      const using =
        change.using ?? (needsUsing(from.type, to.type) ? castOf(quoteIdent(to.name), from.type, to.type) : null)
      const type = `${alter} TYPE ${to.type ?? 'text /* type not known */'}${to.collation ? ` COLLATE ${collationName(to.collation)}` : ''}${using ? ` USING ${using}` : ''}`
      // A default of the old type is not always turned into one of the new type, so it waits aside.
      const aside =
        from.type !== to.type &&
        !from.generated &&
        !to.generated &&
        from.default !== null &&
        to.default !== null &&
        needsUsing(from.type, to.type)
      return aside ? [`${alter} DROP DEFAULT`, type, `${alter} SET DEFAULT ${to.default}`] : [type]
    }
    case 'setNotNull':
      return [`${alter} SET NOT NULL`]
    case 'dropNotNull':
      return [`${alter} DROP NOT NULL`]
    case 'setDefault':
      return [`${alter} SET DEFAULT ${change.to.default}`]
    case 'dropDefault':
      return [`${alter} DROP DEFAULT`]
    case 'setIdentity':
      return identityStatements(change.from, change.to, alter)
    case 'setGenerated':
      return [] // the column is made again
  }
}

function identityStatements(from: Column, to: Column, alter: string): readonly string[] {
  if (!to.identity) return [`${alter} DROP IDENTITY`]
  if (!from.identity) return [`${alter} ADD GENERATED ${to.identity.toUpperCase()} AS IDENTITY${identityOptions(to)}`]
  const changes = [
    ...(from.identity === to.identity ? [] : [`GENERATED ${to.identity.toUpperCase()}`]),
    ...optionChanges(from.identityOptions ?? [], to.identityOptions ?? [], to.type ?? 'bigint'),
  ]
  return changes.length > 0 ? [`${alter} ${changes.map((it) => (it === 'RESTART' ? it : `SET ${it}`)).join(' ')}`] : []
}

const families: readonly RegExp[] = [
  /^(smallint|integer|bigint|numeric(\(.*\))?|real|double precision)$/,
  /^(text|character varying(\(\d+\))?|character(\(\d+\))?|"char"|name)$/,
  /^(date|timestamp(\(\d\))? with(out)? time zone)$/,
  /^(time(\(\d\))? with(out)? time zone)$/,
  /^(json|jsonb)$/,
  /^(bit varying(\(\d+\))?)$/,
  /^(interval.*)$/,
]

/** True where Postgres does not turn the old type into the new one by itself (there is no assignment cast). */
function needsUsing(from: string | null, to: string | null): boolean {
  if (from === null || to === null || from === to) return false
  if (from.endsWith('[]') && to.endsWith('[]')) return needsUsing(from.slice(0, -2), to.slice(0, -2))
  if (families[1]!.test(to) && !from.endsWith('[]')) return false
  return !families.some((f) => f.test(from) && f.test(to))
}

/** The expression that turns a column into a type: by the cast between the two where Postgres has one, else through text. */
function castOf(column: string, from: string | null, to: string | null): string {
  const direct =
    from !== null &&
    to !== null &&
    (families.some((f) => f.test(from) && f.test(to)) ||
      families[1]!.test(from) ||
      pairs.has(`${from}>${to}`) ||
      (from.endsWith('[]') && to.endsWith('[]') && families[1]!.test(from.slice(0, -2))))
  const text = from?.endsWith('[]') && to?.endsWith('[]') ? '::text[]' : '::text'
  return `${column}${direct ? '' : text}::${to ?? 'text'}`
}

// Casts of Postgres' own that are explicit: pg_cast of PostgreSQL 18, castcontext e.
const pairs = new Set([
  'integer>boolean',
  'boolean>integer',
  'jsonb>boolean',
  'jsonb>numeric',
  'jsonb>integer',
  'jsonb>bigint',
  'jsonb>double precision',
])
