import type { Rule } from '../../src/engine/rule.ts'
import { columnPlace, newColumns } from '../shared/columns.ts'
import { snake } from '../shared/names.ts'
import { inPaths, like, texts, wrongPath } from '../shared/patterns.ts'

export default {
  id: 'no-forbidden-column',
  severity: 'warning',
  summary: 'A column has a name that the team does not use.',
  why: `Some names mean too much or come back as bugs: data, type, order, flags. \`columns\` lists those that are not used, \`except\` the tables that may all the same, \`paths\` the files
    for which it holds; in all of them * stands for anything.`,
  fix: 'Say what the column holds.',
  references: ['https://www.postgresql.org/docs/current/ddl-alter.html#DDL-ALTER-ADDING-A-COLUMN'],
  options: { columns: [], except: [], paths: [] },
  checkOption: (name, value) =>
    name === 'paths' ? wrongPath(String(value)) : value === '' ? { words: 'names no column' } : null,
  enabled: false,
  dialects: 'all',
  sources: ['prisma-lint/forbid-field'],
  bad: [
    {
      options: { columns: ['data', 'is_*_flag'] },
      sql: `create table users (id bigint generated always as identity primary key, data jsonb not null);`,
      message: 'does not use `data` as the name of a column',
    },
    {
      options: { columns: ['*_d6'] },
      prisma: { before: '', after: 'model User {\n  id BigInt @id\n  priceD6 Int\n}\n' },
      message: '`priceD6`',
    },
    {
      options: { columns: ['data'] },
      drizzle: {
        before: '',
        after: `import { bigint, jsonb, pgTable } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), data: jsonb('data') })`,
      },
    },
  ],
  good: [
    {
      options: { columns: ['data'], except: ['imports'] },
      sql: `create table users (id bigint generated always as identity primary key, profile jsonb not null); create table imports (id bigint generated always as identity primary key, data jsonb not null);`,
    },
    {
      title: 'It was there before.',
      options: { columns: ['data'] },
      given: `create table users (id bigint primary key, data jsonb);`,
      sql: `set lock_timeout = '5s'; alter table users add column profile jsonb;`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    if (
      !inPaths(texts(ctx.options['paths']), columnPlace(column, table, ctx)?.path ?? '') ||
      texts(ctx.options['except']).some((name) => like(name, ctx.name(table)))
    )
      return null
    const names = [column.name, snake(column.name)]
    return texts(ctx.options['columns']).some((pattern) => names.some((name) => like(pattern, name)))
      ? {
          message: `The team does not use \`${column.name}\` as the name of a column.`,
          help: 'Say in the name what the column holds, while nothing uses it yet.',
        }
      : null
  }),
} satisfies Rule
