import type { Rule } from '../../src/engine/rule.ts'
import { snake } from '../shared/names.ts'
import { inPaths, like, likeType, texts, typePattern, wrongColumn, wrongPath } from '../shared/patterns.ts'
import { ident, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-columns',
  severity: 'warning',
  summary: 'A new table lacks columns that every table of the team has.',
  why: `Audits, synchronisation and exports count on created_at, updated_at or a tenant column being there. \`columns\` names them, with a type after a
    colon where that matters; \`except\` names tables that do without, \`paths\` the files for which it holds. In all of them * stands for anything.`,
  fix: 'Add the columns that the policy of the team names.',
  references: ['https://www.postgresql.org/docs/current/ddl-alter.html#DDL-ALTER-ADDING-A-COLUMN'],
  options: { columns: ['created_at', 'updated_at'], except: [], paths: [] },
  checkOption: (name, value) =>
    name === 'paths' ? wrongPath(String(value)) : name === 'columns' ? wrongColumn(String(value)) : null,
  enabled: false,
  dialects: 'all',
  sources: ['prisma-lint/require-field', 'schemalint/mandatory-columns', 'bytebase/column.required'],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key, created_at timestamptz not null);`,
      message: '`users` lacks `updated_at`',
    },
    {
      options: { columns: ['org_id:uuid'] },
      sql: `create table users (id bigint generated always as identity primary key, org_id bigint not null);`,
      message: '`org_id` of `users` is `bigint`',
    },
    {
      options: { columns: ['createdAt'] },
      prisma: { before: '', after: 'model User {\n  id Int @id\n}\n' },
      sql: `CREATE TABLE "User" ("id" INTEGER NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
    },
    {
      options: { columns: ['created_at'] },
      drizzle: {
        before: '',
        after: `import { bigint, pgTable } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey() })`,
      },
      sql: `CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL);`,
    },
  ],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key, created_at timestamptz not null, updated_at timestamptz not null);`,
    },
    {
      title: 'A table that does without.',
      options: { except: ['*_tags'] },
      sql: `create table post_tags (post_id bigint not null, tag text not null, primary key (post_id, tag));`,
    },
    {
      title: 'Another path.',
      options: { paths: ['db/billing/'] },
      sql: `create table users (id bigint generated always as identity primary key);`,
    },
  ],
  visit: {
    *createTable({ table, to, place, as }, ctx) {
      const after = ctx.after.tables.get(table)
      if (!after?.complete || as !== 'definition' || to.persistence === 'temporary' || after.partition.of) return
      if (
        texts(ctx.options['except']).some((name) => like(name, after.name)) ||
        !inPaths(texts(ctx.options['paths']), place.path)
      )
        return
      const missing: string[] = []
      for (const wanted of texts(ctx.options['columns'])) {
        const [name = '', type] = wanted.split(':', 2).map((part) => part.trim())
        const column = after.columns.find((c) => c.name === name || snake(c.name) === snake(name))
        if (!column) missing.push(wanted)
        else if (type !== undefined && column.type !== null && !likeType(type, column.type)) {
          yield {
            message: `\`${column.name}\` of \`${ctx.name(table)}\` is \`${column.type}\`, and the policy of the team wants \`${typePattern(type)}\`.`,
            help: `Give \`${column.name}\` the type \`${typePattern(type)}\`.`,
          }
        }
      }
      if (missing.length === 0) return
      const names = missing.map((one) => (one.split(':', 1)[0] ?? one).trim())
      yield {
        message: `\`${ctx.name(table)}\` lacks ${names.map((name) => `\`${name}\``).join(', ')}, which every table has to have.`,
        help:
          ctx.project.orm !== null
            ? 'Declare what is missing in the schema. A migration has to follow.'
            : `Add what is missing to the table:\n${sql(...missing.map((one, i) => `ALTER TABLE ${sqlName(table, ctx)} ADD COLUMN ${ident(names[i] ?? '')} ${typeFor(one)};`))}`,
      }
    },
  },
} satisfies Rule

/** The type that the policy names, or the usual one of a moment. */
function typeFor(wanted: string): string {
  const [name = '', type] = wanted.split(':', 2).map((part) => part.trim())
  return type ?? (/_(?:at|on)$/.test(snake(name)) ? 'timestamptz NOT NULL DEFAULT now()' : 'text')
}
