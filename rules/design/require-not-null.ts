import type { Rule } from '../../src/engine/rule.ts'
import { byOrm } from '../shared/by-orm.ts'
import { columnPlace, newColumns } from '../shared/columns.ts'
import { snake } from '../shared/names.ts'
import { inPaths, like, texts, wrongPath } from '../shared/patterns.ts'

export default {
  id: 'require-not-null',
  severity: 'warning',
  summary: 'A column that always has a value is declared as one that may have none.',
  why: `Where NULL is allowed every reader has to think of it, and comparisons with it are neither true nor false. As a policy it speaks of new columns with a default, which only an
    explicit NULL leaves empty; with \`columns: ["*"]\` of all new columns, with other patterns of those that they name. \`except\` names columns that may be empty.`,
  fix: 'Add NOT NULL to the column while nothing reads it yet.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-NOT-NULL'],
  options: { columns: [], except: [], paths: [] },
  checkOption: (name, value) =>
    name === 'paths' ? wrongPath(String(value)) : value === '' ? { words: 'names no column' } : null,
  enabled: false,
  sources: ['bytebase/column.no-null'],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key, created_at timestamptz default now());`,
      message: '`created_at` may be NULL',
    },
    {
      options: { columns: ['*_at'] },
      prisma: { before: '', after: 'model User {\n  id BigInt @id\n  leftAt DateTime? @db.Timestamptz(6)\n}\n' },
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), city: text('city').default('') })`,
      },
    },
  ],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key, created_at timestamptz not null default now(), left_at timestamptz);`,
    },
    {
      title: 'The constraint follows.',
      sql: `create table users (id bigint generated always as identity primary key, city text default ''); alter table users alter column city set not null;`,
      unproven: 'others speak of the two statements',
    },
  ],
  visit: newColumns((column, table, ctx) => {
    const now = ctx.after.tables.get(table)?.columns.find((one) => one.name === column.name)
    if (
      !now?.nullable ||
      now.generated !== null ||
      !inPaths(texts(ctx.options['paths']), columnPlace(column, table, ctx)?.path ?? '')
    )
      return null
    const names = [column.name, snake(column.name)]
    const isOf = (option: string) =>
      texts(ctx.options[option]).some((pattern) => names.some((name) => like(pattern, name)))
    if (isOf('except') || !(texts(ctx.options['columns']).length === 0 ? now.default !== null : isOf('columns')))
      return null
    return {
      message: `\`${column.name}\` may be NULL${now.default === null ? '' : ', though it has a default'}.`,
      help: `${byOrm(ctx, { prisma: 'Take the `?` away', drizzle: 'Chain `.notNull()`', sql: 'Add `NOT NULL`' })}, or name the column in \`except\` where it means something that there is no value.`,
    }
  }),
} satisfies Rule
