import type { Rule } from '../../src/engine/rule.ts'
import { columnPlace, newColumns } from '../shared/columns.ts'
import { builtBy, concurrently } from '../shared/concurrently.ts'
import { declare } from '../shared/declare.ts'
import { indexesOf } from '../shared/index-prefix.ts'
import { snake, withSuffix } from '../shared/names.ts'
import { inPaths, like, texts, wrongPath } from '../shared/patterns.ts'
import { ident, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-column-index',
  severity: 'warning',
  summary: 'A column that the team always filters by has no index.',
  why: `Some columns are asked for in every table, such as the tenant or the time of creation. \`columns\` names them, \`except\` the tables that do without, \`paths\` the files for which it
    holds; in all of them * stands for anything. Foreign keys have a rule of their own, require-foreign-key-index.`,
  fix: 'Create an index that begins with the column.',
  references: ['https://www.postgresql.org/docs/current/indexes-intro.html'],
  options: { columns: [], except: [], paths: [] },
  checkOption: (name, value) =>
    name === 'paths' ? wrongPath(String(value)) : value === '' ? { words: 'names no column' } : null,
  enabled: false,
  sources: ['prisma-lint/require-field-index'],
  bad: [
    {
      options: { columns: ['created_at'] },
      sql: `create table users (id bigint generated always as identity primary key, created_at timestamptz not null);`,
      message: 'no index begins with `created_at`',
    },
    {
      options: { columns: ['*_id'] },
      prisma: { before: '', after: 'model User {\n  id BigInt @id\n  tenantId BigInt\n}\n' },
      message: 'no index begins with `tenantId`',
    },
    {
      options: { columns: ['tenant_id'] },
      drizzle: {
        before: '',
        after: `import { bigint, pgTable } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), tenantId: bigint('tenant_id', { mode: 'number' }) })`,
      },
    },
  ],
  good: [
    {
      options: { columns: ['created_at'] },
      sql: `create table users (id bigint generated always as identity primary key, created_at timestamptz not null); create index on users (created_at, id);`,
    },
    {
      options: { columns: ['created_at'], except: ['*_logs'] },
      sql: `create table user_logs (id bigint generated always as identity primary key, created_at timestamptz not null);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    const after = ctx.after.tables.get(table)
    if (
      !after ||
      !inPaths(texts(ctx.options['paths']), columnPlace(column, table, ctx)?.path ?? '') ||
      texts(ctx.options['except']).some((name) => like(name, ctx.name(table)))
    )
      return null
    const names = [column.name, snake(column.name)]
    if (
      !texts(ctx.options['columns']).some((pattern) => names.some((name) => like(pattern, name))) ||
      indexesOf(after).some((index) => index.columns[0] === column.name)
    )
      return null
    const name = withSuffix(`${after.name}_${column.name}`, '_idx')
    const { words, offer } = declare({ kind: 'addIndex', table, columns: [column.name], name }, ctx)
    return {
      message: `\`${ctx.name(table)}\` is always filtered by \`${column.name}\`, and no index begins with \`${column.name}\`.`,
      help: `${words}${builtBy(table, [`CREATE INDEX ${concurrently(table, ctx)}${ident(name)} ON ${sqlName(table, ctx)} (${ident(column.name)});`], ctx)}`,
      ...offer,
    }
  }),
} satisfies Rule
