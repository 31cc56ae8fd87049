import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { columnPlace, newColumns } from '../shared/columns.ts'
import { inPaths, likeType, texts, typePattern, wrongPath, wrongType } from '../shared/patterns.ts'

export default {
  id: 'no-forbidden-type',
  severity: 'warning',
  summary: 'A column has a type that the team does not use.',
  why: `A team that has settled on text, numeric and timestamptz reads its schema faster and has no conversions between columns that mean the same.
    \`forbidden\` lists the types that are not used, \`allowed\` those that alone are; both with * for anything, as in character varying*.`,
  fix: 'Use a type that the policy of the team allows.',
  references: ['https://www.postgresql.org/docs/current/datatype.html'],
  options: { forbidden: [], allowed: [], paths: [] },
  checkOption: (name, value) => (name === 'paths' ? wrongPath(String(value)) : wrongType(String(value))),
  enabled: false,
  dialects: 'all',
  sources: ['schemalint/prefer-jsonb-to-json', 'bytebase/column.type-disallow-list'],
  bad: [
    {
      options: { forbidden: ['character varying*'] },
      sql: `create table users (id bigint generated always as identity primary key, name varchar(80) not null);`,
      message: '`name` is `character varying(80)`',
    },
    {
      options: { allowed: ['bigint', 'text', 'uuid'] },
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '5s'; alter table users add column score numeric(6, 2);`,
    },
    {
      options: { forbidden: ['timestamp'] },
      prisma: { before: '', after: 'model User {\n  id BigInt @id\n  seen DateTime\n}\n' },
      sql: `CREATE TABLE "User" ("id" BIGINT NOT NULL, "seen" TIMESTAMP(3) NOT NULL, CONSTRAINT "User_pkey" PRIMARY KEY ("id"));`,
    },
    {
      options: { forbidden: ['json'] },
      drizzle: {
        before: '',
        after: `import { bigint, json, pgTable } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), data: json('data') })`,
      },
      sql: `CREATE TABLE "users" ("id" bigint PRIMARY KEY NOT NULL, "data" json);`,
    },
  ],
  good: [
    {
      title: 'A policy for other paths.',
      options: { forbidden: ['text'], paths: ['billing/'] },
      sql: `create table users (id bigint generated always as identity primary key, name text not null);`,
    },
    {
      options: { forbidden: ['character varying*'] },
      sql: `create table users (id bigint generated always as identity primary key, name text not null);`,
    },
    {
      options: { allowed: ['bigint', 'text'] },
      sql: `create table users (id bigint generated always as identity primary key, name text not null);`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    const { type } = column
    if (type === null || !inPaths(texts(ctx.options['paths']), columnPlace(column, table, ctx)?.path ?? '')) return null
    const allowed = texts(ctx.options['allowed'])
    if (!matches(type, 'forbidden', ctx) && (allowed.length === 0 || matches(type, 'allowed', ctx))) return null
    return {
      message: `\`${column.name}\` is \`${type}\`, which the policy of the team does not allow.`,
      help:
        allowed.length > 0
          ? `Allowed are ${allowed.map((one) => `\`${typePattern(one)}\``).join(', ')}.`
          : `Forbidden are ${texts(ctx.options['forbidden'])
              .map((one) => `\`${typePattern(one)}\``)
              .join(', ')}.`,
    }
  }, true),
} satisfies Rule

/** True where a list of the options names the type, with its length or without. */
function matches(type: string, option: string, ctx: RuleContext): boolean {
  return texts(ctx.options[option]).some((pattern) => likeType(pattern, type))
}
