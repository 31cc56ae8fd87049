import type { Rule } from '../../src/engine/rule.ts'
import { columnPlace, newColumns } from '../shared/columns.ts'
import { snake } from '../shared/names.ts'
import { inPaths, like, likeType, texts, typePattern, wrongColumn, wrongPath } from '../shared/patterns.ts'

export default {
  id: 'require-column-type',
  severity: 'warning',
  summary: 'A column has another type than the team gives to columns of its name.',
  why: `Where every *_id is a uuid and every *_at a timestamptz, nobody has to look up a type, and joins never convert. \`columns\` lists patterns for names with
    the type after a colon, as in *_at:timestamptz; the first one that fits a name holds. \`except\` names tables that do without, \`paths\` the files for which it holds.`,
  fix: 'Give the column the type that the policy of the team names.',
  references: ['https://www.postgresql.org/docs/current/datatype.html'],
  options: { columns: [], except: [], paths: [] },
  checkOption: (name, value) =>
    name === 'paths' ? wrongPath(String(value)) : name === 'columns' ? wrongColumn(String(value), true) : null,
  enabled: false,
  dialects: 'all',
  sources: ['prisma-lint/require-field-type'],
  bad: [
    {
      options: { columns: ['*_at:timestamptz', '*_id:uuid'] },
      sql: `create table visits (id bigint generated always as identity primary key, left_at date not null);`,
      message: '`left_at` is `date`',
    },
    {
      options: { columns: ['*_at:timestamptz'] },
      prisma: { before: '', after: 'model Visit {\n  id     BigInt   @id\n  leftAt DateTime\n}\n' },
      message: '`leftAt` is `timestamp(3) without time zone`',
    },
    {
      options: { columns: ['is_*:boolean'] },
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const visits = pgTable('visits', { id: bigint('id', { mode: 'number' }).primaryKey(), isOpen: text('is_open').notNull() })`,
      },
      message: '`is_open` is `text`',
    },
  ],
  good: [
    {
      options: { columns: ['*_at:timestamptz', '*_id:uuid'] },
      sql: `create table visits (id bigint generated always as identity primary key, left_at timestamptz(3) not null, device_id uuid not null);`,
    },
    {
      title: 'The first that fits holds.',
      options: { columns: ['external_id:text', '*_id:uuid'] },
      sql: `create table visits (id bigint generated always as identity primary key, external_id text not null);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    const { type } = column
    if (type === null || !inPaths(texts(ctx.options['paths']), columnPlace(column, table, ctx)?.path ?? '')) return null
    if (texts(ctx.options['except']).some((name) => like(name, ctx.name(table)))) return null
    for (const wanted of texts(ctx.options['columns'])) {
      const [name = '', to = ''] = wanted.split(':', 2).map((part) => part.trim())
      if (!like(name, column.name) && !like(name, snake(column.name))) continue
      if (likeType(to, type)) return null
      return {
        message: `\`${column.name}\` is \`${type}\`, and the policy of the team for \`${name}\` is \`${typePattern(to)}\`.`,
        help: `Give \`${column.name}\` the type \`${typePattern(to)}\`.`,
      }
    }
    return null
  }, true),
} satisfies Rule
