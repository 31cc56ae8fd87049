import type { Rule } from '../../src/engine/rule.ts'
import { columnPlace, newColumns } from '../shared/columns.ts'
import { inPaths, like, texts, wrongPath } from '../shared/patterns.ts'
import { ident } from '../shared/sql.ts'
import { mentions } from '../../src/schema/replay/rewrite.ts'

export default {
  id: 'require-length-limit',
  severity: 'info',
  summary: 'A text without a limit takes as many characters as a client sends.',
  why: `One row then may hold a gigabyte, which every list of rows carries. A CHECK on the length keeps a mistake or an attack out, and can be widened without a rewrite.
    It is the opposite policy of \`prefer-text\` only by name: text with a CHECK is right for both. \`except\` lists columns, \`paths\` files.`,
  fix: 'Add a CHECK on the length, or use varchar with one.',
  references: ['https://www.postgresql.org/docs/current/datatype-character.html'],
  options: { except: [], paths: [] },
  checkOption: (name, value) => (name === 'paths' ? wrongPath(String(value)) : null),
  enabled: false,
  sources: [],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key, bio text);`,
      message: '`bio` takes a text of any length',
    },
    { prisma: { before: '', after: 'model User {\n  id  BigInt @id\n  bio String?\n}\n' } },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), bio: text('bio') })`,
      },
    },
  ],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key, bio text check (char_length(bio) <= 4000), name varchar(200));`,
    },
    {
      title: 'Documents are not meant.',
      sql: `create table pages (id bigint generated always as identity primary key, body jsonb not null);`,
    },
    {
      options: { except: ['*_html'] },
      sql: `create table pages (id bigint generated always as identity primary key, body_html text not null);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    if (!/^(?:text|character varying)(?:\[\])?$/.test(column.type ?? '')) return null
    if (!inPaths(texts(ctx.options['paths']), columnPlace(column, table, ctx)?.path ?? '')) return null
    const checks = ctx.after.tables.get(table)?.checks ?? []
    if (checks.some((check) => mentions(check.expression, column.name))) return null
    if (texts(ctx.options['except']).some((pattern) => like(pattern, column.name))) return null
    return {
      message: `\`${column.name}\` takes a text of any length.`,
      help: `Limit it: \`CHECK (char_length(${ident(column.name)}) <= 1000)\`, or a type with a length.`,
    }
  }, true),
} satisfies Rule
