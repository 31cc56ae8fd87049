import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { isPlainCast, typeLoss } from '../../src/schema/type-change.ts'
import { isEnum } from '../shared/retype.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'no-lossy-type-change',
  severity: 'error',
  summary: 'A narrower type refuses or cuts values that are there.',
  why: `A shorter text or a smaller integer makes the statement fail on the first value that does not fit; less precision rounds silently, and the
    digits are gone. Running instances still write the old range.`,
  fix: 'Check first that every value fits. Add a column of the new type beside the old one and fill it, so that nothing is lost.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE'],
  approvable: true,
  sources: ['prisma/RiskyCast', 'prisma/NotCastable'],
  checklist: 'backup',
  bad: [
    {
      given: `create table users (id bigint primary key, name varchar(100));`,
      sql: `alter table users alter column name type varchar(50);`,
      message: 'from `character varying(100)` to `character varying(50)`',
    },
    {
      given: `create table orders (id bigint primary key, total numeric(12, 4));`,
      sql: `alter table orders alter column total type numeric(12, 2);`,
    },
    {
      given: `create table orders (id bigint primary key, amount bigint);`,
      sql: `alter table orders alter column amount type integer;`,
      message: 'fails where a value of `orders` does not fit',
    },
    {
      title: 'A cast that is written out cuts without a word.',
      given: `create table users (id bigint primary key, name varchar(100));`,
      sql: `alter table users alter column name type varchar(50) using name::varchar(50);`,
      message: 'rounds or cuts',
    },
    {
      title: 'Which moment it was is lost.',
      given: `create table users (id bigint primary key, at timestamptz);`,
      sql: `alter table users alter column at type timestamp;`,
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, name varchar(50));`,
      sql: `alter table users alter column name type text;`,
    },
    {
      title: 'Every uuid has 36 characters.',
      given: `create table users (id bigint primary key, code uuid);`,
      sql: `alter table users alter column code type varchar(36);`,
      rows: { users: 100 },
    },
    {
      title: 'A value becomes a list of one.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users alter column name type text[] using array[name];`,
      rows: { users: 100 },
    },
    {
      title: 'Kept as JSON.',
      given: `create table users (id bigint primary key, name text);`,
      sql: `alter table users alter column name type jsonb using to_jsonb(name);`,
      rows: { users: 100 },
    },
    {
      sql: `create table users (id bigint primary key, name varchar(100)); alter table users alter column name type varchar(50);`,
    },
  ],
  visit: {
    alterColumnType({ table, from, to, using }, ctx) {
      if (ctx.isNew(table) || ctx.isNewColumn(table, from.name)) return
      if (isEnum(from.type, ctx) && isEnum(to.type, ctx)) return
      const loss = typeLoss(from.type, to.type, ctx.step?.before ?? ctx.before)
      const wraps = using !== null && !isPlainCast(using, from.name)
      if (loss === null || loss === 'unknown' || (wraps && /^(jsonb?|bytea|xml)$/.test(to.type ?? ''))) return
      const column = ident(from.name)
      if (
        from.type?.endsWith('with time zone') &&
        to.type?.endsWith('without time zone') &&
        !to.type.startsWith('time ')
      ) {
        const zone = /\bat\s+time\s+zone\s+('[^']*')/i.exec(using ?? '')?.[1]
        return {
          anySize: true,
          ...(zone === undefined ? {} : { severity: 'info' as const }),
          message: `Without its time zone \`${from.name}\` of \`${ctx.name(table)}\` no longer says which moment it means: what stays is the clock of ${zone ?? 'whatever `TimeZone` the session has'}.`,
          help: `Keep \`timestamptz\`${zone === undefined ? `; where it has to go, name the zone:\n${sql(`ALTER TABLE ${sqlName(table, ctx)} ALTER COLUMN ${column} TYPE ${to.type} USING ${column} AT TIME ZONE 'UTC';`)}` : ', which takes the same eight bytes.'}`,
        }
      }
      const change = `Changing \`${from.name}\` from \`${from.type}\` to \`${to.type}\``
      // Of a moment only the last digits of its second are rounded.
      const rounds = /^time(?:stamp)?\b/.test(from.type ?? '') && /^time(?:stamp)?\(/.test(to.type ?? '')
      return {
        anySize: true,
        ...(rounds ? { severity: 'info' as const, alike: 'rounds' } : {}),
        message:
          loss === 'cut' || (using !== null && to.type?.startsWith('character') === true)
            ? `${change} rounds or cuts the values of \`${ctx.name(table)}\` that do not fit.`
            : `${change} fails where a value of \`${ctx.name(table)}\` does not fit.`,
        help: `See what does not fit before it is changed:\n${sql(`SELECT ${column} FROM ${sqlName(table, ctx)} WHERE ${unfit({ column, from: from.type ?? '', to: to.type ?? '', using: wraps ? using : null }, ctx)} LIMIT 20;`)}`,
      }
    },
  },
} satisfies Rule

interface Cast {
  readonly column: string
  readonly from: string
  readonly to: string
  /** What computes the new value, where that is more than a cast. */
  readonly using: string | null
}

const ranges: Readonly<Record<string, string>> = {
  smallint: '-32768 AND 32767',
  integer: '-2147483648 AND 2147483647',
  bigint: '-9223372036854775808 AND 9223372036854775807',
}

/** A condition for the values that another type has no room for, which does not fail on them itself. */
function unfit({ column, from, to, using }: Cast, { postgres }: RuleContext): string {
  const [, size] = /^character(?: varying)?\((\d+)\)$/.exec(to) ?? []
  if (size !== undefined && using === null) return `char_length(${isText(from) ? column : `${column}::text`}) > ${size}`
  if (using !== null) return `${column} IS DISTINCT FROM (${using})::${to}::${from}`
  const isNumber = /^(?:smallint|integer|bigint|numeric|real|double precision)\b/.test(from)
  const range = ranges[to]
  if (isNumber && range !== undefined)
    return `${column} NOT BETWEEN ${range}${/^(?:numeric|real|double)/.test(from) ? ` OR ${column} <> round(${column})` : ''}`
  const [, precision, scale = '0'] = /^numeric\((\d+)(?:,(\d+))?\)$/.exec(to) ?? []
  if (isNumber && precision !== undefined) {
    const rounded = `round(${column}::numeric, ${scale})`
    return `${column} <> ${rounded} OR abs(${rounded}) >= 1e${Number(precision) - Number(scale)}`
  }
  if (isText(from) && postgres >= 16 && !to.includes('"'))
    return `NOT pg_input_is_valid(${column}, '${to.replaceAll("'", "''")}')`
  if (isText(from) && range !== undefined) return `${column} !~ '^\\s*[-+]?\\d+\\s*$'`
  return `${column} IS DISTINCT FROM ${column}::${to}::${from}`
}

const isText = (type: string) => /^(?:text|character varying|character|citext|bpchar)\b/.test(type)
