import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import { pool } from '../shared/query-examples.ts'
import { columnInSteps } from '../shared/renames.ts'
import { placeList, placesIn, usesOf } from '../shared/uses.ts'

const before = `
  model User {
    id       Int     @id
    email    String  @unique
    legacyId String? @map("legacy_id")

    @@map("users")
  }`

const after = before.replace('    legacyId String? @map("legacy_id")\n', '')

const given = `create table users (id integer primary key, email text not null, legacy_id text); create unique index "users_email_key" on users (email);`

export default {
  id: 'no-used-column-drop',
  severity: 'error',
  summary: 'A column is dropped or renamed that code of the repository still names.',
  why: `The places are found by resolving clients, models and columns, not by searching for a word: each of them fails with the first call after the
    migration, and no deploy order helps, because the code of this very commit still uses the column.`,
  fix: 'Take the uses out first, deploy that, and drop the column in a later pull request.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html',
    'https://www.prisma.io/docs/orm/prisma-migrate/workflows/customizing-migrations',
  ],
  ofCode: true,
  dialects: 'all',
  sources: [],
  bad: [
    {
      given,
      sql: `alter table users drop column legacy_id;`,
      prisma: { before, after },
      files: {
        'src/sync.ts': `export const find = (legacyId: string) => prisma.user.findFirst({ where: { legacyId } })`,
      },
      message: '`src/sync.ts:1`',
    },
    {
      given,
      sql: `alter table users drop column legacy_id;`,
      files: {
        'src/sync.ts': `${pool}\n  export const find = (id: string) => pool.query('SELECT u.id FROM users u WHERE u.legacy_id = $1', [id])`,
      },
    },
    {
      given,
      sql: `alter table users rename column legacy_id to old_id;`,
      files: {
        'src/sync.ts': `${pool}\n  export const find = (id: string) => pool.query('UPDATE users SET legacy_id = NULL WHERE id = $1', [id])`,
      },
      message: 'is renamed',
    },
    {
      title: 'No migration drops it yet.',
      given,
      prisma: { before, after },
      typescript: `export const find = () => prisma.user.findFirst({ where: { legacyId: 'a' } })`,
      message: 'is dropped, but code still uses it',
      unproven: 'nothing is run',
    },
  ],
  good: [
    {
      given,
      sql: `alter table users drop column legacy_id;`,
      prisma: { before, after },
      files: { 'src/sync.ts': `export const find = (email: string) => prisma.user.findFirst({ where: { email } })` },
      unproven: 'others speak of the drop itself',
    },
    {
      title: 'A migration that is written in code has run when the column goes.',
      given,
      sql: `alter table users drop column legacy_id;`,
      prisma: { before, after },
      files: {
        'packages/database/migration/20250326111101_move_users/migration.ts': `${pool}\n  export const run = () => pool.query('SELECT legacy_id FROM users WHERE id = 1')`,
      },
      unproven: 'others speak of the drop itself',
    },
    {
      title: 'A field of the same name on another model.',
      given: `${given} create table teams (id integer primary key, legacy_id text);`,
      sql: `alter table users drop column legacy_id;`,
      files: {
        'src/sync.ts': `${pool}\n  export const find = (id: string) => pool.query('SELECT id FROM teams WHERE id = 1 AND legacy_id = $1', [id])`,
      },
      unproven: 'others speak of the drop itself',
    },
  ],
  visit: {
    dropColumn: ({ table, from }, ctx) =>
      ctx.isNewColumn(table, from.name) ? null : used(table, from.name, null, ctx),
    renameColumn: ({ table, from, to }, ctx) => (ctx.isNewColumn(table, from) ? null : used(table, from, to, ctx)),
  },
} satisfies Rule

function used(table: Key, column: string, to: string | null, ctx: RuleContext) {
  // A column that is dropped and made again is there afterwards.
  if (ctx.after.tables.get(table)?.columns.some((c) => c.name === column) === true) return null
  const uses = usesOf(ctx, table, column)
  if (uses.length === 0) return null
  return {
    anySize: true,
    object: `${table}.${column}`,
    message: `\`${ctx.name(table)}.${column}\` is ${to === null ? 'dropped' : 'renamed'}, but code still uses it: ${placesIn(uses)}.`,
    help:
      to === null
        ? `Take these out first:\n\n${placeList(uses)}`
        : `${columnInSteps(table, column, to, ctx)}\n\nCode of the old name:\n\n${placeList(uses)}`,
  }
}
