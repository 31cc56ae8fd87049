import type { Rule, RuleContext } from '../../src/engine/rule.ts'
import type { Column, Key } from '../../src/schema/model.ts'
import { listed } from '../shared/query-words.ts'
import { shownDefault } from '../shared/sql.ts'

export default {
  id: 'no-drop-default',
  severity: 'warning',
  summary: 'Without its default a NOT NULL column refuses the inserts of running instances that leave it out.',
  why: `Instances of the version before insert without the column, because the default took care of it. Prisma and Django write this pattern by
    themselves: add with a default, then drop the default.`,
  fix: 'Drop the default one deploy later, when all running code sets the column.',
  references: ['https://www.postgresql.org/docs/current/sql-altertable.html'],
  sources: [],
  bad: [
    {
      given: `create table users (id bigint primary key, role text not null default 'member');`,
      sql: `alter table users alter column role drop default;`,
      message: 'Without the default of `role`',
    },
    {
      given: `create table users (id bigint primary key);`,
      sql: `alter table users add column role text not null default 'member'; alter table users alter column role drop default;`,
    },
    {
      title: 'The columns of one statement are told once.',
      given: `create table users (id bigint primary key, role text not null default 'member', quota int not null default 0);`,
      sql: `alter table users alter column role drop default, alter column quota drop default;`,
      message: 'Without the defaults of `role` and `quota`',
    },
  ],
  good: [
    {
      given: `create table users (id bigint primary key, role text default 'member');`,
      sql: `alter table users alter column role drop default;`,
    },
    {
      sql: `create table users (id bigint primary key, role text not null default 'member'); alter table users alter column role drop default;`,
    },
    {
      title: 'Another default follows.',
      given: `create table users (id bigint primary key, role text not null default 'member');`,
      sql: `alter table users alter column role drop default; alter table users alter column role set default 'guest';`,
    },
  ],
  visit: {
    dropDefault({ table, from }, ctx) {
      const columns = (ctx.step?.changes ?? [])
        .flatMap((change) => (change.kind === 'dropDefault' && change.table === table ? [change.from] : []))
        .filter((column) => isMissed(column, table, ctx))
      if (columns[0]?.name !== from.name) return
      const names = listed(columns.map((column) => column.name))
      const defaults = columns.map((column) => `\`DEFAULT ${shownDefault(column.default)}\``).join(', ')
      const [without, it] = columns.length > 1 ? ['defaults', 'them'] : ['default', 'it']
      return {
        anySize: true,
        message: `Without the ${without} of ${names}, running instances that insert into \`${ctx.name(table)}\` without ${it} break.`,
        help: `Leave ${defaults} in place, deploy code that always sets ${names}, and drop the ${without} in a later pull request.`,
      }
    },
  },
} satisfies Rule

/** True where an insert that leaves the column out worked before and fails once the migrations have run. */
function isMissed(column: Column, table: Key, ctx: RuleContext): boolean {
  if (ctx.isNew(table) || column.nullable || column.default === null) return false
  const end = ctx.after.tables.get(table)?.columns.find((it) => it.name === column.name)
  return end !== undefined && end.default === null && end.identity === null && !end.nullable
}
