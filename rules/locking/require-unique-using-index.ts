import type { Rule } from '../../src/engine/rule.ts'
import { outsideTransaction } from '../shared/outside-transaction.ts'
import { indexByPartition, isOnly, isPartitioned } from '../shared/partitions.ts'
import { droppedTwin, freeIndexName, renameInstead } from '../shared/replaced.ts'
import { addColumnSql, ident, idents, rowsSentence, sql, sqlName } from '../shared/sql.ts'

export default {
  id: 'require-unique-using-index',
  severity: 'error',
  summary: 'A unique constraint that builds its own index locks everybody out until the index is built.',
  why: `ADD UNIQUE takes an ACCESS EXCLUSIVE lock and builds the index under it: nobody reads or writes meanwhile. It fails where two rows are
    equal, after all that waiting.`,
  fix: 'Build the unique index CONCURRENTLY first, then add the constraint USING INDEX, which takes a moment.',
  references: [
    'https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
  ],
  sources: [
    'squawk/disallowed-unique-constraint',
    'pgfence/add-constraint-unique',
    'eugene/E6',
    'eugene/E7',
    'strong_migrations/add_unique_constraint',
    'atlas/PG105',
    'diesel-guard/AddUniqueConstraintCheck',
    'pgsafe/add-unique-constraint',
  ],
  claims: { lock: 'AccessExclusiveLock', rewrites: false },
  bad: [
    {
      given: `create table users (id bigint primary key, email text);`,
      sql: `alter table users add constraint users_email_key unique (email);`,
      message: 'Building the index of `users_email_key` locks out',
    },
    { given: `create table users (id bigint primary key);`, sql: `alter table users add column email text unique;` },
    {
      title: 'The same constraint under another name has its index, where it is renamed.',
      given: `create table users (id bigint primary key, email text constraint users_email_unique unique);`,
      sql: `alter table users drop constraint users_email_unique; alter table users add constraint users_email_key unique (email);`,
    },
    {
      given: `create table users (id bigint primary key, email text constraint users_email_key unique);`,
      sql: `alter table users drop constraint users_email_key; alter table users add constraint users_email_key unique (email) deferrable initially deferred;`,
    },
    {
      title: 'No index of a partitioned table is built CONCURRENTLY; those of its partitions are.',
      given: `create table events (id bigint not null, at date not null) partition by range (at); create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table events add constraint events_key unique (id, at);`,
    },
  ],
  good: [
    {
      title: 'The first step of it for a partitioned table: its partitions follow, one by one.',
      given: `create table events (id bigint not null, at date not null) partition by range (at); create table events_2020 partition of events for values from ('2020-01-01') to ('2021-01-01');`,
      sql: `alter table only events add constraint events_key unique (id, at);`,
      unproven: 'the table itself holds no row',
    },
    {
      given: `create table users (id bigint primary key, email text); create unique index users_email_key on users (email);`,
      sql: `alter table users add constraint users_email_key unique using index users_email_key;`,
    },
    { sql: `create table users (id bigint primary key, email text); alter table users add unique (email);` },
  ],
  visit: {
    addUnique({ table, to, usingIndex, inline }, ctx) {
      if (usingIndex !== null || ctx.isNew(table)) return
      if (isPartitioned(table, ctx) && isOnly(ctx)) return
      const name = sqlName(table, ctx)
      const message = `Building the index of \`${to.name}\` locks out everybody who uses \`${ctx.name(table)}\` until it is done.`
      const twin = droppedTwin(table, { type: 'unique', is: to }, ctx)
      if (twin !== null) return { message, help: renameInstead(table, twin, to.name, ctx) }
      const index = ident(freeIndexName(to.name, table, ctx))
      const definition = `(${idents(to.columns)})${to.include.length > 0 ? ` INCLUDE (${idents(to.include)})` : ''}${to.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''}`
      if (isPartitioned(table, ctx) && !inline)
        return { message, help: indexByPartition(table, { name: to.name, type: 'UNIQUE', definition }, ctx) }
      const deferred = to.deferrable ? ` DEFERRABLE${to.initiallyDeferred === true ? ' INITIALLY DEFERRED' : ''}` : ''
      const later = to.columns.some((column) => ctx.isNewColumn(table, column))
      const outside = outsideTransaction(ctx, { later })
      const column = inline
        ? ctx.step?.changes.find((each) => each.kind === 'addColumn' && to.columns.includes(each.to.name))
        : undefined
      const first =
        column?.kind === 'addColumn'
          ? `Add the column without UNIQUE:\n${sql(addColumnSql(table, column.to, ctx))}\nB`
          : 'B'
      return {
        message,
        help: `${rowsSentence(table, ctx)}${first}uild the index${inline ? '' : ' first'}; ${outside.how}:\n${sql(`CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${name} ${definition};`)}\nThen${later && outside.never ? ', in a later migration,' : ''} let the constraint take it over:\n${sql(`ALTER TABLE ${name} ADD CONSTRAINT ${ident(to.name)} UNIQUE USING INDEX ${index}${deferred};`)}`,
      }
    },
  },
} satisfies Rule
