import type { Rule } from '../../src/engine/rule.ts'
import { ident } from '../shared/sql.ts'
import { byOrm } from '../shared/by-orm.ts'
import { checkedText, otherTypes } from '../shared/column-type.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'prefer-text',
  severity: 'info',
  summary: 'A varchar(n) column has to be altered when the limit turns out to be too small.',
  why: `text and varchar are stored alike. A limit in the type is changed under an ACCESS EXCLUSIVE lock, and a shorter one rewrites the table; a
    limit in a CHECK constraint can be changed without either.`,
  fix: 'Use text, with a CHECK on the length where there has to be a limit.',
  references: ['https://www.postgresql.org/docs/current/datatype-character.html'],
  enabled: false,
  sources: ['squawk/prefer-text-field', 'pgfence/prefer-text-field', 'schemalint/prefer-text-to-varchar'],
  bad: [
    {
      sql: `create table users (id bigint generated always as identity primary key, name varchar(100) not null);`,
      message: '`name` is limited',
    },
    { prisma: { before: '', after: 'model User {\n  id BigInt @id\n  name String @db.VarChar(80)\n}\n' } },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, varchar } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), name: varchar('name', { length: 80 }) })\n`,
      },
    },
  ],
  good: [{ sql: `create table users (id bigint generated always as identity primary key, name text not null);` }],
  visit: newColumns((column, table, ctx) => {
    const length = /^character varying\((\d+)\)/.exec(column.type ?? '')?.[1]
    return length
      ? {
          ...otherTypes([column], table, ctx, checkedText(length)),
          message: `\`${column.name}\` is limited to ${length} characters by its type, which takes a lock to change.`,
          help: `Use ${byOrm(ctx, { prisma: '`String` alone', drizzle: '`text()`', sql: '`text`' })} with \`CHECK (char_length(${ident(column.name)}) <= ${length})\`.`,
        }
      : null
  }, true),
} satisfies Rule
