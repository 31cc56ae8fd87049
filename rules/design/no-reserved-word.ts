import type { Problem, Rule, RuleContext } from '../../src/engine/rule.ts'
import { columnPlace } from '../shared/columns.ts'
import { like, texts } from '../shared/patterns.ts'
import { ident } from '../shared/sql.ts'

export default {
  id: 'no-reserved-word',
  severity: 'info',
  summary: 'A name that is a keyword of SQL has to stand in quotes wherever it is written.',
  why: `\`SELECT * FROM user\` is no error: it gives the name of the role that asks. Other keywords are errors of syntax, in reports and consoles as well as in migrations,
    until somebody remembers the quotes. ORMs write them, people forget them. \`except\` lists names that the team has got used to.`,
  fix: 'Take another word while nothing uses the name yet.',
  references: ['https://www.postgresql.org/docs/current/sql-keywords-appendix.html'],
  options: { except: [] },
  enabled: false,
  sources: [],
  bad: [
    {
      sql: `create table "order" (id bigint generated always as identity primary key);`,
      message: '`order` is a keyword',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column "end" date;`,
      message: '`end` is a keyword',
    },
    { prisma: { before: '', after: 'model user {\n  id BigInt @id\n}\n' } },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const visits = pgTable('visits', { id: bigint('id', { mode: 'number' }).primaryKey(), from: text('from') })`,
      },
      message: '`from` is a keyword',
    },
  ],
  good: [
    { sql: `create table orders (id bigint generated always as identity primary key, ended_on date);` },
    {
      title: 'Quoted for its capital letter anyway.',
      sql: `create table "Order" (id bigint generated always as identity primary key);`,
    },
    {
      options: { except: ['user'] },
      sql: `create table "user" (id bigint generated always as identity primary key);`,
    },
  ],
  visit: {
    *createTable({ table, to }, ctx) {
      if (to.persistence === 'temporary') return
      const problem = said(to.name, ctx)
      if (problem) yield { ...problem, object: table }
      for (const column of to.columns) {
        const place = columnPlace(column, table, ctx)
        const own = said(column.name, ctx)
        if (own) yield { ...own, object: `${table}.${column.name}`, ...(place ? { place } : {}) }
      }
    },
    addColumn({ table, to }, ctx) {
      const place = columnPlace(to, table, ctx)
      const problem = said(to.name, ctx)
      return problem && { ...problem, object: `${table}.${to.name}`, ...(place ? { place } : {}) }
    },
  },
} satisfies Rule

function said(name: string, ctx: RuleContext): Problem | null {
  const isKeyword = /^[a-z_]+$/.test(name) && ident(name) !== name
  return isKeyword && !texts(ctx.options['except']).some((pattern) => like(pattern, name))
    ? { message: `\`${name}\` is a keyword of SQL: without quotes it is an error or means something else.` }
    : null
}
