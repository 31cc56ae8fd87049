import type { Rule } from '../../src/engine/rule.ts'
import type { Key } from '../../src/schema/model.ts'
import type { Step } from '../../src/step.ts'
import { wholeLines } from '../shared/suggest.ts'

export default {
  id: 'no-if-not-exists',
  severity: 'info',
  summary: 'IF NOT EXISTS lets a migration pass over an object of the same name and another shape.',
  why: `A migration runs once. Where the object is there already, somebody has made it by hand, and the history no longer says what the database holds. Where a file may run twice, because it
    runs outside a transaction, the words are right, and nothing is said.`,
  fix: 'Leave IF NOT EXISTS out, so that the difference is noticed.',
  references: ['https://www.postgresql.org/docs/current/sql-createtable.html'],
  enabled: false,
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `
        set local lock_timeout = '3s';
        alter table users add column if not exists name text;`,
      message: 'another `name`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key);`,
      sql: `set local lock_timeout = '3s'; alter table users add column name text;`,
    },
    {
      title: 'A file that may run twice.',
      runner: 'goose',
      given: `create table users (id bigint primary key, name text);`,
      sql: `-- +goose NO TRANSACTION\n-- +goose Up\ndrop index concurrently if exists users_name; create index concurrently if not exists users_name on users (name);`,
    },
  ],
  visit: {
    createTable: ({ table, ifNotExists }, ctx) => (ifNotExists ? passesOver(ctx.name(table), ctx.step) : null),
    addColumn: ({ to, ifNotExists }, ctx) => (ifNotExists ? passesOver(to.name, ctx.step) : null),
    addIndex: ({ index, ifNotExists }, ctx) => (ifNotExists ? passesOver(index.name, ctx.step) : null),
  },
} satisfies Rule

function passesOver(name: Key, step: Step | null) {
  if (step === null || step.transaction.block === false) return null
  const { inside, text } = step.statement
  const suggestion = inside === null ? wholeLines(step, `${text.replaceAll(/\s+if\s+not\s+exists\b/gi, '')};`) : {}
  return {
    ...suggestion,
    anySize: true,
    message: `Where another \`${name}\` is there already, this does nothing and says nothing.`,
  }
}
