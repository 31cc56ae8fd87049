import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Key } from '../../src/schema/model.ts'
import { byOrm } from '../shared/by-orm.ts'
import { asIdentity, otherTypes } from '../shared/column-type.ts'
import { newColumns } from '../shared/columns.ts'

export default {
  id: 'prefer-identity',
  severity: 'info',
  summary: 'A serial column hangs on a sequence that grants, dumps and copies of the table forget.',
  why: `serial is shorthand for a sequence and a default: who may insert into the table may still be refused the sequence, CREATE TABLE ... LIKE shares
    it, and anybody may write other numbers. An identity column owns its sequence and guards it.`,
  fix: 'Use GENERATED ALWAYS AS IDENTITY, or BY DEFAULT where values are brought along.',
  references: ['https://www.postgresql.org/docs/current/ddl-identity-columns.html'],
  sources: [
    'squawk/prefer-identity',
    'pgfence/prefer-identity',
    'diesel-guard/CreateTableSerialCheck',
    'pgsafe/prefer-identity',
    'pgls/preferIdentity',
    'schemalint/prefer-identity-to-serial',
  ],
  bad: [
    { sql: `create table orders (id bigserial primary key);`, message: '`id` hangs on a sequence' },
    {
      drizzle: {
        before: '',
        after: `import { bigserial, pgTable } from 'drizzle-orm/pg-core'\nexport const users = pgTable('users', { id: bigserial('id', { mode: 'number' }).primaryKey() })\n`,
      },
    },
  ],
  good: [
    { sql: `create table orders (id bigint generated always as identity primary key);` },
    {
      title: 'Prisma writes SERIAL and has no other way.',
      runner: 'prisma@6',
      sql: `CREATE TABLE "Order" ("id" BIGSERIAL NOT NULL, CONSTRAINT "Order_pkey" PRIMARY KEY ("id"));`,
    },
  ],
  visit: newColumns((column, table, ctx) => {
    if (ctx.project.orm === 'prisma' || column.identity !== null || !(column.default ?? '').startsWith('nextval('))
      return null
    if (isNarrowKey(column, table, ctx)) return null
    const type = column.type ?? 'bigint'
    return {
      ...otherTypes([column], table, ctx, asIdentity(type, table, ctx)),
      alike: 'key',
      message: `\`${column.name}\` hangs on a sequence that grants and copies of the table forget.`,
      help: byOrm(ctx, {
        prisma: '',
        drizzle: `Use \`${column.type === 'integer' ? 'integer()' : column.type === 'smallint' ? 'smallint()' : "bigint({ mode: 'number' })"}.generatedAlwaysAsIdentity()\`.`,
        sql: `Use \`${type} GENERATED ALWAYS AS IDENTITY\`.`,
      }),
    }
  }),
} satisfies Rule

/** Of the key of a new table `prefer-bigint-primary-key` says that four bytes end, and both in its help. */
function isNarrowKey({ name, type }: Column, table: Key, { step }: RuleContext): boolean {
  const made = step?.changes.find((change) => change.kind === 'createTable' && change.table === table)
  return (
    made?.kind === 'createTable' &&
    made.to.primaryKey?.columns.join() === name &&
    (type === 'integer' || type === 'smallint')
  )
}
