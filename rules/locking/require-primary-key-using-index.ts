import type { Rule } from '../../src/engine/rule.ts'
import { nameOf } from '../../src/schema/model.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { freeIndexName } from '../shared/replaced.ts'
import { ident, idents, rowsSentence, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-primary-key-using-index',
  severity: 'error',
  summary:
    'A primary key that builds its own index locks everybody out until the index is built and every row is read.',
  why: `ADD PRIMARY KEY takes an ACCESS EXCLUSIVE lock, builds a unique index under it, and reads every row where a column of the key may be
    NULL. Nobody reads or writes meanwhile.`,
  fix: 'Make the columns NOT NULL and build a unique index CONCURRENTLY first, then add the key USING INDEX, which takes a moment.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
  ],
  sources: [
    'squawk/adding-serial-primary-key-field',
    'pgfence/add-pk-without-using-index',
    'atlas/PG104',
    'diesel-guard/AddPrimaryKeyCheck',
    'pgsafe/add-primary-key-without-index',
    'pgls/addingPrimaryKeyConstraint',
  ],
  claims: { lock: 'AccessExclusiveLock' },
  bad: [
    {
      given: `create table events (id bigint not null);`,
      sql: `alter table events add primary key (id);`,
      message: 'locks out everybody who uses `events`',
    },
  ],
  good: [
    {
      given: `create table events (id bigint not null); create unique index events_pkey on events (id);`,
      sql: `alter table events add constraint events_pkey primary key using index events_pkey;`,
    },
    { sql: `create table events (id bigint not null); alter table events add primary key (id);` },
  ],
  visit: {
    addPrimaryKey({ table, to, usingIndex, inline }, ctx) {
      if (usingIndex !== null || ctx.isNew(table)) return
      const name = sqlName(table, ctx)
      const key = to.name.endsWith('_pkey') ? to.name : `${nameOf(table)}_pkey`
      const index = ident(freeIndexName(key, table, ctx))
      const isAdded = ctx.steps.some(({ changes }) =>
        changes.some(
          (change) => change.kind === 'addColumn' && change.table === table && to.columns.includes(change.to.name),
        ),
      )
      const nullable = (ctx.step?.before.tables.get(table)?.columns ?? []).filter(
        (column) => to.columns.includes(column.name) && column.nullable,
      )
      const first =
        nullable.length > 0
          ? `Make ${nullable.map((column) => `\`${column.name}\``).join(', ')} NOT NULL in steps first. `
          : ''
      return {
        message: `Building the primary key \`${to.name}\` locks out everybody who uses \`${ctx.name(table)}\` until it is done.`,
        help: `${rowsSentence(table, ctx)}${inline || isAdded ? 'Add the column without PRIMARY KEY, fill it, and set it NOT NULL. ' : first}Build the index first; ${outsideTransaction(ctx).how}:\n${sql(`CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${name} (${idents(to.columns)});`)}\nThen let the key take it over:\n${sql(`ALTER TABLE ${name} ADD CONSTRAINT ${ident(key)} PRIMARY KEY USING INDEX ${index};`)}`,
      }
    },
  },
} satisfies Rule
