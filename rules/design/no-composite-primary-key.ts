import type { Rule } from '../../src/engine/rule.ts'
import { listed } from '../shared/query-words.ts'

export default {
  id: 'no-composite-primary-key',
  severity: 'info',
  summary: 'A primary key of several columns is repeated in every table that refers to the row.',
  why: `Foreign keys to the row, links to it and the parameters of the code carry all of its columns. A table that only joins two others needs no key of its own, which is why
    \`max\` says how many columns are allowed.`,
  fix: 'Give the table a key of one column, and keep the others unique together.',
  references: ['https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS'],
  options: { max: 1 },
  enabled: false,
  dialects: 'all',
  sources: [],
  bad: [
    {
      sql: `create table seats (hall bigint, place int, taken boolean not null, primary key (hall, place));`,
      message: 'is named by `hall` and `place`',
    },
    {
      prisma: {
        before: '',
        after: 'model Seat {\n  hall  BigInt\n  place Int\n\n  @@id([hall, place])\n}\n',
      },
    },
    {
      drizzle: {
        before: '',
        after: `import { bigint, integer, pgTable, primaryKey } from 'drizzle-orm/pg-core'\nexport const seats = pgTable('seats', { hall: bigint('hall', { mode: 'number' }), place: integer('place') }, (table) => [primaryKey({ columns: [table.hall, table.place] })])`,
      },
    },
  ],
  good: [
    {
      sql: `create table seats (id bigint generated always as identity primary key, hall bigint not null, place int not null, unique (hall, place));`,
    },
    {
      title: 'As many as the team allows.',
      options: { max: 2 },
      sql: `create table seats (hall bigint, place int, taken boolean not null, primary key (hall, place));`,
    },
    {
      title: 'Prisma makes the tables of its own relations.',
      prisma: {
        before: 'model User {\n  id BigInt @id\n}\n\nmodel Team {\n  id BigInt @id\n}\n',
        after:
          'model User {\n  id    BigInt @id\n  teams Team[]\n}\n\nmodel Team {\n  id    BigInt @id\n  users User[]\n}\n',
      },
    },
  ],
  visit: {
    createTable({ table, to }, ctx) {
      const columns = to.primaryKey?.columns ?? []
      if (to.persistence === 'temporary' || to.partition.of || to.partition.by || to.name.startsWith('_')) return null
      if (columns.length <= Number(ctx.options['max'])) return null
      return {
        message: `A row of \`${ctx.name(table)}\` is named by ${listed(columns)}, which all that refers to it has to repeat.`,
      }
    },
  },
} satisfies Rule
