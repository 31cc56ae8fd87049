import type { Rule } from '../../src/engine/rule.ts'
import type { Change } from '../../src/schema/change.ts'
import { like, wrongPath } from '../shared/patterns.ts'

export default {
  id: 'require-decision',
  severity: 'warning',
  summary: 'A pull request that adds a table or takes something away comes without a record of the decision.',
  why: `Why a table is shaped as it is, and why a column could go, is known to those who were there. A short file in the directory of decisions, added or
    changed in the same pull request, keeps it for the others. \`directory\` says where they are.`,
  fix: 'Add a file to the directory of decisions that says what was decided, and why.',
  references: ['https://adr.github.io/'],
  options: { directory: 'docs/decisions' },
  checkOption: (_, value) => wrongPath(String(value)),
  enabled: false,
  once: 'review',
  dialects: 'all',
  sources: [],
  checklist: 'decisions-documented',
  bad: [
    { sql: `create table users (id bigint generated always as identity primary key);`, message: 'creates `users`' },
    {
      given: `create table users (id bigint primary key, city text);`,
      sql: `set lock_timeout = '5s'; alter table users drop column city;`,
      message: 'drops `users.city`',
    },
    { prisma: { before: '', after: 'model User {\n  id BigInt @id\n}\n' }, message: 'creates `User`' },
    {
      drizzle: {
        before: '',
        after: `import { bigint, pgTable, text } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigint('id', { mode: 'number' }).primaryKey(), name: text('name') })\n`,
      },
    },
  ],
  good: [
    {
      sql: `create table users (id bigint generated always as identity primary key);`,
      files: { 'docs/decisions/0001-users.md': '# Users are people, not accounts\n' },
    },
    {
      options: { directory: 'adr' },
      sql: `create table users (id bigint generated always as identity primary key);`,
      files: { 'adr/1.md': '# Users\n' },
    },
    {
      title: 'Nothing that needs one.',
      given: `create table users (id bigint primary key);`,
      sql: `set lock_timeout = '5s'; alter table users add column city text;`,
    },
  ],
  visit: {
    *schema(changes, ctx) {
      const directory = (
        typeof ctx.options['directory'] === 'string' ? ctx.options['directory'] : 'docs/decisions'
      ).replace(/\/+$/, '')
      if (ctx.alone || ctx.files.some((file) => file.status !== 'deleted' && like(`${directory}/*`, file.path))) return
      for (const change of changes) {
        const what = decided(change, (table) => ctx.name(table))
        if (what === null) continue
        yield {
          place: change.place,
          message: `This pull request ${what}, and no file in \`${directory}\` says why.`,
          help: `Add a file to \`${directory}\` that says what was decided, what else was thought of, and why.`,
        }
        return
      }
    },
  },
} satisfies Rule

function decided(change: Change, name: (table: string) => string): string | null {
  switch (change.kind) {
    case 'createTable':
      return change.to.persistence === 'temporary' ? null : `creates \`${name(change.table)}\``
    case 'dropTable':
      return `drops \`${name(change.table)}\``
    case 'renameTable':
      return `renames \`${name(change.table)}\``
    case 'dropColumn':
      return `drops \`${name(change.table)}.${change.from.name}\``
    case 'renameColumn':
      return `renames \`${name(change.table)}.${change.from}\``
    case 'alterColumnType':
      return `changes the type of \`${name(change.table)}.${change.to.name}\``
    default:
      return null
  }
}
