import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import { columnPlace, newColumns } from '../shared/columns.ts'
import { inPaths, like, texts } from '../shared/patterns.ts'

export default {
  id: 'no-forbidden-type',
  severity: 'warning',
  summary: 'A column has a type that the team does not use.',
  why: `A team that has settled on text, numeric and timestamptz reads its schema faster and has no conversions between columns that mean the same.
    \`forbidden\` lists the types that are not used, \`allowed\` those that alone are; both by Postgres' names, with * for anything, as in character varying*.`,
  fix: 'Use a type that the policy of the team allows.',
  references: ['https://www.postgresql.org/docs/current/datatype.html'],
  options: { forbidden: [], allowed: [], paths: [] },
  enabled: false,
  dialects: 'all',
  sources: ['schemalint/prefer-jsonb-to-json', 'bytebase/column.type-disallow-list'],
  bad: [
    {
      options: { forbidden: ['character varying*'] },
      sql: `create table users (id bigint generated always as identity primary key, name varchar(80) not null);`,
      message: '`name` is `character varying(80)`',
    },
    { options: { allowed: ['bigint', 'text', 'uuid'] }, given: `create table users (id bigint primary key);`, sql: `set lock_timeout = '5s'; alter table users add column score numeric(6, 2);` },
  ],
  good: [
    { options: { forbidden: ['character varying*'] }, sql: `create table users (id bigint generated always as identity primary key, name text not null);` },
    { options: { allowed: ['bigint', 'text'] }, sql: `create table users (id bigint generated always as identity primary key, name text not null);` },
  ],
  visit: newColumns((column, table, ctx) => {
    const { type } = column
    if (type === null || !inPaths(texts(ctx.options['paths']), columnPlace(column, table, ctx)?.path ?? '')) return null
    const allowed = texts(ctx.options['allowed'])
    if (!matches(type, 'forbidden', ctx) && (allowed.length === 0 || matches(type, 'allowed', ctx))) return null
    return { message: `\`${column.name}\` is \`${type}\`, which the policy of the team does not allow.`, help: allowed.length > 0 ? `Allowed are ${allowed.map((one) => `\`${one}\``).join(', ')}.` : 'Use another type.' }
  }, true),
} satisfies Rule

/** True where a list of the options names the type, with its length or without. */
function matches(type: string, option: string, ctx: RuleContext): boolean {
  const bare = type.replace(/\(.*?\)/, '')
  return texts(ctx.options[option]).some((pattern) => like(pattern, type) || like(pattern, bare))
}
