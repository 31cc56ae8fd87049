import type { Rule } from '../../src/engine/rule.ts'
import { ident } from '../shared/sql.ts'
import { byOrm } from '../shared/by-orm.ts'
import { checkedText, otherTypes } from '../shared/column-type.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'no-char',
  severity: 'warning',
  summary: 'A char(n) column pads every value with blanks.',
  why: `Postgres stores the blanks, ignores them in some comparisons and keeps them in others, and wins nothing in speed. Values come back
    longer than they went in.`,
  fix: 'Use text, with a CHECK on the length where the length matters.',
  references: ['https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_char.28n.29'],
  sources: ['squawk/ban-char-field', 'pgfence/ban-char-field', 'diesel-guard/CharTypeCheck', 'pgls/banCharField'],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key, country char(2) not null);`,
      message: '`country` pads',
      severity: 'info',
    },
    {
      sql: `create table users (id bigint generated always as identity primary key, code char(8) not null);`,
      message: '`code` pads',
    },
    { given: `create table users (id bigint primary key);`, sql: `alter table users add column code character;` },
    {
      title: 'bpchar without a length does not pad, but ignores blanks at the end.',
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column code bpchar;`,
      message: 'loses the blanks',
    },
    {
      prisma: { before: '', after: 'model User {\n  id BigInt @id\n  code String @db.Char(8)\n}\n' },
      message: '`code` pads',
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, char, pgTable } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), code: char('code', { length: 8 }) })\n`,
      },
    },
  ],
  good: [
    { sql: `create table users (id bigint generated always as identity primary key, country text not null);` },
    {
      title: '"char" is a type of one byte.',
      sql: `create table users (id bigint generated always as identity primary key, kind "char" not null);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    if (column.type === 'bpchar')
      return {
        ...otherTypes([column], table, ctx, (_, { inTable }) => (inTable ? 'text' : null)),
        message: `\`${column.name}\` loses the blanks at the end of its values in comparisons.`,
        help: 'Use `text`.',
      }
    if (column.type === null || !/^character(\(\d+\))?(\[\])*$/.test(column.type)) return null
    const length = /\((\d+)\)/.exec(column.type)?.[1] ?? '1'
    return {
      ...otherTypes([column], table, ctx, checkedText(length, '=')),
      // Codes of countries and currencies, UUIDs and hashes are never shorter, so that nothing is padded.
      ...(/^(?:2|3|32|36|40|64|128)$/.test(length) ? { severity: 'info' as const } : {}),
      message: `\`${column.name}\` pads every value to ${length} ${length === '1' ? 'character' : 'characters'} with blanks.`,
      help: `Use ${byOrm(ctx, { prisma: '`String` without `@db.Char`', drizzle: '`text()`', sql: '`text`' })}, with \`CHECK (char_length(${ident(column.name)}) = ${length})\` where the length is fixed.`,
    }
  }, true),
} satisfies Rule
